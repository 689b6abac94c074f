"""The routes of disbursements: pay a signed contract out, see what was paid."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contract_queries
from services.loans.deps import Db, IdempotencyKey, Today
from services.loans.disbursements import operations, queries
from services.loans.disbursements.operations import Payout
from services.loans.disbursements.schemas import (
    DisbursementIn,
    DisbursementOut,
    DisbursementsOut,
    PayoutOut,
)
from services.loans.domain import days
from services.loans.domain.borrower import phone_number
from services.loans.domain.journal import Channel
from services.loans.funds.queries import country as country_of
from services.loans.payments.desk import PaymentDesk
from services.loans.payments.router import RAIL
from shared import idempotency, ids
from shared.auth import Actor, Role, require
from shared.ids import ContractId, PaymentId
from shared.money import Money

router = APIRouter(prefix="/loans/v1/contracts", tags=["disbursements"])

MayPayOut = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayRead = Annotated[
    Actor,
    require(Role.OFFICER, Role.APPROVER, Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR),
]


@router.post("/{contract_id}/disbursements", status_code=201, response_model=PayoutOut)
async def disburse(
    contract_id: UUID,
    body: DisbursementIn,
    request: Request,
    db: Db,
    actor: MayPayOut,
    today: Today,
    key: IdempotencyKey,
    later: BackgroundTasks,
) -> Response:
    """Pay a signed contract out, or its next tranche: cash and bank are booked at once, a wallet
    when the money has arrived.
    """
    desk: PaymentDesk = request.app.state.payments
    disbursed_on = body.disbursed_on or today
    days.require_come(disbursed_on, member="disbursed_on", today=today)
    payment_id = PaymentId(ids.new())

    async def amount(session: AsyncSession) -> Money | None:
        seen = await contract_queries.contract(session, contract_id, branch_ids=actor.branch_ids)
        return body.money(currency=seen.currency)

    async def at_once(session: AsyncSession) -> PayoutOut:
        payout = Payout(
            contract_id=ContractId(contract_id),
            disbursed_on=disbursed_on,
            channel=body.channel,
            amount=await amount(session),
            tranche=body.tranche,
        )
        (row,) = await operations.disburse_contracts(session, [payout], actor=actor)
        return PayoutOut.booked(row)

    async def over_wallet(session: AsyncSession) -> PayoutOut:
        phone = phone_number(body.phone or "", country=await country_of(session))
        row = await operations.request_disbursement(
            session,
            ContractId(contract_id),
            payment_id=payment_id,
            rail=RAIL,
            phone_sealed=desk.sealer.seal(actor.institution_id, phone.encode()),
            on=today,
            actor=actor,
            amount=await amount(session),
            tranche=body.tranche,
        )
        return PayoutOut.under_way(row)

    is_wallet = body.channel is Channel.WALLET
    if is_wallet:
        desk.require(RAIL)
    target = f"POST /loans/v1/contracts/{contract_id}/disbursements"
    work = over_wallet if is_wallet else at_once
    answer = await idempotency.run_once(
        db, target, body=body, actor_id=actor.id, key=key, work=work
    )
    if is_wallet:
        later.add_task(desk.send, actor.institution_id, payment_id)
        answer.background = later
    return answer


@router.get("/{contract_id}/disbursements")
async def list_disbursements(contract_id: UUID, db: Db, actor: MayRead) -> DisbursementsOut:
    """List what was paid out on a contract."""
    async with db() as session:
        await contract_queries.contract(session, contract_id, branch_ids=actor.branch_ids)
        rows = await queries.disbursements_of(session, contract_id)
    return DisbursementsOut(items=[DisbursementOut.of(row) for row in rows])
