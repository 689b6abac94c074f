"""Commands that arrive together are done together, and a bad one fails alone."""

import asyncio
from collections.abc import Sequence

import pytest

from shared import ids
from shared.batching import Batcher, Overloaded
from shared.errors import RafidError
from shared.ids import InstitutionId

HERE = InstitutionId(ids.new())
THERE = InstitutionId(ids.new())


class Odd(RafidError):
    """The number is odd."""

    detail = "{number} is odd."
    number: int


class Recorder:
    """A flush that doubles even numbers, refuses odd ones, and breaks on 13."""

    def __init__(self) -> None:
        self.batches: list[tuple[InstitutionId, list[int]]] = []

    async def __call__(
        self, institution_id: InstitutionId, numbers: Sequence[int]
    ) -> list[int | RafidError]:
        self.batches.append((institution_id, list(numbers)))
        await asyncio.sleep(0.001)
        if 13 in numbers:
            raise RuntimeError("thirteen")
        return [Odd(number=number) if number % 2 else number * 2 for number in numbers]


async def test_what_arrives_together_goes_in_one_batch() -> None:
    flush = Recorder()
    batcher = Batcher(flush)
    results = await asyncio.gather(*(batcher.submit(HERE, n) for n in range(0, 40, 2)))
    assert results == list(range(0, 80, 4))
    assert flush.batches == [(HERE, list(range(0, 40, 2)))]


async def test_institutions_never_share_a_batch() -> None:
    flush = Recorder()
    batcher = Batcher(flush)
    await asyncio.gather(*(batcher.submit(place, 2) for place in (HERE, THERE) * 5))
    assert sorted(len(numbers) for _, numbers in flush.batches) == [5, 5]
    assert {place for place, _ in flush.batches} == {HERE, THERE}


async def test_a_refused_command_fails_alone() -> None:
    batcher = Batcher(Recorder())
    results = await asyncio.gather(
        *(batcher.submit(HERE, n) for n in (2, 3, 4)), return_exceptions=True
    )
    assert results[0] == 4
    assert isinstance(results[1], Odd)
    assert results[2] == 8


async def test_a_command_that_breaks_its_batch_breaks_only_itself() -> None:
    batcher = Batcher(Recorder())
    results = await asyncio.gather(
        *(batcher.submit(HERE, n) for n in (2, 13, 4)), return_exceptions=True
    )
    assert (results[0], results[2]) == (4, 8)
    assert isinstance(results[1], RuntimeError)


async def test_no_batch_is_larger_than_allowed() -> None:
    flush = Recorder()
    batcher = Batcher(flush, batch_max=8)
    await asyncio.gather(*(batcher.submit(HERE, 2) for _ in range(50)))
    assert max(len(numbers) for _, numbers in flush.batches) <= 8
    assert sum(len(numbers) for _, numbers in flush.batches) == 50


async def test_beyond_its_limit_it_says_so_at_once() -> None:
    batcher = Batcher(Recorder(), waiting_max=3)
    results = await asyncio.gather(
        *(batcher.submit(HERE, 2) for _ in range(5)), return_exceptions=True
    )
    assert [isinstance(result, Overloaded) for result in results] == [False] * 3 + [True] * 2
    assert await batcher.submit(HERE, 6) == 12


async def test_a_caller_who_gives_up_harms_nobody() -> None:
    batcher = Batcher(Recorder())
    impatient = asyncio.create_task(batcher.submit(HERE, 2))
    patient = asyncio.create_task(batcher.submit(HERE, 4))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == 8
    with pytest.raises(asyncio.CancelledError):
        await impatient
