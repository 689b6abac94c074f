"""Where are reviews of rates drafted, run, read, recommended, decided, and held to the facts?"""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from services.scoring.deps import Books, Db, Now
from services.scoring.domain.review_steps import ReviewEvent
from services.scoring.domain.simulation import reading
from services.scoring.reviews import (
    from_loans,
    observing,
    operations,
    page,
    paper,
    queries,
    schemas,
)
from services.scoring.reviews.observing import Mark
from services.scoring.reviews.schemas import (
    LaterBookIn,
    ObservationIn,
    RateReviewFileOut,
    RateReviewIn,
    RateReviewOut,
    RecommendationIn,
    ReviewDecisionIn,
)
from shared import printing
from shared.auth import Actor, Role, require
from shared.clients.review_books import FREQUENCY, BookAsked
from shared.db import TenantDb
from shared.errors import Kind, RafidError
from shared.schemas import PageOut
from shared.web import NamedLanguage, PageQuery

router = APIRouter(tags=["rate reviews"])

REVIEWS_PATH = "/scoring/v1/rate-reviews"

MayPropose = Annotated[Actor, require(Role.FUNDS_MANAGER, Role.ADMINISTRATOR)]
MayDecide = Annotated[Actor, require(Role.APPROVER)]
MayObserve = Annotated[Actor, require(Role.FUNDS_MANAGER, Role.SERVICE)]
MayRead = Annotated[
    Actor,
    require(Role.APPROVER, Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR, Role.SERVICE),
]
PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {printing.MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}


