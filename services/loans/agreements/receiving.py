"""How does money that came stand for an instalment, through an exchange or not, and not any more?

The agreement is locked first, then its fund. Each movement is added; what is taken back is added as
its opposite. What is firmly due falls by what came, in the same transaction.
"""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.agreements import exchanging, matching, proposals, queries
from services.loans.agreements.tables import AgreementMoveRow, AgreementRow
from services.loans.domain import agreement_dues
from services.loans.domain.agreement_dues import Instalment
from services.loans.domain.journal import Channel
from services.loans.funds import expecting, returning
from services.loans.funds import queries as fund_queries
from services.loans.funds.tables import ReceiptRow
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import FundId
from shared.money import Money


class FundInAnotherCurrency(RafidError):
    """The fund is in another currency than the agreement"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The agreement {reference} is in {currency}, its fund in {fund_currency}: book the exchange"
        " with its rate."
    )
    reference: str
    currency: str
    fund_currency: str


class ReceiptOverMatched(RafidError):
    """The receipt stands for all that it is"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Of the receipt {receipt_id} {left} is left; {asked} cannot stand for an instalment."
    receipt_id: UUID
    left: Money
    asked: Money


class MatchNotStanding(RafidError):
    """There is no such match, or it was taken back"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Nothing stands under the id {move_id}."
    move_id: UUID


async def receive(
    session: AsyncSession,
    agreement_id: UUID,
    number: int,
    *,
    amount: Money,
    received_on: date,
    channel: Channel,
    actor: Actor,
) -> AgreementMoveRow:
    """Book money that came for an instalment, in the fund's own currency.

    Raises AgreementNotInForce, FundInAnotherCurrency, InstalmentNotFound, InstalmentNotDue,
    InstalmentOverMatched, and what receiving raises.
    """
    row = await matching.locked(session, agreement_id)
    if row.currency != row.fund_currency:
        raise FundInAnotherCurrency(
            reference=row.reference, currency=row.currency, fund_currency=row.fund_currency
        )
    one = await queries.instalment(session, row, number)
    agreement_dues.receive(one, amount=amount)
    receipt = await matching.receipt(
        session, row, amount=amount, received_on=received_on, channel=channel, actor=actor
    )
    return await _stand(session, row, one, receipt=receipt, amount=amount, actor=actor)


async def match(
    session: AsyncSession,
    agreement_id: UUID,
    number: int,
    *,
    receipt_id: UUID,
    amount: Money,
    actor: Actor,
) -> AgreementMoveRow:
    """Let a receipt that was booked before stand for an instalment, wholly or in part.

    Raises what `receive` raises, ReceiptUnknown, ReceiptOfAnother, ReceiptOverMatched.
    """
    row = await matching.locked(session, agreement_id)
    fund_id = FundId(row.fund_id)
    receipt = await returning.receipt(session, fund_id=fund_id, receipt_id=receipt_id)
    taken_back = await fund_queries.is_receipt_reversed(session, receipt_id)
    fits = (receipt.donor_id, receipt.nature) == (row.donor_id, row.nature)
    if not fits or taken_back or receipt.amount_minor < 0:
        raise matching.ReceiptOfAnother(receipt_id=receipt_id)
    if row.currency != row.fund_currency:
        raise FundInAnotherCurrency(
            reference=row.reference, currency=row.currency, fund_currency=row.fund_currency
        )
    one = await queries.instalment(session, row, number)
    agreement_dues.receive(one, amount=amount)
    matched = await queries.matched_of(session, receipt_id)
    left = Money(receipt.amount_minor - matched, receipt.currency)
    if amount > left:
        raise ReceiptOverMatched(receipt_id=receipt_id, left=left, asked=amount)
    return await _stand(session, row, one, receipt=receipt, amount=amount, actor=actor)


async def take_back(
    session: AsyncSession, agreement_id: UUID, move_id: UUID, *, on: date, actor: Actor
) -> AgreementMoveRow:
    """Let money stand for its instalment no more; another person than who booked it does so.

    A receipt without exchange stays in the fund, for another instalment or to be given back. One
    with an exchange is taken back with its gain or loss. Raises MatchNotStanding, ProposerDecides,
    and what taking a receipt back raises.
    """
    row = await matching.locked(session, agreement_id)
    move = await queries.find_move(session, move_id)
    stands = move is not None and (move.agreement_id, move.kind) == (agreement_id, "match")
    if move is None or not stands or await queries.is_taken_back(session, move_id):
        raise MatchNotStanding(move_id=move_id)
    if move.actor_id == actor.id:
        raise proposals.ProposerDecides(proposal_id=move_id)
    one = await queries.instalment(session, row, move.number)
    entry_id = None
    if move.rate_id is not None:
        entry_id = await exchanging.take_back(session, row, move, on=on, actor=actor)
    back = AgreementMoveRow(
        **matching.key(row, one, actor=actor),
        kind="unmatch",
        amount_minor=-move.amount_minor,
        currency=move.currency,
        receipt_id=move.receipt_id,
        rate_id=move.rate_id,
        credited_minor=None if move.credited_minor is None else -move.credited_minor,
        fund_minor=-move.fund_minor,
        exchange_entry_id=entry_id,
        reverses_move_id=move_id,
    )
    written = await matching.write(session, row, one, move=back, received_on=on)
    if move.receipt_id is not None and not await queries.matched_of(session, move.receipt_id):
        await expecting.bind(session, move.receipt_id, by=None, instead_of=agreement_id)
    return written


async def _stand(
    session: AsyncSession,
    row: AgreementRow,
    one: Instalment,
    *,
    receipt: ReceiptRow,
    amount: Money,
    actor: Actor,
) -> AgreementMoveRow:
    move = AgreementMoveRow(
        **matching.key(row, one, actor=actor),
        kind="match",
        amount_minor=amount.minor,
        currency=amount.currency,
        receipt_id=receipt.receipt_id,
        fund_minor=amount.minor,
    )
    return await matching.write(session, row, one, move=move, received_on=receipt.received_on)
