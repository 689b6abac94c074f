"""How are a month's running loans graded, part after part, and taken up where it broke off?

The parts are planned in one transaction; then each is told to scoring under the id it was planned
with and marked as graded. Whoever is stopped in between starts again: what is graded is passed
over, and a part that scoring has graded under its id already is not graded twice.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Final
from uuid import UUID

from services.loans.institutions import queries as institutions
from services.loans.warnings import operations, queries, schemas
from services.loans.warnings.tables import WarningPartRow
from shared import leases
from shared.clients.scoring import ScoringClient, ScoringRefused
from shared.clients.warnings import (
    BranchCapacityIn,
    CapacityIn,
    GradedBatch,
    LoanIn,
    WarningBatchIn,
)
from shared.db import TenantDb

LEASE: Final = "early warning"
GRADED_BEFORE: Final = "/problems/scoring/warning-batch-id-reused"
PER_READING: Final = 500

Progress = Callable[[int, int], None]


async def warn(
    db: TenantDb,
    scoring: ScoringClient,
    *,
    as_of: date,
    at: datetime,
    per_officer: int | None = None,
    progress: Progress = lambda _done, _of: None,
) -> list[WarningPartRow] | None:
    """Grade a month's running loans by what was known on a day; return the month's parts.

    None where another process is at it. A month that is graded changes nothing. Raises
    GradingMonthTold, ScoringUnavailable (start again later), ScoringRefused.
    """
    async with leases.held(db, LEASE) as is_ours:
        if not is_ours:
            return None
        async with db.begin() as session:
            parts = await operations.plan_month(session, as_of=as_of, per_officer=per_officer)
        for done, part in enumerate(parts, start=1):
            if part.graded_at is None:
                batch = await _graded(db, scoring, part)
                async with db.begin() as session:
                    await operations.keep_graded(session, part, batch, at=at)
            progress(done, len(parts))
        async with db() as session:
            return await queries.parts(session, as_of.replace(day=1))


async def facts(db: TenantDb, contract_ids: list[UUID], *, as_of: date) -> list[LoanIn]:
    """Gather what was known of some loans on a day, as they are told to scoring."""
    told = []
    async with db(snapshot=True) as session:
        zone = (await institutions.institution(session)).timezone
        for start in range(0, len(contract_ids), PER_READING):
            some = contract_ids[start : start + PER_READING]
            running = await queries.running(session, as_of=as_of, contract_ids=some)
            known = await queries.known(session, running, as_of=as_of, zone=zone)
            told += [loan for loan in map(schemas.told_of, known) if loan is not None]
    return told


async def _graded(db: TenantDb, scoring: ScoringClient, part: WarningPartRow) -> GradedBatch | None:
    loans = await facts(db, part.contract_ids, as_of=part.as_of)
    if not loans:
        return None
    bounds = [BranchCapacityIn(branch_id=UUID(k), loans=v) for k, v in part.capacity.items()]
    asked = WarningBatchIn(
        batch_id=part.batch_id,
        as_of=part.as_of,
        capacity=CapacityIn(branches=tuple(bounds)),
        loans=loans,
    )
    try:
        return await scoring.grade_loans(asked, institution_id=db.institution_id)
    except ScoringRefused as refused:
        # The part was graded, and something dated before its day was booked before it was marked.
        if refused.problem != GRADED_BEFORE:
            raise
        return await scoring.warning_batch(part.batch_id, institution_id=db.institution_id)
