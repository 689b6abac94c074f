"""Does a payment taken in one step leave what it leaves taken as any other event?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain.charging import Charging, Recalculation
from services.loans.domain.course import fold, replay
from services.loans.domain.course.events import Postponed
from services.loans.domain.course.periods_model import Span
from services.loans.domain.course.steady import Steady
from services.loans.domain.servicing.life import Entered, Life, Ordered, PaidOut, Received
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason, WaivedPart
from tests.builders import an_id, make_loan
from tests.property.loans.test_course_lives import eagerly, told

ANEW = Charging(recalculation=Recalculation.ON_PAYMENT)
OUT = PaidOut(key="out", on=date(2026, 1, 15), amount=100_000)
TODAY = date(2026, 3, 16)


def lived(*entered: Entered, instalments: int = 12, rate: str = "0.12") -> Life:
    terms = make_loan(instalments=instalments, annual_rate=Decimal(rate), charging=ANEW)
    return Life(terms=terms, entered=(OUT, *entered))


def received(on: str, amount: int) -> Received:
    return Received(key=on, on=date.fromisoformat(on), amount=amount)


def ordered(kind: OrderKind, on: str, **members: int) -> Ordered:
    forgiven = members.pop("forgiven", 0)
    part = WaivedPart.FEE if kind is OrderKind.CHARGE else None
    asked = Asked(
        kind=kind,
        effective_on=date.fromisoformat(on),
        reason=OrderReason.AGREEMENT,
        part=part,
        amount_minor=members.get("amount_minor"),
    )
    return Ordered(order_id=an_id(f"{kind} {on}"), asked=asked, forgiven=forgiven)


@pytest.mark.parametrize(
    "life",
    [
        # What another gives is no payment of the borrower: each is taken by its own rules.
        lived(
            ordered(OrderKind.FORGIVENESS, "2026-01-15", amount_minor=500, forgiven=500),
            received("2026-03-15", 1),
            ordered(OrderKind.FORGIVENESS, "2026-04-01", amount_minor=700, forgiven=700),
            received("2026-04-02", 9_000),
        ),
        # What was past due another has given: nothing of it bears on.
        lived(
            received("2026-02-20", 100),
            ordered(OrderKind.FORGIVENESS, "2026-02-24", amount_minor=9_000, forgiven=9_000),
            received("2026-02-26", 500),
            received("2026-03-20", 9_000),
        ),
        # What was past due until the day was spread on it: nothing of it bears on.
        lived(
            received("2026-01-30", 1_575),
            ordered(OrderKind.CHARGE, "2026-03-15", amount_minor=500),
            ordered(OrderKind.RE_AMORTISE, "2026-03-15"),
            received("2026-03-15", 8_885),
            instalments=8,
            rate="2",
        ),
    ],
)
def test_between_other_events_payments_pay_what_they_pay_one_by_one(life: Life) -> None:
    assert told(life.course()) == told(eagerly(life))


def test_money_of_others_is_not_taken_in_one_step() -> None:
    life = lived(ordered(OrderKind.FORGIVENESS, "2026-03-15", amount_minor=500, forgiven=500))
    out, given = life.events
    standing = replay.replay(life.plan, [out])

    assert not Steady(standing).takes(given)
    assert Steady(standing).takes(lived(received("2026-03-15", 500)).events[1])


def test_money_that_comes_before_anything_is_out_is_not_taken_in_one_step() -> None:
    life = lived(received("2026-03-15", 500))
    nothing_out = replay.start(life.plan, date(2026, 1, 15))

    assert not Steady(nothing_out).takes(life.events[1])


def test_what_was_past_due_on_another_day_than_the_last_is_followed_event_by_event() -> None:
    life = lived(received("2026-03-20", 500), received("2026-03-25", 500))
    standing = replay.replay(life.plan, life.events[:-1])
    assert standing.model.overdue_until == date(2026, 3, 20)

    standing.model.overdue_until = date(2026, 3, 19)

    assert not Steady(standing).takes(life.events[-1])
    standing.model.overdue_until = date(2026, 3, 20)
    assert Steady(standing).takes(life.events[-1])


def test_a_period_cut_after_the_last_day_is_followed_event_by_event() -> None:
    life = lived(received("2026-01-20", 500), received("2026-01-25", 500))
    standing = replay.replay(life.plan, life.events[:-1])
    running = standing.model.periods[0]
    later = Span(date(2026, 2, 1), running.due)
    running.spans[-1].end = later.start
    running.spans.append(later)

    assert not Steady(standing).takes(life.events[-1])
    running.spans.remove(later)
    running.spans[-1].end = running.due
    assert Steady(standing).takes(life.events[-1])


def test_a_period_without_a_line_is_passed_over_by_what_the_model_says() -> None:
    life = lived()
    standing = replay.replay(life.plan, life.events)
    gone = standing.lines.pop(3)
    standing.lines[4].asked[1] = 0

    standing.sync(date(2026, 2, 1))

    assert gone not in standing.lines
    assert standing.lines[4].asked[1] > 0


def test_after_the_last_due_date_a_holiday_postpones_nothing() -> None:
    """The last of two instalments is due on 15 March: from then on no due date is to come."""
    postponed = Postponed(key="holiday", on=date(2026, 3, 16), periods=1)
    life = lived(instalments=2)

    late = fold.course(life.plan, [*life.events, postponed], as_of=TODAY)
    in_time = replace(postponed, on=date(2026, 3, 15))

    assert [row.due_on for row in late.rows[1:]] == [date(2026, 2, 15), date(2026, 3, 15)]
    moved = fold.course(life.plan, [*life.events, in_time], as_of=TODAY).rows
    assert moved[-1].due_on == date(2026, 4, 15)
