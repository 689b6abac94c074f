"""Which share of what is outstanding does a period cost?"""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from services.loans.domain import due_dates, period_rates
from services.loans.domain.charging import (
    ChargeBasis,
    Charging,
    LeapRule,
    OddPeriodRule,
    RateChange,
    RateKind,
)
from services.loans.domain.contradictions import TermsInvalid
from services.loans.domain.dating import CalendarKind, Dating
from services.loans.domain.terms import Frequency, Terms
from tests.builders import make_loan


def rates_of(terms: Terms) -> list[Fraction]:
    return period_rates.of(terms, due_dates.spans(terms))


def loan(frequency: Frequency = Frequency.MONTHLY, **changes: Any) -> Terms:
    """12 % a year in three instalments from 15 January 2026, one regular step apart."""
    dating = changes.pop("dating", Dating())
    members = {"frequency": frequency, "dating": dating, "first_due_on": date(2026, 1, 16)}
    terms = make_loan(**members | changes)
    if "first_due_on" in changes:
        return terms
    return make_loan(**members | changes | {"first_due_on": due_dates.usual_first(terms)})


@pytest.mark.parametrize(
    ("frequency", "dating", "expected"),
    [
        (Frequency.DAILY, Dating(every=6), Fraction(12 * 6, 36_000)),
        (Frequency.WEEKLY, Dating(), Fraction(12 * 7, 36_000)),
        (Frequency.BIWEEKLY, Dating(), Fraction(12 * 14, 36_000)),
        (Frequency.TWICE_A_MONTH, Dating(days=(15, 31)), Fraction(12, 2_400)),
        (Frequency.MONTHLY, Dating(), Fraction(1, 100)),
        (Frequency.MONTHLY, Dating(calendar=CalendarKind.HIJRI), Fraction(1, 100)),
        (Frequency.MONTHLY, Dating(every=2), Fraction(2, 100)),
        (Frequency.QUARTERLY, Dating(), Fraction(3, 100)),
        (Frequency.HALF_YEARLY, Dating(), Fraction(6, 100)),
        (Frequency.YEARLY, Dating(), Fraction(12, 100)),
    ],
)
def test_a_regular_period_bears_its_part_of_the_year(
    frequency: Frequency, dating: Dating, expected: Fraction
) -> None:
    assert rates_of(loan(frequency, dating=dating)) == [expected] * 3


@pytest.mark.parametrize(
    ("year", "expected"),
    [(360, Fraction(7, 360)), (364, Fraction(1, 52)), (365, Fraction(7, 365))],
)
def test_a_week_is_counted_in_a_year_of_its_own(year: int, expected: Fraction) -> None:
    terms = loan(Frequency.WEEKLY, charging=Charging(year_of_days=year))

    assert rates_of(terms)[0] == Fraction(12, 100) * expected


@pytest.mark.parametrize(
    ("day_count", "days"),
    [
        ("act/360", Fraction(31, 360)),
        ("act/364", Fraction(31, 364)),
        ("act/365", Fraction(31, 365)),
    ],
)
def test_real_days_over_a_year_of_the_day_count(day_count: str, days: Fraction) -> None:
    assert rates_of(loan(day_count=day_count))[0] == Fraction(12, 100) * days


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # 12 December 2023 to 12 January 2024: 31 days over the turn into a leap year.
        (LeapRule.BY_CALENDAR_YEAR, Fraction(20, 365) + Fraction(11, 366)),
        (LeapRule.BY_CALENDAR_YEAR_END, Fraction(19, 365) + Fraction(12, 366)),
        (LeapRule.FEBRUARY_29_ONLY, Fraction(31, 365)),
        (LeapRule.YEAR_OF_START, Fraction(31, 365)),
        (LeapRule.NEVER, Fraction(31, 365)),
    ],
)
def test_each_leap_rule_counts_the_turn_of_the_year(rule: LeapRule, expected: Fraction) -> None:
    terms = loan(
        disbursed_on=date(2023, 12, 12),
        first_due_on=date(2024, 1, 12),
        day_count="act/act",
        charging=Charging(leap_rule=rule),
    )

    assert rates_of(terms)[0] == Fraction(12, 100) * expected


def test_only_the_period_with_29_february_is_leap_by_that_rule() -> None:
    terms = loan(
        disbursed_on=date(2024, 1, 29),
        first_due_on=date(2024, 2, 29),
        day_count="act/act",
        charging=Charging(leap_rule=LeapRule.FEBRUARY_29_ONLY),
    )

    days = [rate / Fraction(12, 100) for rate in rates_of(terms)]
    assert days == [Fraction(31, 366), Fraction(29, 365), Fraction(31, 365)]


def test_an_effective_rate_compounds_to_itself_in_a_year() -> None:
    (monthly, *_) = rates_of(loan(charging=Charging(rate_kind=RateKind.EFFECTIVE)))

    assert abs((1 + monthly) ** 12 - Fraction(112, 100)) < Fraction(1, 10**38)
    assert round(float(monthly), 6) == 0.009489


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # 15 January to 1 March: 46 days by 30/360; 45 real ones of the 28 from 1 February.
        (OddPeriodRule.DAY_COUNT, Fraction(46, 360)),
        (OddPeriodRule.SHARE, Fraction(45, 28 * 12)),
        (OddPeriodRule.WHOLE, Fraction(1, 12)),
    ],
)
def test_a_long_first_period_bears_what_its_rule_says(
    rule: OddPeriodRule, expected: Fraction
) -> None:
    terms = loan(first_due_on=date(2026, 3, 1), charging=Charging(odd_period=rule))

    assert rates_of(terms) == [
        Fraction(12, 100) * expected,
        Fraction(1, 100),
        Fraction(1, 100),
    ]


