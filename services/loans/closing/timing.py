"""When is a day closed by itself, and by which of many processes?

The institution's rules of closing may name the hour, local to it, at which the day before is
closed. Any process that is up does it, the first one under a lease; a day that is closed already,
by whomever, is left alone. After days on which nothing was up the newest one is closed, which
books what they all sum to.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.closing import operations, queries, running
from services.loans.closing.operations import ClosedMeanwhile, LaterDayClosed
from services.loans.closing.running import Manner
from services.loans.closing.tables import DayCloseRow
from services.loans.domain import closing_policy
from services.loans.institutions import queries as institutions
from services.loans.ledger.operations import PeriodClosed
from shared import clock, leases
from shared.db import TenantDb

LEASE = "day close"
WITHIN = 26.0
ITSELF = UUID("018f0000-0000-7000-8000-00000000c105")
"""Who books where no person asked: the timer, or the command."""


async def close_where_due(
    db: TenantDb, *, now: datetime, manner: Manner | None = None
) -> DayCloseRow | None:
    """Close the day whose hour has come, unless it is closed or another process is at it."""
    async with db() as session:
        if await due(session, now=now) is None:
            return None
    async with leases.held(db, LEASE) as is_ours:
        if not is_ours:
            return None
        async with db() as session:
            day = await due(session, now=now)  # who held the lease before may have closed it
            today = await _today(session, now=now)
        if day is None:
            return None
        how = manner or Manner(within=WITHIN)
        try:
            return await running.close_day(db, day=day, today=today, actor_id=ITSELF, manner=how)
        except (ClosedMeanwhile, LaterDayClosed):  # somebody closed it by hand
            return None


async def due(session: AsyncSession, *, now: datetime) -> date | None:
    """Return the newest day whose hour has come, if it is open and can be closed."""
    given = [queries.dated(row) for row in await queries.policies(session)]
    zone = clock.zone((await institutions.institution(session)).timezone)
    day = closing_policy.due(given, local=now.astimezone(zone))
    last = await queries.last_close(session)
    if day is None or (last is not None and last.day >= day):
        return None
    try:
        await operations.refuse_earlier(session, day=day)
    except PeriodClosed:
        return None
    return day


async def _today(session: AsyncSession, *, now: datetime) -> date:
    zone = clock.zone((await institutions.institution(session)).timezone)
    return now.astimezone(zone).date()
