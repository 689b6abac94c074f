"""How does money in a giver's currency come into a fund of another, at a rate of the table?"""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.agreements import matching, queries
from services.loans.agreements.tables import AgreementMoveRow, AgreementRow
from services.loans.domain import agreement_dues, agreement_exchange, journal
from services.loans.domain.agreement_exchange import Exchanged
from services.loans.domain.journal import Channel
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.funds import returning
from services.loans.funds.tables import ReceiptRow
from services.loans.ledger import operations as ledger
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import EntryId, FundId
from shared.money import Money


class NoExchangeNeeded(RafidError):
    """The agreement is in the fund's own currency"""

    kind = Kind.RULE
    service = "loans"
    detail = "The agreement {reference} and its fund are both in {currency}."
    reference: str
    currency: str


async def exchange(
    session: AsyncSession,
    agreement_id: UUID,
    number: int,
    *,
    paid: Money,
    credited: Money,
    received_on: date,
    channel: Channel,
    actor: Actor,
) -> AgreementMoveRow:
    """Book money that came for an instalment in the giver's currency.

    It is received at the rate of the table for its day, and what the bank credited beside that is
    a gain or a loss of the exchange. What is left of the instalment stays exact in the giver's
    currency. Raises what `receive` raises, NoExchangeNeeded, RateNotKnown, ExchangeStrays.
    """
    row = await matching.locked(session, agreement_id)
    if row.currency == row.fund_currency:
        raise NoExchangeNeeded(reference=row.reference, currency=row.currency)
    rate_row, rate = await queries.rate_on(
        session, base=row.currency, quote=row.fund_currency, on=received_on
    )
    exchanged = agreement_exchange.exchange(paid, credited=credited, rate=rate)
    one = await queries.instalment(session, row, number)
    agreement_dues.receive(one, amount=paid)
    receipt = await matching.receipt(
        session,
        row,
        amount=exchanged.at_rate,
        received_on=received_on,
        channel=channel,
        actor=actor,
    )
    entry_id = await _differ(session, exchanged, receipt=receipt, actor=actor)
    move = AgreementMoveRow(
        **matching.key(row, one, actor=actor),
        kind="match",
        amount_minor=paid.minor,
        currency=paid.currency,
        receipt_id=receipt.receipt_id,
        rate_id=rate_row.rate_id,
        credited_minor=credited.minor,
        fund_minor=receipt.amount_minor,
        exchange_entry_id=entry_id,
    )
    return await matching.write(session, row, one, move=move, received_on=received_on)


async def _differ(
    session: AsyncSession, exchanged: Exchanged, *, receipt: ReceiptRow, actor: Actor
) -> EntryId | None:
    """Book what the exchange gained or lost, if anything."""
    fund = await fund_queries.fund_by_id(session, receipt.fund_id)
    entry = agreement_exchange.entry(
        exchanged,
        fund=funds.accounts_of(fund),
        received_on=receipt.received_on,
        channel=Channel(receipt.channel),
    )
    if entry is None:
        return None
    return await ledger.post(session, entry, actor_id=actor.id, source_id=receipt.receipt_id)


async def take_back(
    session: AsyncSession, row: AgreementRow, move: AgreementMoveRow, *, on: date, actor: Actor
) -> EntryId | None:
    """Take a receipt back with the gain or loss of its exchange."""
    fund_id, receipt_id = FundId(row.fund_id), move.receipt_id
    if receipt_id is None or move.credited_minor is None or move.rate_id is None:
        raise LookupError(f"the match {move.move_id} was not exchanged")
    receipt = await returning.receipt(session, fund_id=fund_id, receipt_id=receipt_id)
    entry_id = None
    if move.exchange_entry_id is not None:
        fund = await fund_queries.fund_by_id(session, row.fund_id)
        rate = await queries.rate_by_id(session, move.rate_id)
        exchanged = Exchanged(
            paid=Money(move.amount_minor, move.currency),
            at_rate=Money(move.fund_minor, row.fund_currency),
            credited=Money(move.credited_minor, row.fund_currency),
            rate=rate,
        )
        booked = agreement_exchange.entry(
            exchanged,
            fund=funds.accounts_of(fund),
            received_on=receipt.received_on,
            channel=Channel(receipt.channel),
        )
        if booked is not None:
            opposite = journal.reversal_entry(
                booked, entry_id=EntryId(move.exchange_entry_id), reversed_on=on
            )
            entry_id = await ledger.post(session, opposite, actor_id=actor.id, source_id=receipt_id)
    await returning.reverse_receipt(
        session,
        fund_id=fund_id,
        receipt_id=receipt_id,
        on=on,
        actor_id=actor.id,
        bound_by=row.agreement_id,
    )
    return entry_id
