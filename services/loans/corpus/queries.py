"""What do books, deed and endowments say of the corpus of a fund?

The tables of deeds and orders belong to `waqf`, which knows the funds; claims on a fund ask here,
below it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import waqf_books, waqf_deed, waqf_ladder
from services.loans.domain.chart import FundKind
from services.loans.domain.waqf import Books
from services.loans.domain.waqf_books import Accounts
from services.loans.domain.waqf_deed import Deed
from services.loans.domain.waqf_ladder import Due
from services.loans.domain.waqf_lending import Guard
from services.loans.domain.waqf_orders import Endowed
from services.loans.ledger.queries import WITHIN_CUT, Cut
from shared import tenancy
from shared.ids import FundId
from shared.money import Money

NOW = Cut()

# The deed that was approved last, and what was endowed for a time and has not gone back, at a cut.
KEPT = text("""
    select f.fund_id, f.kind, f.currency, f.floor_minor, d.members as deed,
      t.receipt_ids, t.days, t.minors
    from fund f
    left join lateral (
      select o.members -> 'deed' as members
      from waqf_order o
      join waqf_order_decision a on a.institution_id = o.institution_id
        and a.order_id = o.order_id and a.outcome = 'approve'
      where o.institution_id = f.institution_id and o.fund_id = f.fund_id and o.kind = 'deed'
        and (cast(:as_of as date) is null or o.effective_on <= :as_of)
        and (cast(:known_at as timestamptz) is null or a.recorded_at <= :known_at)
      order by a.recorded_at desc limit 1
    ) d on true
    left join lateral (
      select array_agg(r.receipt_id order by r.returnable_on, r.receipt_id) as receipt_ids,
        array_agg(r.returnable_on order by r.returnable_on, r.receipt_id) as days,
        array_agg(r.amount_minor order by r.returnable_on, r.receipt_id) as minors
      from receipt r
      where r.institution_id = f.institution_id and r.fund_id = f.fund_id
        and r.nature = 'waqf_temporary' and r.amount_minor > 0
        and (cast(:as_of as date) is null or r.received_on <= :as_of)
        and (cast(:known_at as timestamptz) is null or r.recorded_at <= :known_at)
        and not exists (select from receipt b where b.institution_id = r.institution_id
          and b.reverses_receipt_id = r.receipt_id
          and (cast(:as_of as date) is null or b.received_on <= :as_of)
          and (cast(:known_at as timestamptz) is null or b.recorded_at <= :known_at))
        and not exists (select from waqf_order o
          join waqf_order_decision a on a.institution_id = o.institution_id
            and a.order_id = o.order_id and a.outcome = 'approve'
          where o.institution_id = r.institution_id and o.receipt_id = r.receipt_id
            and (cast(:as_of as date) is null or o.effective_on <= :as_of)
            and (cast(:known_at as timestamptz) is null or a.recorded_at <= :known_at))
    ) t on f.kind = 'waqf'
    where f.institution_id = :institution_id and f.fund_id = any(:fund_ids)
      and f.kind in ('waqf', 'donation')
""")

BALANCES = text(f"""
    select a.code, sum(l.amount_minor)::bigint as minor
    from account a
    join journal_line l on l.institution_id = a.institution_id and l.account_id = a.account_id
    join journal_entry e on e.institution_id = l.institution_id and e.entry_id = l.entry_id
    where a.institution_id = :institution_id and a.fund_id = :fund_id and {WITHIN_CUT}
    group by a.code
""")

# Profit that ventures declared less what they paid out of it; a step taken back counts against.
UNBANKED = text(f"""
    select coalesce(sum(l.amount_minor), 0)::bigint
    from account a
    join journal_line l on l.institution_id = a.institution_id and l.account_id = a.account_id
    join journal_entry e on e.institution_id = l.institution_id and e.entry_id = l.entry_id
    join deal_step s on s.institution_id = e.institution_id
      and s.entry_id = coalesce(e.reverses_entry_id, e.entry_id)
      and s.code in ('declare_profit', 'distribute')
    where a.institution_id = :institution_id and a.fund_id = :fund_id
      and a.code = 'partnerships' and {WITHIN_CUT}
