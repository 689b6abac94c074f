"""Plans and events for tests of the course of a contract, in as few words as they need."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from services.loans.domain.course import fold
from services.loans.domain.course.events import ChargeAdded, Disbursed, Event, Paid
from services.loans.domain.course.fold import Course
from services.loans.domain.course.plan import (
    Charge,
    ChargeBasis,
    ChargeWhen,
    DayRules,
    MonthLength,
    PaymentKind,
    Plan,
    Recalculation,
    Unit,
    YearLength,
)

START = date(2024, 1, 1)
BY_MONTH = DayRules(year=YearLength.DAYS_360, month=MonthLength.DAYS_30)


def day(text: str) -> date:
    """A day of 2024 from month and day: "02-15"."""
    return date.fromisoformat(f"2024-{text}")


def make_plan(**changes: Any) -> Plan:
    """100.00 at 7 % a year, 30/360, in 6 months from 1 January 2024."""
    members: dict[str, Any] = {
        "principal": 10_000,
        "annual_rate": Decimal("0.07"),
        "instalments": 6,
        "every": 1,
        "unit": Unit.MONTHS,
        "starts_on": START,
        "signed_on": START,
        "day_rules": BY_MONTH,
    }
    return Plan(**(members | changes))


def following_days(**changes: Any) -> Plan:
    """The same plan with profit that follows the real days."""
    return make_plan(recalculation=Recalculation(), **changes)


def out(amount: int = 10_000, on: date = START, key: object = "out") -> Disbursed:
    """Money paid out."""
    return Disbursed(key=str(key), on=on, amount=amount)


def paid(amount: int, on: str, key: object = "", kind: PaymentKind = PaymentKind.REPAYMENT) -> Paid:
    """Money that came in on a day of 2024."""
    return Paid(key=str(key) or f"paid {on}", on=day(on), amount=amount, kind=kind)


def fee(value: str, on: str, entered: str = "01-01", **changes: Any) -> ChargeAdded:
    """A fee that falls due on a day of 2024."""
    members: dict[str, Any] = {
        "code": "fee",
        "when": ChargeWhen.ON_DATE,
        "basis": ChargeBasis.FLAT,
        "value": Decimal(value),
        "due_on": day(on),
    }
    charge = Charge(**(members | changes))
    return ChargeAdded(key=f"fee {on}", on=day(entered), charge=charge)


def course_of(plan: Plan, *events: Event, as_of: str = "01-01") -> Course:
    """The course after the events, as it stands on a day of 2024."""
    return fold.course(plan, events, as_of=day(as_of))


def shares(course: Course) -> list[tuple[int, int]]:
    """Principal and profit of each instalment."""
    return [(row.principal, row.profit) for row in course.rows if row.number is not None]


def paid_parts(course: Course, kinds: Sequence[str] = ()) -> list[tuple[int, int, int, int, int]]:
    """What each transaction paid: principal, profit, fee, penalty, surplus."""
    return [
        (moved.principal, moved.profit, moved.fee, moved.penalty, moved.surplus)
        for moved in course.transactions
        if not kinds or moved.kind.value in kinds
    ]
