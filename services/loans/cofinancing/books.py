"""How is an entry on a contract booked where several funds finance it: one entry for each?

Whatever books on a contract does it through here. The engine gives one entry on the leading fund;
where more funds stand behind the contract it becomes one for each, under the same row. The caller
holds the contract's lock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.cofinancing import queries
from services.loans.cofinancing.queries import Together
from services.loans.domain import chart, cofinancing
from services.loans.domain.journal import Channel, EntryKind, JournalEntry
from services.loans.funds import queries as funds
from services.loans.funds import returning
from services.loans.ledger import operations as ledger
from services.loans.ledger.operations import Posting
from shared import ids
from shared.ids import ContractId, EntryId, FundId
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPart:
    """What the leading fund is owed of its own; and whether its rank is no other fund's."""

    owed: Money
    is_alone: bool


async def post_all(session: AsyncSession, postings: Sequence[Posting]) -> None:
    """Post entries on contracts, split where several funds finance one (see `ledger.post_all`)."""
    await ledger.post_all(session, await split_all(session, postings))


async def post(
    session: AsyncSession, entry: JournalEntry, *, actor_id: UUID, source_id: UUID
) -> EntryId:
    """Post one entry on a contract; return the id under which it is kept."""
    entry_id = EntryId(ids.new())
    posting = Posting(entry=entry, actor_id=actor_id, source_id=source_id, entry_id=entry_id)
    await post_all(session, [posting])
    return entry_id


async def split_all(session: AsyncSession, postings: Sequence[Posting]) -> list[Posting]:
    """Give the same postings, those on contracts of several funds as one for each fund.

    The first of those keeps the posting's own id: it is the leading fund's, where that moves.
    """
    contract_ids = {one.entry.contract_id for one in postings if one.entry.contract_id is not None}
    plans = await queries.plans_of(session, contract_ids) if contract_ids else {}
    if not plans:
        return list(postings)
    totals = await queries.totals_of(session, list(plans))
    named = [
        one.entry.reverses_entry_id
        for one in postings
        if one.entry.contract_id in plans and one.entry.reverses_entry_id is not None
    ]
    undone = await queries.together_with(session, named) if named else {}
    found: list[Posting] = []
    for one in postings:
        contract_id = one.entry.contract_id
        if contract_id is None or contract_id not in plans:
            found.append(one)
            continue
        entries, totals[contract_id] = cofinancing.split(
            plans[contract_id],
            one.entry,
            before=totals[contract_id],
            draws=_draws(one.entry, undone),
        )
        await _require_money(session, one.entry, entries)
        found += _of_each(one, entries, undone)
    return found


async def paying(
    session: AsyncSession, entry: JournalEntry, channel: Channel
) -> dict[FundId, Money]:
    """Give what an entry would take out of a channel of each fund behind its contract."""
    plans = await queries.plans_of(session, [entry.contract_id]) if entry.contract_id else {}
    if not plans or entry.contract_id is None:
        return {entry.lines[0].fund_id: -entry.amount_of(channel.value)}
    totals = await queries.totals_of(session, [entry.contract_id])
    entries, _ = cofinancing.split(
        plans[entry.contract_id], entry, before=totals[entry.contract_id]
    )
    moved = {fund: -one.amount_of(channel.value) for fund, one in entries.items()}
    return {fund: amount for fund, amount in moved.items() if amount.is_positive}


async def owed_to(session: AsyncSession, contract_id: UUID, *, lead: UUID) -> dict[FundId, int]:
    """Give what each fund behind a contract is owed or has written off; 1 where it is one alone."""
    one = ContractId(contract_id)
    plan = (await queries.plans_of(session, [one])).get(one)
    if plan is None:
        return {FundId(lead): 1}
    return plan.owed((await queries.totals_of(session, [one]))[one])


async def financed_by(session: AsyncSession, contract_id: UUID, *, lead: UUID) -> dict[FundId, int]:
    """Give what each fund finances of a contract's principal; 1 where it is one alone."""
    plan = (await queries.plans_of(session, [contract_id])).get(ContractId(contract_id))
    return {FundId(lead): 1} if plan is None else plan.amounts()


async def own_part(session: AsyncSession, contract_id: UUID) -> OwnPart | None:
    """Give what the leading fund of a contract of several has standing out; None of one fund."""
    one = ContractId(contract_id)
    plans = await queries.plans_of(session, [one])
    if not plans:
        return None
    plan, totals = plans[one], (await queries.totals_of(session, [one]))[one]
    owed = plan.shares(totals, "loans")[plan.lead.fund_id]
    return OwnPart(owed=Money(owed, plan.lead.currency), is_alone=plan.leads_alone())


async def is_shared(session: AsyncSession, contract_id: UUID) -> bool:
    """Tell whether more than one fund finances a contract."""
    return bool(await queries.plans_of(session, [contract_id]))


async def funds_of(session: AsyncSession, contract_id: UUID, *, lead: UUID) -> tuple[FundId, ...]:
    """Give the funds behind a contract, the leading one first."""
    plan = (await queries.plans_of(session, [contract_id])).get(ContractId(contract_id))
    return (FundId(lead),) if plan is None else tuple(one.fund_id for one in plan.sources)


async def _require_money(
    session: AsyncSession, entry: JournalEntry, entries: Mapping[FundId, JournalEntry]
) -> None:
    """Refuse what would make a fund pay another more than it holds. Raises FundExhausted.

    Only where no money comes or goes: what was received and is taken back, or paid out of a
    commitment, was looked at where it is decided.
    """
    if any(line.account_code in chart.MONEY for line in entry.lines):
        return
    purse = Channel(chart.MONEY[0])
    owing = {fund: -one.amount_of(purse.value) for fund, one in entries.items()}
    paying = sorted(fund for fund, amount in owing.items() if amount.is_positive)
    for fund_id, fund in (await funds.locked_funds(session, paying)).items() if paying else ():
        await returning.require_held(session, fund, owing[fund_id], purse)


def _draws(entry: JournalEntry, undone: dict[EntryId, Together]) -> bool:
    if entry.kind is EntryKind.REVERSAL and entry.reverses_entry_id in undone:
        return undone[entry.reverses_entry_id].kind is EntryKind.DISBURSEMENT
    return entry.kind is EntryKind.DISBURSEMENT


def _of_each(
    posting: Posting, entries: dict[FundId, JournalEntry], undone: dict[EntryId, Together]
) -> list[Posting]:
    named = posting.entry.reverses_entry_id
    opposites = {} if named is None or named not in undone else undone[named].entries
    return [
        replace(
            posting,
            entry=replace(entry, reverses_entry_id=opposites.get(fund_id)),
            entry_id=posting.entry_id if place == 0 else EntryId(ids.new()),
        )
        for place, (fund_id, entry) in enumerate(entries.items())
    ]
