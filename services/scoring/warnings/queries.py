"""Which cards of warnings are there, what did they grade, and what became of the alerts?"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.warning.grading import Grade, Scored
from services.scoring.models.queries import ScorecardNotFound
from services.scoring.warnings.tables import (
    WarningBatchRow,
    WarningCardRow,
    WarningMonthRow,
    WarningOutcomeRow,
    WarningRow,
    WarningScoreRow,
)
from shared import tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.schemas import Page

CARDS_MAX = 500
ONE_BY_ONE = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")
COUNTS = text("""
    select batch_id, grade, count(*) as loans from warning
    where institution_id = :institution_id and batch_id = any(:batch_ids) group by 1, 2
    union all
    select batch_id, 'waiting', count(*) from warning_score
    where institution_id = :institution_id and batch_id = any(:batch_ids) group by 1
""")


class WarningNotFound(RafidError):
    """There is no such warning"""

    kind = Kind.NOT_FOUND
    service = "scoring"
    detail = "No warning {warning_id} is kept here."
    warning_id: UUID


class WarningBatchNotFound(RafidError):
    """There is no such batch of warnings"""

    kind = Kind.NOT_FOUND
    service = "scoring"
    detail = "No batch {batch_id} of warnings is kept here."
    batch_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which warnings are asked for; None asks nothing."""

    batch_id: UUID | None
    month: date | None
    grade: str | None
    is_alert: bool
    branch_ids: Collection[UUID] | None


async def cards(session: AsyncSession) -> list[WarningCardRow]:
    """Every version of every card of warnings, the newest first."""
    query = (
        select(WarningCardRow)
        .where(WarningCardRow.institution_id == tenancy.institution_of(session))
        .order_by(WarningCardRow.registered_at.desc(), WarningCardRow.version.desc())
        .limit(CARDS_MAX)
    )
    return list((await session.execute(query)).scalars())


async def card(
    session: AsyncSession, *, card_id: str, version: str, is_locked: bool = False
) -> WarningCardRow:
    """One version of a card, locked until the transaction ends or not. Raises ScorecardNotFound."""
    query = select(WarningCardRow).where(
        WarningCardRow.institution_id == tenancy.institution_of(session),
        WarningCardRow.card_id == card_id,
        WarningCardRow.version == version,
    )
    if is_locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise ScorecardNotFound(card_id=card_id, version=version)
    return row


async def find_batch(session: AsyncSession, batch_id: UUID) -> WarningBatchRow | None:
    """A batch, if it is kept."""
    query = select(WarningBatchRow).where(
        WarningBatchRow.institution_id == tenancy.institution_of(session),
        WarningBatchRow.batch_id == batch_id,
    )
    return (await session.execute(query)).scalar_one_or_none()


async def batch(session: AsyncSession, batch_id: UUID) -> WarningBatchRow:
    """A batch. Raises WarningBatchNotFound."""
    found = await find_batch(session, batch_id)
    if found is None:
        raise WarningBatchNotFound(batch_id=batch_id)
    return found


def month_name(session: AsyncSession, month: date) -> dict[str, str]:
    """Name a month to whoever changes it, so that one waits for the other."""
    return {"name": f"warnings {tenancy.institution_of(session)} {month:%Y-%m}"}


async def find_month(session: AsyncSession, month: date) -> WarningMonthRow | None:
    """How the colours of a month were ruled, if they are."""
    query = select(WarningMonthRow).where(
        WarningMonthRow.institution_id == tenancy.institution_of(session),
        WarningMonthRow.month == month,
    )
    return (await session.execute(query)).scalar_one_or_none()


async def batches(session: AsyncSession, batch_ids: Collection[UUID]) -> list[WarningBatchRow]:
    """Some batches, those that are kept."""
    query = select(WarningBatchRow).where(
        WarningBatchRow.institution_id == tenancy.institution_of(session),
        WarningBatchRow.batch_id.in_(batch_ids),
    )
    return list((await session.execute(query)).scalars())


async def waiting_batches(session: AsyncSession, month: date) -> frozenset[UUID]:
    """The batches of which some loan waits for a month's colours."""
    query = select(WarningScoreRow.batch_id).where(_waits(session, month)).distinct()
    return frozenset((await session.execute(query)).scalars())


async def scored(session: AsyncSession, month: date) -> list[Scored]:
    """Every loan that waits for a month's colours, as it is graded."""
    row = WarningScoreRow
    query = select(row.loan_id, row.branch_id, row.points, row.is_told).where(
        _waits(session, month)
    )
    return [
        Scored(loan_id=loan_id, branch_id=branch_id, points=points, is_told=is_told)
        for loan_id, branch_id, points, is_told in await session.execute(query)
    ]


