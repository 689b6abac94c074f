"""How does a service hear another's feed: each event once, in its order, whatever breaks off?"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
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

    async def catch_up_with(self, institution_ids: Iterable[InstitutionId]) -> None:
        """Read the feed of each institution to its end; where one fails the others go on.

        Where the other service does not answer at all, nobody is waited for: the next round asks.
        """
        silent = False

        async def read(institution_id: InstitutionId) -> None:
            nonlocal silent
            try:
                if not silent:
                    await self.catch_up(institution_id)
            except RafidError as error:
                if error.kind is not Kind.UNAVAILABLE:
                    raise
                silent = True
                _log.warning("a feed waits", source=self.source, error=repr(error))

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
