"""New identities are UUIDs of version 7 that only grow."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from uuid import RFC_4122

from shared import ids

MILLISECOND = 1_000_000
AT = 1_795_000_000_000 * MILLISECOND


def ticking(*instants: int) -> ids.Sequence:
    """A sequence whose clock shows these instants, the last one for ever."""

    def tick() -> Iterator[int]:
        yield from instants
        while True:
            yield instants[-1]

    ticks = tick()
    return ids.Sequence(lambda: next(ticks))


def test_a_new_id_has_the_form_of_version_7() -> None:
    new = ids.new()

    assert new.version == 7
    assert new.variant == RFC_4122


def test_the_first_48_bits_are_the_milliseconds() -> None:
    assert ticking(AT).new().int >> 80 == 1_795_000_000_000


def test_the_fraction_of_the_millisecond_follows_the_version() -> None:
    half = ticking(AT + MILLISECOND // 2).new()

    assert (half.int >> 64) & 0xFFF == 2048


def test_ids_grow_while_the_clock_stands() -> None:
    sequence = ticking(AT)
    made = [sequence.new() for _ in range(10_000)]

    assert all(before < after for before, after in pairwise(made))


def test_ids_grow_when_the_clock_steps_back() -> None:
    sequence = ticking(AT, AT - 3_600_000 * MILLISECOND)

    assert sequence.new() < sequence.new()


def test_two_processes_of_the_same_instant_differ() -> None:
    assert ticking(AT).new() != ticking(AT).new()


def test_the_first_id_of_an_earlier_moment_lies_between_the_ids_of_both_moments() -> None:
    earlier, between, later = (ticking(AT + n * MILLISECOND).new() for n in (0, 4_000, 5_000))
    second = timedelta(seconds=1)

    assert earlier < ids.first_of(later, before=second) < between
    assert between < ids.first_of(later, before=timedelta()) < later
    assert ids.first_of(later, before=second).version == 7
