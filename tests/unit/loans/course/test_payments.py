"""Does a payment pay the right parts of the right instalments, and what follows from it?"""

from dataclasses import replace
from types import MappingProxyType

import pytest

from services.loans.domain.course import fold
from services.loans.domain.course.events import Reversed
from services.loans.domain.course.fold import CourseStatus
from services.loans.domain.course.plan import (
    Advance,
    Allocation,
    AllocationRule,
    Direction,
    PaymentKind,
    PayoffProfit,
    Recalculation,
    Rest,
    in_standing_order,
)
from services.loans.domain.terms import Component
from tests.courses import (
    course_of,
    day,
    fee,
    following_days,
    make_plan,
    out,
    paid,
    paid_parts,
    shares,
)

PRINCIPAL_FIRST = in_standing_order(
    (Component.PENALTY, Component.FEE, Component.PRINCIPAL, Component.PROFIT)
)


def allocation(advance: Advance = Advance.NEXT, **members: object) -> Allocation:
    rule = AllocationRule(order=PRINCIPAL_FIRST, advance=advance)
    return replace(Allocation(rule=rule), **members)  # type: ignore[arg-type] # members by name


def test_the_earliest_open_instalment_is_paid_part_by_part_then_the_next() -> None:
    course = course_of(make_plan(), out(), paid(2000, "03-15"), as_of="03-15")

    assert paid_parts(course, ["repayment"]) == [(1893, 107, 0, 0, 0)]
    assert [row.paid for row in course.rows[1:4]] == [1701, 299, 0]
    assert course.rows[1].settled_on == day("03-15")
    assert course.rows[2].settled_on is None


def test_the_order_of_parts_is_the_order_of_the_plan() -> None:
    principal_first = make_plan(allocation=allocation())

    course = course_of(principal_first, out(), paid(1650, "02-01"), as_of="02-01")

    assert paid_parts(course, ["repayment"]) == [(1643, 7, 0, 0, 0)]


@pytest.mark.parametrize(
    ("on", "in_advance", "late"), [("01-20", 500, 0), ("02-01", 0, 0), ("02-02", 0, 500)]
)
def test_what_is_paid_before_or_after_the_due_date_is_told_apart(
    on: str, in_advance: int, late: int
) -> None:
    row = course_of(make_plan(), out(), paid(500, on), as_of=on).rows[1]

    assert (row.paid_in_advance, row.paid_late, row.outstanding) == (in_advance, late, 1201)


@pytest.mark.parametrize(
    ("advance", "expected"),
    [
        (Advance.NEXT, [1701, 299, 0, 0, 0, 0]),
        (Advance.LAST, [0, 0, 0, 0, 300, 1700]),
        (Advance.NEXT_THEN_LAST, [1701, 0, 0, 0, 0, 299]),
    ],
)
def test_a_payment_in_advance_goes_where_the_plan_says(
    advance: Advance, expected: list[int]
) -> None:
    plan = make_plan(allocation=allocation(advance))

    course = course_of(plan, out(), paid(2000, "01-15"), as_of="01-15")

    assert [row.paid for row in course.rows[1:]] == expected


def test_a_payment_in_advance_may_be_spread_over_all_that_is_to_come() -> None:
    plan = make_plan(allocation=allocation(Advance.SPREAD))

    course = course_of(plan, out(), paid(1000, "01-15"), as_of="01-15")

    assert [row.paid for row in course.rows[1:]] == [167, 167, 167, 167, 167, 165]


def test_fewer_units_than_instalments_are_never_shared_below_nothing() -> None:
    plan = make_plan(allocation=allocation(Advance.SPREAD))

    course = course_of(plan, out(), paid(4, "01-15"), as_of="01-15")

    assert sum(row.paid for row in course.rows) == 4
    assert min(row.paid for row in course.rows) == 0


def test_vertically_one_part_of_all_instalments_is_paid_before_the_next_part() -> None:
    plan = make_plan(allocation=allocation(direction=Direction.VERTICAL))

    course = course_of(plan, out(), paid(3200, "03-15"), as_of="03-15")

    assert [(row.principal_paid, row.profit_paid) for row in course.rows[1:3]] == [
        (1643, 0),
        (1557, 0),
    ]


def test_vertically_what_is_ahead_comes_last() -> None:
    plan = make_plan(allocation=allocation(Advance.LAST, direction=Direction.VERTICAL))

    course = course_of(plan, out(), paid(1900, "02-01"), as_of="02-01")

    assert (course.rows[1].paid, course.rows[6].paid) == (1701, 199)


def test_a_kind_of_payment_may_have_a_rule_of_its_own() -> None:
    last = AllocationRule(order=PRINCIPAL_FIRST, advance=Advance.LAST)
    plan = make_plan(
        allocation=allocation(by_kind=MappingProxyType({PaymentKind.GOODWILL_CREDIT: last}))
    )

    course = course_of(
        plan, out(), paid(1000, "01-15", kind=PaymentKind.GOODWILL_CREDIT), as_of="01-15"
    )

    assert course.rows[6].paid == 1000
    assert course.transactions[1].kind.value == "goodwill_credit"


def test_what_nothing_is_due_for_is_overpaid() -> None:
    course = course_of(make_plan(), out(), paid(10_500, "01-15"), as_of="01-15")

    assert course.status is CourseStatus.OVERPAID
    assert (course.outstanding, course.overpaid) == (0, 295)
    assert course.transactions[-1].surplus == 295


