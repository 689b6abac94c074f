"""What do the facts add up to on two dates: `as_of` (value date) and `known_at` (what was told)?

A known_at counts only up to the horizon, the newest instant of which everything is loaded: so
what is loaded later never changes the answer for a pair of dates.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.domain import standing
from services.monitoring.domain.portfolio_quality import LoanPosition
from services.monitoring.domain.standing import Agreement
from services.monitoring.domain.utilisation import Utilisation
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthSum:
    """What borrowers of a fund paid back in a month, and on how many contracts."""

    month: date
    amount_minor: int
    contracts: int


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
      (select max(sequence) from fund_receipt
       where institution_id = :institution_id and known_at <= :known_at)
    )
""")
CONTRACTS = text("""
    select contract_id, fund_id, branch_id, sector from agreed_contract
    where institution_id = :institution_id and known_at <= :known_at and signed_on <= :as_of
      and (cast(:fund_ids as uuid[]) is null or fund_id = any(:fund_ids))
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
      and (cast(:fund_ids as uuid[]) is null or fund_id = any(:fund_ids))
    group by 1, 2 order by 1, 2
""").bindparams(bindparam("fund_ids", type_=ARRAY(Uuid())))
SUMS = text("""
    select contract_id,
      (coalesce(sum(amount_minor) filter (where kind = 'disbursement'), 0)
        + sum(at_work_minor))::bigint as disbursed,
      (coalesce(sum(amount_minor)
        filter (where kind not in ('disbursement', 'recovery', 'deal')), 0))::bigint as paid
    from contract_movement
    where institution_id = :institution_id and effective_on <= :as_of and known_at <= :known_at
      and (cast(:fund_ids as uuid[]) is null or fund_id = any(:fund_ids))
    group by 1
""").bindparams(bindparam("fund_ids", type_=ARRAY(Uuid())))
UTILISATION = text("""
    select f.fund_id, f.currency,
      (select coalesce(sum(amount_minor), 0)::bigint from fund_receipt r
       where r.institution_id = f.institution_id and r.fund_id = f.fund_id
         and r.received_on <= :as_of and r.known_at <= :known_at) as received,
      (select coalesce(sum(principal_minor), 0)::bigint from agreed_contract a
       where a.institution_id = f.institution_id and a.fund_id = f.fund_id
         and a.signed_on <= :as_of and a.known_at <= :known_at) as agreed,
      (select coalesce(sum(amount_minor), 0)::bigint from fund_release l
       where l.institution_id = f.institution_id and l.fund_id = f.fund_id
         and l.released_on <= :as_of and l.known_at <= :known_at) as released,
      m.disbursed, m.principal, m.income, m.surplus
    from observed_fund f
    cross join lateral (
      select
        coalesce(sum(amount_minor) filter (where kind = 'disbursement'), 0)::bigint as disbursed,
        coalesce(sum(principal_minor - forgiven_minor), 0)::bigint as principal,
        coalesce(sum(profit_minor + fee_minor), 0)::bigint as income,
        coalesce(sum(surplus_minor), 0)::bigint as surplus
      from contract_movement m
      where m.institution_id = f.institution_id and m.fund_id = f.fund_id
        and m.effective_on <= :as_of and m.known_at <= :known_at
    ) m
    where f.institution_id = :institution_id and f.fund_id = any(:fund_ids)
""").bindparams(bindparam("fund_ids", type_=ARRAY(Uuid())))
REPAYMENTS_BY_MONTH = text("""
    select date_trunc('month', effective_on)::date as month,
      sum(amount_minor - forgiven_minor)::bigint as amount,
      count(distinct contract_id) as contracts
    from contract_movement
    where institution_id = :institution_id and fund_id = :fund_id and kind <> 'disbursement'
      and (kind <> 'deal' or amount_minor <> 0)
      and effective_on <= :as_of and known_at <= :known_at
    group by 1 order by 1
""")
CONTRACTS_OF_FUND = text("""
    select count(*) from agreed_contract
    where institution_id = :institution_id and fund_id = :fund_id
      and signed_on <= :as_of and known_at <= :known_at
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
    """The positions, on the two dates, of all contracts that have principal out."""
    contracts = await _contracts(session, at, fund_ids=fund_ids, branch_ids=branch_ids)
    values = {**at.values(session), "fund_ids": _array(fund_ids)}
    sums = {row.contract_id: row for row in await session.execute(SUMS, values)}
    found = [
        _position(row, agreement, money.disbursed, money.paid, as_of=at.as_of)
        for row, agreement in contracts
        if (money := sums.get(row.contract_id)) is not None
    ]
    return [position for position in found if position is not None]


async def positions_over(
    session: AsyncSession, at: Moment, *, ends: Sequence[date], fund_id: FundId
) -> dict[date, list[LoanPosition]]:
    """`positions` of a fund on each of several ends of months, in one reading.

    `ends` are last days of months in ascending order, none after `at.as_of`.
    """
    contracts = await _contracts(session, at, fund_ids=[fund_id], branch_ids=None)
    values = {**at.values(session), "fund_ids": [fund_id]}
    by_contract: dict[UUID, list[Any]] = {}
    for row in await session.execute(SUMS_BY_MONTH, values):
        by_contract.setdefault(row.contract_id, []).append(row)
    found: dict[date, list[LoanPosition]] = {end: [] for end in ends}
    for contract, agreement in contracts:
        months = by_contract.get(contract.contract_id, [])
        disbursed = paid = read = 0
        for end in ends:
            while read < len(months) and months[read].month <= end:
                disbursed += months[read].disbursed
                paid += months[read].paid
                read += 1
            position = _position(contract, agreement, disbursed, paid, as_of=end)
            if position is not None:
                found[end].append(position)
    return found


async def utilisations(
    session: AsyncSession, at: Moment, *, fund_ids: Collection[FundId]
) -> dict[FundId, Utilisation]:
    """What became of the money of some funds on the two dates."""
    values = {**at.values(session), "fund_ids": list(fund_ids)}
    names = ("received", "agreed", "released", "disbursed", "principal", "income", "surplus")
    return {
        FundId(row.fund_id): Utilisation(
            **{name: Money(getattr(row, name), row.currency) for name in names}
        )
        for row in await session.execute(UTILISATION, values)
    }


async def repayments_by_month(
    session: AsyncSession, at: Moment, *, fund_id: FundId
) -> list[MonthSum]:
    """What borrowers of a fund paid back, by month of value date, oldest first."""
    values = {**at.values(session), "fund_id": fund_id}
    return [
        MonthSum(month=row.month, amount_minor=row.amount, contracts=row.contracts)
        for row in await session.execute(REPAYMENTS_BY_MONTH, values)
    ]


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
