"""What was proposed and decided for a waqf, what does it own, and how does it stand?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.corpus import queries as corpus
from services.loans.corpus.queries import Kept
from services.loans.domain import waqf_deed
from services.loans.domain.journal import Channel
from services.loans.domain.waqf_measures import IndexValue, PaidIn
from services.loans.domain.waqf_orders import (
    Asset,
    Authority,
    Conflict,
    WaqfOrder,
    WaqfOrderKind,
)
from services.loans.ledger.queries import Cut
from services.loans.waqf.tables import (
    PriceIndexRow,
    WaqfAssetRow,
    WaqfConflictRow,
    WaqfDecisionRow,
    WaqfIncomeRow,
    WaqfOrderRow,
)
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.ids import FundId
from shared.money import Money
from shared.schemas import Page

State = Literal["proposed", "approved", "rejected"]


class NoCorpusHere(RafidError):
    """The fund has no corpus"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The fund {fund_code} is of kind {fund_kind}: a waqf has a corpus, and a donation fund"
        " under a deed."
    )
    fund_code: str
    fund_kind: str


class WaqfOrderUnknown(RafidError):
    """There is no such order of a waqf"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No order of a waqf has the id {order_id}."
    order_id: UUID


class DeedClauseUnknown(RafidError):
    """The deed names a clause that the fund does not have"""

    kind = Kind.RULE
    service = "loans"
    detail = "The fund has no approved clause {clause_id}: enter the founder's stipulation first."
    clause_id: UUID


class WaqfAssetUnknown(RafidError):
    """The waqf owns no such property"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "The fund {fund_id} owns no property {asset_id}, or has exchanged it."
    fund_id: FundId
    asset_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """An order with what another decided on it, if anything."""

    row: WaqfOrderRow
    decision: WaqfDecisionRow | None = None

    @property
    def state(self) -> State:
        """Where the order stands."""
        if self.decision is None:
            return "proposed"
        return "approved" if self.decision.outcome == "approve" else "rejected"

    @property
    def order(self) -> WaqfOrder:
        """The order as the rules know it."""
        row, members = self.row, self.row.members
        asset, authority = members.get("asset"), members.get("authority")
        appraised, deed = members.get("appraised_minor"), members.get("deed")
        return WaqfOrder(
            kind=WaqfOrderKind(row.kind),
            on=row.effective_on,
            amount=Money(row.amount_minor, row.currency),
            channel=Channel(row.channel),
            purpose=row.purpose,
            party_id=row.party_id,
            contract_id=row.contract_id,
            receipt_id=row.receipt_id,
            asset_id=row.asset_id,
            asset=Asset(**asset) if isinstance(asset, dict) else None,
            appraised=Money(appraised, row.currency) if isinstance(appraised, int) else None,
            authority=_authority(authority) if isinstance(authority, dict) else None,
            benefit=_text(members, "benefit"),
            consent=_text(members, "consent"),
            deed=waqf_deed.from_members(deed) if isinstance(deed, dict) else None,
        )


async def kept(
    session: AsyncSession, fund_id: FundId, *, code: str, kind: str, cut: Cut = corpus.NOW
) -> Kept:
    """Return what a fund with a corpus keeps. Raises NoCorpusHere for another kind of fund."""
    found = (await corpus.kept(session, [fund_id], cut=cut)).get(fund_id)
    if found is None:
        raise NoCorpusHere(fund_code=code, fund_kind=kind)
    return found


async def order_by_id(session: AsyncSession, order_id: UUID) -> Proposed:
    """Return an order with its decision. Raises WaqfOrderUnknown."""
    key = (tenancy.institution_of(session), order_id)
    row = await session.get(WaqfOrderRow, key)
    if row is None:
        raise WaqfOrderUnknown(order_id=order_id)
    decision = await session.get(WaqfDecisionRow, key, populate_existing=True)
    return Proposed(row=row, decision=decision)


async def orders_of(session: AsyncSession, fund_id: UUID, *, page: Page) -> list[Proposed]:
    """Return a page of a fund's orders in the order they were given, one more than fits."""
    decided = (WaqfDecisionRow.institution_id == WaqfOrderRow.institution_id) & (
        WaqfDecisionRow.order_id == WaqfOrderRow.order_id
    )
    statement = (
        select(WaqfOrderRow, WaqfDecisionRow)
        .outerjoin(WaqfDecisionRow, decided)
        .where(
            WaqfOrderRow.institution_id == tenancy.institution_of(session),
            WaqfOrderRow.fund_id == fund_id,
        )
        .order_by(WaqfOrderRow.order_id)
        .limit(page.limit + 1)
    )
    if page.after is not None:
        statement = statement.where(WaqfOrderRow.order_id > page.after)
    return [Proposed(row=row[0], decision=row[1]) for row in await session.execute(statement)]


async def conflicts_of(session: AsyncSession, fund_id: UUID) -> list[WaqfConflictRow]:
    """Return the interests that were declared in a fund's dealings, as they were."""
    statement = select(WaqfConflictRow).where(
        WaqfConflictRow.institution_id == tenancy.institution_of(session),
        WaqfConflictRow.fund_id == fund_id,
    )
    return list(await session.scalars(statement.order_by(WaqfConflictRow.conflict_id)))


