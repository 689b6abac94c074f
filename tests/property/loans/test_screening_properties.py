"""Asking for many at once is asking the one function for each, whatever the clauses and cases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import restrictions, screening
from services.loans.domain.cases import About, Case, Counted
from services.loans.domain.clauses import COUNTED, Base, Clause, ClauseKind
from services.loans.domain.funding import Refusal
from services.loans.domain.readings import bucket
from services.loans.domain.restrictions import Restrictions
from shared.errors import Sentence
from shared.money import Money
from tests.builders import an_id
from tests.clauses import ON, REGIONS, START, a_case, a_clause

pytestmark = pytest.mark.requirement("A6.2")
K = ClauseKind
SECTORS, PLACES = ("crafts", "trade", "food"), ("irbid", "north", "maan", "atlantis")
PEOPLE = [an_id(f"person {number}") for number in range(3)]
codes = st.sets(st.sampled_from(SECTORS), min_size=1)
amounts = st.integers(1, 1_000)
shares = st.integers(1, 99).map(lambda number: str(Decimal(number).scaleb(-2)))


def told(values: Sequence[Any]) -> st.SearchStrategy[Any]:
    return st.none() | st.sampled_from(values)


@st.composite
def some_case(draw: st.DrawFn) -> Case:
    own = draw(st.none() | amounts)
    facts = {
        "person": draw(told(PEOPLE)),
        "sex": draw(told(("female", "male"))),
        "age": draw(st.none() | st.integers(14, 40)),
        "sector": draw(told(SECTORS)),
        "region": draw(told(PLACES)),
        "own_contribution": None if own is None else Money(own, "JOD"),
        "aids": draw(told((frozenset(), frozenset({"forsa"})))),
        "aid": draw(told((Money(100, "JOD"),))),
        "cost": draw(told((Money(900, "JOD"),))),
        "sources": draw(st.sampled_from((frozenset(), frozenset({"state"})))),
        "agreed_on": draw(told((START - timedelta(days=1), START))),
    }
    money = Money(draw(amounts), "JOD")
    on = draw(st.sampled_from((ON, ON + timedelta(days=1))))
    return replace(a_case(name=f"{draw(st.uuids())}", **facts), amount=money, leaving=money, on=on)


def rules(draw: st.DrawFn, kind: ClauseKind) -> dict[str, Any]:  # noqa: PLR0911 - a kind each
    if kind in {K.SECTOR, K.JOINED_BY, K.NOT_JOINED_BY}:
        bars = {"bars": draw(st.booleans())} if kind is K.SECTOR else {}
        return {"values": draw(codes) | {"state"}, **bars}
    if kind is K.REGION:
        places = draw(st.sets(st.sampled_from(("north", "south", "irbid")), min_size=1))
        return {"values": places, "bars": draw(st.booleans())}
    if kind is K.SEX:
        return {"values": [draw(st.sampled_from(("female", "male")))]}
    if kind is K.AGE:
        return {"least": draw(st.integers(14, 30)), "most": draw(st.integers(30, 40))}
    if kind in {K.MOST_PER_CONTRACT, K.LEAST_PER_CONTRACT, K.MOST_PER_PERSON}:
        return {"amount": Money(draw(amounts), "JOD")}
    if kind is K.MOST_SHARE:
        of = draw(st.sampled_from(("person", "sector", "region")))
        named = {"sector": ["crafts"], "region": ["north"]}.get(of, [])
        return {"of": of, "share": draw(shares), "values": named if draw(st.booleans()) else []}
    if kind is K.LEAST_SHARE:
        of = draw(st.sampled_from(("women", "youth")))
        return {"of": of, "share": draw(shares), "base": draw(st.sampled_from(Base))}
    if kind in {K.OWN_CONTRIBUTION, K.MOST_AID}:
        return {"share": draw(shares)}
    others: dict[ClauseKind, dict[str, Any]] = {
        K.GIVING_DAYS: {"closes_on": ON},
        K.SPEND_WITHIN: {"most": 9},
    }
    return others.get(kind, {})


@st.composite
def some_clause(draw: st.DrawFn) -> Clause:
    kinds = set(ClauseKind) - {K.ZAKAT_CLASS, K.PURPOSE, K.CLIENT_STATUS, K.MODE, K.LIFTING}
    kind = draw(st.sampled_from(sorted(kinds)))
    through = draw(told((ON, date(2026, 3, 31))))
    return a_clause(
        kind,
        f"{draw(st.integers(0, 99))}",
        valid_through=through,
        spares_agreed=draw(st.booleans()),
        **rules(draw, kind),
    )


@st.composite
def some_fund(draw: st.DrawFn, cases: list[Case]) -> Restrictions:
    clauses = draw(st.lists(some_clause(), max_size=5, unique_by=lambda one: one.clause_id))
    blank = About(regions=REGIONS)
    earlier = draw(st.lists(st.tuples(st.sampled_from(cases), amounts), max_size=4))
    about = About(
        regions=REGIONS,
        received=draw(st.integers(0, 3_000)),
        free=draw(st.integers(0, 2_000)),
        stale={one.clause_id: draw(amounts) for one in clauses if one.kind is K.SPEND_WITHIN},
        counted={
            one.clause_id: Counted().plus(
                (bucket(one, case.facts, blank), minor) for case, minor in earlier
            )
            for one in clauses
            if one.kind in COUNTED
        },
    )
    most = draw(amounts)

    def of_kind(case: Case) -> list[Refusal]:
        words = Sentence("x")
        found = (
            [Refusal(rule="size", reason=words, source=words)] if case.amount.minor > most else []
        )
        if case.facts.sex is None:
            found.insert(0, Refusal(rule="sex", reason=words, source=words))
        return found

    return Restrictions(
        of_kind=of_kind,
        sees=lambda case: (case.amount.minor, case.facts.sex),
        clauses=clauses,
        about=about,
    )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_many_at_once_are_answered_as_each_alone(data: st.DataObject) -> None:
    cases = data.draw(st.lists(some_case(), min_size=1, max_size=12))
    funds = data.draw(st.lists(some_fund(cases), min_size=1, max_size=3))
    screened = screening.screen(cases, funds=funds)
    for fund, found in zip(funds, screened, strict=True):
        for place, case in enumerate(cases):
            alone = restrictions.refusals(fund, case=case)
            assert found.why(place) == alone
            assert bool(found.refused >> place & 1) == bool(alone)
