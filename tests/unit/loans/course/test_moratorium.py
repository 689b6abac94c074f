"""Profit counted anew after a moratorium: nothing bears before the first period begins."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from services.loans.domain import due_dates, schedule
from services.loans.domain.course.spreading import CourseNotBegun
from services.loans.domain.servicing.course_rows import rows_of
from services.loans.domain.servicing.life import Life, Ordered, Received
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason
from services.loans.domain.terms import DAY_COUNTS, Frequency, Terms
from shared.money import Money
from tests.builders import make_loan
from tests.property.loans.test_course_lives import ANEW, START, eagerly, paid_out, told

SOME = settings(max_examples=40, deadline=None)


@st.composite
def put_off(draw: DrawFn) -> Terms:
    terms = make_loan(
        principal=Money(draw(st.integers(100_000, 9_000_000)), "USD"),
        annual_rate=draw(st.decimals(Decimal("0.01"), Decimal("0.9"), places=2)),
        instalments=draw(st.sampled_from((2, 6, 12))),
        frequency=draw(st.sampled_from((Frequency.MONTHLY, Frequency.WEEKLY))),
        day_count=draw(st.sampled_from(sorted(DAY_COUNTS))),
        disbursed_on=START,
        first_due_on=START + timedelta(days=300),
        charging=replace(ANEW, moratorium=draw(st.integers(1, 3))),
    )
    later = timedelta(days=draw(st.sampled_from((0, 9))))
    return replace(terms, first_due_on=due_dates.usual_first(terms) + later)


def a_thousand() -> Life:
    """1,000.00 at 12 % by 30/360 in 6 months, two months of them put off: from 15 March 2024."""
    terms = make_loan(
        principal=Money(100_000, "USD"),
        annual_rate=Decimal("0.12"),
        instalments=6,
        disbursed_on=START,
        first_due_on=date(2024, 4, 15),
        charging=replace(ANEW, moratorium=2),
    )
    return paid_out(terms)


@pytest.mark.parametrize(
    ("on", "owed"),
    [
        (START, 100_000),
        (date(2024, 3, 15), 100_000),
        (date(2024, 4, 15), 101_000),
    ],
)
def test_nothing_is_borne_before_the_first_period(on: date, owed: int) -> None:
    assert a_thousand().payoff(on=on) == owed


def test_half_paid_within_the_moratorium_leaves_half_to_bear() -> None:
    half = a_thousand().entering(Received(key=1, on=date(2024, 2, 1), amount=50_000))

    assert half.course().overpaid == 0
    assert half.payoff(on=date(2024, 3, 15)) == 50_000
    assert half.payoff(on=date(2024, 4, 15)) == 50_500


def test_new_instalments_do_not_begin_within_the_moratorium() -> None:
    asked = Asked(
        kind=OrderKind.RE_AGE,
        effective_on=date(2024, 2, 1),
        reason=OrderReason.AGREEMENT,
        instalments=3,
        first_due_on=date(2024, 4, 1),
    )
    aged = a_thousand().entering(Ordered(order_id=UUID(int=1), asked=asked))

    with pytest.raises(CourseNotBegun) as refused:
        aged.course()

    assert refused.value.begins_on == date(2024, 3, 15)


@SOME
@given(terms=put_off(), share=st.integers(0, 12))
def test_paid_on_its_due_dates_it_is_the_schedule(terms: Terms, share: int) -> None:
    agreed = schedule.schedule(terms)
    life = paid_out(terms).entering(
        *(
            Received(key=due.number, on=due.due_on, amount=due.total.minor)
            for due in agreed[:share]
            if due.total.minor
        )
    )

    rows = [row for row in life.course().rows if row.number is not None]

    assert [(row.due_on, row.principal, row.profit) for row in rows] == [
        (due.due_on, due.principal.minor, due.profit.minor) for due in agreed
    ]


@SOME
@given(
    terms=put_off(),
    days=st.lists(st.integers(0, 500), min_size=1, max_size=6),
    share=st.integers(1, 300),
    later=st.integers(0, 60),
)
def test_whenever_it_is_paid_it_holds_what_every_course_holds(
    terms: Terms, days: list[int], share: int, later: int
) -> None:
    usual = terms.principal.minor // terms.instalments
    life = paid_out(terms).entering(
        *(
            Received(key=key, on=START + timedelta(days=day), amount=max(usual * share // 100, 1))
            for key, day in enumerate(sorted(days))
        )
    )
    course, on = life.course(), life.last_on + timedelta(days=later)
    owed = life.payoff(on=on)
    off = life.entering(Received(key="off", on=on, amount=owed)).course() if owed else course

    assert told(course)[1:] == told(eagerly(life))[1:]
    assert sum(row.principal for row in rows_of(course)) == terms.principal.minor
    assert (off.outstanding, off.overpaid) == (0, course.overpaid)
