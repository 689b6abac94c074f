"""A signed loan that is never paid out gives its fund the money back."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from services.loans.contracts.router import router as contracts_router
from services.loans.funds.queries import standings
from services.loans.repayments.batch import RepaymentBook
from services.loans.repayments.router import router as repayments_router
from shared import ids
from shared.batching import Batcher
from shared.db import Database
from shared.ids import BranchId, FundId, InstitutionId
from tests.integration.loans.scene import OpenVerifier, Scene, client_of, jod, keyed
from tests.integration.loans.signing import signed
from tests.integration.loans.wallet import PHONE, Wallet, wallet_of

WITHDREW = {"reason": "borrower_withdrew"}


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def wallet(scene: Scene) -> AsyncIterator[Wallet]:
    async with wallet_of(scene) as wallet:
        yield wallet


@pytest.fixture
def manager(wallet: Wallet) -> httpx.AsyncClient:
    return wallet.client


def path(contract_id: object, what: str = "cancellation") -> str:
    return f"/loans/v1/contracts/{contract_id}/{what}"


async def free(scene: Scene, fund_id: FundId) -> tuple[object, object]:
    """What a fund has promised to contracts, and what it may still promise."""
    async with scene.database.read(scene.institution_id) as session:
        standing = (await standings(session, [fund_id]))[fund_id]
    return standing.committed, standing.available


async def test_a_cancelled_contract_frees_what_its_fund_had_committed(
    scene: Scene, manager: httpx.AsyncClient
) -> None:
    fund_id = await scene.fund(receives="1500.000")
    row = await signed(scene, fund_id)
    assert await free(scene, fund_id) == (jod("1000.000"), jod("500.000"))
    answer = await manager.post(path(row.contract_id), json=WITHDREW, headers=keyed())
    assert (answer.status_code, answer.json()["status"]) == (201, "cancelled"), answer.text
    assert await free(scene, fund_id) == (jod("0.000"), jod("1500.000"))
    assert await scene.scalar("select status from position") == "cancelled"
    listed = await manager.get("/loans/v1/contracts", params={"status": "cancelled"})
    assert [one["contract_id"] for one in listed.json()["items"]] == [str(row.contract_id)]


async def test_the_cancellation_is_remembered_and_told_with_its_reason(
    scene: Scene, manager: httpx.AsyncClient
) -> None:
    row = await signed(scene, await scene.fund())
    await manager.post(path(row.contract_id), json=WITHDREW, headers=keyed())
    assert await scene.scalar(
        "select array_agg(status || ' ' || coalesce(reason, '-') order by version)"
        " from contract_history"
    ) == ["signed -", "cancelled borrower_withdrew"]
    told = await scene.scalar("select data from event where type = 'loans.contract-cancelled.v1'")
    assert isinstance(told, dict)
    assert (told["reason"], told["principal_minor"]) == ("borrower_withdrew", 1_000_000)
    assert await scene.scalar(
        "select array_agg(data ->> 'kind' order by event_id) from event"
        " where type = 'loans.fund-claimed.v1'"
    ) == ["reserve", "commit", "uncommit"]
    # No step leads out of signed: the contract says what became of the application.
    assert await scene.scalar("select status from application") == "signed"


async def test_nothing_is_paid_out_or_in_on_a_cancelled_contract(
    scene: Scene, manager: httpx.AsyncClient
) -> None:
    row = await signed(scene, await scene.fund())
    await manager.post(path(row.contract_id), json=WITHDREW, headers=keyed())
    payout = await manager.post(path(row.contract_id, "disbursements"), json={}, headers=keyed())
    assert (payout.status_code, payout.json()["type"]) == (409, "/problems/loans/already-paid-out")
    book = RepaymentBook(scene.database)
    async with client_of(
        scene,
        repayments_router,
        roles="officer",
        repayments=Batcher(book.receive),
        repayment_book=book,
    ) as desk:
        repaid = await desk.post(
            path(row.contract_id, "repayments"),
            json={"amount": {"amount": "10.000", "currency": "JOD"}},
            headers=keyed(),
        )
    assert repaid.json()["type"] == "/problems/loans/contract-not-paid-out"
    assert await scene.scalar("select count(contract_id) from journal_entry") == 0


async def test_a_loan_that_was_paid_out_is_not_cancelled(
    scene: Scene, manager: httpx.AsyncClient
) -> None:
    fund_id = await scene.fund(receives="1500.000")
    row = await signed(scene, fund_id)
    await manager.post(path(row.contract_id, "disbursements"), json={}, headers=keyed())
    answer = await manager.post(path(row.contract_id), json=WITHDREW, headers=keyed())
    assert (answer.status_code, answer.json()["type"]) == (
        409,
        "/problems/loans/transition-refused",
    )
    assert await free(scene, fund_id) == (jod("0.000"), jod("500.000"))


async def test_a_payment_on_its_way_keeps_the_contract_until_it_has_failed(
    scene: Scene, wallet: Wallet
) -> None:
    pending, refused = [await signed(scene, await scene.fund()) for _ in range(2)]
    await wallet.pay_out(pending.contract_id, phone=PHONE + "91")
    kept = await wallet.client.post(path(pending.contract_id), json=WITHDREW, headers=keyed())
    assert (kept.status_code, kept.json()["type"]) == (409, "/problems/loans/may-still-arrive")
    await wallet.pay_out(refused.contract_id, phone=PHONE + "90")
    done = await wallet.client.post(path(refused.contract_id), json=WITHDREW, headers=keyed())
    assert done.status_code == 201, done.text
    statuses = "select array_agg(status order by contract_id) from contract"
    assert await scene.scalar(statuses) == ["signed", "cancelled"]


async def test_of_paying_out_and_cancelling_at_once_one_holds(
    scene: Scene, manager: httpx.AsyncClient
) -> None:
    fund_id = await scene.fund(receives="1500.000")
    row = await signed(scene, fund_id)
    answers = await asyncio.gather(
        *(
            manager.post(path(row.contract_id, what), json=body, headers=keyed())
            for what, body in (("cancellation", WITHDREW), ("disbursements", {})) * 3
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    committed, _ = await free(scene, fund_id)
    assert committed == jod("0.000")


async def test_the_same_key_cancels_once_and_answers_the_same(
    scene: Scene, manager: httpx.AsyncClient
) -> None:
    row, key = await signed(scene, await scene.fund()), keyed()
    first = await manager.post(path(row.contract_id), json=WITHDREW, headers=key)
    again = await manager.post(path(row.contract_id), json=WITHDREW, headers=key)
    assert (first.status_code, first.content) == (201, again.content)
    other = await manager.post(path(row.contract_id), json=WITHDREW, headers=keyed())
    assert other.status_code == 409
    assert await scene.scalar("select count(*) from fund_claim where kind = 'uncommit'") == 1


@pytest.mark.parametrize("body", [{}, {"reason": "because"}, {"reason": None}])
async def test_a_cancellation_without_a_known_reason_is_refused(
    scene: Scene, manager: httpx.AsyncClient, body: dict[str, str | None]
) -> None:
    row = await signed(scene, await scene.fund())
    answer = await manager.post(path(row.contract_id), json=body, headers=keyed())
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")
    assert await scene.scalar("select status from contract") == "signed"


async def test_nobody_cancels_in_a_branch_it_does_not_see(scene: Scene) -> None:
    row = await signed(scene, await scene.fund())
    elsewhere = OpenVerifier(scene.institution_id)
    elsewhere.branch_ids = frozenset({BranchId(ids.new())})
    async with client_of(
        scene, contracts_router, roles="funds_manager", verifier=elsewhere
    ) as client:
        answer = await client.post(path(row.contract_id), json=WITHDREW, headers=keyed())
    assert answer.status_code == 404
