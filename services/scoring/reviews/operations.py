"""How is a review drafted, run, recommended, decided, and held against what came of it?"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import orjson
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.review_steps import (
    ReviewEvent,
    ReviewStatus,
    ReviewTransitionRefused,
    next_status,
)
from services.scoring.domain.simulation import reading, reviewing
from services.scoring.domain.simulation.kernel import Floats
from services.scoring.models.operations import ADD_TENANT
from services.scoring.reviews import queries, telling
from services.scoring.reviews.plan_bodies import PlanBody
from services.scoring.reviews.sourcing import Origin
from services.scoring.reviews.tables import (
    RateReviewChangeRow,
    RateReviewObservationRow,
    RateReviewRow,
)
from shared import clock, feed, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.scoring_events import RateReviewDecided

Json = dict[str, Any]


class RateReviewIdReused(RafidError):
    """The review id stands for another review"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "{review_id} was drafted with other content; a new review needs a new id."
    review_id: UUID


class ReviewPolicyUnknown(RafidError):
    """The review has no such policy"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{policy} is not among the policies that were reckoned."
    policy: str


class PolicyBreaksLaw(RafidError):
    """The policy breaks the law"""

    kind = Kind.RULE
    service = "scoring"
    detail = (
        "{policy} is above a legal ceiling ({sources}): recommend it only with `breaks_law` and a "
        "note that says why."
    )
    policy: str
    sources: str


class DeciderRecommended(RafidError):
    """A review is decided by another person than those who made it"""

    kind = Kind.FORBIDDEN
    service = "scoring"
    detail = "{review_id} has to be decided by somebody who did not draft, run or recommend it."
    review_id: UUID


class ObservedOutOfTime(RafidError):
    """What is observed after a review was adopted is of a day since then"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{as_of} does not lie between {adopted_on}, when the review was adopted, and {today}."
    as_of: date
    adopted_on: date
    today: date


class ObservedOtherwise(RafidError):
    """Other figures are kept for this day"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "For {as_of} other figures were handed in; name another day."
    as_of: date


def reckoned(plan: Mapping[str, Any], book: Mapping[str, Any]) -> Json:
    """Run a review on its input: arithmetic only, fit for a thread of its own."""
    body = PlanBody.model_validate(plan)
    loans = reading.book_from(figures_of(book), labels=book["segments"])
    return reviewing.result_of(loans, plan=body.value())


def figures_of(book: Mapping[str, Any]) -> dict[str, Floats]:
    """Return the columns of figures of a book as it is kept."""
    return {
        name: np.array(cells, dtype=np.float64)
        for name, cells in book.items()
        if name != "segments"
    }


def hash_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a document, its members in order."""
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def draft_review(
    session: AsyncSession,
    review_id: UUID,
    *,
    plan: Json,
    book: Json,
    actor: Actor,
    at: datetime,
    origin: Origin | None = None,
) -> RateReviewRow:
    """Keep a review that was checked; the same id and content again changes nothing.

    `origin` where the book was taken from loans. Raises RateReviewIdReused.
    """
    institution_id = tenancy.institution_of(session)
    input_hash = hash_of({"plan": plan, "book": book})
    statement = (
        insert(RateReviewRow)
        .values(
            institution_id=institution_id,
            review_id=review_id,
            name=plan["name"],
            currency=plan["currency"],
            input_hash=input_hash,
            plan=plan,
            book=book,
            status=ReviewStatus.DRAFT.value,
            changes=1,
            breaks_law=False,
            drafted_at=at,
            book_as_of=origin and origin.as_of,
            book_known_at=origin and origin.known_at,
            book_hash=origin and origin.sha256,
            book_left_out=origin and origin.left_out,
        )
        .on_conflict_do_nothing()
        .returning(RateReviewRow.review_id)
    )
    is_new = (await session.execute(statement)).scalar_one_or_none() is not None
    row = await queries.review(session, review_id)
    if row.input_hash != input_hash:
        raise RateReviewIdReused(review_id=review_id)
    if is_new:
        await session.execute(ADD_TENANT, {"institution_id": institution_id})
        _record(session, row, note=None, actor=actor, at=at)
    return row


async def keep_result(
    session: AsyncSession, review_id: UUID, *, result: Json, actor: Actor, at: datetime
) -> RateReviewRow:
    """Keep the result of a draft; where somebody was faster theirs stays, it is the same."""
    row = await queries.review(session, review_id, is_locked=True)
    if row.status != ReviewStatus.DRAFT:
        return row
    row.result = result
    row.result_hash = hash_of(result)
    _move(row, ReviewEvent.RUN)
    _record(session, row, note=None, actor=actor, at=at)
    return row


