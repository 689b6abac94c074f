"""Which funds finance an application or a contract together, and what is booked of it by fund?"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.cofinancing import NOTHING, Plan, Source, Totals
from services.loans.domain.journal import EntryKind
from shared import tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import ApplicationId, ContractId, EntryId, FundId

APART = (
    EntryKind.SUBSIDY.value,
    EntryKind.GUARANTEE.value,
    EntryKind.OPENING.value,
    EntryKind.RESERVE.value,
)
"""Entries that name a contract and are no part of what its funds share."""


class OneFundAlone(RafidError):
    """No more than one fund finances the contract"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No contract with the id {contract_id} is financed by several funds."
    contract_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The funds that an application is to be financed by, and who proposed them."""

    sources: tuple[Source, ...]
    actor_id: UUID

    @property
    def lead(self) -> FundId:
        """The fund that the contract is computed on."""
        return self.sources[0].fund_id

    def plan(self, principal: int) -> Plan:
        """The funds of so much principal, in minor units."""
        return Plan(sources=self.sources, principal=principal)


SOURCES = text("""
    select s.application_id, s.fund_id, s.rank, s.part, s.income_part, s.actor_id, f.kind,
      f.currency
    from funding_source s
    join fund f on f.institution_id = s.institution_id and f.fund_id = s.fund_id
    where s.institution_id = :institution_id
      and s.application_id = any(cast(:application_ids as uuid[]))
    order by s.application_id, s.place
""")


async def sources_of(
    session: AsyncSession, application_ids: Collection[UUID]
) -> dict[ApplicationId, Sources]:
    """Return the funds of those applications that more than one fund finances."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "application_ids": list(application_ids),
    }
    found: defaultdict[ApplicationId, list[Source]] = defaultdict(list)
    proposed: dict[ApplicationId, UUID] = {}
    for row in await session.execute(SOURCES, values):
        application_id = ApplicationId(row.application_id)
        proposed[application_id] = row.actor_id
        accounts = FundAccounts(
            fund_id=FundId(row.fund_id), kind=FundKind(row.kind), currency=row.currency
        )
        found[application_id].append(
            Source(fund=accounts, rank=row.rank, part=row.part, income_part=row.income_part)
        )
    return {
        one: Sources(sources=tuple(sources), actor_id=proposed[one])
        for one, sources in found.items()
    }


DECISIONS = text("""
    select count(*) from decision where institution_id = :institution_id
      and application_id = :application_id and round = :round
""")


async def decisions_on(session: AsyncSession, application_id: UUID, *, round_: int) -> int:
    """Return how many decisions were taken on an application in a round."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "application_id": application_id,
        "round": round_,
    }
    count: int = (await session.execute(DECISIONS, values)).scalar_one()
    return count


SHARED = text("""
    select c.contract_id, c.application_id, c.principal_minor, c.currency::text as currency,
      c.branch_id
    from contract c
    where c.institution_id = :institution_id
      and c.contract_id = any(cast(:contract_ids as uuid[]))
      and exists (select from funding_source s where s.institution_id = c.institution_id
        and s.application_id = c.application_id)
""")


async def plans_of(session: AsyncSession, contract_ids: Collection[UUID]) -> dict[ContractId, Plan]:
    """Return the plans of those contracts that more than one fund finances."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_ids": list(contract_ids),
    }
    rows = (await session.execute(SHARED, values)).all()
    sources = await sources_of(session, [row.application_id for row in rows]) if rows else {}
    return {
        ContractId(row.contract_id): sources[row.application_id].plan(row.principal_minor)
        for row in rows
    }


async def plan_of(session: AsyncSession, contract_id: UUID, *, actor: Actor) -> tuple[Plan, str]:
    """Return the plan and currency of a contract that the actor sees. Raises OneFundAlone."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_ids": [contract_id],
    }
    row = (await session.execute(SHARED, values)).first()
    if row is None or not actor.sees_branch(row.branch_id):
        raise OneFundAlone(contract_id=contract_id)
    plans = await plans_of(session, [contract_id])
    return plans[ContractId(contract_id)], row.currency


EVERY = text("""
    select distinct c.contract_id from funding_source s
    join contract c
      on c.institution_id = s.institution_id and c.application_id = s.application_id
    where s.institution_id = :institution_id order by c.contract_id
