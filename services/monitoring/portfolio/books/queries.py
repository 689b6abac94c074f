"""What did the books do to the funds of an institution, on two dates?"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.domain import utilisation
from services.monitoring.domain.utilisation import Booked, Utilisation
from services.monitoring.portfolio.queries import Moment
from shared.ids import FundId

# A reversal stands on the side that it undoes, with its amount below nothing.
BOOKED = text("""
    select fund_id, kind, account, account_class,
      coalesce(sum(amount_minor) filter (where (amount_minor > 0) <> is_reversal), 0)::bigint
        as debits,
      coalesce(-sum(amount_minor) filter (where (amount_minor > 0) = is_reversal), 0)::bigint
        as credits
    from booked_line
    where institution_id = :institution_id and fund_id = any(:fund_ids)
      and occurred_on <= :as_of and known_at <= :known_at
    group by 1, 2, 3, 4
""").bindparams(bindparam("fund_ids", type_=ARRAY(Uuid())))
PROMISED = text("""
    select f.fund_id, f.currency, coalesce(sum(p.amount_minor), 0)::bigint as promised
    from observed_fund f
    left join fund_promise p on p.institution_id = f.institution_id and p.fund_id = f.fund_id
      and p.promised_on <= :as_of and p.known_at <= :known_at
    where f.institution_id = :institution_id and f.fund_id = any(:fund_ids)
    group by 1, 2
""").bindparams(bindparam("fund_ids", type_=ARRAY(Uuid())))
# Money that borrowers brought in, less what was taken back or given back: of a deal what came in
# from the client, and not what was paid to others.
REPAYMENTS_BY_MONTH = text("""
    select date_trunc('month', occurred_on)::date as month, sum(amount_minor)::bigint as amount,
      count(distinct contract_id) as contracts
    from booked_line
    where institution_id = :institution_id and fund_id = :fund_id and contract_id is not null
      and account in ('cash', 'wallet', 'bank', 'savings', 'contribution', 'tabarru')
      and (kind in ('repayment', 'fee', 'surplus_refund', 'recovery', 'correction', 'reversal')
        or (kind = 'deal' and (amount_minor > 0) <> is_reversal))
      and occurred_on <= :as_of and known_at <= :known_at
    group by 1 order by 1
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthSum:
    """What borrowers of a fund paid back in a month, and on how many contracts."""

    month: date
    amount_minor: int
    contracts: int


async def utilisations(
    session: AsyncSession, at: Moment, *, fund_ids: Collection[FundId]
) -> dict[FundId, Utilisation]:
    """What became of the money of some funds on the two dates."""
    values = {**at.values(session), "fund_ids": list(fund_ids)}
    booked: defaultdict[UUID, list[Booked]] = defaultdict(list)
    for row in await session.execute(BOOKED, values):
        booked[row.fund_id].append(
            Booked(
                kind=row.kind,
                account=row.account,
                account_class=row.account_class,
                debits=row.debits,
                credits=row.credits,
            )
        )
    return {
        FundId(row.fund_id): utilisation.of(
            booked[row.fund_id], promised=row.promised, currency=row.currency
        )
        for row in await session.execute(PROMISED, values)
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
