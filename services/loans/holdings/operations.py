"""How is a borrower's own money taken in, given back and taken back as a mistake?

The contract is locked first, then its fund: two who take money out count one after the other.
"""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow
from services.loans.domain import holdings, journal
from services.loans.domain.collecting import AmountNotPositive, DayNotPossible
from services.loans.domain.holdings import Asked, HoldingKind, Purpose
from services.loans.domain.journal import Channel, JournalEntry
from services.loans.domain.lifecycle import ContractStatus
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.funds import returning
from services.loans.holdings import queries, requesting
from services.loans.holdings.held import Held
from services.loans.holdings.refusals import HoldingStands, HoldsNoMore, OwnMovement
from services.loans.holdings.tables import HoldingRow
from services.loans.ledger import operations as ledger
from services.loans.ledger import queries as ledger_queries
from shared import feed, ids
from shared.auth import Actor
from shared.ids import EntryId, FundId
from shared.money import CurrencyMismatch, Money
from shared.quiet_events import HeldMoneyMoved

TAKES_MONEY = frozenset({ContractStatus.SIGNED, ContractStatus.ACTIVE})
REVERSIBLE = frozenset({HoldingKind.DEPOSIT, HoldingKind.WITHDRAWAL, HoldingKind.EARNING})


async def deposit(
    session: AsyncSession, contract_id: UUID, asked: Asked, *, actor: Actor, today: date
) -> HoldingRow:
    """Take in money that is held for a contract: savings, or the borrower's own contribution.

    Raises ContractUnknown, HoldsNoMore, NothingAgreedToHold, ContributionBeyond,
    AmountNotPositive, CurrencyMismatch, DayNotPossible.
    """
    held = await _asked(session, contract_id, asked, actor=actor, today=today)
    holdings.require_agreed(held.terms, purpose=asked.purpose, contract_id=held.contract_id)
    if ContractStatus(held.contract.status) not in TAKES_MONEY:
        raise HoldsNoMore(reference=held.contract.reference, state=held.contract.status)
    if asked.purpose is Purpose.CONTRIBUTION:
        holdings.require_missing(asked.amount, missing=held.missing())
    return await _move(session, held, asked, kind=HoldingKind.DEPOSIT, actor_id=actor.id)


async def withdraw(
    session: AsyncSession,
    contract_id: UUID,
    asked: Asked,
    *,
    request_id: UUID | None,
    actor: Actor,
    today: date,
) -> HoldingRow:
    """Give held money back: of savings what is above what must stay, all when nothing is owed.

    However far back it is dated, what must stay is what the terms ask for by today. Another
    person asked for it. Raises ContractUnknown, HoldingTooLow, FundExhausted, AmountNotPositive,
    CurrencyMismatch, DayNotPossible, and what `requesting.require` raises.
    """
    kind = HoldingKind.WITHDRAWAL
    held = await _asked(session, contract_id, asked, actor=actor, today=today)
    await requesting.require(
        session,
        held.contract_id,
        kind,
        asked,
        request_id=request_id,
        actor=actor,
        today=today,
    )
    holdings.require_free(
        asked.amount,
        held=held.balance(asked.purpose),
        must_stay=await _must_stay(session, held, purpose=asked.purpose, today=today),
        purpose=asked.purpose,
    )
    fund_id = FundId(held.contract.fund_id)
    fund = (await fund_queries.locked_funds(session, [fund_id]))[fund_id]
    await returning.require_held(session, fund, asked.amount, asked.channel)
    return await _move(session, held, asked, kind=kind, actor_id=actor.id, request_id=request_id)


async def earn(
    session: AsyncSession,
    contract_id: UUID,
    *,
    through_on: date,
    declared: Money | None,
    evidence: str | None,
    request_id: UUID | None,
    actor: Actor,
    today: date,
) -> HoldingRow:
    """Add what savings earned: by their rate through a day, or their share of a declared profit.

    The profit was declared by another person. Raises ContractUnknown, NothingEarned,
    DayNotPossible, CurrencyMismatch, AccountNotInChart where the fund may not pay for it, and what
    `requesting.require` raises.
    """
    kind = HoldingKind.EARNING
    held = await lock(session, contract_id, actor=actor)
    savings, currency = held.terms.savings, held.contract.currency
    _require_day(held, on=through_on, today=today)
    if declared is None:
        minor = holdings.earned(
            held.but_undone(kind),
            annual_rate=savings.annual_rate,
            through=through_on,
        )
        amount = Money(minor, currency)
    else:
        _require_currency(declared, currency=currency)
        told = Asked(purpose=Purpose.SAVINGS, amount=declared, on=through_on)
        await requesting.require(
            session,
            held.contract_id,
            kind,
            told,
            request_id=request_id,
            actor=actor,
            today=today,
        )
        amount = holdings.shared_profit(declared, percent=savings.profit_share_percent)
    if not amount.is_positive or not held.balance(Purpose.SAVINGS).is_positive:
        raise holdings.NothingEarned(contract_id=held.contract_id, through_on=through_on)
    asked = Asked(purpose=Purpose.SAVINGS, amount=amount, on=through_on, evidence=evidence)
    met = None if declared is None else request_id
    return await _move(session, held, asked, kind=kind, actor_id=actor.id, request_id=met)


