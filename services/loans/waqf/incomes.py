"""How does yield come into a waqf, and what else is entered about it by one person?"""

from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import waqf_entries
from services.loans.domain.collecting import AmountNotPositive
from services.loans.domain.days import require_come
from services.loans.domain.journal import Channel
from services.loans.domain.waqf_orders import WaqfDeedMissing
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.ledger import operations as ledger
from services.loans.waqf import queries
from services.loans.waqf.tables import PriceIndexRow, WaqfConflictRow, WaqfIncomeRow
from shared import feed, ids, tenancy
from shared.auth import Actor
from shared.ids import FundId
from shared.money import Money
from shared.quiet_events import CorpusEarned

IncomeKind = Literal["yield", "tabarru"]


async def receive(
    session: AsyncSession,
    fund_id: FundId,
    *,
    kind: IncomeKind,
    amount: Money,
    channel: Channel,
    on: date,
    asset_id: UUID | None,
    today: date,
    actor: Actor,
) -> WaqfIncomeRow:
    """Book yield that came in as money, or what a participant gave to the pool.

    What is only earned or valued is no yield here: nothing is booked before its money came.
    Raises FundNotFound, NoCorpusHere, WaqfAssetUnknown, AmountNotPositive, DayNotYet,
    CurrencyMismatch, PeriodClosed.
    """
    require_come(on, member="received_on", today=today)
    if not amount.is_positive:
        raise AmountNotPositive(amount=amount)
    fund = (await fund_queries.locked_funds(session, [fund_id]))[fund_id]
    keeps = await queries.kept(session, fund_id, code=fund.code, kind=fund.kind)
    if not keeps.has_corpus:
        raise WaqfDeedMissing(fund_code=fund.code)
    if asset_id is not None:
        await queries.asset_of(session, fund_id, asset_id)
    accounts, income_id = funds.accounts_of(fund), ids.new()
    write = waqf_entries.yield_entry if kind == "yield" else waqf_entries.tabarru_entry
    entry = write(amount, fund=accounts, on=on, channel=channel)
    entry_id = await ledger.post(session, entry, actor_id=actor.id, source_id=income_id)
    row = WaqfIncomeRow(
        institution_id=fund.institution_id,
        income_id=income_id,
        fund_id=fund_id,
        kind=kind,
        amount_minor=amount.minor,
        currency=amount.currency,
        channel=channel.value,
        received_on=on,
        asset_id=asset_id,
        entry_id=entry_id,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    event = CorpusEarned(
        fund_id=fund_id,
        income_id=income_id,
        kind=kind,
        amount_minor=amount.minor,
        currency=amount.currency,
        received_on=on,
    )
    await feed.publish(session, event, subject_id=fund_id)
    return row


async def declare_conflict(
    session: AsyncSession,
    fund_id: FundId,
    *,
    party_id: UUID,
    interest: str,
    on: date,
    actor: Actor,
) -> WaqfConflictRow:
    """Enter an interest that somebody has in a waqf's dealings. Raises FundNotFound,
    NoCorpusHere.
    """
    fund = await fund_queries.fund_by_id(session, fund_id)
    await queries.kept(session, fund_id, code=fund.code, kind=fund.kind)
    row = WaqfConflictRow(
        institution_id=fund.institution_id,
        conflict_id=ids.new(),
        fund_id=fund_id,
        party_id=party_id,
        interest=interest,
        declared_on=on,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return row


async def enter_index(
    session: AsyncSession,
    *,
    series: str,
    valid_on: date,
    value: Decimal,
    source: str,
    today: date,
    actor: Actor,
) -> PriceIndexRow:
    """Enter a published index of prices; a later entry for the same day corrects it.

    Raises DayNotYet.
    """
    require_come(valid_on, member="valid_on", today=today)
    row = PriceIndexRow(
        institution_id=tenancy.institution_of(session),
        value_id=ids.new(),
        series=series,
        valid_on=valid_on,
        value=value,
        source=source,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return row
