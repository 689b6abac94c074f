"""Is the plan of agreed terms a course of the agreed instalments, and can it be changed?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain import schedule
from services.loans.domain.charging import ChargeBasis, Charging
from services.loans.domain.course import fold
from services.loans.domain.course.events import (
    Disbursed,
    Event,
    Paid,
    ProfitPaused,
    RateChanged,
    Rescheduled,
)
from services.loans.domain.course.fold import Course, CourseStatus
from services.loans.domain.course.from_terms import plan_of
from services.loans.domain.course.plan import CountedOver, Standing
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.fees import Fee, FeeKind, FeeWhen
from services.loans.domain.terms import (
    ChargeMethod,
    Component,
    Frequency,
    ModeOfFinance,
    Terms,
)
from shared.money import Money

START = date(2026, 1, 15)
TERMS = Terms(
    mode_of_finance=ModeOfFinance.CONVENTIONAL,
    charge_method=ChargeMethod.DECLINING_BALANCE,
    principal=Money(100_000, "SAR"),
    annual_rate=Decimal("0.12"),
    instalments=6,
    frequency=Frequency.MONTHLY,
    disbursed_on=START,
    first_due_on=date(2026, 2, 15),
)
QARD = replace(
    TERMS,
    mode_of_finance=ModeOfFinance.QARD,
    charge_method=ChargeMethod.NONE,
    annual_rate=Decimal(0),
)


def rows_of(terms: Terms, events: Sequence[Event] = ()) -> list[tuple[date, int, int, int]]:
    found = course_of(terms, events).rows
    return [
        (row.due_on, row.principal, row.profit, row.fee) for row in found if row.number is not None
    ]


def course_of(terms: Terms, events: Sequence[Event] = (), as_of: date = START) -> Course:
    return fold.course(plan_of(terms), [out(terms), *events], as_of=as_of)


def out(terms: Terms) -> Disbursed:
    return Disbursed(key="out", on=START, amount=terms.principal.minor)


def agreed(terms: Terms) -> list[tuple[date, int, int, int]]:
    return [
        (one.due_on, one.principal.minor, one.profit.minor, one.fee.minor)
        for one in schedule.schedule(terms)
    ]


@pytest.mark.parametrize(
    "terms",
    [
        TERMS,
        QARD,
        replace(TERMS, charge_method=ChargeMethod.FLAT),
        replace(TERMS, principal_grace=2, day_count="act/365"),
        replace(TERMS, first_due_on=date(2026, 3, 1)),
        replace(TERMS, moving_rule="next", country="JO", first_due_on=date(2026, 2, 13)),
    ],
)
def test_the_course_without_movements_is_the_schedule(terms: Terms) -> None:
    assert rows_of(terms) == agreed(terms)


def test_fees_of_instalments_stand_with_them_and_kept_back_ones_with_the_money() -> None:
    ten = Money(1_000, "SAR")
    kept = Fee(code="file", kind=FeeKind.FLAT, when=FeeWhen.AT_DISBURSEMENT, amount=ten)
    each = replace(kept, code="visit", when=FeeWhen.EACH_INSTALMENT)
    terms = replace(TERMS, fees=(kept, each))

    course = course_of(terms)

    assert rows_of(terms) == agreed(terms)
    assert course.rows[0].fee_paid == 1_000


def test_down_payments_and_tranches_are_those_of_the_terms() -> None:
    drawing = Drawing(
        tranches=(Tranche(on=date(2026, 3, 20), amount=Money(40_000, "SAR")),),
        down_payment_percent=Decimal(25),
    )
    terms = replace(TERMS, drawing=drawing)
    events = (
        Disbursed(key="first", on=START, amount=60_000),
        Disbursed(key="second", on=date(2026, 3, 20), amount=40_000),
    )

    course = fold.course(plan_of(terms), events, as_of=START)

    assert [
        (row.due_on, row.principal, row.profit, row.fee)
        for row in course.rows
        if row.number is not None
    ] == agreed(terms)
    assert [row.principal for row in course.rows if row.is_down_payment] == [15_000, 10_000]


def test_payments_pay_the_agreed_instalments_in_the_agreed_order() -> None:
    order = (Component.PRINCIPAL, Component.PROFIT, Component.FEE, Component.PENALTY)
    terms = replace(TERMS, allocation_order=order)

    course = course_of(terms, [Paid(key=1, on=date(2026, 2, 15), amount=17_000)])

    moved = course.transactions[-1]
    assert (moved.principal, moved.profit) == (16_255, 745)
    assert plan_of(terms).allocation.rule.order[0] == (Standing.PAST_DUE, Component.PRINCIPAL)


def test_paying_all_of_it_pays_the_contract_off() -> None:
    total = sum(sum(row[1:]) for row in agreed(TERMS))

    course = course_of(TERMS, [Paid(key=1, on=date(2026, 2, 15), amount=total)])

    assert course.status is CourseStatus.PAID_OFF
    assert fold.payoff(plan_of(TERMS), [out(TERMS)], on=START) == total


def test_another_rate_leaves_what_was_due_before_and_finds_the_rest_anew() -> None:
    change = RateChanged(key=2, on=date(2026, 3, 20), annual_rate=Decimal("0.24"))

    before, after = rows_of(TERMS), rows_of(TERMS, [change])

    assert after[:2] == before[:2]
    assert sum(row[1] for row in after) == 100_000
    assert sum(row[2] for row in after) > sum(row[2] for row in before)


def test_a_pause_leaves_the_instalments_and_shortens_the_last() -> None:
    pause = ProfitPaused(key=2, on=date(2026, 3, 16), until=date(2026, 4, 15))

    before, after = rows_of(TERMS), rows_of(TERMS, [pause])

    assert after[:2] == before[:2]
    assert after[2][2] == 22  # the day after the first keeps its profit: 1 of 31
    assert [row[1] + row[2] for row in after[:5]] == [row[1] + row[2] for row in before[:5]]
    assert sum(row[1] for row in after) == 100_000


def test_new_due_dates_leave_the_instalments_due_before() -> None:
    order = Rescheduled(key=2, on=date(2026, 4, 15), due_on=date(2026, 6, 15))

    after = rows_of(TERMS, [order])

    assert after[:2] == rows_of(TERMS)[:2]
    assert [row[0] for row in after[2:4]] == [date(2026, 6, 15), date(2026, 7, 15)]
    assert sum(row[1] for row in after) == 100_000


def test_more_instalments_follow_a_chosen_first_due_date() -> None:
    terms = replace(TERMS, first_due_on=date(2026, 3, 1))
    order = Rescheduled(key=2, on=date(2026, 5, 10), extra_instalments=2)

    after = rows_of(terms, [order])

    assert [row[0] for row in after[-3:]] == [
        date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1),
    ]  # fmt: skip
    assert sum(row[1] for row in after) == 100_000


def test_the_day_rules_are_those_of_the_terms() -> None:
    per_period = replace(TERMS, charging=Charging(basis=ChargeBasis.PER_PERIOD))

    assert plan_of(per_period).day_rules.over is CountedOver.PERIODS
    assert plan_of(TERMS).day_rules.over is CountedOver.DAYS
    assert plan_of(replace(TERMS, day_count="act/364")).day_rules.year.value == "364"