class RateReviewNotRun(RafidError):
    """The review is not reckoned yet"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "{review_id} is a draft: run it first."
    review_id: UUID


@router.post(REVIEWS_PATH, status_code=201)
async def draft_review(
    body: RateReviewIn, db: Db, now: Now, actor: MayPropose, books: Books
) -> RateReviewOut:
    """Keep a book and a plan as a draft, if the book is one; the same id and body again is one.

    With `from_loans` the book is what loans has lent as of a day; its dates and hash are kept.
    """
    plan, columns, origin = body.plan(), body.columns(), None
    if body.from_loans is None:
        await asyncio.to_thread(_read, columns)
    else:
        asked = await _asked(db, body.review_id, body.from_loans)
        book = await from_loans.take(
            books, asked, currency=body.currency, institution_id=actor.institution_id
        )
        taken = await asyncio.to_thread(from_loans.taken, book)
        columns, origin = taken.columns, taken.origin
    async with db.begin() as session:
        row = await operations.draft_review(
            session,
            body.review_id,
            plan=plan,
            book=columns,
            actor=actor,
            at=now,
            origin=origin,
        )
        return RateReviewOut.of(row)


@router.get(REVIEWS_PATH)
async def list_reviews(db: Db, at: PageQuery, _actor: MayRead) -> PageOut[RateReviewOut]:
    """List reviews without their figures, in the order of their ids."""
    async with db() as session:
        rows = await queries.reviews(session, page=at)
    items, following = at.cut(rows, key=lambda row: row.review_id)
    return PageOut(items=[RateReviewOut.of(row) for row in items], next=following)


@router.get(REVIEWS_PATH + "/{review_id}")
async def read_review(review_id: UUID, db: Db, _actor: MayRead) -> RateReviewFileOut:
    """Read a review with all its figures: policies, Pareto set, regret, searches, law, segments."""
    async with db() as session:
        return RateReviewFileOut.of(await queries.whole(session, review_id))


@router.post(REVIEWS_PATH + "/{review_id}/run")
async def run_review(review_id: UUID, db: Db, now: Now, actor: MayPropose) -> RateReviewOut:
    """Run a draft; a review that was run keeps its result. A plan that contradicts is refused."""
    async with db() as session:
        given = await queries.input_of(session, review_id)
        row = await queries.review(session, review_id)
    if row.result is not None:
        return RateReviewOut.of(row)
    result = await asyncio.to_thread(operations.reckoned, given.plan, given.book)
    async with db.begin() as session:
        row = await operations.keep_result(session, review_id, result=result, actor=actor, at=now)
        await session.flush()
        return RateReviewOut.of(row)


@router.post(REVIEWS_PATH + "/{review_id}/recommendation")
async def recommend(
    review_id: UUID, body: RecommendationIn, db: Db, now: Now, actor: MayPropose
) -> RateReviewOut:
    """Recommend one of the policies; an unlawful one only where that is said, with a note."""
    async with db.begin() as session:
        row = await operations.recommend(
            session,
            review_id,
            policy=body.policy,
            breaks_law=body.breaks_law,
            note=body.note,
            actor=actor,
            at=now,
        )
        return RateReviewOut.of(row)


@router.post(REVIEWS_PATH + "/{review_id}/decision")
async def decide(
    review_id: UUID, body: ReviewDecisionIn, db: Db, now: Now, actor: MayDecide
) -> RateReviewOut:
    """Adopt or decline what somebody else recommended."""
    async with db.begin() as session:
        row = await operations.decide(
            session,
            review_id,
            event=ReviewEvent(body.outcome),
            note=body.note,
            actor=actor,
            at=now,
        )
        return RateReviewOut.of(row)


@router.post(REVIEWS_PATH + "/{review_id}/observed", status_code=201)
async def observe(
    review_id: UUID, body: ObservationIn, db: Db, now: Now, actor: MayObserve
) -> RateReviewFileOut:
    """Hand in what was observed after a review was adopted; its page shows both."""
    async with db.begin() as session:
        await operations.observe(
            session,
            review_id,
            as_of=body.as_of,
            source=body.source,
            figures=body.figures.model_dump(mode="json", exclude_none=True),
            actor_id=actor.id,
            at=now,
        )
        return RateReviewFileOut.of(await queries.whole(session, review_id))


@router.post(REVIEWS_PATH + "/{review_id}/observed/from-loans", status_code=201)
async def observe_from_loans(
    review_id: UUID, body: LaterBookIn, db: Db, now: Now, actor: MayObserve, books: Books
) -> RateReviewFileOut:
    """Hold an adopted review against the loans signed since its decision, as loans knows them.

    Cost, effective rate and burden follow from the terms agreed; who is more than 90 days late or
    written off is counted as in default. The book's dates and hash are kept as the source. A timer
    asks the same at each monthly mark after the decision.
    """
    whole = await observing.hold(
        db, books, Mark(review_id=review_id, as_of=body.as_of), actor_id=actor.id, at=now
    )
    return RateReviewFileOut.of(whole)


@router.get(REVIEWS_PATH + "/{review_id}/page", response_class=HTMLResponse)
async def show_page(
    review_id: UUID, db: Db, language: NamedLanguage, _actor: MayRead
) -> HTMLResponse:
    """Show policies side by side, with charts, the law, and predicted beside observed."""
    shown = await _shown(review_id, db)
    html = await asyncio.to_thread(page.page, shown, language=language)
    return HTMLResponse(html, headers={"Content-Security-Policy": page.POLICY})


@router.get(REVIEWS_PATH + "/{review_id}/paper", response_class=Response, responses=PDF)
async def print_paper(
    review_id: UUID, request: Request, db: Db, language: NamedLanguage, _actor: MayRead
) -> Response:
    """Print the figures and charts of the page as a PDF."""
    shown = await _shown(review_id, db)
    printer: printing.Printer = request.app.state.printer
    content = await printer.pdf(paper.sheet(shown, language=language))
    name = f'inline; filename="rate-review-{review_id}.pdf"'
    headers = {"Content-Disposition": name, "Content-Language": language}
    return Response(content, media_type=printing.MEDIA_TYPE, headers=headers)


async def _shown(review_id: UUID, db: Any) -> page.Shown:
    async with db() as session:
        whole = await queries.whole(session, review_id)
    if whole.row.result is None:
        raise RateReviewNotRun(review_id=review_id)
    return schemas.shown(whole, result=whole.row.result)


async def _asked(db: TenantDb, review_id: UUID, asked: BookAsked) -> BookAsked:
    """The book that is asked for; again under its id, the one that was taken then."""
    async with db() as session:
        row = await queries.find_review(session, review_id)
        labels = await queries.labels_of(session, review_id)
    wanted = asked.with_frequency() if row is None or FREQUENCY in labels else asked
    if row is None or asked.known_at is not None or row.book_as_of != asked.as_of:
        return wanted
    return wanted.model_copy(update={"known_at": row.book_known_at})


def _read(columns: dict[str, Any]) -> None:
    reading.book_from(operations.figures_of(columns), labels=columns["segments"])
