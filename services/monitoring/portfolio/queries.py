"""What do the facts add up to on two dates: `as_of` (value date) and `known_at` (what was told)?

A known_at counts only up to the horizon, the newest instant of which everything is loaded: so
what is loaded later never changes the answer for a pair of dates.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.domain import standing
from services.monitoring.domain.portfolio_quality import LoanPosition
from services.monitoring.domain.standing import Agreement
from services.monitoring.portfolio import agreements
from services.monitoring.portfolio.agreements import Agreements
from services.monitoring.portfolio.tables import (
    FundLinkRow,
    ObservedFundRow,
    ObservedInstitutionRow,
)
from shared import tenancy
from shared.ids import BranchId, DonorId, FundId
from shared.money import Money

SOURCE = "loans"
_AGREEMENTS = Agreements()


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """How far the feed is read: the last number, the instant that is complete, the feed's head."""

    number: int
    known_at: datetime | None
    head: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The two dates of an answer; `sequence` is the newest fact that it may rest on."""

    as_of: date
    known_at: datetime | None
    sequence: int

    def values(self, session: AsyncSession) -> dict[str, Any]:
        """The values that every query of this module binds."""
        return {
            "institution_id": tenancy.institution_of(session),
            "as_of": self.as_of,
            "known_at": self.known_at,
        }


HORIZON = text("""
    select c.number, c.known_at, coalesce(p.head, 0) as head
    from feed_cursor c left join feed_progress p using (institution_id, source)
    where c.institution_id = :institution_id and c.source = :source
""")
NEWEST_FACT = text("""
    select greatest(
      (select sequence from contract_movement
       where institution_id = :institution_id and known_at <= :known_at
       order by sequence desc limit 1),
      (select max(sequence) from agreed_contract
       where institution_id = :institution_id and known_at <= :known_at),
      (select sequence from booked_line
       where institution_id = :institution_id and known_at <= :known_at
       order by sequence desc limit 1)
    )
""")
CONTRACTS = text("""
    select contract_id, fund_id, branch_id, sector from agreed_contract
    where institution_id = :institution_id and known_at <= :known_at and signed_on <= :as_of
      and (cast(:fund_ids as uuid[]) is null or fund_id = any(:fund_ids)
        or contract_id in (select contract_id from contract_share
          where institution_id = :institution_id and fund_id = any(:fund_ids)))
      and (cast(:branch_ids as uuid[]) is null or branch_id = any(:branch_ids))
""").bindparams(
    bindparam("fund_ids", type_=ARRAY(Uuid())), bindparam("branch_ids", type_=ARRAY(Uuid()))
)
DUES = text("""
    select contract_id, currency, allocation_order, due_on,
      due_principal_minor, due_profit_minor, due_fee_minor
    from agreed_contract
    where institution_id = :institution_id and contract_id = any(:contract_ids)
""").bindparams(bindparam("contract_ids", type_=ARRAY(Uuid())))
# What orders made of agreements, the newest that held on the day as it was known then.
CHANGED = text("""
    select distinct on (contract_id) contract_id, effective_on, due_on, due_principal_minor,
      due_profit_minor, due_fee_minor, due_penalty_minor
    from changed_agreement
    where institution_id = :institution_id and known_at <= :known_at and effective_on <= :as_of
      and due_on is not null
    order by contract_id, sequence desc
""")
WRITTEN_OFF = text("""
    select contract_id from changed_agreement
    where institution_id = :institution_id and known_at <= :known_at and effective_on <= :as_of
    group by contract_id having sum(written_off_minor) > 0
""")
SUMS_BY_MONTH = text("""
    select contract_id, date_trunc('month', effective_on)::date as month,
      (coalesce(sum(amount_minor) filter (where kind = 'disbursement'), 0)
        + sum(at_work_minor))::bigint as disbursed,
      (coalesce(sum(amount_minor)
        filter (where kind not in ('disbursement', 'recovery', 'deal')), 0))::bigint as paid
    from contract_movement
    where institution_id = :institution_id and effective_on <= :as_of and known_at <= :known_at
      and (cast(:fund_ids as uuid[]) is null or contract_id = any(:contract_ids))
    group by 1, 2 order by 1, 2
