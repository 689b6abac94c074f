"""What do the slices of monitoring get: facts as told, the actor's database, clock and clients?"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Request

from services.monitoring.settings import MonitoringSettings
from shared.auth import Actor, SignedIn
from shared.clients.loans import LoansClient
from shared.clock import Clock
from shared.db import Database, TenantDb
from shared.events import Event

EventT_co = TypeVar("EventT_co", bound=Event, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact(Generic[EventT_co]):
    """One event of the loans feed with its id, its number, when it was told and became known."""

    event: EventT_co
    event_id: UUID
    sequence: int
    told_at: datetime
    known_at: datetime

    @property
    def told_on(self) -> date:
        """The day it was told, where the event itself names none."""
        return self.told_at.date()


def database_of(request: Request) -> Database:
    """The service's database."""
    database: Database = request.app.state.database
    return database


def tenant_db(request: Request, actor: SignedIn) -> TenantDb:
    """The database bound to the actor's institution."""
    return TenantDb(database_of(request), actor.institution_id)


def clock_of(request: Request) -> Clock:
    """The service's clock."""
    clock: Clock = request.app.state.clock
    return clock


def loans_of(request: Request) -> LoansClient:
    """The client of loans."""
    loans: LoansClient = request.app.state.loans
    return loans


def settings_of(request: Request) -> MonitoringSettings:
    """The service's settings."""
    settings: MonitoringSettings = request.app.state.settings
    return settings


Db = Annotated[TenantDb, Depends(tenant_db)]
ClockOf = Annotated[Clock, Depends(clock_of)]
Loans = Annotated[LoansClient, Depends(loans_of)]
Settings = Annotated[MonitoringSettings, Depends(settings_of)]

__all__ = ["Actor", "ClockOf", "Db", "Fact", "Loans", "Settings"]
