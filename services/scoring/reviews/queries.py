"""Which reviews does an institution have, how did each come to where it is, what was observed?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer, undefer

from services.scoring.reviews.tables import (
    RateReviewChangeRow,
    RateReviewObservationRow,
    RateReviewRow,
)
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.schemas import Page


class RateReviewNotFound(RafidError):
    """There is no such review of rates"""

    kind = Kind.NOT_FOUND
    service = "scoring"
    detail = "No review {review_id} is kept here."
    review_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A review with its history and what was observed after it."""

    row: RateReviewRow
    changes: Sequence[RateReviewChangeRow]
    observations: Sequence[RateReviewObservationRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """What a review is run on, and whether it was."""

    status: str
    plan: dict[str, Any]
    book: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """A review that was adopted, and the days of which something was observed."""

    review_id: UUID
    adopted_at: datetime
    observed: frozenset[date]


async def review(
    session: AsyncSession, review_id: UUID, *, is_locked: bool = False
) -> RateReviewRow:
    """One review without its book, locked if asked. Raises RateReviewNotFound."""
    query = select(RateReviewRow).where(
        RateReviewRow.institution_id == tenancy.institution_of(session),
        RateReviewRow.review_id == review_id,
    )
    if is_locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise RateReviewNotFound(review_id=review_id)
    return row


async def find_review(session: AsyncSession, review_id: UUID) -> RateReviewRow | None:
    """One review without its book, or None."""
    key = (tenancy.institution_of(session), review_id)
    return await session.get(RateReviewRow, key)


async def labels_of(session: AsyncSession, review_id: UUID) -> Sequence[str]:
    """The labels that the loans of a review's book have; none where there is no such review."""
    query = select(func.jsonb_object_keys(RateReviewRow.book["segments"])).where(
        RateReviewRow.institution_id == tenancy.institution_of(session),
        RateReviewRow.review_id == review_id,
    )
    return (await session.scalars(query)).all()


async def input_of(session: AsyncSession, review_id: UUID) -> Input:
    """The plan and the book of a review. Raises RateReviewNotFound."""
    query = (
        select(RateReviewRow)
        .options(undefer(RateReviewRow.plan), undefer(RateReviewRow.book))
        .where(
            RateReviewRow.institution_id == tenancy.institution_of(session),
            RateReviewRow.review_id == review_id,
        )
    )
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise RateReviewNotFound(review_id=review_id)
    return Input(status=row.status, plan=row.plan, book=row.book)


async def whole(session: AsyncSession, review_id: UUID) -> Whole:
    """A review with all that happened to it. Raises RateReviewNotFound."""
    row = await review(session, review_id)
    return Whole(
        row=row,
        changes=await changes_of(session, review_id),
        observations=await observations_of(session, review_id),
    )


async def changes_of(session: AsyncSession, review_id: UUID) -> Sequence[RateReviewChangeRow]:
    """The history of a review, the oldest first."""
    query = (
        select(RateReviewChangeRow)
        .where(
            RateReviewChangeRow.institution_id == tenancy.institution_of(session),
            RateReviewChangeRow.review_id == review_id,
        )
        .order_by(RateReviewChangeRow.change)
    )
    return (await session.scalars(query)).all()


async def observations_of(
    session: AsyncSession, review_id: UUID
) -> Sequence[RateReviewObservationRow]:
    """What was observed after a review, the earliest day first."""
    query = (
        select(RateReviewObservationRow)
        .where(
            RateReviewObservationRow.institution_id == tenancy.institution_of(session),
            RateReviewObservationRow.review_id == review_id,
        )
        .order_by(RateReviewObservationRow.as_of)
    )
    return (await session.scalars(query)).all()


async def adopted_on_loans(session: AsyncSession) -> list[Adopted]:
    """Adopted reviews whose book came from loans, each with the days that it was held to."""
    change, seen = RateReviewChangeRow, RateReviewObservationRow
    institution_id = tenancy.institution_of(session)
    query = (
        select(
            change.review_id,
            change.changed_at,
            func.array_remove(func.array_agg(seen.as_of), None).label("observed"),
        )
        .join(
            RateReviewRow,
            and_(
                RateReviewRow.institution_id == change.institution_id,
                RateReviewRow.review_id == change.review_id,
            ),
        )
        .outerjoin(
            seen,
            and_(seen.institution_id == change.institution_id, seen.review_id == change.review_id),
        )
        .where(
            change.institution_id == institution_id,
            change.status == "adopted",
            RateReviewRow.status == "adopted",
            RateReviewRow.book_as_of.is_not(None),
        )
        .group_by(change.review_id, change.changed_at)
        .order_by(change.review_id)
    )
    return [
        Adopted(
            review_id=row.review_id, adopted_at=row.changed_at, observed=frozenset(row.observed)
        )
        for row in await session.execute(query)
    ]


async def reviews(session: AsyncSession, *, page: Page) -> list[RateReviewRow]:
    """A page of reviews without their results, in the order of their ids."""
    query = (
        select(RateReviewRow)
        .options(defer(RateReviewRow.result))
        .where(RateReviewRow.institution_id == tenancy.institution_of(session))
        .order_by(RateReviewRow.review_id)
        .limit(page.limit + 1)
    )
    if page.after is not None:
        query = query.where(RateReviewRow.review_id > page.after)
    return list((await session.execute(query)).scalars())
