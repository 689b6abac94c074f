"""How is a month's grading divided, and how is it kept that a part is graded?"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import early_warning
from services.loans.domain.early_warning import GradingMonthTold
from services.loans.warnings import queries
from services.loans.warnings.tables import WarningPartRow
from shared import ids, tenancy
from shared.clients.warnings import RuledBatch

PART_MAX: Final = 2_500
"""Loans scored together; their facts are some 2 kB each, half of what a request may hold."""


async def plan_month(
    session: AsyncSession, *, as_of: date, per_officer: int | None
) -> list[WarningPartRow]:
    """Divide the loans that run on a day, unless the month is divided already; return the parts.

    Raises GradingMonthTold where the month was divided by another day.
    """
    month = as_of.replace(day=1)
    planned = await queries.parts(session, month)
    if not planned:
        running = await queries.running(session, as_of=as_of)
        bounds: Mapping[UUID, int] = {}
        if per_officer is not None:
            officers = await queries.officers(session)
            bounds = early_warning.bounds_of(running, officers=officers, per_officer=per_officer)
        institution_id = tenancy.institution_of(session)
        rows = [
            {
                "institution_id": institution_id,
                "month": month,
                "part": number,
                "as_of": as_of,
                "batch_id": ids.new(),
                "contract_ids": [loan.contract_id for loan in part],
                # of the whole month, under its first part
                "capacity": {str(k): v for k, v in bounds.items()} if number == 1 else {},
            }
            for number, part in enumerate(early_warning.parts_of(running, most=PART_MAX), start=1)
        ]
        if rows:
            await session.execute(insert(WarningPartRow).on_conflict_do_nothing(), rows)
        planned = await queries.parts(session, month)
    if planned and planned[0].as_of != as_of:
        raise GradingMonthTold(month=f"{month:%Y-%m}", as_of=planned[0].as_of)
    return planned


async def keep_graded(
    session: AsyncSession, part: WarningPartRow, batch: RuledBatch | None, *, at: datetime
) -> None:
    """Keep how a part is graded; None where no loan of it could be told.

    Once it is kept, the same thing again changes nothing.
    """
    red, amber, green = (batch.red, batch.amber, batch.green) if batch else (0, 0, 0)
    await session.execute(
        update(WarningPartRow)
        .where(
            WarningPartRow.institution_id == part.institution_id,
            WarningPartRow.month == part.month,
            WarningPartRow.part == part.part,
            WarningPartRow.graded_at.is_(None),
        )
        .values(
            graded_at=at,
            red=red,
            amber=amber,
            green=green,
            left_out=len(part.contract_ids) - red - amber - green,
        )
    )
