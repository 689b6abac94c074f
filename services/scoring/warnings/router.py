"""Where are loans graded, warnings read, and where is it told what became of them?"""

import asyncio
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query

from services.scoring.deps import Db, Now
from services.scoring.domain import card_form
from services.scoring.domain.scorecard import Scorecard
from services.scoring.domain.warning import facts
from services.scoring.domain.warning.outcomes import AlertOutcome
from services.scoring.models.schemas import ScorecardIn
from services.scoring.warnings import governing, operations, queries, ruling
from services.scoring.warnings.operations import Asked
from services.scoring.warnings.ruling import Ruling
from services.scoring.warnings.schemas import (
    AlertOutcomeIn,
    WarningBatchOut,
    WarningCardOut,
    WarningCardsOut,
    WarningMonthOut,
    WarningOut,
    capacity_of,
    facts_of,
)
from shared import clock
from shared.auth import Actor, Role, require
from shared.clients.warnings import CardNamed, GradeName, WarningBatchIn, WarningMonthIn
from shared.schemas import Day, PageOut
from shared.web import AskedLanguage, PageQuery

router = APIRouter(tags=["warnings"])

BATCH_PATH = "/scoring/v1/warnings/batches"

MayGovern = Annotated[Actor, require(Role.ADMINISTRATOR)]
MayGrade = Annotated[Actor, require(Role.SERVICE)]
MayRecord = Annotated[Actor, require(Role.OFFICER, Role.SERVICE)]
MayRead = Annotated[Actor, require(Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.SERVICE)]
MayReadBatch = Annotated[Actor, require(Role.APPROVER, Role.AUDITOR, Role.SERVICE)]
MayReadCards = Annotated[
    Actor, require(Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR, Role.SERVICE)
]
CardId = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
CardVersion = Annotated[str, Path(pattern=r"^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$")]


@router.post("/scoring/v1/warnings/cards", status_code=201)
async def register_warning_card(
    body: ScorecardIn, db: Db, now: Now, actor: MayGovern
) -> WarningCardOut:
    """Register a card of warnings; it grades once another administrator has approved it."""
    async with db.begin() as session:
        row = await governing.register_card(session, body.document(), actor=actor, at=now)
        return WarningCardOut.of(row)


@router.get("/scoring/v1/warnings/cards")
async def list_warning_cards(db: Db, _actor: MayReadCards) -> WarningCardsOut:
    """List every version of every card of warnings, the newest first."""
    async with db() as session:
        rows = await queries.cards(session)
    return WarningCardsOut(cards=[WarningCardOut.of(row) for row in rows])


@router.post("/scoring/v1/warnings/cards/{card_id}/{version}/approval")
async def approve_warning_card(
    card_id: CardId, version: CardVersion, db: Db, now: Now, actor: MayGovern
) -> WarningCardOut:
    """Take a card of warnings into use; whoever registered it may not."""
    async with db.begin() as session:
        row = await governing.approve_card(
            session, card_id=card_id, version=version, actor=actor, at=now
        )
        return WarningCardOut.of(row)


@router.post(BATCH_PATH, status_code=201)
async def grade_loans(body: WarningBatchIn, db: Db, now: Now, actor: MayGrade) -> WarningBatchOut:
    """Grade up to 5,000 running loans, all or none; the same batch has one answer for good."""
    operations.check_day(body.as_of, today=clock.latest_day(now))
    asked = Asked(
        batch_id=body.batch_id,
        as_of=body.as_of,
        capacity=None if body.is_of_month else capacity_of(body.capacity),
        loans=[facts_of(loan) for loan in body.loans],
        input_hash=card_form.hash_of(body.model_dump(mode="json")),
    )
    async with db() as session:
        kept = await operations.kept_for(session, asked)
    if kept is None:
        facts.check_loans(asked.loans, as_of=asked.as_of)  # before a card is adopted for them
        card = await _card(body.card, db, now, actor)
        made = await asyncio.to_thread(operations.grade, asked, card=card)
        async with db.begin() as session:
            await operations.keep_batch(session, asked, card=card, made=made, actor=actor, at=now)
    return await _batch(body.batch_id, db)


