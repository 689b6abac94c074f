"""How does borrowed money go back to its lender: two persons, and never more than is free?

A payment is proposed, and leaves when another person approves it: the agreement and the fund are
locked, what is owed is folded anew, and the fund must hold the money free of every claim.
"""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.agreements import proposals
from services.loans.agreements import queries as agreements
from services.loans.agreements.tables import AgreementRow
from services.loans.borrowing import queries
from services.loans.borrowing.queries import Drawn
from services.loans.borrowing.tables import LenderBookingRow, LenderPaymentRow
from services.loans.domain import agreement_borrowing, agreement_offer, days
from services.loans.domain.agreement_borrowing import Split
from services.loans.domain.agreement_offer import FacilityForm, InterestNotInForm, Offer
from services.loans.domain.authority import Outcome
from services.loans.domain.collecting import AmountNotPositive
from services.loans.domain.journal import Channel
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.funds import returning, sparing
from services.loans.funds.tables import FundRow
from services.loans.ledger import operations as ledger
from shared import feed, ids
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import EntryId, FundId
from shared.money import Money
from shared.quiet_events import LenderPaid


class LenderPaymentNotStanding(RafidError):
    """The payment to the lender does not stand"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The payment {payment_id} was not made, or was taken back."
    payment_id: UUID


async def propose(
    session: AsyncSession,
    draw_id: UUID,
    *,
    amount: Money,
    paid_on: date,
    channel: Channel,
    actor: Actor,
    today: date,
) -> LenderPaymentRow:
    """Propose to pay a lender what is owed, or a part of it; nothing leaves yet.

    Raises DrawNotPossible, RepaidBeyondOwed, LenderDayNotPossible, AmountNotPositive, DayNotYet.
    """
    days.require_come(paid_on, member="paid_on", today=today)
    drawn, _, _ = await _locked(session, draw_id)
    _require_positive(amount, drawn)
    borrowed = await queries.borrowed(session, drawn)
    agreement_borrowing.repay(borrowed, payment_id=ids.new(), amount=amount, on=paid_on)
    row = LenderPaymentRow(
        institution_id=drawn.row.institution_id,
        payment_id=await proposals.propose(session, "payment", actor=actor),
        draw_id=draw_id,
        kind="repayment",
        amount_minor=amount.minor,
        currency=amount.currency,
        paid_on=paid_on,
        channel=channel.value,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return row


async def propose_share(
    session: AsyncSession,
    draw_id: UUID,
    *,
    declared: Money,
    evidence: str,
    paid_on: date,
    channel: Channel,
    actor: Actor,
    today: date,
) -> LenderPaymentRow:
    """Propose to pay a lender its share of a profit that was declared from accounts.

    Raises DrawNotPossible, InterestNotInForm for a form that shares nothing, DayNotYet.
    """
    days.require_come(paid_on, member="paid_on", today=today)
    drawn, agreed, _ = await _locked(session, draw_id)
    await queries.borrowed(session, drawn)
    _require_positive(declared, drawn)
    offer = Offer.from_json(agreed.offer or {})
    if offer.form is not FacilityForm.MUDARABA:
        raise InterestNotInForm(form=offer.form, annual_rate=Decimal(0), share=Decimal(0))
    amount = agreement_offer.split_profit(declared, share=offer.profit_share)
    _require_positive(amount, drawn)
    row = LenderPaymentRow(
        institution_id=drawn.row.institution_id,
        payment_id=await proposals.propose(session, "payment", actor=actor),
        draw_id=draw_id,
        kind="share",
        amount_minor=amount.minor,
        declared_minor=declared.minor,
        currency=amount.currency,
        paid_on=paid_on,
        channel=channel.value,
        evidence=evidence,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return row


async def decide(
    session: AsyncSession, payment_id: UUID, *, outcome: Outcome, actor: Actor
) -> LenderPaymentRow:
    """Approve or reject a payment that another person proposed; approved, the money leaves.

    Raises LenderPaymentNotFound, ProposerDecides, ProposalDecided, FundExhausted, and what
    proposing it raises.
    """
    row = await queries.payment(session, payment_id)
    drawn, agreed, fund = await _locked(session, row.draw_id)
    approved = await proposals.decide(
        session, payment_id, kind="payment", outcome=outcome, actor=actor
    )
    if not approved:
        return row
    amount, channel = Money(row.amount_minor, row.currency), Channel(row.channel)
    borrowed = await queries.borrowed(session, drawn)
    split = Split(principal=Money.zero(row.currency), cost=amount)
    if row.kind == "repayment":
        split = agreement_borrowing.repay(
            borrowed, payment_id=payment_id, amount=amount, on=row.paid_on
        )
    await _require_free(session, fund, amount=amount, channel=channel)
    await _book(session, row, agreed, fund, split=split, actor=actor)
    return row


async def take_back(
    session: AsyncSession, payment_id: UUID, *, on: date, actor: Actor
) -> LenderPaymentRow:
    """Take a payment back that did not arrive; another person than who approved it does so.

    Raises LenderPaymentNotFound, LenderPaymentNotStanding, ProposerDecides, LenderDayNotPossible.
    """
    row = await queries.payment(session, payment_id)
    drawn, agreed, fund = await _locked(session, row.draw_id)
    bookings = await queries.bookings_of(session, payment_id)
    if len(bookings) != 1:
        raise LenderPaymentNotStanding(payment_id=payment_id)
    if bookings[0].actor_id == actor.id:
        raise proposals.ProposerDecides(proposal_id=payment_id)
    split = Split(
        principal=Money.zero(row.currency), cost=-Money(bookings[0].cost_minor, row.currency)
    )
    if row.kind == "repayment":
        borrowed = await queries.borrowed(session, drawn)
        split = agreement_borrowing.unpay(borrowed, payment_id=payment_id)
    await _book(session, row, agreed, fund, split=split, actor=actor, reverses=bookings[0], on=on)
    return row


async def _locked(session: AsyncSession, draw_id: UUID) -> tuple[Drawn, AgreementRow, FundRow]:
    """Lock a draw-down's agreement and fund, and read them."""
    agreement_id = (await queries.drawn(session, draw_id)).row.agreement_id
    agreed = await agreements.in_force(session, agreement_id)
    fund_id = FundId(agreed.fund_id)
    fund = (await fund_queries.locked_funds(session, [fund_id]))[fund_id]
    return await queries.drawn(session, draw_id), agreed, fund