def test_what_was_overpaid_pays_a_later_tranche() -> None:
    plan = make_plan(annual_rate=0)

    course = course_of(
        plan, out(), paid(10_400, "01-15"), out(600, day("01-20"), key="second"), as_of="01-20"
    )

    assert (course.outstanding, course.overpaid) == (200, 0)
    assert course.transactions[-1].balance == 200


def test_what_was_overpaid_pays_a_later_charge_as_of_its_own_day() -> None:
    course = course_of(
        make_plan(), out(), paid(10_500, "01-15"), fee("100", "03-10", "02-20"), as_of="02-20"
    )

    assert (course.outstanding, course.overpaid) == (0, 195)
    assert paid_parts(course, ["repayment"]) == [(10_000, 205, 100, 0, 195)]
    assert course.rows[3].settled_on == day("01-15")


def test_payments_are_replayed_by_value_date_whatever_the_order_of_entry() -> None:
    events = (out(), paid(1701, "02-01"), paid(1701, "03-01"), paid(800, "03-20"))

    there = course_of(make_plan(), *events, as_of="04-01")
    back = course_of(make_plan(), *reversed(events), as_of="04-01")

    assert there.rows == back.rows
    assert there.transactions == back.transactions


def test_a_payment_taken_back_is_as_if_it_had_never_come() -> None:
    first, second = paid(1701, "02-01"), paid(1701, "03-01")
    undo = Reversed(key="undo", on=day("03-10"), of=first.key)

    undone = course_of(make_plan(), out(), first, second, undo, as_of="03-10")

    assert undone.rows == course_of(make_plan(), out(), second, as_of="03-10").rows
    assert [(moved.key, moved.is_reversed) for moved in undone.transactions] == [
        ("out", False),
        ("paid 02-01", True),
        ("paid 03-01", False),
    ]
    assert undone.transactions[1].principal == 1643


def test_an_early_payment_bears_profit_to_its_day_only() -> None:
    course = course_of(following_days(), out(), paid(1701, "01-15"), as_of="01-15")

    assert shares(course)[:2] == [(1675, 26), (1625, 76)]
    assert course.rows[1].settled_on == day("01-15")
    assert course.rows[6].due < 1700


def test_overdue_principal_keeps_bearing_profit() -> None:
    late = course_of(following_days(), out(), as_of="03-01")
    silent = make_plan(recalculation=Recalculation(overdue_bears=False))

    assert shares(late)[1] == (1643, 58)
    assert shares(course_of(silent, out(), as_of="03-01")) == shares(course_of(make_plan(), out()))


def test_overdue_principal_bears_to_the_day_or_to_the_end_of_the_period() -> None:
    rules = Recalculation(rest=Rest.WITH_INSTALMENT, payoff=PayoffProfit.TO_DUE_DATE)
    by_period = make_plan(recalculation=rules)

    daily = shares(course_of(following_days(), out(), as_of="02-15"))[1][1]
    whole = shares(course_of(by_period, out(), as_of="02-15"))[1][1]

    assert (daily, whole) == (53, 58)


def test_a_payoff_pays_principal_and_profit_to_its_day() -> None:
    plan = following_days()

    amount = fold.payoff(plan, [out()], on=day("01-16"))
    course = course_of(plan, out(), paid(amount, "01-16"), as_of="01-16")

    assert amount == 10_000 + 28
    assert course.status is CourseStatus.PAID_OFF
    assert sum(row.profit for row in course.rows) == 28


def test_a_payoff_may_cost_profit_to_the_next_due_date() -> None:
    plan = make_plan(recalculation=Recalculation(payoff=PayoffProfit.TO_DUE_DATE))

    amount = fold.payoff(plan, [out()], on=day("01-16"))
    course = course_of(plan, out(), paid(amount, "01-16"), as_of="01-16")

    assert amount == 10_058
    assert course.status is CourseStatus.PAID_OFF


def test_a_payoff_without_recalculation_asks_all_that_is_open() -> None:
    assert fold.payoff(make_plan(), [out(), fee("50", "01-10")], on=day("01-16")) == 10_255


def test_a_payoff_after_the_last_due_date_asks_what_is_left_and_the_charges() -> None:
    events = [out(), *(paid(1701, f"0{month}-01") for month in range(2, 7)), fee("50", "08-10")]

    amount = fold.payoff(following_days(), events, on=day("08-15"))

    assert amount == 1700 + 50


def test_paying_the_last_instalments_first_shortens_the_course() -> None:
    plan = following_days(allocation=allocation(Advance.LAST))

    course = course_of(plan, out(), paid(3000, "01-15"), as_of="01-15")

    assert [row.settled_on for row in course.rows[1:]].count(day("01-15")) == 1
    assert sum(row.principal for row in course.rows) == 10_000
    assert course.rows[6].paid == 1701


def test_a_spread_payment_in_advance_lowers_what_every_instalment_still_asks() -> None:
    plan = following_days(allocation=allocation(Advance.SPREAD))

    course = course_of(plan, out(), paid(600, "01-15"), as_of="01-15")

    assert [row.paid for row in course.rows[1:]] == [100] * 6
    assert sum(row.principal for row in course.rows) == 10_000
