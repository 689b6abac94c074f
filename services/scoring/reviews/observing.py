"""How is an adopted review held against the loans signed since, by a person or by the timer?

The timer asks at each monthly mark after the adoption (`RAFID_SCORING_OBSERVE_MONTHS`), one
process at a time under a lease of the institution. A mark that was looked at is kept, also where
nothing was lent by then, so that it is asked for once; where loans is away the next round asks.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from services.scoring.domain import review_marks
from services.scoring.reviews import from_loans, operations, queries
from services.scoring.reviews.queries import Whole
from shared import clock, leases, logs
from shared.clients.review_books import BookAsked, ReviewBooks
from shared.db import TenantDb
from shared.errors import Kind, RafidError

LEASE: Final = "reviews to hold to the facts"
ITSELF: Final = UUID("018f0000-0000-7000-8000-0000000c0b5e")
"""Who observed where no person asked: the timer."""

_log = logs.logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A day on which a review is to be held against the facts."""

    review_id: UUID
    as_of: date


async def hold(
    db: TenantDb,
    books: ReviewBooks | None,
    mark: Mark,
    *,
    actor_id: UUID,
    at: datetime,
) -> Whole:
    """Take what was signed since the decision as of a day, and keep what it came to.

    A day of which it was taken before changes nothing. Raises RateReviewNotFound,
    ReviewTransitionRefused, ObservedOutOfTime, ObservedOtherwise and what `from_loans.take` does.
    """
    async with db() as session:
        whole = await queries.whole(session, mark.review_id)
        given = await queries.input_of(session, mark.review_id)
    since = operations.adopted_on(whole.row, whole.changes)
    if any(
        one.as_of == mark.as_of and one.source.startswith(from_loans.SOURCE)
        for one in whole.observations
    ):
        return whole
    book = await from_loans.take(
        books,
        BookAsked(as_of=mark.as_of, since=since).with_frequency(),
        currency=whole.row.currency,
        institution_id=db.institution_id,
    )
    figures = await asyncio.to_thread(from_loans.observed, book, plan=given.plan, since=since)
    async with db.begin() as session:
        await operations.observe(
            session,
            mark.review_id,
            as_of=mark.as_of,
            source=from_loans.source_of(book, since=since),
            figures=figures,
            actor_id=actor_id,
            at=at,
        )
        return await queries.whole(session, mark.review_id)


async def hold_where_due(
    db: TenantDb, books: ReviewBooks, *, months: int, now: datetime
) -> list[Mark]:
    """Hold each adopted review of an institution to its marks that are past; return those kept.

    Nothing where another process is at it. One that is refused is logged and keeps none of the
    others from theirs; raises LoansUnavailable, after which the next round goes on.
    """
    if not await _due(db, months=months, now=now):
        return []
    kept = []
    async with leases.held(db, LEASE) as is_ours:
        if not is_ours:
            return []
        for mark in await _due(db, months=months, now=now):
            try:
                await hold(db, books, mark, actor_id=ITSELF, at=now)
            except RafidError as error:
                if error.kind is Kind.UNAVAILABLE:
                    raise
                _log.warning(
                    "a review was not held to the facts",
                    review_id=str(mark.review_id),
                    as_of=mark.as_of.isoformat(),
                    error=repr(error),
                )
            else:
                kept.append(mark)
    return kept


async def _due(db: TenantDb, *, months: int, now: datetime) -> Sequence[Mark]:
    """The marks that are past and not looked at, of reviews whose book came from loans."""
    over = clock.last_day_over(now)
    async with db() as session:
        adopted = await queries.adopted_on_loans(session)
    return [
        Mark(review_id=one.review_id, as_of=as_of)
        for one in adopted
        for as_of in review_marks.due_marks(
            one.adopted_at.date(), months=months, over=over, kept=one.observed
        )
    ]
