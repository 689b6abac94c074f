"""How is a batch of loans graded and kept, and how is it told what became of an alert?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.scorecard import Scorecard
from services.scoring.domain.warning import opinions, outcomes
from services.scoring.domain.warning.facts import LoanFacts, LoanTwiceInMonth
from services.scoring.domain.warning.grading import Capacity, Grade
from services.scoring.domain.warning.opinions import Batch, Warned
from services.scoring.domain.warning.outcomes import AlertOutcome
from services.scoring.models.operations import ADD_TENANT
from services.scoring.warnings import queries
from services.scoring.warnings.tables import WarningBatchRow, WarningOutcomeRow, WarningRow
from shared import feed, ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.feed import Told
from shared.quiet_events import WarningRaised

ROWS_AT_ONCE = 1000


class DayNotReached(RafidError):
    """Loans are graded by what is known, and that day has not come"""

    kind = Kind.RULE
    service = "scoring"
    detail = "Loans cannot be graded for {as_of}; it is {today}."
    as_of: date
    today: date


class WarningBatchIdReused(RafidError):
    """The batch id stands for another request"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "{batch_id} was graded with other inputs; a new request needs a new id."
    batch_id: UUID


class AlertOutcomeMoved(RafidError):
    """Another outcome was recorded meanwhile"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "Read the warning and send the outcome again if it still holds."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be graded, with the hash of the request it came in."""

    batch_id: UUID
    as_of: date
    capacity: Capacity
    loans: Sequence[LoanFacts]
    input_hash: str


def check_day(as_of: date, *, today: date) -> None:
    """Raise DayNotReached for a day that has not come."""
    if as_of > today:
        raise DayNotReached(as_of=as_of, today=today)


def grade(asked: Asked, *, card: Scorecard) -> Batch:
    """Grade all loans: arithmetic only, fit for a thread of its own.

    Raises what `opinions.batch_of` raises.
    """
    return opinions.batch_of(asked.loans, card=card, capacity=asked.capacity, as_of=asked.as_of)


async def kept_for(session: AsyncSession, asked: Asked) -> WarningBatchRow | None:
    """Return the batch that answers a request already. Raises WarningBatchIdReused."""
    row = await queries.find_batch(session, asked.batch_id)
    if row is not None and row.input_hash != asked.input_hash:
        raise WarningBatchIdReused(batch_id=asked.batch_id)
    return row


async def keep_batch(
    session: AsyncSession,
    asked: Asked,
    *,
    card: Scorecard,
    batch: Batch,
    actor: Actor,
    at: datetime,
) -> None:
    """Keep a batch whole and tell of each alert; the same batch again changes nothing.

    Raises LoanTwiceInMonth (graded in this month by another batch), WarningBatchIdReused.
    """
    institution_id = tenancy.institution_of(session)
    await session.execute(ADD_TENANT, {"institution_id": institution_id})
    statement = (
        insert(WarningBatchRow)
        .values(
            institution_id=institution_id,
            batch_id=asked.batch_id,
            as_of=asked.as_of,
            card_id=card.card_id,
            card_version=card.version,
            card_hash=card.hash,
            input_hash=asked.input_hash,
            capacity=_capacity(asked.capacity),
            left_out={
                "fallen": [str(item) for item in batch.fallen],
                "settled": [str(item) for item in batch.settled],
            },
            actor_id=actor.id,
            made_at=at,
        )
        .on_conflict_do_nothing()
        .returning(WarningBatchRow.batch_id)
    )
    if (await session.execute(statement)).scalar_one_or_none() is None:
        await kept_for(session, asked)
        return
    month = asked.as_of.replace(day=1)
    rows = [_columns(item, institution_id, asked.batch_id, month) for item in batch.warned]
    await _keep_warnings(session, rows, month)
    told = [_told(row) for row in rows if row["grade"] != Grade.GREEN]
    if told:
        await feed.publish_all(session, told)


async def record_outcome(
    session: AsyncSession,
    *,
    warning_id: UUID,
    outcome: AlertOutcome,
    actor: Actor,
    at: datetime,
) -> None:
    """Add what became of an alert; the same thing again changes nothing.

    Raises WarningNotFound, LoanNotAlerted, AlertOutcomeRefused, AlertOutcomeMoved.
    """
    row = await queries.warning(session, warning_id, actor=actor)
    earlier = (await queries.outcomes_of(session, [warning_id])).get(warning_id, [])
    newest = AlertOutcome(earlier[-1].outcome) if earlier else None
    if newest is outcome:
        return
    outcomes.check_outcome(outcome, grade=Grade(row.grade), after=newest)
    statement = (
        insert(WarningOutcomeRow)
        .values(
            institution_id=row.institution_id,
            warning_id=warning_id,
            change=len(earlier) + 1,
            outcome=outcome.value,
            actor_id=actor.id,
            recorded_at=at,
        )
        .on_conflict_do_nothing()
        .returning(WarningOutcomeRow.change)
    )
    if (await session.execute(statement)).scalar_one_or_none() is None:
        raise AlertOutcomeMoved


async def _keep_warnings(
    session: AsyncSession, rows: Sequence[dict[str, Any]], month: date
) -> None:
    kept = 0
    for start in range(0, len(rows), ROWS_AT_ONCE):
        statement = (
            insert(WarningRow)
            .values(rows[start : start + ROWS_AT_ONCE])
            .on_conflict_do_nothing()
            .returning(WarningRow.warning_id)
        )
        kept += len((await session.execute(statement)).scalars().all())
    if kept == len(rows):
        return
    own = {row["warning_id"] for row in rows}
    twice = await queries.graded_already(
        session, month=month, loan_ids=[row["loan_id"] for row in rows], but=own
    )
    raise LoanTwiceInMonth(loan_id=str(twice), month=f"{month:%Y-%m}")


def _columns(item: Warned, institution_id: UUID, batch_id: UUID, month: date) -> dict[str, Any]:
    """Write a loan; ids are given in the order of the places, so that they list the worst first."""
    return {
        "institution_id": institution_id,
        "warning_id": ids.new(),
        "batch_id": batch_id,
        "month": month,
        "loan_id": item.loan.loan_id,
        "branch_id": item.loan.branch_id,
        "rank": item.rank,
        "grade": item.grade.value,
        "points": item.score.points,
        "pd": f"{item.score.pd:f}",
        "signals": {k: None if v is None else f"{v:f}" for k, v in item.values.items()},
        "reasons": [
            {
                "characteristic": reason.characteristic,
                "lost": reason.lost,
                "text": dict(reason.text),
                "hint": dict(reason.hint),
            }
            for reason in item.score.reasons
        ],
    }


def _capacity(capacity: Capacity) -> Mapping[str, Any]:
    return {
        "share": f"{capacity.share:f}",
        "red_part": f"{capacity.red_part:f}",
        "by_branch": {str(branch): loans for branch, loans in capacity.by_branch.items()},
    }


def _told(row: dict[str, Any]) -> Told:
    event = WarningRaised(
        warning_id=row["warning_id"],
        loan_id=row["loan_id"],
        branch_id=row["branch_id"],
        month=row["month"],
        grade=row["grade"],
        reasons=tuple(reason["characteristic"] for reason in row["reasons"]),
    )
    return Told(event, event.loan_id)
