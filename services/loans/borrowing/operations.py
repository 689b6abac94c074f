"""How does a fund draw on a lender's agreement: one asks, another approves, the money comes?

The agreement is locked first, then its fund.
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
from services.loans.borrowing.tables import DrawEndRow, DrawReceiptRow, DrawRow, LenderRateRow
from services.loans.domain import agreement_borrowing, agreement_offer
from services.loans.domain import schedule as schedules
from services.loans.domain.agreement_borrowing import LenderDayNotPossible
from services.loans.domain.agreement_offer import Offer
from services.loans.domain.authority import Outcome
from services.loans.domain.collecting import AmountNotPositive
from services.loans.domain.giving import ReceiptNature
from services.loans.domain.journal import Channel
from services.loans.funds import expecting, returning
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.institutions import operations as institutions
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import FundId
from shared.money import Money


class NotALender(RafidError):
    """Nothing is drawn under this agreement"""

    kind = Kind.RULE
    service = "loans"
    detail = "The agreement {reference} gives, it does not lend."
    reference: str


class DrawnBeyondLimit(RafidError):
    """More would be drawn than the lender agreed to lend"""

    kind = Kind.RULE
    service = "loans"
    detail = "Of the agreement {reference} {left} is left to draw; {asked} was asked for."
    reference: str
    left: Money
    asked: Money


class DrawPaidOn(RafidError):
    """The lender has been paid on this draw-down"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Payments stand on the draw-down {reference}: take them back first."
    reference: str


async def request(
    session: AsyncSession, agreement_id: UUID, *, amount: Money, actor: Actor, today: date
) -> Drawn:
    """Ask a lender for money; it may come once another person has approved.

    Raises AgreementNotInForce, NotALender, LenderDayNotPossible, DrawnBeyondLimit,
    AmountNotPositive, CurrencyMismatch.
    """
    row = await _lending(session, agreement_id)
    _require_available(row, on=today)
    if not amount.is_positive:
        raise AmountNotPositive(amount=amount)
    left = Money(row.total_minor - await queries.used_of(session, agreement_id), row.currency)
    if amount > left:
        raise DrawnBeyondLimit(reference=row.reference, left=left, asked=amount)
    draw = DrawRow(
        institution_id=row.institution_id,
        draw_id=await proposals.propose(session, "draw_down", actor=actor),
        reference=await institutions.next_reference(session, kind="DD", year=today.year),
        agreement_id=agreement_id,
        amount_minor=amount.minor,
        currency=amount.currency,
        actor_id=actor.id,
    )
    session.add(draw)
    await session.flush()
    return await queries.drawn(session, draw.draw_id)


async def decide(session: AsyncSession, draw_id: UUID, *, outcome: Outcome, actor: Actor) -> Drawn:
    """Approve or reject what another person asked for. Raises ProposerDecides, DrawNotPossible."""
    drawn = await _locked(session, draw_id)
    if drawn.end is not None:
        raise queries.DrawNotPossible(reference=drawn.row.reference, state=drawn.state)
    await proposals.decide(session, draw_id, kind="draw_down", outcome=outcome, actor=actor)
    return await queries.drawn(session, draw_id)


async def receive(
    session: AsyncSession,
    draw_id: UUID,
    *,
    received_on: date,
    first_due_on: date,
    channel: Channel,
    actor: Actor,
) -> Drawn:
    """Book that the money of an approved draw-down came; its terms are frozen with it.

    Raises DrawNotPossible, LenderDayNotPossible, and what terms and receiving raise.
    """
    drawn = await _locked(session, draw_id)
    if drawn.state != "approved":
        raise queries.DrawNotPossible(reference=drawn.row.reference, state=drawn.state)
    agreed = await _lending(session, drawn.row.agreement_id)
    _require_available(agreed, on=received_on)
    amount = Money(drawn.row.amount_minor, drawn.row.currency)
    offer = Offer.from_json(agreed.offer or {})
    terms = offer.terms(amount, received_on=received_on, first_due_on=first_due_on)
    instalments = schedules.schedule(terms)
    receipt = await funds.receive(
        session,
        fund_id=agreed.fund_id,
        donor_id=agreed.donor_id,
        amount=amount,
        received_on=received_on,
        channel=channel,
        nature=ReceiptNature(agreed.nature),
        actor_id=actor.id,
    )
    await expecting.bind(session, receipt.receipt_id, by=draw_id)
    session.add(
        DrawReceiptRow(
            institution_id=agreed.institution_id,
            draw_id=draw_id,
            receipt_id=receipt.receipt_id,
            received_on=received_on,
            terms=dict(terms.to_json()),
            instalments=agreement_offer.freeze(instalments),
            actor_id=actor.id,
        )
    )
    await session.flush()
    return await queries.drawn(session, draw_id)


