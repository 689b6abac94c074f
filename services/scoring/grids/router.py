"""Where are grids registered and approved, and where are sheets judged, read and compared?"""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from services.scoring.deps import Db, Now
from services.scoring.domain.grids import judging
from services.scoring.grids import operations, queries
from services.scoring.grids.schemas import (
    ComparisonOut,
    GridFileOut,
    GridIn,
    GridOut,
    GridsOut,
    ReadyGridsOut,
    SheetIn,
    SheetOut,
)
from shared.auth import Actor, Role, require
from shared.schemas import PageOut
from shared.web import AskedLanguage, PageQuery

router = APIRouter(tags=["grids"])

MayGovern = Annotated[Actor, require(Role.ADMINISTRATOR)]
MayAnswer = Annotated[Actor, require(Role.OFFICER, Role.SERVICE)]
MayReadGrids = Annotated[
    Actor, require(Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR, Role.SERVICE)
]
MayRead = Annotated[Actor, require(Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.SERVICE)]
EAST = timedelta(hours=14)  # where on earth a day begins first: scoring knows no place
GridId = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
GridVersion = Annotated[str, Path(pattern=r"^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$")]
AskedGrid = Annotated[str | None, Query(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


@router.post("/scoring/v1/grids", status_code=201)
async def register_grid(body: GridIn, db: Db, now: Now, actor: MayGovern) -> GridOut:
    """Register a version of a grid; it judges once another administrator has approved it."""
    async with db.begin() as session:
        row = await operations.register_grid(session, body.document(), actor=actor, at=now)
        return GridOut.of(row)


@router.get("/scoring/v1/grids")
async def list_grids(db: Db, _actor: MayReadGrids) -> GridsOut:
    """List every version of every grid, the newest first."""
    async with db() as session:
        rows = await queries.grids(session)
    return GridsOut(grids=[GridOut.of(row) for row in rows])


@router.get("/scoring/v1/grids/ready")
async def list_ready_grids(_actor: MayReadGrids) -> ReadyGridsOut:
    """Give the grids that ship with Rafid; none is in use before two persons have said so."""
    return ReadyGridsOut(grids=[dict(document) for document in operations.ready()])


@router.get("/scoring/v1/grids/{grid_id}/{version}")
async def read_grid(
    grid_id: GridId, version: GridVersion, db: Db, _actor: MayReadGrids
) -> GridFileOut:
    """Read a version with its whole document."""
    async with db() as session:
        row = await queries.grid(session, grid_id=grid_id, version=version)
    return GridFileOut(grid=GridOut.of(row), document=row.document)


@router.post("/scoring/v1/grids/{grid_id}/{version}/approval")
async def approve_grid(
    grid_id: GridId, version: GridVersion, db: Db, now: Now, actor: MayGovern
) -> GridOut:
    """Take a version into use; whoever registered it may not."""
    async with db.begin() as session:
        row = await operations.approve_grid(
            session, grid_id=grid_id, version=version, actor=actor, at=now
        )
        return GridOut.of(row)


@router.post("/scoring/v1/grid-sheets", status_code=201)
async def answer_grid(
    body: SheetIn, db: Db, now: Now, language: AskedLanguage, actor: MayAnswer
) -> SheetOut:
    """Judge a sheet and keep it; the same sheet has one result for good."""
    async with db.begin() as session:
        row = await operations.keep_sheet(
            session, body.sheet(), today=(now + EAST).date(), actor=actor, at=now
        )
        kept = await queries.grid(session, grid_id=row.grid_id, version=row.version)
        return SheetOut.of(row, grid=operations.grid_in(kept), language=language)


@router.get("/scoring/v1/grid-sheets")
async def list_sheets(
    db: Db,
    page: PageQuery,
    language: AskedLanguage,
    actor: MayRead,
    subject: Annotated[UUID | None, Query()] = None,
    grid: AskedGrid = None,
) -> PageOut[SheetOut]:
    """List sheets of the actor's branches, of one undertaking or by one grid if asked."""
    async with db() as session:
        rows = await queries.sheets(
            session, subject_id=subject, grid_id=grid, page=page, actor=actor
        )
        kept, following = page.cut(rows, key=lambda row: row.sheet_id)
        told = [
            SheetOut.of(
                row,
                grid=operations.grid_in(
                    await queries.grid(session, grid_id=row.grid_id, version=row.version)
                ),
                language=language,
            )
            for row in kept
        ]
    return PageOut(items=told, next=following)


@router.get("/scoring/v1/grid-sheets/{sheet_id}")
async def read_sheet(sheet_id: UUID, db: Db, language: AskedLanguage, actor: MayRead) -> SheetOut:
    """Read a sheet with what the grid said of it."""
    async with db() as session:
        row = await queries.sheet(session, sheet_id, actor=actor)
        kept = await queries.grid(session, grid_id=row.grid_id, version=row.version)
    return SheetOut.of(row, grid=operations.grid_in(kept), language=language)


@router.get("/scoring/v1/grid-sheets/{sheet_id}/comparison")
async def compare_sheets(
    sheet_id: UUID, db: Db, actor: MayRead, earlier: Annotated[UUID, Query()]
) -> ComparisonOut:
    """Set a sheet beside an earlier one of the same undertaking and version."""
    async with db() as session:
        row = await queries.sheet(session, sheet_id, actor=actor)
        before = await queries.sheet(session, earlier, actor=actor)
    operations.require_comparable(row, before)
    moved = judging.changes(before.result, row.result)
    return ComparisonOut.of(row, before, moved=moved)
