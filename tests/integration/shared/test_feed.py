"""The feed neither skips nor repeats, whatever commits beside what."""

import asyncio
import contextlib
import random
from collections.abc import Sequence
from datetime import datetime

import asyncpg
from sqlalchemy import text

from shared import feed, feed_reading, ids
from shared.db import Database
from shared.events import ApplicationWithdrawn
from shared.feed import Sequencer, Told
from shared.ids import InstitutionId


async def know(database: Database, institution_id: InstitutionId) -> None:
    async with database.begin(institution_id) as session:
        await session.execute(
            text("insert into tenant (institution_id) values (:id)"), {"id": institution_id}
        )


def withdrawn() -> Told:
    application_id = ids.new()
    return Told(ApplicationWithdrawn(application_id=application_id), application_id)


async def tell(
    database: Database, institution_id: InstitutionId, *, count: int = 1, held_seconds: float = 0
) -> None:
    async with database.begin(institution_id) as session:
        await feed.publish_all(session, [withdrawn() for _ in range(count)])
        await asyncio.sleep(held_seconds)


async def read_all(
    database: Database, institution_id: InstitutionId, *, limit: int = 7
) -> list[tuple[int, str]]:
    seen: list[tuple[int, str]] = []
    after = 0
    while True:
        async with database.read(institution_id) as session:
            page = await feed_reading.read(session, after=after, limit=limit, source="loans")
        events = page["events"]
        assert isinstance(events, Sequence)
        if not events:
            return seen
        seen += [(event["sequence"], event["id"]) for event in events]
        after = seen[-1][0]


async def test_a_reader_who_follows_along_sees_every_event_once_and_in_one_order(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    await know(loans_db, institution_id)
    sequencers = [Sequencer(loans_db), Sequencer(loans_db)]
    chance = random.Random(7)  # noqa: S311 - a seeded rhythm, not a secret
    writers = [
        asyncio.create_task(
            tell(
                loans_db,
                institution_id,
                count=chance.randint(1, 4),
                held_seconds=chance.random() / 20,
            )
        )
        for _ in range(60)
    ]
    followed: list[tuple[int, str]] = []
    while not all(writer.done() for writer in writers):
        await asyncio.gather(*(one.number(institution_id) for one in sequencers))
        after = followed[-1][0] if followed else 0
        async with loans_db.read(institution_id) as session:
            page = await feed_reading.read(session, after=after, limit=5, source="loans")
        events = page["events"]
        assert isinstance(events, Sequence)
        followed += [(event["sequence"], event["id"]) for event in events]
    await asyncio.gather(*writers)
    for one in sequencers:  # one of them holds the lease
        await one.number(institution_id)
    whole = await read_all(loans_db, institution_id)
    async with loans_db.read(institution_id) as session:
        told = await session.scalar(text("select count(*) from event"))
        waiting = await session.scalar(text("select count(*) from event_pending"))
        checked, broken = await feed_reading.first_broken_link(session)
    assert waiting == 0
    assert [number for number, _ in whole] == list(range(1, len(whole) + 1))
    assert len({event for _, event in whole}) == told == len(whole) == checked
    assert whole[: len(followed)] == followed
    assert broken is None


async def test_an_event_committed_late_gets_a_later_number(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    await know(loans_db, institution_id)
    sequencer = Sequencer(loans_db)
    async with loans_db.begin(institution_id) as slow:
        await feed.publish_all(slow, [withdrawn()])
        await tell(loans_db, institution_id)
        assert await sequencer.number(institution_id) == 1
        first = await read_all(loans_db, institution_id)
    assert await sequencer.number(institution_id) == 1
    whole = await read_all(loans_db, institution_id)
    assert whole[:1] == first
    assert len(whole) == 2


async def test_what_is_rolled_back_is_never_told(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    await know(loans_db, institution_id)
    with contextlib.suppress(RuntimeError):
        async with loans_db.begin(institution_id) as session:
            await feed.publish_all(session, [withdrawn()])
            raise RuntimeError
    assert await Sequencer(loans_db).number(institution_id) == 0
    assert await read_all(loans_db, institution_id) == []


async def test_another_holder_waits_until_the_lease_has_ended(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    await know(loans_db, institution_id)
    await tell(loans_db, institution_id)
    first, second = Sequencer(loans_db), Sequencer(loans_db)
    assert await first.number(institution_id) == 1
    await tell(loans_db, institution_id)
    assert await second.number(institution_id) == 0
    async with loans_db.begin(institution_id) as session:
        await session.execute(text("update lease set until = clock_timestamp()"))
    assert await second.number(institution_id) == 1


async def test_times_of_numbers_never_go_back(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    await know(loans_db, institution_id)
    sequencer = Sequencer(loans_db)
    times: list[datetime] = []
    for _ in range(3):
        await tell(loans_db, institution_id, count=2)
        await sequencer.number(institution_id)
    async with loans_db.read(institution_id) as session:
        rows = await session.execute(text("select numbered_at from feed_entry order by number"))
        times = list(rows.scalars())
    assert times == sorted(times)
    assert len(set(times)) == 3


async def test_a_changed_event_is_found(
    loans_db: Database, institution_id: InstitutionId, admin_url: str
) -> None:
    await know(loans_db, institution_id)
    await tell(loans_db, institution_id, count=5)
    await Sequencer(loans_db).number(institution_id)
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute(
            "update loans.event set data = '{}' where (institution_id, event_id) in (select"
            " institution_id, event_id from loans.feed_entry where institution_id = $1"
            " and number = 3)",
            institution_id,
        )
    finally:
        await admin.close()
    async with loans_db.read(institution_id) as session:
        assert await feed_reading.first_broken_link(session) == (3, 3)


async def test_the_running_sequencer_numbers_soon_after_a_commit(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    await know(loans_db, institution_id)
    sequencer = Sequencer(loans_db)
    running = asyncio.create_task(sequencer.run())
    try:
        await tell(loans_db, institution_id)
        async with asyncio.timeout(10), sequencer.numbered:
            while not await read_all(loans_db, institution_id):
                await sequencer.numbered.wait()
    finally:
        running.cancel()
