"""An institution with what a test needs around a fund, and a client that speaks to its routes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import cast
from uuid import UUID

import httpx
from fastapi import APIRouter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.deps import Days
from services.loans.domain import giving, journal
from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.claiming import Ask
from services.loans.domain.journal import Channel
from services.loans.domain.terms import ModeOfFinance
from services.loans.funds import operations as funds
from services.loans.funds import queries as fund_queries
from services.loans.institutions.names import Names
from services.loans.ledger import operations as ledger
from shared import ids
from shared.auth import Actor, Role, TokenVerifier
from shared.clock import FixedClock
from shared.db import Database
from shared.ids import ApplicationId, BranchId, ContractId, FundId, InstitutionId
from shared.money import Money
from shared.web import create_base_app
from tests import rulings

TODAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ACTOR = ids.new()
EVERY_KIND = frozenset(FundKind)


def jod(text_: str) -> Money:
    return Money.parse(text_, "JOD")


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One institution in Jordan with one branch, and a board that permits every mode."""

    database: Database
    institution_id: InstitutionId
    branch_id: BranchId = field(default_factory=lambda: BranchId(ids.new()))

    async def found(self, *, country: str = "JO", currency: str = "JOD") -> "Scene":
        names = {"ar": "مؤسسة", "fr": "Institution", "en": "Institution"}
        values = {
            "i": self.institution_id,
            "b": self.branch_id,
            "code": f"t{self.institution_id.hex[-12:]}",
            "country": country,
            "currency": currency,
            **names,
        }
        async with self.database.begin(self.institution_id) as session:
            for statement in (
                "insert into tenant (institution_id) values (:i)",
                "insert into institution_code (code, institution_id) values (:code, :i)",
                (
                    "insert into institution (institution_id, code, name_ar, name_fr, name_en,"
                    " country, currency, timezone)"
                    " values (:i, :code, :ar, :fr, :en, :country, :currency, 'Asia/Amman')"
                ),
                (
                    "insert into branch (institution_id, branch_id, code, name_ar, name_fr,"
                    " name_en, region) values (:i, :b, 'B1', :ar, :fr, :en, 'amman')"
                ),
            ):
                await session.execute(text(statement), values)
            await rulings.register(session, self.institution_id)
        return self

    async def fund(
        self,
        kind: FundKind = FundKind.WAQF,
        *,
        receives: str = "10000.000",
        floor: str = "0.000",
        lending_ruling: str | None = None,
    ) -> FundId:
        """Open a fund that has received an amount, if it is not zero."""
        async with self.database.begin(self.institution_id) as session:
            row = await funds.create_fund(
                session,
                code=f"F{ids.new().hex[-10:]}",
                kind=kind,
                names=Names(ar="صندوق", fr="Fonds", en="Fund"),
                floor=jod(floor),
                lending_ruling=lending_ruling,
                on=TODAY,
                actor_id=ACTOR,
            )
        fund_id = FundId(row.fund_id)
        if not jod(receives).is_zero:
            await self.receive(fund_id, receives)
        return fund_id

    async def receive(self, fund_id: FundId, amount: str, *, on: date = TODAY) -> UUID:
        """Book a receipt given as its fund usually takes it."""
        async with self.database.begin(self.institution_id) as session:
            fund = await fund_queries.fund_by_id(session, fund_id)
            row = await funds.receive(
                session,
                fund_id=fund_id,
                donor_id=None,
                amount=jod(amount),
                received_on=on,
                channel=Channel.CASH,
                nature=giving.NATURES[FundKind(fund.kind)][0],
                actor_id=ACTOR,
            )
        return row.receipt_id

    async def write_off(self, fund_id: FundId, contract_id: ContractId, amount: str) -> None:
        """Give up a part of a waqf's loan in the books."""
        accounts = FundAccounts(fund_id=fund_id, kind=FundKind.WAQF, currency="JOD")
        entry = journal.write_off_entry(
            jod(amount), fund=accounts, written_off_on=TODAY, contract_id=contract_id
        )
        async with self.database.begin(self.institution_id) as session:
            await ledger.post(session, entry, actor_id=ACTOR, source_id=ids.new())

    async def scalar(self, statement: str, **values: object) -> object:
        async with self.database.read(self.institution_id) as session:
            return await session.scalar(text(statement), values)


def ask(
    fund_id: FundId,
    amount: str = "1000.000",
    *,
    application_id: ApplicationId | None = None,
    mode: ModeOfFinance = ModeOfFinance.QARD,
    bears_fee: bool = False,
    fund_kinds: frozenset[FundKind] = EVERY_KIND,
) -> Ask:
    return Ask(
        fund_id=fund_id,
        application_id=application_id or ApplicationId(ids.new()),
        amount=jod(amount),
        mode=mode,
        bears_fee=bears_fee,
        fund_kinds=fund_kinds,
    )


async def reserve(session: AsyncSession, asked: Ask) -> None:
    await funds.reserve(session, asked, on=TODAY, actor_id=ACTOR)


class OpenVerifier:
    """Takes a token such as "officer+auditor" for an actor with these roles."""

    def __init__(self, institution_id: InstitutionId, *, actor_id: UUID = ACTOR) -> None:
        self.institution_id = institution_id
        self.actor_id = actor_id
        self.branch_ids: frozenset[BranchId] | None = None

    async def verify(self, token: str, *, institution: str | None = None) -> Actor:
        return Actor(
            id=self.actor_id,
            institution_id=InstitutionId(UUID(institution)) if institution else self.institution_id,
            roles=frozenset(map(Role, token.split("+"))),
            branch_ids=self.branch_ids,
        )


@asynccontextmanager
async def client_of(
    scene: Scene,
    *routers: APIRouter,
    roles: str,
    verifier: OpenVerifier | None = None,
    **state: object,
) -> AsyncIterator[httpx.AsyncClient]:
    """Speak to some routers as a person with these roles ("officer+auditor")."""
    found = cast("TokenVerifier", verifier or OpenVerifier(scene.institution_id))
    app = create_base_app("loans", prefix="/loans/v1", verifier=found)
    clock = FixedClock(NOON)
    app.state.database, app.state.clock = scene.database, clock
    app.state.days = Days(scene.database, clock)
    for name, value in state.items():
        setattr(app.state, name, value)
    for router in routers:
        app.include_router(router)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {roles}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://loans", headers=headers
    ) as client:
        yield client


def keyed() -> dict[str, str]:
    """A new idempotency key."""
    return {"Idempotency-Key": str(ids.new())}
