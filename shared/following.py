"""How does a service hear another's feed: each event once, in its order, whatever breaks off?"""

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import logs
from shared.background import for_each
from shared.clients.loans import FeedEvent, FeedPage
from shared.db import Database
from shared.errors import Kind, RafidError
from shared.ids import InstitutionId

_log = logs.logger(__name__)

BATCH = 200
FIRST_WAIT_SECONDS = 3.0
LONGEST_WAIT_SECONDS = 60.0
CURSOR = text("select number from feed_cursor where source = :source")
LOCKED_CURSOR = text("select number from feed_cursor where source = :source for update")
FIRST_CURSOR = text("""
    insert into feed_cursor (institution_id, source, number)
    values (:institution_id, :source, 0) on conflict do nothing
""")
KEEP_CURSOR = text("""
    update feed_cursor set number = :number, known_at = :known_at
    where institution_id = :institution_id and source = :source
""")

Effect: TypeAlias = Callable[[AsyncSession], Awaitable[None]]
"""What a page of events does to our rows, in a transaction that keeps the cursor too."""


class Feed(Protocol):
    """The feed of another service."""

    async def events(self, institution_id: InstitutionId, *, after: int, limit: int) -> FeedPage:
        """Read the feed of one institution after a number."""
        ...


Hear: TypeAlias = Callable[[InstitutionId, Sequence[FeedEvent]], Awaitable[Effect]]
"""Ask whatever has to be asked of others, outside of any transaction; give the effect."""


@dataclass(slots=True, kw_only=True)
class Silence:
    """Whether another service answers: said once when it goes, and once when it is back.

    Gone, it is asked again after 3 s, then after twice as long each time, at most 60 s.
    """

    now: Callable[[], float] = time.monotonic
    wait: float = 0.0
    until: float = 0.0

    @property
    def is_waiting(self) -> bool:
        """Whether it is too early to ask again."""
        return self.now() < self.until

    def went(self, source: str, error: Exception) -> None:
        """It does not answer."""
        if not self.wait:
            _log.warning("a feed waits", source=source, error=repr(error))
        self.wait = min(max(2 * self.wait, FIRST_WAIT_SECONDS), LONGEST_WAIT_SECONDS)
        self.until = self.now() + self.wait

    def came(self, source: str) -> None:
        """It answers."""
        if self.wait:
            _log.warning("a feed is heard again", source=source)
        self.wait = self.until = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """Reads the feed of `source` for institutions, keeping the cursor with the effects.

    Two followers of one database take turns: the one whose page was read already leaves it.
    """

    database: Database
    source: str
    feed: Feed
    hear: Hear
    batch: int = BATCH
    silence: Silence = field(default_factory=Silence)

    async def catch_up_with(self, institution_ids: Iterable[InstitutionId]) -> None:
        """Read the feed of each institution to its end; where one fails the others go on.

        Where the other service does not answer at all, nobody is waited for: a later round asks.
        """
        if self.silence.is_waiting:
            return

        async def read(institution_id: InstitutionId) -> None:
            if self.silence.is_waiting:
                return
            try:
                await self.catch_up(institution_id)
            except RafidError as error:
                if error.kind is not Kind.UNAVAILABLE:
                    raise
                self.silence.went(self.source, error)
            else:
                self.silence.came(self.source)

        await for_each(f"the feed of {self.source}", institution_ids, read)

    async def catch_up(self, institution_id: InstitutionId) -> None:
        """Read an institution's feed to its end, a page a transaction."""
        while (page := await self.read_once(institution_id)).events and page.next < page.head:
            pass

    async def read_once(self, institution_id: InstitutionId) -> FeedPage:
        """Read one page and keep what it does with the cursor."""
        key = {"source": self.source}
        async with self.database.read(institution_id) as session:
            after = (await session.execute(CURSOR, key)).scalar() or 0
        page = await self.feed.events(institution_id, after=after, limit=self.batch)
        if not page.events:
            return page
        effect = await self.hear(institution_id, page.events)
        row = {"institution_id": institution_id, "source": self.source}
        async with self.database.begin(institution_id) as session:
            await session.execute(FIRST_CURSOR, row)
            if (await session.execute(LOCKED_CURSOR, key)).scalar_one() != after:
                return page  # another reader was faster
            await effect(session)
            moved = {"number": page.next, "known_at": page.events[-1].knownat}
            await session.execute(KEEP_CURSOR, row | moved)
        return page
