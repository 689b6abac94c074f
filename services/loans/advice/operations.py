"""How is kept what scoring told? Each fact under its own id: told twice, it is kept once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.advice.tables import DecidedReviewRow
from shared import tenancy
from shared.clients.assignment_runs import ProposedLine
from shared.scoring_events import AssignmentRunApproved, RateReviewDecided

# A run may have been made from applications or funds that are none of ours: they are passed over.
KEEP_PROPOSALS = text("""
    insert into application_proposal (institution_id, application_id, run_id, fund_id, as_of,
      approved_at, sequence)
    select a.institution_id, a.application_id, cast(:run_id as uuid), f.fund_id,
      cast(:as_of as date), cast(:approved_at as timestamptz), cast(:sequence as bigint)
    from unnest(cast(:application_ids as uuid[]), cast(:fund_ids as uuid[]))
      as p(application_id, fund_id)
    join application a
      on a.institution_id = :institution_id and a.application_id = p.application_id
    left join fund f on f.institution_id = a.institution_id and f.fund_id = p.fund_id
    where p.fund_id is null or f.fund_id is not null
    on conflict do nothing
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardRun:
    """An approved run with all its lines, as scoring gave them."""

    event: AssignmentRunApproved
    lines: Sequence[ProposedLine]
    approved_at: datetime
    sequence: int


async def keep_run(session: AsyncSession, run: HeardRun) -> None:
    """Keep what an approved run proposes for our applications."""
    await session.execute(
        KEEP_PROPOSALS,
        {
            "institution_id": tenancy.institution_of(session),
            "run_id": run.event.run_id,
            "as_of": run.event.as_of,
            "approved_at": run.approved_at,
            "sequence": run.sequence,
            "application_ids": [line.application_id for line in run.lines],
            "fund_ids": [line.fund_id for line in run.lines],
        },
    )


async def keep_review(
    session: AsyncSession, event: RateReviewDecided, *, decided_at: datetime, sequence: int
) -> None:
    """Keep that a review of rates was decided."""
    row = {
        "institution_id": tenancy.institution_of(session),
        "decided_at": decided_at,
        "sequence": sequence,
        "products": list(event.products),
        **event.model_dump(include={"review_id", "outcome", "name", "policy", "breaks_law"}),
        "result_hash": event.result_hash,
    }
    await session.execute(insert(DecidedReviewRow).values(row).on_conflict_do_nothing())
