"""A signed loan is paid out once, whole, and the books, the fund and the contract agree on it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from services.loans.contracts.router import router as contracts_router
from services.loans.disbursements import operations
from services.loans.disbursements.operations import Payout
from services.loans.disbursements.payable import AlreadyPaidOut
from services.loans.disbursements.router import router
from services.loans.domain.chart import FundKind
from services.loans.domain.funding import FundRestricted
from services.loans.funds import queries as funds
from services.loans.ledger.queries import JOURNAL, Cut, balances
from shared import feed, ids
from shared.db import Database
from shared.feed import Sequencer
from shared.ids import BranchId, ContractId, InstitutionId
from tests.integration.loans.scene import (
    TODAY,
    OpenVerifier,
    Scene,
    client_of,
    jod,
    keyed,
)
from tests.integration.loans.signing import (
    COST,
    Approval,
    approve,
    loan,
    offer,
    officer,
    qard,
    sign,
    signed,
)


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def manager(scene: Scene) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(
        scene, router, contracts_router, roles="funds_manager", payments=None
    ) as client:
        yield client


def path(contract_id: object) -> str:
    return f"/loans/v1/contracts/{contract_id}/disbursements"


async def test_a_loan_paid_in_cash_is_booked_at_once(
    scene: Scene, manager: httpx.AsyncClient
) -> None:
    fund_id = await scene.fund(receives="1500.000")
    row = await signed(scene, fund_id)
    answer = await manager.post(path(row.contract_id), json={}, headers=keyed())
    assert answer.status_code == 201, answer.text
    paid = answer.json()["disbursement"]
    assert (paid["paid"]["amount"], paid["disbursed_on"]) == ("1000.000", TODAY.isoformat())
    async with scene.database.read(scene.institution_id) as session:
        booked = await balances(session, fund_id)
        standing = (await funds.standings(session, [fund_id]))[fund_id]
        figures = await funds.figures(session, fund_id, cut=Cut())
    assert (booked["cash"], booked["loans"]) == (jod("500.000"), jod("1000.000"))
    assert (standing.committed, standing.available) == (jod("0.000"), jod("500.000"))
    assert figures.disbursed_minor == figures.outstanding_principal_minor == 1_000_000
    assert await scene.scalar("select disbursed_minor from position") == 1_000_000
    state = (await manager.get(f"/loans/v1/contracts/{row.contract_id}")).json()
    assert state["contract"]["status"] == "active"
    assert state["state"]["outstanding_principal"]["amount"] == "1000.000"
    assert state["state"]["next_due"]["due_on"] == "2026-04-01"
    told = await scene.scalar(
        "select data from event where type = 'loans.disbursement-completed.v1'"
    )
    assert isinstance(told, dict)
    assert (told["amount_minor"], told["channel"]) == (1_000_000, "cash")


async def test_arrears_of_a_day_to_come_follow_from_the_schedule(
    scene: Scene, manager: httpx.AsyncClient
) -> None:
    row = await signed(scene, await scene.fund())
    await manager.post(path(row.contract_id), json={}, headers=keyed())
    late = await manager.get(
        f"/loans/v1/contracts/{row.contract_id}", params={"as_of": "2026-05-11"}
    )
    state = late.json()["state"]
    assert (state["arrears"]["amount"], state["days_past_due"]) == ("166.666", 40)
    before = await manager.get(
        f"/loans/v1/contracts/{row.contract_id}", params={"as_of": "2026-02-28"}
    )
    assert before.json()["state"]["disbursed"]["amount"] == "0.000"


async def test_the_same_two_dates_give_the_same_answer_for_ever(
    scene: Scene, manager: httpx.AsyncClient
) -> None:
    row = await signed(scene, await scene.fund())
    sequencer = Sequencer(scene.database, chains=(feed.EVENTS, JOURNAL))
    await sequencer.number(scene.institution_id)
    before = await scene.scalar("select max(numbered_at) from journal_link")
    assert isinstance(before, datetime)
    await manager.post(path(row.contract_id), json={}, headers=keyed())
    contract = f"/loans/v1/contracts/{row.contract_id}"
    then = {"as_of": "2026-03-31", "known_at": before.isoformat()}
    first = (await manager.get(contract, params=then)).json()["state"]
    await sequencer.number(scene.institution_id)
    again = (await manager.get(contract, params=then)).json()["state"]
    assert first == again
    assert first["disbursed"]["amount"] == "0.000"
    after = await scene.scalar("select max(numbered_at) from journal_link")
    assert isinstance(after, datetime)
    now = {"as_of": "2026-03-31", "known_at": after.isoformat()}
    known = (await manager.get(contract, params=now)).json()["state"]
    assert known["disbursed"]["amount"] == "1000.000"


async def test_a_fee_kept_back_stays_in_the_fund(scene: Scene, manager: httpx.AsyncClient) -> None:
    fund_id = await scene.fund(receives="1000.000")
    row = await signed(scene, fund_id, product=qard(fees=(COST,)))
    answer = await manager.post(path(row.contract_id), json={}, headers=keyed())
    assert answer.json()["disbursement"]["paid"]["amount"] == "990.000"
    async with scene.database.read(scene.institution_id) as session:
        booked = await balances(session, fund_id)
        figures = await funds.figures(session, fund_id, cut=Cut())
    assert (booked["cash"], booked["fee_income"]) == (jod("10.000"), jod("-10.000"))
    assert figures.received_minor + figures.returned_minor == (
        figures.disbursed_minor + figures.cash_minor
    )


async def test_of_many_who_pay_out_the_same_loan_one_does(
    scene: Scene, manager: httpx.AsyncClient
) -> None:
    row = await signed(scene, await scene.fund())
    answers = await asyncio.gather(
        *(manager.post(path(row.contract_id), json={}, headers=keyed()) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert await scene.scalar("select count(*) from disbursement") == 1


async def test_the_same_key_pays_out_once_and_answers_the_same(
    scene: Scene, manager: httpx.AsyncClient
) -> None:
    row = await signed(scene, await scene.fund())
    key = keyed()
    first = await manager.post(path(row.contract_id), json={}, headers=key)
    again = await manager.post(path(row.contract_id), json={}, headers=key)
    assert first.json() == again.json()
    listed = (await manager.get(path(row.contract_id))).json()["items"]
    assert listed == [first.json()["disbursement"]]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"disbursed_on": "2026-03-02"}, "/problems/loans/day-not-yet"),
        ({"disbursed_on": "2026-02-28"}, "/problems/loans/no-day-to-pay-out"),
        ({"channel": "wallet"}, "/problems/invalid-request"),
        ({"phone": "+962790000000"}, "/problems/invalid-request"),
    ],
)
async def test_a_payout_that_cannot_be_is_refused(
    scene: Scene, manager: httpx.AsyncClient, body: dict[str, str], problem: str
) -> None:
    row = await signed(scene, await scene.fund())
    answer = await manager.post(path(row.contract_id), json=body, headers=keyed())
    assert (answer.status_code, answer.json()["type"]) == (422, problem)
    assert await scene.scalar("select count(*) from disbursement") == 0


async def test_a_corpus_that_fell_below_its_floor_after_signing_pays_nothing_out(
    scene: Scene,
) -> None:
    fund_id = await scene.fund(receives="2000.000", floor="2000.000")
    first, second = [await signed(scene, fund_id) for _ in range(2)]
    async with scene.database.begin(scene.institution_id) as session:
        await operations.disburse_contracts(
            session,
            [Payout(contract_id=ContractId(first.contract_id), disbursed_on=TODAY)],
            actor=officer(scene),
        )
    await scene.write_off(fund_id, ContractId(first.contract_id), "0.001")
    with pytest.raises(FundRestricted):
        async with scene.database.begin(scene.institution_id) as session:
            await operations.disburse_contracts(
                session,
                [Payout(contract_id=ContractId(second.contract_id), disbursed_on=TODAY)],
                actor=officer(scene),
            )
    assert await scene.scalar("select count(*) from disbursement") == 1


async def test_paying_many_out_is_all_or_none_and_balances(scene: Scene) -> None:
    product, lent = await offer(scene, qard()), await offer(scene, loan())
    waqf, bank = await scene.fund(), await scene.fund(FundKind.COMMERCIAL)
    approvals = [Approval(product=product, fund_id=waqf)] * 20 + [
        Approval(product=lent, fund_id=bank, annual_rate=Decimal("0.18"))
    ] * 5
    affordable = [*approvals[:10], *approvals[20:]]
    rows = await sign(scene, await approve(scene, affordable), on=TODAY - timedelta(days=3))
    payouts = [
        Payout(
            contract_id=ContractId(row.contract_id),
            disbursed_on=TODAY - timedelta(days=number % 3),
        )
        for number, row in enumerate(rows)
    ]
    async with scene.database.begin(scene.institution_id) as session:
        done = await operations.disburse_contracts(session, payouts, actor=officer(scene))
    assert [row.contract_id for row in done] == [row.contract_id for row in rows]
    assert await scene.scalar("select sum(amount_minor) from journal_line") == 0
    assert await scene.scalar("select count(*) from contract where status = 'active'") == 15
    assert await scene.scalar("select min(version) from position") == 2
    with pytest.raises(AlreadyPaidOut):
        async with scene.database.begin(scene.institution_id) as session:
            await operations.disburse_contracts(session, payouts[:1], actor=officer(scene))


async def test_nobody_pays_out_in_a_branch_it_does_not_see(scene: Scene) -> None:
    row = await signed(scene, await scene.fund())
    elsewhere = OpenVerifier(scene.institution_id)
    elsewhere.branch_ids = frozenset({BranchId(ids.new())})
    async with client_of(
        scene, router, roles="funds_manager", verifier=elsewhere, payments=None
    ) as client:
        answer = await client.post(path(row.contract_id), json={}, headers=keyed())
    assert answer.status_code == 404
