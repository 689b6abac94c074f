"""A loan that is drawn in two tranches, and how a test pays it out, repays and proves it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import httpx

from services.loans.contracts.router import router as contracts
from services.loans.contracts.tables import ContractRow
from services.loans.disbursements.router import router as disbursements
from services.loans.domain.chart import FundKind
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.product import Limits
from services.loans.holdings.router import router as holdings
from services.loans.papers.printing import Printer
from services.loans.papers.router import router as papers
from services.loans.proof import operations as proof
from services.loans.repayments.batch import RepaymentBook
from services.loans.repayments.router import router as repayments
from services.loans.servicing.router import router as servicing
from shared.batching import Batcher
from shared.ids import FundId
from tests.chained import chain
from tests.integration.loans.scene import Scene, client_of, jod, keyed
from tests.integration.loans.signing import Approval, approve, loan, offer, sign

SIGNED, SECOND = date(2026, 1, 15), date(2026, 2, 20)
RATE = Decimal("0.12")
ABOVE = Limits(least=jod("1000.000"), usual=jod("1000.000"), most=jod("5000.000"))


def in_two(**changes: Any) -> Drawing:
    """600 at once of 1,000, and 400 on 20 February."""
    return Drawing(tranches=(Tranche(on=SECOND, amount=jod("400.000")),), **changes)


async def drawing(
    scene: Scene, *, fund_id: FundId | None = None, drawing: Drawing | None = None, **changes: Any
) -> ContractRow:
    """A contract of 1,000 JOD at 12 % in twelve months from 15 January, signed then."""
    members = {"amount": ABOVE, "drawing": drawing or in_two(), **changes}
    product = await offer(scene, loan(**members))
    fund_id = fund_id or await scene.fund(FundKind.COMMERCIAL)
    approval = Approval(product=product, fund_id=fund_id, annual_rate=RATE)
    (row,) = await sign(scene, await approve(scene, [approval]), on=SIGNED)
    return row


@asynccontextmanager
async def desk(
    scene: Scene, roles: str = "funds_manager+officer"
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of every route that a drawn loan needs, cash alone."""
    book = RepaymentBook(scene.database)
    async with client_of(
        scene,
        repayments,
        contracts,
        holdings,
        disbursements,
        servicing,
        papers,
        roles=roles,
        payments=None,
        repayments=Batcher(book.receive),
        repayment_book=book,
        printer=Printer(),
    ) as client:
        yield client


async def pay_out(
    client: httpx.AsyncClient, row: ContractRow, on: date, **body: Any
) -> httpx.Response:
    return await client.post(
        f"/loans/v1/contracts/{row.contract_id}/disbursements",
        json={"disbursed_on": on.isoformat(), **body},
        headers=keyed(),
    )


async def repay(client: httpx.AsyncClient, row: ContractRow, amount: str, on: date) -> Any:
    answer = await client.post(
        f"/loans/v1/contracts/{row.contract_id}/repayments",
        json={"amount": money(amount), "received_on": on.isoformat()},
        headers=keyed(),
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "JOD"}


async def state(client: httpx.AsyncClient, row: ContractRow, **params: str) -> Any:
    answer = await client.get(f"/loans/v1/contracts/{row.contract_id}", params=params)
    return answer.json()["state"]


async def dues(client: httpx.AsyncClient, row: ContractRow) -> list[tuple[str, str, str]]:
    """Day, principal and profit of every instalment that holds."""
    answer = await client.get(f"/loans/v1/contracts/{row.contract_id}/schedule")
    return [
        (due["due_on"], due["principal"]["amount"], due["profit"]["amount"])
        for due in answer.json()["instalments"]
    ]


async def proved(scene: Scene) -> None:
    await chain(scene.database, scene.institution_id)
    async with scene.database.read(scene.institution_id) as session:
        assert [one async for one in proof.prove(session) if not one.holds] == []
