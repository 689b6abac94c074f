"""Which rulings permit what, where and when; which of them contradict each other."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain import rulings
from services.loans.domain.chart import FundKind
from services.loans.domain.rulings import (
    Question,
    Ruling,
    RulingDoesNotCover,
    RulingMissing,
    RulingOutOfForce,
    RulingState,
    RulingUnclear,
    RulingVerdict,
    Scope,
    Topic,
)
from services.loans.domain.terms import ModeOfFinance

QARD, MURABAHA = ModeOfFinance("qard"), ModeOfFinance("murabaha")
JUNE = date(2026, 6, 1)
LENDING = Scope(
    topics=frozenset({Topic.LENDING}),
    modes=frozenset({QARD}),
    fund_kinds=frozenset({FundKind.ZAKAT}),
)
ASKED = Question(topic=Topic.LENDING, place="JO", mode=QARD, fund_kind=FundKind.ZAKAT)


def ruling(**changes: Any) -> Ruling:
    members: dict[str, Any] = {
        "ruling_id": uuid4(),
        "reference": "SSB 4/2026",
        "board_id": uuid4(),
        "board": "Sharia board",
        "country": "JO",
        "given_on": date(2026, 1, 1),
        "verdict": RulingVerdict.PERMITTED,
        "scope": LENDING,
        "in_force_from": date(2026, 1, 1),
    }
    return Ruling(**members | changes)


@pytest.mark.parametrize(
    ("changes", "on", "expected"),
    [
        ({}, date(2025, 12, 31), RulingState.NOT_YET),
        ({}, date(2026, 1, 1), RulingState.IN_FORCE),
        ({"in_force_until": JUNE}, date(2026, 5, 31), RulingState.IN_FORCE),
        ({"in_force_until": JUNE}, JUNE, RulingState.EXPIRED),
        ({"withdrawn_on": JUNE}, date(2026, 5, 31), RulingState.IN_FORCE),
        ({"withdrawn_on": JUNE}, JUNE, RulingState.WITHDRAWN),
        ({"superseded_from": JUNE}, JUNE, RulingState.SUPERSEDED),
        (
            {"superseded_from": JUNE, "withdrawn_on": date(2026, 5, 1)},
            date(2026, 7, 1),
            RulingState.WITHDRAWN,
        ),
        (
            {"in_force_until": date(2026, 3, 1), "superseded_from": JUNE},
            date(2026, 7, 1),
            RulingState.EXPIRED,
        ),
    ],
)
def test_a_ruling_ends_on_the_first_of_its_ends(
    changes: dict[str, Any], on: date, expected: RulingState
) -> None:
    assert ruling(**changes).state(on) is expected


@given(
    st.dates(date(2026, 1, 2), date(2027, 1, 1)),
    st.dates(date(2026, 1, 2), date(2027, 1, 1)),
    st.dates(date(2025, 6, 1), date(2027, 6, 1)),
)
def test_it_holds_exactly_from_its_first_day_and_before_its_first_end(
    one: date, other: date, on: date
) -> None:
    found = ruling(withdrawn_on=one, in_force_until=other)

    holds = found.state(on) is RulingState.IN_FORCE

    assert holds == (date(2026, 1, 1) <= on < min(one, other))
    assert found.last_day_excluded == min(one, other)


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"topics": frozenset()}, "topics"),
        ({"modes": frozenset()}, "modes"),
        ({"fund_kinds": frozenset()}, "fund_kinds"),
        ({"topics": frozenset({Topic.CLASS_WIDENING})}, "zakat_classes"),
        ({"modes": frozenset({QARD, ModeOfFinance.CONVENTIONAL})}, "modes"),
    ],
)
def test_a_ruling_names_what_it_covers_and_never_interest(
    changes: dict[str, Any], member: str
) -> None:
    with pytest.raises(RulingUnclear) as refused:
        replace(LENDING, **changes)
    assert refused.value.member == member


def test_only_what_is_named_is_covered() -> None:
    permitted = ruling()

    assert permitted.permits(ASKED)
    for other in (
        replace(ASKED, mode=MURABAHA),
        replace(ASKED, fund_kind=FundKind.WAQF),
        replace(ASKED, topic=Topic.INVESTING),
        replace(ASKED, topic=Topic.OFFERING),
        replace(ASKED, zakat_class="fuqara"),
        replace(ASKED, place="EG"),
    ):
        assert not permitted.permits(other), other
    assert not ruling(verdict=RulingVerdict.FORBIDDEN).permits(ASKED)


def test_a_ruling_of_a_country_holds_in_its_parts_and_not_beyond_them() -> None:
    assert ruling(country="YE").is_of("YE-SANAA")
    assert ruling(country="YE-SANAA").is_of("YE-SANAA")
    assert not ruling(country="YE-SANAA").is_of("YE-ADEN")
    assert not ruling(country="YE-SANAA").is_of("YE")
    assert ruling(country=None).is_of("YE-ADEN")


def test_nothing_named_is_refused_where_a_ruling_is_required_and_else_let_pass() -> None:
    with pytest.raises(RulingMissing):
        rulings.require([], question=ASKED, on=JUNE)
    assert rulings.require([], question=ASKED, on=JUNE, is_required=False) is None


def test_the_ruling_that_took_the_place_of_the_one_named_answers() -> None:
    later = ruling(in_force_from=JUNE, reference="SSB 9/2026")
    named = ruling(superseded_from=JUNE, superseded_by=later.ruling_id)

    assert rulings.require([named, later], question=ASKED, on=date(2026, 5, 31)) == named
    assert rulings.require([named, later], question=ASKED, on=JUNE) == later


def test_a_narrower_ruling_in_its_place_leaves_what_it_covered_without_one() -> None:
    narrow = ruling(in_force_from=JUNE, scope=replace(LENDING, modes=frozenset({MURABAHA})))
    named = ruling(superseded_from=JUNE, superseded_by=narrow.ruling_id)

    with pytest.raises(RulingOutOfForce) as refused:
        rulings.require([named, narrow], question=ASKED, on=JUNE)
    assert refused.value.reference == "SSB 4/2026"
    assert refused.value.reason == "superseded by another ruling"


def test_a_ruling_that_never_covered_it_is_told_as_that_even_when_it_has_ended() -> None:
    ended = ruling(in_force_until=JUNE)

    with pytest.raises(RulingDoesNotCover) as refused:
        rulings.require([ended], question=replace(ASKED, mode=MURABAHA), on=JUNE)
    assert refused.value.subject == "zakat murabaha"
    with pytest.raises(RulingOutOfForce):
        rulings.require([ended], question=ASKED, on=JUNE)


def test_those_in_force_come_newest_first() -> None:
    old, new = ruling(given_on=date(2025, 1, 1)), ruling(given_on=date(2026, 1, 1))
    gone = ruling(withdrawn_on=date(2026, 2, 1))

    assert rulings.in_force([old, gone, new], question=ASKED, on=JUNE) == [new, old]


@pytest.mark.parametrize(
    ("changes", "contradict"),
    [
        ({}, True),
        ({"verdict": RulingVerdict.PERMITTED}, False),
        ({"country": "EG"}, False),
        ({"country": None}, True),
        ({"in_force_until": date(2026, 1, 1)}, False),
        ({"in_force_from": date(2025, 1, 1), "in_force_until": date(2026, 1, 2)}, True),
        ({"superseded_from": date(2026, 1, 1)}, False),
        ({"scope": replace(LENDING, modes=frozenset({MURABAHA}))}, False),
        ({"scope": replace(LENDING, fund_kinds=frozenset({FundKind.WAQF}))}, False),
        ({"scope": replace(LENDING, topics=frozenset({Topic.OFFERING}))}, False),
        ({"scope": replace(LENDING, topics=frozenset({Topic.OFFERING, Topic.LENDING}))}, True),
    ],
)
def test_two_rulings_contradict_where_place_days_and_question_are_the_same(
    changes: dict[str, Any], *, contradict: bool
) -> None:
    members: dict[str, Any] = {
        "verdict": RulingVerdict.FORBIDDEN,
        "in_force_from": date(2025, 1, 1) if "in_force_until" in changes else date(2026, 1, 1),
    }
    forbidding = ruling(**members | changes)

    assert ruling().contradicts(forbidding) is contradict
    assert forbidding.contradicts(ruling()) is contradict


def test_widenings_of_different_classes_do_not_meet() -> None:
    one = Scope(
        topics=frozenset({Topic.CLASS_WIDENING}),
        fund_kinds=frozenset({FundKind.ZAKAT}),
        zakat_classes=frozenset({"fi_sabilillah"}),
    )

    assert one.meets(one)
    assert not one.meets(replace(one, zakat_classes=frozenset({"riqab"})))
    assert one.covers(Question(topic=Topic.CLASS_WIDENING, place="JO", zakat_class="fi_sabilillah"))
