"""Does a course tell every movement by its name, and ask every amount once?"""

from dataclasses import replace
from decimal import Decimal

import pytest

from services.loans.domain.course import fold
from services.loans.domain.course.events import (
    ChargedBack,
    ChargedOff,
    Event,
    OpenProfit,
    RateChanged,
    ReAged,
    ReAmortised,
    WrittenOff,
)
from services.loans.domain.course.plan import Allocation, DownPayment, Plan, Unit
from services.loans.domain.terms import Component
from tests.courses import course_of, day, fee, following_days, make_plan, out, paid, shares

PLANS = [make_plan(), following_days()]
CREDITS = Allocation(
    credits=(Component.PROFIT, Component.PENALTY, Component.FEE, Component.PRINCIPAL)
)


def re_aged(key: str, on: str, first: str, count: int) -> ReAged:
    return ReAged(
        key=key, on=day(on), starts_on=day(first), every=1, unit=Unit.MONTHS, instalments=count
    )


MOVEMENTS: list[Event] = [
    paid(500, "03-10", key="paid"),
    ChargedBack(key="back", on=day("03-10"), of="first", amount=300),
    ReAmortised(key="re-amortised", on=day("03-10")),
    re_aged("re-aged", "03-10", "04-01", 3),
    ChargedOff(key="off", on=day("03-10")),
    WrittenOff(key="written", on=day("03-10")),
]


@pytest.mark.parametrize("movement", MOVEMENTS, ids=lambda event: str(event.key))
@pytest.mark.parametrize("plan", PLANS)
def test_every_movement_is_told_by_the_name_of_its_event(plan: Plan, movement: Event) -> None:
    events = (out(), paid(500, "01-20", key="first"), movement)

    told = course_of(plan, *events, as_of="03-10").transactions

    assert [one.key for one in told if one.on == day("03-10")] == [movement.key]


@pytest.mark.parametrize("allocation", [Allocation(), CREDITS])
@pytest.mark.parametrize("plan", PLANS)
def test_money_claimed_back_takes_first_what_was_too_much(
    plan: Plan, allocation: Allocation
) -> None:
    plan = replace(plan, allocation=allocation)
    much = paid(12_000, "01-20", key="much")
    back = ChargedBack(key="back", on=day("02-10"), of="much", amount=2_500)

    before = course_of(plan, out(), much, as_of="02-10").overpaid
    course = course_of(plan, out(), much, back, as_of="02-10")

    (told,) = [one for one in course.transactions if one.key == "back"]
    assert 0 < before < 2_500
    assert told.surplus == before
    assert course.overpaid == 0
    assert course.outstanding >= 2_500 - before


def test_a_charge_back_of_nothing_known_is_principal() -> None:
    plan = make_plan(allocation=CREDITS)
    back = ChargedBack(key="back", on=day("02-10"), of="unknown", amount=300)
    course = course_of(plan, out(), back)
    (told,) = [one for one in course.transactions if one.key == "back"]
    assert (told.profit, told.fee, told.penalty) == (0, 0, 0)


def test_a_payoff_takes_an_unpaid_down_payment_with_it() -> None:
    plan = following_days(down_payment=DownPayment(percent=Decimal(10)))
    amount = fold.payoff(plan, [out()], on=day("01-20"))
    course = course_of(plan, out(), paid(amount, "01-20"), as_of="01-20")

    assert 10_000 < amount < 10_058
    assert (course.outstanding, course.overpaid) == (0, 0)


def test_profit_past_due_stays_where_it_fell_when_principal_is_spread() -> None:
    """Without following the days only principal is spread over what is to come."""
    agreed = shares(course_of(make_plan(), out()))
    spread = ReAmortised(key="re-amortised", on=day("03-10"))
    course = shares(course_of(make_plan(), out(), spread, as_of="03-10"))

    assert [profit for _, profit in course] == [profit for _, profit in agreed]
    assert [principal for principal, _ in course][:2] == [0, 0]
    assert sum(principal for principal, _ in course) == 10_000


def test_profit_past_due_is_asked_in_equal_parts_with_what_is_to_come() -> None:
    plan = following_days()
    spread = ReAmortised(key="re-amortised", on=day("03-10"), profit=OpenProfit.SPREAD_PAYABLE)
    course = shares(course_of(plan, out(), spread, as_of="03-10"))

    assert course[:2] == [(0, 0), (0, 0)]
    assert sum(principal for principal, _ in course) == 10_000
    levels = [sum(parts) for parts in course[2:]]
    assert max(levels) - min(levels) <= len(levels)


@pytest.mark.parametrize("plan", PLANS)
def test_another_rate_leaves_owed_what_was_claimed_back(plan: Plan) -> None:
    first = paid(1_701, "01-20", key="first")
    back = ChargedBack(key="back", on=day("02-10"), of="first", amount=600)
    change = RateChanged(key="rate", on=day("03-05"), annual_rate=Decimal("0.01"))

    course = course_of(plan, out(), first, back, change, as_of="03-05")

    assert sum(row.principal for row in course.rows) == 10_600


def test_a_charge_stays_one_charge_when_the_loan_is_spread_twice() -> None:
    course = course_of(
        make_plan(),
        out(),
        fee("50", "05-15"),
        re_aged("one", "02-15", "03-01", 3),
        re_aged("two", "02-20", "03-20", 4),
        as_of="02-20",
    )
    assert sum(row.fee for row in course.rows) == 50
    assert sum(row.principal for row in course.rows) == 10_000
