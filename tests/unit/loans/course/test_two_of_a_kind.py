"""Is what happens twice counted twice, under its own name, and with what was there before?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from services.loans.domain.course import level_flat, span_rates
from services.loans.domain.course.events import (
    ChargedBack,
    ChargedOff,
    ChargeWaived,
    OpenProfit,
    Postponed,
    RateChanged,
    ReAged,
    Rescheduled,
    Waived,
)
from services.loans.domain.course.level import Change
from services.loans.domain.course.plan import (
    ChargeOff,
    DayRules,
    DownPayment,
    InstalmentRule,
    PaymentKind,
    Plan,
    Unit,
)
from services.loans.domain.course.results import TransactionKind
from services.loans.domain.course.span_rates import Measure
from services.loans.domain.terms import ChargeMethod, Component
from tests.courses import course_of, day, fee, following_days, make_plan, out, paid, paid_parts
from tests.unit.loans.course.levels import given_of, plan_of

LEAP_DAY = date(2024, 2, 29)


@pytest.mark.parametrize(
    ("part", "kind", "parts"),
    [
        (Component.PROFIT, TransactionKind.PROFIT_WAIVER, (0, 20, 0, 0, 0)),
        (Component.FEE, TransactionKind.CHARGE_WAIVER, (0, 0, 20, 0, 0)),
    ],
)
def test_so_much_of_a_part_is_given_up_and_told_by_its_name(
    part: Component, kind: TransactionKind, parts: tuple[int, ...]
) -> None:
    given_up = Waived(key="given up", on=day("01-20"), part=part, amount=20)

    course = course_of(make_plan(), out(), fee("50", "02-01"), given_up, as_of="01-20")

    told = course.transactions[-1]
    assert (told.key, told.on, told.kind, told.amount) == ("given up", day("01-20"), kind, 20)
    assert paid_parts(course)[-1] == parts
    assert course.rows[1].outstanding == 1701 + 50 - 20


def test_two_charges_of_one_instalment_are_waived_one_by_one() -> None:
    first, second = fee("50", "02-01"), replace(fee("30", "02-01"), key="second")
    waivers = [
        ChargeWaived(key=f"waived {charge.key}", on=day("01-20"), charge=charge.key)
        for charge in (first, second)
    ]

    course = course_of(make_plan(), out(), first, second, *waivers, as_of="01-20")

    assert course.rows[1].waived == 80
    assert course.rows[1].outstanding == 1701
    assert [(told.key, told.on, told.kind, told.amount) for told in course.transactions[1:]] == [
        (waiver.key, day("01-20"), TransactionKind.CHARGE_WAIVER, amount)
        for waiver, amount in zip(waivers, (50, 30), strict=True)
    ]


@pytest.mark.parametrize(
    ("unit", "later"), [(Unit.WEEKS, date(2024, 1, 22)), (Unit.DAYS, date(2024, 1, 4))]
)
def test_an_instalment_is_postponed_by_the_unit_of_its_plan(unit: Unit, later: date) -> None:
    plan = make_plan(unit=unit)
    order = Postponed(key="order", on=day("01-02"), periods=2)

    course = course_of(plan, out(), order, as_of="01-02")

    assert course.rows[1].due_on == later


def test_a_postponed_month_end_stays_at_the_end_of_the_month() -> None:
    plan = make_plan(
        starts_on=date(2024, 1, 31), month_end_rule="end_of_month", first_due_on=LEAP_DAY
    )
    order = Postponed(key="order", on=LEAP_DAY, periods=2)

    course = course_of(plan, out(on=date(2024, 1, 31)), order, as_of="02-20")

    assert [row.due_on for row in course.rows[1:3]] == [day("04-30"), day("05-31")]


def test_two_refunds_give_back_profit_under_keys_of_their_own() -> None:
    plan = following_days(profit_refunded_on=frozenset({PaymentKind.MERCHANT_REFUND}))
    refunds = [
        replace(paid(1000, on, kind=PaymentKind.MERCHANT_REFUND), key=f"refund {on}")
        for on in ("02-10", "02-20")
    ]

    course = course_of(plan, out(), paid(1701, "02-01"), *refunds, as_of="02-20")

    keys = [told.key for told in course.transactions]
    assert len(set(keys)) == len(keys) == 6
    assert [key for key in keys if isinstance(key, tuple)] == [
        (refund.key, "profit") for refund in refunds
    ]


@pytest.mark.parametrize("amount", [0, 400])
def test_what_was_paid_of_several_instalments_ahead_stands_with_all_that_is_due(
    amount: int,
) -> None:
    plan = make_plan(charge_off=ChargeOff.ALL_DUE)
    back = ChargedBack(key="back", on=day("01-25"), of="paid 01-10", amount=amount)
    events = (out(), paid(5000, "01-10"), *([back] if amount else []))

    course = course_of(plan, *events, ChargedOff(key="off", on=day("02-10")), as_of="02-10")

    before = course_of(plan, *events, as_of="02-10")
    assert sum(row.principal_paid for row in course.rows) == sum(
        row.principal_paid for row in before.rows
    )
    assert sum(row.principal for row in course.rows) == 10_000 + amount
    assert course.rows[-1].settled_on is None
    assert sum(row.outstanding for row in course.rows) == course.transactions[-1].amount


def test_a_charge_moved_twice_can_still_be_waived() -> None:
    charge = fee("50", "06-20")
    orders = [
        ReAged(
            key=f"order {on}",
            on=day(on),
            starts_on=day(first),
            every=1,
            unit=Unit.MONTHS,
            instalments=3,
        )
        for on, first in (("02-15", "03-01"), ("02-20", "03-10"))
    ]
    plan = make_plan(annual_rate=Decimal(0))

    moved = course_of(plan, out(), charge, *orders, as_of="02-20")
    waiver = ChargeWaived(key="waived", on=day("02-25"), charge=charge.key)
    waived = course_of(plan, out(), charge, *orders, waiver, as_of="02-25")

    assert sum(row.fee for row in moved.rows) == 50
    assert sum(row.outstanding for row in moved.rows) == 10_050
    assert sum(row.outstanding for row in waived.rows) == 10_000


@pytest.mark.parametrize("plan", [following_days(), following_days(instalments=9)])
def test_another_rate_after_a_re_age_finds_the_new_instalments_anew(plan: Plan) -> None:
    order = ReAged(
        key="order",
        on=day("02-15"),
        starts_on=day("03-15"),
        every=2,
        unit=Unit.WEEKS,
        instalments=5,
        profit=OpenProfit.AS_AGREED,
    )
    rate = RateChanged(key="rate", on=day("03-20"), annual_rate=Decimal("0.3"))

    course = course_of(plan, out(), order, rate, as_of="02-15")

    asked = [row for row in course.rows if row.due_on > day("02-15")]
    assert [row.due_on for row in asked] == [
        day(text) for text in ("03-15", "03-29", "04-12", "04-26", "05-10")
    ]
    assert len({row.due for row in asked[1:-1]}) == 1
    assert min(row.principal for row in asked) > 1500


def test_years_are_counted_from_the_leap_day_and_not_from_the_last_due_date() -> None:
    rules = DayRules()
    years = Measure(rules=rules, every=1, unit=Unit.YEARS, origin=LEAP_DAY)
    ends = Measure(
        rules=rules,
        every=1,
        unit=Unit.MONTHS,
        origin=date(2023, 2, 28),
        month_end_rule="end_of_month",
    )

    assert span_rates.units_in(years, date(2027, 2, 28), date(2028, 2, 29)) == 1
    assert span_rates.units_in(ends, date(2023, 4, 30), date(2023, 5, 31)) == 1
    clamped = replace(ends, month_end_rule="clamp")
    assert span_rates.units_in(clamped, date(2023, 4, 30), date(2023, 5, 31)) == 1 + Fraction(1, 31)


def test_days_of_a_common_year_are_counted_over_365() -> None:
    days = (date(2023, 1, 1), date(2023, 2, 1))
    measure = Measure(rules=DayRules(), every=1, unit=Unit.MONTHS, origin=days[0])

    assert span_rates.of_days(measure, Fraction(1, 10), days, *days) == Fraction(31, 3650)


# 1,200.00 at 12 % flat in six months: 200.00 and 12.00 each.
FLAT = replace(plan_of(120_000, count=6), charge_method=ChargeMethod.FLAT)


@pytest.mark.parametrize(
    ("number", "months", "principals"),
    [
        (0, 2, [0, 0, 30_000, 30_000, 30_000, 30_000]),
        (2, 1, [20_000, 20_000, 0, 26_667, 26_667, 26_666]),
        (4, 1, [20_000, 20_000, 20_000, 20_000, 0, 40_000]),
    ],
)
def test_months_free_of_principal_ordered_later_leave_it_to_the_months_after(
    number: int, months: int, principals: list[int]
) -> None:
    eased = replace(given_of(FLAT), changes=(Change(number=number, principal_grace=months),))

    found = level_flat.instalments(FLAT, eased)

    assert [principal for principal, _ in found] == principals


def level(**changes: Any) -> Plan:
    return following_days(instalment_rule=InstalmentRule.FIXED_LEVEL, **changes)


def test_a_level_course_asks_less_only_for_what_was_paid_of_instalments() -> None:
    down = DownPayment(percent=Decimal(20))
    plan = level(down_payment=down)

    bare = course_of(plan, out(), paid(2000, "01-01", "down"), as_of="03-15")
    more = course_of(plan, out(), paid(2000, "01-01", "down"), paid(3000, "02-01"), as_of="03-15")

    assert sum(row.principal for row in bare.rows) == 10_000
    assert sum(row.principal for row in more.rows) == 10_000
    assert sum(row.profit for row in more.rows) < sum(row.profit for row in bare.rows)


def test_an_order_of_grace_on_a_level_course_is_of_its_months_alone() -> None:
    order = Rescheduled(key="order", on=day("03-01"), principal_grace=1)

    course = course_of(level(), out(), order, as_of="01-15")

    assert [row.principal == 0 for row in course.rows[1:]] == [
        False, True, False, False, False, False,
    ]  # fmt: skip
    assert sum(row.principal for row in course.rows) == 10_000
