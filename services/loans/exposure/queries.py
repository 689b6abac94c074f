"""Who is connected, what does each owe, and which limit is in force?"""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.borrowers.tables import BorrowerMemberRow, GuarantorRow
from services.loans.domain import exposure
from services.loans.domain.exposure import Exposures, TieKind
from services.loans.exposure.tables import ExposureLimitRow
from shared import tenancy
from shared.schemas import Page

LARGEST_GROUP = 2_000
"""Beyond so many the search ends, and what it found counts: a group so large is all of a place."""

# Outstanding, signed and not yet paid out, approved and not yet signed; a sum in each currency.
OWED = text("""
    select borrower_id, currency, sum(amount_minor)::bigint as amount_minor from (
      select c.borrower_id, c.currency,
        case c.status when 'signed' then c.principal_minor
          else p.outstanding_principal_minor + greatest(c.principal_minor - p.disbursed_minor, 0)
        end as amount_minor
      from contract c
      join position p on p.institution_id = c.institution_id and p.contract_id = c.contract_id
      where c.institution_id = :institution_id and c.borrower_id = any(:borrower_ids)
        and c.status in ('signed', 'active')
      union all
      select a.borrower_id, d.currency, d.amount_minor
      from application a
      join lateral (
        select currency, amount_minor from decision d
        where d.institution_id = a.institution_id and d.application_id = a.application_id
          and d.round = a.round and d.outcome = 'approve'
        order by d.level desc limit 1
      ) d on true
      where a.institution_id = :institution_id and a.borrower_id = any(:borrower_ids)
        and a.status in ('approved', 'waiting_for_funds')
    ) owing
    group by borrower_id, currency
""")


async def limits(session: AsyncSession, *, on: date) -> dict[str, ExposureLimitRow]:
    """Give the limit in force of each currency; none where it was lifted."""
    query = (
        select(ExposureLimitRow)
        .where(
            ExposureLimitRow.institution_id == tenancy.institution_of(session),
            ExposureLimitRow.effective_on <= on,
        )
        .order_by(ExposureLimitRow.effective_on, ExposureLimitRow.exposure_limit_id)
    )
    newest = {row.currency: row for row in (await session.scalars(query)).all()}
    return {code: row for code, row in newest.items() if row.max_amount_minor is not None}


async def listed_limits(session: AsyncSession, *, page: Page) -> list[ExposureLimitRow]:
    """Every limit there is or was, one more than the page holds."""
    query = (
        select(ExposureLimitRow)
        .where(ExposureLimitRow.institution_id == tenancy.institution_of(session))
        .order_by(ExposureLimitRow.exposure_limit_id)
        .limit(page.limit + 1)
    )
    if page.after is not None:
        query = query.where(ExposureLimitRow.exposure_limit_id > page.after)
    return list((await session.scalars(query)).all())


async def exposures(
    session: AsyncSession,
    borrower_ids: Collection[UUID],
    *,
    ties: Collection[TieKind],
    most: dict[str, int],
) -> Exposures:
    """Give the groups of borrowers by the ties that count, with what each member owes."""
    found = await _ties(session, borrower_ids, kinds=ties)
    group_of = exposure.groups(found, of=borrower_ids)
    everybody = {one for group in group_of.values() for one in group}
    values = {
        "institution_id": tenancy.institution_of(session),
        "borrower_ids": list(everybody),
    }
    owed = {
        (row.borrower_id, row.currency): row.amount_minor
        for row in await session.execute(OWED, values)
    }
    return Exposures(group_of=group_of, owed=owed, most=most)


async def _ties(
    session: AsyncSession, borrower_ids: Collection[UUID], *, kinds: Collection[TieKind]
) -> set[tuple[UUID, UUID]]:
    """Follow ties outwards, a step a round, until nobody new is found."""
    columns = []
    if TieKind.MEMBER in kinds:
        columns.append((BorrowerMemberRow.borrower_id, BorrowerMemberRow.member_borrower_id))
    if TieKind.GUARANTOR in kinds:
        columns.append((GuarantorRow.borrower_id, GuarantorRow.guarantor_borrower_id))
    institution_id = tenancy.institution_of(session)
    seen, ties = set(borrower_ids), set[tuple[UUID, UUID]]()
    fresh = set(borrower_ids)
    while fresh and len(seen) < LARGEST_GROUP + len(borrower_ids):
        reached: set[UUID] = set()
        for left, right in columns:
            query = select(left, right).where(
                left.class_.institution_id == institution_id,
                left.in_(fresh) | right.in_(fresh),
            )
            for one, other in await session.execute(query):
                ties.add((one, other))
                reached |= {one, other}
        fresh = reached - seen
        seen |= fresh
    return ties
