"""Payments ahead that empty the last instalment, and holidays after late ones, step by step."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from services.loans.domain import due_dates, schedule
from services.loans.domain.course.fold import Course
from services.loans.domain.course.results import Row
from services.loans.domain.servicing.life import Entered, Life, Ordered, Received
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason
from services.loans.domain.terms import DAY_COUNTS, Component, Frequency
from shared.money import Money
from tests.builders import make_loan
from tests.property.loans.test_course_lives import ANEW, ORDERS, START, eagerly, paid_out
from tests.unit.loans.course.test_one_step import lived

PRINCIPAL_FIRST = (Component.FEE, Component.PRINCIPAL, Component.PROFIT)
HOLIDAY = OrderKind.PAYMENT_HOLIDAY


def without_days(course: Course) -> tuple[list[Row], object, int]:
    rows = [replace(row, settled_on=None) for row in course.rows]
    return rows, course.transactions, course.overpaid


LIVES = [
    lived(
        [("2024-02-15", 213_473), ("2025-02-24", 1)],
        principal=1_234_567,
        instalments=18,
        rate="0.9",
        grace=2,
        first_due_on=date(2024, 2, 24),
    ),
    lived(
        [("2024-02-16", 366_740), ("2024-07-15", 1)],
        principal=1_234_567,
        rate="2",
        first_due_on=date(2024, 2, 15),
    ),
    lived(
        [("2024-02-06", 219_907), ("2024-07-20", 1)],
        principal=1_234_567,
        instalments=18,
        rate="2",
        day_count="act/364",
    ),
    lived(
        [("2024-02-15", 32_779), ("2024-02-20", 7_779), ("2024-03-15", 5)],
        rate="2",
    ),
    lived(
        [("2024-01-23", 20_669), ("2024-01-28", 20_750), ("2024-04-08", 1)],
        instalments=18,
        rate="2",
        frequency=Frequency.WEEKLY,
        grace=2,
        first_due_on=date(2024, 1, 22),
    ),
    lived(
        [("2024-12-16", 1), ("2025-01-14", 1), ("2025-01-14", HOLIDAY)],
        principal=99_999,
        instalments=24,
        rate="2",
        grace=2,
    ),
]


@pytest.mark.parametrize("life", LIVES)
def test_an_instalment_that_was_emptied_stays_so_when_the_next_come_late(life: Life) -> None:
    assert without_days(life.course()) == without_days(eagerly(life))


def test_what_comes_late_is_asked_by_the_last_instalment_that_was_left() -> None:
    """Paid ahead the twelfth has nothing to ask; a later delay makes the eleventh larger."""
    ahead = LIVES[1].without(1)
    last = [row.principal + row.profit for row in ahead.course().rows][-2:]
    late = [row.principal + row.profit for row in LIVES[1].course().rows][-2:]

    assert last == [243_659, 0]
    assert late == [446_776, 0]


@st.composite
def hard(draw: DrawFn) -> Life:
    """A dear loan paid on, or around, its due dates: nothing, ahead, late, with orders between."""
    count = draw(st.sampled_from((8, 12, 18)))
    terms = make_loan(
        principal=Money(draw(st.sampled_from((100_000, 99_999, 1_234_567))), "USD"),
        annual_rate=Decimal(draw(st.sampled_from(("0.12", "0.4", "0.9", "2")))),
        instalments=count,
        frequency=draw(st.sampled_from((Frequency.MONTHLY, Frequency.WEEKLY))),
        day_count=draw(st.sampled_from(sorted(DAY_COUNTS))),
        principal_grace=draw(st.sampled_from((0, 0, 2))),
        disbursed_on=START,
        first_due_on=START + timedelta(days=1),
        charging=ANEW,
    )
    order = draw(st.sampled_from((terms.allocation_order, PRINCIPAL_FIRST)))
    terms = replace(terms, first_due_on=due_dates.usual_first(terms), allocation_order=order)
    dues = [due.due_on for due in schedule.schedule(terms)][: count - 2]
    beside = st.sampled_from((0, 0, 1, -1, 5, -9, 12))
    found = st.builds(lambda due, days: due + timedelta(days=days), st.sampled_from(dues), beside)
    life, usual = paid_out(terms), terms.principal.minor // count
    for place, on in enumerate(sorted(draw(st.lists(found, min_size=1, max_size=6)))):
        one: Entered
        if draw(st.integers(0, 4)):
            share = draw(st.sampled_from((1, 30, 90, 110, 200, 250, 400)))
            one = Received(key=place, on=max(on, START), amount=max(usual * share // 100, 1))
        else:
            kind, members = draw(st.sampled_from(ORDERS))
            asked = Asked(
                kind=kind,
                effective_on=max(on, START),
                reason=OrderReason.AGREEMENT,
                **members,  # type: ignore[arg-type] # by name
            )
            one = Ordered(order_id=UUID(int=place + 1), asked=asked)
        life = life.entering(one)
    return life


@settings(max_examples=60, deadline=None)
@given(life=hard())
def test_dear_loans_fold_in_one_step_as_they_do_one_by_one(life: Life) -> None:
    assert without_days(life.course()) == without_days(eagerly(life))


@settings(max_examples=40, deadline=None)
@given(life=hard(), later=st.integers(0, 400))
def test_what_a_dear_loan_is_paid_off_with_leaves_nothing_over(life: Life, later: int) -> None:
    on = life.last_on + timedelta(days=later)
    owed = life.payoff(on=on)
    before = life.course(as_of=on)

    after = life.entering(Received(key="off", on=on, amount=owed)).course() if owed else before

    assert (after.outstanding, after.overpaid) == (0, before.overpaid)
