"""How are a month's colours ruled, once all its loans are scored? Among all of them, at once.

So a colour depends on the officers' capacity, not on which loans were sent together.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Integer, Text, Uuid

from services.scoring.domain.warning import grading
from services.scoring.domain.warning.facts import LoanTwiceInMonth
from services.scoring.domain.warning.grading import Capacity, Placed
from services.scoring.warnings import operations, queries
from services.scoring.warnings.operations import WarningMonthRuled
from services.scoring.warnings.tables import WarningMonthRow, WarningScoreRow
from shared import ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError, Sentence

PLACES_AT_ONCE = 10_000

# A score becomes a warning with its place and its colour, under an id given in that order.
GRADED = text("""
    insert into warning (institution_id, warning_id, batch_id, month, loan_id, branch_id, rank,
      grade, points, pd, signals, reasons)
    select s.institution_id, p.warning_id, s.batch_id, s.month, s.loan_id, s.branch_id, p.rank,
      p.grade, s.points, s.pd, s.signals, s.reasons
    from unnest(:loan_ids, :warning_ids, :ranks, :grades) as p (loan_id, warning_id, rank, grade)
    join warning_score s on s.loan_id = p.loan_id
      and s.institution_id = :institution_id and s.month = :month
    on conflict do nothing returning warning_id
""").bindparams(
    bindparam("loan_ids", type_=ARRAY(Uuid)),
    bindparam("warning_ids", type_=ARRAY(Uuid)),
    bindparam("ranks", type_=ARRAY(Integer)),
    bindparam("grades", type_=ARRAY(Text)),
)


class WarningMonthUnfit(RafidError):
    """The batches of a month do not fit together"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "The colours of {month} cannot be ruled: {fault}."
    month: str
    fault: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """Which month is to be ruled, over which batches, within which capacity."""

    month: date
    capacity: Capacity
    batch_ids: frozenset[UUID]


async def rule_month(
    session: AsyncSession, asked: Ruling, *, actor: Actor, at: datetime
) -> WarningMonthRow:
    """Grade every loan that waits in a month, and tell of each alert; the same again does nothing.

    Raises WarningMonthRuled, WarningMonthUnfit, LoanTwiceInMonth.
    """
    await session.execute(queries.ONE_BY_ONE, queries.month_name(session, asked.month))
    capacity = operations.capacity_told(asked.capacity)
    ruled = await queries.find_month(session, asked.month)
    if ruled is not None:
        if (ruled.capacity, frozenset(ruled.batch_ids)) != (capacity, asked.batch_ids):
            raise WarningMonthRuled(month=f"{asked.month:%Y-%m}")
        return ruled
    as_of, card_hash = await _one_day_and_card(session, asked)
    scored = await queries.scored(session, asked.month)
    placed = await asyncio.to_thread(grading.graded, scored, capacity=asked.capacity, as_of=as_of)
    await _write(session, placed, month=asked.month)
    row = WarningMonthRow(
        institution_id=tenancy.institution_of(session),
        month=asked.month,
        as_of=as_of,
        card_hash=card_hash,
        capacity=capacity,
        batch_ids=sorted(asked.batch_ids),
        ruled_by=actor.id,
        ruled_at=at,
    )
    session.add(row)
    await session.flush()
    return row


async def _one_day_and_card(session: AsyncSession, asked: Ruling) -> tuple[date, str]:
    """The day and the card of all batches that wait. Raises WarningMonthUnfit."""
    batches = await queries.batches(session, asked.batch_ids)
    waiting = await queries.waiting_batches(session, asked.month)
    fault = None
    if len(batches) != len(asked.batch_ids) or any(
        batch.as_of.replace(day=1) != asked.month or batch.capacity for batch in batches
    ):
        fault = Sentence("not every batch named was scored for this month")
    elif not waiting <= asked.batch_ids:
        fault = Sentence("another batch of the month waits too")
    elif len({(batch.as_of, batch.card_hash) for batch in batches}) != 1:
        fault = Sentence("its batches are of different days or cards")
    if fault is not None:
        raise WarningMonthUnfit(month=f"{asked.month:%Y-%m}", fault=fault)
    return batches[0].as_of, batches[0].card_hash


async def _write(session: AsyncSession, placed: Sequence[Placed], *, month: date) -> None:
    """Make warnings of the scores, in the order of their places. Raises LoanTwiceInMonth."""
    key = {"institution_id": tenancy.institution_of(session), "month": month}
    for start in range(0, len(placed), PLACES_AT_ONCE):
        some = placed[start : start + PLACES_AT_ONCE]
        values: dict[str, Any] = {
            "loan_ids": [item.loan_id for item in some],
            "warning_ids": [ids.new() for _ in some],
            "ranks": [item.rank for item in some],
            "grades": [item.grade.value for item in some],
        }
        kept = set((await session.execute(GRADED, key | values)).scalars())
        if len(kept) != len(some):
            twice = await queries.graded_already(
                session, month=month, loan_ids=values["loan_ids"], but=kept
            )
            raise LoanTwiceInMonth(loan_id=str(twice), month=f"{month:%Y-%m}")
        await operations.tell(session, await queries.alerts_among(session, kept))
    await session.execute(
        delete(WarningScoreRow).where(
            WarningScoreRow.institution_id == key["institution_id"], WarningScoreRow.month == month
        )
    )