""")


async def every_contract(session: AsyncSession) -> list[ContractId]:
    """Return all contracts that more than one fund finances."""
    values = {"institution_id": tenancy.institution_of(session)}
    return [ContractId(one) for one in await session.scalars(EVERY, values)]


# What is booked of contracts by fund; a payout taken back counts against the payouts.
BOOKED = text("""
    select e.contract_id, l.fund_id, a.code, sum(l.amount_minor)::bigint as minor,
      coalesce(sum(l.amount_minor) filter (where coalesce(o.kind, e.kind) = 'disbursement'), 0)
        ::bigint as drawn_minor
    from journal_entry e
    join journal_line l on l.institution_id = e.institution_id and l.entry_id = e.entry_id
    join account a on a.institution_id = l.institution_id and a.account_id = l.account_id
    left join journal_entry o
      on o.institution_id = e.institution_id and o.entry_id = e.reverses_entry_id
    where e.institution_id = :institution_id
      and e.contract_id = any(cast(:contract_ids as uuid[]))
      and not coalesce(o.kind, e.kind) = any(cast(:apart as text[]))
    group by e.contract_id, l.fund_id, a.code
""")

Booked = Mapping[FundId, Mapping[str, int]]
"""Debits less credits by fund and account, in minor units."""


async def booked_of(
    session: AsyncSession, contract_ids: Collection[UUID]
) -> dict[ContractId, tuple[Totals, Booked]]:
    """Return what is booked of contracts: over all their funds, and by fund."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_ids": list(contract_ids),
        "apart": list(APART),
    }
    sums: dict[ContractId, defaultdict[str, int]] = {}
    books: dict[ContractId, defaultdict[FundId, dict[str, int]]] = {}
    drawn: defaultdict[ContractId, int] = defaultdict(int)
    for row in await session.execute(BOOKED, values):
        one = ContractId(row.contract_id)
        sums.setdefault(one, defaultdict(int))[row.code] += row.minor
        books.setdefault(one, defaultdict(dict))[FundId(row.fund_id)][row.code] = row.minor
        drawn[one] += row.drawn_minor if row.code == "loans" else 0
    return {
        one: (Totals(drawn=drawn[one], booked=dict(booked)), books[one])
        for one, booked in sums.items()
    }


async def totals_of(
    session: AsyncSession, contract_ids: Collection[UUID]
) -> dict[ContractId, Totals]:
    """Return the totals of contracts, nothing for one of which nothing is booked."""
    found = await booked_of(session, contract_ids)
    return {
        ContractId(one): found[ContractId(one)][0] if one in found else NOTHING
        for one in contract_ids
    }


# The entries that were posted for one row, each with its fund.
TOGETHER = text("""
    select r.entry_id as named, r.kind, e.entry_id, l.fund_id
    from journal_entry r
    join journal_entry e on e.institution_id = r.institution_id
      and e.contract_id = r.contract_id and e.source_id = r.source_id and e.kind = r.kind
    join journal_line l on l.institution_id = e.institution_id and l.entry_id = e.entry_id
    where r.institution_id = :institution_id and r.entry_id = any(cast(:entry_ids as uuid[]))
    group by r.entry_id, r.kind, e.entry_id, l.fund_id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """The entries of several funds that were posted for one row."""

    kind: EntryKind
    entries: Mapping[FundId, EntryId]


async def together_with(
    session: AsyncSession, entry_ids: Collection[UUID]
) -> dict[EntryId, Together]:
    """Return each entry's kind, and with which others it was posted, by fund."""
    values = {"institution_id": tenancy.institution_of(session), "entry_ids": list(entry_ids)}
    kinds: dict[EntryId, EntryKind] = {}
    entries: defaultdict[EntryId, dict[FundId, EntryId]] = defaultdict(dict)
    for row in await session.execute(TOGETHER, values):
        named = EntryId(row.named)
        kinds[named] = EntryKind(row.kind)
        entries[named][FundId(row.fund_id)] = EntryId(row.entry_id)
    return {one: Together(kind=kind, entries=entries[one]) for one, kind in kinds.items()}


UNPAID = text("""
    select g.application_id, f.file_id, f.reference from financing_leg g
    join financing_file f on f.institution_id = g.institution_id and f.file_id = g.file_id
    where g.institution_id = :institution_id and f.status <> 'paid_out'
      and g.application_id = any(cast(:application_ids as uuid[]))
""")


async def unpaid_files(
    session: AsyncSession, application_ids: Collection[UUID]
) -> Sequence[Row[Any]]:
    """Return the financing files, not paid out yet, of which applications are legs."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "application_ids": list(application_ids),
    }
    return (await session.execute(UNPAID, values)).all()