async def recommend(
    session: AsyncSession,
    review_id: UUID,
    *,
    policy: str,
    breaks_law: bool,
    note: str | None,
    actor: Actor,
    at: datetime,
) -> RateReviewRow:
    """Recommend a policy of a review that was run.

    Raises RateReviewNotFound, ReviewTransitionRefused, ReviewPolicyUnknown, PolicyBreaksLaw.
    """
    row = await queries.review(session, review_id, is_locked=True)
    _move(row, ReviewEvent.RECOMMEND)
    chosen = reviewing.policy_named(row.result or {"policies": []}, policy)
    if chosen is None:
        raise ReviewPolicyUnknown(policy=policy)
    broken = telling.unlawful(chosen)
    if broken and not (breaks_law and note):
        sources = sorted({flag["cap"]["source"] for flag in broken})
        raise PolicyBreaksLaw(policy=policy, sources=", ".join(sources))
    row.policy = policy
    row.breaks_law = bool(broken)
    _record(session, row, note=note, actor=actor, at=at)
    return row


async def decide(
    session: AsyncSession,
    review_id: UUID,
    *,
    event: ReviewEvent,
    note: str | None,
    actor: Actor,
    at: datetime,
) -> RateReviewRow:
    """Adopt or decline what was recommended, and tell it.

    Raises RateReviewNotFound, ReviewTransitionRefused, DeciderRecommended.
    """
    row = await queries.review(session, review_id, is_locked=True)
    _move(row, event)
    history = await queries.changes_of(session, review_id)
    if any(change.actor_id == actor.id for change in history):
        raise DeciderRecommended(review_id=review_id)
    _record(session, row, note=note, actor=actor, at=at)
    await session.flush()
    await feed.publish(
        session,
        RateReviewDecided(
            review_id=review_id,
            outcome=row.status,
            policy=row.policy or "",
            breaks_law=row.breaks_law,
            input_hash=row.input_hash,
            result_hash=row.result_hash or "",
            name=row.name,
            products=_products(row),
        ),
        subject_id=review_id,
    )
    return row


def _products(row: RateReviewRow) -> tuple[str, ...]:
    """The products that the policy has rules for, by code; none where a rule is for all."""
    policy = reviewing.policy_named(row.result or {"policies": []}, row.policy or "")
    named = [
        change["where"].get(reading.PRODUCT) for change in (policy or {"changes": []})["changes"]
    ]
    return () if None in named else tuple(sorted(named))


def adopted_on(row: RateReviewRow, changes: Sequence[RateReviewChangeRow]) -> date:
    """The day on which a review was adopted. Raises ReviewTransitionRefused before."""
    if row.status != ReviewStatus.ADOPTED:
        raise ReviewTransitionRefused(event="observe", state=row.status)
    return changes[-1].changed_at.date()


async def observe(
    session: AsyncSession,
    review_id: UUID,
    *,
    as_of: date,
    source: str,
    figures: Json,
    actor_id: UUID,
    at: datetime,
) -> None:
    """Keep what was observed after a review was adopted; the same again changes nothing.

    Raises RateReviewNotFound, ReviewTransitionRefused, ObservedOutOfTime, ObservedOtherwise.
    """
    row = await queries.review(session, review_id, is_locked=True)
    since = adopted_on(row, await queries.changes_of(session, review_id))
    today = clock.latest_day(at)
    if not since <= as_of <= today:
        raise ObservedOutOfTime(as_of=as_of, adopted_on=since, today=today)
    kept = {o.as_of: o for o in await queries.observations_of(session, review_id)}
    if as_of in kept:
        if (kept[as_of].source, kept[as_of].figures) != (source, figures):
            raise ObservedOtherwise(as_of=as_of)
        return
    session.add(
        RateReviewObservationRow(
            institution_id=row.institution_id,
            review_id=review_id,
            as_of=as_of,
            source=source,
            figures=figures,
            actor_id=actor_id,
            recorded_at=at,
        )
    )
    await session.flush()


def _move(row: RateReviewRow, event: ReviewEvent) -> None:
    row.status = next_status(ReviewStatus(row.status), event=event).value
    row.changes += 1


def _record(
    session: AsyncSession, row: RateReviewRow, *, note: str | None, actor: Actor, at: datetime
) -> None:
    session.add(
        RateReviewChangeRow(
            institution_id=row.institution_id,
            review_id=row.review_id,
            change=row.changes,
            status=row.status,
            note=note,
            actor_id=actor.id,
            changed_at=at,
        )
    )
