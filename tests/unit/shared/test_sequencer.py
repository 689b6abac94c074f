"""When does the sequencer look at everything, and how seldom while nothing happens?"""

import asyncio
from collections.abc import Callable

import pytest

from shared import background, ids
from shared.background import BUSY, IDLE_SECONDS, POLL_SECONDS
from shared.db import Database
from shared.feed import Sequencer
from shared.ids import InstitutionId

HERE, ELSEWHERE = InstitutionId(ids.new()), InstitutionId(ids.new())


class Watched(Sequencer):
    """A sequencer over no database that notes what it was asked to number."""

    def __init__(self) -> None:
        super().__init__(Database("postgresql://nobody@localhost/none"))
        self.polls = 0
        self.numbered_for: list[InstitutionId] = []
        self.left = {HERE: 0, ELSEWHERE: 0}
        self.fails = 0
        self.of_a_round = self.batch

    async def institutions(self) -> set[InstitutionId]:
        self.polls += 1
        if self.fails:
            self.fails -= 1
            raise ConnectionResetError
        return {HERE, ELSEWHERE}

    async def number(self, institution_id: InstitutionId) -> int:
        self.numbered_for.append(institution_id)
        took = min(self.left[institution_id], self.of_a_round)
        self.left[institution_id] -= took
        return took


async def until(sequencer: Watched, holds: Callable[[], bool], *, waking: bool = False) -> None:
    """Let it run until something holds, at most some seconds; wake it all the time if asked."""
    task = asyncio.create_task(sequencer.run())
    try:
        async with asyncio.timeout(10):
            while not holds():
                if waking:
                    sequencer.wake(HERE)
                await asyncio.sleep(0.005)
    finally:
        task.cancel()
        await asyncio.wait([task], timeout=5)


@pytest.mark.parametrize(
    ("pause", "found", "after"),
    [
        (POLL_SECONDS, 0, 0.4),
        (0.4, 0, 0.8),
        (IDLE_SECONDS, 0, IDLE_SECONDS),
        (IDLE_SECONDS, 1, POLL_SECONDS),
        (POLL_SECONDS, 5_000, POLL_SECONDS),
    ],
)
def test_polls_grow_rare_while_nothing_is_found(pause: float, found: int, after: float) -> None:
    assert background.next_pause(pause, found=found) == pytest.approx(after)


def test_nothing_waits_longer_than_a_second_for_its_number() -> None:
    pause = POLL_SECONDS
    for _ in range(20):
        pause = background.next_pause(pause, found=0)
    assert pause < 1


async def test_a_wake_numbers_the_institution_it_names_and_no_other() -> None:
    sequencer = Watched()
    sequencer.wake(HERE)
    await until(sequencer, lambda: bool(sequencer.numbered_for))
    assert sequencer.numbered_for[0] == HERE
    assert sequencer.polls == 0


async def test_wakes_without_end_keep_no_other_institution_waiting() -> None:
    sequencer = Watched()
    await until(sequencer, lambda: ELSEWHERE in sequencer.numbered_for, waking=True)
    assert sequencer.polls == 1


async def test_more_than_a_batch_is_numbered_at_once() -> None:
    sequencer = Watched()
    sequencer.left[HERE] = 2 * sequencer.batch + 1
    sequencer.wake(HERE)
    await until(sequencer, lambda: sequencer.left[HERE] == 0)
    assert sequencer.numbered_for == [HERE] * 3


async def test_a_poll_that_failed_is_made_again() -> None:
    sequencer = Watched()
    sequencer.fails = 1
    await until(sequencer, lambda: ELSEWHERE in sequencer.numbered_for)
    assert sequencer.polls == 2


@pytest.mark.parametrize(("found", "seconds"), [(BUSY, 0.1), (BUSY - 1, 0.0), (0, 0.0)])
def test_after_much_was_found_more_is_let_come_together(found: int, seconds: float) -> None:
    assert background.rest_after(found) == pytest.approx(seconds)


async def test_a_busy_sequencer_makes_few_rounds_however_often_it_is_woken() -> None:
    sequencer = Watched()
    sequencer.left[HERE] = 10**9
    sequencer.of_a_round = BUSY
    await until(sequencer, lambda: sequencer.polls >= 1, waking=True)
    assert 1 <= sequencer.numbered_for.count(HERE) < 8
