"""A desk at which deals are signed, walked step by step on past days, and repaid."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast

import httpx
from sqlalchemy import text

from services.loans.contracts import router as contracts
from services.loans.deals import router as deals
from services.loans.domain.chart import FundKind
from services.loans.domain.product import Limits, Product
from services.loans.domain.terms import ChargeMethod, ModeOfFinance
from services.loans.funds import router as funds
from services.loans.portfolio import router as portfolio
from services.loans.repayments import router as repayments
from services.loans.repayments.batch import RepaymentBook
from services.loans.servicing import router as servicing
from services.loans.servicing.coursing import CourseBook
from shared.auth import Role
from shared.batching import Batcher
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests import office
from tests.integration.loans import ordering, signing
from tests.integration.loans.ordering import Desk, cash, keyed
from tests.integration.loans.scene import Scene
from tests.integration.loans.signing import Approval

ROUTERS = (
    deals.router,
    contracts.router,
    repayments.router,
    servicing.router,
    portfolio.router,
    funds.router,
)
SIGNED = date(2026, 1, 15)
FREE = Limits(least=Decimal(0), usual=Decimal(0), most=Decimal(0))
FLAT = Limits(least=Decimal("0.12"), usual=Decimal("0.12"), most=Decimal("0.12"))


def product(mode: str, **changes: Any) -> Product:
    """A product of a mode of finance at 12 %, or without a price where there is none."""
    shared = mode in {"musharaka", "mudaraba", "salam", "muzaraa"}
    method = ChargeMethod.FLAT
    if mode == "diminishing_musharaka":
        method = ChargeMethod.DECLINING_BALANCE
    members: dict[str, Any] = {
        "mode_of_finance": ModeOfFinance(mode),
        "charge_method": ChargeMethod.NONE if shared else method,
        "annual_rate": FREE if shared else FLAT,
        "fund_kinds": frozenset({FundKind.COMMERCIAL}),
    }
    return signing.qard(**members | changes)


@dataclass(frozen=True, kw_only=True)
class Table(Desk):
    """The desk with a supplier, and a contract of 1,000 JOD in the mode asked for."""

    supplier_id: str

    async def deal(self, mode: str, *, kind: FundKind = FundKind.COMMERCIAL, **changes: Any) -> str:
        """Sign a contract on 15 January 2026; its first instalment is due a month later."""
        fund_id = changes.pop("fund_id", None) or await self.fund(kind)
        offered = await signing.offer(self.scene, product(mode, **changes))
        rate = offered.annual_rate.usual
        approval = Approval(product=offered, fund_id=fund_id, annual_rate=rate)
        ids = await signing.approve(self.scene, [approval])
        (row,) = await signing.sign(self.scene, ids, on=SIGNED)
        return str(row.contract_id)

    async def fund(self, kind: FundKind) -> FundId:
        return await self.scene.fund(kind)

    async def try_step(self, contract_id: str, code: str, **members: Any) -> httpx.Response:
        """Try a step as whoever has to take it, with every paper it needs."""
        path = f"/loans/v1/contracts/{contract_id}/steps"
        rows = (await self.manager.get(path)).json()["following"]
        row = next((one for one in rows if one["step"] == code), None)
        by_manager = row is not None and (row["moves_money"] or row["by_another"])
        papers = members.pop("papers", row["documents"] if row else [])
        body = {
            "step": code,
            "on": members.pop("on", SIGNED).isoformat(),
            "documents": [
                {"kind": kind, "sha256": hashlib.sha256(kind.encode()).hexdigest()}
                for kind in papers
            ],
            "amounts": {name: cash(str(one)) for name, one in members.pop("amounts", {}).items()},
            "figures": members.pop("figures", {}),
            "channel": members.pop("channel", "cash"),
            "days": {name: day.isoformat() for name, day in members.pop("days", {}).items()},
            "supplier_id": self.supplier_id
            if row is not None and row["party"] not in (None, "client")
            else None,
        }
        return await keyed(
            members.pop("by", self.manager if by_manager else self.maker), path, body
        )

    async def take(self, contract_id: str, *steps: tuple[str, dict[str, Any]]) -> dict[str, Any]:
        """Take steps that must succeed; gives the last one."""
        answer: dict[str, Any] = {}
        for code, members in steps:
            taken = await self.try_step(contract_id, code, **dict(members))
            assert taken.status_code == 201, taken.text
            answer = taken.json()
        return answer

    async def back(self, contract_id: str, step_id: str, *, by: Any = None) -> httpx.Response:
        """Take the last step back."""
        path = f"/loans/v1/contracts/{contract_id}/steps/{step_id}/reversal"
        return await keyed(by or self.maker, path, None)

    async def refused(
        self, contract_id: str, code: str, problem: str, **members: Any
    ) -> dict[str, Any]:
        """A step that must be refused by name, and change nothing."""
        before = await self.counts()
        answer = await self.try_step(contract_id, code, **members)
        assert answer.json()["type"] == f"/problems/loans/{problem}", answer.text
        assert await self.counts() == before
        return cast("dict[str, Any]", answer.json())

    async def dues(self, contract_id: str) -> list[tuple[str, str]]:
        """The instalments in force: principal and profit."""
        path = f"/loans/v1/contracts/{contract_id}/schedule"
        found = (await self.manager.get(path)).json()["instalments"]
        return [(due["principal"]["amount"], due["profit"]["amount"]) for due in found]

    async def told(self, contract_id: str, kind: str) -> list[dict[str, Any]]:
        """The events of a type that were told of a contract, in their order."""
        statement = text("""
            select data from event where subject_id = :contract_id and type = :kind
            order by event_id
        """)
        values = {"contract_id": contract_id, "kind": f"loans.{kind}.v1"}
        async with self.scene.database.read(self.scene.institution_id) as session:
            return [row.data for row in await session.execute(statement, values)]

    async def paid(self, contract_id: str, amount: str, *, on: date) -> None:
        answer = await self.repay(contract_id, amount, received_on=on.isoformat())
        assert answer.status_code == 201, answer.text

    async def status(self, contract_id: str) -> str:
        found = (await self.manager.get(f"/loans/v1/contracts/{contract_id}")).json()
        return str(found["contract"]["status"])


@asynccontextmanager
async def opened(
    database: Database, institution_id: InstitutionId, *, country: str = "JO"
) -> AsyncIterator[Table]:
    """Open the desk with one supplier."""
    async with office.opened(database, institution_id, *ROUTERS, country=country) as at:
        book = RepaymentBook(database, servicing=CourseBook(database))
        at.app.state.repayment_book = book
        at.app.state.repayments = Batcher(book.receive)
        scene = Scene(database=database, institution_id=institution_id, branch_id=at.branch)
        await ordering.level(scene, "50000.000", at=1)
        maker = at.caller(Role.OFFICER)
        made = await maker.post("/loans/v1/suppliers", {"code": "S-1", "name": "مؤسسة التوريد"})
        yield Table(
            office=at,
            scene=scene,
            maker=maker,
            checker=at.caller(Role.APPROVER),
            manager=at.caller(Role.FUNDS_MANAGER),
            supplier_id=str(made.json()["supplier_id"]),
        )
