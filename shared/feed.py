"""How are facts told in one order, once and for good?

`publish` writes an event in the transaction of the change. After commit the sequencer gives each
event, and each row of any other chain of the service, its number, time and hash in append-only
tables. A reader who has seen number 7 will never meet a new number 6.
"""

import asyncio
import hashlib
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import background, ids, tenancy
from shared.db import Database
from shared.events import Event
from shared.ids import InstitutionId

log = structlog.get_logger()

BATCH = 2_000
LATE = "interval '5 minutes'"
LEASE_SECONDS = 10

INSERT_EVENTS = text("""
    with told as (
      insert into event (institution_id, event_id, type, subject_id, data)
      select cast(:institution_id as uuid), e.event_id, e.type, e.subject_id, e.data::jsonb
      from unnest(cast(:event_ids as uuid[]), cast(:types as text[]),
                  cast(:subject_ids as uuid[]), cast(:data as text[]))
        as e(event_id, type, subject_id, data)
      returning institution_id, event_id, recorded_at
    )
    insert into event_pending (institution_id, event_id, recorded_at)
    select institution_id, event_id, recorded_at from told
""")


@dataclass(frozen=True, slots=True)
class Told:
    """One event with the noun it is about; rows written with it may name its id."""

    event: Event
    subject_id: uuid.UUID
    event_id: uuid.UUID = field(default_factory=ids.new)


async def publish(session: AsyncSession, event: Event, *, subject_id: uuid.UUID) -> None:
    """Tell one fact in the session's transaction; `subject_id` orders it among its like."""
    await publish_all(session, [Told(event, subject_id)])


async def publish_all(session: AsyncSession, told: Sequence[Told]) -> None:
    """Tell many facts in one statement, in the order given."""
    await session.execute(
        INSERT_EVENTS,
        {
            "institution_id": tenancy.institution_of(session),
            "event_ids": [item.event_id for item in told],
            "types": [item.event.type for item in told],
            "subject_ids": [item.subject_id for item in told],
            "data": [item.event.model_dump_json() for item in told],
        },
    )


@dataclass(frozen=True, slots=True)
class Chain:
    """A kind of rows that the sequencer numbers: where they wait and where they are linked.

    `digest` is an SQL expression over `p` (the pending row) that gives the sha256 of the row's
    whole content. `late` names a table that notes what was numbered long after it was written.
    """

    name: str
    pending: str
    link: str
    key: str
    digest: str
    late: str | None = None


EVENTS = Chain(
    name="events",
    pending="event_pending",
    link="feed_entry",
    key="event_id",
    digest="""(select sha256(convert_to(concat_ws('|', e.event_id, e.type, e.subject_id,
        (extract(epoch from e.recorded_at) * 1000000)::bigint, e.data::text), 'UTF8'))
        from event e where e.institution_id = p.institution_id and e.event_id = p.event_id)""",
)


def link_hash(previous: bytes, number: int, digest: bytes) -> bytes:
    """Hash of a link: sha256 over the hash before it, its number (8 bytes), its digest."""
    return hashlib.sha256(previous + number.to_bytes(8, "big") + digest).digest()


