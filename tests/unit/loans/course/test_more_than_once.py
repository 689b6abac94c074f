"""Do sums add up where something happens to one instalment a second time?"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.loans.domain.course import closing_early, level_flat, periods_of_plan
from services.loans.domain.course.events import (
    ChargedBack,
    ChargedOff,
    ChargeWaived,
    Rescheduled,
)
from services.loans.domain.course.level import Change
from services.loans.domain.course.plan import Allocation, ChargeOff, Unit
from services.loans.domain.course.results import TransactionKind
from services.loans.domain.course.span_rates import Measure
from services.loans.domain.terms import ChargeMethod, Component
from tests.courses import START, course_of, day, fee, following_days, make_plan, out, paid
from tests.unit.loans.course.levels import BY_PERIOD, given_of, plan_of

CREDITS = (Component.PROFIT, Component.FEE, Component.PENALTY, Component.PRINCIPAL)


def test_charges_owed_once_more_join_those_that_are_there() -> None:
    plan = following_days(allocation=Allocation(credits=CREDITS))
    back = [
        ChargedBack(key="first", on=day("02-10"), of="paid 02-01", amount=120),
        ChargedBack(key="second", on=day("02-20"), of="paid 02-01", amount=1_300),
    ]
    course = course_of(
        plan,
        out(),
        fee("100", "01-20"),
        fee("70", "01-22", is_penalty=True),
        fee("11", "02-20"),
        fee("13", "02-21", is_penalty=True),
        paid(1_871, "02-01"),
        *back,
        as_of="02-25",
    )
    first, second = course.transactions[-2:]

    assert (first.profit, first.fee, first.penalty, first.principal) == (58, 62, 0, 0)
    assert (second.profit, second.fee, second.penalty, second.principal) == (0, 38, 70, 1_192)
    assert (course.rows[2].fee, course.rows[2].penalty) == (11 + 62 + 38, 13 + 70)
    assert sum(row.principal for row in course.rows) == 10_000 + 1_192


def test_two_waivers_of_one_instalment_are_two_movements_and_one_sum() -> None:
    course = course_of(
        make_plan(),
        out(),
        fee("100", "02-10"),
        fee("50", "02-12"),
        ChargeWaived(key="one", on=day("02-03"), charge="fee 02-10"),
        ChargeWaived(key="two", on=day("02-04"), charge="fee 02-12"),
        as_of="02-05",
    )

    assert (course.rows[2].fee, course.rows[2].waived) == (150, 150)
    assert [(one.key, one.kind, one.on, one.amount) for one in course.transactions[1:]] == [
        ("one", TransactionKind.CHARGE_WAIVER, day("02-03"), 100),
        ("two", TransactionKind.CHARGE_WAIVER, day("02-04"), 50),
    ]


def test_closing_early_asks_no_charge_twice_that_was_paid_or_waived() -> None:
    events = (
        out(),
        fee("100", "01-10"),
        fee("50", "01-12"),
        fee("30", "01-28"),
        paid(40, "01-11"),
        ChargeWaived(key="waived", on=day("01-13"), charge="fee 01-12"),
    )
    fees = {
        text: closing_early.closure(make_plan(), events, on=day(text)).fee
        for text in ("01-15", "01-28", "02-01", "02-15")
    }

    assert fees == {"01-15": 60, "01-28": 90, "02-01": 90, "02-15": 90}


def test_all_that_is_due_at_a_charge_off_is_the_sum_of_what_was_later() -> None:
    plan = make_plan(charge_off=ChargeOff.ALL_DUE)
    course = course_of(
        plan,
        out(),
        fee("30", "04-10"),
        paid(1_701, "01-20"),
        paid(3_000, "01-25"),
        ChargedOff(key="lost", on=day("03-15")),
        as_of="03-15",
    )
    *_, last, added = course.rows

    assert (last.due_on, sum(row.principal for row in course.rows)) == (day("03-15"), 10_000)
    assert (added.due_on, added.fee, added.principal) == (day("04-10"), 30, 0)
    assert sum(row.principal_paid for row in course.rows) == sum(
        moved.principal for moved in course.transactions if moved.kind is TransactionKind.REPAYMENT
    )
    assert sum(row.fee for row in course.rows) == 30


def test_an_instalment_eased_by_a_change_starts_its_principal_later() -> None:
    plan = replace(plan_of(300_000, count=3), charge_method=ChargeMethod.FLAT, day_rules=BY_PERIOD)
    longer = given_of(replace(plan, instalments=6))
    eased = replace(longer, changes=[Change(number=1, extra=3, principal_grace=2)])
    twice = replace(
        longer,
        changes=[
            Change(number=1, extra=3, principal_grace=3),
            Change(number=2, annual_rate=Decimal("0.06"), principal_grace=1),
        ],
    )

    assert [row[0] for row in level_flat.instalments(plan, eased)] == [
        100_000, 0, 0, 66_667, 66_667, 66_666,
    ]  # fmt: skip
    assert [row[0] for row in level_flat.instalments(plan, twice)] == [
        100_000, 0, 0, 0, 100_000, 100_000,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "every", "expected"),
    [
        (Unit.MONTHS, 1, ["02-29", "03-31", "04-30"]),
        (Unit.WEEKS, 2, ["02-29", "03-14", "03-28"]),
        (Unit.DAYS, 10, ["02-29", "03-10", "03-20"]),
    ],
)
def test_dates_that_are_moved_go_on_by_the_step_and_end_of_month_of_the_plan(
    unit: Unit, every: int, expected: list[str]
) -> None:
    plan = make_plan(unit=unit, every=every, instalments=4, month_end_rule="end_of_month")
    found = periods_of_plan.periods(plan, paid_out_on=START)
    order = Rescheduled(key="moved", on=found[1][1], due_on=day("02-29"))

    moved = periods_of_plan.moved(plan, found, order)

    assert moved[0] == found[0]
    assert [due for _, due in moved[1:]] == [day(text) for text in expected]
    assert [start for start, _ in moved[1:]] == [due for _, due in moved[:-1]]


@pytest.mark.parametrize(
    ("first_due_on", "expected"),
    [
        (None, [date(2024, 5, 31), date(2024, 6, 30)]),
        (date(2024, 2, 10), [date(2024, 5, 10), date(2024, 6, 10)]),
    ],
)
def test_further_periods_are_counted_from_the_first_day_or_the_first_due_date(
    first_due_on: date | None, expected: list[date]
) -> None:
    begin = date(2024, 1, 31)
    plan = make_plan(
        instalments=3, starts_on=begin, first_due_on=first_due_on, month_end_rule="end_of_month"
    )
    found = periods_of_plan.periods(plan, paid_out_on=begin)
    measure = Measure(
        rules=BY_PERIOD,
        every=1,
        unit=Unit.MONTHS,
        origin=begin,
        month_end_rule="end_of_month",
    )

    added = periods_of_plan.following(measure, found, 2)

    assert [due for _, due in added] == expected
    assert [start for start, _ in added] == [found[-1][1], expected[0]]


def test_further_weeks_are_weeks() -> None:
    plan = make_plan(instalments=3, unit=Unit.WEEKS, every=2)
    found = periods_of_plan.periods(plan, paid_out_on=START)
    measure = Measure(rules=BY_PERIOD, every=2, unit=Unit.WEEKS, origin=START)

    assert periods_of_plan.following(measure, found, 2) == [
        (START + timedelta(weeks=6), START + timedelta(weeks=8)),
        (START + timedelta(weeks=8), START + timedelta(weeks=10)),
    ]
