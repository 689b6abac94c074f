"""What did each account of a fund do over a period, by kind of entry, mode and class of zakat?"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.chart import AccountClass, FundKind
from services.loans.domain.sharia_report import Moved
from services.loans.ledger.queries import WITHIN_CUT, Cut
from shared import tenancy
from shared.money import Money

# The mode is that of the entry's contract, or of the product that a close booked for; the class is
# that of the grant that the entry paid. A reversal counts as the kind and grant that it undoes.
MOVES = text(f"""
    select f.fund_id, f.kind as fund_kind, f.code as fund_code, f.name_ar, f.name_fr, f.name_en,
      f.currency, a.code, a.class as account_class, coalesce(o.kind, e.kind) as kind,
      coalesce(v.mode_of_finance, b.mode_of_finance) as mode, g.zakat_class,
      coalesce(sum(l.amount_minor) filter (where e.occurred_on < :since), 0)::bigint
        as opening_minor,
      coalesce(sum(l.amount_minor) filter (where e.occurred_on >= :since
        and l.amount_minor > 0), 0)::bigint as debit_minor,
      coalesce(-sum(l.amount_minor) filter (where e.occurred_on >= :since
        and l.amount_minor < 0), 0)::bigint as credit_minor
    from fund f
    join account a on a.institution_id = f.institution_id and a.fund_id = f.fund_id
    join journal_line l on l.institution_id = a.institution_id and l.account_id = a.account_id
    join journal_entry e on e.institution_id = l.institution_id and e.entry_id = l.entry_id
    left join journal_entry o
      on o.institution_id = e.institution_id and o.entry_id = e.reverses_entry_id
    left join contract c
      on c.institution_id = e.institution_id and c.contract_id = e.contract_id
    left join product_version v on v.institution_id = c.institution_id
      and v.product_id = c.product_id and v.version = c.product_version
    left join day_close_book d
      on d.institution_id = e.institution_id and d.book_id = e.source_id
    left join product_version b on b.institution_id = d.institution_id
      and b.product_id = d.product_id and b.version = 1
    left join zakat_grant_payment p on p.institution_id = e.institution_id
      and p.entry_id = coalesce(e.reverses_entry_id, e.entry_id)
    left join zakat_grant g on g.institution_id = p.institution_id and g.grant_id = p.grant_id
    where f.institution_id = :institution_id and f.kind = any(:kinds)
      and (cast(:fund_id as uuid) is null or f.fund_id = :fund_id) and {WITHIN_CUT}
    group by f.fund_id, f.kind, f.code, f.name_ar, f.name_fr, f.name_en, f.currency, a.code,
      a.class, coalesce(o.kind, e.kind), coalesce(v.mode_of_finance, b.mode_of_finance),
      g.zakat_class
    order by f.fund_id, a.code
""")

# How far goods have come: bought, ours, sold; a step that was taken back counts for nothing.
POSSESSION = text("""
    select c.fund_id,
      count(*) filter (where s.code in ('purchase', 'purchase_by_agent')
        and s.taken_on between :since and :as_of) as bought,
      count(*) filter (where s.code = 'possess' and s.taken_on between :since and :as_of) as taken,
      count(*) filter (where s.code = 'sell' and s.taken_on between :since and :as_of) as sold,
      count(*) filter (where s.code in ('purchase', 'purchase_by_agent')
        and s.taken_on <= :as_of and not exists (
          select from deal_step n where n.institution_id = s.institution_id
            and n.contract_id = s.contract_id and n.reverses_step_id is null
            and n.taken_on <= :as_of and n.code in ('possess', 'lose', 'resell')
            and not exists (select from deal_step u where u.institution_id = n.institution_id
              and u.reverses_step_id = n.step_id and u.recorded_at <= :known))
        ) as not_yet_ours,
      count(*) filter (where s.code = 'possess' and s.taken_on <= :as_of and not exists (
          select from deal_step n where n.institution_id = s.institution_id
            and n.contract_id = s.contract_id and n.reverses_step_id is null
            and n.taken_on <= :as_of and n.code in ('sell', 'lose', 'resell')
            and not exists (select from deal_step u where u.institution_id = n.institution_id
              and u.reverses_step_id = n.step_id and u.recorded_at <= :known))
        ) as ours_unsold
    from deal_step s
    join contract c on c.institution_id = s.institution_id and c.contract_id = s.contract_id
    join product_version v on v.institution_id = c.institution_id
      and v.product_id = c.product_id and v.version = c.product_version
    where s.institution_id = :institution_id and v.mode_of_finance = any(:modes)
      and (cast(:fund_id as uuid) is null or c.fund_id = :fund_id)
      and s.reverses_step_id is null and s.recorded_at <= :known
      and not exists (select from deal_step u where u.institution_id = s.institution_id
        and u.reverses_step_id = s.step_id and u.recorded_at <= :known)
    group by c.fund_id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class FundMoves:
    """A fund with what its accounts did."""

    fund_id: UUID
    kind: FundKind
    code: str
    name_ar: str
    name_fr: str
    name_en: str
    currency: str
    moves: tuple[Moved, ...]


async def moves(
    session: AsyncSession,
    *,
    kinds: Sequence[FundKind],
    fund_id: UUID | None,
    since: date,
    cut: Cut,
) -> list[FundMoves]:
    """What the accounts of funds of some kinds did from a day to a cut."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "kinds": [kind.value for kind in kinds],
        "fund_id": fund_id,
        "since": since,
        "as_of": cut.as_of,
        "known_at": cut.known_at,
    }
    by_fund: defaultdict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in await session.execute(MOVES, values):
        by_fund[row.fund_id].append(row)
    return [_fund_moves(rows) for rows in by_fund.values()]


async def possession(
    session: AsyncSession, *, modes: Sequence[str], fund_id: UUID | None, since: date, cut: Cut
) -> dict[UUID, Row[Any]]:
    """How many goods were bought, taken into possession and sold, and are still on the way."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "modes": list(modes),
        "fund_id": fund_id,
        "since": since,
        "as_of": cut.as_of,
        "known": cut.known_at or await session.scalar(text("select clock_timestamp()")),
    }
    return {row.fund_id: row for row in await session.execute(POSSESSION, values)}


def _fund_moves(rows: Sequence[Row[Any]]) -> FundMoves:
    first = rows[0]
    return FundMoves(
        fund_id=first.fund_id,
        kind=FundKind(first.fund_kind),
        code=first.fund_code,
        name_ar=first.name_ar,
        name_fr=first.name_fr,
        name_en=first.name_en,
        currency=first.currency,
        moves=tuple(_moved(row) for row in rows),
    )


def _moved(row: Row[Any]) -> Moved:
    return Moved(
        code=row.code,
        account_class=AccountClass(row.account_class),
        kind=row.kind,
        mode=row.mode,
        zakat_class=row.zakat_class,
        opening=Money(row.opening_minor, row.currency),
        debits=Money(row.debit_minor, row.currency),
        credits=Money(row.credit_minor, row.currency),
    )