""").bindparams(
    bindparam("fund_ids", type_=ARRAY(Uuid())), bindparam("contract_ids", type_=ARRAY(Uuid()))
)
# Of contracts that several funds finance: what of each fund is out, month by month.
STAKES = text("""
    select s.contract_id, s.fund_id, f.currency, date_trunc('month', l.occurred_on)::date as month,
      sum(l.amount_minor)::bigint as moved
    from contract_share s
    join observed_fund f on f.institution_id = s.institution_id and f.fund_id = s.fund_id
    join booked_line l on l.institution_id = s.institution_id and l.fund_id = s.fund_id
      and l.contract_id = s.contract_id and l.account = 'loans'
    where s.institution_id = :institution_id and l.occurred_on <= :as_of
      and l.known_at <= :known_at
    group by 1, 2, 3, 4
""")
CONTRACTS_OF_FUND = text("""
    select count(*) from agreed_contract a
    where institution_id = :institution_id and signed_on <= :as_of and known_at <= :known_at
      and (fund_id = :fund_id or exists (select from contract_share s
        where s.institution_id = a.institution_id and s.contract_id = a.contract_id
          and s.fund_id = :fund_id))
""")


async def horizon(session: AsyncSession) -> Horizon:
    """How far the feed of loans is read; nothing yet is number 0 and no instant."""
    values = {"institution_id": tenancy.institution_of(session), "source": SOURCE}
    row = (await session.execute(HORIZON, values)).one_or_none()
    if row is None:
        return Horizon(number=0, known_at=None, head=0)
    return Horizon(number=row.number, known_at=row.known_at, head=max(row.head, row.number))


async def moment(session: AsyncSession, *, as_of: date, known_at: datetime | None) -> Moment:
    """The pair of dates an answer really uses: known_at is the horizon if later or not asked."""
    newest = (await horizon(session)).known_at
    if newest is None:
        return Moment(as_of=as_of, known_at=None, sequence=0)
    used = newest if known_at is None else min(known_at, newest)
    values = {"institution_id": tenancy.institution_of(session), "known_at": used}
    sequence = (await session.execute(NEWEST_FACT, values)).scalar() or 0
    return Moment(as_of=as_of, known_at=used, sequence=sequence)


async def institution(session: AsyncSession) -> ObservedInstitutionRow | None:
    """The institution as the directory names it; None before the first look."""
    return await session.get(ObservedInstitutionRow, tenancy.institution_of(session))


async def funds(
    session: AsyncSession, *, donor_id: DonorId | None = None
) -> Sequence[ObservedFundRow]:
    """All funds, or those linked to a donor, by code."""
    institution_id = tenancy.institution_of(session)
    statement = select(ObservedFundRow).where(ObservedFundRow.institution_id == institution_id)
    if donor_id is not None:
        linked = select(FundLinkRow.fund_id).where(
            FundLinkRow.institution_id == institution_id, FundLinkRow.donor_id == donor_id
        )
        statement = statement.where(ObservedFundRow.fund_id.in_(linked))
    return (await session.scalars(statement.order_by(ObservedFundRow.code))).all()


async def positions(
    session: AsyncSession,
    at: Moment,
    *,
    fund_ids: Collection[FundId] | None = None,
    branch_ids: Collection[BranchId] | None = None,
) -> list[LoanPosition]:
    """The positions, on the two dates, of all contracts that have principal out.

    A contract that several funds finance has one for each, with what of that fund is out.
    """
    ends = [at.as_of]
    return (await _positions(session, at, ends, fund_ids=fund_ids, branch_ids=branch_ids))[at.as_of]


async def positions_over(
    session: AsyncSession, at: Moment, *, ends: Sequence[date], fund_id: FundId
) -> dict[date, list[LoanPosition]]:
    """`positions` of a fund on each of several ends of months, in one reading.

    `ends` are last days of months in ascending order, none after `at.as_of`.
    """
    return await _positions(session, at, ends, fund_ids=[fund_id], branch_ids=None)


async def _positions(
    session: AsyncSession,
    at: Moment,
    ends: Sequence[date],
    *,
    fund_ids: Collection[FundId] | None,
    branch_ids: Collection[BranchId] | None,
) -> dict[date, list[LoanPosition]]:
    contracts = await _contracts(session, at, fund_ids=fund_ids, branch_ids=branch_ids)
    values = {
        **at.values(session),
        "fund_ids": _array(fund_ids),
        "contract_ids": [row.contract_id for row, _ in contracts],
    }
    by_contract: dict[UUID, list[Any]] = {}
    for row in await session.execute(SUMS_BY_MONTH, values):
        by_contract.setdefault(row.contract_id, []).append(row)
    stakes = await _stakes(session, at)
    found: dict[date, list[LoanPosition]] = {end: [] for end in ends}
    for contract, agreement in contracts:
        months = by_contract.get(contract.contract_id, [])
        shares = stakes.get(contract.contract_id)
        disbursed = paid = read = 0
        for end in ends:
            while read < len(months) and months[read].month <= end:
                disbursed += months[read].disbursed
                paid += months[read].paid
                read += 1
            position = _position(contract, agreement, disbursed, paid, as_of=end)
            if position is None:
                continue
            if shares is None:
                found[end].append(position)
                continue
            parts = ((fund, _out(moves, end)) for fund, moves in shares.items())
            found[end] += [
                replace(position, fund_id=fund, outstanding=out)
                for fund, out in parts
                if out.is_positive and (fund_ids is None or fund in fund_ids)
            ]
    return found


async def _stakes(session: AsyncSession, at: Moment) -> dict[UUID, dict[UUID, list[Any]]]:
    """What each fund's part of shared contracts did, month by month, by contract and fund."""
    found: dict[UUID, dict[UUID, list[Any]]] = {}
    for row in await session.execute(STAKES, at.values(session)):
        found.setdefault(row.contract_id, {}).setdefault(row.fund_id, []).append(row)
    return found


