"""How are a month's running loans graded, part after part, and taken up where it broke off?

The parts are planned in one transaction; then each is told to scoring under the id it was planned
with, and scored. When all are, the colours of the month are ruled among all its loans and kept.
Whoever is stopped in between starts again: a part that scoring has scored is not told again, and
a month that is ruled has the same colours for good.
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
from shared.clients.warnings import LoanIn, RuledBatch, WarningBatchIn, WarningMonthIn
from shared.db import TenantDb

LEASE: Final = "early warning"
NOT_SCORED: Final = "/problems/scoring/warning-batch-not-found"
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
        waiting = [part for part in parts if part.graded_at is None]
        scored = set()
        for done, part in enumerate(waiting, start=1 + len(parts) - len(waiting)):
            if await _scored(db, scoring, part):
                scored.add(part.batch_id)
            progress(done, len(parts))
        if waiting:
            ruled = await _ruled(db, scoring, waiting, scored)
            async with db.begin() as session:
                for part in waiting:
                    batch = ruled.get(part.batch_id)
                    await operations.keep_graded(session, part, batch, at=at)
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


async def _scored(db: TenantDb, scoring: ScoringClient, part: WarningPartRow) -> bool:
    """Have a part scored unless it is; say whether any loan of it could be told."""
    try:
        await scoring.warning_batch(part.batch_id, institution_id=db.institution_id)
    except ScoringRefused as refused:
        if refused.problem != NOT_SCORED:
            raise
    else:
        return True
    loans = await facts(db, part.contract_ids, as_of=part.as_of)
    if not loans:
        return False
    asked = WarningBatchIn(batch_id=part.batch_id, as_of=part.as_of, is_of_month=True, loans=loans)
    await scoring.grade_loans(asked, institution_id=db.institution_id)
    return True


async def _ruled(
    db: TenantDb, scoring: ScoringClient, parts: list[WarningPartRow], scored: set[UUID]
) -> dict[UUID, RuledBatch]:
    """Have the colours of a month ruled over the parts that were scored."""
    if not scored:
        return {}
    asked = WarningMonthIn(
        month=parts[0].month, capacity=schemas.capacity_of(parts), batch_ids=sorted(scored)
    )
    ruled = await scoring.rule_month(asked, institution_id=db.institution_id)
    return {batch.batch_id: batch for batch in ruled.batches}
