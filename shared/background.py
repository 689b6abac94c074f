"""What runs beside the requests of a service, and how does it end?"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from types import TracebackType
from typing import Self

from shared import logs
from shared.ids import InstitutionId

_log = logs.logger(__name__)

PAUSE_AFTER_ERROR_SECONDS = 1.0
ASKED_AGAIN_SECONDS = 5.0
POLL_SECONDS, IDLE_SECONDS = 0.2, 0.8
BUSY, GATHER_SECONDS = 100, 0.1


async def woken(event: asyncio.Event, *, within: float) -> bool:
    """Wait until an event is set, at most `within` seconds; clear it, and say whether it was set.

    A task that is cancelled at the moment when the event is set ends: `asyncio.wait_for` of
    Python 3.11 would give it the event and forget the cancellation.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within):
            await event.wait()
    was_set = event.is_set()
    event.clear()
    return was_set


def next_pause(pause: float, *, found: int) -> float:
    """Give the seconds until the next poll: short after a find, twice as long after none.

    Worked: 0.2 after one that found nothing is 0.4, then 0.8; no more, so that what other
    processes left is found within a second.
    """
    return POLL_SECONDS if found else min(2 * pause, IDLE_SECONDS)


def rest_after(found: int) -> float:
    """Give the seconds to let more come together after a round that found so much.

    A round costs the same for few, and takes from those who write. Worked: 0 after 99, 0.1 after
    100: more are on their way.
    """
    return GATHER_SECONDS if found >= BUSY else 0.0


class Background:
    """Tasks that live as long as the application; an error is logged and the work goes on."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, name: str, work: Callable[[], Awaitable[None]], *, every: float = 0.0) -> None:
        """Run `work` again and again with `every` seconds between; an endless one just once."""
        self._tasks.append(asyncio.create_task(_repeat(name, work, every), name=name))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        waited_for = set(self._tasks)
        while waited_for:
            for task in waited_for:
                task.cancel()  # again, where something on the way forgot that it was asked to end
            _, waited_for = await asyncio.wait(waited_for, timeout=ASKED_AGAIN_SECONDS)


async def for_each(
    name: str,
    institution_ids: Iterable[InstitutionId],
    work: Callable[[InstitutionId], Awaitable[object]],
) -> None:
    """Do `work` for each institution; one where it fails is logged and keeps none from theirs."""
    for institution_id in institution_ids:
        try:
            await work(institution_id)
        except Exception as error:  # noqa: BLE001 - no institution may starve the others
            _log.error(
                "work failed for an institution",
                work=name,
                institution_id=str(institution_id),
                exc_info=error,
            )


async def _repeat(name: str, work: Callable[[], Awaitable[None]], every: float) -> None:
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - the edge of a task: nobody else would say it
            _log.error("background work failed", work=name, exc_info=error)
            await asyncio.sleep(PAUSE_AFTER_ERROR_SECONDS)
        await asyncio.sleep(every)