def test_the_basis_may_be_other_than_the_day_count_suggests() -> None:
    by_period = loan(day_count="act/365", charging=Charging(basis=ChargeBasis.PER_PERIOD))
    by_day = loan(
        disbursed_on=date(2026, 1, 30),
        first_due_on=date(2026, 2, 28),
        charging=Charging(basis=ChargeBasis.PER_DAY),
    )

    assert rates_of(by_period)[0] == Fraction(1, 100)
    assert rates_of(by_day)[0] == Fraction(12, 100) * Fraction(28, 360)


def test_a_rate_changes_within_a_period_from_its_day_on() -> None:
    change = RateChange(on=date(2026, 1, 26), annual_rate=Decimal("0.24"))
    terms = loan(day_count="act/365", charging=Charging(rate_changes=(change,)))

    first, second, _ = rates_of(terms)
    assert first == Fraction(12, 100) * Fraction(10, 365) + Fraction(24, 100) * Fraction(21, 365)
    assert second == Fraction(24, 100) * Fraction(28, 365)


def test_a_change_on_the_first_day_of_a_period_holds_for_all_of_it() -> None:
    change = RateChange(on=date(2026, 2, 16), annual_rate=Decimal("0.24"))

    assert rates_of(loan(charging=Charging(rate_changes=(change,)))) == [
        Fraction(1, 100),
        Fraction(2, 100),
        Fraction(2, 100),
    ]


def test_a_later_change_is_not_known_while_a_period_runs() -> None:
    change = RateChange(on=date(2026, 2, 16), annual_rate=Decimal("0.24"))
    terms = loan(charging=Charging(rate_changes=(change,)))
    spans = due_dates.spans(terms)

    assert period_rates.assumed(terms, spans, first=0) == [Fraction(1, 100)] * 3
    assert period_rates.assumed(terms, spans, first=1) == [Fraction(2, 100)] * 2


def test_profit_free_periods_bear_nothing() -> None:
    assert rates_of(loan(charging=Charging(profit_free=2)))[:2] == [0, 0]


def test_the_regular_rate_is_that_of_months_of_thirty_days() -> None:
    on = date(2026, 2, 15)

    assert period_rates.regular(loan(day_count="act/365"), on=on) == Fraction(12 * 30, 36_500)
    assert period_rates.regular(loan(), on=on) == Fraction(1, 100)
    weekly = loan(Frequency.WEEKLY, day_count="act/364")
    assert period_rates.regular(weekly, on=on) == Fraction(12 * 7, 36_400)


@pytest.mark.parametrize(
    "changes",
    [
        {"year_of_days": 366},
        {"profit_free": -1},
        {"profit_grace": -1},
        {"moratorium": 601},
        {"rate_changes": (RateChange(on=date(2026, 1, 1), annual_rate=Decimal(11)),)},
        {"rate_changes": (RateChange(on=date(2026, 1, 1), annual_rate=Decimal(0)),) * 2},
    ],
)
def test_charging_that_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TermsInvalid) as refusal:
        Charging(**changes)

    assert refusal.value.member == f"charging.{next(iter(changes))}"


def test_a_rate_that_changes_within_a_month_of_thirty_splits_it_by_real_days() -> None:
    change = RateChange(on=date(2026, 1, 26), annual_rate=Decimal("0.24"))
    shares = (Fraction(10, 31 * 12), Fraction(21, 31 * 12))

    nominal = rates_of(loan(charging=Charging(rate_changes=(change,))))
    effective = rates_of(
        loan(charging=Charging(rate_changes=(change,), rate_kind=RateKind.EFFECTIVE))
    )

    assert nominal[0] == Fraction(12, 100) * shares[0] + Fraction(24, 100) * shares[1]
    grown = 1.12 ** float(shares[0]) * 1.24 ** float(shares[1]) - 1
    assert float(effective[0]) == pytest.approx(grown, rel=1e-12)
    assert nominal[1] == Fraction(2, 100)


def test_a_changed_rate_holds_on_its_own_day() -> None:
    terms = loan(
        charging=Charging(
            rate_changes=(RateChange(on=date(2026, 2, 1), annual_rate=Decimal("0.24")),)
        )
    )

    assert period_rates.annual_rate(terms, on=date(2026, 1, 31)) == Decimal("0.12")
    assert period_rates.annual_rate(terms, on=date(2026, 2, 1)) == Decimal("0.24")


def test_a_period_over_three_calendar_years_counts_each() -> None:
    terms = loan(
        Frequency.YEARLY,
        day_count="act/act",
        dating=Dating(every=3),
        disbursed_on=date(2023, 7, 1),
    )

    assert rates_of(terms)[0] == Fraction(12, 100) * (
        Fraction(184, 365) + 1 + 1 + Fraction(181, 365)
    )
