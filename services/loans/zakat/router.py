"""The routes of zakat given: cases that count a person to a class, and grants."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.borrowers import operations as borrower_operations
from services.loans.borrowers import queries as borrowers
from services.loans.deps import Db, IdempotencyKey, Today
from services.loans.domain.borrower import AccessPurpose
from services.loans.zakat import granting, operations, queries
from services.loans.zakat.schemas import (
    CaseDecisionIn,
    CaseIn,
    CaseOut,
    EndIn,
    GrantIn,
    GrantOut,
    GrantPaymentIn,
    GrantReversalIn,
    HandoverIn,
)
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.ids import BorrowerId
from shared.schemas import PageOut
from shared.web import AskedLanguage, PageQuery

router = APIRouter(prefix="/loans/v1/zakat", tags=["zakat"])

MayOpen = Annotated[Actor, require(Role.OFFICER)]
MayDecide = Annotated[Actor, require(Role.APPROVER)]
MayEnter = Annotated[Actor, require(Role.OFFICER, Role.FUNDS_MANAGER)]
MayPay = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayRead = Annotated[Actor, require(Role.OFFICER, Role.APPROVER, Role.FUNDS_MANAGER, Role.AUDITOR)]


@router.post("/cases", status_code=201)
async def open_case(
    body: CaseIn, db: Db, actor: MayOpen, today: Today, language: AskedLanguage
) -> CaseOut:
    """Open a person's case: the system proposes a class with its reasons, and decides nothing."""
    async with db.begin() as session:
        case = await operations.open_case(session, body.opening(on=today), actor=actor)
        await session.refresh(case.row)
    return CaseOut.of(case, language=language)


@router.get("/cases")
async def list_cases(
    db: Db,
    actor: MayRead,
    page: PageQuery,
    language: AskedLanguage,
    borrower_id: UUID,
) -> PageOut[CaseOut]:
    """List the cases of a person within reach, a page at a time."""
    async with db.begin() as session:
        await borrowers.borrower(session, BorrowerId(borrower_id), actor=actor)
        await _read(session, borrower_id, actor=actor)
        found = await queries.cases(session, borrower_id=borrower_id, page=page)
    kept, cursor = page.cut(found, key=lambda one: one.row.eligibility_id)
    items = [CaseOut.of(one, language=language) for one in kept]
    return PageOut[CaseOut](items=items, next=cursor)


@router.get("/cases/{eligibility_id}")
async def read_case(
    eligibility_id: UUID, db: Db, actor: MayRead, language: AskedLanguage
) -> CaseOut:
    """Read a case with its reasons and what was decided."""
    async with db.begin() as session:
        case = await _case_in_reach(session, eligibility_id, actor=actor)
        await _read(session, case.row.borrower_id, actor=actor)
    return CaseOut.of(case, language=language)


@router.post("/cases/{eligibility_id}/decision", status_code=201)
async def decide_case(
    eligibility_id: UUID,
    body: CaseDecisionIn,
    db: Db,
    actor: MayDecide,
    today: Today,
    language: AskedLanguage,
) -> CaseOut:
    """Decide to which class a person is counted, as another than who opened the case."""
    async with db.begin() as session:
        await _case_in_reach(session, eligibility_id, actor=actor)
        case = await operations.decide_case(
            session, eligibility_id, body.decision(), on=today, actor=actor
        )
    return CaseOut.of(case, language=language)


@router.post("/cases/{eligibility_id}/end", status_code=201)
async def end_case(
    eligibility_id: UUID,
    body: EndIn,
    db: Db,
    actor: MayDecide,
    today: Today,
    language: AskedLanguage,
) -> CaseOut:
    """End a decision before it expires; what was given stays given."""
    async with db.begin() as session:
        await _case_in_reach(session, eligibility_id, actor=actor)
        case = await operations.end_case(
            session, eligibility_id, reason=body.reason, on=today, actor=actor
        )
    return CaseOut.of(case, language=language)


@router.post("/grants", status_code=201, response_model=GrantOut)
async def enter_grant(
    body: GrantIn, db: Db, actor: MayEnter, today: Today, key: IdempotencyKey
) -> Response:
    """Enter a grant that another person will pay; no money moves yet."""

    async def work(session: AsyncSession) -> GrantOut:
        return GrantOut.of(
            await granting.enter_grant(session, body.entering(), on=today, actor=actor)
        )

    target = "POST /loans/v1/zakat/grants"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.get("/grants")
async def list_grants(fund_id: UUID, db: Db, actor: MayRead, page: PageQuery) -> PageOut[GrantOut]:
    """List the grants out of a fund, a page at a time."""
    async with db() as session:
        found = await queries.grants(session, fund_id=fund_id, page=page)
    kept, cursor = page.cut(found, key=lambda one: one.row.grant_id)
    return PageOut[GrantOut](items=[GrantOut.of(one) for one in kept], next=cursor)


@router.get("/grants/{grant_id}")
async def read_grant(grant_id: UUID, db: Db, actor: MayRead) -> GrantOut:
    """Read a grant and where it is."""
    async with db() as session:
        return GrantOut.of(await queries.grant(session, grant_id))


@router.post("/grants/{grant_id}/payment", status_code=201, response_model=GrantOut)
async def pay_grant(
    grant_id: UUID,
    body: GrantPaymentIn,
    db: Db,
    actor: MayPay,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Pay a grant that another person entered; every rule is asked anew under lock."""

    async def work(session: AsyncSession) -> GrantOut:
        paid = await granting.pay_grant(
            session, grant_id, on=body.paid_on or today, today=today, actor=actor
        )
        return GrantOut.of(paid)

    target = f"POST /loans/v1/zakat/grants/{grant_id}/payment"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/grants/{grant_id}/handover", status_code=201)
async def hand_over(
    grant_id: UUID, body: HandoverIn, db: Db, actor: MayEnter, today: Today
) -> GrantOut:
    """Record that the receiver accepted what was given: it is the receiver's own for good."""
    async with db.begin() as session:
        grant = await granting.hand_over(
            session,
            grant_id,
            accepted_by=body.accepted_by,
            evidence=body.evidence,
            on=body.handed_on or today,
            today=today,
            actor=actor,
        )
    return GrantOut.of(grant)


@router.post("/grants/{grant_id}/reversal", status_code=201, response_model=GrantOut)
async def reverse_grant(
    grant_id: UUID,
    body: GrantReversalIn,
    db: Db,
    actor: MayPay,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Take back a payment that reached nobody, as another than who paid it."""

    async def work(session: AsyncSession) -> GrantOut:
        back = await granting.reverse_grant(
            session,
            grant_id,
            reason=body.reason,
            on=body.reversed_on or today,
            today=today,
            actor=actor,
        )
        return GrantOut.of(back)

    target = f"POST /loans/v1/zakat/grants/{grant_id}/reversal"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


async def _case_in_reach(
    session: AsyncSession, eligibility_id: UUID, *, actor: Actor
) -> queries.Case:
    """A case of a person within the actor's reach; raises what finding it raises."""
    case = await queries.case(session, eligibility_id)
    await borrowers.borrower(session, BorrowerId(case.row.borrower_id), actor=actor)
    return case


async def _read(session: AsyncSession, borrower_id: UUID, *, actor: Actor) -> None:
    """Write down that a person's need was read."""
    await borrower_operations.record_access(
        session, [borrower_id], purpose=AccessPurpose.APPROVAL, actor=actor
    )
