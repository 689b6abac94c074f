"""Work done for each institution reaches all of them, whatever happens in one."""

import asyncio

import pytest

from shared import background, ids
from shared.background import Background, for_each, woken
from shared.ids import InstitutionId

THREE = [InstitutionId(ids.new()) for _ in range(3)]


async def test_an_institution_where_work_fails_keeps_none_from_theirs() -> None:
    done: list[InstitutionId] = []

    async def work(institution_id: InstitutionId) -> None:
        if institution_id == THREE[1]:
            raise RuntimeError("its key is gone")
        done.append(institution_id)

    await for_each("a test", THREE, work)
    assert done == [THREE[0], THREE[2]]


async def test_an_end_from_outside_ends_the_round() -> None:
    async def work(_: InstitutionId) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await for_each("a test", THREE, work)


async def followed(event: asyncio.Event, rounds: list[bool]) -> None:
    while True:
        rounds.append(await woken(event, within=0.01))


async def test_who_waits_is_told_whether_it_was_woken() -> None:
    event = asyncio.Event()
    assert await woken(event, within=0.01) is False
    event.set()
    assert await woken(event, within=60) is True
    assert await woken(event, within=0.01) is False


@pytest.mark.parametrize("turns", range(6))
async def test_who_is_woken_and_told_to_end_at_once_ends(turns: int) -> None:
    event = asyncio.Event()
    task = asyncio.create_task(followed(event, []))
    await asyncio.sleep(0.005)
    event.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=1)
    assert done, "the cancellation was forgotten"
    assert task.cancelled()


async def test_work_that_forgets_to_end_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "ASKED_AGAIN_SECONDS", 0.01)
    asked = 0

    async def deaf() -> None:
        nonlocal asked
        while asked < 3:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                asked += 1
        raise asyncio.CancelledError

    async with asyncio.timeout(5), Background() as running:
        running.start("a test", deaf)
        await asyncio.sleep(0)
    assert asked == 3
