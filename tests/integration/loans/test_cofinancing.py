"""One contract of several funds is paid out, paid back and given up by each fund's part."""

from collections.abc import AsyncIterator

import httpx
import pytest

from services.loans.cofinancing.router import router as cofinancing_router
from services.loans.contracts.router import router as contracts_router
from services.loans.disbursements.router import router as disbursements_router
from services.loans.domain.chart import FundKind
from services.loans.domain.funding import FundExhausted
from services.loans.funds import queries as funds
from services.loans.ledger.queries import balances
from services.loans.repayments.batch import RepaymentBook
from services.loans.repayments.router import router as repayments_router
from services.loans.servicing.coursing import CourseBook
from shared.batching import Batcher
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests.integration.loans.cofinanced import approved, shared_contract
from tests.integration.loans.scene import Scene, client_of, jod, keyed
from tests.integration.loans.signing import loan, offer, qard

ROUTERS = (cofinancing_router, contracts_router, disbursements_router, repayments_router)


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def desk(scene: Scene) -> AsyncIterator[httpx.AsyncClient]:
    book = RepaymentBook(scene.database, servicing=CourseBook(scene.database))
    async with client_of(
        scene,
        *ROUTERS,
        roles="funds_manager+officer",
        payments=None,
        repayments=Batcher(book.receive),
        repayment_book=book,
    ) as client:
        yield client


async def booked(scene: Scene, fund_id: FundId) -> dict[str, str]:
    async with scene.database.read(scene.institution_id) as session:
        found = await balances(session, fund_id)
    return {code: str(money) for code, money in found.items() if money.minor}


async def test_a_contract_of_two_funds_is_paid_out_and_back_by_their_parts(
    scene: Scene, desk: httpx.AsyncClient
) -> None:
    first = await scene.fund(FundKind.COMMERCIAL, receives="700.000")
    second = await scene.fund(FundKind.DONATION, receives="500.000")
    row = await shared_contract(scene, [(first, 1, 600), (second, 2, 400)])
    answer = await desk.post(
        f"/loans/v1/contracts/{row.contract_id}/disbursements", json={}, headers=keyed()
    )
    assert answer.status_code == 201, answer.text
    assert (await booked(scene, first))["loans"] == "600.000"
    assert (await booked(scene, second))["cash"] == "100.000"
    paid = await desk.post(
        f"/loans/v1/contracts/{row.contract_id}/repayments",
        json={"amount": {"amount": "700.000", "currency": "JOD"}},
        headers=keyed(),
    )
    assert paid.status_code == 201, paid.text
    assert "loans" not in await booked(scene, first)
    assert (await booked(scene, second))["loans"] == "300.000"
    told = (await desk.get(f"/loans/v1/contracts/{row.contract_id}/sources")).json()
    assert [one["owed"]["amount"] for one in told["sources"]] == ["0.000", "300.000"]
    assert [one["returned"]["amount"] for one in told["sources"]] == ["600.000", "100.000"]
    assert told["owed"]["amount"] == "300.000"


async def test_where_one_fund_is_short_nothing_is_reserved_of_any(scene: Scene) -> None:
    rich = await scene.fund(FundKind.COMMERCIAL, receives="5000.000")
    poor = await scene.fund(FundKind.DONATION, receives="399.999")
    offered = await offer(scene, qard())
    _, refusal = await approved(
        scene, [(rich, 1, 600), (poor, 1, 400)], product=offered, amount="1000.000"
    )
    assert isinstance(refusal, FundExhausted)
    async with scene.database.read(scene.institution_id) as session:
        held = await funds.standings(session, [rich, poor])
    assert [one.reserved for one in held.values()] == [jod("0.000"), jod("0.000")]