def _out(moves: Sequence[Any], end: date) -> Money:
    return Money(sum(row.moved for row in moves if row.month <= end), moves[0].currency)


async def contracts_of_fund(session: AsyncSession, at: Moment, *, fund_id: FundId) -> int:
    """How many contracts were signed on a fund."""
    values = {**at.values(session), "fund_id": fund_id}
    return int((await session.execute(CONTRACTS_OF_FUND, values)).scalar_one())


async def _contracts(
    session: AsyncSession,
    at: Moment,
    *,
    fund_ids: Collection[FundId] | None,
    branch_ids: Collection[BranchId] | None,
) -> list[tuple[Any, Agreement]]:
    values = {
        **at.values(session),
        "fund_ids": _array(fund_ids),
        "branch_ids": _array(branch_ids),
    }
    rows = (await session.execute(CONTRACTS, values)).all()
    institution_id = tenancy.institution_of(session)
    known = _AGREEMENTS.find(institution_id, [row.contract_id for row in rows])
    missing = [row.contract_id for row in rows if row.contract_id not in known]
    if missing:
        asked = {"institution_id": institution_id, "contract_ids": missing}
        fresh = await session.execute(DUES, asked)
        read = {row.contract_id: agreements.agreement_of(row) for row in fresh}
        _AGREEMENTS.keep(institution_id, read)
        known |= read
    moment = {name: values[name] for name in ("institution_id", "as_of", "known_at")}
    for changed in await session.execute(CHANGED, moment):
        if changed.contract_id in known:
            known[changed.contract_id] = agreements.changed(known[changed.contract_id], changed)
    lost = {row.contract_id for row in await session.execute(WRITTEN_OFF, moment)}
    return [(row, known[row.contract_id]) for row in rows if row.contract_id not in lost]


def _position(
    row: Any, agreement: Agreement, disbursed: int, paid: int, *, as_of: date
) -> LoanPosition | None:
    """A contract's position; None where no principal is out."""
    if not disbursed:
        return None
    where = standing.standing(agreement, disbursed_minor=disbursed, paid_minor=paid, as_of=as_of)
    if where.outstanding.is_zero:
        return None
    return LoanPosition(
        contract_id=row.contract_id,
        fund_id=row.fund_id,
        branch_id=row.branch_id,
        sector=row.sector,
        outstanding=where.outstanding,
        days_past_due=where.days_past_due,
    )


def _array(ids: Collection[UUID] | None) -> list[UUID] | None:
    return None if ids is None else list(ids)