""")

# What each contract lost, less what was recovered for it or paid by its guarantors.
LOSSES = text(f"""
    select e.contract_id,
      coalesce(sum(l.amount_minor) filter (where a.code in
        ('write_off', 'capital_loss', 'recovery', 'guarantee_received')), 0)::bigint as lost_minor,
      coalesce(-sum(l.amount_minor) filter (where a.code = 'tabarru_cover'), 0)::bigint
        as tabarru_minor,
      coalesce(-sum(l.amount_minor) filter (where a.code = 'reserve_used'), 0)::bigint
        as reserve_minor
    from account a
    join journal_line l on l.institution_id = a.institution_id and l.account_id = a.account_id
    join journal_entry e on e.institution_id = l.institution_id and e.entry_id = l.entry_id
    where a.institution_id = :institution_id and a.fund_id = :fund_id
      and a.code in ('write_off', 'capital_loss', 'recovery', 'guarantee_received',
        'tabarru_cover', 'reserve_used') and {WITHIN_CUT}
    group by e.contract_id
""")

# What contracts still owe of their principal, with the instalments that now hold; a fund's part
# of them where several finance one.
SIGNED = text("""
    select c.application_id, p.paid_principal_minor, coalesce(s.part, 1) as part,
      coalesce(s.whole, 1)::bigint as whole,
      c.principal_minor - p.paid_principal_minor - p.written_off_minor as left_minor,
      array_agg(i.due_on order by i.due_on, i.number) filter (where i.number is not null) as days,
      array_agg(i.principal_minor order by i.due_on, i.number)
        filter (where i.number is not null) as minors
    from (
      select contract_id from contract where institution_id = :institution_id and fund_id = :fund_id
      union
      select d.contract_id from funding_source o
      join contract d on d.institution_id = o.institution_id and d.application_id = o.application_id
      where o.institution_id = :institution_id and o.fund_id = :fund_id
    ) k
    join contract c on c.institution_id = :institution_id and c.contract_id = k.contract_id
    join position p on p.institution_id = c.institution_id and p.contract_id = c.contract_id
      and p.status in ('signed', 'active', 'renegotiated')
    left join instalment i on i.institution_id = c.institution_id
      and i.contract_id = c.contract_id and i.generation = p.generation
    left join lateral (
      select sum(o.part) filter (where o.fund_id = :fund_id) as part, sum(o.part) as whole
      from funding_source o
      where o.institution_id = c.institution_id and o.application_id = c.application_id
    ) s on true
    where s.whole is null or s.part > 0
    group by c.contract_id, c.application_id, p.paid_principal_minor, c.principal_minor,
      p.written_off_minor, s.part, s.whole
""")

# What is reserved for applications that are not signed yet, by the terms decided last.
RESERVED = text("""
    select k.application_id, k.minor, d.term_months, d.grace_months, d.decided_on
    from (
      select application_id, sum(case kind when 'reserve' then amount_minor else -amount_minor end)
        as minor
      from fund_claim
      where institution_id = :institution_id and fund_id = :fund_id
        and kind in ('reserve', 'release', 'commit')
      group by application_id
      having sum(case kind when 'reserve' then amount_minor else -amount_minor end) > 0
    ) k
    left join lateral (
      select d.term_months, d.grace_months, d.decided_at::date as decided_on
      from decision d
      where d.institution_id = :institution_id and d.application_id = k.application_id
        and d.term_months is not null
      order by d.decided_at desc limit 1
    ) d on true
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a fund with a corpus has to keep: the deed, and what goes back when."""

    fund_id: FundId
    kind: FundKind
    stated: Money
    deed: Deed | None
    endowed: tuple[Endowed, ...]

    @property
    def has_corpus(self) -> bool:
        """A waqf has one, and a donation fund under a deed."""
        return self.kind is FundKind.WAQF or self.deed is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What a contract lost, and what of it the participants' pool and the reserve have borne."""

    lost: Money
    tabarru: Money
    reserve: Money

    @property
    def covered(self) -> Money:
        """What is borne of it."""
        return self.tabarru + self.reserve


