"""How does a grid come into use by two persons, and how is a sheet judged, kept and compared?"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.grids import form, judging
from services.scoring.domain.grids.form import YEARLY, Grid
from services.scoring.domain.grids.sheets import Sheet
from services.scoring.grids import queries
from services.scoring.grids.tables import GridSheetRow, GridVersionRow
from services.scoring.models import operations as models
from services.scoring.models import queries as model_queries
from services.scoring.models.operations import ADD_TENANT
from shared import tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError

READY = Path(__file__).parent / "ready"


class GridVersionTaken(RafidError):
    """This version of the grid is registered with another content"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "{grid_id} {version} is registered already; give the changed grid another version."
    grid_id: str
    version: str


class ApproverIsRegistrar(RafidError):
    """A grid is taken into use by another person than the one who registered it"""

    kind = Kind.FORBIDDEN
    service = "scoring"
    detail = "{grid_id} {version} has to be approved by somebody who did not register it."
    grid_id: str
    version: str


class GridWaits(RafidError):
    """Nobody has taken this grid into use"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{grid_id} {version} waits for the approval of a second person."
    grid_id: str
    version: str


class BranchNotReached(RafidError):
    """The branch is not within your reach"""

    kind = Kind.FORBIDDEN
    service = "scoring"
    detail = "Name a branch of your own; {branch_id} is none."
    branch_id: UUID | None


class SheetIdReused(RafidError):
    """The sheet's id stands for other answers"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "{sheet_id} was judged with other answers; new answers need a new id."
    sheet_id: UUID


class SheetNotYet(RafidError):
    """A sheet is answered by what is known"""

    kind = Kind.RULE
    service = "scoring"
    detail = "The sheet is of {answered_on}; it is {today}."
    answered_on: date
    today: date


class YearAsked(RafidError):
    """A yearly grid says of which year, and no other does"""

    kind = Kind.RULE
    service = "scoring"
    detail = "A sheet of {grid_id} is given with the year {year}."
    grid_id: str
    year: int | None


class YearAnswered(RafidError):
    """The year is answered already"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "{subject_id} has a sheet of {grid_id} for {year} already."
    subject_id: UUID
    grid_id: str
    year: int


class SeriesOfOtherVersion(RafidError):
    """A yearly grid is repeated with the same questions"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{subject_id} began {grid_id} with {first}; years of {version} would not compare."
    subject_id: UUID
    grid_id: str
    first: str
    version: str


class SheetsDoNotCompare(RafidError):
    """Sheets of two grids or of two undertakings do not compare"""

    kind = Kind.RULE
    service = "scoring"
    detail = "One is of {subject_id} by {grid}, the other of {other_subject_id} by {other_grid}."
    subject_id: UUID
    grid: str
    other_subject_id: UUID
    other_grid: str


async def register_grid(
    session: AsyncSession, document: Mapping[str, object], *, actor: Actor, at: datetime
) -> GridVersionRow:
    """Register a version; it waits for a second person. The same document changes nothing.

    Raises what `form.grid_of` raises, GridVersionTaken.
    """
    card = model_queries.scorecard_of(await models.champion(session, actor=actor, at=at))
    grid = form.grid_of(document, credit={item.id for item in card.characteristics})
    institution_id = tenancy.institution_of(session)
    await session.execute(ADD_TENANT, {"institution_id": institution_id})
    statement = (
        insert(GridVersionRow)
        .values(
            institution_id=institution_id,
            grid_id=grid.grid_id,
            version=grid.version,
            kind=grid.kind.value,
            hash=grid.hash,
            document=document,
            registered_by=actor.id,
            registered_at=at,
        )
        .on_conflict_do_nothing()
    )
    await session.execute(statement)
    row = await queries.grid(session, grid_id=grid.grid_id, version=grid.version)
    if row.hash != grid.hash:
        raise GridVersionTaken(grid_id=grid.grid_id, version=grid.version)
    return row


async def approve_grid(
    session: AsyncSession, *, grid_id: str, version: str, actor: Actor, at: datetime
) -> GridVersionRow:
    """Take a version into use; approved already, nothing changes.

    Raises GridNotFound, ApproverIsRegistrar.
    """
    row = await queries.grid(session, grid_id=grid_id, version=version, is_locked=True)
    if row.registered_by == actor.id:
        raise ApproverIsRegistrar(grid_id=grid_id, version=version)
    if row.approved_by is None:
        row.approved_by, row.approved_at = actor.id, at
        await session.flush()
    return row