async def end(session: AsyncSession, draw_id: UUID, *, on: date, actor: Actor) -> Drawn:
    """Call a draw-down off, or take back one that was booked in error; by another person then.

    Raises DrawNotPossible, DrawPaidOn, ProposerDecides, and what taking a receipt back raises.
    """
    drawn = await _locked(session, draw_id)
    if drawn.end is not None or drawn.state == "rejected":
        raise queries.DrawNotPossible(reference=drawn.row.reference, state=drawn.state)
    receipt_id = None
    if drawn.receipt is not None:
        if drawn.receipt.actor_id == actor.id:
            raise proposals.ProposerDecides(proposal_id=draw_id)
        if await queries.paid_of(session, drawn.row):
            raise DrawPaidOn(reference=drawn.row.reference)
        agreed = await _lending(session, drawn.row.agreement_id)
        back = await returning.reverse_receipt(
            session,
            fund_id=FundId(agreed.fund_id),
            receipt_id=drawn.receipt.receipt_id,
            on=on,
            actor_id=actor.id,
            bound_by=draw_id,
        )
        receipt_id = back.receipt_id
    session.add(
        DrawEndRow(
            institution_id=drawn.row.institution_id,
            draw_id=draw_id,
            receipt_id=receipt_id,
            ended_on=on,
            actor_id=actor.id,
        )
    )
    await session.flush()
    return await queries.drawn(session, draw_id)


async def propose_rate(
    session: AsyncSession,
    draw_id: UUID,
    *,
    effective_on: date,
    annual_rate: Decimal,
    evidence: str,
    actor: Actor,
) -> LenderRateRow:
    """Enter another rate as the lender told it; it holds once another person has approved it.

    Raises DrawNotPossible, InterestNotInForm, LenderDayNotPossible, MovedUnderPayments.
    """
    drawn = await _locked(session, draw_id)
    borrowed = await queries.borrowed(session, drawn)
    agreement_borrowing.change_rate(borrowed, on=effective_on, annual_rate=annual_rate)
    row = LenderRateRow(
        institution_id=drawn.row.institution_id,
        change_id=await proposals.propose(session, "rate", actor=actor),
        draw_id=draw_id,
        effective_on=effective_on,
        annual_rate=annual_rate,
        evidence=evidence,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return row


async def decide_rate(
    session: AsyncSession, change_id: UUID, *, outcome: Outcome, actor: Actor
) -> LenderRateRow:
    """Approve or reject another rate; it is tried again on what was paid since.

    Raises ProposalNotFound, ProposerDecides, ProposalDecided, and what proposing it raises.
    """
    row = await queries.find_rate(session, change_id)
    if row is None:
        raise proposals.ProposalNotFound(proposal_id=change_id)
    drawn = await _locked(session, row.draw_id)
    borrowed = await queries.borrowed(session, drawn)
    approved = await proposals.decide(session, change_id, kind="rate", outcome=outcome, actor=actor)
    if approved:
        agreement_borrowing.change_rate(borrowed, on=row.effective_on, annual_rate=row.annual_rate)
    return row


async def _lending(session: AsyncSession, agreement_id: UUID) -> AgreementRow:
    row = await agreements.in_force(session, agreement_id)
    if row.offer is None:
        raise NotALender(reference=row.reference)
    await fund_queries.locked_funds(session, [FundId(row.fund_id)])
    return row


async def _locked(session: AsyncSession, draw_id: UUID) -> Drawn:
    """Lock a draw-down's agreement and fund, and read it."""
    found = await queries.drawn(session, draw_id)
    await _lending(session, found.row.agreement_id)
    return await queries.drawn(session, draw_id)


def _require_available(row: AgreementRow, *, on: date) -> None:
    last = row.available_until or row.signed_on
    if not row.signed_on <= on <= last:
        raise LenderDayNotPossible(asked=on, earliest=row.signed_on, latest=last)
