"""What is known of endpoints, their messages and their attempts?"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.webhook import MessageState
from services.loans.webhooks.tables import (
    WebhookAttemptRow,
    WebhookEndpointRow,
    WebhookMessageRow,
    WebhookSecretRow,
)
from shared import tenancy
from shared.auth import Actor, Role
from shared.errors import Kind, RafidError
from shared.schemas import Page

SEES_ALL = {Role.ADMINISTRATOR, Role.AUDITOR}


class WebhookEndpointUnknown(RafidError):
    """There is no such endpoint"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No endpoint of yours has the id {endpoint_id}."
    endpoint_id: UUID


class WebhookMessageUnknown(RafidError):
    """There is no such message"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "The endpoint {endpoint_id} was never to be told number {number}."
    endpoint_id: UUID
    number: int


async def endpoint(
    session: AsyncSession, endpoint_id: UUID, *, actor: Actor | None = None, is_locked: bool = False
) -> WebhookEndpointRow:
    """Give an endpoint; an integrator's own alone. Raises WebhookEndpointUnknown."""
    query = select(WebhookEndpointRow).where(WebhookEndpointRow.endpoint_id == endpoint_id)
    if actor is not None and not actor.roles & SEES_ALL:
        query = query.where(WebhookEndpointRow.actor_id == actor.id)
    if is_locked:
        query = query.with_for_update()
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        raise WebhookEndpointUnknown(endpoint_id=endpoint_id)
    return row


async def endpoints(
    session: AsyncSession, *, actor: Actor, page: Page
) -> Sequence[WebhookEndpointRow]:
    """Give the endpoints, an integrator's own alone; one more than the page holds."""
    query = select(WebhookEndpointRow).order_by(WebhookEndpointRow.endpoint_id)
    if not actor.roles & SEES_ALL:
        query = query.where(WebhookEndpointRow.actor_id == actor.id)
    if page.after is not None:
        query = query.where(WebhookEndpointRow.endpoint_id > page.after)
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def how_many(session: AsyncSession) -> int:
    """Count the institution's endpoints, disabled ones too."""
    return await session.scalar(select(func.count()).select_from(WebhookEndpointRow)) or 0


WITH_WORK = text("""
    select w.endpoint_id from webhook_endpoint w
    where w.institution_id = :institution_id and w.disabled_at is null and (
      w.reached < (
        select max(number) from feed_entry where institution_id = :institution_id
      ) or exists (
        select from webhook_message m
        where m.institution_id = w.institution_id and m.endpoint_id = w.endpoint_id
          and m.due_at <= :at
      )
    )
    order by w.endpoint_id
""")


async def with_work(session: AsyncSession, *, at: datetime) -> Sequence[UUID]:
    """Give the open endpoints for which there is something new or due at a moment."""
    values = {"institution_id": tenancy.institution_of(session), "at": at}
    return (await session.scalars(WITH_WORK, values)).all()


async def secrets(
    session: AsyncSession, endpoint_id: UUID, *, at: datetime
) -> Sequence[WebhookSecretRow]:
    """Give the secrets that sign at a moment, newest first."""
    retires_at = WebhookSecretRow.retires_at
    query = (
        select(WebhookSecretRow)
        .where(WebhookSecretRow.endpoint_id == endpoint_id)
        .where(or_(retires_at.is_(None), retires_at > at))
        .order_by(WebhookSecretRow.recorded_at.desc(), WebhookSecretRow.secret_id.desc())
    )
    return (await session.scalars(query)).all()


async def counts(
    session: AsyncSession, endpoint_ids: Sequence[UUID]
) -> dict[tuple[UUID, str], int]:
    """Count what waits and what is dead, by endpoint and state."""
    row = WebhookMessageRow
    query = (
        select(row.endpoint_id, row.state, func.count())
        .where(row.endpoint_id.in_(endpoint_ids), row.state != MessageState.DELIVERED)
        .group_by(row.endpoint_id, row.state)
    )
    return {(found[0], found[1]): found[2] for found in await session.execute(query)}


async def messages(
    session: AsyncSession, endpoint_id: UUID, *, state: MessageState | None, after: int, limit: int
) -> Sequence[WebhookMessageRow]:
    """Give an endpoint's messages after a number, of one state if named; one more than `limit`."""
    row = WebhookMessageRow
    query = select(row).where(row.endpoint_id == endpoint_id, row.number > after)
    if state is not None:
        query = query.where(row.state == state)
    return (await session.scalars(query.order_by(row.number).limit(limit + 1))).all()


async def message(
    session: AsyncSession, endpoint_id: UUID, number: int, *, is_locked: bool = False
) -> WebhookMessageRow:
    """Give a message. Raises WebhookMessageUnknown."""
    row = WebhookMessageRow
    query = select(row).where(row.endpoint_id == endpoint_id, row.number == number)
    if is_locked:
        query = query.with_for_update()
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise WebhookMessageUnknown(endpoint_id=endpoint_id, number=number)
    return found


async def attempts(
    session: AsyncSession, endpoint_id: UUID, number: int
) -> Sequence[WebhookAttemptRow]:
    """Give the attempts of a message, oldest first."""
    row = WebhookAttemptRow
    query = select(row).where(row.endpoint_id == endpoint_id, row.number == number)
    return (await session.scalars(query.order_by(row.attempt))).all()
