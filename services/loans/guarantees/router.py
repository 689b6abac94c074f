"""Where do guarantors answer for loans, and where are they claimed on?"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.deps import Db, IdempotencyKey, Today
from services.loans.domain import days
from services.loans.domain.guaranteeing import ClaimEvent
from services.loans.domain.journal import Channel
from services.loans.guarantees import claims, fees, operations, queries
from services.loans.guarantees.claims import Step
from services.loans.guarantees.operations import Opening
from services.loans.guarantees.schemas import (
    ClaimOut,
    CoverIn,
    CoverOut,
    DayIn,
    FacilityIn,
    FacilityOut,
    FeeIn,
    StepIn,
)
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.schemas import PageOut
from shared.web import PageQuery

router = APIRouter(prefix="/loans/v1", tags=["guarantees"])

MayManage = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayClaim = Annotated[Actor, require(Role.OFFICER, Role.FUNDS_MANAGER)]
MayRead = Annotated[
    Actor,
    require(Role.OFFICER, Role.APPROVER, Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR),
]


@router.post("/guarantee-facilities", status_code=201)
async def open_facility(body: FacilityIn, db: Db, actor: MayManage) -> FacilityOut:
    """Open a facility: covered share, cap per loan and in all, products, delays and fee."""
    opening = Opening(facility=body.facility(), names=body.names.names())
    async with db.begin() as session:
        row = await operations.open_facility(session, opening, actor=actor)
    return FacilityOut.of(row)


@router.get("/guarantee-facilities")
async def list_facilities(db: Db, actor: MayRead, page: PageQuery) -> PageOut[FacilityOut]:
    """List facilities, a page at a time."""
    async with db() as session:
        rows = await queries.facilities(session, page=page)
    kept, following = page.cut(rows, key=lambda row: row.facility_id)
    return PageOut(items=[FacilityOut.of(row) for row in kept], next=following)


@router.get("/guarantee-facilities/{facility_id}")
async def read_facility(facility_id: UUID, db: Db, actor: MayRead) -> FacilityOut:
    """Read a facility with how much of its cap is used."""
    async with db(snapshot=True) as session:
        row = await queries.facility(session, facility_id)
        return FacilityOut.of(row, used=await queries.used(session, row))


@router.post("/guarantee-facilities/{facility_id}/covers", status_code=201)
async def cover_contract(
    facility_id: UUID, body: CoverIn, db: Db, actor: MayManage, today: Today
) -> CoverOut:
    """Let a facility answer for a contract; never beyond its caps."""
    async with db.begin() as session:
        row = await operations.cover_contract(
            session, facility_id, contract_id=body.contract_id, on=today, actor=actor
        )
    return CoverOut.of(row)


@router.get("/guarantee-facilities/{facility_id}/covers")
async def list_covers(
    facility_id: UUID, db: Db, actor: MayRead, page: PageQuery
) -> PageOut[CoverOut]:
    """List what a facility covers or has covered."""
    async with db() as session:
        rows = await queries.covers(session, facility_id, page=page)
    kept, following = page.cut(rows, key=lambda row: row.cover_id)
    return PageOut(items=[CoverOut.of(row) for row in kept], next=following)


@router.post("/guarantee-covers/{cover_id}/fee", status_code=201, response_model=CoverOut)
async def pay_fee(
    cover_id: UUID, body: FeeIn, db: Db, actor: MayManage, today: Today, key: IdempotencyKey
) -> Response:
    """Pay the guarantor for its cover, once, by another person than who covered."""
    on = body.on or today
    days.require_come(on, member="on", today=today)

    async def work(session: AsyncSession) -> CoverOut:
        row = await fees.pay(session, cover_id, on=on, channel=Channel(body.channel), actor=actor)
        return CoverOut.of(row)

    target = f"POST /loans/v1/guarantee-covers/{cover_id}/fee"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/guarantee-covers/{cover_id}/release", status_code=201)
async def release_cover(
    cover_id: UUID, body: DayIn, db: Db, actor: MayManage, today: Today
) -> CoverOut:
    """Free the cap of a contract that has ended and was not claimed."""
    on = body.on or today
    days.require_come(on, member="on", today=today)
    async with db.begin() as session:
        row = await operations.release_cover(session, cover_id, on=on, actor=actor)
    return CoverOut.of(row)


@router.post("/guarantee-covers/{cover_id}/claims", status_code=201)
async def file_claim(
    cover_id: UUID, body: DayIn, db: Db, actor: MayClaim, today: Today
) -> ClaimOut:
    """File a claim on a cover whose loan is late enough."""
    on = body.on or today
    days.require_come(on, member="on", today=today)
    async with db.begin() as session:
        row = await claims.file_claim(session, cover_id, on=on, evidence=body.evidence, actor=actor)
        return ClaimOut.of(row, await queries.steps(session, row.claim_id))


@router.get("/guarantee-claims/{claim_id}")
async def read_claim(claim_id: UUID, db: Db, actor: MayRead) -> ClaimOut:
    """Read a claim with what it went through."""
    async with db() as session:
        row = await queries.claim(session, claim_id)
        return ClaimOut.of(row, await queries.steps(session, claim_id))


@router.post("/guarantee-claims/{claim_id}/steps", status_code=201, response_model=ClaimOut)
async def take_guarantee_step(
    claim_id: UUID, body: StepIn, db: Db, actor: MayManage, today: Today, key: IdempotencyKey
) -> Response:
    """Take a claim on: submit, accept or refuse, pay, and share what the borrower pays after.

    Whoever filed the claim does not book its payment, and nobody takes back a step of their own.
    """
    on = body.on or today
    days.require_come(on, member="on", today=today)
    step = Step(
        event=ClaimEvent(body.event),
        on=on,
        amount=None if body.amount is None else body.amount.money(),
        evidence=body.evidence,
        channel=Channel(body.channel),
    )

    async def work(session: AsyncSession) -> ClaimOut:
        row = await claims.take_step(session, claim_id, step, actor=actor)
        return ClaimOut.of(row, await queries.steps(session, claim_id))

    target = f"POST /loans/v1/guarantee-claims/{claim_id}/steps"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)
