"""Is what an order spreads anew asked again to the last minor unit, part by part, and no more?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain.course.events import (
    ChargeAdded,
    ChargedBack,
    Event,
    OpenProfit,
    RateChanged,
    ReAged,
    ReAmortised,
)
from services.loans.domain.course.fold import Course
from services.loans.domain.course.plan import Plan, Unit
from services.loans.domain.course.results import Row
from services.loans.domain.course.spreading import CourseNotBegun
from tests.courses import START, course_of, day, fee, following_days, make_plan, out, paid

SPREADS = (OpenProfit.SPREAD_PAYABLE, OpenProfit.SPREAD_ALL)


def re_aged(on: date = day("03-15"), **changes: Any) -> ReAged:
    members: dict[str, Any] = {
        "key": "order",
        "on": on,
        "starts_on": day("04-01"),
        "every": 1,
        "unit": Unit.MONTHS,
        "instalments": 6,
    }
    return ReAged(**(members | changes))


def late_charge(value: str, on: str) -> ChargeAdded:
    added = fee(value, on)
    charge = replace(added.charge, code="late", is_penalty=True)
    return replace(added, key=f"late {on}", charge=charge)


def parts(rows: tuple[Row, ...]) -> tuple[int, int, int, int]:
    return (
        sum(row.principal - row.principal_paid for row in rows),
        sum(row.profit - row.profit_paid for row in rows),
        sum(row.fee - row.fee_paid for row in rows),
        sum(row.penalty - row.penalty_paid for row in rows),
    )


def spread(course: Course) -> tuple[int, int, int, int]:
    moved = course.transactions[-1]
    assert moved.amount == moved.principal + moved.profit + moved.fee + moved.penalty
    return moved.principal, moved.profit, moved.fee, moved.penalty


@pytest.mark.parametrize("more", [(), (paid(20, "03-05"),)], ids=["nothing paid", "some paid"])
@pytest.mark.parametrize("count", [6, 9, 12])
def test_profit_past_due_is_shared_to_the_last_minor_unit(
    count: int, more: tuple[Event, ...]
) -> None:
    order = ReAmortised(key="order", on=day("04-15"), profit=OpenProfit.SPREAD_PAYABLE)
    no_more_profit = RateChanged(key="rate", on=day("04-02"), annual_rate=Decimal(0))
    plan = following_days(instalments=count)

    course = course_of(plan, out(), paid(1701, "02-01"), *more, order, no_more_profit)

    shares = [row.profit for row in course.rows if row.due_on > order.on]
    assert sum(shares) == spread(course)[1] == 98 - sum(row.profit_paid for row in course.rows[2:])
    assert len(set(shares[:-1])) == 1
    assert [row.profit - row.profit_paid for row in course.rows[2:4]] == [0, 0]


def month(number: int, of: int = 1) -> date:
    return date(2024, number, of)


@pytest.mark.parametrize("missed", [1, 2, 3, 4])
def test_profit_is_borne_on_what_was_lent_and_never_on_profit(missed: int) -> None:
    """12,000.00 at 1 % a month: each month gone by or to come bears 120.00, no more."""
    plan = following_days(principal=1_200_000, annual_rate=Decimal("0.12"))
    at = month(missed + 1, 15)
    orders = (
        ReAmortised(key="order", on=at),
        re_aged(on=at, starts_on=month(missed + 2)),
        ReAmortised(key="order", on=at, profit=OpenProfit.SPREAD_PAYABLE),
    )

    asked = [
        next(row.profit for row in course.rows if row.number and row.due_on > at)
        for course in (course_of(plan, out(1_200_000), order) for order in orders)
    ]

    ahead = 6 - missed
    assert asked[:2] == [12_000 * (missed + 1)] * 2
    assert asked[2] == 12_000 + 12_000 * missed // ahead


def test_without_profit_by_days_only_principal_past_due_is_spread() -> None:
    order = ReAmortised(key="order", on=day("03-15"))

    course = course_of(make_plan(), out(), paid(1701, "02-01"), order, as_of="03-15")

    assert spread(course) == (1652, 0, 0, 0)
    assert [row.profit for row in course.rows[1:]] == [58, 49, 39, 29, 20, 10]
    assert [row.principal for row in course.rows[1:]] == [1643, 0, 2075, 2085, 2094, 2103]


@pytest.mark.parametrize("on", ["03-01", "03-02", "03-31"])
def test_what_is_due_on_the_day_of_the_order_is_past_due(on: str) -> None:
    order = ReAmortised(key="order", on=day(on))

    course = course_of(make_plan(), out(), paid(1701, "02-01"), order, as_of=on)

    assert spread(course) == (1652, 0, 0, 0)


@pytest.mark.parametrize("profit", SPREADS)
@pytest.mark.parametrize("plan", [make_plan(), following_days()], ids=["as agreed", "by days"])
def test_re_ageing_asks_every_open_part_again_and_nothing_more(
    plan: Plan, profit: OpenProfit
) -> None:
    events = (out(), paid(1701, "02-01"), fee("31", "02-20"), late_charge("17", "03-10"))

    course = course_of(plan, *events, re_aged(profit=profit), as_of="03-15")

    asked = tuple(row for row in course.rows if row.due_on > day("03-15"))
    assert parts(asked) == spread(course)
    assert spread(course)[0] == 8357
    assert spread(course)[2:] == (31, 17)
    assert sum(row.outstanding for row in course.rows) == sum(spread(course))
    assert len({row.due for row in asked[:-1]}) == 1


@pytest.mark.parametrize("profit", OpenProfit)
def test_money_claimed_back_is_spread_with_the_rest(profit: OpenProfit) -> None:
    back = ChargedBack(key="back", on=day("02-10"), of="paid 02-01", amount=700)

    course = course_of(
        following_days(), out(), paid(1701, "02-01"), back, re_aged(profit=profit), as_of="03-15"
    )

    assert spread(course)[0] == 8357 + 700
    assert sum(row.principal for row in course.rows if row.due_on > day("03-15")) == 9057
    assert sum(row.principal for row in course.rows) == 10_000 + 700


def test_the_profit_of_the_days_gone_by_is_told_with_the_order() -> None:
    course = course_of(following_days(), out(), paid(1701, "02-01"), re_aged(), as_of="03-15")

    assert spread(course)[:2] == (8357, 71)


def test_a_course_is_not_spread_anew_before_its_first_period_begins() -> None:
    order = re_aged(on=day("01-10"), starts_on=date(2023, 12, 31))

    with pytest.raises(CourseNotBegun) as refused:
        course_of(make_plan(), out(), order, as_of="01-10")

    assert (refused.value.on, refused.value.begins_on) == (date(2023, 12, 31), START)
