"""Whatever funds pay for one another in whatever order, no unit is made or lost between them.

A budget pays parts of a price, a guarantee fund pays for who does not and has its part of what
comes later; repayments, and what takes them back, come between. Only receipts, loans and
repayments change what the funds hold together.
"""

import os
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
import pytest

from services.loans.domain.chart import FundKind
from services.loans.guarantees.router import router as guarantees
from services.loans.subsidies.router import router as subsidies
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests.builders import make_loan, money
from tests.integration.loans import ordering
from tests.integration.loans.ordering import Desk, keyed
from tests.integration.loans.test_guarantees import covered, facility, recovered, step
from tests.integration.loans.test_subsidies import agreed, booked

STEPS = 22
SEED = int(os.environ.get("RAFID_TEST_SEED", "4"))
LEAST_WAYS = 6
CONTRACTS_MOST = 2
PAPER = "a" * 64
HELD = ("cash", "wallet", "bank")
NEXT = {
    "filed": "submit",
    "submitted": "accept",
    "accepted": "pay",
    "paid": "recover",
    "recovered": "recover",
}


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as at:
        for router in (subsidies, guarantees):
            at.office.app.include_router(router)
        yield at


@dataclass
class History:
    """Three funds, what they hold together by a plain count, and the dice."""

    desk: Desk
    lending: FundId
    budget: FundId
    backing: FundId
    facility_id: str
    dice: Random
    held: int
    contracts: list[str] = field(default_factory=list)
    subsidies: dict[str, str] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)
    repaid: list[tuple[str, int]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    async def step(self) -> None:
        ways = [self.repay, self.repay, self.undo, self.receive, self.subsidise, self.subsidise]
        ways += [self.claim] * 5
        ways += [self.lend] * (len(self.contracts) < CONTRACTS_MOST)
        await self.dice.choice(ways)()
        assert await self.desk.faults() == {}
        books = await self.books()
        assert all(sum(book.values()) == 0 for book in books)
        cash = [sum(book.get(code, 0) for code in HELD) for book in books]
        assert sum(cash) == self.held
        assert min(cash) >= 0

    async def books(self) -> list[dict[str, int]]:
        return [await booked(self.desk, one) for one in (self.lending, self.budget, self.backing)]

    def told(self, way: str, answer: httpx.Response, *, before: object, after: object) -> bool:
        """Whether it was done; what is refused has a name and changed nothing."""
        if answer.status_code == 201:
            self.done[way] += 1
            return True
        assert answer.status_code in {409, 422}, answer.text
        self.refused[answer.json()["type"].rpartition("/")[2]] += 1
        assert before == after, f"{way}, refused, changes nothing"
        return False

    async def asked(self, way: str, sending: Any) -> httpx.Response | None:
        before = await self.books()
        answer = await sending
        is_done = self.told(way, answer, before=before, after=await self.books())
        return answer if is_done else None

    async def lend(self) -> None:
        terms = make_loan(principal=money("1200.000"))
        contract = await self.desk.lent_from(self.lending, terms, kind=FundKind.COMMERCIAL)
        self.contracts.append(contract)
        self.held -= money("1200.000").minor
        self.done["lend"] += 1

    async def receive(self) -> None:
        amount = self.dice.randint(1, 40_000)
        fund_id = self.dice.choice((self.budget, self.backing))
        await self.desk.scene.receive(fund_id, written(amount))
        self.held += amount
        self.done["receive"] += 1

    async def repay(self) -> None:
        amount = self.dice.randint(1, 400_000)
        contract_id = self.dice.choice(self.contracts)
        sent = self.desk.repay(contract_id, written(amount))
        answer = await self.asked("repay", sent)
        if answer is not None:
            self.repaid.append((answer.json()["repayment_id"], amount))
            self.held += amount

    async def undo(self) -> None:
        if not self.repaid:
            return
        one = self.dice.choice(self.repaid)
        path = f"/loans/v1/repayments/{one[0]}/reversal"
        sent = keyed(self.desk.manager, path, {"reason": "duplicate"})
        if await self.asked("undo", sent) is not None:
            self.repaid.remove(one)
            self.held -= one[1]

    async def subsidise(self) -> None:
        contract_id = self.dice.choice(self.contracts)
        if contract_id not in self.subsidies:
            self.subsidies[contract_id] = await agreed(self.desk, contract_id, self.budget)
            return
        path = f"{self.subsidies[contract_id]}/payments"
        await self.asked("subsidise", keyed(self.desk.manager, path, {}))

    async def claim(self) -> None:
        """Take a claim on the guarantee one step further; the first files it."""
        contract_id = self.dice.choice(self.contracts)
        if contract_id not in self.claims:
            cover = await self.asked("cover", covered(self.desk, self.facility_id, contract_id))
            if cover is None:
                return
            path = f"/loans/v1/guarantee-covers/{cover.json()['cover_id']}/claims"
            filed = await self.asked("file", self.desk.maker.post(path, {"evidence": PAPER}))
            if filed is not None:
                self.claims[contract_id] = f"/loans/v1/guarantee-claims/{filed.json()['claim_id']}"
            return
        claim = self.claims[contract_id]
        event = NEXT[(await self.desk.maker.get(claim)).json()["status"]]
        sent = recovered(self.desk, claim) if event == "recover" else step(self.desk, claim, event)
        await self.asked(event, sent)


def written(minor: int) -> str:
    return f"{minor // 1000}.{minor % 1000:03}"


async def test_funds_that_pay_for_one_another_lose_and_make_nothing(desk: Desk) -> None:
    received = {"COMMERCIAL": "20000.000", "STATE": "30.000", "GUARANTEE": "900.000"}
    lending, budget, backing = [
        await desk.scene.fund(FundKind[kind], receives=amount) for kind, amount in received.items()
    ]
    history = History(
        desk=desk,
        lending=lending,
        budget=budget,
        backing=backing,
        facility_id=await facility(desk, fund_id=str(backing)),
        dice=Random(SEED),  # noqa: S311 - a history that comes again, no secret
        held=sum(money(amount).minor for amount in received.values()),
    )
    await history.lend()
    for _ in range(STEPS):
        await history.step()
    assert len(history.done) >= LEAST_WAYS, (history.done, history.refused)
