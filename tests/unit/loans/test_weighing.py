"""Claims of one call are weighed one after the other, each counted for whoever comes next."""

import pytest

from services.loans.domain import restrictions
from services.loans.domain.cases import About, Case, Earlier, Facts
from services.loans.domain.chart import FundKind
from services.loans.domain.clauses import Clause, ClauseKind
from services.loans.domain.funding import ClaimKind, Claims
from services.loans.domain.readings import Found
from services.loans.domain.terms import ModeOfFinance
from services.loans.domain.weighing import Scales, whole_of
from tests.builders import an_id, money
from tests.clauses import ON, REGIONS, START, a_clause

pytestmark = pytest.mark.requirement("A6.2")
HALF = a_clause(ClauseKind.LEAST_SHARE, share="0.5", of="women")
CAP = a_clause(ClauseKind.MOST_PER_PERSON, amount="1.000")
SHE, HE = Facts(person=an_id("she"), sex="female"), Facts(person=an_id("he"), sex="male")


def scales(
    *earlier: Earlier, step: ClaimKind = ClaimKind.RESERVE, clauses: tuple[Clause, ...] = (HALF,)
) -> Scales:
    return Scales.level(
        step=step,
        on=ON,
        clauses=clauses,
        about=About(regions=REGIONS, free=10_000),
        earlier=earlier,
        facts={an_id("hers"): SHE, an_id("his"): HE, an_id("his other"): HE},
        held={
            an_id("his other"): Claims(
                reserved=money("0.100"), committed=money("0.200"), drawn=money("0.300")
            )
        },
    )


def before(facts: Facts, *, reserved: int = 0, given: int = 0, name: str | None = None) -> Earlier:
    return Earlier(
        since=START,
        facts=facts,
        reserved=reserved,
        given=given,
        application_id=None if name is None else an_id(name),
    )


def case(found: Scales, name: str, amount: str) -> Case:
    return found.case(
        an_id(name),
        money(amount),
        mode=ModeOfFinance.QARD,
        bears_fee=False,
        fund_kinds=frozenset(FundKind),
    )


def finding(found: Scales, name: str, amount: str, clause: Clause = HALF) -> Found:
    about = found.beside(an_id(name))
    return restrictions.read(clause, case=case(found, name, amount), about=about)


def test_a_reservation_meets_what_is_reserved_a_signature_what_is_given() -> None:
    earlier = before(SHE, reserved=300, given=500), before(HE, reserved=400)
    at_first = scales(*earlier)
    assert at_first.about.counts(HALF).of == {True: 800, False: 400}
    assert finding(at_first, "his", "0.400") is Found.MET
    assert finding(at_first, "his", "0.401") is Found.BROKEN
    later = scales(*earlier, step=ClaimKind.COMMIT)
    assert later.about.counts(HALF).of == {True: 500, False: 0}
    assert finding(later, "his", "0.500") is Found.MET
    assert finding(later, "his", "0.501") is Found.BROKEN


def test_whoever_is_accepted_counts_for_the_next() -> None:
    found = scales()
    assert finding(found, "his", "0.001") is Found.BROKEN
    found = found.taking(case(found, "hers", "0.300"))
    assert finding(found, "his", "0.300") is Found.MET
    found = found.taking(case(found, "his", "0.300"))
    assert finding(found, "his other", "0.001") is Found.BROKEN
    assert found.about.free == 10_000 - 600


def test_an_application_is_not_counted_against_itself() -> None:
    own = before(HE, given=500, name="his")
    found = scales(own, before(SHE, given=500), step=ClaimKind.DRAW)
    assert finding(found, "his", "0.500") is Found.MET
    again = found.taking(case(found, "his", "0.500"))
    assert again.about.counts(HALF).total == 1_000
    assert again.taking(case(again, "his", "0.500")).about.counts(HALF).total == 1_000


def test_one_person_with_two_applications_in_one_call_has_one_cap() -> None:
    found = scales(clauses=(CAP,))
    assert finding(found, "his", "1.000", CAP) is Found.MET
    found = found.taking(case(found, "his", "0.600"))
    other = restrictions.read(
        CAP,
        case=case(scales(clauses=(CAP,)), "his other", "0.401"),
        about=found.beside(an_id("his other")),
    )
    assert other is Found.BROKEN


def test_clauses_count_from_their_own_first_day() -> None:
    younger = a_clause(ClauseKind.MOST_PER_PERSON, "later", amount="1.000", valid_from=ON)
    found = scales(before(HE, given=900), clauses=(CAP, younger))
    assert finding(found, "his", "0.200", CAP) is Found.BROKEN
    assert finding(found, "his", "1.000", younger) is Found.MET


def test_without_clauses_nothing_is_counted() -> None:
    empty = Scales()
    assert empty.taking(case(empty, "his", "5.000")) is empty
    assert empty.beside(an_id("his")) is empty.about
    assert case(empty, "nobody", "5.000").facts == Facts()


def test_what_a_contract_comes_to_depends_on_the_step() -> None:
    claims = scales().held[an_id("his other")]
    found = {step: whole_of(money("0.050"), claims=claims, step=step) for step in ClaimKind}
    assert found[ClaimKind.RESERVE] == money("0.050")
    assert found[ClaimKind.COMMIT] == money("0.550")
    assert found[ClaimKind.DRAW] == money("0.500")
    none = Claims.none("JOD")
    assert whole_of(money("0.050"), claims=none, step=ClaimKind.DRAW) == money("0.050")
    committing = case(scales(step=ClaimKind.COMMIT), "his other", "0.050")
    assert (committing.held, committing.leaving) == (money("0.100"), money("0.050"))
