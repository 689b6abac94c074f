"""Identities grow strictly, whatever the clock does and however many threads ask."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared import ids

THREADS, EACH = 8, 2_000


@given(instants=st.lists(st.integers(0, 2**47 * 10**6), min_size=2, max_size=50))
def test_ids_grow_whatever_the_clock_does(instants: list[int]) -> None:
    ticks = iter(instants)
    sequence = ids.Sequence(lambda: next(ticks))
    made = [sequence.new() for _ in instants]

    assert all(before < after for before, after in pairwise(made))
    assert {new.version for new in made} == {7}


def test_ids_grow_within_each_thread_and_never_meet() -> None:
    def make(_: int) -> list[UUID]:
        return [ids.new() for _ in range(EACH)]

    with ThreadPoolExecutor(THREADS) as threads:
        made = list(threads.map(make, range(THREADS)))

    assert all(before < after for own in made for before, after in pairwise(own))
    assert len({new for own in made for new in own}) == THREADS * EACH
    leading = sorted(new.int >> 64 for own in made for new in own)
    assert all(before < after for before, after in pairwise(leading))
