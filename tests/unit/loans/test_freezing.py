"""Is every part of terms frozen with what differs from usual, and read back equal?"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import dating, freezing
from services.loans.domain.amortisation import (
    Amortisation,
    AmortisationKind,
    LevelRule,
    RoundedWhen,
    Shortfall,
)
from services.loans.domain.charging import (
    ChargeBasis,
    Charging,
    FlatRule,
    LeapRule,
    OddPeriodRule,
    RateChange,
    RateKind,
)
from services.loans.domain.dating import CalendarKind, Dating
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.savings import Savings
from services.loans.domain.terms import Terms
from shared.errors import JsonValue
from tests.builders import make_loan, make_qard, money

PARTS: list[Any] = [
    Amortisation(
        kind=AmortisationKind.SEASONAL,
        weights=(0, 2, 1),
        balloon=money("100.000"),
        multiple=money("5.000"),
        multiple_rounding="ceiling",
        final_multiple=money("0.050"),
        final_rounding="floor",
        unit=money("0.005"),
        level=LevelRule.REGULAR_RATE,
        rounded=RoundedWhen.AFTERWARDS,
        shortfall=Shortfall.CARRY,
    ),
    Amortisation(
        kind=AmortisationKind.GRADUATED, growth=Decimal("-0.03"), balloon_percent=Decimal("12.5")
    ),
    Charging(
        basis=ChargeBasis.PER_DAY,
        leap_rule=LeapRule.NEVER,
        year_of_days=364,
        rate_kind=RateKind.EFFECTIVE,
        odd_period=OddPeriodRule.SHARE,
        flat=FlatRule.BY_PERIOD,
        profit_free=1,
        profit_grace=2,
        moratorium=3,
        rate_changes=(RateChange(on=date(2026, 5, 1), annual_rate=Decimal("0.15")),),
    ),
    Dating(
        every=2,
        calendar=CalendarKind.HIJRI,
        anchor_on=date(2025, 12, 31),
        seasons=dating.template("no_instalment_at_feasts"),
    ),
    Drawing(
        tranches=(Tranche(on=date(2026, 3, 1), amount=money("250.000")),),
        down_payment_percent=Decimal(10),
    ),
    Savings(upfront_percent=Decimal(5), each=money("2.000")),
    Savings(each_percent=Decimal("0.5")),
]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_comes_back_from_json_as_it_went(part: Any) -> None:
    frozen = freezing.to_json(part)

    assert freezing.from_json(type(part), frozen, currency="JOD") == part
    assert _is_plain(frozen)


@pytest.mark.parametrize("kind", [Amortisation, Charging, Dating, Drawing, Savings])
def test_a_part_as_usual_is_frozen_as_nothing(kind: type) -> None:
    assert freezing.to_json(kind()) == {}
    assert freezing.from_json(kind, {}, currency="JOD") == kind()


def test_a_member_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        freezing.from_json(Savings, {"colour": "red"}, currency="JOD")


def test_terms_frozen_before_there_were_parts_read_as_they_were_signed() -> None:
    frozen = make_qard().to_json()

    assert not frozen.keys() & {"amortisation", "charging", "dating", "drawing", "savings"}
    assert Terms.from_json(frozen) == make_qard()


def test_terms_hold_their_parts_in_the_currency_of_the_loan() -> None:
    terms = make_loan(amortisation=Amortisation(balloon=money("100.00", "USD")))
    thawed = Terms.from_json(terms.to_json())

    assert thawed == terms
    assert thawed.amortisation.balloon == money("100.00", "USD")


def _is_plain(value: JsonValue) -> bool:
    if isinstance(value, dict):
        return all(_is_plain(each) for each in value.values())
    if isinstance(value, list):
        return all(_is_plain(each) for each in value)
    return value is None or type(value) in {bool, int, str}


@pytest.mark.parametrize("stranger", [0.5, ["2026-01-01"], {"every": 2}, b"x"])
def test_what_is_no_part_is_not_frozen(stranger: object) -> None:
    with pytest.raises(TypeError, match=f"{type(stranger).__name__} is no part of terms"):
        freezing.to_json(stranger)