async def kept(
    session: AsyncSession, fund_ids: Sequence[FundId], *, cut: Cut = NOW
) -> dict[FundId, Kept]:
    """Return what funds of the kinds that may have a corpus keep, by the deed of a cut."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "fund_ids": list(fund_ids),
        "as_of": cut.as_of,
        "known_at": cut.known_at,
    }
    return {FundId(row.fund_id): _kept(row) for row in await session.execute(KEPT, values)}


async def books(session: AsyncSession, keeps: Kept, *, cut: Cut = NOW) -> Books:
    """Return what the books of a fund with a corpus say at a cut."""
    currency = keeps.stated.currency
    values = _at(session, keeps.fund_id, cut=cut)
    found = await losses(session, keeps.fund_id, currency=currency, cut=cut)
    accounts = Accounts(
        currency=currency,
        balances={row.code: row.minor for row in await session.execute(BALANCES, values)},
        stated=keeps.stated,
        has_corpus=keeps.has_corpus,
        unbanked=(await session.execute(UNBANKED, values)).scalar_one(),
        lost=sum(max(one.lost.minor, 0) for one in found.values()),
    )
    return waqf_books.books_of(accounts)


async def losses(
    session: AsyncSession, fund_id: FundId, *, currency: str, cut: Cut = NOW
) -> dict[UUID | None, Loss]:
    """Return what each contract of a fund lost and what of it is covered, by its id."""
    rows = await session.execute(LOSSES, _at(session, fund_id, cut=cut))
    return {
        row.contract_id: Loss(
            lost=Money(row.lost_minor, currency),
            tabarru=Money(row.tabarru_minor, currency),
            reserve=Money(row.reserve_minor, currency),
        )
        for row in rows
    }


async def dues(
    session: AsyncSession, fund_id: FundId, *, currency: str
) -> dict[UUID, tuple[Due, ...]]:
    """Return when the principal of each application's loan comes back to the fund.

    What is paid counts against the oldest dues; what no instalment names comes back on no day
    that is known, and counts after every day.
    """
    values = {"institution_id": tenancy.institution_of(session), "fund_id": fund_id}
    found: defaultdict[UUID, tuple[Due, ...]] = defaultdict(tuple)
    for row in await session.execute(RESERVED, values):
        amount = Money(int(row.minor), currency)
        if row.term_months is None:
            found[row.application_id] = (Due(date.max, amount),)
        else:
            found[row.application_id] = waqf_ladder.expected_dues(
                amount,
                on=row.decided_on,
                term_months=row.term_months,
                grace_months=row.grace_months or 0,
            )
    for row in await session.execute(SIGNED, values):
        part, whole = int(row.part), int(row.whole)
        agreed = [
            Due(on, Money(-(-minor * part // whole), currency))
            for on, minor in zip(row.days or (), row.minors or (), strict=True)
        ]
        found[row.application_id] += waqf_ladder.still_due(
            agreed,
            paid=Money(row.paid_principal_minor * part // whole, currency),
            left=Money(-(-row.left_minor * part // whole), currency),
        )
    return dict(found)


async def guards(session: AsyncSession, fund_ids: Sequence[FundId]) -> dict[FundId, Guard]:
    """Return what is held before the corpus of each of these funds that has one.

    Books are read where the deed asks for a cover, instalments where money goes back on a day.
    """
    found = {}
    for fund_id, keeps in (await kept(session, fund_ids)).items():
        asks_cover = keeps.deed is not None and bool(keeps.deed.loss_rate)
        read = await books(session, keeps) if asks_cover or keeps.endowed else None
        currency = keeps.stated.currency
        found[fund_id] = Guard(
            deed=keeps.deed,
            books=read,
            temporary=tuple(Due(one.returnable_on, one.amount) for one in keeps.endowed),
            permanent=None if read is None else read.lasting,
            dues=await dues(session, fund_id, currency=currency) if keeps.endowed else {},
        )
    return found


def _at(session: AsyncSession, fund_id: FundId, *, cut: Cut) -> dict[str, object]:
    return {
        "institution_id": tenancy.institution_of(session),
        "fund_id": fund_id,
        "as_of": cut.as_of,
        "known_at": cut.known_at,
    }


def _kept(row: Row[Any]) -> Kept:
    endowed = zip(row.receipt_ids or (), row.days or (), row.minors or (), strict=True)
    return Kept(
        fund_id=FundId(row.fund_id),
        kind=FundKind(row.kind),
        stated=Money(row.floor_minor, row.currency),
        deed=None if row.deed is None else waqf_deed.from_members(row.deed),
        endowed=tuple(
            Endowed(receipt_id=one, amount=Money(minor, row.currency), returnable_on=on)
            for one, on, minor in endowed
        ),
    )
