"""The routes of agreements: pledge, agree, receive instalments, tell results, exchange."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.agreements import measuring, operations, queries
from services.loans.agreements.queries import Agreed
from services.loans.agreements.schemas import (
    AgreementIn,
    AgreementOut,
    FigureIn,
    FigureOut,
    OverdueOut,
    conditions_out,
)
from services.loans.deps import Db, Today
from services.loans.domain import agreement_dues
from services.loans.servicing.schemas import ApprovalIn
from shared.auth import Actor, Role, require
from shared.schemas import Day, MoneyBody, PageOut
from shared.web import PageQuery

router = APIRouter(prefix="/loans/v1", tags=["agreements"])

MayManage = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayDecide = Annotated[Actor, require(Role.APPROVER, Role.FUNDS_MANAGER)]
MayRead = Annotated[
    Actor, require(Role.FUNDS_MANAGER, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR)
]
Number = Annotated[int, Path(ge=1, le=agreement_dues.INSTALMENTS_MAX)]
OVERDUE_AGREEMENTS = 500


@router.post("/agreements", status_code=201)
async def propose_agreement(
    body: AgreementIn, db: Db, actor: MayManage, today: Today
) -> AgreementOut:
    """Enter what was signed; it holds once another person has approved it."""
    draft = body.draft()
    async with db.begin() as session:
        agreed = await operations.propose(session, draft, actor=actor, today=today)
        return await _read(session, agreed, on=today)


@router.post("/agreements/{agreement_id}/approval", status_code=201)
async def decide_agreement(
    agreement_id: UUID, body: ApprovalIn, db: Db, actor: MayDecide, today: Today
) -> AgreementOut:
    """Approve or reject an agreement that another person entered."""
    async with db.begin() as session:
        agreed = await operations.decide(
            session, agreement_id, outcome=body.outcome, actor=actor, today=today
        )
        return await _read(session, agreed, on=today)


@router.get("/agreements")
async def list_agreements(
    db: Db, _actor: MayRead, page: PageQuery, today: Today, fund_id: UUID | None = None
) -> PageOut[AgreementOut]:
    """List the agreements, of one fund or of all, as they stand today."""
    async with db(snapshot=True) as session:
        rows = await queries.agreements(session, fund_id=fund_id, page=page)
        kept, cursor = page.cut(rows, key=lambda row: row.agreement_id)
        parts = await queries.instalments(session, [row.agreement_id for row in kept])
        items = [
            AgreementOut.of(
                Agreed(row=row, decision=await queries.find_decision(session, row.agreement_id)),
                on=today,
                instalments=parts.get(row.agreement_id, []),
            )
            for row in kept
        ]
    return PageOut[AgreementOut](items=items, next=cursor)


@router.get("/agreements/{agreement_id}")
async def read_agreement(
    agreement_id: UUID, db: Db, _actor: MayRead, today: Today, on: Day | None = None
) -> AgreementOut:
    """Read an agreement with its instalments, conditions and figures, as due on a day."""
    async with db(snapshot=True) as session:
        agreed = await queries.agreement(session, agreement_id)
        return await _read(session, agreed, on=on or today)


@router.get("/overdue-instalments")
async def list_overdue(
    db: Db,
    _actor: MayRead,
    today: Today,
    on: Day | None = None,
    fund_id: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=OVERDUE_AGREEMENTS)] = OVERDUE_AGREEMENTS,
) -> list[OverdueOut]:
    """List the instalments that should have come by a day, the oldest of each agreement first."""
    day, found = on or today, []
    async with db(snapshot=True) as session:
        wanted = await queries.past_due(session, fund_id=fund_id, on=day, limit=limit)
        parts = await queries.instalments(session, wanted)
        for agreement_id in wanted:
            row = (await queries.agreement(session, agreement_id)).row
            late = agreement_dues.overdue(
                parts[agreement_id], on=day, late_after_days=row.late_after_days
            )
            found += [
                OverdueOut(
                    agreement_id=agreement_id,
                    reference=row.reference,
                    fund_id=row.fund_id,
                    donor_id=row.donor_id,
                    number=one.planned.number,
                    due_on=one.planned.due_on,
                    days_late=since,
                    open=MoneyBody.of(one.open),
                )
                for one, since in late
            ]
    return found


@router.post(
    "/agreements/{agreement_id}/instalments/{number}/conditions/{condition}/figures",
    status_code=201,
)
async def hold_figure(
    agreement_id: UUID,
    number: Number,
    condition: Annotated[int, Path(ge=1, le=10)],
    body: FigureIn,
    db: Db,
    actor: MayManage,
    today: Today,
) -> FigureOut:
    """Count a result from the books, or tell one with evidence, and hold it to its condition."""
    where = {"instalment": number, "number": condition}
    async with db.begin() as session:
        if body.numerator is None or body.evidence is None:
            row = await measuring.count(
                session, agreement_id, **where, as_of=body.as_of, actor=actor, today=today
            )
        else:
            row = await measuring.tell(
                session,
                agreement_id,
                **where,
                as_of=body.as_of,
                numerator=body.numerator,
                denominator=body.denominator,
                evidence=body.evidence,
                actor=actor,
                today=today,
            )
    return FigureOut.of(row, decision=None)


@router.post("/agreement-figures/{figure_id}/approval", status_code=201)
async def confirm_figure(figure_id: UUID, body: ApprovalIn, db: Db, actor: MayDecide) -> FigureOut:
    """Confirm or reject a result that another person told."""
    async with db.begin() as session:
        row = await measuring.confirm(session, figure_id, outcome=body.outcome, actor=actor)
        decision = await queries.find_decision(session, figure_id)
    return FigureOut.of(row, decision=decision)


async def _read(session: AsyncSession, agreed: Agreed, *, on: Day) -> AgreementOut:
    agreement_id = agreed.row.agreement_id
    parts = await queries.instalments(session, [agreement_id])
    conditions = await queries.conditions(session, agreement_id)
    figures = await queries.figures(session, agreement_id)
    return AgreementOut.of(
        agreed,
        on=on,
        instalments=parts.get(agreement_id, []),
        conditions=conditions_out(conditions, figures),
    )
