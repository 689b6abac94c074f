"""How does an application come to its assessment, and what if scoring does not answer?

Four steps, because no transaction stays open across HTTP: read what is to be asked, keep it, ask,
write the answer. What was asked once is asked again letter by letter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.applications import operations, queries, requesting
from services.loans.applications.asking import AskFunds
from services.loans.applications.requests import queries as request_queries
from services.loans.domain.lifecycle import ApplicationStatus
from services.loans.domain.serving import Serving
from services.loans.rulebook import queries as rulebook
from shared.clients.scoring import (
    BATCH_MAX,
    AssessmentOut,
    AssessmentRequest,
    ScoringClient,
    ScoringRefused,
    ScoringUnavailable,
)
from shared.db import TenantDb
from shared.errors import RafidError
from shared.ids import ApplicationId

# A submitted application older than this lost its answer on the way: the process ended.
LOST_AFTER = timedelta(seconds=30)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Whom to ask for an opinion, and who tells before which funds may serve."""

    scoring: ScoringClient
    funds: AskFunds


async def assess(
    db: TenantDb,
    asking: Asking,
    application_ids: Sequence[ApplicationId],
    *,
    at: datetime,
    on: date,
) -> int:
    """Have applications assessed, 500 at a time; return how many were.

    Where scoring does not answer they wait in a visible state. An application that scoring
    refuses goes back for correction with the reason: asking again would not help.
    """
    done = 0
    for start in range(0, len(application_ids), BATCH_MAX):
        part = application_ids[start : start + BATCH_MAX]
        requests = await _requests(db, asking.funds, part, on=on)
        scoring = asking.scoring
        try:
            answers = await scoring.assess_many(requests, institution_id=db.institution_id)
        except ScoringUnavailable as error:
            async with db.begin() as session:
                await operations.postpone(session, part, because=error, at=at)
            break
        except ScoringRefused:
            answers = await _one_by_one(db, scoring, requests, at=at)
        async with db.begin() as session:
            await operations.record_assessments(session, answers, at=at)
        done += len(answers)
    return done


async def assess_waiting(
    db: TenantDb, asking: Asking, *, at: datetime, on: date, limit: int = BATCH_MAX
) -> int:
    """Have assessed what waits for it, and what lost its answer; return how many were."""
    async with db() as session:
        waiting = await queries.ids_in(
            session, [ApplicationStatus.WAITING_FOR_ASSESSMENT], until=at, limit=limit
        )
        lost = await queries.ids_in(
            session, [ApplicationStatus.SUBMITTED], until=at - LOST_AFTER, limit=limit
        )
    done = await assess(db, asking, [*waiting, *lost], at=at, on=on)
    if waiting or lost:
        _log.info("assessed what waited", waiting=len(waiting), lost=len(lost), assessed=done)
    return done


async def _requests(
    db: TenantDb, ask_funds: AskFunds, application_ids: Sequence[ApplicationId], *, on: date
) -> list[AssessmentRequest]:
    """What is asked about those that wait: as it was asked before, else composed and kept now."""
    async with db(snapshot=True) as session:
        files = await request_queries.assessment_files(session, application_ids, on=on)
        kept = await queries.requests_of(session, [file.row for file in files])
        new = [file for file in files if file.row.application_id not in kept]
        if new:
            ids = [ApplicationId(file.row.application_id) for file in new]
            serving = await _serving(session, ask_funds, ids, on=on)
            book = await rulebook.book(session, on=on)
    if new:
        composed = [
            requesting.compose(file, serving=serving[file.row.application_id], book=book, on=on)
            for file in new
        ]
        async with db.begin() as session:
            await operations.keep_requests(session, composed, on=on)
            kept = await queries.requests_of(session, [file.row for file in files])
    return [
        AssessmentRequest.model_validate_json(kept[file.row.application_id].body) for file in files
    ]


async def _serving(
    session: AsyncSession, ask_funds: AskFunds, ids: Sequence[ApplicationId], *, on: date
) -> Mapping[UUID, Serving]:
    """What funds say; where a rule of ours is missing the opinion is on the product alone."""
    try:
        return await ask_funds(session, ids, on=on)
    except RafidError as error:
        _log.warning("no fund could be asked", because=error.slug(), applications=len(ids))
        return dict.fromkeys(ids, Serving())


async def _one_by_one(
    db: TenantDb, scoring: ScoringClient, requests: Sequence[AssessmentRequest], *, at: datetime
) -> list[AssessmentOut]:
    answers = []
    for request in requests:
        application_id = ApplicationId(request.application_id)
        try:
            answers.append(await scoring.assess(request, institution_id=db.institution_id))
        except ScoringRefused as error:
            async with db.begin() as session:
                await operations.return_refused(session, application_id, because=error, at=at)
        except ScoringUnavailable as error:
            async with db.begin() as session:
                await operations.postpone(session, [application_id], because=error, at=at)
    return answers
