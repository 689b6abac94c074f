"""Is nothing lost where amounts are shared, rounded and levelled?"""

from datetime import date
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)
from fractions import Fraction
from typing import get_args

import pytest

from services.loans.domain import annuity, due_dates, flows, plain, schedule, shares, spreading
from services.loans.domain.amortisation import Amortisation, AmortisationKind
from services.loans.domain.charging import Charging, RateChange
from services.loans.domain.drawing import Drawing
from services.loans.domain.terms import (
    Frequency,
    ModeOfFinance,
    ResidueRule,
    Terms,
    is_sharia_bound,
)
from shared.money import Rounding
from tests.builders import make_loan, make_qard, money

BY_DECIMAL: dict[Rounding, str] = {
    "half_even": ROUND_HALF_EVEN,
    "half_up": ROUND_HALF_UP,
    "half_down": ROUND_HALF_DOWN,
    "up": ROUND_UP,
    "down": ROUND_DOWN,
    "ceiling": ROUND_CEILING,
    "floor": ROUND_FLOOR,
}


@pytest.mark.parametrize("rounding", get_args(Rounding))
@pytest.mark.parametrize("numerator", [-10, -7, -6, -5, -3, -1, 0, 1, 3, 5, 6, 7, 10, 15])
@pytest.mark.parametrize("denominator", [1, 2, 4, 10])
def test_a_quotient_is_rounded_as_decimal_rounds_it(
    numerator: int, denominator: int, rounding: Rounding
) -> None:
    expected = (Decimal(numerator) / denominator).to_integral_value(BY_DECIMAL[rounding])

    assert shares.whole(numerator, denominator, rounding) == expected


def test_an_amount_is_rounded_to_a_multiple() -> None:
    assert shares.to_multiple(Fraction(42_917, 100), 5, "half_even") == 430
    assert shares.to_multiple(Fraction(42_917, 100), 5, "floor") == 425


def test_weighted_parts_that_round_up_too_far_are_floored() -> None:
    weights = [Fraction(1), Fraction(1), Fraction(2)]

    parts = shares.weighted(5, weights, rule=ResidueRule.LAST_INSTALMENT, rounding="up")
    assert parts == [2, 2, 1]
    parts = shares.weighted(2, [*weights, Fraction(3)], rule=_LAST, rounding="up")
    assert parts == [0, 0, 0, 2]


_LAST = ResidueRule.LAST_INSTALMENT


def test_without_any_weight_the_last_pays_all() -> None:
    terms = make_loan(
        principal_grace=2,
        amortisation=Amortisation(kind=AmortisationKind.SEASONAL, weights=(1, 1, 0)),
    )

    assert schedule.columns(terms).principal == [0, 0, 100_000]
    free = make_qard(
        instalments=3, amortisation=Amortisation(kind=AmortisationKind.SEASONAL, weights=(0, 1, 0))
    )
    assert schedule.columns(free).principal == [0, 3_000_000, 0]


def test_a_level_of_nothing_to_weigh_is_nothing() -> None:
    assert annuity.level(Fraction(100), rates=[], weights=[Fraction(0)], left=0) == 0


def test_an_equal_level_without_profit_is_an_equal_part() -> None:
    assert annuity.equal_level(300, numerators=[0, 0, 0], denominator=1) == (300, 3)


def test_levelling_never_leads_below_the_profit() -> None:
    """Quarterly at 68 % the last is a thousand units off, and no shift brings it nearer."""
    terms = make_loan(
        principal=money("2666.00", "USD"),
        annual_rate=Decimal("0.68"),
        instalments=47,
        frequency=Frequency.QUARTERLY,
        first_due_on=date(2026, 4, 15),
        residue_rule=ResidueRule.LEVELLED,
        rounding="up",
    )
    spans = due_dates.spans(terms)
    found = plain.split(terms, nominal=due_dates.nominal(terms))

    assert min(found[0]) > 0
    assert spreading.spread(spreading.course_of(terms, spans)) == found


@pytest.mark.parametrize("rounding", ["half_up", "up", "floor"])
def test_every_rounding_repays_the_loan(rounding: Rounding) -> None:
    found = schedule.columns(make_loan(rounding=rounding, principal_grace=1, instalments=12))

    assert sum(found.principal) == 100_000
    assert found.principal[0] == 0


def test_a_change_of_rate_after_the_last_due_date_changes_nothing() -> None:
    change = RateChange(on=date(2027, 1, 1), annual_rate=Decimal("0.24"))
    terms = make_loan(charging=Charging(rate_changes=(change,)))

    assert schedule.columns(terms) == schedule.columns(make_loan())
    assert flows.of(terms, due_dates.spans(terms)).breaks == (0,)


def test_a_down_payment_is_rounded_to_the_multiple_of_instalments() -> None:
    terms = make_loan(
        principal=money("333.00", "USD"),
        drawing=Drawing(down_payment_percent=Decimal(10)),
        amortisation=Amortisation(multiple=money("1.00", "USD"), multiple_rounding="ceiling"),
    )

    assert schedule.columns(terms).principal[0] == 3_400


def test_half_months_have_fifteen_days_where_no_day_is_named() -> None:
    first = due_dates.first_due_on(date(2026, 1, 1), frequency=Frequency.TWICE_A_MONTH)

    assert first == date(2026, 1, 16)


def test_only_the_conventional_loan_is_not_bound_by_sharia() -> None:
    assert not is_sharia_bound(ModeOfFinance.CONVENTIONAL)
    assert all(is_sharia_bound(mode) for mode in ModeOfFinance if mode != "conventional")


def test_the_last_takes_the_odd_minor_units_that_no_unit_holds() -> None:
    terms: Terms = make_qard(
        principal=money("100.003", "TND"),
        instalments=2,
        amortisation=Amortisation(unit=money("0.010", "TND")),
    )

    assert schedule.columns(terms).principal == [50_000, 50_003]
