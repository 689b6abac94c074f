"""What holds where every payment counts the profit anew, whatever is paid and ordered?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from services.loans.domain import allocation, due_dates, schedule
from services.loans.domain.charging import Charging, RateChange, Recalculation
from services.loans.domain.course import replay, tables
from services.loans.domain.course.fold import Course
from services.loans.domain.course.payments import catch_up
from services.loans.domain.course.replay import apply
from services.loans.domain.course.steady import Steady
from services.loans.domain.servicing.course_rows import rows_of
from services.loans.domain.servicing.life import Entered, Life, Ordered, PaidOut, Received
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason, WaivedPart
from services.loans.domain.terms import DAY_COUNTS, Frequency, Terms
from shared.money import Money
from tests.builders import make_loan

SOME = settings(max_examples=40, deadline=None)
START = date(2024, 1, 15)
ANEW = Charging(recalculation=Recalculation.ON_PAYMENT)


@st.composite
def eased(draw: DrawFn, count: int) -> Charging:
    """Other rates from agreed days on, profit asked later, or none in the first periods."""
    days = sorted(draw(st.sets(st.integers(1, 300), max_size=3)))
    changes = tuple(
        RateChange(
            on=START + timedelta(days=day),
            annual_rate=draw(st.decimals(0, Decimal("0.4"), places=4)),
        )
        for day in days
    )
    most = min(2, count - 1)
    put_off, free = draw(st.sampled_from(((0, 0), (most, 0), (0, most))))
    return replace(ANEW, rate_changes=changes, profit_grace=put_off, profit_free=free)


@st.composite
def counted_anew(draw: DrawFn) -> Terms:
    """Terms that may be counted anew, of many day counts, frequencies and lengths."""
    count = draw(st.sampled_from((1, 2, 6, 12, 24)))
    terms = make_loan(
        principal=Money(draw(st.integers(100_000, 90_000_000)), "USD"),
        annual_rate=draw(st.decimals(Decimal("0.01"), Decimal("0.4"), places=4)),
        instalments=count,
        frequency=draw(st.sampled_from((Frequency.MONTHLY, Frequency.WEEKLY))),
        day_count=draw(st.sampled_from(sorted(DAY_COUNTS))),
        principal_grace=draw(st.sampled_from((0, 0, min(2, count - 1)))),
        disbursed_on=START,
        first_due_on=START + timedelta(days=1),
        charging=draw(st.one_of(st.just(ANEW), eased(count))),
    )
    later = draw(st.sampled_from((0, 0, 9)))
    return replace(terms, first_due_on=due_dates.usual_first(terms) + timedelta(days=later))


def paid_out(terms: Terms) -> Life:
    out = PaidOut(key="out", on=terms.disbursed_on, amount=terms.principal.minor)
    return Life(terms=terms, entered=(out,))


@st.composite
def lives(draw: DrawFn, *, most: int = 10) -> Life:
    """A loan with payments of any size on days that follow each other."""
    terms = draw(counted_anew())
    days = sorted(draw(st.lists(st.integers(0, 400), max_size=most)))
    usual = terms.principal.minor // terms.instalments
    money = [
        Received(
            key=key,
            on=START + timedelta(days=day),
            amount=draw(st.integers(1, usual * 2)),
        )
        for key, day in enumerate(days)
    ]
    return paid_out(terms).entering(*money)


def received(life: Life) -> int:
    return sum(one.amount for one in life.entered if isinstance(one, Received))


def told(course: Course) -> tuple[object, ...]:
    return course.rows, course.transactions, course.overpaid


def eagerly(life: Life) -> Course:
    """The course with every payment taken as any other event, the later periods after each."""
    standing = replay.replay(life.plan, life.events[:1])
    for event in life.events[1:]:
        apply(standing, event)
    catch_up(standing, life.last_on)
    return tables.course_of(standing, life.events)


@SOME
@given(terms=counted_anew(), share=st.integers(0, 24))
def test_paid_on_its_due_dates_a_course_is_the_schedule(terms: Terms, share: int) -> None:
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
    for row, due in zip(rows[:share], agreed, strict=False):
        assert row.settled_on == due.due_on or not due.total.minor


@SOME
@given(life=lives())
def test_the_money_paid_pours_over_the_instalments_as_the_course_says(life: Life) -> None:
    course, total = life.course(), received(life)
    rows = rows_of(course)
    numbered = [row for row in course.rows if row.number is not None]

    poured = allocation.waterfall(
        total,
        instalments=[row.parts for row in rows],
        order=allocation.order_of(life.terms.allocation_order),
    )

    assert poured == (
        sum(row.principal_paid for row in numbered),
        sum(row.profit_paid for row in numbered),
        0,
        0,
        course.overpaid,
    )
    assert sum(row.principal for row in rows) == life.terms.principal.minor
    assert [row.due_on for row in rows] == sorted(row.due_on for row in rows)
    assert min(min(row.parts) for row in rows) >= 0


@SOME
@given(life=lives(most=16))
def test_payments_in_one_step_each_are_what_they_are_one_by_one(life: Life) -> None:
    assert told(life.course())[1:] == told(eagerly(life))[1:]
    ours, theirs = (
        [replace(row, settled_on=None) for row in course.rows]
        for course in (life.course(), eagerly(life))
    )
    assert ours == theirs


@SOME
@given(life=lives(most=12), amount=st.integers(1, 9_000), place=st.integers(0, 12))
def test_after_anything_else_the_one_step_is_taken_up_again(
    life: Life, amount: int, place: int
) -> None:
    """A late amount is charged between two payments, whatever was past due by then."""
    on = life.entered[min(place, len(life.entered) - 1)]
    asked = Asked(
        kind=OrderKind.CHARGE,
        effective_on=on.on if not isinstance(on, Ordered) else START,
        reason=OrderReason.LATE_PAYMENT,
        part=WaivedPart.PENALTY,
        amount_minor=amount,
    )
    entered = list(life.entered)
    entered.insert(min(place, len(entered) - 1) + 1, Ordered(order_id=UUID(int=3), asked=asked))
    charged = replace(life, entered=tuple(entered))

    assert told(charged.course())[1:] == told(eagerly(charged))[1:]


def test_the_one_step_is_taken() -> None:
    """Without it the property above would say nothing."""
    life = paid_out(make_loan(instalments=24, charging=ANEW)).entering(
        Received(key=1, on=date(2026, 1, 20), amount=1_000)
    )
    standing = replay.replay(life.plan, life.events[:1])

    assert Steady(standing).takes(life.events[1])


@SOME
@given(life=lives(), shuffled=st.randoms(use_true_random=False))
def test_payments_in_any_order_of_entry_give_one_course(life: Life, shuffled: object) -> None:
    first, *money = life.entered
    by_day = {one.on: one for one in money if isinstance(one, Received)}
    kept: list[Entered] = list(by_day.values())
    other = list(kept)
    shuffled.shuffle(other)  # type: ignore[attr-defined]

    one, two = (
        replace(life, entered=(first, *entered)).course(as_of=life.last_on)
        for entered in (kept, other)
    )

    assert told(one) == told(two)


@SOME
@given(life=lives(), place=st.integers(0, 9), amount=st.integers(1, 5_000_000))
def test_taken_back_a_payment_leaves_the_course_as_if_it_had_never_come(
    life: Life, place: int, amount: int
) -> None:
    on = START + timedelta(days=place * 31)
    more = life.entering(Received(key="more", on=on, amount=amount))

    assert more.without("more") == life
    assert told(more.without("more").course()) == told(life.course())


@SOME
@given(life=lives(), later=st.integers(0, 60))
def test_a_payoff_settles_to_the_last_minor_unit(life: Life, later: int) -> None:
    on = life.last_on + timedelta(days=later)
    amount = life.payoff(on=on)
    if not amount:
        return

    course = life.entering(Received(key="off", on=on, amount=amount)).course()
    short = life.entering(Received(key="off", on=on, amount=amount - 1)).course()

    assert (course.outstanding, course.overpaid) == (0, 0)
    assert short.outstanding >= 1


ORDERS: Sequence[tuple[OrderKind, dict[str, object]]] = (
    (OrderKind.WAIVER, {"part": WaivedPart.PROFIT}),
    (OrderKind.CHARGE, {"part": WaivedPart.PENALTY, "amount_minor": 700}),
    (OrderKind.PAYMENT_HOLIDAY, {"periods": 2}),
    (OrderKind.RATE_CHANGE, {"annual_rate": Decimal("0.03")}),
    (OrderKind.RE_AMORTISE, {}),
)


@SOME
@given(life=lives(most=6), chosen=st.sampled_from(ORDERS), later=st.integers(0, 40))
def test_whatever_is_ordered_no_principal_is_lost(
    life: Life, chosen: tuple[OrderKind, dict[str, object]], later: int
) -> None:
    kind, members = chosen
    on = life.last_on + timedelta(days=later)
    asked = Asked(
        kind=kind,
        effective_on=on,
        reason=OrderReason.AGREEMENT,
        **members,  # type: ignore[arg-type] # by name
    )
    after = life.entering(Ordered(order_id=UUID(int=7), asked=asked))

    rows = rows_of(after.course())

    assert sum(row.principal for row in rows) == life.terms.principal.minor
    assert min(min(row.parts) for row in rows) >= 0
