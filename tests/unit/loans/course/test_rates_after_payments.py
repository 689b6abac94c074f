"""Do instalments still repay what was paid out when a rate changes after payments in advance?"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain.course import fold
from services.loans.domain.course.events import Paid, RateChanged
from services.loans.domain.course.fold import Course
from services.loans.domain.course.plan import (
    Advance,
    Allocation,
    AllocationRule,
    DayRules,
    DownPayment,
    Grace,
    PayoffProfit,
    Plan,
    Recalculation,
    Unit,
)
from tests.courses import make_plan, out

FIRST = date(2024, 1, 31)


def plan_of(rate: str, **changes: Any) -> Plan:
    """Instalments every second month in multiples of 0.05, profit on real days."""
    members: dict[str, Any] = {
        "annual_rate": Decimal(rate),
        "every": 2,
        "starts_on": FIRST,
        "signed_on": FIRST,
        "day_rules": DayRules(),
        "instalment_multiple": 5,
        "recalculation": Recalculation(),
    }
    return make_plan(**(members | changes))


def after(plan: Plan, paid: list[tuple[int, int]], changed: tuple[int, str]) -> Course:
    """Payments (days later, amount), then another rate from so many days later on."""
    events = [
        out(plan.principal, on=FIRST),
        *(Paid(key=(days, much), on=later(days), amount=much) for days, much in paid),
        RateChanged(key="rate", on=later(changed[0]), annual_rate=Decimal(changed[1])),
    ]
    return fold.course(plan, events, as_of=later(200))


def later(days: int) -> date:
    return FIRST + timedelta(days=days)


def by(advance: Advance) -> Allocation:
    return Allocation(rule=AllocationRule(advance=advance))


@pytest.mark.parametrize("changed", ["0", "0.1", "0.2"])
def test_a_grace_period_paid_beyond_its_new_profit_keeps_what_was_paid(changed: str) -> None:
    to_due = Recalculation(payoff=PayoffProfit.TO_DUE_DATE)
    plan = plan_of("0.25", principal=4454, grace=Grace(principal=2), recalculation=to_due)

    course = after(plan, [(37, 2072)], (91, changed))

    assert sum(row.principal for row in course.rows) == 4454
    assert sum(row.paid for row in course.rows) == 2072
    assert [(row.principal, row.profit, row.paid) for row in course.rows[1:3]] == [
        (70, 113, 183),
        (186, 0, 186),
    ]


def test_a_grace_period_paid_in_advance_asks_no_less_at_a_higher_rate() -> None:
    plan = plan_of(
        "0.19",
        principal=1613,
        instalments=4,
        grace=Grace(principal=2),
        recalculation=Recalculation(payoff=PayoffProfit.TO_DUE_DATE),
        allocation=by(Advance.SPREAD),
    )

    course = after(plan, [(18, 417)], (56, "0.6"))

    assert sum(row.principal for row in course.rows) == 1613
    assert (course.rows[1].principal, course.rows[1].profit) == (35, 15)


def test_profit_that_a_higher_last_instalment_has_room_for_is_asked_with_it() -> None:
    plan = plan_of("0.29", principal=3090, instalments=3, every=1, grace=Grace(principal=2))

    course = after(plan, [(14, 1265), (9, 395)], (55, "0.6"))

    assert [row.principal for row in course.rows[1:]] == [49, 76, 2965]
    assert course.rows[3].profit == 143


def test_a_line_that_asked_nothing_is_open_again_at_a_higher_rate() -> None:
    plan = plan_of(
        "0.35",
        principal=2137,
        instalments=7,
        instalment_multiple=100,
        down_payment=DownPayment(percent=Decimal("33.3")),
        recalculation=Recalculation(overdue_bears=False),
        allocation=by(Advance.LAST),
    )

    before = fold.course(
        plan,
        [out(2137, on=FIRST), Paid(key="paid", on=later(88), amount=1875)],
        as_of=later(200),
    )
    course = after(plan, [(88, 1875)], (131, "0.6"))

    assert (before.rows[5].principal, before.rows[5].settled_on is None) == (0, False)
    assert (course.rows[5].principal, course.rows[5].settled_on) == (72, None)
    assert sum(row.principal for row in course.rows) == 2137


def test_profit_paid_before_it_is_deferred_is_not_asked_as_principal_too() -> None:
    plan = plan_of(
        "0.19",
        principal=1814,
        instalments=4,
        every=1,
        unit=Unit.WEEKS,
        instalment_multiple=1,
        down_payment=DownPayment(percent=Decimal("33.3")),
        allocation=by(Advance.LAST),
    )
    events = [
        out(1814, on=FIRST),
        Paid(key="early", on=later(18), amount=1541),
        Paid(key="late", on=later(142), amount=1872),
    ]

    course = fold.course(plan, events, as_of=later(200))

    assert [row.outstanding for row in course.rows] == [0] * 6
    assert sum(row.principal for row in course.rows) == 1814
    assert (course.rows[4].principal, course.rows[4].profit) == (303, 4)
    assert course.overpaid == 1541 + 1872 - 1814 - sum(row.profit for row in course.rows)


def test_a_grace_period_that_passed_keeps_what_it_asked_before_the_rate_changed() -> None:
    plan = plan_of(
        "0.45",
        principal=8613,
        grace=Grace(principal=2),
        recalculation=Recalculation(overdue_bears=False),
        allocation=by(Advance.LAST),
    )

    course = after(plan, [(27, 8103)], (101, "0"))

    assert (course.rows[1].principal, course.rows[1].profit) == (328, 307)
    assert [row.principal for row in course.rows[2:]] == [182, 393, 2570, 2570, 2570]
    assert sum(row.principal for row in course.rows) == 8613
