"""Which fact of an earlier slice does which later slice act on?

A payment that has arrived is booked by the slice it was for: a loan paid out by disbursements, a
collection by repayments, as a recovery where the loan was written off meanwhile, as the borrower's
own where the contract was closed. Each is idempotent by the payment's id, and done again until it
is done. What scoring tells is kept by advice, each fact once.
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.advice import operations as advice
from services.loans.advice.operations import HeardRun
from services.loans.biller.rail import BillRail
from services.loans.deps import Days
from services.loans.disbursements import operations as disbursements
from services.loans.domain.collecting import ContractWrittenOff, ReceiveRepayment
from services.loans.domain.journal import Channel
from services.loans.domain.paying import Direction, PaymentStatus
from services.loans.payments import operations as payments
from services.loans.payments import queries as payment_queries
from services.loans.payments.desk import PaymentDesk
from services.loans.payments.sealing import Sealer, kept_secret
from services.loans.payments.tables import PaymentRow
from services.loans.rails.protocol import Rail
from services.loans.rails.sandbox import SandboxWallet
from services.loans.repayments.batch import RepaymentBook
from services.loans.servicing import recovering
from shared.clients.loans import FeedEvent
from shared.clients.scoring_runs import ScoringRuns
from shared.clock import Clock
from shared.db import Database
from shared.errors import RafidError
from shared.following import Effect, Follower
from shared.ids import ContractId, InstitutionId, PaymentId
from shared.money import Money
from shared.scoring_events import AssignmentRunApproved, RateReviewDecided

SCORING = "scoring"


def open_desk(
    database: Database,
    *,
    folder: Path,
    http: httpx.AsyncClient,
    clock: Clock,
    days: Days,
    with_sandbox: bool,
) -> PaymentDesk:
    """Open the payment desk, with the sandbox wallet behind it where it is wanted.

    `http` reaches our own routes, where the wallet calls back. Both secrets are made at random
    at the first start and kept in the data folder.
    """
    rails: dict[str, Rail] = {}
    if with_sandbox:
        secret = kept_secret(folder, "sandbox-wallet.key")
        wallet = SandboxWallet(database, http=http, secret=secret, clock=clock)
        rails[wallet.name] = wallet
    sealer = Sealer(kept_secret(folder, "payments.key"))
    bills = BillRail(database, sealer=sealer, clock=clock)
    rails[bills.name] = bills
    return PaymentDesk(
        database,
        rails=rails,
        sealer=sealer,
        clock=clock,
        days=days,
    )


def subscribe(desk: PaymentDesk, *, book: RepaymentBook, days: Days) -> None:
    """Tell the payment desk who books what has arrived."""

    async def pay_out(institution_id: InstitutionId, payment: PaymentRow) -> None:
        async with desk.database.begin(institution_id) as session:
            now = await payment_queries.find_payment(session, payment.payment_id, lock=True)
            if now is None or now.status != PaymentStatus.COMPLETED:
                return  # the provider took it back meanwhile: nothing has reached the borrower
            await disbursements.complete_disbursement(
                session,
                contract_id=ContractId(payment.contract_id),
                payment_id=payment.payment_id,
                completed_on=_completed_on(payment),
                actor_id=payment.actor_id,
            )
            await payments.mark_booked(session, PaymentId(payment.payment_id), at=desk.clock.now())

    async def repay(institution_id: InstitutionId, payment: PaymentRow) -> None:
        today = await days.today(institution_id)
        async with desk.database.begin(institution_id) as session:
            # Locked while the book writes through its own connection: what is said meanwhile is
            # heard after, and finds the payment booked.
            now = await payment_queries.find_payment(session, payment.payment_id, lock=True)
            if now is None or now.status != PaymentStatus.COMPLETED:
                return  # the provider took it back meanwhile: nothing has come
            signed_on = await payment_queries.signed_on(session, payment.contract_id)
            command = _repayment(payment, today=today, signed_on=signed_on)
            (outcome,) = await book.receive(institution_id, [command])
            if isinstance(outcome, ContractWrittenOff):
                await recovering.recover(session, command)
            elif isinstance(outcome, RafidError):
                raise outcome
            await payments.mark_booked(session, PaymentId(payment.payment_id), at=desk.clock.now())

    desk.on_completed(Direction.OUTBOUND, pay_out)
    desk.on_completed(Direction.INBOUND, repay)


def _repayment(payment: PaymentRow, *, today: date, signed_on: date) -> ReceiveRepayment:
    """Ask for what has come to be booked: never on a day before signature, which is refused."""
    key = f"payment {payment.payment_id}"  # no caller's key holds a space: none can take ours
    received_on = max(_completed_on(payment), signed_on)
    return ReceiveRepayment(
        contract_id=ContractId(payment.contract_id),
        amount=Money(payment.amount_minor, payment.currency),
        received_on=received_on,
        today=max(today, received_on),
        channel=Channel.WALLET,
        actor_id=payment.actor_id,
        key=key,
        request_hash=hashlib.sha256(key.encode()).digest(),
        payment_id=payment.payment_id,
    )


def _completed_on(payment: PaymentRow) -> date:
    if payment.completed_on is None:
        raise ValueError(f"the payment {payment.payment_id} is not completed")
    return payment.completed_on


def hear_scoring(database: Database, runs: ScoringRuns) -> Follower:
    """Follow scoring: which fund an approved run proposes, which review was decided."""

    async def hear(institution_id: InstitutionId, told: Sequence[FeedEvent]) -> Effect:
        heard = [await _heard_run(runs, institution_id, item) for item in told if _is_run(item)]
        decided = [item for item in told if item.type == RateReviewDecided.type]

        async def keep(session: AsyncSession) -> None:
            for run in heard:
                await advice.keep_run(session, run)
            for item in decided:
                event = RateReviewDecided.model_validate(item.data)
                await advice.keep_review(
                    session, event, decided_at=item.time, sequence=item.sequence
                )

        return keep

    return Follower(database=database, source=SCORING, feed=runs, hear=hear)


def _is_run(told: FeedEvent) -> bool:
    return told.type == AssignmentRunApproved.type


async def _heard_run(runs: ScoringRuns, institution_id: InstitutionId, told: FeedEvent) -> HeardRun:
    """A run with its lines, asked for before anything is written."""
    event = AssignmentRunApproved.model_validate(told.data)
    return HeardRun(
        event=event,
        lines=await runs.lines_of(event.run_id, institution_id=institution_id),
        approved_at=told.time,
        sequence=told.sequence,
    )
