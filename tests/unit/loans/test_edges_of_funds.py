"""What refuses a fund's money at the edges of its kind, its clauses, its charity and its claims."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from services.loans.domain import (
    cases,
    claiming,
    clashing,
    envelope,
    guaranteeing,
    pool_reading,
    purifying,
    restrictions,
)
from services.loans.domain.cases import Facts
from services.loans.domain.clauses import ClauseKind, ClauseMalformed
from services.loans.domain.funding import Refusal
from services.loans.domain.journal import Channel
from services.loans.domain.pools import Version
from services.loans.domain.purifying import (
    CharityExhausted,
    CharityGone,
    PurificationTooLarge,
    Tainted,
)
from services.loans.domain.terms import ModeOfFinance
from services.loans.domain.zakat import collecting, ties
from services.loans.domain.zakat.collecting import CollectionNotLicensed
from services.loans.domain.zakat.ties import Relation, Tie, TiedToReceiver
from shared.errors import Sentence
from shared.ids import FundId
from shared.money import Money
from tests.builders import an_id, money
from tests.clauses import REGIONS, a_case, a_clause
from tests.unit.loans.test_claiming import FUND, a_purse, an_ask
from tests.unit.loans.test_funding import FORBIDDEN, check, make_fund, names

K = ClauseKind
OTHER = FundId(an_id("other fund"))
DAY = date(2026, 3, 1)


def test_why_no_ruling_serves_stands_in_place_of_the_rulebooks_own_word() -> None:
    lack = Refusal(rule="waqf-qard", reason=Sentence("ended"), source=Sentence("SSB 4"))
    assert check(rule=replace(FORBIDDEN, lack=lack)) == [lack]


def test_a_corpus_in_deficit_is_refused_by_the_deed_where_there_is_one() -> None:
    founder = (Sentence("DEED-7, clause 3"), date(2019, 5, 1))
    (plain,) = check(net_assets=money("9999.999", "TND"))
    (named,) = check(net_assets=money("9999.999", "TND"), fund=make_fund(founder=founder))
    assert (named.source, named.in_force_from) == founder
    assert plain.source != named.source
    assert names([plain]) == names([named])


def test_a_refusal_tells_its_clause_and_whether_a_lawyer_should_look() -> None:
    bare = Refusal(rule="r", reason=Sentence("why"), source=Sentence("who"))
    plain = {"rule": "r", "reason": "why", "source": "who", "in_force_from": None}
    assert bare.to_json() == plain
    clause_id = uuid4()
    told = replace(
        bare, in_force_from=DAY, clause_id=clause_id, is_told=False, needs_check=True
    ).to_json()
    assert told == plain | {
        "in_force_from": "2026-03-01",
        "needs_legal_check": True,
        "clause_id": str(clause_id),
        "is_told": False,
    }


def test_what_is_firmly_due_may_be_promised_and_does_not_cover_it() -> None:
    standing = a_purse("100")[FUND].standing
    assert standing.counted_on == money("100")
    promised = replace(standing, due=money("50"), reserved=money("120"))
    assert promised.counted_on == money("150")
    assert not promised.is_covered
    assert replace(standing, reserved=money("100")).is_covered


def test_parts_of_one_application_are_reserved_together_or_not_at_all() -> None:
    purse = a_purse("1000")[FUND]
    poor = replace(
        purse,
        fund=replace(purse.fund, fund_id=OTHER),
        standing=replace(purse.standing, cash=money("100")),
    )
    purses = {FUND: purse, OTHER: poor}
    parts = [an_ask("600", lead=FUND), an_ask("400", fund_id=OTHER, lead=FUND)]
    moves, outcomes = claiming.reserve(parts, purses=purses, held={})
    assert (moves, [one is None for one in outcomes]) == ([], [False, False])
    small = [parts[0], replace(parts[1], amount=money("100"))]
    moves, outcomes = claiming.reserve(small, purses=purses, held={})
    assert [(one.fund_id, str(one.amount)) for one in moves] == [
        (FUND, "600.000"),
        (OTHER, "100.000"),
    ]
    assert outcomes == [None, None]


def test_other_funds_that_pay_are_added_to_the_facts() -> None:
    facts = Facts(sources=frozenset({"own"}))
    assert cases.with_sources(facts, frozenset({"state"})).sources == {"own", "state"}
    assert cases.with_sources(facts, frozenset()) is facts


def test_the_kind_of_a_fund_sees_mode_currency_fee_and_kinds_of_a_case() -> None:
    case = a_case()
    assert restrictions.looks(case) == restrictions.looks(a_case("9.000", name="x", sex="male"))
    assert restrictions.looks(case) != restrictions.looks(replace(case, bears_fee=True))
    assert restrictions.looks(case) != restrictions.looks(
        replace(case, mode=ModeOfFinance.CONVENTIONAL)
    )


def test_a_clause_names_sums_in_the_funds_currency() -> None:
    capped = a_clause(K.MOST_PER_CONTRACT, amount="500.000")
    clashing.require_currency(capped, currency="JOD")
    clashing.require_currency(a_clause(K.YOUTH), currency="TND")
    with pytest.raises(ClauseMalformed) as caught:
        clashing.require_currency(capped, currency="TND")
    assert (caught.value.member, caught.value.clause_kind) == ("amount", K.MOST_PER_CONTRACT)


def test_two_clauses_that_only_bar_leave_every_other() -> None:
    barred = [a_clause(K.SECTOR, values=[name], bars=True) for name in ("arms", "tobacco")]
    clashing.require_clear(barred[0], others=barred[1:], regions=REGIONS, youth=(15, 35))


def test_two_least_shares_do_not_keep_each_other_from_anybody() -> None:
    women, young = (a_clause(K.LEAST_SHARE, share="0.5", of=one) for one in ("women", "youth"))
    clashing.require_clear(women, others=[young], regions=REGIONS, youth=(15, 35))


def test_only_a_cap_on_regions_allots_one() -> None:
    others = [
        a_clause(K.MOST_SHARE, share="0.1", of="sector"),
        a_clause(K.LEAST_SHARE, share="0.1", of="women"),
    ]
    found = envelope.places({}, regions=REGIONS, clauses=others, received=Money(1_000, "JOD"))
    assert {one.allotted for one in found} <= {None}


def test_no_more_is_purified_than_was_decided_and_earned() -> None:
    tainted = Tainted(decided=money("500"), done=money("300"), income=money("150"))
    purifying.require_purifiable(money("150"), tainted=tainted, account_code="profit_income")
    for amount in ("150.001", "0", "-1"):
        with pytest.raises(PurificationTooLarge):
            purifying.require_purifiable(
                money(amount), tainted=tainted, account_code="profit_income"
            )


def test_no_more_goes_to_charity_than_is_owed_to_it_and_at_hand() -> None:
    def pay(amount: str, owed: str, held: str) -> None:
        purifying.require_payable(
            money(amount), owed=money(owed), held=money(held), channel=Channel.CASH
        )

    pay("5", "5", "6")
    for amount, owed, held in (("5.001", "5", "6"), ("6", "9", "5"), ("0", "5", "5")):
        with pytest.raises(CharityExhausted):
            pay(amount, owed, held)


@pytest.mark.parametrize(("owed", "told"), [("4.999", "4.999"), ("-3", "0")])
def test_charity_that_was_paid_out_is_not_income_again(owed: str, told: str) -> None:
    purifying.require_held(money("5"), owed=money("5"))
    with pytest.raises(CharityGone) as caught:
        purifying.require_held(money("5"), owed=money(owed))
    assert caught.value.owed == money(told)


@pytest.mark.parametrize("asked", ["0.001", "10.000"])
def test_a_claim_may_be_of_all_there_is(asked: str) -> None:
    guaranteeing.require_amount(money(asked), most=money("10"), what=Sentence("claimed"))


def test_zakat_is_collected_by_licence_where_the_law_asks_for_one() -> None:
    collecting.require_licensed("free", country="JO", source="s")
    with pytest.raises(CollectionNotLicensed) as caught:
        collecting.require_licensed("licence_required", country="AE", source="bill of 2025")
    assert (caught.value.country, caught.value.source) == ("AE", "bill of 2025")


def test_who_decides_is_no_kin_of_whom_it_is_about() -> None:
    me, other = uuid4(), uuid4()
    unrelated = Tie(relation=Relation.UNRELATED, staff_id=me)
    kin = Tie(relation=Relation.SELF, staff_id=me)
    ties.require_no_kin([unrelated, kin], actor_id=other)
    ties.require_no_kin([unrelated], actor_id=me)
    with pytest.raises(TiedToReceiver) as caught:
        ties.require_no_kin([unrelated, kin], actor_id=me)
    assert (caught.value.actor_id, caught.value.relation) == (me, Relation.SELF)


RETURNED = (
    Version(number=0, begun_on=DAY, came=400, drawn=200, carried=200),
    Version(number=1, begun_on=DAY, carried=201, returned={0: 1}),
    Version(number=2, begun_on=DAY, carried=400, returned={0: 199}),
)


def test_a_unit_that_parts_in_two_goes_whole_to_one() -> None:
    one = pool_reading.whereabouts(RETURNED, {0: 2})
    assert (one.at_hand, dict(one.out)) == (2, {})
    whole = pool_reading.whereabouts(RETURNED, {0: 400})
    assert (whole.at_hand, dict(whole.out)) == (400, {})
    assert pool_reading.origins(RETURNED, {2: 1}).came == {0: 1}
    assert pool_reading.origins(RETURNED, {1: 1}).came == {0: 1}


def test_nothing_was_out_before_in_an_empty_mixture() -> None:
    empty = Version(number=0, begun_on=DAY, drawn=5, carried=-5)
    assert pool_reading.lent_again([empty]) == {0: 0}
    came_back = Version(number=1, begun_on=DAY, came=95, drawn=50, carried=50, returned={0: 5})
    assert pool_reading.lent_again([empty, came_back]) == {0: 0, 1: 2}
