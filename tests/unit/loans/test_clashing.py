"""Contradictions are found when a clause is written: what no case could meet, or no law allows."""

from datetime import date
from typing import Any

import pytest

from services.loans.domain import clashing
from services.loans.domain.chart import FundKind
from services.loans.domain.clashing import (
    ClauseContradicts,
    ClauseRegionUnknown,
    ClauseUnlawful,
    Law,
)
from services.loans.domain.clauses import (
    Base,
    Clause,
    ClauseKind,
    ClauseMalformed,
    ClauseNeverHolds,
    Rule,
    standing,
)
from services.loans.domain.funding import FinancingRule, Verdict
from services.loans.domain.regions import Regions, plain
from services.loans.domain.terms import ModeOfFinance
from shared.money import Money
from tests.clauses import REGIONS, START, a_clause

pytestmark = pytest.mark.requirement("A6.2")
K = ClauseKind
YOUTH = (15, 35)
Said = tuple[ClauseKind, dict[str, Any]]


def clear(clause: Clause, *others: Clause) -> None:
    clashing.require_clear(clause, others=others, regions=REGIONS, youth=YOUTH)


CLASHES: list[tuple[Said, Said]] = [
    ((K.SEX, {"values": ["female"]}), (K.SEX, {"values": ["male"]})),
    ((K.SECTOR, {"values": ["crafts"]}), (K.SECTOR, {"values": ["crafts"], "bars": True})),
    ((K.MODE, {"values": ["qard"]}), (K.MODE, {"values": ["ijara", "murabaha"]})),
    ((K.ZAKAT_CLASS, {"values": ["fuqara"]}), (K.ZAKAT_CLASS, {"values": ["masakin"]})),
    ((K.AGE, {"least": 36}), (K.YOUTH, {})),
    ((K.AGE, {"least": 40}), (K.AGE, {"most": 39})),
    ((K.REGION, {"values": ["north"]}), (K.REGION, {"values": ["maan"]})),
    ((K.REGION, {"values": ["irbid"]}), (K.REGION, {"values": ["north"], "bars": True})),
    (
        (K.GIVING_DAYS, {"opens_on": date(2026, 5, 2)}),
        (K.GIVING_DAYS, {"closes_on": date(2026, 5, 1)}),
    ),
    (
        (K.LEAST_PER_CONTRACT, {"amount": "500.000"}),
        (K.MOST_PER_CONTRACT, {"amount": "499.999"}),
    ),
    ((K.LEAST_PER_CONTRACT, {"amount": "500.000"}), (K.MOST_PER_PERSON, {"amount": "100.000"})),
    ((K.LEAST_SHARE, {"share": "0.5", "of": "women"}), (K.SEX, {"values": ["male"]})),
    ((K.LEAST_SHARE, {"share": "0.5", "of": "youth"}), (K.AGE, {"least": 36})),
    ((K.JOINED_BY, {"values": ["state"]}), (K.NOT_JOINED_BY, {"values": ["state", "forsa"]})),
    ((K.JOINED_BY, {}), (K.NOT_JOINED_BY, {})),
    ((K.MOST_SHARE, {"share": "0.3", "of": "sector"}), (K.SECTOR, {"values": ["a", "b", "c"]})),
]
NEIGHBOURS: list[tuple[Said, Said]] = [
    ((K.SEX, {"values": ["female"]}), (K.SEX, {"values": ["male", "female"]})),
    ((K.SECTOR, {"values": ["crafts", "trade"]}), (K.SECTOR, {"values": ["trade"], "bars": True})),
    ((K.SECTOR, {"values": ["crafts"]}), (K.PURPOSE, {"values": ["tools"]})),
    ((K.AGE, {"least": 35}), (K.YOUTH, {})),
    ((K.AGE, {"least": 39}), (K.AGE, {"most": 39})),
    ((K.REGION, {"values": ["north"]}), (K.REGION, {"values": ["irbid"]})),
    ((K.REGION, {"values": ["north"]}), (K.REGION, {"values": ["irbid"], "bars": True})),
    ((K.REGION, {"values": ["north"], "bars": True}), (K.REGION, {"values": ["south"]})),
    (
        (K.GIVING_DAYS, {"opens_on": date(2026, 5, 1)}),
        (K.GIVING_DAYS, {"closes_on": date(2026, 5, 1)}),
    ),
    (
        (K.LEAST_PER_CONTRACT, {"amount": "500.000"}),
        (K.MOST_PER_CONTRACT, {"amount": "500.000"}),
    ),
    ((K.LEAST_SHARE, {"share": "0.5", "of": "women"}), (K.SEX, {"values": ["female"]})),
    ((K.LEAST_SHARE, {"share": "0.5", "of": "youth"}), (K.AGE, {"least": 35})),
    ((K.JOINED_BY, {"values": ["state", "own"]}), (K.NOT_JOINED_BY, {"values": ["state"]})),
    ((K.MOST_SHARE, {"share": "0.5", "of": "sector"}), (K.SECTOR, {"values": ["a", "b"]})),
    (
        (K.MOST_SHARE, {"share": "0.3", "of": "sector", "values": ["a"]}),
        (K.SECTOR, {"values": ["a", "b"]}),
    ),
]


