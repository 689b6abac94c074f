"""A borrower's own money is held, owed back, never lent, and proved to the last unit."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.loans.disbursements.router import router as disbursements
from services.loans.domain.chart import FundKind
from services.loans.domain.drawing import Drawing
from services.loans.domain.savings import Savings
from services.loans.funds import queries as funds
from services.loans.holdings.router import router
from services.loans.ledger.queries import Cut, balances
from services.loans.proof import operations as proof
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import tranches
from tests.integration.loans import wallet as wallets
from tests.integration.loans.holding_money import (
    another,
    asked,
    moved,
    path,
    proved,
    put,
    saver,
    take_out,
)
from tests.integration.loans.scene import TODAY, Scene, client_of, jod, keyed
from tests.integration.loans.signing import Approval, approve, loan, offer, sign, signed


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def manager(scene: Scene) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(
        scene, router, disbursements, roles="funds_manager", payments=None
    ) as client:
        yield client


@pytest.fixture
async def other(scene: Scene) -> AsyncIterator[httpx.AsyncClient]:
    """Another person than the manager, who asks for what is given back, and undoes mistakes."""
    async with another(scene) as client:
        yield client


async def test_savings_are_owed_back_and_are_not_the_funds_to_lend(
    scene: Scene, manager: httpx.AsyncClient
) -> None:
    fund_id = await scene.fund(receives="1500.000")
    row = await saver(scene, fund_id)
    digest = "ab" * 32
    put_in = await put(manager, row, "120.000", sha256=digest)
    assert (put_in["kind"], put_in["channel"], put_in["sha256"]) == ("deposit", "cash", digest)
    async with scene.database.read(scene.institution_id) as session:
        booked = await balances(session, fund_id)
        standing = (await funds.standings(session, [fund_id]))[fund_id]
        figures = await funds.figures(session, fund_id, cut=Cut())
    assert (booked["cash"], booked["savings"]) == (jod("1620.000"), jod("-120.000"))
    assert standing.cash == standing.net_assets == jod("1500.000")
    assert figures.cash_minor == figures.received_minor == 1_500_000
    told = (await manager.get(path(row))).json()
    assert told["savings"]["amount"] == "120.000"
    assert told["savings_asked"]["amount"] == "100.000"
    assert [item["holding_id"] for item in told["items"]] == [put_in["holding_id"]]
    await proved(scene)


async def test_what_must_stay_stays_and_what_is_above_it_goes_back(
    scene: Scene, manager: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    row = await saver(scene, await scene.fund())
    await put(manager, row, "130.000")
    paid = await manager.post(
        f"/loans/v1/contracts/{row.contract_id}/disbursements", json={}, headers=keyed()
    )
    assert paid.status_code == 201, paid.text
    too_much = await take_out(other, manager, row, "30.001")
    assert too_much.json()["type"] == "/problems/loans/holding-too-low"
    assert too_much.json()["available"]["amount"] == "30.000"
    taken = await take_out(other, manager, row, "30.000")
    assert taken.json()["amount"]["amount"] == "-30.000"
    assert (await manager.get(path(row))).json()["savings"]["amount"] == "100.000"
    await proved(scene)


async def test_what_must_stay_today_stays_however_far_back_it_is_taken(
    scene: Scene, other: httpx.AsyncClient
) -> None:
    each = Savings(upfront_percent=Decimal(10), each_percent=Decimal(1))
    row = await tranches.drawing(scene, drawing=Drawing(), savings=each)
    async with tranches.desk(scene) as client:
        assert (await tranches.pay_out(client, row, tranches.SIGNED)).status_code == 201
        await put(client, row, "10.000")
        by_now = (await client.get(path(row))).json()["savings_asked"]["amount"]
        assert by_now == "110.000", "one instalment has fallen due by today"
        for on in (tranches.SIGNED, TODAY):
            kept = await take_out(other, client, row, "10.000", moved_on=on.isoformat())
            assert kept.json()["type"] == "/problems/loans/holding-too-low", kept.text
            assert kept.json()["available"]["amount"] == "0.000"


async def test_what_a_payout_under_way_counted_on_is_not_given_back(
    scene: Scene, other: httpx.AsyncClient
) -> None:
    row = await saver(scene, await scene.fund())
    async with wallets.wallet_of(scene) as wallet, tranches.desk(scene) as client:
        await put(client, row, "100.000")
        sent = await wallet.pay_out(row.contract_id, phone=wallets.PHONE + "94")
        assert sent.json()["payment"]["amount"]["amount"] == "1000.000", "nothing is kept back"
        kept = await take_out(other, client, row, "100.000")
        assert kept.json()["type"] == "/problems/loans/holding-too-low", kept.text
        await wallet.poll()
        told = await wallet.read(sent.json()["payment"]["payment_id"])
        assert told["payment"]["is_booked"]
        assert (await client.get(path(row))).json()["savings"]["amount"] == "100.000"
    await proved(scene)


async def test_of_many_who_take_the_same_savings_out_one_does(
    scene: Scene, manager: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    row = await saver(scene, await scene.fund())
    await put(manager, row, "90.000")
    answers = await asyncio.gather(*(take_out(other, manager, row, "60.000") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422]
    assert await scene.scalar("select sum(amount_minor) from holding") == 30_000


async def test_a_movement_is_taken_back_once_and_every_balance_is_as_before(
    scene: Scene, manager: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    fund_id = await scene.fund()
    row = await saver(scene, fund_id)
    put_in = await put(manager, row, "50.000", moved_on=TODAY.isoformat())
    back = f"/loans/v1/holdings/{put_in['holding_id']}/reversal"
    body = {"reason": "wrong_contract"}
    own = await manager.post(back, json=body, headers=keyed())
    assert (own.status_code, own.json()["type"]) == (403, "/problems/loans/own-movement")
    undone = await other.post(back, json=body, headers=keyed())
    assert undone.json()["amount"]["amount"] == "-50.000"
    assert undone.json()["reverses_holding_id"] == put_in["holding_id"]
    for again in (back, f"/loans/v1/holdings/{undone.json()['holding_id']}/reversal"):
        refused = await manager.post(again, json=body, headers=keyed())
        assert refused.json()["type"] == "/problems/loans/holding-stands"
    async with scene.database.read(scene.institution_id) as session:
        booked = await balances(session, fund_id)
    assert (booked["cash"], booked["savings"]) == (jod("10000.000"), jod("0.000"))
    await proved(scene)


async def test_a_deposit_that_was_taken_out_since_is_not_taken_back(
    scene: Scene, manager: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    row = await saver(scene, await scene.fund())
    put_in = await put(manager, row, "50.000")
    await take_out(other, manager, row, "20.000")
    refused = await other.post(
        f"/loans/v1/holdings/{put_in['holding_id']}/reversal",
        json={"reason": "duplicate"},
        headers=keyed(),
    )
    assert refused.json()["type"] == "/problems/loans/holding-too-low"
    assert await scene.scalar("select count(*) from holding") == 2


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (moved("0.000"), "amount-not-positive"),
        (moved("1.000", moved_on="2026-03-02"), "day-not-possible"),
        (moved("1.000", moved_on="2026-02-28"), "day-not-possible"),
        (moved("1.000", "contribution"), "nothing-agreed-to-hold"),
        ({"purpose": "savings", "amount": {"amount": "1.00", "currency": "EGP"}}, "mismatch"),
    ],
)
async def test_what_cannot_be_held_is_refused_by_name(
    scene: Scene, manager: httpx.AsyncClient, body: dict[str, Any], problem: str
) -> None:
    row = await saver(scene, await scene.fund())
    answer = await manager.post(path(row), json=body, headers=keyed())
    assert answer.status_code == 422
    assert answer.json()["type"].endswith(problem)
    assert await scene.scalar("select count(*) from holding") == 0


async def test_where_no_savings_are_agreed_none_are_taken_and_none_when_it_is_over(
    scene: Scene, manager: httpx.AsyncClient
) -> None:
    fund_id = await scene.fund()
    plain = await signed(scene, fund_id)
    answer = await manager.post(path(plain), json=moved("1.000"), headers=keyed())
    assert answer.json()["type"] == "/problems/loans/nothing-agreed-to-hold"
    over = await saver(scene, fund_id)
    async with scene.database.begin(scene.institution_id) as session:
        await session.execute(
            text("update contract set status = 'cancelled' where contract_id = :id"),
            {"id": over.contract_id},
        )
    answer = await manager.post(path(over), json=moved("1.000"), headers=keyed())
    assert answer.json()["type"] == "/problems/loans/holds-no-more"


async def test_a_rate_is_earned_once_for_each_day_and_costs_the_fund(
    scene: Scene, manager: httpx.AsyncClient
) -> None:
    fund_id = await scene.fund(FundKind.COMMERCIAL)
    product = loan(savings=Savings(upfront_percent=Decimal(10), annual_rate=Decimal("0.365")))
    row = await signed(scene, fund_id, product=product, annual_rate=Decimal("0.18"))
    await put(manager, row, "100.000")
    first = await manager.post(path(row, "/earnings"), json={}, headers=keyed())
    assert first.json()["amount"]["amount"] == "0.100", first.text
    again = await manager.post(path(row, "/earnings"), json={}, headers=keyed())
    assert again.json()["type"] == "/problems/loans/nothing-earned"
    async with scene.database.read(scene.institution_id) as session:
        booked = await balances(session, fund_id)
        figures = await funds.figures(session, fund_id, cut=Cut())
    assert (booked["savings_cost"], booked["savings"]) == (jod("0.100"), jod("-100.100"))
    assert figures.received_minor + figures.returned_minor == figures.cash_minor
    await proved(scene)


async def test_what_was_earned_in_error_is_earned_again(
    scene: Scene, manager: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    fund_id = await scene.fund(FundKind.COMMERCIAL)
    product = loan(savings=Savings(upfront_percent=Decimal(10), annual_rate=Decimal("0.365")))
    row = await signed(scene, fund_id, product=product, annual_rate=Decimal("0.18"))
    await put(manager, row, "100.000")
    for _ in range(2):
        earned = await manager.post(path(row, "/earnings"), json={}, headers=keyed())
        assert earned.json()["amount"]["amount"] == "0.100", earned.text
        back = f"/loans/v1/holdings/{earned.json()['holding_id']}/reversal"
        undone = await other.post(back, json={"reason": "duplicate"}, headers=keyed())
        assert undone.json()["amount"]["amount"] == "-0.100", undone.text
    async with scene.database.read(scene.institution_id) as session:
        booked = await balances(session, fund_id)
    assert (booked["savings_cost"], booked["savings"]) == (jod("0.000"), jod("-100.000"))
    await proved(scene)


async def test_of_earnings_the_newest_is_taken_back_first_and_no_day_is_lost(
    scene: Scene, manager: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    fund_id = await scene.fund(FundKind.COMMERCIAL)
    savings = Savings(upfront_percent=Decimal(10), annual_rate=Decimal("0.365"))
    product = await offer(scene, loan(savings=savings))
    approval = Approval(product=product, fund_id=fund_id, annual_rate=Decimal("0.18"))
    (row,) = await sign(scene, await approve(scene, [approval]), on=date(2026, 1, 15))
    await put(manager, row, "100.000", moved_on="2026-01-15")

    async def earn(through: str) -> Any:
        body = {"through_on": through}
        return (await manager.post(path(row, "/earnings"), json=body, headers=keyed())).json()

    async def undo(earning: Any) -> Any:
        back = f"/loans/v1/holdings/{earning['holding_id']}/reversal"
        return (await other.post(back, json={"reason": "duplicate"}, headers=keyed())).json()

    first, second = await earn("2026-01-24"), await earn("2026-02-03")
    assert [one["amount"]["amount"] for one in (first, second)] == ["1.000", "1.010"]
    refused = await undo(first)
    assert refused["type"] == "/problems/loans/later-earning-stands", refused
    assert refused["later_holding_id"] == second["holding_id"]
    assert (await undo(second))["amount"]["amount"] == "-1.010"
    assert (await undo(first))["amount"]["amount"] == "-1.000"
    assert (await undo(first))["type"] == "/problems/loans/holding-stands"
    assert (await earn("2026-02-03"))["amount"]["amount"] == "2.000", "twenty days on 100.000"
    await proved(scene)


async def test_a_share_of_declared_profit_is_earned_and_a_rate_is_not_agreed_by_sharia(
    scene: Scene, manager: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    fund_id = await scene.fund(FundKind.DONATION)
    shared = Savings(upfront_percent=Decimal(10), profit_share_percent=Decimal(40))
    row = await saver(scene, fund_id, shared)
    await put(manager, row, "100.000")
    declared = {"amount": "12.505", "currency": "JOD"}
    body = {"declared": declared, "sha256": "0" * 64}
    alone = await manager.post(path(row, "/earnings"), json=body, headers=keyed())
    assert alone.json()["type"] == "/problems/loans/not-asked-by-another"
    body["request_id"] = await asked(other, row, kind="earning", amount=declared)
    earned = await manager.post(path(row, "/earnings"), json=body, headers=keyed())
    assert earned.json()["amount"]["amount"] == "5.002"
    waqf = await saver(scene, await scene.fund(), shared)
    await put(manager, waqf, "100.000")
    body["request_id"] = await asked(other, waqf, kind="earning", amount=declared)
    refused = await manager.post(path(waqf, "/earnings"), json=body, headers=keyed())
    assert refused.json()["type"] == "/problems/loans/account-not-in-chart"
    await proved(scene)


async def test_books_that_hold_other_savings_than_were_put_in_are_found(
    scene: Scene, manager: httpx.AsyncClient
) -> None:
    row = await saver(scene, await scene.fund())
    await put(manager, row, "50.000")
    async with scene.database.begin(scene.institution_id) as session:
        await session.execute(
            text(
                "insert into holding select institution_id, gen_random_uuid(), contract_id,"
                " purpose, kind, currency, 1, :on, channel, null, null, null, null, null,"
                " entry_id, actor_id from holding"
            ),
            {"on": date(2026, 3, 1)},
        )
        broken = [one async for one in proof.prove(session) if not one.holds]
    assert [(one.row, one.why) for one in broken] == [
        (str(row.contract_id), "savings moved 50001, booked 50000")
    ]