async def alerts_among(
    session: AsyncSession, warning_ids: Collection[UUID]
) -> Sequence[Mapping[str, Any]]:
    """The red and amber ones of some warnings, the worst first, as they are told."""
    row = WarningRow
    query = (
        select(row.warning_id, row.loan_id, row.branch_id, row.month, row.grade, row.reasons)
        .where(
            row.institution_id == tenancy.institution_of(session),
            row.warning_id.in_(warning_ids),
            row.grade != Grade.GREEN,
        )
        .order_by(row.warning_id)
    )
    return [dict(found) for found in (await session.execute(query)).mappings()]


async def newest_batch(session: AsyncSession) -> WarningBatchRow | None:
    """The batch of the latest day, of those of one day the one made last."""
    query = (
        select(WarningBatchRow)
        .where(WarningBatchRow.institution_id == tenancy.institution_of(session))
        .order_by(
            WarningBatchRow.as_of.desc(),
            WarningBatchRow.made_at.desc(),
            WarningBatchRow.batch_id.desc(),
        )
        .limit(1)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def counts_of(
    session: AsyncSession, batch_ids: Collection[UUID]
) -> dict[UUID, dict[str, int]]:
    """How many loans of some batches have each grade, and how many wait for their month's."""
    found: dict[UUID, dict[str, int]] = {batch_id: {} for batch_id in batch_ids}
    for row in await session.execute(
        COUNTS,
        {"institution_id": tenancy.institution_of(session), "batch_ids": list(batch_ids)},
    ):
        found[row.batch_id][row.grade] = row.loans
    return found


async def graded_already(
    session: AsyncSession, *, month: date, loan_ids: Collection[UUID], but: Collection[UUID]
) -> UUID | None:
    """The first of some loans that another warning than `but` graded in a month."""
    query = (
        select(WarningRow.loan_id)
        .where(
            WarningRow.institution_id == tenancy.institution_of(session),
            WarningRow.month == month,
            WarningRow.loan_id.in_(loan_ids),
            WarningRow.warning_id.not_in(but),
        )
        .order_by(WarningRow.loan_id)
        .limit(1)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def scored_already(
    session: AsyncSession,
    *,
    month: date,
    loan_ids: Collection[UUID],
    but: UUID | None = None,
) -> UUID | None:
    """The first of some loans whose score waits for a month's colours, of another batch."""
    query = (
        select(WarningScoreRow.loan_id)
        .where(_waits(session, month), WarningScoreRow.loan_id.in_(loan_ids))
        .order_by(WarningScoreRow.loan_id)
        .limit(1)
    )
    if but is not None:
        query = query.where(WarningScoreRow.batch_id != but)
    return (await session.execute(query)).scalar_one_or_none()


async def warning(session: AsyncSession, warning_id: UUID, *, actor: Actor) -> WarningRow:
    """One warning that the actor may see. Raises WarningNotFound."""
    query = _seen_by(actor, session).where(WarningRow.warning_id == warning_id)
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise WarningNotFound(warning_id=warning_id)
    return row


async def warnings(
    session: AsyncSession, wanted: Wanted, *, page: Page, actor: Actor
) -> list[WarningRow]:
    """The warnings asked for that the actor may see, one more than the page.

    Ids were given in the order of the places: within a batch the worst stands first.
    """
    query = _seen_by(actor, session)
    if wanted.batch_id is not None:
        query = query.where(WarningRow.batch_id == wanted.batch_id)
    if wanted.month is not None:
        query = query.where(WarningRow.month == wanted.month)
    if wanted.grade is not None:
        query = query.where(WarningRow.grade == wanted.grade)
    if wanted.is_alert:
        query = query.where(WarningRow.grade != Grade.GREEN)
    if wanted.branch_ids is not None:
        query = query.where(WarningRow.branch_id.in_(wanted.branch_ids))
    if page.after is not None:
        query = query.where(WarningRow.warning_id > page.after)
    query = query.order_by(WarningRow.warning_id).limit(page.limit + 1)
    return list((await session.execute(query)).scalars())


async def outcomes_of(
    session: AsyncSession, warning_ids: Sequence[UUID]
) -> dict[UUID, list[WarningOutcomeRow]]:
    """Everything that became of some alerts, the oldest first."""
    query = (
        select(WarningOutcomeRow)
        .where(
            WarningOutcomeRow.institution_id == tenancy.institution_of(session),
            WarningOutcomeRow.warning_id.in_(warning_ids),
        )
        .order_by(WarningOutcomeRow.warning_id, WarningOutcomeRow.change)
    )
    found: defaultdict[UUID, list[WarningOutcomeRow]] = defaultdict(list)
    for row in (await session.execute(query)).scalars():
        found[row.warning_id].append(row)
    return found


def _waits(session: AsyncSession, month: date) -> ColumnElement[bool]:
    return and_(
        WarningScoreRow.institution_id == tenancy.institution_of(session),
        WarningScoreRow.month == month,
    )


def _seen_by(actor: Actor, session: AsyncSession) -> Select[WarningRow]:
    query = select(WarningRow).where(WarningRow.institution_id == tenancy.institution_of(session))
    if actor.branch_ids is None:
        return query
    return query.where(or_(False, WarningRow.branch_id.in_(actor.branch_ids)))
