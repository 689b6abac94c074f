"""How does what was told reach integrators: in order, signed, and again until they have it?

A message is claimed for a while before it is sent, so several processes may deliver side by side
and a killed one leaves nothing behind but a claim that ends. What was sent and not noted down is
sent again under the same id: the receiver takes an id once.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import webhook
from services.loans.domain.webhook import DisabledFor, MessageState
from services.loans.payments.sealing import Sealer
from services.loans.webhooks import operations, queries
from services.loans.webhooks.tables import WebhookEndpointRow, WebhookMessageRow
from shared import feed_reading, ids, logs
from shared.clock import Clock
from shared.db import Database, TenantDb
from shared.ids import InstitutionId
from shared.outgoing import AddressRefused, Answer, Outgoing

SOURCE: Final = "loans"
TEST_TYPE: Final = "loans.webhook-test.v1"
PLANNED_AT_ONCE: Final = 1_000
SENT_AT_ONCE: Final = 8
CLAIM: Final = timedelta(seconds=90)
SLOW_DOWN: Final = {429, 502, 503, 504}

_log = logs.logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A message that was claimed: what is sent, where to, signed with what."""

    number: int
    message_id: str
    body: bytes


class Courier:
    """Tells the endpoints of every institution what happened, each at its own pace."""

    def __init__(
        self, database: Database, *, outgoing: Outgoing, sealer: Sealer, clock: Clock
    ) -> None:
        self._database = database
        self._outgoing = outgoing
        self._sealer = sealer
        self._clock = clock
        self._running: dict[UUID, asyncio.Task[None]] = {}

    async def deliver_everywhere(self, institution_ids: Iterable[InstitutionId]) -> None:
        """Look at what is new, and have each endpoint told that is not being told already."""
        for institution_id in institution_ids:
            db = TenantDb(self._database, institution_id)
            async with db() as session:
                found = await queries.with_work(session, at=self._clock.now())
            for endpoint_id in found:
                if endpoint_id not in self._running:
                    task = asyncio.create_task(self._kept(db, endpoint_id))
                    self._running[endpoint_id] = task
                    task.add_done_callback(partial(self._ended, endpoint_id))

    def _ended(self, endpoint_id: UUID, _task: asyncio.Task[None]) -> None:
        del self._running[endpoint_id]

    async def close(self) -> None:
        """End what is being told; it is told again."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _kept(self, db: TenantDb, endpoint_id: UUID) -> None:
        try:
            await self.deliver(db, endpoint_id)
        except Exception as error:  # noqa: BLE001 - the edge of a task: nobody else would say it
            _log.error("an endpoint was not told", endpoint_id=str(endpoint_id), exc_info=error)

    async def deliver(self, db: TenantDb, endpoint_id: UUID) -> None:
        """Tell an endpoint what is new and what is due; end where it asks for a rest."""
        while True:
            async with db.begin() as session:
                planned = await _plan(session, endpoint_id, at=self._clock.now())
            async with db.begin() as session:
                row, claimed = await _claim(session, endpoint_id, at=self._clock.now())
                keys = await self._secrets(session, row)
            answers = await asyncio.gather(*(self._send(row, one, keys) for one in claimed))
            for one, answer in zip(claimed, answers, strict=True):
                async with db.begin() as session:
                    await _note(session, endpoint_id, one, answer, at=self._clock.now())
            if any(answer.status in SLOW_DOWN or answer.fault for answer in answers):
                return
            if not claimed and not planned:
                return

    async def trial(
        self, session: AsyncSession, row: WebhookEndpointRow
    ) -> Callable[[], Awaitable[Answer]]:
        """Make up an event that is in no feed, and give what tells it; the answer is not kept."""
        message_id = ids.new()
        envelope = feed_reading.envelope(
            event_id=message_id,
            source=SOURCE,
            event_type=TEST_TYPE,
            subject_id=row.endpoint_id,
            institution_id=InstitutionId(row.institution_id),
            recorded_at=self._clock.now(),
            data={"endpoint_id": str(row.endpoint_id)},
        )
        sending = Sending(number=0, message_id=str(message_id), body=orjson.dumps(envelope))
        return partial(self._send, row, sending, await self._secrets(session, row))

    async def _secrets(self, session: AsyncSession, row: WebhookEndpointRow) -> list[bytes]:
        kept = await queries.secrets(session, row.endpoint_id, at=self._clock.now())
        institution_id = InstitutionId(row.institution_id)
        return [self._sealer.opened(institution_id, one.secret_sealed) for one in kept]

    async def _send(self, row: WebhookEndpointRow, one: Sending, keys: Sequence[bytes]) -> Answer:
        signed = webhook.headers(
            one.body, message_id=one.message_id, at=self._clock.now(), secrets=keys
        )
        headers = {**signed, "content-type": feed_reading.MEDIA_TYPE, "user-agent": "Rafid"}
        try:
            return await self._outgoing.call("POST", row.address, body=one.body, headers=headers)
        except AddressRefused:  # what this installation trusts has changed since
            return Answer(took_ms=0, fault="address_refused")


PLAN = text("""
    with told as (
      select f.number, e.event_id, e.subject_id, e.type,
        row_number() over (partition by e.subject_id order by f.number) as place
      from feed_entry f join event e
        on e.institution_id = f.institution_id and e.event_id = f.event_id
      where f.institution_id = :institution_id and f.number > :after and f.number <= :upto
        and (cardinality(cast(:types as text[])) = 0 or e.type = any(cast(:types as text[])))
    )
    insert into webhook_message
      (institution_id, endpoint_id, number, event_id, subject_id, type, state, due_at)
    select :institution_id, :endpoint_id, t.number, t.event_id, t.subject_id, t.type, 'waiting',
      case when t.place = 1 and not exists (
        select from webhook_message w
        where w.institution_id = :institution_id and w.endpoint_id = :endpoint_id
          and w.subject_id = t.subject_id and w.state = 'waiting'
      ) then cast(:at as timestamptz) end
    from told t
