"""An institution with a chart of its own, and people who keep its books two by two."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter

from services.loans.accounting import router as accounting
from services.loans.accounting import statements
from services.loans.domain.chart import FundKind
from services.loans.ledger import router as ledger
from services.loans.proof import operations as proof
from services.loans.proof.queries import RULES
from services.loans.servicing import router as servicing
from shared import ids
from shared.auth import Role
from shared.ids import FundId
from tests import chained
from tests.bodies import amount
from tests.integration.loans.scene import Scene
from tests.office import Caller, Office

PATH = "/loans/v1/accounting"
PAPER = "ab" * 32
ROUTERS: tuple[APIRouter, ...] = (
    accounting.router,
    statements.router,
    ledger.router,
    servicing.router,
)
NAMES = {"name_ar": "حساب", "name_fr": "Compte", "name_en": "Account"}


def line(number: str, account_class: str, **more: Any) -> dict[str, Any]:
    return {"number": number, "account_class": account_class, **NAMES, **more}


CHART = [
    line("1", "asset", name_en="Assets"),
    line("10", "asset", parent="1", name_en="Money at hand"),
    line("101", "asset", parent="10", accounts=["cash"], name_en="Cash"),
    line("102", "asset", parent="10", accounts=["wallet"]),
    line("103", "asset", parent="10", accounts=["bank"], name_en="Bank"),
    line("104", "asset", parent="10", accounts=["cash:waqf"], name_en="Cash of waqf"),
    line("12", "asset", parent="1", accounts=["loans", "loss_allowance"]),
    line("15", "asset", parent="1", own=True, name_en="Furniture"),
    line("2", "liability", accounts=["surplus", "charity", "lender_payable", "temporary_corpus"]),
    line("231", "liability", own=True, name_en="Salaries owed"),
    line("31", "equity", accounts=["fund_balance"]),
    line("38", "equity", own=True, name_en="Reserve for building"),
    line("39", "equity", own=True, name_en="Reserve in general"),
    line("4", "income", accounts=["profit_income", "fee_income", "penalty_income"]),
    line("45", "income", own=True, name_en="Rooms let"),
    line("5", "expense", accounts=["write_off", "provision_expense"]),
    line("521", "expense", own=True, name_en="Salaries"),
    line("522", "expense", own=True, name_en="Rent"),
]


@dataclass(kw_only=True)
class Bookkeeping:
    """The office with a funds manager who proposes and another who approves."""

    office: Office
    maker: Caller
    checker: Caller
    auditor: Caller

    @classmethod
    def at(cls, office: Office) -> "Bookkeeping":
        return cls(
            office=office,
            maker=office.caller(Role.FUNDS_MANAGER),
            checker=office.caller(Role.FUNDS_MANAGER),
            auditor=office.caller(Role.AUDITOR),
        )

    @property
    def scene(self) -> Scene:
        return Scene(database=self.office.database, institution_id=self.office.institution_id)

    async def number(self, lines: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        return await made(self.maker, "/chart", {"lines": lines or CHART})

    async def fund(
        self, kind: FundKind = FundKind.DONATION, *, receives: str = "1000.000"
    ) -> FundId:
        return await self.scene.fund(kind, receives=receives)

    def entry(self, fund_id: FundId, *lines: tuple[str, str, str], **more: Any) -> dict[str, Any]:
        """Lines as (account, debit or credit, amount)."""
        return {
            "fund_id": str(fund_id),
            "reason": "rent of March",
            "document_sha256": PAPER,
            "lines": [
                {"account": account, "side": side, "amount": amount(text)}
                for account, side, text in lines
            ],
            **more,
        }

    def rent(self, fund_id: FundId, text: str = "300.000", **more: Any) -> dict[str, Any]:
        lines = (("522", "debit", text), ("cash", "credit", text))
        return self.entry(fund_id, *lines, **more)

    async def propose(self, body: dict[str, Any]) -> str:
        return str((await made(self.maker, "/manual-entries", body))["manual_id"])

    async def approve(self, manual_id: str, outcome: str = "approve") -> dict[str, Any]:
        path = f"/manual-entries/{manual_id}/approval"
        return await made(self.checker, path, {"outcome": outcome})

    async def book(self, body: dict[str, Any]) -> str:
        """Propose and approve an entry; gives its id."""
        manual_id = await self.propose(body)
        await self.approve(manual_id)
        return manual_id

    async def balances(self, fund_id: FundId) -> dict[str, int]:
        """What is on the accounts of a fund, debit positive, by our codes."""
        query = {"numbers": "house", "from": "2020-01-01", "fund_id": str(fund_id)}
        answer = await self.auditor.get(f"{PATH}/trial-balance", **query)
        assert answer.status_code == 200, answer.text
        rows = [row for block in answer.json()["blocks"] for row in block["rows"]]
        found = {row["code"]: minor(row["closing"]) for row in rows}
        return {code: at for code, at in found.items() if at}

    async def assert_sound(self) -> None:
        """Let every rule of `rafid verify` look at the books."""
        await chained.chain(self.office.database, self.office.institution_id)
        async with self.office.database.read(self.office.institution_id, snapshot=True) as session:
            broken = {
                finding.rule: (finding.row, finding.why)
                async for finding in proof.prove(session, rules=RULES)
                if not finding.holds
            }
        assert broken == {}


def minor(money: dict[str, str]) -> int:
    return int(money["amount"].replace(".", ""))


async def made(caller: Caller, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await caller.post(f"{PATH}{path}", body, Idempotency_Key=str(ids.new()))
    assert answer.status_code == 201, answer.text
    kept: dict[str, Any] = answer.json()
    return kept


async def refused(caller: Caller, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What a refusal says, with the last word of its type as `problem`."""
    answer = await caller.post(f"{PATH}{path}", body, Idempotency_Key=str(ids.new()))
    assert answer.status_code in {403, 404, 409, 422}, answer.text
    told: dict[str, Any] = answer.json()
    return {**told, "problem": told["type"].rpartition("/")[2]}


def day(text: str) -> date:
    return date.fromisoformat(text)
