"""What a run of the assignment counts of an application and of a fund's clauses."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import waiting
from services.loans.domain.cases import Facts
from services.loans.domain.clauses import Base, Clause, ClauseKind, Quoted, Rule, Whose
from shared import ids
from shared.ids import FundId

YOUTH = (15, 35)
QUOTED = Quoted(
    text="…", language="fr", source="Acte", dated_on=date(2025, 1, 1), whose=Whose.DONOR
)


def clause(kind: ClauseKind, **rule: Any) -> Clause:
    return Clause(
        clause_id=ids.new(),
        fund_id=FundId(ids.new()),
        reference="C-1",
        kind=kind,
        rule=Rule(**rule),
        quoted=QUOTED,
        valid_from=date(2026, 1, 1),
    )


def measured(facts: Facts | None = None, **told: Any) -> waiting.Measured:
    return waiting.measured(facts or Facts(), told, youth=YOUTH)


def test_what_nobody_told_counts_as_none() -> None:
    assert measured() == waiting.Measured(traits=(), social={})


def test_a_needy_woman_of_thirty_with_two_jobs() -> None:
    found = measured(Facts(sex="female", age=30, zakat_class="masakin"), jobs="2")

    assert found.traits == ("women", "youth")
    assert found.social == {"women": 1, "youth": 1, "poverty": 1, "jobs": 2}


@pytest.mark.parametrize(("age", "is_young"), [(14, False), (15, True), (35, True), (36, False)])
def test_the_ages_of_the_young_are_both_included(age: int, *, is_young: bool) -> None:
    assert ("youth" in measured(Facts(age=age)).traits) is is_young


def test_a_class_that_is_not_poor_is_not_counted_as_poor() -> None:
    assert measured(Facts(zakat_class="amilin")).social == {}
    assert measured(Facts(zakat_class="amilin"), poverty="0.25").social == {
        "poverty": Decimal("0.25")
    }


@pytest.mark.parametrize("told", ["nan", "inf", "-3", "many", True, None])
def test_a_number_that_is_none_counts_nothing(told: Any) -> None:
    assert measured(jobs=told, poverty=told).social == {}


def test_more_than_a_run_counts_is_the_most_it_counts() -> None:
    assert measured(jobs="1e9", poverty="7").social == {"jobs": 1000, "poverty": 1}


def test_traits_told_by_the_application_or_by_its_client_status() -> None:
    assert measured(rural=True, disability="yes").traits == ("rural",)
    assert measured(Facts(client_status="displaced")).traits == ("displaced",)
    assert measured(rural=True).social == {"rural": 1}


def test_shares_and_caps_of_a_fund_are_read_and_named() -> None:
    women = clause(ClauseKind.LEAST_SHARE, share=Decimal("0.3"), of="women")
    more = clause(ClauseKind.LEAST_SHARE, share=Decimal("0.4"), of="women")
    cap = clause(ClauseKind.MOST_SHARE, share=Decimal("0.25"), of="sector")

    found = waiting.demands([women, more, cap])

    assert found.shares == {"women": Decimal("0.4")}
    assert found.sector_share_max == Decimal("0.25")
    assert found.clause_ids == {women.clause_id, more.clause_id, cap.clause_id}
    assert found.clauses == {"women": more, "sector": cap}, "the strictest is counted"


def test_of_two_caps_the_lower_is_counted_and_of_two_shares_the_higher() -> None:
    caps = [clause(ClauseKind.MOST_SHARE, share=Decimal(s), of="sector") for s in ("0.2", "0.3")]
    shares = [clause(ClauseKind.LEAST_SHARE, share=Decimal(s), of="youth") for s in ("0.2", "0.3")]

    for some in ([*caps, *shares], [*reversed(caps), *reversed(shares)]):
        found = waiting.demands(some)
        assert found.clauses == {"sector": caps[0], "youth": shares[1]}
        assert found.sector_share_max == Decimal("0.2")
        assert found.shares == {"youth": Decimal("0.3")}


def test_what_a_run_cannot_count_stays_with_the_fund() -> None:
    found = waiting.demands(
        [
            clause(ClauseKind.LEAST_SHARE, share=Decimal("0.3"), of="women", base=Base.RECEIVED),
            clause(
                ClauseKind.MOST_SHARE,
                share=Decimal("0.2"),
                of="sector",
                values=frozenset({"trade"}),
            ),
            clause(ClauseKind.MOST_SHARE, share=Decimal("0.2"), of="region"),
            clause(ClauseKind.SEX, values=frozenset({"female"})),
        ]
    )

    assert found == waiting.Demands(shares={}, sector_share_max=None, clause_ids=frozenset())