def conflict_of(row: WaqfConflictRow) -> Conflict:
    """Give a row as the value that the rules know."""
    return Conflict(party_id=row.party_id, interest=row.interest)


async def incomes_of(session: AsyncSession, fund_id: UUID, *, page: Page) -> list[WaqfIncomeRow]:
    """Return a page of what a corpus and its pool took in, one more than fits."""
    statement = select(WaqfIncomeRow).where(
        WaqfIncomeRow.institution_id == tenancy.institution_of(session),
        WaqfIncomeRow.fund_id == fund_id,
    )
    if page.after is not None:
        statement = statement.where(WaqfIncomeRow.income_id > page.after)
    ordered = statement.order_by(WaqfIncomeRow.income_id).limit(page.limit + 1)
    return list(await session.scalars(ordered))


# The stipulations of a deed are clauses of its fund that two persons entered.
CLAUSES = text("""
    select c.clause_id from clause c
    join clause_decision d on d.institution_id = c.institution_id
      and d.clause_id = c.clause_id and d.outcome = 'approved'
    where c.institution_id = :institution_id and c.fund_id = :fund_id
      and c.clause_id = any(:clause_ids)
""")


async def require_clauses(
    session: AsyncSession, fund_id: FundId, clause_ids: Sequence[UUID]
) -> None:
    """Raise DeedClauseUnknown unless each is an approved clause of the fund."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "fund_id": fund_id,
        "clause_ids": list(clause_ids),
    }
    known = set((await session.execute(CLAUSES, values)).scalars()) if clause_ids else set()
    for clause_id in clause_ids:
        if clause_id not in known:
            raise DeedClauseUnknown(clause_id=clause_id)


HELD = text("""
    select x.asset_id from waqf_asset x
    where x.institution_id = :institution_id and x.fund_id = :fund_id
      and not exists (select from waqf_order o
        join waqf_order_decision a on a.institution_id = o.institution_id
          and a.order_id = o.order_id and a.outcome = 'approve'
        where o.institution_id = x.institution_id and o.asset_id = x.asset_id)
    order by x.asset_id
""")


async def assets_of(session: AsyncSession, fund_id: UUID) -> list[WaqfAssetRow]:
    """Return the property that a fund owns: what was exchanged is not among it."""
    institution_id = tenancy.institution_of(session)
    values = {"institution_id": institution_id, "fund_id": fund_id}
    held = list((await session.execute(HELD, values)).scalars())
    statement = select(WaqfAssetRow).where(
        WaqfAssetRow.institution_id == institution_id, WaqfAssetRow.asset_id.in_(held)
    )
    return list(await session.scalars(statement.order_by(WaqfAssetRow.asset_id)))


async def asset_of(session: AsyncSession, fund_id: FundId, asset_id: UUID) -> WaqfAssetRow:
    """Return property that a fund owns. Raises WaqfAssetUnknown."""
    for row in await assets_of(session, fund_id):
        if row.asset_id == asset_id:
            return row
    raise WaqfAssetUnknown(fund_id=fund_id, asset_id=asset_id)


async def index_series(session: AsyncSession, series: str) -> list[PriceIndexRow]:
    """Return the values of an index by day; of two for one day the later entered."""
    statement = select(PriceIndexRow).where(
        PriceIndexRow.institution_id == tenancy.institution_of(session),
        PriceIndexRow.series == series,
    )
    ordered = statement.order_by(PriceIndexRow.valid_on, PriceIndexRow.recorded_at)
    return list({row.valid_on: row for row in await session.scalars(ordered)}.values())


def index_value(row: PriceIndexRow) -> IndexValue:
    """Give a row as the value that the measures know."""
    return IndexValue(on=row.valid_on, value=row.value, source=row.source)


# Capital by the day it came; what was reversed or has gone back is negative on its day.
CAPITAL = text("""
    select r.received_on as moved_on, r.amount_minor from receipt r
    where r.institution_id = :institution_id and r.fund_id = :fund_id
      and (cast(:as_of as date) is null or r.received_on <= :as_of)
      and (cast(:known_at as timestamptz) is null or r.recorded_at <= :known_at)
    union all
    select o.effective_on, -o.amount_minor from waqf_order o
    join waqf_order_decision a on a.institution_id = o.institution_id
      and a.order_id = o.order_id and a.outcome = 'approve'
    where o.institution_id = :institution_id and o.fund_id = :fund_id and o.kind = 'return'
      and (cast(:as_of as date) is null or o.effective_on <= :as_of)
      and (cast(:known_at as timestamptz) is null or a.recorded_at <= :known_at)
    order by 1
""")


async def capital(
    session: AsyncSession, fund_id: FundId, *, currency: str, cut: Cut
) -> Sequence[PaidIn]:
    """Return what was paid in to stand, by its day, and what went back."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "fund_id": fund_id,
        "as_of": cut.as_of,
        "known_at": cut.known_at,
    }
    return [
        PaidIn(on=row.moved_on, amount=Money(row.amount_minor, currency))
        for row in await session.execute(CAPITAL, values)
    ]


def _authority(said: dict[str, Any]) -> Authority:
    return Authority(
        name=said["name"],
        reference=said["reference"],
        decided_on=date.fromisoformat(said["decided_on"]),
    )


def _text(members: dict[str, object], name: str) -> str | None:
    said = members.get(name)
    return said if isinstance(said, str) else None
