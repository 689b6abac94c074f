"""How is an endpoint opened, closed, given another secret, and told once more what it missed?"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import webhook
from services.loans.domain.webhook import SECRET_BYTES, DisabledFor, NewEndpoint
from services.loans.payments.sealing import Sealer
from services.loans.webhooks import queries
from services.loans.webhooks.tables import WebhookEndpointRow, WebhookSecretRow
from shared import event_types, feed, feed_reading, ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.quiet_events import WebhookEndpointDisabled

ENDPOINTS_MAX = 50
TOLD = event_types.of_service("loans")


class EventTypesUnknown(RafidError):
    """No such events are told"""

    kind = Kind.RULE
    service = "loans"
    detail = "Nothing is told of the types {types}; the AsyncAPI document lists all."
    types: tuple[str, ...]


class TooManyEndpoints(RafidError):
    """There are as many endpoints as there may be"""

    kind = Kind.RULE
    service = "loans"
    detail = "An institution has at most {most} endpoints."
    most: int


async def open_endpoint(
    session: AsyncSession, new: NewEndpoint, *, sealer: Sealer, actor: Actor
) -> tuple[WebhookEndpointRow, str]:
    """Open an endpoint; return it with its secret, which is shown this once.

    Whether its address may be called is asked before. Raises EventTypesUnknown, TooManyEndpoints.
    """
    if foreign := sorted(set(new.types) - TOLD.keys()):
        raise EventTypesUnknown(types=tuple(foreign))
    if await queries.how_many(session) >= ENDPOINTS_MAX:
        raise TooManyEndpoints(most=ENDPOINTS_MAX)
    newest = await feed_reading.head(session)
    row = WebhookEndpointRow(
        institution_id=tenancy.institution_of(session),
        endpoint_id=ids.new(),
        address=new.address,
        types=sorted(set(new.types)),
        description=new.description,
        actor_id=actor.id,
        reached=newest if new.after is None else min(new.after, newest),
    )
    session.add(row)
    await session.flush()
    return row, await _new_secret(session, row, sealer=sealer)


async def rotate_secret(
    session: AsyncSession,
    endpoint_id: UUID,
    *,
    overlap: timedelta,
    sealer: Sealer,
    actor: Actor,
    at: datetime,
) -> tuple[WebhookEndpointRow, str]:
    """Give an endpoint another secret; those before it go on signing beside it for `overlap`."""
    row = await queries.endpoint(session, endpoint_id, actor=actor, is_locked=True)
    for before in await queries.secrets(session, endpoint_id, at=at):
        ends_at = at + overlap
        before.retires_at = min(before.retires_at or ends_at, ends_at)
    return row, await _new_secret(session, row, sealer=sealer)


async def _new_secret(session: AsyncSession, row: WebhookEndpointRow, *, sealer: Sealer) -> str:
    institution_id = tenancy.institution_of(session)
    secret = secrets.token_bytes(SECRET_BYTES)
    session.add(
        WebhookSecretRow(
            institution_id=institution_id,
            endpoint_id=row.endpoint_id,
            secret_id=ids.new(),
            secret_sealed=sealer.seal(institution_id, secret),
        )
    )
    await session.flush()
    return webhook.written_secret(secret)


async def disable(
    session: AsyncSession, row: WebhookEndpointRow, reason: DisabledFor, *, at: datetime
) -> None:
    """Tell an endpoint nothing more, and tell in the feed why; nothing is lost by it."""
    if row.disabled_at is not None:
        return
    row.disabled_at, row.disabled_for = at, reason.value
    await session.flush()
    event = WebhookEndpointDisabled(endpoint_id=row.endpoint_id, reason=reason.value)
    await feed.publish(session, event, subject_id=row.endpoint_id)


async def enable(session: AsyncSession, row: WebhookEndpointRow) -> None:
    """Go on telling an endpoint, from where it was left."""
    row.disabled_at, row.disabled_for = None, None
    await session.flush()


WAIT_AGAIN = text("""
    update webhook_message
    set state = 'waiting', attempts = 0, first_tried_at = null, due_at = null, ended_at = null
    where institution_id = :institution_id and endpoint_id = :endpoint_id
      and case when cast(:numbers as bigint[]) is null then state = 'dead'
          else state <> 'waiting' and number = any(cast(:numbers as bigint[])) end
    returning subject_id
""")
FIRST_IS_DUE = text("""
    update webhook_message m
    set due_at = case when m.number = f.first then cast(:at as timestamptz) end
    from (
      select subject_id, min(number) as first from webhook_message
      where institution_id = :institution_id and endpoint_id = :endpoint_id
        and state = 'waiting' and subject_id = any(cast(:subject_ids as uuid[]))
      group by subject_id
    ) f
    where m.institution_id = :institution_id and m.endpoint_id = :endpoint_id
      and m.state = 'waiting' and m.subject_id = f.subject_id
""")


async def send_again(
    session: AsyncSession,
    endpoint_id: UUID,
    *,
    numbers: Sequence[int] | None,
    actor: Actor,
    at: datetime,
) -> int:
    """Have messages that ended sent again, all dead ones if none is named; return how many.

    Each subject's are told in the order of their numbers again. Raises WebhookEndpointUnknown.
    """
    row = await queries.endpoint(session, endpoint_id, actor=actor, is_locked=True)
    named = {"institution_id": row.institution_id, "endpoint_id": endpoint_id}
    chosen = None if numbers is None else list(numbers)
    found = (await session.execute(WAIT_AGAIN, {**named, "numbers": chosen})).scalars().all()
    if found:
        values = {**named, "subject_ids": list(set(found)), "at": at}
        await session.execute(FIRST_IS_DUE, values)
    return len(found)
