"""What do the institution's own books hold: balances of a period, its chart, entries by hand?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.accounting.tables import (
    BookPeriodCloseRow,
    BookPeriodProposalRow,
    BooksPolicyRow,
    ChartLineRow,
    ChartVersionRow,
    ManualDecisionRow,
    ManualEntryRow,
    MoneyAccountFundRow,
    MoneyAccountRow,
)
from services.loans.domain.book_headings import Balance
from services.loans.domain.chart import AccountClass, FundKind
from services.loans.domain.own_chart import ChartLine, Mapped, OwnChart
from services.loans.funds.tables import FundRow
from services.loans.ledger.queries import WITHIN_CUT, Cut
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.ids import FundId
from shared.schemas import Page


class ManualEntryUnknown(RafidError):
    """There is no such entry by hand"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No entry by hand has the id {manual_id}."
    manual_id: UUID


class MoneyAccountUnknown(RafidError):
    """There is no such real account"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No real account has the id {money_account_id}."
    money_account_id: UUID


BALANCES = text(f"""
    select a.fund_id, f.kind as fund_kind, a.code, a.class as account_class, a.currency,
      coalesce(sum(l.amount_minor) filter (where e.occurred_on < :starts_on), 0)::bigint
        as opening,
      coalesce(sum(l.amount_minor) filter (
        where e.occurred_on >= :starts_on and l.amount_minor > 0), 0)::bigint as debits,
      coalesce(-sum(l.amount_minor) filter (
        where e.occurred_on >= :starts_on and l.amount_minor < 0), 0)::bigint as credits
    from account a
    join fund f on f.institution_id = a.institution_id and f.fund_id = a.fund_id
    join journal_line l on l.institution_id = a.institution_id and l.account_id = a.account_id
    join journal_entry e on e.institution_id = l.institution_id and e.entry_id = l.entry_id
      and {WITHIN_CUT}
    where a.institution_id = :institution_id
      and (cast(:fund_id as uuid) is null or a.fund_id = :fund_id)
    group by a.fund_id, f.kind, a.code, a.class, a.currency
    order by a.fund_id, a.code
