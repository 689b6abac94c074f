"""How does a fund give back what was booked in error, and move money between its accounts?"""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import journal
from services.loans.domain.collecting import AmountNotPositive
from services.loans.domain.funding import FundExhausted
from services.loans.domain.journal import Channel
from services.loans.funds import keeping, operations, queries, sparing
from services.loans.funds.tables import FundRow, ReceiptRow
from services.loans.ledger import operations as ledger
from services.loans.ledger import queries as ledger_queries
from shared import feed, ids, tenancy
from shared.errors import Kind, RafidError
from shared.ids import EntryId, FundId
from shared.money import Money
from shared.quiet_events import FundMoneyMoved, FundReceiptReversed


class ReceiptUnknown(RafidError):
    """The fund has no such receipt"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "The fund {fund_id} has no receipt {receipt_id}."
    fund_id: FundId
    receipt_id: UUID


class ReceiptReversed(RafidError):
    """The receipt cannot be reversed again"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The receipt {receipt_id} is reversed already, or is a reversal itself."
    receipt_id: UUID


class ReceiptBound(RafidError):
    """Something rests on the receipt"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = (
        "The receipt {receipt_id} stands for an instalment or a draw-down: take that back first."
    )
    receipt_id: UUID


async def receipt(session: AsyncSession, *, fund_id: FundId, receipt_id: UUID) -> ReceiptRow:
    """Return a fund's receipt; raises ReceiptUnknown."""
    row = await session.get(ReceiptRow, (tenancy.institution_of(session), receipt_id))
    if row is None or row.fund_id != fund_id:
        raise ReceiptUnknown(fund_id=fund_id, receipt_id=receipt_id)
    return row


async def reversible_receipt(
    session: AsyncSession, *, fund_id: FundId, receipt_id: UUID, bound_by: UUID | None = None
) -> ReceiptRow:
    """Return a fund's receipt that can be taken back.

    The fund is locked: it must hold the money free, for what is lent or promised is not given
    back. What something rests on is taken back by that alone, which names itself. Raises
    ReceiptUnknown, ReceiptReversed, ReceiptBound, FundExhausted.
    """
    fund = (await queries.locked_funds(session, [fund_id]))[fund_id]
    row = await receipt(session, fund_id=fund_id, receipt_id=receipt_id)
    if row.amount_minor < 0 or await queries.is_receipt_reversed(session, receipt_id):
        raise ReceiptReversed(receipt_id=receipt_id)
    if await keeping.has_gone_back(session, row):
        raise ReceiptReversed(receipt_id=receipt_id)
    if row.bound_by != bound_by:
        raise ReceiptBound(receipt_id=receipt_id)
    await require_held(session, fund, Money(row.amount_minor, row.currency), Channel(row.channel))
    amount = Money(row.amount_minor, row.currency)
    await sparing.require_free(session, fund, amount, tag=row.tag)
    return row


async def require_held(
    session: AsyncSession, fund: FundRow, amount: Money, channel: Channel
) -> None:
    """Refuse an amount that the account does not hold. Raises AmountNotPositive, FundExhausted."""
    if not amount.is_positive:
        raise AmountNotPositive(amount=amount)
    held = (await ledger_queries.balances(session, FundId(fund.fund_id)))[channel.value]
    if amount > held:
        raise FundExhausted(fund_code=fund.code, requested=amount, available=held)


async def require_not_overdrawn(session: AsyncSession, fund_id: FundId, channel: Channel) -> None:
    """Refuse what was just booked where it leaves an account below nothing. Raises FundExhausted.

    The caller holds the fund's lock, and its transaction ends with this.
    """
    held = (await ledger_queries.balances(session, fund_id))[channel.value]
    if held.is_negative:
        fund = await queries.fund_by_id(session, fund_id)
        zero = Money.zero(held.currency)
        raise FundExhausted(fund_code=fund.code, requested=-held, available=zero)


def opposite_of(row: ReceiptRow, *, on: date, actor_id: UUID) -> ReceiptRow:
    """Return the receipt that takes another back: its amount below nothing, all else as it was."""
    return ReceiptRow(
        institution_id=row.institution_id,
        receipt_id=ids.new(),
        fund_id=row.fund_id,
        donor_id=row.donor_id,
        amount_minor=-row.amount_minor,
        currency=row.currency,
        channel=row.channel,
        nature=row.nature,
        returnable_on=row.returnable_on,
        tag=row.tag,
        received_on=on,
        reverses_receipt_id=row.receipt_id,
        entry_id=ids.new(),
        actor_id=actor_id,
    )


async def reverse_receipt(
    session: AsyncSession,
    *,
    fund_id: FundId,
    receipt_id: UUID,
    on: date,
    actor_id: UUID,
    bound_by: UUID | None = None,
) -> ReceiptRow:
    """Take a receipt back by its opposite entry.

    What is endowed for good stands behind what goes back on a day. Raises ReturnsNotCovered and
    what `reversible_receipt` raises.
    """
    row = await reversible_receipt(
        session, fund_id=fund_id, receipt_id=receipt_id, bound_by=bound_by
    )
    fund = await queries.fund_by_id(session, fund_id)
    entry = journal.receipt_entry(
        Money(row.amount_minor, row.currency),
        fund=operations.accounts_of(fund),
        received_on=row.received_on,
        channel=Channel(row.channel),
        is_temporary=row.returnable_on is not None,
    )
    back = opposite_of(row, on=on, actor_id=actor_id)
    opposite = journal.reversal_entry(entry, entry_id=EntryId(row.entry_id), reversed_on=on)
    posting = ledger.Posting(
        entry=opposite,
        actor_id=actor_id,
        source_id=back.receipt_id,
        entry_id=EntryId(back.entry_id),
    )
    async with keeping.returns_kept(session, [fund_id]):
        await ledger.post_all(session, [posting])
        session.add(back)
        await session.flush()
    event = FundReceiptReversed(
        fund_id=fund_id,
        receipt_id=back.receipt_id,
        reverses_receipt_id=receipt_id,
        donor_id=row.donor_id,
        amount_minor=back.amount_minor,
        currency=row.currency,
        received_on=on,
    )
    await feed.publish(session, event, subject_id=fund_id)
    return back


async def move_money(
    session: AsyncSession,
    *,
    fund_id: FundId,
    order_id: UUID,
    amount: Money,
    source: Channel,
    target: Channel,
    on: date,
    actor_id: UUID,
) -> EntryId:
    """Move money between cash, wallet and bank. Raises AmountNotPositive, FundExhausted."""
    fund = (await queries.locked_funds(session, [fund_id]))[fund_id]
    await require_held(session, fund, amount, source)
    closed_through = await ledger_queries.closed_through(session)
    open_from = date.min if closed_through is None else closed_through + timedelta(days=1)
    entry = journal.transfer_entry(
        amount,
        fund=operations.accounts_of(fund),
        moved_on=max(on, open_from),
        source=source,
        target=target,
    )
    entry_id = await ledger.post(session, entry, actor_id=actor_id, source_id=order_id)
    event = FundMoneyMoved(
        fund_id=fund_id,
        order_id=order_id,
        amount_minor=amount.minor,
        currency=amount.currency,
        moved_on=on,
        source=source.value,
        target=target.value,
    )
    await feed.publish(session, event, subject_id=fund_id)
    return entry_id
