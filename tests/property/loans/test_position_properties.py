"""What holds for every history of positions?"""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import allocation, positions
from services.loans.domain.allocation import Parts
from services.loans.domain.positions import Day, Ladder
from tests.property.loans.strategies import instalment_parts

EXAMPLES = settings(max_examples=200, deadline=None)
START = date(2026, 1, 1)
DAYS = st.integers(0, 40).map(lambda days: START + timedelta(days=days))
MOVES = st.lists(st.tuples(DAYS, st.integers(0, 500), st.integers(0, 500)), max_size=12)
ORDERS = st.permutations(range(4)).map(tuple)

Move = tuple[date, int, int]


def heard(moves: list[Move]) -> tuple[Day, ...]:
    """The days as the books kept them, one movement after the other in the order of booking."""
    days: tuple[Day, ...] = ()
    for on, disbursed, paid in moves:
        changed = positions.moved(days, on=on, disbursed=disbursed, paid=paid)
        days = (*(day for day in days if day.valid_from < on), *changed)
    return days


@EXAMPLES
@given(MOVES, st.randoms(use_true_random=False))
def test_the_order_of_booking_does_not_matter(moves: list[Move], random: object) -> None:
    shuffled = list(moves)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert heard(shuffled) == heard(moves) == positions.days_of(moves)


@EXAMPLES
@given(MOVES, DAYS, st.integers(1, 500))
def test_a_reversal_restores_every_balance(moves: list[Move], on: date, paid: int) -> None:
    before = {day.valid_from: day for day in heard(moves)}

    after = {day.valid_from: day for day in heard([*moves, (on, 0, paid), (on, 0, -paid)])}

    added = after.pop(on)
    earlier = [day for day in before.values() if day.valid_from <= on]
    expected = earlier[-1] if earlier else Day(on, 0, 0)
    assert (added.disbursed, added.paid) == (expected.disbursed, expected.paid)
    assert after == {day: sums for day, sums in before.items() if day != on}


@EXAMPLES
@given(instalment_parts(), st.integers(0, 40_000), ORDERS)
def test_a_ladder_says_what_the_waterfall_says(
    dues: list[Parts], paid: int, order: tuple[int, ...]
) -> None:
    days = [START + timedelta(days=30 * number) for number in range(len(dues))]
    ladder = Ladder.of(dues, days, order)
    remaining = allocation.open_parts(paid, instalments=dues, order=order)

    assert ladder.principal_of(paid) == (
        allocation.waterfall(paid, instalments=dues, order=order).principal
    )
    standing = positions.stand_of(
        Day(START, 10**6, paid),
        principal=ladder.principal_of(paid),
        instalments=dues,
        due_on=days,
    )
    assert standing == positions.stand(Day(START, 10**6, paid), ladder=ladder)
    open_days = [day for day, parts in zip(days, remaining, strict=True) if any(parts)]
    assert ladder.oldest_open(paid) == (open_days[0] if open_days else None)


@EXAMPLES
@given(instalment_parts(), st.integers(0, 40_000), st.integers(0, 2_000), ORDERS)
def test_paying_more_never_makes_a_contract_later(
    dues: list[Parts], paid: int, more: int, order: tuple[int, ...]
) -> None:
    days = [START + timedelta(days=30 * number) for number in range(len(dues))]
    ladder = Ladder.of(dues, days, order)
    first = positions.stand(Day(START, 10**6, paid), ladder=ladder)
    second = positions.stand(Day(START, 10**6, paid + more), ladder=ladder)

    assert second.outstanding <= first.outstanding
    if second.oldest_open_due_on is not None:
        assert first.oldest_open_due_on is not None
        assert second.oldest_open_due_on >= first.oldest_open_due_on
