"""However a loan is drawn: never more than agreed, and its instalments pay just what was drawn."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import drawn, holdings, schedule
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.holdings import HoldingKind, Moved, Purpose
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Terms
from shared.money import Money
from tests.builders import make_loan, make_qard

START = date(2026, 1, 15)


@st.composite
def agreed(draw: st.DrawFn) -> Terms:
    """A loan in up to five tranches, within its first year, with or without down payments."""
    count = draw(st.integers(1, 4))
    days = sorted(draw(st.sets(st.integers(1, 300), min_size=count, max_size=count)))
    tranches = tuple(
        Tranche(
            on=START + timedelta(days=day), amount=Money(draw(st.integers(1_000, 90_000)), "USD")
        )
        for day in days
    )
    drawing = Drawing(
        tranches=tranches,
        down_payment_percent=Decimal(draw(st.sampled_from((0, 0, 10, 25)))),
        may_be_less=draw(st.booleans()),
        late_days=draw(st.integers(0, 20)),
    )
    first = draw(st.integers(20_000, 300_000))
    later = sum(one.amount.minor for one in tranches)
    members = {
        "principal": Money(first + later, "USD"),
        "instalments": 12,
        "drawing": drawing,
    }
    bears = draw(st.booleans())
    return make_loan(**members) if bears else make_qard(**members)


@st.composite
def drawings(draw: st.DrawFn) -> tuple[Terms, list[Tranche]]:
    """Terms, and payouts made as they allow it, perhaps not all of them."""
    terms = draw(agreed())
    made: list[Tranche] = []
    for _ in range(draw(st.integers(1, len(terms.drawing.tranches) + 1))):
        following = drawn.following(terms, drawn=made, reference="LN")
        least = max(following.least.minor, min(1_000, following.most.minor))
        amount = Money(draw(st.integers(least, following.most.minor)), "USD")
        late = draw(st.integers(0, max((following.last_on - following.first_on).days, 0)))
        made.append(Tranche(on=following.first_on + timedelta(days=late), amount=amount))
    return terms, made


@settings(max_examples=60, deadline=None)
@given(drawings())
def test_instalments_pay_what_was_drawn_and_never_more_than_was_agreed(
    case: tuple[Terms, list[Tranche]],
) -> None:
    terms, made = case
    total = sum(one.amount.minor for one in made)
    assert total <= terms.principal.minor
    dues = schedule.schedule(drawn.terms_of(terms, drawn=made))
    assert sum(due.principal.minor for due in dues) == total
    assert all(due.principal.minor >= 0 and due.profit.minor >= 0 for due in dues)


def by_day(dues: Sequence[Instalment], *, until: date = date.max) -> dict[date, int]:
    """What falls due on each day before one; a down payment may share its day."""
    found: Counter[date] = Counter()
    for due in dues:
        if due.due_on < until:
            found[due.due_on] += due.total.minor
    return {day: minor for day, minor in found.items() if minor}


@settings(max_examples=60, deadline=None)
@given(drawings())
def test_a_tranche_changes_no_instalment_before_its_day_and_taken_back_leaves_no_trace(
    case: tuple[Terms, list[Tranche]],
) -> None:
    terms, made = case
    if len(made) == 1:
        return
    before = schedule.schedule(drawn.terms_of(terms, drawn=made[:-1]))
    after = schedule.schedule(drawn.terms_of(terms, drawn=made))
    with_it = drawn.joined(before, before=before, after=after)
    assert sum(due.total.minor for due in with_it) == sum(due.total.minor for due in after)
    gone = made[-1].on
    was = by_day(before)
    assert by_day(with_it, until=gone) == by_day(before, until=gone)
    assert by_day(drawn.joined(with_it, before=after, after=before)) == was


MOVES = st.lists(st.tuples(st.integers(0, 400), st.integers(1, 10**6), st.booleans()), max_size=12)


@given(moves=MOVES, rate=st.decimals("0", "1", places=4))
def test_held_is_what_went_in_less_what_came_out_and_earnings_never_exceed_the_rate(
    moves: list[tuple[int, int, bool]], rate: Decimal
) -> None:
    made: list[Moved] = []
    for day, amount, is_out in sorted(moves):
        held = holdings.balance(made, purpose=Purpose.SAVINGS)
        signed = -min(amount, held) if is_out else amount
        kind = HoldingKind.WITHDRAWAL if is_out else HoldingKind.DEPOSIT
        if signed:
            on = START + timedelta(days=day)
            made.append(Moved(purpose=Purpose.SAVINGS, kind=kind, amount=signed, on=on))
    put_in = sum(move.amount for move in made if move.kind is HoldingKind.DEPOSIT)
    out = -sum(move.amount for move in made if move.kind is HoldingKind.WITHDRAWAL)
    assert holdings.balance(made, purpose=Purpose.SAVINGS) == put_in - out >= 0
    through = START + timedelta(days=400)
    earned = holdings.earned(made, annual_rate=rate, through=through)
    assert 0 <= earned <= put_in * rate * 401 / 365
    if made:
        sooner = min(made[0].on + timedelta(days=100), through)
        middle = holdings.earned(made, annual_rate=rate, through=sooner)
        assert middle <= earned
