"""How does one propose, and another approve, what a fund does with its own money?"""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.authority import Outcome
from services.loans.domain.days import require_come
from services.loans.domain.journal import Channel
from services.loans.domain.servicing.orders import OrderReason
from services.loans.domain.servicing.refusals import OrderDayNotPossible
from services.loans.domain.zakat import collecting
from services.loans.funds import queries as fund_queries
from services.loans.funds import returning
from services.loans.servicing import queries
from services.loans.servicing.operations import OrderMakerDecides, OrderNotWaiting
from services.loans.servicing.outcomes import FundOrder, FundOrderKind
from services.loans.servicing.tables import FundOrderDecisionRow, FundOrderRow
from services.loans.zakat_payers import queries as zakat_payers
from shared import ids, tenancy
from shared.auth import Actor
from shared.ids import EntryId, FundId
from shared.money import Money


async def propose_receipt_reversal(
    session: AsyncSession,
    *,
    fund_id: FundId,
    receipt_id: UUID,
    reason: OrderReason,
    on: date,
    actor: Actor,
    today: date,
) -> FundOrder:
    """Propose to take back what was booked into a fund.

    What a known payer gave as zakat goes back by the payer's consent alone. Raises FundNotFound,
    ReceiptUnknown, ReceiptReversed, FundExhausted, PayerConsentMissing, OrderDayNotPossible.
    """
    receipt = await returning.reversible_receipt(session, fund_id=fund_id, receipt_id=receipt_id)
    known, consented = await zakat_payers.consent_state(session, receipt_id)
    collecting.require_consent(receipt_id, payer_known=known, consented=consented)
    if not receipt.received_on <= on <= today:
        raise OrderDayNotPossible(effective_on=on, earliest=receipt.received_on, latest=today)
    return await _propose(
        session,
        FundOrderRow(
            institution_id=tenancy.institution_of(session),
            order_id=ids.new(),
            fund_id=fund_id,
            kind=FundOrderKind.RECEIPT_REVERSAL.value,
            reason=reason.value,
            effective_on=on,
            receipt_id=receipt_id,
            amount_minor=receipt.amount_minor,
            currency=receipt.currency,
            source=receipt.channel,
            target=None,
            actor_id=actor.id,
        ),
    )


async def propose_transfer(
    session: AsyncSession,
    *,
    fund_id: FundId,
    amount: Money,
    source: Channel,
    target: Channel,
    reason: OrderReason,
    on: date,
    actor: Actor,
    today: date,
) -> FundOrder:
    """Propose to move a fund's money between its cash, its wallet and its bank.

    Raises FundNotFound, CurrencyMismatch, AmountNotPositive, FundExhausted, DayNotCome.
    """
    require_come(on, member="effective_on", today=today)
    fund = (await fund_queries.locked_funds(session, [fund_id]))[fund_id]
    _ = amount + Money.zero(fund.currency)  # another currency raises CurrencyMismatch
    await returning.require_held(session, fund, amount, source)
    return await _propose(
        session,
        FundOrderRow(
            institution_id=tenancy.institution_of(session),
            order_id=ids.new(),
            fund_id=fund_id,
            kind=FundOrderKind.CHANNEL_TRANSFER.value,
            reason=reason.value,
            effective_on=on,
            receipt_id=None,
            amount_minor=amount.minor,
            currency=amount.currency,
            source=source.value,
            target=target.value,
            actor_id=actor.id,
        ),
    )


async def decide_on(
    session: AsyncSession, order_id: UUID, *, outcome: Outcome, actor: Actor
) -> FundOrder:
    """Approve or reject an order on a fund; an approval books it.

    Raises OrderUnknown, OrderNotWaiting, OrderMakerDecides, PeriodClosed, and what proposing it
    raises.
    """
    row = await queries.fund_order(session, order_id)
    await fund_queries.locked_funds(session, [FundId(row.fund_id)])
    decision = await queries.find_fund_decision(session, order_id)
    before = FundOrder(row=row, decision=decision)
    if before.state != "proposed":
        raise OrderNotWaiting(order_id=order_id, state=before.state)
    if row.actor_id == actor.id:
        raise OrderMakerDecides(order_id=order_id)
    entry_id = None
    if outcome is Outcome.APPROVE:
        entry_id = await _book(session, row, actor_id=actor.id)
    decided = FundOrderDecisionRow(
        institution_id=row.institution_id,
        order_id=order_id,
        outcome=outcome.value,
        entry_id=entry_id,
        actor_id=actor.id,
    )
    session.add(decided)
    await session.flush()
    return FundOrder(row=row, decision=decided)


async def _propose(session: AsyncSession, row: FundOrderRow) -> FundOrder:
    session.add(row)
    await session.flush()
    return FundOrder(row=row)


async def _book(session: AsyncSession, row: FundOrderRow, *, actor_id: UUID) -> EntryId:
    if row.receipt_id is not None:
        back = await returning.reverse_receipt(
            session,
            fund_id=FundId(row.fund_id),
            receipt_id=row.receipt_id,
            on=row.effective_on,
            actor_id=actor_id,
        )
        return EntryId(back.entry_id)
    return await returning.move_money(
        session,
        fund_id=FundId(row.fund_id),
        order_id=row.order_id,
        amount=Money(row.amount_minor, row.currency),
        source=Channel(row.source),
        target=Channel(row.target or row.source),
        on=row.effective_on,
        actor_id=actor_id,
    )