def _require_positive(amount: Money, drawn: Drawn) -> None:
    _ = amount + Money.zero(drawn.row.currency)  # another currency raises CurrencyMismatch
    if not amount.is_positive:
        raise AmountNotPositive(amount=amount)


async def _require_free(
    session: AsyncSession, fund: FundRow, *, amount: Money, channel: Channel
) -> None:
    """Refuse to pay what the channel does not hold, or what is promised or tagged.

    Raises FundExhausted, TagExhausted.
    """
    await returning.require_held(session, fund, amount, channel)
    await sparing.require_free(session, fund, amount)


async def _book(
    session: AsyncSession,
    row: LenderPaymentRow,
    agreed: AgreementRow,
    fund: FundRow,
    *,
    split: Split,
    actor: Actor,
    reverses: LenderBookingRow | None = None,
    on: date | None = None,
) -> None:
    booked_on = on or row.paid_on
    entry = agreement_borrowing.entry(
        split,
        fund=funds.accounts_of(fund),
        paid_on=booked_on,
        channel=Channel(row.channel),
        reverses=None if reverses is None else EntryId(reverses.entry_id),
    )
    entry_id = await ledger.post(session, entry, actor_id=actor.id, source_id=row.payment_id)
    session.add(
        LenderBookingRow(
            institution_id=row.institution_id,
            booking_id=ids.new(),
            payment_id=row.payment_id,
            principal_minor=split.principal.minor,
            cost_minor=split.cost.minor,
            entry_id=entry_id,
            reverses_booking_id=None if reverses is None else reverses.booking_id,
            actor_id=actor.id,
        )
    )
    await session.flush()
    event = LenderPaid(
        fund_id=fund.fund_id,
        agreement_id=agreed.agreement_id,
        draw_id=row.draw_id,
        payment_id=row.payment_id,
        principal_minor=split.principal.minor,
        cost_minor=split.cost.minor,
        currency=row.currency,
        paid_on=booked_on,
    )
    await feed.publish(session, event, subject_id=fund.fund_id)