@pytest.mark.parametrize(("one", "other"), CLASHES)
def test_what_nothing_could_meet_is_refused_whichever_comes_second(one: Said, other: Said) -> None:
    first, second = a_clause(one[0], "1", **one[1]), a_clause(other[0], "2", **other[1])
    clear(first)
    for written, standing_ in ((first, second), (second, first)):
        with pytest.raises(ClauseContradicts) as caught:
            clear(written, standing_)
        assert caught.value.other_reference == standing_.reference


@pytest.mark.parametrize(("one", "other"), NEIGHBOURS)
def test_what_something_can_meet_stands_beside_it(one: Said, other: Said) -> None:
    first, second = a_clause(one[0], "1", **one[1]), a_clause(other[0], "2", **other[1])
    clear(first, second)
    clear(second, first)


def test_three_clauses_may_clash_where_no_two_do() -> None:
    allowed = a_clause(K.SECTOR, values=["crafts", "trade"])
    barred = a_clause(K.SECTOR, values=["crafts"], bars=True)
    clear(barred, allowed)
    with pytest.raises(ClauseContradicts):
        clear(a_clause(K.SECTOR, values=["trade"], bars=True), allowed, barred)
    clear(a_clause(K.SEX, values=["male"], valid_through=date(2026, 2, 1)), allowed)


def test_clauses_of_other_days_do_not_clash() -> None:
    women = a_clause(K.SEX, values=["female"], valid_through=date(2026, 4, 30))
    clear(a_clause(K.SEX, values=["male"], valid_from=date(2026, 5, 1)), women)
    with pytest.raises(ClauseContradicts):
        clear(a_clause(K.SEX, values=["male"], valid_from=date(2026, 4, 30)), women)


def test_a_region_that_nobody_entered_is_named() -> None:
    with pytest.raises(ClauseRegionUnknown, match="atlantis"):
        clear(a_clause(K.REGION, values=["north", "atlantis"]))
    with pytest.raises(ClauseRegionUnknown):
        clear(a_clause(K.MOST_SHARE, share="0.5", of="region", values=["atlantis"]))


def law(**changes: Any) -> Law:
    rules = {mode: FinancingRule(verdict=Verdict.ALLOWED, source="law") for mode in ModeOfFinance}
    rules[ModeOfFinance.CONVENTIONAL] = FinancingRule(verdict=Verdict.FORBIDDEN, source="2:275")
    members: dict[str, Any] = {
        "country": "JO",
        "fund_kind": FundKind.WAQF,
        "is_kind_lawful": True,
        "kind_source": "act",
        "kind_since": None,
        "waqf_source": None,
        "rules": rules,
    }
    return Law(**members | changes)