async def keep_sheet(
    session: AsyncSession, sheet: Sheet, *, today: date, actor: Actor, at: datetime
) -> GridSheetRow:
    """Judge a sheet and keep it for good; the same sheet again is the one that is kept.

    Raises BranchNotReached, GridNotFound, GridWaits, SheetIdReused, SheetNotYet, what
    `judging.judge` raises, and of yearly grids YearAsked, YearAnswered, SeriesOfOtherVersion.
    """
    if actor.branch_ids is not None and sheet.branch_id not in actor.branch_ids:
        raise BranchNotReached(branch_id=sheet.branch_id)
    kept = await queries.find_sheet(session, sheet.sheet_id)
    if kept is not None:
        return _same(kept, sheet)
    row = await queries.grid(session, grid_id=sheet.grid_id, version=sheet.version)
    if row.approved_by is None:
        raise GridWaits(grid_id=row.grid_id, version=row.version)
    if sheet.answered_on > today:
        raise SheetNotYet(answered_on=sheet.answered_on, today=today)
    grid = grid_in(row)
    await _check_year(session, sheet, grid)
    result = judging.judge(grid, sheet.answers, on=sheet.answered_on)
    statement = (
        insert(GridSheetRow)
        .values(
            institution_id=row.institution_id,
            sheet_id=sheet.sheet_id,
            grid_id=row.grid_id,
            version=row.version,
            grid_hash=row.hash,
            subject_id=sheet.subject_id,
            branch_id=sheet.branch_id,
            year=sheet.year,
            answered_on=sheet.answered_on,
            answers=sheet.plain,
            input_hash=sheet.input_hash,
            mark=result.mark.value,
            result=result.plain(),
            actor_id=actor.id,
            recorded_at=at,
        )
        .on_conflict_do_nothing()
    )
    await session.execute(statement)
    kept = await queries.find_sheet(session, sheet.sheet_id)
    if kept is None:
        raise _answered(sheet)
    return _same(kept, sheet)


async def _check_year(session: AsyncSession, sheet: Sheet, grid: Grid) -> None:
    if (sheet.year is not None) is not (grid.kind in YEARLY):
        raise YearAsked(grid_id=grid.grid_id, year=sheet.year)
    if sheet.year is None:
        return
    years = await queries.years_of(session, subject_id=sheet.subject_id, grid_id=grid.grid_id)
    if any(row.year == sheet.year for row in years):
        raise _answered(sheet)
    if years and years[0].grid_hash != grid.hash:
        raise SeriesOfOtherVersion(
            subject_id=sheet.subject_id,
            grid_id=grid.grid_id,
            first=years[0].version,
            version=grid.version,
        )


def _answered(sheet: Sheet) -> YearAnswered:
    return YearAnswered(subject_id=sheet.subject_id, grid_id=sheet.grid_id, year=sheet.year or 0)


def _same(kept: GridSheetRow, sheet: Sheet) -> GridSheetRow:
    if kept.input_hash != sheet.input_hash:
        raise SheetIdReused(sheet_id=sheet.sheet_id)
    return kept


def require_comparable(sheet: GridSheetRow, earlier: GridSheetRow) -> None:
    """Raise SheetsDoNotCompare but for two sheets of one undertaking by one version."""
    if (sheet.subject_id, sheet.grid_hash) != (earlier.subject_id, earlier.grid_hash):
        raise SheetsDoNotCompare(
            subject_id=sheet.subject_id,
            grid=f"{sheet.grid_id} {sheet.version}",
            other_subject_id=earlier.subject_id,
            other_grid=f"{earlier.grid_id} {earlier.version}",
        )


def grid_in(row: GridVersionRow) -> Grid:
    """Read the grid that a row holds."""
    return _read(row.hash, orjson.dumps(row.document, option=orjson.OPT_SORT_KEYS))


@lru_cache(maxsize=32)
def _read(_hash: str, document: bytes) -> Grid:
    return form.grid_of(orjson.loads(document))


@cache
def ready() -> tuple[Mapping[str, Any], ...]:
    """Return the grids that ship with Rafid, to be registered as they are or changed."""
    return tuple(
        json.loads(path.read_text(encoding="utf-8")) for path in sorted(READY.glob("*.json"))
    )
