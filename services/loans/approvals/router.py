"""Where are applications decided, and who may do so?"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.applications.schemas import ApplicationOut
from services.loans.approvals import operations, queries
from services.loans.approvals.schemas import (
    AuthorityLevelIn,
    AuthorityLevelOut,
    DecidedOut,
    DecisionIn,
)
from services.loans.deps import Db, IdempotencyKey, Now, Today
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.ids import ApplicationId, FundId, ProductId
from shared.schemas import PageOut
from shared.web import AskedLanguage, PageQuery

router = APIRouter(tags=["approvals"])

MayDecide = Annotated[Actor, require(Role.APPROVER)]
MayReserve = Annotated[Actor, require(Role.APPROVER)]
MayGiveAuthority = Annotated[Actor, require(Role.ADMINISTRATOR)]
MayRead = Annotated[Actor, require(Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR)]


@router.post(
    "/loans/v1/applications/{application_id}/decisions",
    status_code=201,
    response_model=DecidedOut,
)
async def decide_application(
    application_id: UUID,
    body: DecisionIn,
    db: Db,
    actor: MayDecide,
    key: IdempotencyKey,
    now: Now,
    today: Today,
    language: AskedLanguage,
) -> Response:
    """Approve, reject or return an application; the last approval reserves the fund's money.

    Where the fund has not enough, the application is approved and waits in the status
    `waiting_for_funds`, with the reason.
    """

    async def work(session: AsyncSession) -> DecidedOut:
        decided = await operations.decide(
            session, body.proposal(application_id), at=now, on=today, actor=actor
        )
        return DecidedOut.of(decided, language=language)

    target = f"POST /loans/v1/applications/{application_id}/decisions"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post(
    "/loans/v1/applications/{application_id}/reservations",
    status_code=201,
    response_model=ApplicationOut,
)
async def reserve_funds(
    application_id: UUID,
    db: Db,
    actor: MayReserve,
    key: IdempotencyKey,
    now: Now,
    today: Today,
    language: AskedLanguage,
) -> Response:
    """Try again to reserve money for an approved application that waits for it."""

    async def work(session: AsyncSession) -> ApplicationOut:
        (row,) = await operations.reserve_waiting(
            session, [ApplicationId(application_id)], at=now, on=today, actor=actor
        )
        return ApplicationOut.of(row, language=language)

    target = f"POST /loans/v1/applications/{application_id}/reservations"
    return await idempotency.run_once(db, target, body=None, actor_id=actor.id, key=key, work=work)


@router.post("/loans/v1/authority-levels", status_code=201)
async def set_authority_level(
    body: AuthorityLevelIn, db: Db, actor: MayGiveAuthority
) -> AuthorityLevelOut:
    """Give a role the authority to decide up to an amount."""
    async with db.begin() as session:
        row = await operations.set_authority_level(
            session,
            product_id=None if body.product_id is None else ProductId(body.product_id),
            fund_id=None if body.fund_id is None else FundId(body.fund_id),
            max_amount=body.max_amount.money(),
            level=body.level,
            role=body.role,
            actor=actor,
        )
    return AuthorityLevelOut.of(row)


@router.get("/loans/v1/authority-levels")
async def list_authority_levels(
    db: Db, page: PageQuery, _actor: MayRead
) -> PageOut[AuthorityLevelOut]:
    """List every level of approval there is or was."""
    async with db() as session:
        found = await queries.listed_authority_levels(session, page=page)
    rows, following = page.cut(found, key=lambda row: row.authority_level_id)
    return PageOut(items=[AuthorityLevelOut.of(row) for row in rows], next=following)


@router.post("/loans/v1/authority-levels/{authority_level_id}/end")
async def end_authority_level(
    authority_level_id: UUID, db: Db, _actor: MayGiveAuthority
) -> AuthorityLevelOut:
    """Take an authority back; decisions taken under it stand."""
    async with db.begin() as session:
        row = await operations.end_authority_level(session, authority_level_id)
    return AuthorityLevelOut.of(row)
