"""A breach is logged and decided; its income goes to charity once, and charity is paid out."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.loans.compliance import charity, queries
from services.loans.compliance.router import router
from services.loans.contracts.router import router as contracts_router
from services.loans.domain.chart import FundKind
from services.loans.domain.purifying import PurificationTooLarge
from services.loans.domain.terms import ModeOfFinance
from services.loans.ledger.queries import Cut, trial_balance
from services.loans.proof import operations as proof
from services.loans.rulings.router import router as rulings_router
from shared import ids
from shared.auth import Actor, Role
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests import chained, office, rulings
from tests.bodies import amount
from tests.integration.loans.breaches import (
    NAMES,
    SHARIA,
    approve,
    booked,
    decided,
    earn,
    problem,
    propose,
    send,
)
from tests.integration.loans.scene import TODAY, Scene, ask, reserve
from tests.office import Caller, Office


@pytest.fixture
async def bureau(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Office]:
    routers = (router, rulings_router, contracts_router)
    async with office.opened(loans_db, institution_id, *routers) as opened:
        yield opened


@pytest.fixture
def scene(bureau: Office) -> Scene:
    return Scene(
        database=bureau.database, institution_id=bureau.institution_id, branch_id=bureau.branch
    )


@pytest.fixture
def maker(bureau: Office) -> Caller:
    return bureau.caller(Role.FUNDS_MANAGER)


@pytest.fixture
def checker(bureau: Office) -> Caller:
    return bureau.caller(Role.FUNDS_MANAGER)


@pytest.fixture
async def fund_id(scene: Scene) -> FundId:
    return await scene.fund(FundKind.WAQF, lending_ruling=rulings.EVERYTHING)


async def test_tainted_income_goes_to_charity_and_charity_to_those_it_is_for(
    scene: Scene, maker: Caller, checker: Caller, fund_id: FundId
) -> None:
    await earn(scene, fund_id, "500.000")
    case_id = await decided(maker, fund_id, "300.000")

    order = await propose(maker, case_id, "300.000")
    assert (await booked(scene, fund_id))["charity"] == "0.000"
    approved = await approve(checker, order)
    assert approved.status_code == 201, approved.text
    assert await booked(scene, fund_id) == {
        "cash": "10500.000", "profit_income": "-200.000", "charity": "-300.000",
    }  # fmt: skip
    read = (await maker.get(f"{SHARIA}/cases/{case_id}")).json()
    assert (read["purified"], read["decision"]["purify"]) == (
        amount("300.000"), amount("300.000"),
    )  # fmt: skip

    named = {"code": "ORPHANS", "names": NAMES, "registration": "JO 1234"}
    beneficiary = (await maker.post(f"{SHARIA}/beneficiaries", named)).json()["beneficiary_id"]
    body = {"amount": amount("120.000"), "beneficiary_id": beneficiary, "channel": "cash"}
    paid = await approve(checker, await send(maker, f"funds/{fund_id}/charity-payments", body))
    assert paid.status_code == 201, paid.text
    assert await booked(scene, fund_id) == {
        "cash": "10380.000", "profit_income": "-200.000", "charity": "-180.000",
    }  # fmt: skip

    told = (await maker.get(f"{SHARIA}/charity", since=str(TODAY))).json()["funds"]
    assert told == [
        {
            "fund_id": str(fund_id),
            "opening": amount("0.000"),
            "moves": [
                {"kind": "charity", "beneficiary_id": beneficiary, "amount": amount("-120.000")},
                {"kind": "purification", "beneficiary_id": None, "amount": amount("300.000")},
            ],
            "closing": amount("180.000"),
        }
    ]
    after = (await maker.get(f"{SHARIA}/charity", since="2026-04-02", as_of="2026-04-03")).json()
    (only,) = after["funds"]
    assert (only["opening"], only["moves"], only["closing"]) == (
        amount("180.000"), [], amount("180.000"),
    )  # fmt: skip
    assert (await maker.get(f"{SHARIA}/charity", known_at="2026-01-01T00:00:00Z")).json()[
        "funds"
    ] == []


async def test_two_persons_move_money_and_each_order_is_decided_once(
    scene: Scene, maker: Caller, checker: Caller, fund_id: FundId
) -> None:
    await earn(scene, fund_id, "500.000")
    case_id = await decided(maker, fund_id, "300.000")
    order = await propose(maker, case_id, "100.000")
    path = f"charity-orders/{order.json()['order_id']}"

    assert problem(await send(maker, f"{path}/approval")) == (403, "charity-maker-decides")
    assert (await send(checker, f"{path}/rejection")).json()["state"] == "rejected"
    assert problem(await send(checker, f"{path}/approval")) == (409, "charity-order-decided")
    assert (await booked(scene, fund_id))["charity"] == "0.000"
    with pytest.raises(DBAPIError):
        async with scene.database.begin(scene.institution_id) as session:
            await session.execute(text("update charity_decision set outcome = 'approved'"))


async def test_the_same_request_twice_proposes_and_books_once(
    scene: Scene, maker: Caller, checker: Caller, fund_id: FundId
) -> None:
    await earn(scene, fund_id, "500.000")
    case_id = await decided(maker, fund_id, "300.000")
    body, key = {"amount": amount("200.000"), "account": "profit_income"}, str(ids.new())
    path = f"{SHARIA}/cases/{case_id}/purifications"
    first, again = [await maker.post(path, body, Idempotency_Key=key) for _ in range(2)]
    assert first.json() == again.json()

    approval = f"{SHARIA}/charity-orders/{first.json()['order_id']}/approval"
    answers = [await checker.post(approval, None, Idempotency_Key=key) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert (await booked(scene, fund_id))["charity"] == "-200.000"


@pytest.mark.parametrize(
    ("purify", "account", "expected"),
    [
        ("300.001", "profit_income", (422, "purification-too-large")),
        ("0.000", "profit_income", (422, "purification-too-large")),
        ("0.001", "fee_income", (422, "purification-too-large")),
        ("1.000", "penalty_income", (422, "account-not-in-chart")),
    ],
)
async def test_more_than_was_decided_or_earned_is_not_purified(
    scene: Scene,
    maker: Caller,
    fund_id: FundId,
    *,
    purify: str,
    account: str,
    expected: tuple[int, str],
) -> None:
    await earn(scene, fund_id, "500.000")
    case_id = await decided(maker, fund_id, "300.000")

    assert problem(await propose(maker, case_id, purify, account=account)) == expected
    assert (await propose(maker, case_id, "300.000")).status_code == 201


async def test_income_that_is_gone_meanwhile_is_asked_for_again_at_the_approval(
    scene: Scene, maker: Caller, checker: Caller, fund_id: FundId
) -> None:
    await earn(scene, fund_id, "100.000")
    case_id = await decided(maker, fund_id, "300.000")
    first, second = [await propose(maker, case_id, "80.000") for _ in range(2)]

    assert (await approve(checker, first)).status_code == 201
    refused = await approve(checker, second)

    assert problem(refused) == (422, "purification-too-large")
    assert refused.json()["income"] == amount("20.000")
    assert (await booked(scene, fund_id))["charity"] == "-80.000"


async def test_money_that_is_promised_to_a_contract_is_not_given_away(
    scene: Scene, maker: Caller, checker: Caller, fund_id: FundId
) -> None:
    await earn(scene, fund_id, "500.000")
    case_id = await decided(maker, fund_id, "300.000")
    order = await propose(maker, case_id, "300.000")
    async with scene.database.begin(scene.institution_id) as session:
        await reserve(session, ask(fund_id, "10400.000", mode=ModeOfFinance("murabaha")))

    assert problem(await approve(checker, order)) == (422, "fund-exhausted")
    small = await propose(maker, case_id, "100.000")
    assert (await approve(checker, small)).status_code == 201


async def test_no_corpus_is_given_away_as_tainted_income(
    scene: Scene, maker: Caller, checker: Caller
) -> None:
    """10,000 endowed, 10,400 stated as the least corpus, 500 earned: 100 stands above it."""
    fund_id = await scene.fund(FundKind.WAQF, floor="10400.000", lending_ruling=rulings.EVERYTHING)
    await earn(scene, fund_id, "500.000")
    case_id = await decided(maker, fund_id, "300.000")

    refused = await approve(checker, await propose(maker, case_id, "100.001"))
    assert problem(refused) == (422, "corpus-below-floor")
    assert (await booked(scene, fund_id))["charity"] == "0.000"
    assert (await approve(checker, await propose(maker, case_id, "100.000"))).status_code == 201


async def test_charity_pays_no_more_than_it_is_owed_or_than_lies_there(
    scene: Scene, maker: Caller, checker: Caller, fund_id: FundId
) -> None:
    await earn(scene, fund_id, "500.000")
    case_id = await decided(maker, fund_id, "300.000")
    await approve(checker, await propose(maker, case_id, "300.000"))
    named = {"code": "ORPHANS", "names": NAMES, "registration": "JO 1234"}
    beneficiary = (await maker.post(f"{SHARIA}/beneficiaries", named)).json()["beneficiary_id"]
    path = f"funds/{fund_id}/charity-payments"
    body = {"amount": amount("300.001"), "beneficiary_id": beneficiary, "channel": "cash"}

    assert problem(await send(maker, path, body)) == (422, "charity-exhausted")
    wallet = body | {"amount": amount("1.000"), "channel": "wallet"}
    assert problem(await send(maker, path, wallet)) == (422, "charity-exhausted")
    nobody = body | {"beneficiary_id": str(ids.new())}
    assert problem(await send(maker, path, nobody)) == (404, "beneficiary-unknown")
    assert (await send(maker, path, body | {"amount": amount("300.000")})).status_code == 201
    twin = await maker.post(f"{SHARIA}/beneficiaries", named)
    assert problem(twin) == (409, "beneficiary-code-taken")


async def test_two_purifications_at_once_never_exceed_the_income(
    scene: Scene, bureau: Office, maker: Caller, checker: Caller, fund_id: FundId
) -> None:
    await earn(scene, fund_id, "100.000")
    cases = [await decided(maker, fund_id, "100.000") for _ in range(4)]
    orders = [(await propose(maker, one, "60.000")).json()["order_id"] for one in cases]
    actor = Actor(
        id=checker.actor.id,
        institution_id=bureau.institution_id,
        roles=frozenset({Role.FUNDS_MANAGER}),
    )
    gate = asyncio.Barrier(len(orders))

    async def race(order_id: str) -> object:
        async with scene.database.begin(scene.institution_id) as session:
            await session.execute(text("select 1"))
            await gate.wait()
            return await charity.decide_order(
                session, UUID(order_id), outcome="approved", today=office.TODAY, actor=actor
            )

    outcomes = await asyncio.gather(*map(race, orders), return_exceptions=True)

    assert sum(isinstance(one, queries.CharityOrder) for one in outcomes) == 1
    assert sum(isinstance(one, PurificationTooLarge) for one in outcomes) == 3, outcomes
    assert (await booked(scene, fund_id))["charity"] == "-60.000"


async def test_one_order_approved_by_many_at_once_is_booked_once(
    scene: Scene, bureau: Office, maker: Caller, fund_id: FundId
) -> None:
    await earn(scene, fund_id, "500.000")
    case_id = await decided(maker, fund_id, "300.000")
    order_id = (await propose(maker, case_id, "100.000")).json()["order_id"]
    approvers = [bureau.caller(Role.APPROVER) for _ in range(4)]

    answers = await asyncio.gather(
        *(send(one, f"charity-orders/{order_id}/approval") for one in approvers)
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert (await booked(scene, fund_id))["charity"] == "-100.000"


async def test_the_books_are_proved_after_it_and_the_report_agrees_with_them(
    scene: Scene, maker: Caller, checker: Caller, fund_id: FundId
) -> None:
    await earn(scene, fund_id, "500.000")
    case_id = await decided(maker, fund_id, "300.000")
    await approve(checker, await propose(maker, case_id, "250.000"))
    await chained.chain(scene.database, scene.institution_id)

    told = (await maker.get(f"{SHARIA}/charity")).json()
    async with scene.database.read(scene.institution_id) as session:
        rows = await trial_balance(session, cut=Cut(as_of=office.TODAY))
        faults = [one async for one in proof.prove(session) if not one.holds]
    owed = sum(row.credit_minor - row.debit_minor for row in rows if row.code == "charity")

    assert [one["closing"] for one in told["funds"]] == [amount(f"{owed / 1000:.3f}")]
    assert faults == []
