"""Which grids are there, and how was an undertaking judged by them?"""

from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.grids.tables import GridSheetRow, GridVersionRow
from shared import tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.schemas import Page

GRIDS_MAX = 500


class GridNotFound(RafidError):
    """There is no such version of a grid"""

    kind = Kind.NOT_FOUND
    service = "scoring"
    detail = "No version {version} of the grid {grid_id} is registered here."
    grid_id: str
    version: str


class SheetNotFound(RafidError):
    """There is no such sheet"""

    kind = Kind.NOT_FOUND
    service = "scoring"
    detail = "No sheet {sheet_id} is within reach."
    sheet_id: UUID


async def grids(session: AsyncSession) -> list[GridVersionRow]:
    """Every version of every grid, the newest first."""
    query = (
        select(GridVersionRow)
        .where(GridVersionRow.institution_id == tenancy.institution_of(session))
        .order_by(GridVersionRow.registered_at.desc(), GridVersionRow.grid_id)
        .limit(GRIDS_MAX)
    )
    return list((await session.scalars(query)).all())


async def grid(
    session: AsyncSession, *, grid_id: str, version: str, is_locked: bool = False
) -> GridVersionRow:
    """One version, locked until the transaction ends or not. Raises GridNotFound."""
    key = (tenancy.institution_of(session), grid_id, version)
    row = await session.get(
        GridVersionRow, key, with_for_update=is_locked or None, populate_existing=is_locked
    )
    if row is None:
        raise GridNotFound(grid_id=grid_id, version=version)
    return row


async def sheet(session: AsyncSession, sheet_id: UUID, *, actor: Actor) -> GridSheetRow:
    """One sheet of the actor's branches. Raises SheetNotFound."""
    query = _seen_by(actor, session).where(GridSheetRow.sheet_id == sheet_id)
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        raise SheetNotFound(sheet_id=sheet_id)
    return row


async def find_sheet(session: AsyncSession, sheet_id: UUID) -> GridSheetRow | None:
    """One sheet of the institution, whoever asks."""
    return await session.get(GridSheetRow, (tenancy.institution_of(session), sheet_id))


async def sheets(
    session: AsyncSession, *, subject_id: UUID | None, grid_id: str | None, page: Page, actor: Actor
) -> list[GridSheetRow]:
    """Sheets of the actor's branches, one more than the page holds."""
    query = _seen_by(actor, session).order_by(GridSheetRow.sheet_id).limit(page.limit + 1)
    if subject_id is not None:
        query = query.where(GridSheetRow.subject_id == subject_id)
    if grid_id is not None:
        query = query.where(GridSheetRow.grid_id == grid_id)
    if page.after is not None:
        query = query.where(GridSheetRow.sheet_id > page.after)
    return list((await session.scalars(query)).all())


async def years_of(session: AsyncSession, *, subject_id: UUID, grid_id: str) -> list[GridSheetRow]:
    """The yearly sheets of an undertaking by a grid, the first year first."""
    query = (
        select(GridSheetRow)
        .where(
            GridSheetRow.institution_id == tenancy.institution_of(session),
            GridSheetRow.subject_id == subject_id,
            GridSheetRow.grid_id == grid_id,
            GridSheetRow.year.is_not(None),
        )
        .order_by(GridSheetRow.year)
    )
    return list((await session.scalars(query)).all())


def _seen_by(actor: Actor, session: AsyncSession) -> Select[GridSheetRow]:
    query = select(GridSheetRow).where(
        GridSheetRow.institution_id == tenancy.institution_of(session)
    )
    if actor.branch_ids is None:
        return query
    return query.where(or_(False, GridSheetRow.branch_id.in_(actor.branch_ids)))
