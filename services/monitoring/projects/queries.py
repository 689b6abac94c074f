"""Which projects are there, and how did each come to its stage?"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.domain.lifecycle import Stage
from services.monitoring.projects.tables import AgreedContractRow, ProjectRow, ProjectStageRow
from shared import tenancy
from shared.ids import BranchId
from shared.schemas import Page


async def projects_of_contracts(
    session: AsyncSession, contract_ids: Collection[UUID]
) -> Sequence[ProjectRow]:
    """The projects of some contracts."""
    statement = select(ProjectRow).where(
        ProjectRow.institution_id == tenancy.institution_of(session),
        ProjectRow.contract_id.in_(contract_ids),
    )
    return (await session.scalars(statement)).all()


async def projects(
    session: AsyncSession,
    *,
    page: Page,
    stage: Stage | None,
    branch_ids: frozenset[BranchId] | None,
) -> Sequence[Row[ProjectRow, AgreedContractRow]]:
    """A page of projects by id, each with what its contract agreed; one more than asked."""
    institution_id = tenancy.institution_of(session)
    statement = (
        select(ProjectRow, AgreedContractRow)
        .join(
            AgreedContractRow,
            (AgreedContractRow.institution_id == ProjectRow.institution_id)
            & (AgreedContractRow.contract_id == ProjectRow.contract_id),
        )
        .where(ProjectRow.institution_id == institution_id)
        .order_by(ProjectRow.project_id)
        .limit(page.limit + 1)
    )
    if page.after is not None:
        statement = statement.where(ProjectRow.project_id > page.after)
    if stage is not None:
        statement = statement.where(ProjectRow.stage == stage)
    if branch_ids is not None:
        statement = statement.where(AgreedContractRow.branch_id.in_(branch_ids))
    return (await session.execute(statement)).all()


async def stages_of(
    session: AsyncSession, project_ids: Collection[UUID]
) -> dict[UUID, list[ProjectStageRow]]:
    """The stages that projects reached, oldest first."""
    statement = (
        select(ProjectStageRow)
        .where(
            ProjectStageRow.institution_id == tenancy.institution_of(session),
            ProjectStageRow.project_id.in_(project_ids),
        )
        .order_by(ProjectStageRow.project_id, ProjectStageRow.sequence)
    )
    found: dict[UUID, list[ProjectStageRow]] = {}
    for row in await session.scalars(statement):
        found.setdefault(row.project_id, []).append(row)
    return found
