"""An office that collects and gives zakat: its people, a fund, a line of sufficiency."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from services.loans.borrowers import router as borrowers
from services.loans.funds import router as funds
from services.loans.zakat import pool
from services.loans.zakat import router as zakat
from services.loans.zakat_payers import router as payers
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from shared.money import Money
from shared.rulebook import Fact
from tests import bodies, office
from tests.bodies import Json, amount
from tests.integration.loans import own_facts
from tests.integration.loans.scene import keyed
from tests.office import TODAY, Caller, Office

ROUTERS = (
    borrowers.router,
    funds.router,
    payers.router,
    zakat.router,
    pool.router,
)
ZAKAT = "/loans/v1/zakat"
PAPER = "a" * 64
NEED = ("income_test", "household", "other_aid", "field_visit", "activity")
DEBT = ("debt_proof", "insolvency_test", "debt_purpose", "no_collusion")


def line(currency: str = "JOD", country: str = "JO", **members: Any) -> Fact:
    """What a month costs: 150.000, and 40.000 for each person."""
    value = {"household": "150.000", "person": "40.000"}
    if currency == "MAD":
        value = {"household": "1500.00", "person": "400.00"}
    return own_facts.fact(
        "zakat_sufficiency_line", value, unit=currency, country=country, **members
    )


def shown(*evidence: str, on: date = TODAY, visitors: int = 2) -> list[Json]:
    return [
        {
            "evidence": one,
            "seen_on": on.isoformat(),
            "paper": PAPER,
            "people": [str(ids.new()) for _ in range(visitors)] if one == "field_visit" else [],
        }
        for one in evidence
    ]


def told(currency: str = "JOD", **changes: Any) -> Json:
    """Five persons with 100.000 earned and 20.000 given a month, where 350.000 suffice."""
    figures = {"income": "100.00", "aid": "20.00", "assets": "160.00", "debts_due": "0.00"}
    body: Json = {"persons": 5} | {
        name: amount(f"{text}0" if currency == "JOD" else text, currency)
        for name, text in figures.items()
    }
    return body | changes


@dataclass
class Alms:
    """The office with whoever works there; a second manager pays what the first entered."""

    office: Office
    officer: Caller
    approver: Caller
    manager: Caller
    second: Caller
    currency: str = "JOD"

    async def give_fact(self, fact: Fact) -> None:
        await own_facts.give(self.office.database, self.office.institution_id, fact)

    def on(self, day: date) -> None:
        """Let it be another day, at the hour that the office opened."""
        self.office.clock.advance(day - self.today())

    def today(self) -> date:
        return self.office.clock.now().date()

    async def fund(self, code: str = "ZAKAT", kind: str = "zakat") -> str:
        names = {"ar": "صندوق", "fr": "Fonds", "en": "Fund"}
        body = {"code": code, "kind": kind, "currency": self.currency, "names": names}
        return await self._id(self.manager.post("/loans/v1/funds", body), "fund_id")

    async def collects(
        self, fund_id: str, sum_: str, *, on: date | None = None, **changes: Any
    ) -> str:
        answer = await self.collection(fund_id, sum_, on=on, **changes)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["receipt_id"])

    async def collection(
        self, fund_id: str, sum_: str, *, on: date | None = None, **changes: Any
    ) -> httpx.Response:
        body = {
            "fund_id": fund_id,
            "amount": amount(sum_, self.currency),
            "region": "amman",
            "received_on": (on or self.today()).isoformat(),
        }
        return await self.manager.post(f"{ZAKAT}/collections", body | changes, **keyed())

    async def person(self, **changes: Any) -> str:
        name = f"Person {ids.new().hex[-8:].translate(LETTERS)}"
        body = bodies.person(
            self.office.branch, name={"latin": name}, documents=[], phones=[], **changes
        )
        answer = await self.officer.post("/loans/v1/borrowers", body)
        return await self._of(answer, "borrower_id")

    async def case(self, borrower_id: str, **changes: Any) -> str:
        body = {
            "borrower_id": borrower_id,
            "told": told(self.currency),
            "shown": shown(*NEED, on=self.today()),
        }
        return await self._id(self.officer.post(f"{ZAKAT}/cases", body | changes), "eligibility_id")

    async def decide(
        self, eligibility_id: str, zakat_class: str | None, **changes: Any
    ) -> httpx.Response:
        body = {"zakat_class": zakat_class} | changes
        return await self.approver.post(f"{ZAKAT}/cases/{eligibility_id}/decision", body)

    async def entitled(self, borrower_id: str, zakat_class: str = "fuqara", **changes: Any) -> str:
        """A case that was decided: 2,600.000 are lacking for a year."""
        decided = {"reasons": changes.pop("reasons", ""), **changes.pop("decided", {})}
        eligibility_id = await self.case(borrower_id, **changes)
        answer = await self.decide(eligibility_id, zakat_class, **decided)
        assert answer.status_code == 201, answer.text
        return eligibility_id

    async def enter(
        self, fund_id: str, eligibility_id: str, sum_: str, **changes: Any
    ) -> httpx.Response:
        body = {
            "fund_id": fund_id,
            "eligibility_id": eligibility_id,
            "zakat_class": "fuqara",
            "purpose": "sewing machine",
            "amount": amount(sum_, self.currency),
        }
        return await self.manager.post(f"{ZAKAT}/grants", body | changes, **keyed())

    async def pay(self, grant_id: str, **body: Any) -> httpx.Response:
        return await self.second.post(f"{ZAKAT}/grants/{grant_id}/payment", body, **keyed())

    async def accept(self, grant_id: str, **changes: Any) -> httpx.Response:
        body = {"accepted_by": "signature", "evidence": PAPER} | changes
        return await self.officer.post(f"{ZAKAT}/grants/{grant_id}/handover", body)

    async def gives(self, fund_id: str, eligibility_id: str, sum_: str, **changes: Any) -> str:
        """A grant that was entered, paid and accepted."""
        grant_id = await self._of(
            await self.enter(fund_id, eligibility_id, sum_, **changes), "grant_id"
        )
        await self._of(await self.pay(grant_id), "grant_id")
        await self._of(await self.accept(grant_id), "grant_id")
        return grant_id

    async def cost(self, fund_id: str, sum_: str, **changes: Any) -> str:
        body = {
            "fund_id": fund_id,
            "amount": amount(sum_, self.currency),
            "purpose": "collection",
            "what": "boxes and receipts",
        }
        answer = await self.manager.post(f"{ZAKAT}/costs", body | changes, **keyed())
        return await self._of(answer, "cost_id")

    async def pay_cost(self, cost_id: str, **body: Any) -> httpx.Response:
        return await self.second.post(f"{ZAKAT}/costs/{cost_id}/payment", body, **keyed())

    async def balance(self, fund_id: str, code: str) -> str:
        """What an account of a fund holds by the journal, debit positive."""
        values = {"i": self.office.institution_id, "f": fund_id, "code": code}
        async with self.office.database.read(self.office.institution_id) as session:
            minor = await session.scalar(BALANCE, values)
        return str(Money(int(minor), self.currency))

    async def _id(self, asked: Any, member: str) -> str:
        return await self._of(await asked, member)

    @staticmethod
    async def _of(answer: httpx.Response, member: str) -> str:
        assert answer.status_code == 201, answer.text
        return str(answer.json()[member])


BALANCE = text("""
    select coalesce(sum(l.amount_minor), 0) from journal_line l
    join account a on a.institution_id = l.institution_id and a.account_id = l.account_id
    where a.institution_id = :i and a.fund_id = :f and a.code = :code
""")
LETTERS = str.maketrans("0123456789", "ghijklmnop")


@asynccontextmanager
async def opened(
    database: Database,
    institution_id: InstitutionId,
    *,
    country: str = "JO",
    currency: str = "JOD",
) -> AsyncIterator[Alms]:
    """Open the office with its line of sufficiency."""
    async with office.opened(
        database, institution_id, *ROUTERS, country=country, currency=currency
    ) as found:
        alms = Alms(
            office=found,
            officer=found.caller(Role.OFFICER),
            approver=found.caller(Role.APPROVER),
            manager=found.caller(Role.FUNDS_MANAGER),
            second=found.caller(Role.FUNDS_MANAGER),
            currency=currency,
        )
        await alms.give_fact(line(currency, country))
        yield alms


def later(days: int) -> date:
    return TODAY + timedelta(days=days)


def actor_of(caller: Caller) -> UUID:
    return caller.actor.id


def problem(answer: httpx.Response) -> str:
    """The name of what was refused."""
    assert answer.status_code >= 400, answer.text
    return str(answer.json()["type"]).rsplit("/", 1)[-1]