""")


async def balances(
    session: AsyncSession, *, starts_on: date, cut: Cut, fund_id: FundId | None = None
) -> list[Balance]:
    """Return what was on each account before a day, and what moved from then to the cut."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "starts_on": starts_on,
        "as_of": cut.as_of,
        "known_at": cut.known_at,
        "fund_id": fund_id,
    }
    return [
        Balance(
            fund_id=FundId(row.fund_id),
            fund_kind=FundKind(row.fund_kind),
            code=row.code,
            account_class=AccountClass(row.account_class),
            currency=row.currency,
            opening=row.opening,
            debits=row.debits,
            credits=row.credits,
        )
        for row in await session.execute(BALANCES, values)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """The institution's chart with its version."""

    version: int
    digest: bytes
    own: OwnChart


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """What an import of a chart did: its version, and whether that version is new."""

    version: int
    is_new: bool


async def numbering(session: AsyncSession) -> Numbering | None:
    """Return the newest chart of the institution, or None where it has none of its own."""
    institution_id = tenancy.institution_of(session)
    newest = await session.scalar(
        select(ChartVersionRow)
        .where(ChartVersionRow.institution_id == institution_id)
        .order_by(ChartVersionRow.version.desc())
        .limit(1)
    )
    if newest is None:
        return None
    rows = await session.scalars(
        select(ChartLineRow)
        .where(
            ChartLineRow.institution_id == institution_id,
            ChartLineRow.version == newest.version,
        )
        .order_by(ChartLineRow.place)
    )
    own = OwnChart(lines=tuple(map(_line_of, rows)))
    return Numbering(version=newest.version, digest=newest.digest, own=own)


def _line_of(row: ChartLineRow) -> ChartLine:
    accounts = [one.partition(":") for one in row.accounts]
    return ChartLine(
        number=row.number,
        name_ar=row.name_ar,
        name_fr=row.name_fr,
        name_en=row.name_en,
        account_class=AccountClass(row.account_class),
        parent=row.parent,
        accounts=tuple(
            Mapped(code=code, fund_kind=FundKind(kind) if kind else None)
            for code, _, kind in accounts
        ),
        is_own=row.is_own,
    )


BOOKED = text("""
    select distinct a.code, f.kind from account a
    join fund f on f.institution_id = a.institution_id and f.fund_id = a.fund_id
    where a.institution_id = :institution_id and exists (
      select from journal_line l
      where l.institution_id = a.institution_id and l.account_id = a.account_id)
""")


async def booked(session: AsyncSession) -> list[tuple[str, FundKind]]:
    """Return the accounts that have entries, by code and the kind of their fund."""
    rows = await session.execute(BOOKED, _of(session))
    return [(row.code, FundKind(row.kind)) for row in rows]


async def funds(session: AsyncSession) -> Sequence[FundRow]:
    """Return every fund in the order of its code."""
    statement = select(FundRow).where(FundRow.institution_id == tenancy.institution_of(session))
    return (await session.scalars(statement.order_by(FundRow.code))).all()


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """An entry by hand with what a second person said of it."""

    row: ManualEntryRow
    decision: ManualDecisionRow | None = None
    is_reversed: bool = False

    @property
    def state(self) -> Literal["proposed", "booked", "rejected", "reversed"]:
        """What became of it."""
        if self.decision is None:
            return "proposed"
        if self.decision.outcome != "approve":
            return "rejected"
        return "reversed" if self.is_reversed else "booked"


async def by_hand(session: AsyncSession, manual_id: UUID) -> ByHand:
    """Return an entry by hand. Raises ManualEntryUnknown."""
    rows = await session.execute(_by_hand(session).where(ManualEntryRow.manual_id == manual_id))
    found = rows.first()
    if found is None:
        raise ManualEntryUnknown(manual_id=manual_id)
    return ByHand(row=found[0], decision=found[1], is_reversed=found[2])


async def all_by_hand(session: AsyncSession, *, fund_id: UUID | None, page: Page) -> list[ByHand]:
    """Return entries by hand in the order in which they were proposed, one more than the page."""
    statement = _by_hand(session).order_by(ManualEntryRow.manual_id).limit(page.limit + 1)
    if page.after is not None:
        statement = statement.where(ManualEntryRow.manual_id > page.after)
    if fund_id is not None:
        statement = statement.where(ManualEntryRow.fund_id == fund_id)
    rows = await session.execute(statement)
    return [ByHand(row=row, decision=decision, is_reversed=is_) for row, decision, is_ in rows]


def _by_hand(session: AsyncSession) -> Select[ManualEntryRow, ManualDecisionRow, bool]:
    institution_id = tenancy.institution_of(session)
    undone = (
        select(ManualDecisionRow.manual_id)
        .where(
            ManualDecisionRow.institution_id == institution_id,
            ManualDecisionRow.reverses_manual_id == ManualEntryRow.manual_id,
            ManualDecisionRow.outcome == "approve",
        )
        .correlate(ManualEntryRow)
        .exists()
    )
    matches = (ManualDecisionRow.institution_id == ManualEntryRow.institution_id) & (
        ManualDecisionRow.manual_id == ManualEntryRow.manual_id
    )
    return (
        select(ManualEntryRow, ManualDecisionRow, undone)
        .outerjoin(ManualDecisionRow, matches)
        .where(ManualEntryRow.institution_id == institution_id)
    )


async def money_account(session: AsyncSession, money_account_id: UUID) -> MoneyAccountRow:
    """Return a real account. Raises MoneyAccountUnknown."""
    row = await session.get(MoneyAccountRow, (tenancy.institution_of(session), money_account_id))
    if row is None:
        raise MoneyAccountUnknown(money_account_id=money_account_id)
    return row


async def find_money_account_of(
    session: AsyncSession, *, fund_id: UUID, channel: str
) -> MoneyAccountFundRow | None:
    """Return where a fund's cash, wallet or bank stands, or None where nobody has said."""
    key = (tenancy.institution_of(session), fund_id, channel)
    return await session.get(MoneyAccountFundRow, key)


# What is on each real account, fund by fund, and what its provider said last by that day.
MONEY_ACCOUNTS = text(f"""
    select m.money_account_id, m.code, m.channel, m.provider, m.number, m.currency, m.opened_on,
      s.stated_on, s.balance_minor as stated_minor,
      coalesce(b.funds, cast('{{}}' as uuid[])) as funds,
      coalesce(b.minors, cast('{{}}' as bigint[])) as minors
    from money_account m
    left join lateral (
      select array_agg(h.fund_id order by h.fund_id) as funds,
        array_agg(h.minor order by h.fund_id) as minors
      from (
        select k.fund_id, coalesce(sum(l.amount_minor), 0)::bigint as minor
        from money_account_fund k
        left join account a on a.institution_id = k.institution_id and a.fund_id = k.fund_id
          and a.code = k.channel
        left join (journal_line l join journal_entry e
          on e.institution_id = l.institution_id and e.entry_id = l.entry_id and {WITHIN_CUT})
          on l.institution_id = a.institution_id and l.account_id = a.account_id
        where k.institution_id = m.institution_id and k.money_account_id = m.money_account_id
        group by k.fund_id
      ) h
    ) b on true
    left join lateral (
      select t.stated_on, t.balance_minor from money_statement t
      where t.institution_id = m.institution_id and t.money_account_id = m.money_account_id
        and (cast(:as_of as date) is null or t.stated_on <= :as_of)
      order by t.stated_on desc, t.statement_id desc limit 1
    ) s on true
    where m.institution_id = :institution_id
      and (cast(:money_account_id as uuid) is null or m.money_account_id = :money_account_id)
      and (cast(:as_of as date) is null or m.opened_on <= :as_of)
    order by m.code
""")


async def money_accounts(
    session: AsyncSession, *, cut: Cut, money_account_id: UUID | None = None
) -> Sequence[Row[Any]]:
    """Return real accounts with what is on them at a cut, fund by fund."""
    values = {
        **_of(session),
        "as_of": cut.as_of,
        "known_at": cut.known_at,
        "money_account_id": money_account_id,
    }
    return (await session.execute(MONEY_ACCOUNTS, values)).all()


async def policy(session: AsyncSession) -> BooksPolicyRow | None:
    """Return what the institution last said of its books, or None."""
    statement = select(BooksPolicyRow).where(
        BooksPolicyRow.institution_id == tenancy.institution_of(session)
    )
    row: BooksPolicyRow | None = await session.scalar(
        statement.order_by(BooksPolicyRow.version.desc()).limit(1)
    )
    return row


async def closes(session: AsyncSession) -> dict[str, BookPeriodCloseRow]:
    """Return the closed periods by name."""
    statement = select(BookPeriodCloseRow).where(
        BookPeriodCloseRow.institution_id == tenancy.institution_of(session)
    )
    return {row.name: row for row in await session.scalars(statement)}


async def proposals(session: AsyncSession, name: str) -> Sequence[BookPeriodProposalRow]:
    """Return who proposed to close a period, the first one first."""
    row = BookPeriodProposalRow
    of_it = (row.institution_id == tenancy.institution_of(session)) & (row.name == name)
    return (await session.scalars(select(row).where(of_it).order_by(row.proposal_id))).all()


# What stands against the close of a period that ends on a day, counted.
AGAINST = text("""
    select
      (select count(*) from manual_entry m
       where m.institution_id = :institution_id and m.occurred_on <= :ends_on and not exists (
         select from manual_decision d where d.institution_id = m.institution_id
           and d.manual_id = m.manual_id)) as entries_by_hand,
      (select count(*) from (
         select order_id from fund_order
         where institution_id = :institution_id and effective_on <= :ends_on union all
         select order_id from waqf_order
         where institution_id = :institution_id and effective_on <= :ends_on) o
       where not exists (select from (
         select order_id from fund_order_decision where institution_id = :institution_id union all
         select order_id from waqf_order_decision where institution_id = :institution_id
       ) d where d.order_id = o.order_id))
      + (select count(*) from contract_order o
       where o.institution_id = :institution_id and o.effective_on <= :ends_on and not exists (
         select from order_effect x where x.institution_id = o.institution_id
           and x.order_id = o.order_id) and not exists (
         select from order_decision d where d.institution_id = o.institution_id
           and d.order_id = o.order_id and d.outcome = 'reject')) as orders,
      (select count(*) from payment p
       where p.institution_id = :institution_id and p.recorded_at < (
           select cast(cast(:ends_on as date) + 1 as timestamp) at time zone i.timezone
           from institution i where i.institution_id = :institution_id)
         and (p.status in ('requested', 'accepted')
           or (p.status = 'completed' and p.booked_at is null))) as payments,
      (select count(*) from (
         select from journal_line l join journal_entry e
           on e.institution_id = l.institution_id and e.entry_id = l.entry_id
         where l.institution_id = :institution_id and e.occurred_on <= :ends_on
         group by l.fund_id, l.currency having sum(l.amount_minor) <> 0) u) as trial_balance,
      (select count(*) from journal_pending p join journal_entry e
         on e.institution_id = p.institution_id and e.entry_id = p.entry_id
       where p.institution_id = :institution_id and e.occurred_on <= :ends_on) as numbering,
      (select count(*) from (select 1) one
       where exists (select from closing_policy c
           where c.institution_id = :institution_id and c.starts_on <= :ends_on)
         and not exists (select from day_close d
           where d.institution_id = :institution_id and d.day >= :ends_on)) as day_close
""")


async def against(session: AsyncSession, *, ends_on: date) -> dict[str, int]:
    """Count, by the code of its check, what stands against closing the books through a day."""
    rows = await session.execute(AGAINST, {**_of(session), "ends_on": ends_on})
    return dict(rows.mappings().one())


PROOFS = {
    "an entry by hand was approved by another and books what was proposed": """
        select e.entry_id as row, case when m.manual_id is null then 'nobody proposed it'
            when m.actor_id = e.actor_id then 'proposed and approved by one'
            else 'it books something else' end as why
        from journal_entry e
        left join manual_decision d on d.institution_id = e.institution_id
          and d.entry_id = e.entry_id and d.actor_id = e.actor_id
        left join manual_entry m
          on m.institution_id = d.institution_id and m.manual_id = d.manual_id
        where e.institution_id = :institution_id and (e.kind = 'manual' or exists (
            select from journal_entry o where o.institution_id = e.institution_id
              and o.entry_id = e.reverses_entry_id and o.kind = 'manual'))
          and (m.manual_id is null or m.actor_id = e.actor_id or m.lines <> (
            select jsonb_agg(jsonb_build_object('code', a.code, 'minor', l.amount_minor)
              order by l.line_no)
            from journal_line l join account a
              on a.institution_id = l.institution_id and a.account_id = l.account_id
            where l.institution_id = e.institution_id and l.entry_id = e.entry_id))
        order by e.entry_id limit 1""",
}


def _of(session: AsyncSession) -> dict[str, UUID]:
    return {"institution_id": tenancy.institution_of(session)}