@router.post("/scoring/v1/warnings/months", status_code=201)
async def rule_month(body: WarningMonthIn, db: Db, now: Now, actor: MayGrade) -> WarningMonthOut:
    """Rule the colours of a month among all its loans; the same month has one answer for good."""
    asked = Ruling(
        month=body.month.replace(day=1),
        capacity=capacity_of(body.capacity),
        batch_ids=frozenset(body.batch_ids),
    )
    async with db.begin() as session:
        row = await ruling.rule_month(session, asked, actor=actor, at=now)
        counts = await queries.counts_of(session, row.batch_ids)
        return WarningMonthOut.of(row, counts=counts)


@router.get("/scoring/v1/warnings/batches/{batch_id}")
async def read_batch(batch_id: UUID, db: Db, _actor: MayReadBatch) -> WarningBatchOut:
    """Read which card graded a batch, from which input, and how many loans have each grade."""
    return await _batch(batch_id, db)


@router.get("/scoring/v1/warnings")
async def list_warnings(
    db: Db,
    page: PageQuery,
    language: AskedLanguage,
    actor: MayRead,
    grade: Annotated[GradeName | None, Query()] = None,
    branch: Annotated[UUID | None, Query()] = None,
    batch: Annotated[UUID | None, Query()] = None,
    month: Annotated[Day | None, Query()] = None,
    alerts: Literal["only", "all"] = "all",
    within: Annotated[list[UUID] | None, Query(max_length=1000)] = None,
) -> PageOut[WarningOut]:
    """List the loans of a batch, the worst first; without `batch` those of the newest.

    With `month`, named by any of its days, those of all its batches, one batch after the other.
    `alerts=only` leaves the green ones out, `within` all but some branches.
    """
    async with db() as session:
        if batch is None and month is None:
            newest = await queries.newest_batch(session)
            if newest is None:
                return PageOut(items=[])
            batch = newest.batch_id
        wanted = queries.Wanted(
            batch_id=batch,
            month=None if month is None else month.replace(day=1),
            grade=grade,
            is_alert=alerts == "only",
            branch_ids=_within(branch, within),
        )
        rows = await queries.warnings(session, wanted, page=page, actor=actor)
        items, following = page.cut(rows, key=lambda row: row.warning_id)
        outcomes = await queries.outcomes_of(session, [row.warning_id for row in items])
    told = [
        WarningOut.of(row, outcomes.get(row.warning_id, []), language=language) for row in items
    ]
    return PageOut(items=told, next=following)


@router.post("/scoring/v1/warnings/{warning_id}/outcome")
async def record_alert_outcome(
    warning_id: UUID,
    body: AlertOutcomeIn,
    db: Db,
    now: Now,
    language: AskedLanguage,
    actor: MayRecord,
) -> WarningOut:
    """Tell what became of an alert; the same thing again changes nothing."""
    async with db.begin() as session:
        await operations.record_outcome(
            session,
            warning_id=warning_id,
            outcome=AlertOutcome(body.outcome),
            actor=actor,
            at=now,
        )
        row = await queries.warning(session, warning_id, actor=actor)
        outcomes = await queries.outcomes_of(session, [warning_id])
        return WarningOut.of(row, outcomes.get(warning_id, []), language=language)


def _within(branch: UUID | None, within: list[UUID] | None) -> frozenset[UUID] | None:
    """Return the branches asked for: one, some, those in both, or None for all."""
    asked = [frozenset(some) for some in (within, branch and [branch]) if some]
    return frozenset.intersection(*asked) if asked else None


async def _card(named: CardNamed | None, db: Db, now: datetime, actor: Actor) -> Scorecard:
    """Find the card asked for, or adopt the one that ships with Rafid."""
    if named is not None:
        async with db() as session:
            return await governing.card_in_use(
                session, card_id=named.card_id, version=named.version
            )
    async with db.begin() as session:
        row = await governing.register_card(session, governing.built_in(), actor=actor, at=now)
        return await governing.card_in_use(session, card_id=row.card_id, version=row.version)


async def _batch(batch_id: UUID, db: Db) -> WarningBatchOut:
    async with db() as session:
        row = await queries.batch(session, batch_id)
        counts = await queries.counts_of(session, [batch_id])
    return WarningBatchOut.of(row, counts=counts[batch_id])
