"""Where are applications submitted, corrected, taken back and read?"""

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Header, Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.applications import assessing, operations, queries
from services.loans.applications.asking import Funds
from services.loans.applications.assessing import Asking
from services.loans.applications.opinion_bodies import QuestionOut
from services.loans.applications.queries import ApplicationFilter
from services.loans.applications.requests import queries as request_queries
from services.loans.applications.schemas import (
    ApplicationFileOut,
    ApplicationIn,
    ApplicationOut,
    ReasonIn,
    ResubmitIn,
)
from services.loans.borrowers import operations as borrowers
from services.loans.deps import Db, Now, Scoring, Today
from services.loans.domain.application import Submission
from services.loans.domain.borrower import AccessPurpose
from services.loans.domain.lifecycle import ApplicationStatus
from services.loans.institutions import queries as institutions
from services.loans.products import queries as products
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.db import TenantDb
from shared.ids import ApplicationId, BorrowerId, ProductId
from shared.schemas import Body, PageOut
from shared.web import AskedLanguage, PageQuery

router = APIRouter(tags=["applications"])

MaySubmit = Annotated[Actor, require(Role.OFFICER, Role.INTEGRATOR)]
MayCorrect = Annotated[Actor, require(Role.OFFICER)]
MayReturn = Annotated[Actor, require(Role.OFFICER, Role.APPROVER)]
MayRead = Annotated[Actor, require(Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.INTEGRATOR)]
OptionalKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Optional: the same key and body make one application, told again each time.",
    ),
]


def opinions(scoring: Scoring, funds: Funds) -> Asking:
    """Whom to ask, by what the application was put together with."""
    return Asking(scoring=scoring, funds=funds)


Opinions = Annotated[Asking, Depends(opinions)]


class Taken(Body):
    """What is kept under an idempotency key: which application it made."""

    application_id: UUID


@router.post("/loans/v1/applications", status_code=201)
async def submit_application(
    body: ApplicationIn,
    db: Db,
    actor: MaySubmit,
    asking: Opinions,
    now: Now,
    today: Today,
    language: AskedLanguage,
    key: OptionalKey = None,
) -> ApplicationFileOut:
    """Take in an application and have it assessed.

    Where scoring does not answer, the application waits in the status `waiting_for_assessment`
    and is assessed later by itself.
    """

    async def take(session: AsyncSession) -> Taken:
        submission = await _submission(session, body)
        row = await operations.submit_application(
            session, submission, at=now, on=today, actor=actor
        )
        return Taken(application_id=row.application_id)

    if key is None:
        async with db.begin() as session:
            taken = await take(session)
    else:
        answer = await idempotency.run_once(
            db, "POST /loans/v1/applications", body=body, actor_id=actor.id, key=key, work=take
        )
        taken = Taken(application_id=UUID(orjson.loads(answer.body)["application_id"]))
    application_id = ApplicationId(taken.application_id)
    await assessing.assess(db, asking, [application_id], at=now, on=today)
    return await _file(db, application_id, actor=actor, language=language, now=now)


@router.get("/loans/v1/applications")
async def list_applications(
    db: Db,
    page: PageQuery,
    actor: MayRead,
    language: AskedLanguage,
    status: Annotated[ApplicationStatus | None, Query()] = None,
    branch_id: UUID | None = None,
    product_id: UUID | None = None,
    borrower_id: UUID | None = None,
) -> PageOut[ApplicationOut]:
    """List applications within reach, in the order in which they came."""
    wanted = ApplicationFilter(
        status=status, branch_id=branch_id, product_id=product_id, borrower_id=borrower_id
    )
    async with db() as session:
        found = await queries.applications(session, actor=actor, wanted=wanted, page=page)
    rows, following = page.cut(found, key=lambda row: row.application_id)
    items = [ApplicationOut.of(row, language=language) for row in rows]
    return PageOut(items=items, next=following)


@router.get("/loans/v1/applications/{application_id}")
async def read_application(
    application_id: UUID, db: Db, actor: MayRead, now: Now, language: AskedLanguage
) -> ApplicationFileOut:
    """Read the whole file of an application: borrower, assessment, decisions, history, clocks."""
    return await _file(db, ApplicationId(application_id), actor=actor, language=language, now=now)


@router.get("/loans/v1/applications/{application_id}/questions")
async def read_questions(
    application_id: UUID, db: Db, actor: MayRead, language: AskedLanguage
) -> list[QuestionOut]:
    """Read what scoring was asked about each round: the funds, the law, the question itself."""
    async with db() as session:
        rows = await request_queries.all_requests(
            session, ApplicationId(application_id), actor=actor
        )
    return [QuestionOut.of(row, language=language) for row in rows]


@router.post("/loans/v1/applications/{application_id}/return")
async def return_application(
    application_id: UUID,
    body: ReasonIn,
    db: Db,
    actor: MayReturn,
    now: Now,
    language: AskedLanguage,
) -> ApplicationOut:
    """Give an application back for correction, with the reason."""
    async with db.begin() as session:
        row = await operations.return_application(
            session,
            ApplicationId(application_id),
            reason=body.reason,
            version=body.version,
            at=now,
            actor=actor,
        )
    return ApplicationOut.of(row, language=language)


@router.post("/loans/v1/applications/{application_id}/resubmit")
async def resubmit_application(
    application_id: UUID,
    body: ResubmitIn,
    db: Db,
    actor: MayCorrect,
    asking: Opinions,
    now: Now,
    today: Today,
    language: AskedLanguage,
) -> ApplicationFileOut:
    """Submit a returned application again, corrected; it is assessed afresh."""
    found = ApplicationId(application_id)
    async with db.begin() as session:
        await operations.resubmit(
            session, found, body.request(), version=body.version, at=now, actor=actor
        )
    await assessing.assess(db, asking, [found], at=now, on=today)
    return await _file(db, found, actor=actor, language=language, now=now)


@router.post("/loans/v1/applications/{application_id}/withdraw")
async def withdraw_application(
    application_id: UUID,
    body: ReasonIn,
    db: Db,
    actor: MayCorrect,
    now: Now,
    language: AskedLanguage,
) -> ApplicationOut:
    """Take an application back at the applicant's wish; money kept for it is free again."""
    async with db.begin() as session:
        row = await operations.withdraw(
            session,
            ApplicationId(application_id),
            reason=body.reason,
            version=body.version,
            at=now,
            actor=actor,
        )
    return ApplicationOut.of(row, language=language)


async def _submission(session: AsyncSession, body: ApplicationIn) -> Submission:
    if body.product_id is not None:
        product = await products.product(session, ProductId(body.product_id))
    else:
        product = await products.product_by_code(session, body.product_code or "")
    if body.borrower is not None:
        country = (await institutions.institution(session)).country
        borrower = body.borrower.new_borrower(country=country)
        return Submission(
            product=product,
            request=body.request(),
            borrower=borrower,
            external_id=body.external_id,
        )
    return Submission(
        product=product,
        request=body.request(),
        borrower=BorrowerId(body.borrower_id or UUID(int=0)),
        external_id=body.external_id,
    )


async def _file(
    db: TenantDb,
    application_id: ApplicationId,
    *,
    actor: Actor,
    language: AskedLanguage,
    now: Now,
) -> ApplicationFileOut:
    async with db.begin() as session:
        file = await queries.application_file(session, application_id, actor=actor)
        await borrowers.record_access(
            session, [file.row.borrower_id], purpose=AccessPurpose.APPLICATION, actor=actor
        )
    return ApplicationFileOut.of_file(file, language=language, now=now)
