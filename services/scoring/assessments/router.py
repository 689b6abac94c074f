"""Where is an opinion asked for and read?"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Response

from services.scoring.assessments import operations, queries, schemas
from services.scoring.assessments.tables import AssessmentRow
from services.scoring.deps import Db, Now
from services.scoring.models import operations as models
from services.scoring.models import queries as model_queries
from shared.auth import Actor, Role, require
from shared.clients.scoring import (
    AssessmentBatch,
    AssessmentBatchOut,
    AssessmentOut,
    AssessmentRequest,
)
from shared.ids import ApplicationId, AssessmentId
from shared.schemas import PageOut
from shared.web import AskedLanguage, PageQuery

router = APIRouter(tags=["assessments"])

BATCH_PATH = "/scoring/v1/assessments/batch"

MayAssess = Annotated[Actor, require(Role.SERVICE)]
MayRead = Annotated[Actor, require(Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.SERVICE)]


@router.post("/scoring/v1/assessments", status_code=201, response_model=AssessmentOut)
async def assess(
    body: AssessmentRequest, db: Db, now: Now, language: AskedLanguage, actor: MayAssess
) -> Response:
    """Assess one application; the same assessment id and body have one opinion for good."""
    rows = await _assessed([body], db, now, actor)
    return _json(schemas.document_of(rows[0], language=language), status=201)


@router.post(BATCH_PATH, status_code=201, response_model=AssessmentBatchOut)
async def assess_batch(
    body: AssessmentBatch, db: Db, now: Now, language: AskedLanguage, actor: MayAssess
) -> Response:
    """Assess up to 500 applications at once, all or none; answers in the order of requests."""
    rows = await _assessed(body.requests, db, now, actor)
    documents = [schemas.document_of(row, language=language) for row in rows]
    return _json({"assessments": documents}, status=201)


@router.get("/scoring/v1/assessments", response_model=PageOut[AssessmentOut])
async def list_assessments(
    application_id: Annotated[UUID, Query()],
    db: Db,
    page: PageQuery,
    language: AskedLanguage,
    actor: MayRead,
) -> Response:
    """List the opinions on one application, in the order of their ids."""
    async with db() as session:
        rows = await queries.assessments_of(
            session, ApplicationId(application_id), page=page, actor=actor
        )
    items, following = page.cut(rows, key=lambda row: row.assessment_id)
    documents = [schemas.document_of(row, language=language) for row in items]
    return _json({"items": documents, "next": following})


@router.get("/scoring/v1/assessments/{assessment_id}", response_model=AssessmentOut)
async def read_assessment(
    assessment_id: UUID, db: Db, language: AskedLanguage, actor: MayRead
) -> Response:
    """Read an opinion as it was given."""
    async with db() as session:
        row = await queries.assessment(session, AssessmentId(assessment_id), actor=actor)
    return _json(schemas.document_of(row, language=language))


def _json(document: Mapping[str, object], *, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json")


async def _assessed(
    requests: Sequence[AssessmentRequest], db: Any, now: datetime, actor: Actor
) -> list[AssessmentRow]:
    """Read what is known, judge the rest outside of any transaction, write, read again."""
    inputs = operations.inputs_of(requests)
    async with db() as session:
        _, missing = await operations.kept_for(session, inputs)
        champion = await model_queries.find_champion(session)
        tried = await model_queries.shadows(session) if missing else []
    if missing:
        if champion is None:
            async with db.begin() as session:
                champion = await models.champion(session, actor=actor, at=now)
        card = model_queries.scorecard_of(champion)
        shadows = [model_queries.scorecard_of(row) for row in tried]
        formed = await asyncio.to_thread(
            operations.form_opinions, missing, card=card, tried=shadows
        )
        async with db.begin() as session:
            await operations.keep_opinions(session, formed, actor=actor, at=now)
    async with db() as session:
        kept, _ = await operations.kept_for(session, inputs)
    return [kept[request.assessment_id] for request in requests]
