"""Which days, charges, refunds and tranches belong to which instalment, at the edge of each?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest

from services.loans.domain.course import level, periods_of_plan, refunds, replay, span_rates
from services.loans.domain.course.level import Change, Given
from services.loans.domain.course.plan import (
    Charge,
    ChargeWhen,
    DayRules,
    Grace,
    LeapRule,
    PaymentKind,
    Unit,
    YearLength,
)
from services.loans.domain.course.results import TransactionKind
from services.loans.domain.course.span_rates import Measure
from tests.courses import course_of, day, fee, following_days, make_plan, out, paid
from tests.unit.loans.course.levels import plan_of

RATE = Fraction(12, 100)
ONE_DAY = (day("01-01"), day("01-02"))


def measure(origin: date = day("01-01"), **changes: Any) -> Measure:
    members: dict[str, Any] = {"rules": DayRules(), "every": 1, "unit": Unit.MONTHS}
    return Measure(origin=origin, **(members | changes))


@pytest.mark.parametrize(
    ("rule", "units"), [("end_of_month", Fraction(1)), ("clamp", 1 + Fraction(1, 31))]
)
def test_from_last_day_to_last_day_is_a_month_where_months_end_so(
    rule: Any, units: Fraction
) -> None:
    of = measure(day("04-30"), month_end_rule=rule)

    assert span_rates.units_in(of, day("04-30"), day("05-31")) == units


@pytest.mark.parametrize(
    ("origin", "every", "unit", "period"),
    [
        ("01-01", 2, Unit.WEEKS, ("01-15", "01-29")),
        ("01-01", 10, Unit.DAYS, ("01-11", "01-21")),
        ("01-31", 1, Unit.MONTHS, ("02-29", "03-31")),
    ],
)
def test_a_period_in_the_steps_of_the_first_day_is_regular(
    origin: str, every: int, unit: Unit, period: tuple[str, str]
) -> None:
    of = measure(day(origin), every=every, unit=unit)

    assert span_rates.units_in(of, *map(day, period)) == every


def test_a_period_out_of_step_is_counted_from_its_start() -> None:
    of = measure(every=2, unit=Unit.WEEKS)

    assert span_rates.units_in(of, day("01-08"), day("01-29")) == 3


@pytest.mark.parametrize(("period", "days"), [(("01-01", "02-01"), 365), (("02-01", "03-01"), 366)])
def test_a_leap_year_may_count_only_where_its_day_is(period: tuple[str, str], days: int) -> None:
    of = measure(rules=DayRules(year=YearLength.ACTUAL, leap=LeapRule.FEBRUARY_29_ONLY))
    first, due = map(day, period)

    found = span_rates.of_days(of, RATE, (first, due), first, due)

    assert found == RATE * (due - first).days / days


@pytest.mark.parametrize(
    ("start", "end", "holds"),
    [
        ("02-28", "02-29", True),
        ("02-28", "03-01", True),
        ("02-29", "03-31", False),
        ("01-01", "02-28", False),
    ],
)
def test_a_leap_day_counts_after_the_first_day_to_the_last(
    start: str, end: str, *, holds: bool
) -> None:
    assert span_rates.holds_leap_day(day(start), day(end)) is holds


def test_a_period_of_one_day_bears_the_profit_of_a_day() -> None:
    agreed = MappingProxyType({ONE_DAY: Fraction(1, 360)})
    plan = plan_of()

    assert span_rates.of_days(measure(), RATE, ONE_DAY, *ONE_DAY) == RATE / 366
    assert Fraction(*span_rates.to_end(measure(agreed=agreed), RATE, ONE_DAY, *ONE_DAY)) == (
        RATE / 360
    )
    assert level.share(plan, ONE_DAY, 1) == RATE / level.year_length(plan)
    assert level.share(plan, (ONE_DAY[0], ONE_DAY[0]), 1) == 0
    assert level.share(plan, ONE_DAY, 0) == 0


def test_no_days_of_an_agreed_period_bear_nothing() -> None:
    of = measure(agreed=MappingProxyType({ONE_DAY: Fraction(1, 360)}))

    assert Fraction(*span_rates.to_end(of, RATE, ONE_DAY, ONE_DAY[0], ONE_DAY[0])) == 0


def test_a_part_of_a_period_bears_its_part_of_the_length_that_was_agreed() -> None:
    january = (day("01-01"), day("02-01"))
    of = measure(agreed=MappingProxyType({january: Fraction(1, 12)}))

    assert span_rates.of_part(of, RATE, january, *january) == RATE / 12
    assert span_rates.of_part(measure(), RATE, january, *january) == RATE * 31 / 366


@pytest.mark.parametrize(("rule", "first"), [("end_of_month", "05-31"), ("clamp", "05-30")])
def test_after_grace_on_everything_the_first_period_starts_where_months_end(
    rule: Any, first: str
) -> None:
    start = day("04-30")
    plan = make_plan(
        starts_on=start, signed_on=start, month_end_rule=rule, grace=Grace(everything=1)
    )

    assert periods_of_plan.periods(plan, paid_out_on=start)[0][0] == day(first)


def test_grace_on_everything_is_counted_in_the_unit_of_the_plan() -> None:
    plan = make_plan(every=2, unit=Unit.WEEKS, grace=Grace(everything=1))

    assert periods_of_plan.periods(plan, paid_out_on=day("01-01"))[0][0] == day("01-15")


def test_principal_past_due_bears_by_what_is_open_on_each_day() -> None:
    """10.00 from 1 to 11 February, 6.00 to 21 February, then nothing any more."""
    plan = plan_of()
    given = Given(
        periods=((day("01-01"), day("02-01")), (day("02-01"), day("03-01"))),
        drawn=((day("01-01"), 5_000),),
        bearing=5_000,
        paid=((day("02-11"), 400), (day("02-21"), 600)),
        overdue_to=day("03-01"),
    )

    borne = level._on_overdue(plan, given, 1, 1_000)

    assert borne == Fraction(plan.annual_rate) * (1_000 * 10 + 600 * 10) / level.year_length(plan)


def test_instalments_added_at_a_change_are_known_after_it_alone() -> None:
    january = (day("01-01"), day("02-01"))
    changes = (Change(number=2, extra=3), Change(number=5, extra=1))
    given = Given(periods=(january,) * 12, drawn=(), bearing=0, changes=changes)

    assert [given.known(number) for number in (2, 3, 5, 6)] == [8, 11, 11, 12]


def test_what_is_paid_out_on_a_due_date_belongs_to_the_next_period() -> None:
    first, due = day("01-01"), day("02-01")
    waiting = [(first, 1), (day("01-31"), 2), (due, 3)]

    assert level._drawn_in(waiting, (first, due)) == [(first, 1), (day("01-31"), 2)]
    assert waiting == [(due, 3)]
    assert level._drawn_in(waiting, (due, due)) == [(due, 3)]


def test_a_charge_on_a_due_date_belongs_to_the_instalment_of_that_day() -> None:
    course = course_of(make_plan(), out(), fee("50", "03-01"), fee("7", "03-02"))

    assert [row.fee for row in course.rows[1:5]] == [0, 50, 7, 0]


def test_charges_of_the_payout_are_told_in_one_sum_by_the_payout() -> None:
    kinds = (ChargeWhen.AT_DISBURSEMENT, ChargeWhen.AT_EACH_TRANCHE, ChargeWhen.AT_DISBURSEMENT)
    charges = tuple(
        Charge(code=f"charge {value}", when=when, value=Decimal(value))
        for value, when in zip((30, 50, 4), kinds, strict=True)
    )

    course = course_of(
        make_plan(charges=charges), out(5_000), out(5_000, day("01-20"), key="second")
    )

    assert [
        (one.key, one.amount, one.fee)
        for one in course.transactions
        if one.kind is TransactionKind.CHARGES_AT_DISBURSEMENT
    ] == [(("out", "charges"), 84, 84), (("second", "charges"), 50, 50)]


REFUND = replace(paid(500, "02-01"), kind=PaymentKind.MERCHANT_REFUND)
GIVEN_BACK = frozenset({PaymentKind.MERCHANT_REFUND})


@pytest.mark.parametrize(
    ("members", "says", "refunds_it"),
    [
        ({}, None, True),
        ({}, True, True),
        ({}, False, False),
        ({"profit_refunded_on": frozenset()}, None, False),
        ({"profit_refunded_on": frozenset()}, True, False),
        ({"annual_rate": Decimal(0)}, None, False),
        ({"annual_rate": Decimal(1)}, None, True),
        ({"recalculation": None}, None, False),
    ],
)
def test_a_refund_gives_profit_back_where_the_plan_and_the_event_say_so(
    members: dict[str, Any], says: Any, *, refunds_it: bool
) -> None:
    plan = following_days(profit_refunded_on=GIVEN_BACK)

    found = refunds.refunds_profit(replace(plan, **members), replace(REFUND, refunds_profit=says))

    assert found is refunds_it


def test_only_a_refund_gives_profit_back() -> None:
    plan = following_days(profit_refunded_on=frozenset(PaymentKind))

    assert not refunds.refunds_profit(plan, paid(500, "02-01"))


def test_a_tranche_is_expected_until_its_day_and_after_the_last_that_came() -> None:
    standing = replay.replay(make_plan(), [out(4_000), out(1_000, day("02-01"), key="second")])
    days = ("01-20", "02-01", "02-02", "03-01", "04-01")
    standing.expected = [(day(on), 100) for on in days]

    standing.forget_missed_tranches(day("02-02"))
    kept = list(standing.expected)
    standing.forget_missed_tranches(day("03-02"))

    assert kept == [(day(on), 100) for on in days[2:]]
    assert standing.expected == [(day("04-01"), 100)]
