"""Which payments are taken in one step, and do they leave what they leave one by one?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

import pytest

from services.loans.domain import due_dates
from services.loans.domain.charging import Charging
from services.loans.domain.charging import Recalculation as Counted
from services.loans.domain.course import replay
from services.loans.domain.course.plan import (
    Advance,
    Allocation,
    AllocationRule,
    Direction,
    PaymentKind,
    PayoffProfit,
    Plan,
    Recalculation,
    Rest,
    in_standing_order,
)
from services.loans.domain.course.steady import Steady
from services.loans.domain.servicing.life import Entered, Life, Ordered, PaidOut, Received
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason, WaivedPart
from services.loans.domain.terms import Component, Frequency
from shared.money import Money
from tests.builders import make_loan
from tests.property.loans.test_course_lives import eagerly, told

START = date(2024, 1, 15)
ANEW = Charging(recalculation=Counted.ON_PAYMENT)
MONTHLY, WEEKLY = Frequency.MONTHLY, Frequency.WEEKLY
MEMBERS: dict[OrderKind, dict[str, object]] = {
    OrderKind.WAIVER: {"part": WaivedPart.PROFIT},
    OrderKind.CHARGE: {"part": WaivedPart.PENALTY, "amount_minor": 700},
    OrderKind.PAYMENT_HOLIDAY: {"periods": 2},
    OrderKind.RATE_CHANGE: {"annual_rate": Decimal("0.03")},
    OrderKind.RE_AMORTISE: {},
}
Happening = tuple[str, int | OrderKind]


def lived(
    happened: Sequence[Happening],
    *,
    principal: int = 100_000,
    instalments: int = 12,
    rate: str = "0.12",
    frequency: Frequency = MONTHLY,
    day_count: str = "act/act",
    grace: int = 0,
    first_due_on: date | None = None,
) -> Life:
    """A loan of 15 January 2024; of each day of its life an amount paid, or an order."""
    terms = make_loan(
        principal=Money(principal, "USD"),
        annual_rate=Decimal(rate),
        instalments=instalments,
        frequency=frequency,
        day_count=day_count,
        principal_grace=grace,
        disbursed_on=START,
        first_due_on=first_due_on or START + timedelta(days=1),
        charging=ANEW,
    )
    if first_due_on is None:
        terms = replace(terms, first_due_on=due_dates.usual_first(terms))
    out = PaidOut(key="out", on=START, amount=principal)
    return Life(terms=terms, entered=(out, *(entered(*one) for one in enumerate(happened))))


def entered(key: int, happening: Happening) -> Entered:
    on, what = date.fromisoformat(happening[0]), happening[1]
    if isinstance(what, int):
        return Received(key=key, on=on, amount=what)
    asked = Asked(
        kind=what,
        effective_on=on,
        reason=OrderReason.AGREEMENT,
        **MEMBERS[what],  # type: ignore[arg-type] # by name
    )
    return Ordered(order_id=UUID(int=key + 1), asked=asked)


CHARGE, HOLIDAY, RATE = OrderKind.CHARGE, OrderKind.PAYMENT_HOLIDAY, OrderKind.RATE_CHANGE
WAIVER, RE_AMORTISE = OrderKind.WAIVER, OrderKind.RE_AMORTISE
LIVES = {
    "twice on a day, what is past due and more": lived(
        [
            ("2024-02-12", 99),
            ("2024-03-04", 19_998),
            ("2024-03-04", 99),
        ],
        principal=99_999,
        instalments=10,
        rate="2",
        frequency=WEEKLY,
        day_count="act/364",
    ),
    "between orders, overdue until the day of the last": lived(
        [
            ("2024-02-27", WAIVER),
            ("2024-03-15", 102_880),
            ("2024-04-20", CHARGE),
        ],
        principal=1_234_567,
        rate="2",
    ),
    "instalments ahead, and a holiday after them": lived(
        [
            ("2024-07-06", 171_467),
            ("2024-07-16", 274_348),
            ("2024-08-14", 68_587),
            ("2024-11-15", HOLIDAY),
            ("2025-03-27", 74_073),
            ("2025-05-16", 68_587),
        ],
        principal=1_234_567,
        instalments=18,
    ),
    "the end comes near while principal is eased": lived(
        [
            ("2024-04-06", 3_750),
            ("2024-05-06", CHARGE),
            ("2024-05-16", 12_500),
            ("2024-07-06", 13_500),
        ],
        instalments=8,
        grace=2,
    ),
    "a week of its own for what an eased week could not ask": lived(
        [
            ("2024-02-05", 10_415),
            ("2024-02-26", 4_582),
            ("2024-03-05", 4_166),
            ("2024-03-14", 3_749),
            ("2024-04-24", 4_582),
            ("2024-06-12", 41),
        ],
        instalments=24,
        rate="0.4",
        frequency=WEEKLY,
        day_count="30u/360",
        grace=2,
        first_due_on=date(2024, 1, 31),
    ),
    "before the first due date, near the end from the start": lived(
        [
            ("2024-02-14", 25_000),
            ("2024-02-20", 31_250),
            ("2024-03-27", 12_500),
            ("2024-03-27", WAIVER),
        ],
        instalments=8,
        rate="2",
        day_count="act/364",
    ),
    "on due dates, after some were missed": lived(
        [
            ("2024-03-25", 24_997),
            ("2024-06-29", 9_999),
            ("2024-07-24", 10_998),
            ("2024-08-05", 24_997),
            ("2024-08-24", 9_999),
            ("2024-08-24", 10_798),
        ],
        principal=99_999,
        instalments=10,
        day_count="30u/360",
        grace=2,
        first_due_on=date(2024, 2, 24),
    ),
    "most of it at once": lived(
        [
            ("2024-02-15", 617_280),
            ("2024-03-16", 138_888),
            ("2024-05-15", WAIVER),
            ("2024-05-16", 154_320),
            ("2024-07-06", CHARGE),
            ("2024-07-15", 46_296),
        ],
        principal=1_234_567,
        instalments=8,
        rate="0.01",
        day_count="act/365",
    ),
    "after an order on the day of the payout": lived(
        [
            ("2024-01-22", WAIVER),
            ("2024-02-06", 30_864),
            ("2024-02-12", 102_880),
        ],
        principal=1_234_567,
        rate="0.4",
        frequency=WEEKLY,
        day_count="30u/360",
    ),
    "long after a waiver": lived(
        [
            ("2024-01-29", WAIVER),
            ("2024-05-06", 10_415),
            ("2024-06-22", 1_249),
        ],
        instalments=24,
        rate="0.4",
        frequency=WEEKLY,
        day_count="30u/360",
    ),
    "what eased weeks left without a place": lived(
        [
            ("2024-01-30", WAIVER),
            ("2024-02-24", 20_832),
            ("2024-03-02", CHARGE),
            ("2024-03-03", 2_499),
            ("2024-03-18", CHARGE),
            ("2024-03-26", 16_666),
        ],
        rate="2",
        frequency=WEEKLY,
        day_count="act/365",
        grace=2,
    ),
    "after another rate": lived(
        [
            ("2024-08-16", RATE),
            ("2024-10-15", 16_666),
            ("2024-11-15", 7_499),
        ],
        principal=99_999,
        rate="2",
        day_count="act/365",
    ),
    "after a charge on a due date": lived(
        [
            ("2024-04-15", 16_664),
            ("2024-05-15", CHARGE),
            ("2024-10-16", 8_332),
        ],
        principal=99_999,
        instalments=24,
        rate="0.9",
    ),
    "little by little behind": lived(
        [
            ("2024-01-30", 5_999),
            ("2024-03-20", 5_555),
            ("2024-04-10", 5_555),
            ("2024-04-18", 4_999),
        ],
        principal=99_999,
        instalments=18,
        frequency=WEEKLY,
        day_count="30u/360",
        first_due_on=date(2024, 1, 31),
    ),
    "weeks of high profit": lived(
        [
            ("2024-01-23", 3_749),
            ("2024-01-27", 13_748),
            ("2024-01-29", 49_996),
            ("2024-02-06", 3_749),
            ("2024-02-19", 13_498),
        ],
        principal=99_999,
        instalments=8,
        rate="2",
        frequency=WEEKLY,
        grace=2,
    ),
    "one day before a due date, all missed ones spread anew on the last": lived(
        [
            ("2024-07-24", RE_AMORTISE),
            ("2024-08-23", 92_592),
        ],
        principal=1_234_567,
        first_due_on=date(2024, 2, 24),
    ),
    "what was overdue is spread anew within a period": lived(
        [
            ("2024-02-03", 514),
            ("2024-02-10", 56_584),
            ("2024-02-26", RE_AMORTISE),
            ("2024-04-22", 56_584),
            ("2024-04-27", WAIVER),
            ("2024-04-27", CHARGE),
        ],
        principal=1_234_567,
        instalments=24,
        frequency=WEEKLY,
        day_count="30/360",
    ),
    "paid ahead twice on a due date, then spread anew": lived(
        [
            ("2024-02-14", 51_286),
            ("2024-02-15", 102_573),
            ("2024-02-15", 102_573),
            ("2024-03-04", RE_AMORTISE),
        ],
        principal=1_234_567,
        instalments=36,
        rate="0.9",
        day_count="act/360",
        grace=2,
    ),
    "paid ahead on due dates, then another rate": lived(
        [
            ("2024-04-14", 5_208),
            ("2024-07-15", 5_208),
            ("2024-07-15", 10_417),
            ("2024-10-15", 10_417),
            ("2024-10-15", 10_417),
            ("2025-01-01", RATE),
        ],
        instalments=36,
        rate="0.4",
        frequency=Frequency.QUARTERLY,
    ),
    "spread anew a second time": lived(
        [
            ("2024-05-15", 8_332),
            ("2024-06-14", 1_249),
            ("2024-09-15", RE_AMORTISE),
            ("2025-04-16", 10_415),
            ("2025-04-16", 4_499),
        ],
        instalments=24,
        rate="0.4",
        day_count="act/365",
    ),
}


@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES.keys())
def test_payments_pay_what_they_pay_one_by_one(life: Life) -> None:
    course = life.course()

    assert told(course) == told(eagerly(life))
    assert sum(row.principal for row in course.rows) == life.terms.principal.minor


def takes(plan: Plan) -> bool:
    """Whether a payment of a loan of 24 instalments is taken in one step."""
    life = lived([("2024-01-20", 1_000)], instalments=24)
    return Steady(replay.replay(plan, life.events[:1])).takes(life.events[1])


PLAN = lived([], instalments=24).plan
RULE = AllocationRule()
OTHER_PLANS: dict[str, dict[str, object]] = {
    "profit does not follow the days": {"recalculation": None},
    "overdue principal bears nothing": {"recalculation": Recalculation(overdue_bears=False)},
    "a payoff costs the period": {"recalculation": Recalculation(payoff=PayoffProfit.TO_DUE_DATE)},
    "overdue to the due date": {"recalculation": Recalculation(rest=Rest.WITH_INSTALMENT)},
    "instalments are found by the course": {"agreed": ()},
    "lengths are not known": {"agreed": tuple(replace(one, years=None) for one in PLAN.agreed)},
    "part by part": {"allocation": Allocation(direction=Direction.VERTICAL)},
    "the last ahead": {"allocation": Allocation(rule=replace(RULE, advance=Advance.LAST))},
    "repayments by a rule of their own": {
        "allocation": Allocation(by_kind=MappingProxyType({PaymentKind.REPAYMENT: RULE}))
    },
}


def test_of_a_plan_whose_payments_count_profit_anew_a_payment_is_taken() -> None:
    assert takes(PLAN)
    assert takes(replace(PLAN, allocation=Allocation()))
    assert takes(replace(PLAN, recalculation=Recalculation()))


@pytest.mark.parametrize("members", OTHER_PLANS.values(), ids=OTHER_PLANS.keys())
def test_of_another_plan_payments_are_taken_one_by_one(members: dict[str, object]) -> None:
    assert not takes(replace(PLAN, **members))  # type: ignore[arg-type] # by name


def test_what_is_past_due_is_paid_in_its_own_order() -> None:
    """Overdue principal comes before overdue profit here; what is ahead is the other way."""
    ahead = in_standing_order((Component.PROFIT, Component.PRINCIPAL))[2:]
    overdue = in_standing_order((Component.PRINCIPAL, Component.PROFIT))[:2]
    rule = AllocationRule(order=(*overdue, *ahead))
    plan = replace(PLAN, allocation=Allocation(rule=rule))
    life = lived([("2024-02-20", 1_000)], instalments=24)
    standing = replay.replay(plan, life.events)

    paid = standing.lines[0].paid

    assert (paid[0], paid[1]) == (1_000, 0)


def test_once_spread_anew_payments_are_taken_one_by_one() -> None:
    life = lived([("2024-04-20", RE_AMORTISE), ("2024-04-25", 1_000)], instalments=24)
    steady = Steady(replay.replay(life.plan, life.events[:1]))

    assert not steady.takes(life.events[1])
    assert not steady.takes(life.events[2])
