"""What holds where payments count the profit anew and the loan is paid out in parts?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from services.loans.domain import drawn, due_dates, schedule
from services.loans.domain.course import replay, tables
from services.loans.domain.course.fold import Course
from services.loans.domain.course.payments import catch_up
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.schedule import InstalmentsTooSmall
from services.loans.domain.servicing.course_rows import rows_of
from services.loans.domain.servicing.life import Life, PaidOut, Received
from services.loans.domain.terms import DAY_COUNTS, Frequency, Terms
from shared.money import Money
from tests.builders import make_loan
from tests.property.loans.test_course_lives import ANEW, START, told

SOME = settings(max_examples=40, deadline=None)


@st.composite
def terms_in_parts(draw: DrawFn) -> Terms:
    """Up to three tranches within the life, a down payment or none, any day count."""
    count = draw(st.sampled_from((2, 6, 12)))
    terms = make_loan(
        principal=Money(draw(st.integers(100_000, 9_000_000)), "USD"),
        annual_rate=draw(st.decimals(Decimal("0.01"), Decimal("0.9"), places=2)),
        instalments=count,
        frequency=draw(st.sampled_from((Frequency.MONTHLY, Frequency.WEEKLY))),
        day_count=draw(st.sampled_from(sorted(DAY_COUNTS))),
        disbursed_on=START,
        first_due_on=START + timedelta(days=1),
        charging=ANEW,
    )
    terms = replace(terms, first_due_on=due_dates.usual_first(terms))
    last = (due_dates.nominal(terms)[-1] - START).days - 1
    days = sorted(draw(st.sets(st.integers(1, last), max_size=3)))
    part = terms.principal.minor // (len(days) + 1)
    drawing = Drawing(
        tranches=tuple(
            Tranche(
                on=START + timedelta(days=day),
                amount=Money(draw(st.integers(1, part)), "USD"),
            )
            for day in days
        ),
        down_payment_percent=Decimal(draw(st.sampled_from((0, 0, 10, 25)))),
    )
    terms = replace(terms, drawing=drawing)
    try:
        drawn.require_servable(terms)
        schedule.schedule(terms)
    except InstalmentsTooSmall:
        assume(condition=False)
    return terms


def payouts(terms: Terms) -> list[PaidOut]:
    return [
        PaidOut(key=("out", place), on=one.on, amount=one.amount.minor)
        for place, one in enumerate(drawn.tranches(terms))
    ]


def by_day(entered: Sequence[PaidOut | Received]) -> list[PaidOut | Received]:
    """In the order of days; on one day the payout first."""
    return sorted(entered, key=lambda one: (one.on, isinstance(one, Received)))


@st.composite
def lives(draw: DrawFn) -> Life:
    """Payments of any size on any days, between the payouts and after them; not all are drawn."""
    terms = draw(terms_in_parts())
    outs = payouts(terms)
    outs = outs[: draw(st.integers(1, len(outs)))]
    usual = terms.principal.minor // terms.instalments
    days = draw(st.lists(st.integers(0, 400), max_size=12))
    money = [
        Received(key=key, on=START + timedelta(days=day), amount=draw(st.integers(1, usual * 2)))
        for key, day in enumerate(days)
    ]
    return Life(terms=terms, entered=tuple(by_day([*outs, *money])))


def eagerly(life: Life) -> Course:
    """Every payment and payout taken as any other event."""
    standing = replay.replay(life.plan, life.events[:1])
    standing.expected = []
    for event in life.events[1:]:
        replay.apply(standing, event)
        standing.applied.append(event)
    catch_up(standing, life.last_on)
    return tables.course_of(standing, life.events)


def numbered(course: Course) -> Sequence[tuple[object, ...]]:
    return sorted(
        (row.due_on, row.principal, row.profit) for row in course.rows if row.number is not None
    )


@SOME
@given(terms=terms_in_parts(), share=st.integers(0, 15))
def test_paid_on_its_due_dates_it_is_the_schedule(terms: Terms, share: int) -> None:
    agreed = schedule.schedule(terms)
    last_out = drawn.tranches(terms)[-1].on
    paid = [
        Received(key=("due", due.number), on=due.due_on, amount=due.total.minor)
        for number, due in enumerate(agreed)
        if due.total.minor and (number < share or due.due_on <= last_out)
    ]
    course = Life(terms=terms, entered=tuple(by_day([*payouts(terms), *paid]))).course()

    assert numbered(course) == sorted(
        (due.due_on, due.principal.minor, due.profit.minor) for due in agreed
    )


@SOME
@given(life=lives())
def test_the_principal_of_all_rows_is_what_was_paid_out(life: Life) -> None:
    course = life.course()
    rows = rows_of(course)
    paid_out = sum(one.amount for one in life.entered if isinstance(one, PaidOut))
    received = sum(one.amount for one in life.entered if isinstance(one, Received))

    assert sum(row.principal for row in course.rows) == paid_out
    assert sum(row.principal for row in rows) == paid_out
    assert min(min(row.parts) for row in rows) >= 0
    assert sum(row.paid for row in course.rows if row.number) + course.overpaid == received


@SOME
@given(life=lives())
def test_in_one_step_each_it_is_what_it_is_one_by_one(life: Life) -> None:
    ours, theirs = life.course(), eagerly(life)

    assert told(ours)[1:] == told(theirs)[1:]
    assert [replace(row, settled_on=None) for row in ours.rows] == [
        replace(row, settled_on=None) for row in theirs.rows
    ]


@SOME
@given(life=lives(), later=st.integers(0, 60))
def test_a_payoff_settles_all_that_was_paid_out(life: Life, later: int) -> None:
    on = life.last_on + timedelta(days=later)
    amount = life.payoff(on=on)
    assume(amount > 0)

    course = life.entering(Received(key="off", on=on, amount=amount)).course()

    assert (course.outstanding, course.overpaid) == (0, 0)
