"""How is an entry by hand proposed by one and booked by another, never beyond what there is?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.accounting import queries
from services.loans.accounting.queries import ByHand
from services.loans.accounting.tables import ManualDecisionRow, ManualEntryRow
from services.loans.domain import days, journal, manual
from services.loans.domain.authority import Outcome
from services.loans.domain.chart import FundKind
from services.loans.domain.journal import EntryKind, JournalEntry, Line
from services.loans.domain.servicing.refusals import OrderDayNotPossible
from services.loans.funds import keeping, tagging
from services.loans.funds import queries as fund_queries
from services.loans.funds.tables import FundRow
from services.loans.ledger import operations as ledger
from services.loans.ledger import queries as ledger_queries
from shared import ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import EntryId, FundId
from shared.money import Money


class ManualMakerDecides(RafidError):
    """Nobody books an entry of their own"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "Whoever proposed the entry {manual_id} cannot decide on it."
    manual_id: UUID


class ManualNotWaiting(RafidError):
    """The entry by hand waits for nobody"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The entry {manual_id} is {state} already."
    manual_id: UUID
    state: str


class ManualNotBooked(RafidError):
    """The entry by hand cannot be taken back"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The entry {manual_id} is {state}: only one that is booked is taken back, once."
    manual_id: UUID
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants booked: lines of (account, debit positive), with reason and paper."""

    lines: Sequence[tuple[str, Money]]
    occurred_on: date
    reason: str
    digest: str


async def propose(
    session: AsyncSession, asked: Asked, *, fund_id: UUID, today: date, actor: Actor
) -> ByHand:
    """Propose an entry of one fund; it waits for a second person and moves nothing yet.

    Raises FundNotFound, DayNotYet, PeriodClosed, ManualAccountForbidden, what
    `manual.entry_of` raises, and FundExhausted or BelowFloor for what could not be booked today.
    """
    days.require_come(asked.occurred_on, member="occurred_on", today=today)
    await ledger.refuse_closed(session, day=asked.occurred_on)
    fund = await fund_queries.fund_by_id(session, fund_id)
    numbering = await queries.numbering(session)
    kind = FundKind(fund.kind)
    own = None if numbering is None else numbering.own
    lines = [
        (manual.account_of(account, own=own, fund_kind=kind), amount)
        for account, amount in asked.lines
    ]
    entry = _entry(fund, lines, on=asked.occurred_on)
    await _require_covered(session, fund, entry)
    return await _keep(session, fund, entry, asked=asked, reverses=None, actor=actor)


async def propose_reversal(
    session: AsyncSession,
    manual_id: UUID,
    *,
    on: date,
    reason: str,
    digest: str,
    today: date,
    actor: Actor,
) -> ByHand:
    """Propose to take a booked entry back by its opposite, on a later or the same open day.

    Raises ManualEntryUnknown, ManualNotBooked, DayNotYet, OrderDayNotPossible, PeriodClosed,
    FundExhausted.
    """
    days.require_come(on, member="occurred_on", today=today)
    await ledger.refuse_closed(session, day=on)
    before = await queries.by_hand(session, manual_id)
    _require_booked(before)
    if on < before.row.occurred_on:
        raise OrderDayNotPossible(effective_on=on, earliest=before.row.occurred_on, latest=today)
    fund = await fund_queries.fund_by_id(session, before.row.fund_id)
    entry = _reversal(before, on=on)
    await _require_covered(session, fund, entry)
    asked = Asked(lines=(), occurred_on=on, reason=reason, digest=digest)
    return await _keep(session, fund, entry, asked=asked, reverses=manual_id, actor=actor)


async def decide(
    session: AsyncSession, manual_id: UUID, *, outcome: Outcome, actor: Actor
) -> ByHand:
    """Book or reject an entry that another proposed, under the lock of its fund.

    Raises ManualEntryUnknown, ManualNotWaiting, ManualMakerDecides, ManualNotBooked,
    PeriodClosed, FundExhausted, BelowFloor; nothing is booked then.
    """
    row = (await queries.by_hand(session, manual_id)).row
    fund = (await fund_queries.locked_funds(session, [FundId(row.fund_id)]))[FundId(row.fund_id)]
    before = await queries.by_hand(session, manual_id)
    if before.state != "proposed":
        raise ManualNotWaiting(manual_id=manual_id, state=before.state)
    if row.actor_id == actor.id:
        raise ManualMakerDecides(manual_id=manual_id)
    entry_id = None
    if outcome is Outcome.APPROVE:
        entry_id = await _book(session, row, fund, actor_id=actor.id)
    decided = await session.scalar(
        upsert(ManualDecisionRow)
        .values(
            institution_id=row.institution_id,
            manual_id=manual_id,
            outcome=outcome.value,
            entry_id=entry_id,
            reverses_manual_id=row.reverses_manual_id,
            proposer_id=row.actor_id,
            actor_id=actor.id,
        )
        .returning(ManualDecisionRow)
    )
    return ByHand(row=row, decision=decided)


async def _book(
    session: AsyncSession, row: ManualEntryRow, fund: FundRow, *, actor_id: UUID
) -> EntryId:
    if row.reverses_manual_id is None:
        entry = _entry(fund, _lines(row), on=row.occurred_on)
    else:
        undone = await queries.by_hand(session, row.reverses_manual_id)
        _require_booked(undone)
        entry = _reversal(undone, on=row.occurred_on)
    await _require_covered(session, fund, entry)
    codes = {line.account_code for line in entry.lines}
    await ledger.open_own_accounts(
        session, codes, fund_id=FundId(fund.fund_id), currency=fund.currency
    )
    return await ledger.post(session, entry, actor_id=actor_id, source_id=row.manual_id)


def _entry(fund: FundRow, lines: Sequence[tuple[str, Money]], *, on: date) -> JournalEntry:
    return manual.entry_of(
        lines,
        fund_id=FundId(fund.fund_id),
        fund_code=fund.code,
        fund_kind=FundKind(fund.kind),
        currency=fund.currency,
        occurred_on=on,
    )


def _reversal(undone: ByHand, *, on: date) -> JournalEntry:
    """The opposite of what was booked, naming its entry."""
    if undone.decision is None or undone.decision.entry_id is None:
        raise TypeError("that the entry is booked was checked before")
    row = undone.row
    booked = JournalEntry(
        kind=EntryKind.MANUAL,
        occurred_on=row.occurred_on,
        lines=tuple(
            Line(account_code=code, fund_id=FundId(row.fund_id), amount=amount)
            for code, amount in _lines(row)
        ),
    )
    return journal.reversal_entry(
        booked, entry_id=EntryId(undone.decision.entry_id), reversed_on=on
    )


def _require_booked(found: ByHand) -> None:
    if found.state != "booked" or found.row.reverses_manual_id is not None:
        raise ManualNotBooked(manual_id=found.row.manual_id, state=found.state)


async def _require_covered(session: AsyncSession, fund: FundRow, entry: JournalEntry) -> None:
    fund_id = FundId(fund.fund_id)
    standing = (await fund_queries.standings(session, [fund_id]))[fund_id]
    held = await ledger_queries.balances(session, fund_id)
    kept = await keeping.guarded(session, fund, endowed=standing.endowed)
    manual.require_covered(
        entry,
        standing=manual.Standing(
            fund_code=fund.code,
            held=held,
            free=standing.cash - standing.reserved - standing.committed,
            net_assets=standing.net_assets,
            floor=kept.floor,
        ),
    )
    taken = -manual.free_change(entry)
    if taken.is_positive:
        await tagging.require_free(session, fund, tag=None, amount=taken)


def _lines(row: ManualEntryRow) -> list[tuple[str, Money]]:
    return [(one["code"], Money(one["minor"], row.currency)) for one in row.lines]


async def _keep(
    session: AsyncSession,
    fund: FundRow,
    entry: JournalEntry,
    *,
    asked: Asked,
    reverses: UUID | None,
    actor: Actor,
) -> ByHand:
    row = ManualEntryRow(
        institution_id=tenancy.institution_of(session),
        manual_id=ids.new(),
        fund_id=fund.fund_id,
        currency=fund.currency,
        occurred_on=asked.occurred_on,
        reason=asked.reason,
        digest=asked.digest,
        lines=[{"code": one.account_code, "minor": one.amount.minor} for one in entry.lines],
        reverses_manual_id=reverses,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return ByHand(row=row)