def test_what_no_law_allows_there_is_refused_with_its_source() -> None:
    youth = a_clause(K.YOUTH)
    clashing.require_lawful(youth, law=law())
    for changes, source in (
        ({"is_kind_lawful": False}, "act"),
        ({"waqf_source": "decree of 1957"}, "decree of 1957"),
    ):
        with pytest.raises(ClauseUnlawful) as caught:
            clashing.require_lawful(youth, law=law(**changes))
        assert caught.value.source == source
    with pytest.raises(ClauseUnlawful, match="2:275"):
        clashing.require_lawful(a_clause(K.MODE, values=["qard", "conventional"]), law=law())
    clashing.require_lawful(a_clause(K.MODE, values=["conventional"], bars=True), law=law())
    clashing.require_lawful(a_clause(K.MODE, values=["qard"]), law=law())


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (K.SEX, {}),
        (K.SEX, {"values": ["woman"]}),
        (K.SEX, {"values": ["female"], "bars": True}),
        (K.SECTOR, {"values": ["Two Words"]}),
        (K.SECTOR, {"values": [f"s{number}" for number in range(101)]}),
        (K.AGE, {}),
        (K.AGE, {"least": 40, "most": 39}),
        (K.AGE, {"most": 121}),
        (K.SPEND_WITHIN, {"most": 3_661}),
        (K.GIVING_DAYS, {}),
        (K.MOST_PER_PERSON, {"amount": Money.zero("JOD")}),
        (K.LEAST_SHARE, {"share": "1", "of": "women"}),
        (K.LEAST_SHARE, {"share": "0", "of": "women"}),
        (K.LEAST_SHARE, {"share": "0.5", "of": "person"}),
        (K.MOST_SHARE, {"share": "0.1234567", "of": "sector"}),
        (K.MOST_SHARE, {"share": "0.5", "of": "person", "values": ["x"]}),
        (K.STIPULATION, {"values": ["x"]}),
        (K.LIFTING, {"most": 1}),
    ],
)
def test_a_rule_in_another_form_than_its_kind_is_named(
    kind: ClauseKind, rule: dict[str, Any]
) -> None:
    with pytest.raises(ClauseMalformed):
        a_clause(kind, **rule)


def test_a_clause_without_a_day_is_named() -> None:
    with pytest.raises(ClauseNeverHolds):
        a_clause(K.YOUTH, valid_through=date(2025, 12, 31))
    with pytest.raises(ClauseNeverHolds):
        a_clause(K.GIVING_DAYS, opens_on=date(2026, 2, 2), closes_on=date(2026, 2, 1))
    assert a_clause(K.YOUTH, valid_through=START).is_in_force(START)


def test_a_rule_is_read_as_it_was_kept() -> None:
    rules = [one for pair in CLASHES for one in pair]
    for kind, rule in [
        *rules,
        (K.LEAST_SHARE, {"share": "0.25", "of": "women", "base": Base.RECEIVED}),
    ]:
        kept = a_clause(kind, **rule).rule
        assert Rule.from_json(kept.to_json()) == kept


def test_another_cuts_a_clause_short_and_a_lifting_holds_nothing() -> None:
    first = a_clause(K.SEX, values=["female"])
    then = a_clause(K.YOUTH, valid_from=date(2026, 5, 1))
    lifted = a_clause(K.LIFTING, valid_from=date(2026, 6, 1))
    found = standing([(first, None), (then, first.clause_id), (lifted, then.clause_id)])
    assert [(one.kind, one.valid_through) for one in found] == [
        (K.SEX, date(2026, 4, 30)),
        (K.YOUTH, date(2026, 5, 31)),
    ]
    at_once = a_clause(K.LIFTING, valid_from=START)
    assert standing([(first, None), (at_once, first.clause_id)]) == []


def test_a_tree_of_regions_knows_what_lies_below_what() -> None:
    assert REGIONS.chain("irbid") == ("irbid", "north", "jordan")
    assert REGIONS.within("irbid", other="jordan")
    assert not REGIONS.within("jordan", other="irbid")
    assert (Regions().chain("x"), REGIONS.knows("x")) == (("x",), False)
    assert plain(" Anti-Atlas  Est") == "anti_atlas_est"
