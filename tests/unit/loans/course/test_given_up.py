"""What do a waiver of a part and a postponement make of a course?"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.loans.domain.course.events import Postponed, Waived
from services.loans.domain.course.plan import Plan, Unit
from services.loans.domain.course.results import TransactionKind
from services.loans.domain.terms import Component
from tests.courses import course_of, day, fee, following_days, make_plan, out, paid

WAIVER = TransactionKind.CHARGE_WAIVER


def waived(part: Component, amount: int | None, on: str = "03-10") -> Waived:
    return Waived(key="waived", on=day(on), part=part, amount=amount)


@pytest.mark.parametrize(
    ("part", "amount", "given_up", "kind"),
    [
        (Component.FEE, 120, [100, 20, 0], WAIVER),
        (Component.FEE, None, [100, 50, 30], WAIVER),
        (Component.FEE, 500, [100, 50, 30], WAIVER),
        (Component.PENALTY, None, [0, 0, 0], WAIVER),
        (Component.PROFIT, 80, [58, 22, 0], TransactionKind.PROFIT_WAIVER),
    ],
)
def test_so_much_of_a_part_is_given_up_the_oldest_first(
    part: Component, amount: int | None, given_up: list[int], kind: TransactionKind
) -> None:
    course = course_of(
        make_plan(),
        out(),
        fee("100", "01-20"),
        fee("50", "02-20"),
        fee("30", "03-20"),
        waived(part, amount),
        as_of="03-10",
    )
    moved = course.transactions[-1]
    place = {Component.FEE: "fee", Component.PENALTY: "penalty", Component.PROFIT: "profit"}[part]

    assert (moved.key, moved.kind, moved.on) == ("waived", kind, day("03-10"))
    assert (moved.amount, getattr(moved, place)) == (sum(given_up), sum(given_up))
    assert [getattr(row, f"{place}_paid") for row in course.rows[1:4]] == given_up
    assert moved.balance == 10_000


def test_no_more_profit_is_given_up_than_the_days_have_earned() -> None:
    course = course_of(following_days(), out(), waived(Component.PROFIT, None), as_of="03-10")
    moved = course.transactions[-1]
    owed = sum(row.profit for row in course.rows)

    assert moved.kind is TransactionKind.PROFIT_WAIVER
    assert 0 < moved.amount == moved.profit < owed
    assert sum(row.principal for row in course.rows) == 10_000


@pytest.mark.parametrize("build", [make_plan, following_days])
@pytest.mark.parametrize(("unit", "every"), [(Unit.MONTHS, 1), (Unit.WEEKS, 2)])
def test_what_is_due_from_a_day_on_falls_due_some_periods_later(
    build: Callable[..., Plan], unit: Unit, every: int
) -> None:
    plan = build(unit=unit, every=every)
    agreed = [row.due_on for row in course_of(plan, out()).rows[1:]]
    order = Postponed(key="later", on=agreed[1] - timedelta(days=3), periods=2)

    course = course_of(plan, out(), order, as_of="01-20")

    assert [row.due_on for row in course.rows[1:5]] == [agreed[0], *agreed[3:6]]
    assert sum(row.principal for row in course.rows) == 10_000


def test_a_postponement_at_the_end_of_months_stays_there() -> None:
    plan = make_plan(starts_on=day("01-31"), signed_on=day("01-31"), month_end_rule="end_of_month")
    order = Postponed(key="later", on=day("02-15"), periods=1)

    course = course_of(plan, out(on=day("01-31")), order, as_of="02-15")

    assert [row.due_on for row in course.rows[1:4]] == [day("03-31"), day("04-30"), day("05-31")]


def test_nothing_that_is_still_to_come_is_nothing_to_postpone() -> None:
    events = (out(), paid(10_205, "06-30"))
    order = Postponed(key="later", on=day("09-01"), periods=1)

    assert course_of(make_plan(), *events, order, as_of="09-01").rows == (
        course_of(make_plan(), *events, as_of="09-01").rows
    )
