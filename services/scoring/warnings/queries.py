"""Which cards of warnings are there, what did they grade, and what became of the alerts?"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.warning.grading import Grade
from services.scoring.models.queries import ScorecardNotFound
from services.scoring.warnings.tables import (
    WarningBatchRow,
    WarningCardRow,
    WarningOutcomeRow,
    WarningRow,
)
from shared import tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.schemas import Page

CARDS_MAX = 500


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


async def counts_of(session: AsyncSession, batch_id: UUID) -> dict[str, int]:
    """How many loans of a batch have each grade."""
    query = (
        select(WarningRow.grade, func.count())
        .where(
            WarningRow.institution_id == tenancy.institution_of(session),
            WarningRow.batch_id == batch_id,
        )
        .group_by(WarningRow.grade)
    )
    return {row.grade: row[1] for row in await session.execute(query)}


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


def _seen_by(actor: Actor, session: AsyncSession) -> Select[WarningRow]:
    query = select(WarningRow).where(WarningRow.institution_id == tenancy.institution_of(session))
    if actor.branch_ids is None:
        return query
    return query.where(or_(False, WarningRow.branch_id.in_(actor.branch_ids)))
