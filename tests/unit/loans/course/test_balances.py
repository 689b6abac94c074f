"""Is the balance of a movement the principal outstanding after it, whatever it does?"""

from dataclasses import replace
from datetime import date

import pytest

from services.loans.domain.course import fold
from services.loans.domain.course.events import ChargedOff, Event, OpenProfit, ReAged, ReAmortised
from services.loans.domain.course.events import WrittenOff as GivenUp
from services.loans.domain.course.plan import ChargeOff, Plan, Unit
from services.loans.domain.course.results import Course, TransactionKind
from services.loans.domain.servicing.life import Life
from tests.unit.loans.course.test_one_step import LIVES, lived

ON = date(2024, 4, 20)
LIFE = lived([("2024-02-15", 8_885), ("2024-04-01", 5_000)])
ORDERS: dict[TransactionKind, Event] = {
    TransactionKind.CHARGE_OFF: ChargedOff(key="lost", on=ON),
    TransactionKind.RE_AMORTISE: ReAmortised(key="spread", on=ON, profit=OpenProfit.AS_AGREED),
    TransactionKind.RE_AGE: ReAged(
        key="aged",
        on=ON,
        starts_on=date(2024, 5, 15),
        every=1,
        unit=Unit.MONTHS,
        instalments=6,
        profit=OpenProfit.AS_AGREED,
    ),
}


def open_principal(course: Course) -> int:
    return sum(row.principal - row.principal_paid for row in course.rows)


def ordered(event: Event, plan: Plan = LIFE.plan) -> Course:
    return fold.course(plan, [*LIFE.events, event], as_of=ON)


@pytest.mark.parametrize(("kind", "event"), ORDERS.items(), ids=ORDERS.keys())
def test_what_is_spread_anew_or_taken_for_lost_stays_outstanding(
    kind: TransactionKind, event: Event
) -> None:
    """Two payments left more than 800.00 of 1,000.00: it is owed on."""
    before, after = LIFE.course(as_of=ON), ordered(event)
    moved = after.transactions[-1]

    assert moved.kind is kind
    assert moved.balance == before.transactions[-1].balance == open_principal(before) > 80_000
    assert moved.balance == open_principal(after)
    assert moved.principal > 0


@pytest.mark.parametrize("rule", ChargeOff)
def test_a_charge_off_leaves_what_is_owed_whatever_becomes_of_the_instalments(
    rule: ChargeOff,
) -> None:
    plan = replace(LIFE.plan, charge_off=rule)

    moved = ordered(ORDERS[TransactionKind.CHARGE_OFF], plan).transactions[-1]

    assert moved.balance == LIFE.course(as_of=ON).transactions[-1].balance


def test_written_off_nothing_is_outstanding() -> None:
    course = ordered(GivenUp(key="gone", on=ON))
    moved = course.transactions[-1]

    assert (moved.kind, moved.balance) == (TransactionKind.WRITE_OFF, 0)
    assert moved.principal == LIFE.course(as_of=ON).transactions[-1].balance


@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES.keys())
def test_the_last_balance_is_the_principal_that_the_rows_leave_open(life: Life) -> None:
    course = life.course()

    assert course.transactions[-1].balance == open_principal(course)