""")
CLAIM_DUE = text("""
    with c as materialized (
      select number from webhook_message
      where institution_id = :institution_id and endpoint_id = :endpoint_id and due_at <= :at
      order by number limit :most for update skip locked
    )
    update webhook_message m set due_at = :until from c
    where m.institution_id = :institution_id and m.endpoint_id = :endpoint_id
      and m.number = c.number
    returning m.number
""")
NEXT_IS_DUE = text("""
    update webhook_message set due_at = :at
    where institution_id = :institution_id and endpoint_id = :endpoint_id and due_at is null
      and state = 'waiting' and number = (
        select min(number) from webhook_message
        where institution_id = :institution_id and endpoint_id = :endpoint_id
          and subject_id = :subject_id and state = 'waiting')
""")
NOTE_ATTEMPT = text("""
    insert into webhook_attempt
      (institution_id, endpoint_id, number, attempt, tried_at, took_ms, http_status, fault)
    select :institution_id, :endpoint_id, :number, coalesce(max(attempt), 0) + 1,
      :tried_at, :took_ms, :http_status, :fault
    from webhook_attempt
    where institution_id = :institution_id and endpoint_id = :endpoint_id and number = :number
""")


def _named(row: WebhookEndpointRow) -> dict[str, Any]:
    return {"institution_id": row.institution_id, "endpoint_id": row.endpoint_id}


async def _plan(session: AsyncSession, endpoint_id: UUID, *, at: datetime) -> bool:
    """Make messages of what was told since; say whether there was anything."""
    row = await queries.endpoint(session, endpoint_id, is_locked=True)
    upto = min(row.reached + PLANNED_AT_ONCE, await feed_reading.head(session))
    if row.disabled_at is not None or upto <= row.reached:
        return False
    values = {**_named(row), "after": row.reached, "upto": upto, "types": row.types, "at": at}
    await session.execute(PLAN, values)
    row.reached = upto
    await session.flush()
    return True


async def _claim(
    session: AsyncSession, endpoint_id: UUID, *, at: datetime
) -> tuple[WebhookEndpointRow, list[Sending]]:
    """Take what is due for a while: nobody else sends it until then."""
    row = await queries.endpoint(session, endpoint_id, is_locked=True)
    if row.disabled_at is not None:
        return row, []
    values = {**_named(row), "at": at, "until": at + CLAIM, "most": SENT_AT_ONCE}
    numbers = sorted((await session.execute(CLAIM_DUE, values)).scalars())
    told = await feed_reading.read_these(session, numbers, source=SOURCE)
    return row, [
        Sending(number=one, message_id=str(told[one]["id"]), body=orjson.dumps(told[one]))
        for one in numbers
    ]


async def _note(
    session: AsyncSession, endpoint_id: UUID, one: Sending, answer: Answer, *, at: datetime
) -> None:
    """Write down what came of an attempt, and what is to be tried when."""
    row = await queries.endpoint(session, endpoint_id, is_locked=True)
    message = await queries.message(session, endpoint_id, one.number, is_locked=True)
    values = {
        "number": one.number,
        "tried_at": at,
        "took_ms": answer.took_ms,
        "http_status": answer.status,
        "fault": answer.fault,
    }
    await session.execute(NOTE_ATTEMPT, _named(row) | values)
    if message.state != MessageState.WAITING:
        return  # another process has sent it meanwhile
    message.attempts += 1
    message.first_tried_at = message.first_tried_at or at
    if answer.is_taken:
        row.delivered_at = at
        await _end(session, message, MessageState.DELIVERED, at=at)
        return
    if answer.status == webhook.GONE:
        message.due_at = at
        await operations.disable(session, row, DisabledFor.GONE, at=at)
        return
    message.due_at = webhook.next_try(
        message.attempts,
        at=at,
        jitter=secrets.randbelow(1_001) / 10_000,
        retry_after=None if answer.retry_after is None else timedelta(seconds=answer.retry_after),
    )
    if message.due_at is not None:
        await session.flush()
        return
    began = message.first_tried_at
    await _end(session, message, MessageState.DEAD, at=at)
    if row.delivered_at is None or row.delivered_at < began:
        await operations.disable(session, row, DisabledFor.SILENT, at=at)


async def _end(
    session: AsyncSession, message: WebhookMessageRow, state: MessageState, *, at: datetime
) -> None:
    """End a message; the next one of its subject is due."""
    message.state, message.due_at, message.ended_at = state.value, None, at
    await session.flush()
    values = {
        "institution_id": message.institution_id,
        "endpoint_id": message.endpoint_id,
        "subject_id": message.subject_id,
        "at": at,
    }
    await session.execute(NEXT_IS_DUE, values)
