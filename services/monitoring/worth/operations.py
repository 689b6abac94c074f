"""How is kept what a run found of funds? Under the run's id: told twice, it is kept once."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.worth.tables import FundWorthRow
from shared import tenancy
from shared.clients.loans import FeedEvent
from shared.scoring_events import AssignmentRunApproved


async def keep_worth(session: AsyncSession, told: Sequence[FeedEvent]) -> None:
    """Keep what approved runs found of each fund; runs told without their funds add nothing."""
    rows = [
        row
        for event in told
        if event.type == AssignmentRunApproved.type
        for row in _rows(session, event)
    ]
    if rows:
        await session.execute(insert(FundWorthRow).values(rows).on_conflict_do_nothing())


def _rows(session: AsyncSession, told: FeedEvent) -> list[dict[str, object]]:
    run = AssignmentRunApproved.model_validate(told.data)
    approved_at: datetime = told.time
    return [
        {
            "institution_id": tenancy.institution_of(session),
            "run_id": run.run_id,
            "sequence": told.sequence,
            "known_at": told.knownat,
            "approved_at": approved_at,
            "as_of": run.as_of,
            "currency": run.currency,
            **fund.model_dump(exclude={"one_more"}),
            "one_more": Decimal(fund.one_more),
        }
        for fund in run.funds
    ]
