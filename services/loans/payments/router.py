"""The routes of payments: ask a wallet for money, take callbacks, see what became of them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contract_queries
from services.loans.deps import Db, IdempotencyKey, Now
from services.loans.domain.borrower import phone_number
from services.loans.domain.collecting import (
    AmountNotPositive,
    ContractIsClosed,
    ContractNotPaidOut,
)
from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.paying import Direction, PaymentStatus
from services.loans.funds.queries import country as country_of
from services.loans.payments import operations, queries
from services.loans.payments.desk import PaymentDesk
from services.loans.payments.schemas import (
    CollectionIn,
    PaymentDetailOut,
    PaymentOut,
    ReceivedOut,
)
from shared import idempotency, ids
from shared.auth import Actor, Role, require
from shared.ids import ContractId, PaymentId
from shared.money import CurrencyMismatch
from shared.schemas import PageOut
from shared.web import PageQuery

router = APIRouter(prefix="/loans/v1", tags=["payments"])

MayCollect = Annotated[Actor, require(Role.OFFICER)]
MayRead = Annotated[
    Actor, require(Role.OFFICER, Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR)
]
RAIL = "sandbox"


@router.post("/contracts/{contract_id}/collections", status_code=201, response_model=PaymentOut)
async def collect_payment(
    contract_id: UUID,
    body: CollectionIn,
    request: Request,
    db: Db,
    actor: MayCollect,
    key: IdempotencyKey,
    later: BackgroundTasks,
) -> Response:
    """Ask a borrower's wallet for a repayment; it is booked when the money has arrived."""
    desk: PaymentDesk = request.app.state.payments
    desk.require(RAIL)
    payment_id, amount = PaymentId(ids.new()), body.amount.money()
    if not amount.is_positive:
        raise AmountNotPositive(amount=amount)

    async def work(session: AsyncSession) -> PaymentOut:
        row = await contract_queries.contract(session, contract_id, branch_ids=actor.branch_ids)
        if row.status == ContractStatus.CLOSED:
            raise ContractIsClosed(contract_id=ContractId(contract_id), amount=amount)
        if row.status != ContractStatus.ACTIVE:
            raise ContractNotPaidOut(contract_id=ContractId(contract_id), state=row.status)
        if amount.currency != row.currency:
            raise CurrencyMismatch(left=row.currency, right=amount.currency)
        phone = phone_number(body.phone, country=await country_of(session))
        payment = await operations.request_payment(
            session,
            payment_id=payment_id,
            direction=Direction.INBOUND,
            rail=RAIL,
            contract_id=ContractId(contract_id),
            amount=amount,
            phone_sealed=desk.sealer.seal(actor.institution_id, phone.encode()),
            actor_id=actor.id,
        )
        return PaymentOut.of(payment)

    target = f"POST /loans/v1/contracts/{contract_id}/collections"
    answer = await idempotency.run_once(
        db, target, body=body, actor_id=actor.id, key=key, work=work
    )
    later.add_task(desk.send, actor.institution_id, payment_id)
    answer.background = later
    return answer


@router.get("/payments")
async def list_payments(
    db: Db, actor: MayRead, page: PageQuery, status: PaymentStatus | None = None
) -> PageOut[PaymentOut]:
    """List payments of the branches the actor sees, a page at a time."""
    async with db() as session:
        rows = await queries.payments(
            session,
            status=None if status is None else status.value,
            branch_ids=actor.branch_ids,
            page=page,
        )
    kept, cursor = page.cut(rows, key=lambda row: row.payment_id)
    return PageOut[PaymentOut](items=[PaymentOut.of(row) for row in kept], next=cursor)


@router.get("/payments/{payment_id}")
async def read_payment(payment_id: UUID, db: Db, actor: MayRead) -> PaymentDetailOut:
    """Read a payment with everything that was said of it."""
    async with db() as session:
        row = await queries.payment(session, payment_id, branch_ids=actor.branch_ids)
        steps = await queries.steps(session, payment_id)
    return PaymentDetailOut.of(row, steps=steps)


@router.post("/payments/callbacks/sandbox")
async def receive_callback(request: Request, now: Now, later: BackgroundTasks) -> ReceivedOut:
    """Take what the sandbox wallet says by itself: signed, kept, answered, then heard.

    The header X-Sandbox-Signature signs time and body; nothing else lets a message in.
    """
    desk: PaymentDesk = request.app.state.payments
    message = desk.require(RAIL).read_callback(request.headers, await request.body(), now=now)
    message_id = await desk.keep(message, rail=RAIL, kind="callback")
    later.add_task(desk.settle, message, message_id)
    return ReceivedOut()