async def take_over(
    session: AsyncSession, row: ContractRow, kind: HoldingKind, asked: Asked, *, actor_id: UUID
) -> HoldingRow:
    """Book held money of a locked contract as it moved in another lender's system.

    Nobody asks for it now, and no purse refuses it; what is held is never less than nothing.
    Raises NothingAgreedToHold, HoldingTooLow, PeriodClosed.
    """
    held = await held_for(session, row)
    holdings.require_agreed(held.terms, purpose=asked.purpose, contract_id=held.contract_id)
    if kind is HoldingKind.WITHDRAWAL:
        zero = Money.zero(row.currency)
        balance = held.balance(asked.purpose)
        holdings.require_free(asked.amount, held=balance, must_stay=zero, purpose=asked.purpose)
    return await _move(session, held, asked, kind=kind, actor_id=actor_id)


async def reverse(
    session: AsyncSession, holding_id: UUID, *, reason: str, actor: Actor
) -> HoldingRow:
    """Take a movement that another booked back as a mistake: its opposite, on its own day.

    Of earnings the newest first: a rate is earned from the last earning on, so that the days of
    one before it would never be earned again. Raises HoldingUnknown, ContractUnknown,
    HoldingStands, OwnMovement, LaterEarningStands, HoldingTooLow.
    """
    row = await queries.holding(session, holding_id)
    held = await lock(session, row.contract_id, actor=actor)
    is_reversed = await queries.find_reversal(session, holding_id) is not None
    if is_reversed or HoldingKind(row.kind) not in REVERSIBLE:
        raise HoldingStands(holding_id=holding_id, holding_kind=row.kind)
    if row.actor_id == actor.id:
        raise OwnMovement(holding_id=holding_id)
    return await take_back(session, held, row, reason=reason, actor_id=actor.id)


async def take_back(
    session: AsyncSession, held: Held, row: HoldingRow, *, reason: str, actor_id: UUID
) -> HoldingRow:
    """Book the opposite of a movement that stands, on a locked contract (see `reverse`)."""
    holding_id = row.holding_id
    if row.kind == HoldingKind.EARNING:
        held.require_newest(holding_id)
    amount = Money(row.amount_minor, row.currency)
    if amount.is_positive:
        purpose = Purpose(row.purpose)
        zero = Money.zero(row.currency)
        holdings.require_free(amount, held=held.balance(purpose), must_stay=zero, purpose=purpose)
    entry = await _entry_of(session, held, row)
    open_from = await _open_from(session)
    opposite = journal.reversal_entry(
        entry, entry_id=EntryId(row.entry_id), reversed_on=max(row.moved_on, open_from)
    )
    entry_id = EntryId(ids.new())
    back = record(
        held.contract,
        purpose=Purpose(row.purpose),
        kind=HoldingKind.REVERSAL,
        amount=-amount,
        on=row.moved_on,
        entry_id=entry_id,
        actor_id=actor_id,
    )
    back.channel, back.reverses_holding_id, back.reason = row.channel, holding_id, reason
    await _book(session, back, opposite, fund_id=held.contract.fund_id)
    return back


async def lock(session: AsyncSession, contract_id: UUID, *, actor: Actor) -> Held:
    """Lock a contract of the actor's branches, with what is held. Raises ContractUnknown."""
    row = await contract_queries.contract(
        session, contract_id, branch_ids=actor.branch_ids, lock=True
    )
    return await held_for(session, row)


async def held_for(session: AsyncSession, row: ContractRow) -> Held:
    """Give what is held for a contract that is locked already."""
    return Held(
        contract=row,
        terms=contract_queries.terms_of(row),
        rows=tuple(await queries.holdings_of(session, row.contract_id)),
    )


async def savings_due(session: AsyncSession, held: Held, *, on: date) -> Money:
    """Give what the terms ask to be saved on a contract by a day."""
    row = held.contract
    dues = await contract_queries.instalments(session, [row.contract_id], currency=row.currency)
    return holdings.savings_due(
        held.terms,
        instalments=dues[row.contract_id],
        paid_out_on=await queries.paid_out_on(session, row.contract_id),
        on=on,
    )


