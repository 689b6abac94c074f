"""How do commands that arrive together commit together?

Requests append to a queue of their institution; a few flushers take what has gathered and hand it
to the slice's batch function. There is no timer: an idle system adds no delay, a busy one gathers
while earlier batches are on their way.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from shared.errors import Kind, RafidError
from shared.ids import InstitutionId

Command = TypeVar("Command")
Result = TypeVar("Result")

Flush = Callable[[InstitutionId, Sequence[Command]], Awaitable[Sequence[Result | RafidError]]]


class Overloaded(RafidError):
    """The system is at its limit for the moment

    Nothing was done; the same request may be sent again after a moment.
    """

    kind = Kind.UNAVAILABLE
    service = "shared"
    detail = "{waiting} commands are waiting already; send the same request again."
    waiting: int


class Batcher(Generic[Command, Result]):
    """Gathers commands per institution and flushes them in batches.

    A command that the batch function refuses fails alone (it returns the error in its place);
    when the whole batch fails, its commands are tried one by one.
    """

    def __init__(
        self,
        flush: Flush[Command, Result],
        *,
        batch_max: int = 64,
        flushers_max: int = 3,
        waiting_max: int = 4_096,
    ) -> None:
        self._flush = flush
        self._batch_max = batch_max
        self._flushers_max = flushers_max
        self._waiting_max = waiting_max
        self._queues: dict[InstitutionId, deque[tuple[Command, asyncio.Future[Result]]]] = {}
        self._flushers: dict[InstitutionId, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = 0

    async def submit(self, institution_id: InstitutionId, command: Command) -> Result:
        """Have the command done with its neighbours; raises what it is refused with."""
        if self._waiting >= self._waiting_max:
            raise Overloaded(waiting=self._waiting)
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(institution_id, deque()).append((command, future))
        self._waiting += 1
        if self._flushers.get(institution_id, 0) < self._flushers_max:
            self._flushers[institution_id] = self._flushers.get(institution_id, 0) + 1
            task = asyncio.create_task(self._drain(institution_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _drain(self, institution_id: InstitutionId) -> None:
        queue = self._queues[institution_id]
        await asyncio.sleep(0)  # let the requests of this turn of the loop gather
        try:
            while queue:
                batch = [queue.popleft() for _ in range(min(self._batch_max, len(queue)))]
                self._waiting -= len(batch)
                await self._settle(institution_id, batch)
        finally:
            self._flushers[institution_id] -= 1
            if not self._flushers[institution_id]:
                del self._flushers[institution_id]
                if not queue:
                    self._queues.pop(institution_id, None)

    async def _settle(
        self,
        institution_id: InstitutionId,
        batch: Sequence[tuple[Command, asyncio.Future[Result]]],
    ) -> None:
        try:
            results = await self._flush(institution_id, [command for command, _ in batch])
        except Exception as error:  # noqa: BLE001 - one bad command must not fail its neighbours
            if len(batch) > 1:
                for item in batch:
                    await self._settle(institution_id, [item])
                return
            _finish(batch[0][1], error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            _finish(future, result)


def _finish(future: "asyncio.Future[Result]", result: Result | Exception) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
