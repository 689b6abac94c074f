"""An office to test from: an institution with two branches, and callers of every role."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, cast
from uuid import UUID

import httpx
from fastapi import APIRouter

from services.loans.deps import Days
from services.loans.institutions import operations as institutions
from services.loans.institutions.names import Names
from shared import ids, web
from shared.auth import Actor, Role, TokenVerifier
from shared.clock import FixedClock
from shared.db import Database
from shared.ids import BranchId, InstitutionId
from tests import rulings

NOW = datetime(2026, 4, 1, 8, tzinfo=UTC)
TODAY = date(2026, 4, 1)


class Doorkeeper:
    """Stands for the verifier: a token is the number of an actor."""

    def __init__(self) -> None:
        self.actors: dict[str, Actor] = {}

    async def verify(self, token: str, *, institution: str | None = None) -> Actor:
        del institution
        return self.actors[token]


@dataclass
class Caller:
    """One person or program at the door, with what it may do."""

    http: httpx.AsyncClient
    actor: Actor
    token: str

    async def post(self, path: str, body: object, **headers: str) -> httpx.Response:
        return await self.http.post(path, json=body, headers=self._with(headers))

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.http.get(path, params=query, headers=self._with({}))

    def _with(self, headers: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return {"Authorization": f"Bearer {self.token}", **named}


@dataclass
class Office:
    """The institution, its branches, and the application with the routers under test."""

    database: Database
    institution_id: InstitutionId
    app: web.RafidApp
    http: httpx.AsyncClient
    doorkeeper: Doorkeeper
    clock: FixedClock
    branches: tuple[BranchId, BranchId]
    kept: dict[Any, Any] = field(default_factory=dict)

    @property
    def branch(self) -> BranchId:
        return self.branches[0]

    def caller(
        self,
        *roles: Role,
        branches: Iterable[BranchId] | None = None,
        institution_id: InstitutionId | None = None,
        actor_id: UUID | None = None,
    ) -> Caller:
        actor = Actor(
            id=actor_id or ids.new(),
            institution_id=institution_id or self.institution_id,
            roles=frozenset(roles),
            branch_ids=None if branches is None else frozenset(branches),
        )
        token = str(len(self.doorkeeper.actors))
        self.doorkeeper.actors[token] = actor
        return Caller(http=self.http, actor=actor, token=token)


async def found(
    database: Database,
    institution_id: InstitutionId,
    *,
    country: str = "JO",
    currency: str = "JOD",
) -> tuple[BranchId, BranchId]:
    """Found the institution with two branches, and a board that permits every mode."""
    names = Names(ar="مؤسسة", fr="Institution", en="Institution")
    async with database.begin(institution_id) as session:
        await institutions.create_institution(
            session,
            code=f"t{institution_id.hex[-12:]}",
            names=names,
            country=country,
            currency=currency,
            timezone="Asia/Amman",
        )
        first, second = [
            await institutions.create_branch(session, code=code, names=names, region="amman")
            for code in ("one", "two")
        ]
        await rulings.register(session, institution_id)
    return BranchId(first.branch_id), BranchId(second.branch_id)


@asynccontextmanager
async def opened(
    database: Database,
    institution_id: InstitutionId,
    *routers: APIRouter,
    country: str = "JO",
    currency: str = "JOD",
) -> AsyncIterator[Office]:
    """Open an office over an application with these routers alone."""
    doorkeeper, clock = Doorkeeper(), FixedClock(NOW)
    app = web.create_base_app(
        "office", prefix="/loans/v1", verifier=cast("TokenVerifier", doorkeeper)
    )
    app.state.database, app.state.clock = database, clock
    app.state.days = Days(database, clock)
    for router in routers:
        app.include_router(router)
    branches = await found(database, institution_id, country=country, currency=currency)
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://office") as http:
        yield Office(database, institution_id, app, http, doorkeeper, clock, branches)
