"""Where are scorecards registered and read? They are moved on where they are watched."""

from typing import Annotated

from fastapi import APIRouter, Path

from services.scoring.deps import Db, Now
from services.scoring.models import operations, queries
from services.scoring.models.schemas import (
    ChangeOut,
    ScorecardFileOut,
    ScorecardIn,
    ScorecardOut,
    ScorecardsOut,
)
from shared.auth import Actor, Role, require

router = APIRouter(tags=["models"])

MayGovern = Annotated[Actor, require(Role.ADMINISTRATOR)]
MayRead = Annotated[
    Actor, require(Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR, Role.SERVICE)
]
CardId = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
CardVersion = Annotated[str, Path(pattern=r"^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$")]


@router.post("/scoring/v1/models", status_code=201)
async def register_scorecard(body: ScorecardIn, db: Db, now: Now, actor: MayGovern) -> ScorecardOut:
    """Register a version of a scorecard as a draft; the same document again changes nothing."""
    async with db.begin() as session:
        row = await operations.register_scorecard(session, body.document(), actor=actor, at=now)
    return ScorecardOut.of(row)


@router.get("/scoring/v1/models")
async def list_scorecards(db: Db, _actor: MayRead) -> ScorecardsOut:
    """List every version of every scorecard, the newest first."""
    async with db() as session:
        rows = await queries.scorecard_versions(session)
    return ScorecardsOut(scorecards=[ScorecardOut.of(row) for row in rows])


@router.get("/scoring/v1/models/{card_id}/{version}")
async def read_scorecard(
    card_id: CardId, version: CardVersion, db: Db, _actor: MayRead
) -> ScorecardFileOut:
    """Read a version with its document and its history."""
    async with db() as session:
        row = await queries.scorecard_version(session, card_id=card_id, version=version)
        changes = await queries.changes_of(session, card_id=card_id, version=version)
    return ScorecardFileOut(
        scorecard=ScorecardOut.of(row),
        document=row.document,
        changes=[ChangeOut.of(change) for change in changes],
    )
