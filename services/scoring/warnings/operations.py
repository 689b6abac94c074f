"""How is a batch of loans graded and kept, and how is it told what became of an alert?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.scorecard import Scorecard
from services.scoring.domain.warning import opinions, outcomes
from services.scoring.domain.warning.facts import LoanFacts, LoanTwiceInMonth
from services.scoring.domain.warning.grading import Capacity, Grade
from services.scoring.domain.warning.opinions import Opinion, Opinions, Warned
from services.scoring.domain.warning.outcomes import AlertOutcome
from services.scoring.models.operations import ADD_TENANT
from services.scoring.warnings import queries
from services.scoring.warnings.tables import (
    WarningBatchRow,
    WarningOutcomeRow,
    WarningRow,
    WarningScoreRow,
)
from shared import feed, ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.feed import Told
from shared.quiet_events import WarningRaised

ROWS_AT_ONCE = 1000
# A statement of one value, however many rows: one of a value a column takes ten times as long.
KEEP = {
    table: text(f"""
        insert into {table.__tablename__}
        select * from json_populate_recordset(
          null::{table.__tablename__}, cast(cast(:rows as text) as json))
        on conflict do nothing returning loan_id
    """)
    for table in (WarningRow, WarningScoreRow)
}


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
    """What is to be graded, with the hash of the request it came in.

    Without a capacity it is a batch of a month, whose colours are ruled later.
    """

    batch_id: UUID
    as_of: date
    capacity: Capacity | None
    loans: Sequence[LoanFacts]
    input_hash: str


def check_day(as_of: date, *, today: date) -> None:
    """Raise DayNotReached for a day that has not come."""
    if as_of > today:
        raise DayNotReached(as_of=as_of, today=today)


class WarningMonthRuled(RafidError):
    """The colours of the month are ruled already"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "The colours of {month} were ruled over other batches, or within another capacity."
    month: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a card says of the loans of a batch; `warned` where they are graded on their own."""

    found: Opinions
    warned: tuple[Warned, ...] | None


def grade(asked: Asked, *, card: Scorecard) -> Made:
    """Score all loans, and grade those of a batch of its own: fit for a thread of its own.

    Raises what `opinions.opinions_of` raises.
    """
    found = opinions.opinions_of(asked.loans, card=card, as_of=asked.as_of)
    if asked.capacity is None:
        return Made(found=found, warned=None)
    warned = opinions.graded(found, capacity=asked.capacity, as_of=asked.as_of)
    return Made(found=found, warned=warned)


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
    made: Made,
    actor: Actor,
    at: datetime,
) -> None:
    """Keep a batch whole and tell of each alert; the same batch again changes nothing.

    Of a batch of a month the scores are kept, and wait. Raises LoanTwiceInMonth (graded in this
    month by another batch), WarningBatchIdReused, WarningMonthRuled.
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
            capacity={} if asked.capacity is None else capacity_told(asked.capacity),
            left_out={
                "fallen": [str(item) for item in made.found.fallen],
                "settled": [str(item) for item in made.found.settled],
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
    own = {"institution_id": institution_id, "batch_id": asked.batch_id, "month": month}
    if made.warned is None:
        await _keep_scores(session, [own | _score(item) for item in made.found.loans], month)
        return
    rows = [own | _columns(item) for item in made.warned]
    await _keep_warnings(session, rows, month)
    await tell(session, [row for row in rows if row["grade"] != Grade.GREEN])


async def tell(session: AsyncSession, alerts: Sequence[Mapping[str, Any]]) -> None:
    """Tell of loans that are red or amber, by the columns of their rows."""
    if alerts:
        await feed.publish_all(session, [_told(row) for row in alerts])


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
    await session.execute(queries.ONE_BY_ONE, queries.month_name(session, month))
    kept = await _keep(session, WarningRow, rows)
    waits = await queries.scored_already(session, month=month, loan_ids=_loans(rows))
    if kept == len(rows) and waits is None:
        return
    own = {row["warning_id"] for row in rows}
    twice = await queries.graded_already(session, month=month, loan_ids=_loans(rows), but=own)
    raise LoanTwiceInMonth(loan_id=str(twice or waits), month=f"{month:%Y-%m}")


async def _keep_scores(session: AsyncSession, rows: Sequence[dict[str, Any]], month: date) -> None:
    await session.execute(queries.ONE_BY_ONE, queries.month_name(session, month))
    if await queries.find_month(session, month) is not None:
        raise WarningMonthRuled(month=f"{month:%Y-%m}")
    kept = await _keep(session, WarningScoreRow, rows)
    graded = await queries.graded_already(session, month=month, loan_ids=_loans(rows), but=())
    if kept == len(rows) and graded is None:
        return
    batch_id = rows[0]["batch_id"]
    twice = graded or await queries.scored_already(
        session, month=month, loan_ids=_loans(rows), but=batch_id
    )
    raise LoanTwiceInMonth(loan_id=str(twice), month=f"{month:%Y-%m}")


async def _keep(
    session: AsyncSession,
    table: type[WarningRow | WarningScoreRow],
    rows: Sequence[dict[str, Any]],
) -> int:
    """Add rows, those of a loan that stands there already left out; return how many were added."""
    kept = 0
    for start in range(0, len(rows), ROWS_AT_ONCE):
        written = orjson.dumps(rows[start : start + ROWS_AT_ONCE], default=str).decode()
        kept += len((await session.execute(KEEP[table], {"rows": written})).scalars().all())
    return kept


def _loans(rows: Sequence[dict[str, Any]]) -> list[UUID]:
    return [row["loan_id"] for row in rows]


def _columns(item: Warned) -> dict[str, Any]:
    """Write a loan; ids are given in the order of the places, so that they list the worst first."""
    scored = _score(item.opinion)
    del scored["is_told"]
    return scored | {"warning_id": ids.new(), "rank": item.rank, "grade": item.grade.value}


def _score(item: Opinion) -> dict[str, Any]:
    return {
        "loan_id": item.loan.loan_id,
        "branch_id": item.loan.branch_id,
        "points": item.score.points,
        "is_told": item.scored.is_told,
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


def capacity_told(capacity: Capacity) -> Mapping[str, Any]:
    """Write a capacity as it is kept."""
    return {
        "share": f"{capacity.share:f}",
        "red_part": f"{capacity.red_part:f}",
        "by_branch": {str(branch): loans for branch, loans in capacity.by_branch.items()},
    }


def _told(row: Mapping[str, Any]) -> Told:
    event = WarningRaised(
        warning_id=row["warning_id"],
        loan_id=row["loan_id"],
        branch_id=row["branch_id"],
        month=row["month"],
        grade=row["grade"],
        reasons=tuple(reason["characteristic"] for reason in row["reasons"]),
    )
    return Told(event, event.loan_id)
