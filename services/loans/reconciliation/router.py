"""The routes of reconciliation: plan, run, look at what differs, propose, decide."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.deps import Db, IdempotencyKey, Now, Today
from services.loans.domain.authority import Outcome as Decision
from services.loans.reconciliation import deciding, operations, proposing, queries
from services.loans.reconciliation.schemas import (
    FeeIn,
    HoldIn,
    JudgementOut,
    MatchIn,
    MissingPaymentIn,
    ReconciledOut,
    ReconciliationDecisionIn,
    ReconciliationPlanIn,
    ReconciliationPlanOut,
    ReconciliationProposalOut,
    ReconciliationRunIn,
    State,
    SuspenseMoveIn,
    SuspenseOut,
)
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.schemas import PageOut
from shared.web import PageQuery

router = APIRouter(prefix="/loans/v1/reconciliation", tags=["reconciliation"])

MayPlan = Annotated[Actor, require(Role.FUNDS_MANAGER, Role.ADMINISTRATOR)]
MayPropose = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayDecide = Annotated[Actor, require(Role.APPROVER, Role.FUNDS_MANAGER)]
MayRead = Annotated[
    Actor, require(Role.APPROVER, Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR)
]
Proposal = MatchIn | HoldIn | SuspenseMoveIn | FeeIn | MissingPaymentIn


@router.post("/plans", status_code=201)
async def set_reconciliation_plan(
    body: ReconciliationPlanIn, db: Db, actor: MayPlan
) -> ReconciliationPlanOut:
    """Say how a real account is reconciled, since when, and who answers for what differs."""
    async with db.begin() as session:
        row = await operations.set_plan(
            session, body.money_account_id, body.plan(actor_id=actor.id), actor_id=actor.id
        )
        return ReconciliationPlanOut.of(row)


@router.get("/plans/{money_account_id}")
async def read_reconciliation_plan(
    money_account_id: UUID, db: Db, actor: MayRead
) -> ReconciliationPlanOut:
    """Read how a real account is reconciled."""
    async with db() as session:
        return ReconciliationPlanOut.of(await queries.plan(session, money_account_id))


@router.post("/runs", status_code=201, response_model=ReconciledOut)
async def run_reconciliation(
    body: ReconciliationRunIn,
    request: Request,
    db: Db,
    actor: MayPropose,
    today: Today,
    now: Now,
    key: IdempotencyKey,
) -> Response:
    """Hold the statements of a real account against the books now, and not only every day.

    What came in and nobody explains is put into suspense; payments that a statement names have
    arrived. Over the same lines and movements it does nothing.
    """

    async def work(session: AsyncSession) -> ReconciledOut:
        found = await operations.reconcile(
            session, body.money_account_id, today=today, at=now, actor_id=actor.id
        )
        return ReconciledOut.of(found)

    target = "POST reconciliation/runs"
    answer = await idempotency.run_once(
        db, target, body=body, actor_id=actor.id, key=key, work=work
    )
    await operations.tell_payments(
        db,
        request.app.state.payments,
        actor.institution_id,
        money_account_id=body.money_account_id,
    )
    return answer


@router.get("/judgements")
async def list_judgements(
    money_account_id: UUID,
    db: Db,
    actor: MayRead,
    today: Today,
    page: PageQuery,
    state: State | None = None,
) -> PageOut[JudgementOut]:
    """List what was last said of lines, payments and movements of a real account."""
    async with db() as session:
        rows = await queries.judgements(session, money_account_id, state=state, page=page)
    kept, cursor = page.cut(rows, key=lambda row: row.subject_id)
    return PageOut(items=[JudgementOut.of(row, on=today) for row in kept], next=cursor)


@router.get("/suspense")
async def list_suspense_money(
    money_account_id: UUID,
    db: Db,
    actor: MayRead,
    today: Today,
    page: PageQuery,
    *,
    only_open: bool = True,
) -> PageOut[SuspenseOut]:
    """List the money of a real account that nobody has explained, with its age."""
    async with db() as session:
        rows = await queries.held(session, money_account_id, only_open=only_open, page=page)
    kept, cursor = page.cut(rows, key=lambda row: row.line_id)
    return PageOut(items=[SuspenseOut.of(row, today=today) for row in kept], next=cursor)


@router.post("/matches", status_code=201, response_model=ReconciliationProposalOut)
async def propose_statement_match(
    body: MatchIn, db: Db, actor: MayPropose, today: Today, key: IdempotencyKey
) -> Response:
    """Propose that lines are these payments and movements; another person approves it."""
    return await _propose(body, db, actor, today=today, key=key, name="matches")


@router.post("/suspense", status_code=201, response_model=ReconciliationProposalOut)
async def propose_suspense(
    body: HoldIn, db: Db, actor: MayPropose, today: Today, key: IdempotencyKey
) -> Response:
    """Propose to put a line into suspense although something near it might explain it."""
    return await _propose(body, db, actor, today=today, key=key, name="suspense")


@router.post("/suspense/moves", status_code=201, response_model=ReconciliationProposalOut)
async def propose_suspense_move(
    body: SuspenseMoveIn, db: Db, actor: MayPropose, today: Today, key: IdempotencyKey
) -> Response:
    """Propose to pay money in suspense into a contract, or to send it back."""
    return await _propose(body, db, actor, today=today, key=key, name="suspense/moves")


@router.post("/fees", status_code=201, response_model=ReconciliationProposalOut)
async def propose_provider_fee(
    body: FeeIn, db: Db, actor: MayPropose, today: Today, key: IdempotencyKey
) -> Response:
    """Propose to book what a provider kept or charged as an expense: an entry by hand."""
    return await _propose(body, db, actor, today=today, key=key, name="fees")


@router.post("/missing-payments", status_code=201, response_model=ReconciliationProposalOut)
async def propose_missing_payment(
    body: MissingPaymentIn, db: Db, actor: MayPropose, today: Today, key: IdempotencyKey
) -> Response:
    """Propose that a payment which a closed statement does not hold was not made."""
    return await _propose(body, db, actor, today=today, key=key, name="missing-payments")


async def _propose(
    body: Proposal, db: Db, actor: Actor, *, today: Today, key: str, name: str
) -> Response:
    async def work(session: AsyncSession) -> ReconciliationProposalOut:
        row = await proposing.propose(
            session, body.money_account_id, body.asked(), today=today, actor=actor
        )
        return ReconciliationProposalOut.of(row)

    target = f"POST reconciliation/{name}"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.get("/proposals")
async def list_reconciliation_proposals(
    money_account_id: UUID, db: Db, actor: MayRead, page: PageQuery
) -> PageOut[ReconciliationProposalOut]:
    """List the proposals about a real account in the order in which they were made."""
    async with db() as session:
        found = await queries.proposals(session, money_account_id, page=page)
    kept, cursor = page.cut(found, key=lambda one: one[0].proposal_id)
    return PageOut(items=[ReconciliationProposalOut.of(*one) for one in kept], next=cursor)


@router.post(
    "/proposals/{proposal_id}/approval",
    status_code=201,
    response_model=ReconciliationProposalOut,
)
async def decide_reconciliation_proposal(
    proposal_id: UUID,
    body: ReconciliationDecisionIn,
    request: Request,
    db: Db,
    actor: MayDecide,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Do or reject what another person proposed."""

    async def work(session: AsyncSession) -> ReconciliationProposalOut:
        decided = await deciding.decide(
            session,
            proposal_id,
            decision=Decision(body.outcome),
            book=request.app.state.repayment_book,
            today=today,
            actor=actor,
        )
        return ReconciliationProposalOut.of(await queries.proposal(session, proposal_id), decided)

    target = f"POST reconciliation/proposals/{proposal_id}/approval"
    answer = await idempotency.run_once(
        db, target, body=body, actor_id=actor.id, key=key, work=work
    )
    async with db() as session:
        account_id = (await queries.proposal(session, proposal_id)).money_account_id
    await operations.tell_payments(
        db, request.app.state.payments, actor.institution_id, money_account_id=account_id
    )
    return answer
