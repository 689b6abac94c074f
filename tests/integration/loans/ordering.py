"""A desk at which orders are given on contracts that were lent, by people who differ."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx
from sqlalchemy import text

from services.loans.approvals import authority
from services.loans.contracts import router as contracts
from services.loans.disbursements import router as disbursements
from services.loans.domain.chart import FundKind
from services.loans.domain.terms import Terms
from services.loans.funds import router as funds
from services.loans.holdings import router as holdings
from services.loans.ledger import router as ledger
from services.loans.proof import operations as proof
from services.loans.repayments import router as repayments
from services.loans.repayments.batch import RepaymentBook
from services.loans.servicing import router as servicing
from services.loans.servicing.coursing import CourseBook
from shared import ids
from shared.auth import Actor, Role
from shared.batching import Batcher
from shared.db import Database
from shared.ids import FundId, InstitutionId
from shared.money import Money
from tests import office
from tests.builders import make_qard, money
from tests.chained import chain
from tests.integration.loans.scene import Scene
from tests.integration.loans.standing import lend
from tests.office import Caller, Office

ROUTERS = (
    servicing.router,
    contracts.router,
    repayments.router,
    disbursements.router,
    holdings.router,
    funds.router,
    ledger.router,
)
TODAY = office.TODAY
PAID_OUT_ON = date(2026, 1, 15)
TABLES = (
    "contract_order",
    "order_decision",
    "order_effect",
    "order_batch",
    "fund_order",
    "fund_order_decision",
    "journal_entry",
    "instalment",
    "contract_generation",
    "position_history",
    "repayment",
    "event",
    "idempotency_key",
)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The office with a maker, a checker and a manager, and the books to look into."""

    office: Office
    scene: Scene
    maker: Caller
    checker: Caller
    manager: Caller

    async def lent(self, terms: Terms | None = None, *, kind: FundKind = FundKind.WAQF) -> str:
        """A contract of a fund of its own, paid out in cash on 15 January 2026."""
        fund_id = await self.scene.fund(kind)
        return await self.lent_from(fund_id, terms, kind=kind)

    async def lent_from(
        self, fund_id: FundId, terms: Terms | None = None, *, kind: FundKind = FundKind.WAQF
    ) -> str:
        terms = terms or qard()
        (one,) = await lend(self.scene, fund_id, [terms], kind=kind)
        return str(one.contract_id)

    async def give(self, contract_id: str, kind: str, **members: Any) -> httpx.Response:
        """The maker gives an order."""
        body = {"kind": kind, "reason": "agreement", **members}
        return await keyed(self.maker, f"/loans/v1/contracts/{contract_id}/orders", body)

    async def approve(self, order: Any, by: Caller | None = None, **body: Any) -> httpx.Response:
        """The checker decides on an order."""
        path = f"/loans/v1/orders/{order['order_id']}/approval"
        return await keyed(by or self.checker, path, {"outcome": "approve", **body})

    async def done(self, contract_id: str, kind: str, **members: Any) -> dict[str, Any]:
        """Give an order and have it approved; gives it in force."""
        given = await self.give(contract_id, kind, **members)
        assert given.status_code == 201, given.text
        if given.json()["state"] == "in_force":
            return dict(given.json())
        approved = await self.approve(given.json())
        assert approved.status_code == 201, approved.text
        assert approved.json()["state"] == "in_force"
        return dict(approved.json())

    async def undone(self, order: Any) -> dict[str, Any]:
        """Have an order taken back."""
        path = f"/loans/v1/orders/{order['order_id']}/reversal"
        given = await keyed(self.maker, path, {"reason": "error"})
        assert given.status_code == 201, given.text
        approved = await self.approve(given.json())
        assert approved.status_code == 201, approved.text
        return dict(approved.json())

    async def repay(self, contract_id: str, amount: str, **members: Any) -> httpx.Response:
        path = f"/loans/v1/contracts/{contract_id}/repayments"
        return await keyed(self.maker, path, {"amount": cash(amount), **members})

    async def position(self, contract_id: str) -> dict[str, Any]:
        """The position row, without what every movement counts up."""
        async with self.scene.database.read(self.scene.institution_id) as session:
            statement = text("select * from position where contract_id = :contract_id")
            row = (await session.execute(statement, {"contract_id": contract_id})).one()
        held = dict(row._mapping)
        for name in ("version", "generation", "generation_from", "moved_on", "institution_id"):
            del held[name]
        return held

    async def balances(self, contract_id: str) -> dict[str, int]:
        """What the journal holds by account of the contract's fund."""
        statement = text("""
            select a.code, coalesce(sum(l.amount_minor), 0)::bigint as minor
            from contract c join account a on a.fund_id = c.fund_id
            left join journal_line l on l.account_id = a.account_id
            where c.contract_id = :contract_id group by a.code
        """)
        async with self.scene.database.read(self.scene.institution_id) as session:
            rows = await session.execute(statement, {"contract_id": contract_id})
            return {row.code: row.minor for row in rows if row.minor}

    async def counts(self) -> dict[str, int]:
        """How many rows each table holds that an order could touch."""
        async with self.scene.database.read(self.scene.institution_id) as session:
            return {
                table: (await session.execute(text(f"select count(*) from {table}"))).scalar_one()
                for table in TABLES
            }

    async def faults(self) -> dict[str | None, str]:
        """The rules of `rafid verify` that do not hold."""
        await chain(self.scene.database, self.scene.institution_id)
        async with self.scene.database.read(self.scene.institution_id, snapshot=True) as session:
            return {
                finding.row: finding.rule
                async for finding in proof.prove(session)
                if not finding.holds
            }

    async def last_event(self, contract_id: str) -> dict[str, Any]:
        statement = text("""
            select type, data from event where subject_id = :contract_id
            order by event_id desc limit 1
        """)
        async with self.scene.database.read(self.scene.institution_id) as session:
            row = (await session.execute(statement, {"contract_id": contract_id})).one()
        return {"type": row.type, **row.data}


def qard(amount: str = "1200.000", **changes: Any) -> Terms:
    """Twelve monthly instalments without profit, from 15 February 2026."""
    return make_qard(principal=money(amount), **changes)


def cash(amount: str, currency: str = "JOD") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


async def keyed(caller: Caller, path: str, body: object) -> httpx.Response:
    return await caller.post(path, body, Idempotency_Key=str(ids.new()))


@asynccontextmanager
async def opened(database: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    """Open the desk: approvers may decide up to 50,000.000 JOD."""
    async with office.opened(database, institution_id, *ROUTERS) as at:
        book = RepaymentBook(database, servicing=CourseBook(database))
        at.app.state.repayment_book = book
        at.app.state.repayments = Batcher(book.receive)
        scene = Scene(database=database, institution_id=institution_id, branch_id=at.branch)
        await level(scene, "50000.000", at=1)
        yield Desk(
            office=at,
            scene=scene,
            maker=at.caller(Role.OFFICER),
            checker=at.caller(Role.APPROVER),
            manager=at.caller(Role.FUNDS_MANAGER),
        )


async def level(scene: Scene, up_to: str, *, at: int, role: Role = Role.APPROVER) -> None:
    """Let a role decide up to an amount."""
    actor = Actor(
        id=ids.new(), institution_id=scene.institution_id, roles=frozenset({Role.ADMINISTRATOR})
    )
    async with scene.database.begin(scene.institution_id) as session:
        await authority.set_authority_level(
            session,
            product_id=None,
            fund_id=None,
            max_amount=Money.parse(up_to, "JOD"),
            level=at,
            role=role,
            actor=actor,
        )
