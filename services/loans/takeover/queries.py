"""What must be known to take a portfolio over, and what makes one up that goes away?"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.product import Product
from services.loans.funds.tables import FundRow
from services.loans.institutions import queries as institutions
from services.loans.institutions.tables import BranchRow
from services.loans.products import queries as products
from services.loans.products.tables import ProductRow, ProductVersionRow
from services.loans.takeover.tables import ContractOriginRow
from shared import tenancy

CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What the codes of a file name here; a product by code and version, the newest as None.

    `own` is what the references of the institution's own contracts begin with elsewhere.
    """

    own: str
    branches: Mapping[str, UUID]
    funds: Mapping[str, FundRow]
    products: Mapping[tuple[str, int | None], Product]


def own_name(code: str, reference: str) -> str:
    """Give the name that a thing of an institution has elsewhere: its reference behind its code."""
    return f"{code}:{reference}"


async def places(session: AsyncSession) -> Places:
    """Return what the institution has to offer a file."""
    institution_id = tenancy.institution_of(session)
    branches = await session.scalars(
        select(BranchRow).where(
            BranchRow.institution_id == institution_id, BranchRow.deactivated_at.is_(None)
        )
    )
    funds = await session.scalars(select(FundRow).where(FundRow.institution_id == institution_id))
    versions = await session.execute(
        select(ProductRow.code, ProductVersionRow)
        .join(
            ProductRow,
            (ProductRow.institution_id == ProductVersionRow.institution_id)
            & (ProductRow.product_id == ProductVersionRow.product_id),
        )
        .where(ProductVersionRow.institution_id == institution_id)
        .order_by(ProductVersionRow.version)
    )
    offered: dict[tuple[str, int | None], Product] = {}
    for code, row in versions:
        offered[code, row.version] = offered[code, None] = products.product_of(row, code=code)
    return Places(
        own=own_name((await institutions.institution(session)).code, ""),
        branches={row.code: row.branch_id for row in branches},
        funds={row.code: row for row in funds},
        products=offered,
    )


async def origins(
    session: AsyncSession, references: Collection[str]
) -> dict[str, ContractOriginRow]:
    """Return the contracts that came under these names, by name."""
    statement = select(ContractOriginRow).where(
        ContractOriginRow.institution_id == tenancy.institution_of(session),
        ContractOriginRow.external_reference.in_(references),
    )
    return {row.external_reference: row for row in await session.scalars(statement)}


CONTRACTS = text("""
    select c.contract_id, c.reference, c.borrower_id, c.product_version, c.terms, c.signed_on,
      c.principal_minor, c.currency::text as currency, r.code as branch, f.code as fund,
      o.code as product, g.external_reference, coalesce(g.sector, a.sector, '') as sector,
      p.outstanding_principal_minor, c.status, c.servicing, p.generation,
      p.status as standing, d.disbursed_on, d.was_taken_back or exists (
        select from order_effect e where e.institution_id = c.institution_id
          and e.contract_id = c.contract_id) as was_ordered
    from contract c
    join position p on p.institution_id = c.institution_id and p.contract_id = c.contract_id
    join branch r on r.institution_id = c.institution_id and r.branch_id = c.branch_id
    join fund f on f.institution_id = c.institution_id and f.fund_id = c.fund_id
    join product o on o.institution_id = c.institution_id and o.product_id = c.product_id
    left join contract_origin g
      on g.institution_id = c.institution_id and g.contract_id = c.contract_id
    left join application a
      on a.institution_id = c.institution_id and a.application_id = c.application_id
    cross join lateral (
      select min(t.disbursed_on) as disbursed_on,
        coalesce(bool_or(t.amount_minor < 0), false) as was_taken_back
      from disbursement t
      where t.institution_id = c.institution_id and t.contract_id = c.contract_id
    ) d
    where c.institution_id = :institution_id and c.contract_id > :after
    order by c.contract_id limit :limit
""")


async def contracts(session: AsyncSession, *, after: UUID) -> list[Row[Any]]:
    """Return some contracts after one, with the codes of what they are of."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "after": after,
        "limit": CHUNK,
    }
    return list(await session.execute(CONTRACTS, values))


DUES = text("""
    select contract_id, number, due_on, principal_minor, profit_minor, fee_minor
    from instalment where institution_id = :institution_id and generation = 1
      and contract_id = any(:contract_ids) order by contract_id, number
""")
MOVED = text("""
    select repayment_id, contract_id, received_on, abs(amount_minor) as amount_minor, channel,
      reverses_repayment_id
    from repayment where institution_id = :institution_id and contract_id = any(:contract_ids)
    order by contract_id, received_on, (reverses_repayment_id is not null), abs(amount_minor),
      channel, repayment_id
""")
BORROWERS = text("""
    with recursive wanted as (
      select unnest(cast(:borrower_ids as uuid[])) as borrower_id
      union
      select m.member_borrower_id from wanted w join borrower_member m
        on m.institution_id = :institution_id and m.borrower_id = w.borrower_id
    )
    select b.borrower_id, b.reference, b.external_id, b.kind, b.name_ar, b.name_latin, b.sex,
      b.born_on, b.region, r.code as branch,
      (select string_agg(d.type || ':' || d.country || ':' || d.number, ';'
          order by d.type, d.country, d.number_key) from borrower_document d
        where d.institution_id = b.institution_id and d.borrower_id = b.borrower_id) as documents,
      (select string_agg(t.number, ';' order by t.number) from borrower_phone t
        where t.institution_id = b.institution_id and t.borrower_id = b.borrower_id) as phones,
      (select array_agg(m.member_borrower_id order by m.member_borrower_id)
        from borrower_member m where m.institution_id = b.institution_id
          and m.borrower_id = b.borrower_id) as members,
      (select array_agg(m.member_borrower_id) filter (where m.leads) from borrower_member m
        where m.institution_id = b.institution_id and m.borrower_id = b.borrower_id) as leaders
    from borrower b join branch r
      on r.institution_id = b.institution_id and r.branch_id = b.branch_id
    where b.institution_id = :institution_id
      and b.borrower_id in (select borrower_id from wanted)
""")


async def dues(session: AsyncSession, contract_ids: Collection[UUID]) -> list[Row[Any]]:
    """Return the instalments of contracts as signed."""
    return await _of(session, DUES, contract_ids=list(contract_ids))


async def moved(session: AsyncSession, contract_ids: Collection[UUID]) -> list[Row[Any]]:
    """Return the repayments of contracts and their reversals, in an order that ids do not set."""
    return await _of(session, MOVED, contract_ids=list(contract_ids))


async def borrowers(session: AsyncSession, borrower_ids: Collection[UUID]) -> list[Row[Any]]:
    """Return borrowers, and those who belong to them."""
    return await _of(session, BORROWERS, borrower_ids=list(borrower_ids))


async def _of(session: AsyncSession, statement: Any, **values: object) -> list[Row[Any]]:
    bound = {"institution_id": tenancy.institution_of(session), **values}
    return list(await session.execute(statement, bound))
