"""Where is a version watched, compared with the champion, and moved on?"""

import asyncio
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from services.scoring.deps import Db, Now
from services.scoring.domain import replaying
from services.scoring.domain.lifecycle import CardEvent
from services.scoring.models import operations as models
from services.scoring.models import queries as model_queries
from services.scoring.models.operations import Grounds
from services.scoring.models.schemas import ScorecardOut, StatusIn
from services.scoring.watching import operations
from services.scoring.watching.operations import PromotionUnproven
from services.scoring.watching.schemas import (
    CalibrationOut,
    ComparisonOut,
    FairRatioOut,
    OverridesOut,
    RankingOut,
    ReplayedOut,
    ReplayIn,
    ReplayOut,
    ShiftOut,
    WatchOut,
)
from shared.auth import Actor, Role, require
from shared.schemas import Day

router = APIRouter(tags=["models"])

MayGovern = Annotated[Actor, require(Role.ADMINISTRATOR)]
MayWatch = Annotated[Actor, require(Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR)]
CardId = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
CardVersion = Annotated[str, Path(pattern=r"^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$")]


@router.post("/scoring/v1/models/{card_id}/{version}/status")
async def change_status(
    card_id: CardId, version: CardVersion, body: StatusIn, db: Db, now: Now, actor: MayGovern
) -> ScorecardOut:
    """Try a draft in shadow, promote it in place of the champion, or retire it.

    One that has not proved better than the champion is promoted for a stated reason only; the
    comparison and the reason are kept.
    """
    event = CardEvent(body.event)
    grounds = Grounds(reason=body.reason)
    if event is CardEvent.PROMOTE:
        found = await _challenged(db, card_id, version, now.date(), promoter_id=actor.id)
        if found is not None:
            grounds = Grounds(reason=body.reason, evidence=found.model_dump(mode="json"))
    async with db.begin() as session:
        row = await models.change_status(
            session,
            card_id=card_id,
            version=version,
            event=event,
            grounds=grounds,
            actor=actor,
            at=now,
        )
        if event is CardEvent.PROMOTE and body.reason is None:
            _refuse_unproven(grounds, card_id, version)
    return ScorecardOut.of(row)


@router.get("/scoring/v1/models/{card_id}/{version}/comparison")
async def compare(
    card_id: CardId, version: CardVersion, db: Db, now: Now, _actor: MayWatch, on: Day | None = None
) -> ComparisonOut:
    """Set a version beside the champion, on the loans both scored and whose end is known."""
    return await _compared(db, card_id, version, on or now.date())


@router.get("/scoring/v1/models/{card_id}/{version}/watch")
async def watch(
    card_id: CardId, version: CardVersion, db: Db, now: Now, _actor: MayWatch, on: Day | None = None
) -> WatchOut:
    """Watch a version: its last 90 days beside all it scored before, and what gives alarm."""
    day = on or now.date()
    async with db() as session:
        material = await operations.material(session, card_id=card_id, version=version, on=day)
    found = await asyncio.to_thread(operations.watch, material)
    return WatchOut.model_validate(
        {
            "card_id": card_id,
            "version": version,
            "on": day,
            "drift": None if found.drift is None else ShiftOut.of_shift(found.drift),
            "characteristics": [ShiftOut.of_shift(item) for item in found.characteristics],
            "calibration": [CalibrationOut.of(item) for item in found.calibration],
            "ranking": RankingOut.of(found.ranking),
            "overrides": [OverridesOut.of(item) for item in found.overrides],
            "alarms": found.alarms,
        }
    )


@router.post("/scoring/v1/models/{card_id}/{version}/replay")
async def replay(
    card_id: CardId, version: CardVersion, body: ReplayIn, db: Db, _actor: MayWatch
) -> ReplayOut:
    """Judge past files by the champion and by a version, and tell what would differ.

    The files may be those of another programme. Nothing of them is kept.
    """
    async with db() as session:
        tried = await model_queries.scorecard_version(session, card_id=card_id, version=version)
        champion = await model_queries.champion(session)
        judging = model_queries.scorecard_of(champion)
        other = model_queries.scorecard_of(tried)
    files = [(file.assessment_id, file.model_dump(mode="json")) for file in body.files]
    found = await asyncio.to_thread(
        lambda: [
            (name, replaying.tried_on(inputs, card=judging, other=other)) for name, inputs in files
        ]
    )
    return ReplayOut(
        champion=f"{champion.card_id} {champion.version}",
        tried=f"{card_id} {version}",
        files=len(found),
        moved=sum(item.advice != item.advice_before for _, item in found),
        replayed=[ReplayedOut.of(name, item) for name, item in found],
    )


async def _challenged(
    db: Db, card_id: str, version: str, on: date, *, promoter_id: UUID
) -> ComparisonOut | None:
    """The comparison a promotion rests on; None where nothing reigns beside the version."""
    async with db() as session:
        champion = await model_queries.find_champion(session)
    if champion is None or (champion.card_id, champion.version) == (card_id, version):
        return None
    return await _compared(db, card_id, version, on, promoter_id=promoter_id)


async def _compared(
    db: Db, card_id: str, version: str, on: date, *, promoter_id: UUID | None = None
) -> ComparisonOut:
    async with db() as session:
        contest = await operations.contest(
            session, card_id=card_id, version=version, on=on, promoter_id=promoter_id
        )
    comparison, ratios = await asyncio.to_thread(operations.compare, contest)
    return ComparisonOut.of(
        comparison,
        champion=f"{contest.champion.card_id} {contest.champion.version}",
        challenger=f"{card_id} {version}",
        on=on,
        fairness=[
            FairRatioOut(
                trait=item.trait,
                champion=item.champion,
                challenger=item.challenger,
                is_broken=item.is_broken,
            )
            for item in ratios
        ],
    )


def _refuse_unproven(grounds: Grounds, card_id: str, version: str) -> None:
    evidence = grounds.evidence
    if evidence is None or not evidence["is_proven"]:
        raise PromotionUnproven(
            card_id=card_id,
            version=version,
            loans=evidence["loans"] if evidence else 0,
            bad=evidence["bad"] if evidence else 0,
        )