def record(
    contract: ContractRow,
    *,
    purpose: Purpose,
    kind: HoldingKind,
    amount: Money,
    on: date,
    entry_id: EntryId,
    actor_id: UUID,
    disbursement_id: UUID | None = None,
    order_id: UUID | None = None,
) -> HoldingRow:
    """Make the row of a movement; whoever booked it in an entry of theirs hands it to `keep`."""
    return HoldingRow(
        institution_id=contract.institution_id,
        holding_id=ids.new(),
        contract_id=contract.contract_id,
        purpose=purpose.value,
        kind=kind.value,
        currency=amount.currency,
        amount_minor=amount.minor,
        moved_on=on,
        disbursement_id=disbursement_id,
        order_id=order_id,
        entry_id=entry_id,
        actor_id=actor_id,
    )


async def keep(session: AsyncSession, row: HoldingRow, *, fund_id: UUID) -> None:
    """Write a movement whose entry is posted, and tell it."""
    session.add(row)
    await session.flush()
    event = HeldMoneyMoved(
        contract_id=row.contract_id,
        holding_id=row.holding_id,
        fund_id=fund_id,
        purpose=row.purpose,
        kind=row.kind,
        amount_minor=row.amount_minor,
        currency=row.currency,
        moved_on=row.moved_on,
    )
    await feed.publish(session, event, subject_id=row.contract_id)


async def _asked(
    session: AsyncSession, contract_id: UUID, asked: Asked, *, actor: Actor, today: date
) -> Held:
    held = await lock(session, contract_id, actor=actor)
    _require_currency(asked.amount, currency=held.contract.currency)
    if not asked.amount.is_positive:
        raise AmountNotPositive(amount=asked.amount)
    _require_day(held, on=asked.on, today=today)
    return held


def _require_currency(amount: Money, *, currency: str) -> None:
    if amount.currency != currency:
        raise CurrencyMismatch(left=currency, right=amount.currency)


def _require_day(held: Held, *, on: date, today: date) -> None:
    signed_on = held.contract.signed_on
    if not signed_on <= on <= today:
        raise DayNotPossible(received_on=on, earliest=signed_on, latest=today)


async def _must_stay(session: AsyncSession, held: Held, *, purpose: Purpose, today: date) -> Money:
    """What is not given back; all of it while a payout that counted on it is on its way."""
    zero = Money.zero(held.contract.currency)
    if await contract_queries.payment_that_may_arrive(session, held.contract_id) is not None:
        return held.balance(purpose)
    if purpose is not Purpose.SAVINGS or not await queries.owes(session, held.contract_id):
        return zero
    if held.contract.status == ContractStatus.SIGNED:
        return zero
    return await savings_due(session, held, on=today)


async def _move(
    session: AsyncSession,
    held: Held,
    asked: Asked,
    *,
    kind: HoldingKind,
    actor_id: UUID,
    request_id: UUID | None = None,
) -> HoldingRow:
    amount = -asked.amount if kind is HoldingKind.WITHDRAWAL else asked.amount
    row = record(
        held.contract,
        purpose=asked.purpose,
        kind=kind,
        amount=amount,
        on=asked.on,
        entry_id=EntryId(ids.new()),
        actor_id=actor_id,
    )
    row.channel = None if kind is HoldingKind.EARNING else asked.channel.value
    row.evidence, row.request_id = asked.evidence, request_id
    entry = await _entry_of(session, held, row)
    await _book(session, row, entry, fund_id=held.contract.fund_id)
    return row


async def _entry_of(session: AsyncSession, held: Held, row: HoldingRow) -> JournalEntry:
    fund = funds.accounts_of(await fund_queries.fund_by_id(session, held.contract.fund_id))
    amount = Money(row.amount_minor, row.currency)
    day = max(row.moved_on, await _open_from(session))
    if row.kind == HoldingKind.EARNING:
        return holdings.earning_entry(
            amount, fund=fund, earned_on=day, contract_id=held.contract_id
        )
    return holdings.moved_entry(
        amount,
        purpose=Purpose(row.purpose),
        fund=fund,
        moved_on=day,
        contract_id=held.contract_id,
        channel=Channel(row.channel or Channel.CASH),
    )


async def _open_from(session: AsyncSession) -> date:
    closed_through = await ledger_queries.closed_through(session)
    return date.min if closed_through is None else closed_through + timedelta(days=1)


async def _book(
    session: AsyncSession, row: HoldingRow, entry: JournalEntry, *, fund_id: UUID
) -> None:
    posting = ledger.Posting(
        entry=entry,
        actor_id=row.actor_id,
        source_id=row.holding_id,
        entry_id=EntryId(row.entry_id),
    )
    await ledger.post_all(session, [posting])
    await keep(session, row, fund_id=fund_id)
