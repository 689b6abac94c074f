"""The routes of webhooks: where to call, with which secret, what failed, once more, a test."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.deps import Db, Now
from services.loans.domain.webhook import DisabledFor, MessageState
from services.loans.payments.sealing import Sealer
from services.loans.webhooks import operations, queries
from services.loans.webhooks.delivering import Courier
from services.loans.webhooks.schemas import (
    MESSAGES_MAX,
    WebhookAgainIn,
    WebhookAgainOut,
    WebhookAttemptOut,
    WebhookEndpointIn,
    WebhookEndpointOut,
    WebhookMessageDetailOut,
    WebhookMessageOut,
    WebhookMessagesOut,
    WebhookRotationIn,
    WebhookSecretOut,
    WebhookTestOut,
)
from services.loans.webhooks.tables import WebhookEndpointRow
from shared.auth import Actor, Role, require
from shared.outgoing import Outgoing
from shared.schemas import PageOut
from shared.web import PageQuery

router = APIRouter(prefix="/loans/v1", tags=["webhooks"])

Numbered = Annotated[int, Path(ge=1, le=2**62)]
MayConnect = Annotated[Actor, require(Role.INTEGRATOR, Role.ADMINISTRATOR)]
MayLook = Annotated[Actor, require(Role.INTEGRATOR, Role.ADMINISTRATOR, Role.AUDITOR)]


def _sealer(request: Request) -> Sealer:
    sealer: Sealer = request.app.state.payments.sealer
    return sealer


Keys = Annotated[Sealer, Depends(_sealer)]


async def _told(session: AsyncSession, row: WebhookEndpointRow) -> WebhookEndpointOut:
    return WebhookEndpointOut.of(row, await queries.counts(session, [row.endpoint_id]))


@router.post("/webhook-endpoints", status_code=201)
async def open_endpoint(
    body: WebhookEndpointIn, request: Request, db: Db, actor: MayConnect, sealer: Keys
) -> WebhookSecretOut:
    """Have an address told what happens; its secret is shown this once."""
    outgoing: Outgoing = request.app.state.outgoing
    outgoing.require_callable(body.address)
    async with db.begin() as session:
        row, secret = await operations.open_endpoint(
            session, body.new(), sealer=sealer, actor=actor
        )
    return WebhookSecretOut(endpoint_id=row.endpoint_id, secret=secret)


@router.get("/webhook-endpoints")
async def list_endpoints(db: Db, page: PageQuery, actor: MayLook) -> PageOut[WebhookEndpointOut]:
    """List the endpoints; an integrator sees its own."""
    async with db() as session:
        found = await queries.endpoints(session, actor=actor, page=page)
        rows, following = page.cut(found, key=lambda row: row.endpoint_id)
        counts = await queries.counts(session, [row.endpoint_id for row in rows])
    items = [WebhookEndpointOut.of(row, counts) for row in rows]
    return PageOut(items=items, next=following)


@router.get("/webhook-endpoints/{endpoint_id}")
async def read_endpoint(endpoint_id: UUID, db: Db, actor: MayLook) -> WebhookEndpointOut:
    """Read an endpoint, and how much of it waits."""
    async with db() as session:
        return await _told(session, await queries.endpoint(session, endpoint_id, actor=actor))


@router.post("/webhook-endpoints/{endpoint_id}/disabling")
async def disable_endpoint(
    endpoint_id: UUID, db: Db, actor: MayConnect, now: Now
) -> WebhookEndpointOut:
    """Tell an endpoint nothing until it is enabled; what happens meanwhile is told then."""
    async with db.begin() as session:
        row = await queries.endpoint(session, endpoint_id, actor=actor, is_locked=True)
        await operations.disable(session, row, DisabledFor.PERSON, at=now)
        return await _told(session, row)


@router.post("/webhook-endpoints/{endpoint_id}/enabling")
async def enable_endpoint(endpoint_id: UUID, db: Db, actor: MayConnect) -> WebhookEndpointOut:
    """Go on telling an endpoint, from where it was left."""
    async with db.begin() as session:
        row = await queries.endpoint(session, endpoint_id, actor=actor, is_locked=True)
        await operations.enable(session, row)
        return await _told(session, row)


@router.post("/webhook-endpoints/{endpoint_id}/secrets", status_code=201)
async def rotate_secret(
    endpoint_id: UUID, body: WebhookRotationIn, db: Db, actor: MayConnect, now: Now, sealer: Keys
) -> WebhookSecretOut:
    """Give an endpoint another secret; both sign for a while, so that none is lost meanwhile."""
    async with db.begin() as session:
        row, secret = await operations.rotate_secret(
            session, endpoint_id, overlap=body.overlap, sealer=sealer, actor=actor, at=now
        )
    return WebhookSecretOut(endpoint_id=row.endpoint_id, secret=secret)


@router.post("/webhook-endpoints/{endpoint_id}/test")
async def test_endpoint(
    endpoint_id: UUID, request: Request, db: Db, actor: MayConnect
) -> WebhookTestOut:
    """Send a made-up event, signed as all are, and tell what the endpoint did with it."""
    courier: Courier = request.app.state.courier
    async with db() as session:
        row = await queries.endpoint(session, endpoint_id, actor=actor)
        sending = await courier.trial(session, row)
    return WebhookTestOut.of(await sending())


@router.get("/webhook-endpoints/{endpoint_id}/messages")
async def list_messages(
    endpoint_id: UUID,
    db: Db,
    actor: MayLook,
    state: MessageState | None = None,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
    limit: Annotated[int, Query(ge=1, le=MESSAGES_MAX)] = 100,
) -> WebhookMessagesOut:
    """List what an endpoint was told and is to be told, by number."""
    async with db() as session:
        await queries.endpoint(session, endpoint_id, actor=actor)
        found = await queries.messages(session, endpoint_id, state=state, after=after, limit=limit)
    kept = found[:limit]
    return WebhookMessagesOut(
        items=[WebhookMessageOut.of(row) for row in kept],
        next=kept[-1].number if len(found) > limit else None,
    )


@router.get("/webhook-endpoints/{endpoint_id}/messages/{number}")
async def read_message(
    endpoint_id: UUID, number: Numbered, db: Db, actor: MayLook
) -> WebhookMessageDetailOut:
    """Read a message with what came of each attempt."""
    async with db() as session:
        await queries.endpoint(session, endpoint_id, actor=actor)
        row = await queries.message(session, endpoint_id, number)
        tried = await queries.attempts(session, endpoint_id, number)
    return WebhookMessageDetailOut(
        message=WebhookMessageOut.of(row), attempts=[WebhookAttemptOut.of(one) for one in tried]
    )


@router.post("/webhook-endpoints/{endpoint_id}/messages/again")
async def send_again(
    endpoint_id: UUID, body: WebhookAgainIn, db: Db, actor: MayConnect, now: Now
) -> WebhookAgainOut:
    """Have messages sent again: those named, or every dead one."""
    async with db.begin() as session:
        count = await operations.send_again(
            session, endpoint_id, numbers=body.numbers, actor=actor, at=now
        )
    return WebhookAgainOut(waiting_again=count)
