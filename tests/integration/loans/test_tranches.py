"""What is drawn bears profit and falls due, the rest stays committed, and no more is drawn."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

import httpx
import pytest

from services.loans.contracts import queries as contracts
from services.loans.domain import drawn, schedule
from services.loans.domain.chart import FundKind
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.savings import Savings
from services.loans.funds import queries as funds
from services.loans.ledger.queries import balances
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import tranches
from tests.integration.loans import wallet as wallets
from tests.integration.loans.scene import TODAY, Scene, jod, keyed
from tests.integration.loans.signing import loan, signed
from tests.integration.loans.tranches import SECOND, SIGNED, drawing, dues, in_two, pay_out, repay
from tests.integration.loans.wallet import PHONE


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def client(scene: Scene) -> AsyncIterator[httpx.AsyncClient]:
    async with tranches.desk(scene) as opened:
        yield opened


async def test_each_tranche_takes_its_part_of_the_commitment_and_makes_its_own_instalments(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    fund_id = await scene.fund(FundKind.COMMERCIAL)
    row = await drawing(scene, fund_id=fund_id)
    terms = contracts.terms_of(row)
    first = await pay_out(client, row, SIGNED)
    assert first.status_code == 201, first.text
    assert first.json()["disbursement"]["amount"]["amount"] == "600.000"
    async with scene.database.read(scene.institution_id) as session:
        standing = (await funds.standings(session, [fund_id]))[fund_id]
    assert standing.committed == jod("400.000")
    alone = replace(terms, principal=jod("600.000"), drawing=Drawing())
    asked = [
        (due.due_on.isoformat(), str(due.principal), str(due.profit))
        for due in schedule.schedule(alone)
    ]
    assert await dues(client, row) == asked
    told = await tranches.state(client, row)
    assert told["outstanding_principal"]["amount"] == told["disbursed"]["amount"] == "600.000"
    await tranches.proved(scene)

    second = await pay_out(client, row, SECOND, tranche=2)
    assert second.status_code == 201, second.text
    planned = [
        (due.due_on.isoformat(), str(due.principal), str(due.profit))
        for due in schedule.schedule(terms)
    ]
    assert await dues(client, row) == planned
    async with scene.database.read(scene.institution_id) as session:
        booked = await balances(session, fund_id)
        standing = (await funds.standings(session, [fund_id]))[fund_id]
    assert (booked["loans"], booked["cash"]) == (jod("1000.000"), jod("9000.000"))
    assert standing.committed == jod("0.000")
    before = await tranches.state(client, row, as_of="2026-02-19")
    assert before["outstanding_principal"]["amount"] == "600.000"
    assert (await tranches.state(client, row))["outstanding_principal"]["amount"] == "1000.000"
    over = await pay_out(client, row, SECOND)
    assert over.json()["type"] == "/problems/loans/nothing-left-to-draw"
    await tranches.proved(scene)


async def test_a_repayment_before_the_last_tranche_stays_where_it_fell(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    row = await drawing(scene)
    await pay_out(client, row, SIGNED)
    due = (await dues(client, row))[0]
    total = str(jod(due[1]) + jod(due[2]))
    paid = await repay(client, row, total, date(2026, 2, 15))
    assert (paid["principal"]["amount"], paid["profit"]["amount"]) == (due[1], due[2])
    await pay_out(client, row, SECOND)
    told = await tranches.state(client, row)
    assert told["paid"]["principal"]["amount"] == due[1]
    assert jod(told["outstanding_principal"]["amount"]) == jod("1000.000") - jod(due[1])
    assert (await dues(client, row))[0] == due
    await tranches.proved(scene)


async def test_what_was_paid_too_much_pays_what_the_next_tranche_makes_due(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    row = await drawing(scene)
    await pay_out(client, row, SIGNED)
    await repay(client, row, "700.000", date(2026, 2, 16))
    told = await tranches.state(client, row)
    assert told["is_closed"]
    assert jod(told["paid"]["surplus"]["amount"]).is_positive
    second = await pay_out(client, row, SECOND)
    assert second.status_code == 201, second.text
    told = await tranches.state(client, row)
    assert (told["is_closed"], told["paid"]["surplus"]["amount"]) == (False, "0.000")
    await tranches.proved(scene)


async def test_of_many_who_draw_the_same_tranche_one_does(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    row = await drawing(scene)
    await pay_out(client, row, SIGNED)
    for body in ({"tranche": 2}, {}):
        answers = await asyncio.gather(*(pay_out(client, row, SECOND, **body) for _ in range(3)))
        codes = sorted(answer.status_code for answer in answers)
        assert codes == ([201, 409, 409] if body else [409, 409, 409])
    assert await scene.scalar("select sum(amount_minor) from disbursement") == 1_000_000
    drawn_of = "select sum(amount_minor) from fund_claim where kind = 'draw'"
    assert await scene.scalar(drawn_of) == 1_000_000


@pytest.mark.parametrize(
    ("on", "body", "problem"),
    [
        (date(2026, 2, 19), {}, "tranche-day-wrong"),
        (date(2026, 2, 21), {}, "tranche-day-wrong"),
        (SECOND, {"amount": tranches.money("399.999")}, "tranche-amount-wrong"),
        (SECOND, {"amount": tranches.money("400.001")}, "tranche-amount-wrong"),
        (SECOND, {"tranche": 1}, "tranche-not-next"),
        (SECOND, {"tranche": 3}, "tranche-not-next"),
    ],
)
async def test_a_tranche_that_was_not_agreed_so_is_refused_by_name(
    scene: Scene,
    client: httpx.AsyncClient,
    on: date,
    body: dict[str, object],
    problem: str,
) -> None:
    row = await drawing(scene)
    await pay_out(client, row, SIGNED)
    answer = await pay_out(client, row, on, **body)
    assert answer.json()["type"] == f"/problems/loans/{problem}", answer.text
    assert await scene.scalar("select count(*) from disbursement") == 1


async def test_where_the_terms_allow_it_less_is_drawn_and_later_and_the_rest_still_may(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    row = await drawing(scene, drawing=in_two(may_be_less=True, late_days=5))
    less = await pay_out(client, row, SIGNED, amount=tranches.money("500.000"))
    assert less.status_code == 201, less.text
    assert less.json()["disbursement"]["amount"]["amount"] == "500.000"
    late = await pay_out(
        client, row, date(2026, 2, 25), amount=tranches.money("500.000"), tranche=2
    )
    assert late.status_code == 201, late.text
    terms = contracts.terms_of(row)
    made = (
        Tranche(on=SIGNED, amount=jod("500.000")),
        Tranche(on=date(2026, 2, 25), amount=jod("500.000")),
    )
    expected = [
        (due.due_on.isoformat(), str(due.principal), str(due.profit))
        for due in schedule.schedule(drawn.terms_of(terms, drawn=made))
    ]
    assert await dues(client, row) == expected
    await tranches.proved(scene)


async def test_savings_are_kept_back_once_and_a_fee_too(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    savings = Savings(upfront_percent=Decimal(10))
    fund_id = await scene.fund(FundKind.COMMERCIAL)
    row = await drawing(scene, fund_id=fund_id, savings=savings)
    path = f"/loans/v1/contracts/{row.contract_id}/holdings"
    put_in = {"purpose": "savings", "amount": tranches.money("30.000"), "moved_on": "2026-01-15"}
    assert (await client.post(path, json=put_in, headers=keyed())).status_code == 201
    first = (await pay_out(client, row, SIGNED)).json()["disbursement"]
    assert (first["saved"]["amount"], first["paid"]["amount"]) == ("70.000", "530.000")
    second = (await pay_out(client, row, SECOND)).json()["disbursement"]
    assert (second["saved"]["amount"], second["paid"]["amount"]) == ("0.000", "400.000")
    async with scene.database.read(scene.institution_id) as session:
        booked = await balances(session, fund_id)
    assert booked["savings"] == jod("-100.000")
    told = (await client.get(path)).json()
    assert [item["kind"] for item in told["items"]] == ["deposit", "kept_back"]
    paper = f"/loans/v1/contracts/{row.contract_id}/statement"
    statement = (await client.get(paper)).json()
    assert statement["held"]["savings"]["amount"] == "100.000"
    lines = [(line["movement"], line["amount"]["amount"]) for line in statement["lines"]]
    assert lines == [("disbursement", "600.000"), ("disbursement", "400.000")]
    early = (await client.get(paper, params={"last_on": "2026-01-14"})).json()
    assert early.get("held", {}).get("savings", {}).get("amount", "0.000") == "0.000"
    await tranches.proved(scene)


async def test_a_down_payment_that_comes_first_is_held_and_pays_on_the_day_of_the_payout(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    first = Drawing(down_payment_percent=Decimal(10), down_payment_first=True)
    fund_id = await scene.fund(FundKind.COMMERCIAL)
    row = await drawing(scene, fund_id=fund_id, drawing=first)
    refused = await pay_out(client, row, SIGNED)
    assert refused.json()["type"] == "/problems/loans/down-payment-missing"
    assert refused.json()["asked"]["amount"] == "100.000"
    path = f"/loans/v1/contracts/{row.contract_id}/holdings"
    put_in = {
        "purpose": "contribution",
        "amount": tranches.money("100.001"),
        "moved_on": "2026-01-15",
        "sha256": "cd" * 32,
    }
    beyond = await client.post(path, json=put_in, headers=keyed())
    assert beyond.json()["type"] == "/problems/loans/contribution-beyond"
    put_in["amount"] = tranches.money("100.000")
    assert (await client.post(path, json=put_in, headers=keyed())).status_code == 201
    paid = await pay_out(client, row, date(2026, 1, 20))
    assert paid.status_code == 201, paid.text
    told = await tranches.state(client, row)
    assert told["disbursed"]["amount"] == "1000.000"
    assert told["paid"]["principal"]["amount"] == "100.000"
    assert (await dues(client, row))[0] == ("2026-01-20", "100.000", "0.000")
    async with scene.database.read(scene.institution_id) as session:
        booked = await balances(session, fund_id)
    assert (booked["contribution"], booked["loans"]) == (jod("0.000"), jod("900.000"))
    await tranches.proved(scene)


async def test_a_down_payment_may_also_be_paid_as_the_first_instalment(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    row = await drawing(scene, drawing=Drawing(down_payment_percent=Decimal(10)))
    assert (await pay_out(client, row, SIGNED)).status_code == 201
    told = await tranches.state(client, row, as_of="2026-01-15")
    assert told["next_due"]["total"]["amount"] == "100.000"
    paid = await repay(client, row, "100.000", SIGNED)
    assert paid["principal"]["amount"] == "100.000"
    await tranches.proved(scene)


async def test_over_a_wallet_the_next_tranche_sets_out_once_the_one_before_has_arrived(
    scene: Scene,
) -> None:
    savings = Savings(upfront_percent=Decimal(10))
    today = Drawing(tranches=(Tranche(on=TODAY, amount=jod("400.000")),))
    fund_id = await scene.fund(FundKind.COMMERCIAL)
    row = await drawing(scene, fund_id=fund_id, drawing=today, savings=savings)
    async with wallets.wallet_of(scene) as wallet, tranches.desk(scene) as client:
        assert (await pay_out(client, row, SIGNED)).status_code == 201
        pending = await wallet.pay_out(row.contract_id, phone=PHONE + "91")
        assert pending.json()["payment"]["amount"]["amount"] == "400.000"
        again = await wallet.pay_out(row.contract_id, phone=PHONE + "00")
        assert again.json()["type"] == "/problems/loans/payment-under-way"
        assert await scene.scalar("select sum(amount_minor) from disbursement") == 600_000
    await tranches.proved(scene)


async def test_a_first_tranche_over_a_wallet_keeps_savings_back_as_it_set_out(
    scene: Scene,
) -> None:
    savings = Savings(upfront_percent=Decimal(10))
    later = Drawing(tranches=(Tranche(on=date(2026, 3, 20), amount=jod("400.000")),))
    fund_id = await scene.fund(FundKind.COMMERCIAL)
    product = loan(amount=tranches.ABOVE, drawing=later, savings=savings)
    row = await signed(scene, fund_id, product=product, annual_rate=tranches.RATE)
    async with wallets.wallet_of(scene) as wallet:
        sent = await wallet.pay_out(row.contract_id, phone=PHONE + "00")
        assert sent.json()["payment"]["amount"]["amount"] == "500.000"
        payment = await wallet.read(sent.json()["payment"]["payment_id"])
        assert payment["payment"]["is_booked"]
    async with scene.database.read(scene.institution_id) as session:
        booked = await balances(session, fund_id)
    assert (booked["loans"], booked["savings"]) == (jod("600.000"), jod("-100.000"))
    assert booked["wallet"] == jod("-500.000")
    await tranches.proved(scene)
