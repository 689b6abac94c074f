"""What contradicts the course is refused by name, with the days in it."""

from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain.course import fold
from services.loans.domain.course.events import (
    CreditRefunded,
    Event,
    ReAged,
    Rescheduled,
)
from services.loans.domain.course.events import OpenProfit as Open
from services.loans.domain.course.periods_of_plan import InstalmentEndsBeforeItBegins
from services.loans.domain.course.plan import InstalmentRule, Plan, Recalculation, Unit
from services.loans.domain.course.replay import CourseCannotTakeUp
from services.loans.domain.terms import ChargeMethod
from tests.courses import START, day, following_days, make_plan, out

END = date(2025, 6, 1)


def folded(plan: Plan, *events: Event) -> fold.Course:
    return fold.course(plan, [out(), *events], as_of=END)


@pytest.mark.parametrize("due_on", [START, date(2023, 12, 20)])
@pytest.mark.parametrize("plan", [make_plan(), following_days()])
def test_an_instalment_does_not_end_before_it_begins(plan: Plan, due_on: date) -> None:
    moved = Rescheduled(key="move", on=day("02-01"), due_on=due_on)

    with pytest.raises(InstalmentEndsBeforeItBegins) as refused:
        folded(plan, moved, CreditRefunded(key="back", on=START, amount=1))

    assert (refused.value.due_on, refused.value.starts_on) == (due_on, START)


def test_an_instalment_may_end_a_day_after_it_begins() -> None:
    moved = Rescheduled(key="move", on=day("02-01"), due_on=day("01-02"))

    assert folded(following_days(), moved).rows[1].due_on == day("01-02")


def test_what_cannot_be_counted_is_told_with_the_days_of_the_course() -> None:
    """Level instalments that were rescheduled from their first day, then re-aged before it."""
    plan = make_plan(
        annual_rate=Decimal(0),
        charge_method=ChargeMethod.FLAT,
        instalment_rule=InstalmentRule.FIXED_LEVEL,
        recalculation=Recalculation(),
        instalments=12,
        regular_from=date(2023, 12, 22),
    )
    events = (
        Rescheduled(key="more", on=day("01-02"), extra_instalments=3),
        ReAged(
            key="aged",
            on=day("03-01"),
            starts_on=day("02-01"),
            every=1,
            unit=Unit.MONTHS,
            instalments=2,
            profit=Open.SPREAD_PAYABLE,
        ),
    )

    with pytest.raises(CourseCannotTakeUp) as refused:
        folded(plan, *events)

    assert refused.value.on in {END, day("02-01"), day("03-01")}
    assert refused.value.begins_on < refused.value.ends_on
    assert isinstance(refused.value.__cause__, ArithmeticError | LookupError | StopIteration)
