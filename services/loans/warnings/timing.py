"""When are loans graded by themselves? From a day of each month on, by what its eve's month knew.

Where `RAFID_LOANS_WARN_FROM_DAY` names a day of the month, the month before is graded from that
day on, by what was known on its last day: until then the money of its last days is booked.
"""

from dataclasses import dataclass
from datetime import date

from services.loans.domain import early_warning
from services.loans.warnings import queries, running
from services.loans.warnings.tables import WarningPartRow
from shared.clients.scoring import ScoringClient
from shared.clock import Clock
from shared.db import TenantDb


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """From which day of a month on the month before is graded (None: never), an officer's load."""

    from_day: int | None
    per_officer: int


async def warn_where_due(
    db: TenantDb, scoring: ScoringClient, rhythm: Rhythm, *, clock: Clock, today: date
) -> list[WarningPartRow] | None:
    """Grade the month before where its day has come, unless it is graded; None: nothing to do."""
    as_of = early_warning.last_month_end(today)
    if rhythm.from_day is None or today.day < rhythm.from_day:
        return None
    async with db() as session:
        parts = await queries.parts(session, as_of.replace(day=1))
    if parts and all(part.graded_at is not None for part in parts):
        return None
    planned = parts[0].as_of if parts else as_of
    return await running.warn(
        db, scoring, as_of=planned, at=clock.now(), per_officer=rhythm.per_officer
    )
