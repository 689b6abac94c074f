"""What do the routes of loans get: the actor's database, the moment, the local day?"""

from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from sqlalchemy import text

from shared import idempotency
from shared.auth import SignedIn
from shared.clients.scoring import ScoringClient
from shared.clock import Clock
from shared.db import Database, TenantDb
from shared.ids import InstitutionId

TIMEZONE = text("select timezone from institution where institution_id = :institution_id")


def database_of(request: Request) -> Database:
    """Return the service's database."""
    database: Database = request.app.state.database
    return database


def tenant_db(request: Request, actor: SignedIn) -> TenantDb:
    """Return the database bound to the actor's institution."""
    return TenantDb(database_of(request), actor.institution_id)


def now(request: Request) -> datetime:
    """Return this moment, by the service's clock."""
    clock: Clock = request.app.state.clock
    return clock.now()


class Days:
    """Knows which day it is where an institution works; a timezone is looked up once."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._zones: dict[InstitutionId, str] = {}

    async def today(self, institution_id: InstitutionId) -> date:
        """Return the institution's local day; UTC's where it is not known."""
        zone = self._zones.get(institution_id)
        if zone is None:
            async with self._database.read(institution_id) as session:
                values = {"institution_id": institution_id}
                zone = (await session.execute(TIMEZONE, values)).scalar() or "UTC"
            self._zones[institution_id] = zone
        return self._clock.now().astimezone(ZoneInfo(zone)).date()


async def today(request: Request, actor: SignedIn) -> date:
    """Return the local day of the actor's institution."""
    days: Days = request.app.state.days
    return await days.today(actor.institution_id)


def scoring_client(request: Request) -> ScoringClient:
    """Return the client that asks scoring."""
    client: ScoringClient = request.app.state.scoring
    return client


Scoring = Annotated[ScoringClient, Depends(scoring_client)]
Db = Annotated[TenantDb, Depends(tenant_db)]
Now = Annotated[datetime, Depends(now)]
Today = Annotated[date, Depends(today)]
IdempotencyKey = idempotency.IdempotencyKey