class Sequencer:
    """Numbers what was committed, one at a time per institution by a lease row.

    Any number of processes may run one; the lease row's lock orders them, and a killed one
    leaves nothing behind but a lease that ends.
    """

    def __init__(
        self, database: Database, *, chains: Sequence[Chain] = (EVENTS,), batch: int = BATCH
    ) -> None:
        self.database = database
        self.batch = batch
        self.chains = tuple(chains)
        self.holder = uuid.uuid4()
        self._waiting: set[InstitutionId] = set()
        self._wake = asyncio.Event()
        self.numbered = asyncio.Condition()
        database.on_commit(self.wake)

    def wake(self, institution_id: InstitutionId) -> None:
        """Number this institution's rows soon (called after a commit)."""
        self._waiting.add(institution_id)
        self._wake.set()

    async def run(self) -> None:
        """Number for ever: what a wake names at once, and at every poll all institutions.

        A poll finds what other processes left; wakes do not put it off, however many there are.
        """
        pause = background.POLL_SECONDS
        due = time.monotonic() + pause
        while True:
            await background.woken(self._wake, within=max(due - time.monotonic(), 0))
            names, self._waiting = self._waiting, set()
            polls = time.monotonic() >= due
            try:
                if polls:
                    names |= await self.institutions()
                found = sum([await self._number_all(institution_id) for institution_id in names])
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("the sequencer waits for the database", error=repr(error))
                await asyncio.sleep(1)
                continue
            if polls:
                pause = background.next_pause(pause, found=found)
                due = time.monotonic() + pause
            await asyncio.sleep(background.rest_after(found))

    async def _number_all(self, institution_id: InstitutionId) -> int:
        count = 0
        while (numbered := await self.number(institution_id)) >= self.batch:
            count += numbered
        return count + numbered

    async def institutions(self) -> set[InstitutionId]:
        """Return every institution that this schema holds rows of."""
        pool = await self.database.pool()
        rows = await pool.fetch("select institution_id from tenant")
        return {InstitutionId(row["institution_id"]) for row in rows}

    async def number(self, institution_id: InstitutionId) -> int:
        """Number waiting rows of one institution, by whole transactions; return how many."""
        pool = await self.database.pool()
        count = 0
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("select enter_tenant($1)", institution_id)
            if not await self._waits(connection, institution_id):
                return 0
            if not await self._leased(connection, institution_id):
                return 0
            numbered_at = await self._next_instant(connection, institution_id)
            ripe = await self._ripe(connection, institution_id)
            for chain in self.chains:
                keys = ripe.get(chain.name, [])
                count += await _extend(connection, chain, institution_id, numbered_at, keys)
        async with self.numbered:
            self.numbered.notify_all()
        return count

    async def _ripe(
        self, connection: Any, institution_id: InstitutionId
    ) -> dict[str, list[uuid.UUID]]:
        """Choose what to number now: whole transactions, oldest first, by chain in their order.

        One statement sees one moment, and no transaction is split: so at every instant given,
        all chains tell the same changes, and a sum over one equals the sum over another.
        """
        waiting = " union all ".join(
            f"select {place} as chain, {chain.key} as id, recorded_at, xmin::text as writer"
            f" from {chain.pending} where institution_id = $1"
            for place, chain in enumerate(self.chains)
        )
        rows = await connection.fetch(
            f"""
            with waiting as materialized ({waiting}),
            writers as (
              select writer,
                sum(count(*)) over (order by min(recorded_at), writer) - count(*) as before
              from waiting group by writer
            )
            select chain, id from waiting join writers using (writer)
            where before < $2 order by chain, recorded_at, id
            """,
            institution_id,
            self.batch,
        )
        chosen: dict[str, list[uuid.UUID]] = {}
        for row in rows:
            chosen.setdefault(self.chains[row["chain"]].name, []).append(row["id"])
        return chosen

    async def _waits(self, connection: Any, institution_id: InstitutionId) -> bool:
        clauses = " or ".join(
            f"exists (select from {chain.pending} where institution_id = $1)"
            for chain in self.chains
        )
        return bool(await connection.fetchval(f"select {clauses}", institution_id))

    async def _leased(self, connection: Any, institution_id: InstitutionId) -> bool:
        return bool(
            await connection.fetchval(
                """
                insert into lease as l (institution_id, name, holder, until)
                values ($1, 'sequencer', $2, clock_timestamp() + make_interval(secs => $3))
                on conflict (institution_id, name) do update
                  set holder = excluded.holder, until = excluded.until
                  where l.holder = excluded.holder or l.until < clock_timestamp()
                returning true
                """,
                institution_id,
                self.holder,
                LEASE_SECONDS,
            )
        )

    async def _next_instant(self, connection: Any, institution_id: InstitutionId) -> datetime:
        newest = ", ".join(
            f"(select numbered_at + interval '1 microsecond' from {chain.link}"
            " where institution_id = $1 order by number desc limit 1)"
            for chain in self.chains
        )
        instant: datetime = await connection.fetchval(
            f"select greatest(clock_timestamp(), {newest})", institution_id
        )
        return instant


async def _extend(
    connection: Any,
    chain: Chain,
    institution_id: InstitutionId,
    numbered_at: datetime,
    keys: Sequence[uuid.UUID],
) -> int:
    if not keys:
        return 0
    rows = await connection.fetch(
        f"""
        select {chain.digest} as digest,
          p.recorded_at < cast($3 as timestamptz) - {LATE} as late
        from {chain.pending} p
        where p.institution_id = $1 and p.{chain.key} = any($2)
        order by p.recorded_at, p.{chain.key}
        """,
        institution_id,
        keys,
        numbered_at,
    )
    last = await connection.fetchrow(
        f"select number, hash from {chain.link} where institution_id = $1"
        " order by number desc limit 1",
        institution_id,
    )
    number, previous = (last["number"], last["hash"]) if last else (0, b"")
    hashes = []
    for row in rows:
        number += 1
        previous = link_hash(previous, number, row["digest"])
        hashes.append(previous)
    await connection.execute(
        f"""
        insert into {chain.link} (institution_id, number, {chain.key}, numbered_at, hash)
        select $1, n, k, $2, h from unnest($3::bigint[], $4::uuid[], $5::bytea[]) as l(n, k, h)
        """,
        institution_id,
        numbered_at,
        list(range(number - len(rows) + 1, number + 1)),
        keys,
        hashes,
    )
    if chain.late and any(row["late"] for row in rows):
        await _note_late(connection, chain, institution_id, numbered_at, keys)
    await connection.execute(
        f"delete from {chain.pending} where institution_id = $1 and {chain.key} = any($2)",
        institution_id,
        keys,
    )
    return len(rows)


async def _note_late(
    connection: Any,
    chain: Chain,
    institution_id: InstitutionId,
    numbered_at: datetime,
    keys: Sequence[uuid.UUID],
) -> None:
    """Note what was numbered long after it was written; the chain has a table for it."""
    await connection.execute(
        f"""
        insert into {chain.late} (institution_id, {chain.key}, recorded_at, numbered_at)
        select institution_id, {chain.key}, recorded_at, $2 from {chain.pending}
        where institution_id = $1 and {chain.key} = any($3)
          and recorded_at < cast($2 as timestamptz) - {LATE}
        """,
        institution_id,
        numbered_at,
        keys,
    )
