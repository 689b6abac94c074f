"""Does the plan of a course say what the terms say, member by member?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from services.loans.domain import schedule
from services.loans.domain.course.from_terms import plan_of
from services.loans.domain.course.plan import (
    Charge,
    ChargeWhen,
    DayRules,
    DownPayment,
    Grace,
    MonthLength,
    Unit,
    YearLength,
)
from services.loans.domain.dating import Dating
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.fees import Fee, FeeKind, FeeWhen
from services.loans.domain.terms import ChargeMethod, Frequency
from shared.money import Money
from shared.periods import DayCount
from tests.unit.loans.course.test_from_terms import START, TERMS

KEPT = Fee(code="file", kind=FeeKind.FLAT, when=FeeWhen.AT_DISBURSEMENT, amount=Money(1_250, "SAR"))
DRAWN = Drawing(
    tranches=(
        Tranche(on=date(2026, 3, 20), amount=Money(40_000, "SAR")),
        Tranche(on=date(2026, 4, 20), amount=Money(10_000, "SAR")),
    ),
    down_payment_percent=Decimal(25),
)


def test_a_plan_says_what_its_terms_say() -> None:
    terms = replace(
        TERMS,
        charge_method=ChargeMethod.FLAT,
        month_end_rule="end_of_month",
        rounding="half_up",
        principal_grace=2,
        fees=(KEPT,),
        dating=Dating(every=2),
        first_due_on=date(2026, 3, 15),
    )
    plan = plan_of(terms)

    assert (plan.principal, plan.annual_rate, plan.instalments) == (100_000, Decimal("0.12"), 6)
    assert (plan.every, plan.unit) == (2, Unit.MONTHS)
    assert plan.starts_on == plan.signed_on == START
    assert plan.first_due_on == date(2026, 3, 15)
    assert plan.charge_method is ChargeMethod.FLAT
    assert plan.month_end_rule == "end_of_month"
    assert plan.rounding == "half_up"
    assert plan.grace == Grace(principal=2)
    assert plan.recalculation is None
    assert plan.tranches == ((START, 100_000),)
    assert plan.down_payment is None
    assert plan.charges == (
        Charge(code="kept_back", when=ChargeWhen.AT_DISBURSEMENT, value=Decimal(1_250)),
    )


def test_what_is_drawn_and_paid_down_is_what_was_agreed() -> None:
    plan = plan_of(replace(TERMS, drawing=DRAWN))

    assert plan.tranches == (
        (START, 50_000),
        (date(2026, 3, 20), 40_000),
        (date(2026, 4, 20), 10_000),
    )
    assert plan.down_payment == DownPayment(percent=Decimal(25))
    down = [one for one in plan.agreed if one.is_down_payment]
    assert [(one.due_on, one.principal) for one in down] == [
        (START, 12_500),
        (date(2026, 3, 20), 10_000),
        (date(2026, 4, 20), 2_500),
    ]
    assert all(one.start_on == one.due_on for one in down)
    regular = [one for one in plan.agreed if not one.is_down_payment]
    assert regular[0].start_on == START
    assert all(later.start_on == earlier.due_on for earlier, later in pairwise(regular))


@pytest.mark.parametrize(
    ("day_count", "year", "month"),
    [
        ("30/360", YearLength.DAYS_360, MonthLength.DAYS_30),
        ("30u/360", YearLength.DAYS_360, MonthLength.DAYS_30),
        ("act/360", YearLength.DAYS_360, MonthLength.ACTUAL),
        ("act/364", YearLength.DAYS_364, MonthLength.ACTUAL),
        ("act/365", YearLength.DAYS_365, MonthLength.ACTUAL),
        ("act/act", YearLength.ACTUAL, MonthLength.ACTUAL),
    ],
)
def test_days_are_counted_as_the_terms_count_them(
    day_count: DayCount, year: YearLength, month: MonthLength
) -> None:
    rules = plan_of(replace(TERMS, day_count=day_count)).day_rules

    assert isinstance(rules, DayRules)
    assert (rules.year, rules.month) == (year, month)


@pytest.mark.parametrize(
    ("frequency", "every", "unit"),
    [
        (Frequency.DAILY, 1, Unit.DAYS),
        (Frequency.WEEKLY, 1, Unit.WEEKS),
        (Frequency.BIWEEKLY, 2, Unit.WEEKS),
        (Frequency.QUARTERLY, 3, Unit.MONTHS),
        (Frequency.HALF_YEARLY, 6, Unit.MONTHS),
        (Frequency.YEARLY, 1, Unit.YEARS),
    ],
)
def test_a_step_is_that_of_the_frequency(frequency: Frequency, every: int, unit: Unit) -> None:
    first = date(2026, 1, 16) if frequency is Frequency.DAILY else date(2026, 1, 31)
    plan = plan_of(replace(TERMS, frequency=frequency, first_due_on=first))

    assert (plan.every, plan.unit) == (every, unit)


def test_instalments_that_were_signed_hold_whatever_the_terms_would_give_now() -> None:
    computed = schedule.schedule(TERMS)
    signed = [replace(computed[0], profit=Money(1, "SAR")), *computed[1:]]

    assert [one.profit for one in plan_of(TERMS, signed=signed).agreed] == [
        1,
        *(one.profit.minor for one in computed[1:]),
    ]
