"""Where is an opinion asked for and read?"""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request, Response

from services.scoring.assessments import operations, queries, schemas
from services.scoring.assessments.book import assessed
from services.scoring.assessments.operations import Asked
from services.scoring.assessments.tables import AssessmentRow
from services.scoring.deps import Db, Now
from services.scoring.deps import now as moment
from shared.auth import Actor, Role, require
from shared.batching import Batcher
from shared.clients.scoring import (
    AssessmentBatch,
    AssessmentBatchOut,
    AssessmentOut,
    AssessmentRequest,
)
from shared.hot_route import hot_route
from shared.ids import ApplicationId, AssessmentId
from shared.schemas import PageOut
from shared.web import AskedLanguage, PageQuery, language_of

router = APIRouter(tags=["assessments"])

BATCH_PATH = "/scoring/v1/assessments/batch"

ASSESS = require(Role.SERVICE)
MayAssess = Annotated[Actor, ASSESS]
MayRead = Annotated[Actor, require(Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.SERVICE)]


async def assess(
    body: AssessmentRequest, request: Request, now: Now, language: AskedLanguage, actor: MayAssess
) -> Response:
    """Assess one application; the same assessment id and body have one opinion for good."""
    batcher: Batcher[Asked, AssessmentRow] = request.app.state.assessments
    (inputs,) = operations.inputs_of([body])
    row = await batcher.submit(actor.institution_id, Asked(inputs=inputs, actor=actor, at=now))
    return _json(schemas.document_of(row, language=language), status=201)


async def _assess_ordinary(request: Request) -> Response:
    """Read the parameters of `assess` by hand and call it."""
    actor = await ASSESS.dependency(request)
    body = AssessmentRequest.model_validate_json(await request.body())
    return await assess(body, request, moment(request), language_of(request), actor)


router.add_api_route(
    "/scoring/v1/assessments",
    assess,
    methods=["POST"],
    status_code=201,
    response_model=AssessmentOut,
    route_class_override=hot_route(_assess_ordinary),
)


@router.post(BATCH_PATH, status_code=201, response_model=AssessmentBatchOut)
async def assess_batch(
    body: AssessmentBatch, db: Db, now: Now, language: AskedLanguage, actor: MayAssess
) -> Response:
    """Assess up to 500 applications at once, all or none; answers in the order of requests."""
    inputs = operations.inputs_of(body.requests)
    asked = [Asked(inputs=item, actor=actor, at=now) for item in inputs]
    found = await assessed(db, asked, is_whole=True)
    rows = [found[request.assessment_id] for request in body.requests]
    documents = [
        schemas.document_of(row, language=language)
        for row in rows
        if isinstance(row, AssessmentRow)
    ]
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
    """Write members in one order, whether the opinion was formed just now or read."""
    body = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    return Response(body, status, media_type="application/json")
