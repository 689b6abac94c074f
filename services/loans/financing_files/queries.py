"""What does a financing file hold: its cost, its legs, the own share, and what is owed on each?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.financing_files.tables import FinancingFileRow, FinancingLegRow, OwnShareRow
from shared import tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.schemas import Page


class FileUnknown(RafidError):
    """There is no such financing file"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No financing file has the id {file_id}."
    file_id: UUID


async def file(
    session: AsyncSession, file_id: UUID, *, actor: Actor, lock: bool = False
) -> FinancingFileRow:
    """Return a file of a branch that the actor sees. Raises FileUnknown."""
    statement = select(FinancingFileRow).where(
        FinancingFileRow.institution_id == tenancy.institution_of(session),
        FinancingFileRow.file_id == file_id,
    )
    if lock:
        statement = statement.with_for_update(key_share=True)
        statement = statement.execution_options(populate_existing=True)
    row = await session.scalar(statement)
    if row is None or (actor.branch_ids is not None and row.branch_id not in actor.branch_ids):
        raise FileUnknown(file_id=file_id)
    return row


async def files(session: AsyncSession, *, actor: Actor, page: Page) -> Sequence[FinancingFileRow]:
    """Return a page of the files that the actor sees, one more than fits."""
    statement = select(FinancingFileRow).where(
        FinancingFileRow.institution_id == tenancy.institution_of(session)
    )
    if actor.branch_ids is not None:
        statement = statement.where(FinancingFileRow.branch_id.in_(actor.branch_ids))
    if page.after is not None:
        statement = statement.where(FinancingFileRow.file_id > page.after)
    return (
        await session.scalars(statement.order_by(FinancingFileRow.file_id).limit(page.limit + 1))
    ).all()


async def legs(session: AsyncSession, file_id: UUID) -> Sequence[FinancingLegRow]:
    """Return the legs of a file."""
    statement = select(FinancingLegRow).where(
        FinancingLegRow.institution_id == tenancy.institution_of(session),
        FinancingLegRow.file_id == file_id,
    )
    return (await session.scalars(statement.order_by(FinancingLegRow.leg))).all()


async def own_shown(session: AsyncSession, file_id: UUID) -> int:
    """Return how much of the own share was shown, in minor units."""
    statement = select(func.coalesce(func.sum(OwnShareRow.amount_minor), 0)).where(
        OwnShareRow.institution_id == tenancy.institution_of(session),
        OwnShareRow.file_id == file_id,
    )
    return int((await session.execute(statement)).scalar_one())


async def own_shares(session: AsyncSession, file_id: UUID) -> Sequence[OwnShareRow]:
    """Return what was shown of the own share, in the order it was."""
    statement = select(OwnShareRow).where(
        OwnShareRow.institution_id == tenancy.institution_of(session),
        OwnShareRow.file_id == file_id,
    )
    return (await session.scalars(statement.order_by(OwnShareRow.own_share_id))).all()


# Each leg with its application, its contract, and what of it is agreed, paid out, paid and owed.
STANDING = text("""
    select g.leg, a.application_id, a.reference as application_reference, a.status as asked,
      a.amount_minor as asked_minor, a.currency, c.contract_id, c.reference, c.status,
      c.fund_id, c.principal_minor, c.signed_on, p.disbursed_minor,
      p.outstanding_principal_minor, p.oldest_open_due_on, p.written_off_minor,
      p.paid_principal_minor + p.paid_profit_minor + p.paid_fee_minor + p.paid_penalty_minor
        as paid_minor,
      (select sum(i.principal_minor + i.profit_minor + i.fee_minor + i.penalty_minor)
       from instalment i where i.institution_id = p.institution_id
         and i.contract_id = p.contract_id and i.generation = p.generation)::bigint as due_minor
    from financing_leg g
    join application a on a.institution_id = g.institution_id
      and a.application_id = g.application_id
    left join contract c on c.institution_id = g.institution_id
      and c.application_id = g.application_id
    left join position p on p.institution_id = c.institution_id and p.contract_id = c.contract_id
    where g.institution_id = :institution_id and g.file_id = :file_id order by g.leg
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A file with everything that its view shows."""

    row: FinancingFileRow
    legs: Sequence[Row[Any]]
    own: Sequence[OwnShareRow]


async def standing(session: AsyncSession, row: FinancingFileRow) -> Standing:
    """Return how a file stands with its legs."""
    values = {"institution_id": tenancy.institution_of(session), "file_id": row.file_id}
    return Standing(
        row=row,
        legs=(await session.execute(STANDING, values)).all(),
        own=await own_shares(session, row.file_id),
    )
