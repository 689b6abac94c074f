"""Are unit periods counted back as Regulation Z, Appendix J (b)(5) counts them?"""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from shared import rates, unit_periods
from shared.money import Money
from shared.rates import Elapsed, Flow, NoRate
from shared.unit_periods import Unit, UnitPeriod

HALF_MONTH = UnitPeriod(unit="half_month", multiple=1)
WEEK, FORTNIGHT, FOUR_WEEKS = (UnitPeriod(unit="week", multiple=weeks) for weeks in (1, 2, 4))
MONTH, QUARTER = (UnitPeriod(unit="month", multiple=months) for months in (1, 3))
YEAR = UnitPeriod(unit="year", multiple=1)


# The times of the examples of 12 CFR 1026, Appendix J (c), as their solutions state them.
@pytest.mark.parametrize(
    ("first", "day", "unit", "whole", "part"),
    [
        ("1978-02-23", "1978-03-01", HALF_MONTH, 0, "6/15"),
        ("1978-02-23", "1978-03-16", HALF_MONTH, 1, "6/15"),
        ("1978-02-23", "1978-04-01", HALF_MONTH, 2, "6/15"),
        ("1978-05-23", "1978-10-01", QUARTER, 1, "39/90"),
        ("1978-05-23", "1979-01-01", QUARTER, 2, "39/90"),
        ("1978-03-20", "1978-04-21", WEEK, 4, "4/7"),
        ("1978-03-18", "1978-04-20", FOUR_WEEKS, 1, "5/28"),
        ("1978-04-03", "1978-04-11", FORTNIGHT, 0, "8/14"),
        ("1978-01-10", "1978-03-10", MONTH, 2, "0"),
        ("1978-01-17", "1979-07-17", YEAR, 1, "6/12"),
        ("1978-01-17", "1979-07-18", YEAR, 1, "182/365"),
    ],
)
def test_whole_units_are_counted_back_and_the_rest_is_a_part_of_one(
    first: str, day: str, unit: UnitPeriod, whole: int, part: str
) -> None:
    found = unit.counted(date.fromisoformat(first), date.fromisoformat(day))
    assert found == (whole, Fraction(part))


@pytest.mark.parametrize(
    ("unit", "multiple", "per_year"),
    [("week", 4, 13), ("half_month", 1, 24), ("month", 3, 4), ("year", 1, 1), ("week", 2, 26)],
)
def test_a_year_has_so_many_of_them(unit: Unit, multiple: int, per_year: int) -> None:
    assert UnitPeriod(unit=unit, multiple=multiple).per_year == per_year


@pytest.mark.parametrize(("unit", "multiple"), [("week", 0), ("half_month", 2), ("year", 2)])
def test_there_are_no_other_unit_periods(unit: Unit, multiple: int) -> None:
    with pytest.raises(ValueError, match="unit period"):
        UnitPeriod(unit=unit, multiple=multiple)


def test_a_term_goes_into_a_year_by_whole_months_or_by_days() -> None:
    assert unit_periods.term_per_year(date(1978, 7, 15), date(1979, 1, 15)) == 2
    assert unit_periods.term_per_year(date(1978, 1, 3), date(1978, 9, 15)) == Fraction(365, 255)


# 12 CFR 1026, Appendix J (c)(5): single advance, single payment.
@pytest.mark.parametrize(
    ("first", "last", "amount", "rate"),
    [
        (date(1978, 1, 3), date(1978, 9, 15), "-1080.00", "0.1145"),
        (date(1978, 7, 15), date(1979, 1, 15), "-1044.00", "0.0880"),
    ],
)
@pytest.mark.parametrize("unit", ["month", "week"])
def test_one_payment_within_a_year_has_its_term_as_the_unit(
    first: date, last: date, amount: str, rate: str, unit: Unit
) -> None:
    flows = [(first, Money.parse("1000", "USD")), (last, Money.parse(amount, "USD"))]

    found = rates.effective_annual_rate(flows, convention="us", unit=unit)

    assert abs(found - Decimal(rate)) < Decimal("0.00005")


def test_a_single_payment_after_more_than_a_year_is_counted_by_the_unit() -> None:
    flows = [
        (date(1978, 1, 17), Money.parse("1000", "USD")),
        (date(1979, 7, 17), Money.parse("-1135.19", "USD")),
    ]

    found = rates.effective_annual_rate(flows, convention="us", unit="year")

    assert abs(found - Decimal("0.0876")) < Decimal("0.00005")


def test_a_year_may_have_a_quarter_day_more() -> None:
    flows = [
        (date(2025, 4, 1), Money.parse("350", "GBP")),
        (date(2025, 4, 24), Money.parse("-447.97", "GBP")),
    ]

    by_365 = rates.effective_annual_rate(flows, convention="act/365")
    by_more = rates.effective_annual_rate(flows, convention="act/365.25")

    # 447.97 / 350 = 1.279914; to the power 365.25 / 23 it is 50.359.
    assert abs(by_more - Decimal("49.359")) < Decimal("0.005")
    assert by_365 < by_more


def test_the_european_convention_knows_no_half_months() -> None:
    flows = [(date(2025, 4, 1), Money.parse("350", "EUR"))]

    with pytest.raises(ValueError, match="weeks, months or years"):
        rates.effective_annual_rate(flows, unit="half_month")


def test_stated_times_give_the_rate_of_the_dates_they_stand_for() -> None:
    # Directive 98/7/EC, Annex III, second example: 50 of costs at the start, 16.85 %.
    found = rates.rate_of_elapsed(
        [
            (Elapsed(), Decimal(1000)),
            (Elapsed(), Decimal(-50)),
            (Elapsed(months=18), Decimal(-1200)),
        ]
    )

    assert abs(found - Decimal("0.1685")) < Decimal("0.00005")


def test_months_weeks_and_days_of_a_year_add_up() -> None:
    after = Elapsed(months=1, weeks=2, days=3, year_days=Decimal(366))

    assert abs(after.years - (Decimal(1) / 12 + Decimal(2) / 52 + Decimal(3) / 366)) < Decimal(
        "1E-25"
    )


def test_a_payment_before_the_advance_counts_as_dear_as_it_is() -> None:
    # European Commission, examples for the APRC under 2014/17/EU, January 2015, example 43:
    # a guarantee paid for a year before the drawdown, 8.269278 %.
    flows = [
        (Elapsed(months=12), Decimal(30000)),
        (Elapsed(), Decimal(-150)),
        (Elapsed(months=12), Decimal(-450)),
    ]
    flows += [(Elapsed(months=13 + number), Decimal("-356.11")) for number in range(120)]

    assert abs(rates.rate_of_elapsed(flows) - Decimal("0.08269278")) < Decimal("0.00000002")


def test_a_nominal_rate_is_that_of_a_unit_times_the_units_of_a_year() -> None:
    flows = [
        Flow(amount=Decimal(1000), compounded=Decimal(0)),
        Flow(amount=Decimal(-1044), compounded=Decimal(1)),
    ]

    assert rates.actuarial_rate(flows, units_per_year=Fraction(2)) == Decimal("0.088")


def test_what_is_never_paid_back_has_no_rate() -> None:
    with pytest.raises(NoRate):
        rates.rate_of_elapsed([(Elapsed(), Decimal(1)), (Elapsed(months=1), Decimal(1))])
