"""Orders on what is drawn and held: a tranche taken back, a drawing ended, savings set off."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from services.loans.contracts.tables import ContractRow
from services.loans.domain.amortisation import Amortisation, AmortisationKind, Shortfall
from services.loans.domain.chart import FundKind
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.savings import Savings
from services.loans.funds import queries as funds
from shared.db import Database
from shared.ids import FundId, InstitutionId
from shared.money import Money
from tests.integration.loans import ordering
from tests.integration.loans import wallet as wallets
from tests.integration.loans.ordering import Desk, cash, keyed
from tests.integration.loans.scene import TODAY, jod
from tests.integration.loans.tranches import SECOND, SIGNED, drawing, in_two

TENTH = Savings(upfront_percent=Decimal(10))


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        opened.office.app.state.payments = None
        yield opened


async def pay_out(desk: Desk, row: ContractRow, on: str, **body: Any) -> dict[str, Any]:
    path = f"/loans/v1/contracts/{row.contract_id}/disbursements"
    answer = await keyed(desk.manager, path, {"disbursed_on": on, **body})
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["disbursement"])


async def drawn(desk: Desk, **changes: Any) -> tuple[FundId, ContractRow]:
    """600 and then 400 JOD drawn in cash, on their days."""
    fund_id = await desk.scene.fund(FundKind.COMMERCIAL)
    row = await drawing(desk.scene, fund_id=fund_id, **changes)
    await pay_out(desk, row, SIGNED.isoformat())
    await pay_out(desk, row, SECOND.isoformat())
    return fund_id, row


async def committed(desk: Desk, fund_id: FundId) -> Money:
    async with desk.scene.database.read(desk.scene.institution_id) as session:
        return (await funds.standings(session, [fund_id]))[fund_id].committed


async def schedule(desk: Desk, row: ContractRow) -> Any:
    answer = await desk.manager.get(f"/loans/v1/contracts/{row.contract_id}/schedule")
    return [
        (due["due_on"], due["principal"]["amount"], due["profit"]["amount"])
        for due in answer.json()["instalments"]
    ]


async def held(desk: Desk, row: ContractRow) -> Any:
    return (await desk.manager.get(f"/loans/v1/contracts/{row.contract_id}/holdings")).json()


async def save(desk: Desk, row: ContractRow, amount: str, purpose: str = "savings") -> None:
    path = f"/loans/v1/contracts/{row.contract_id}/holdings"
    body = {"purpose": purpose, "amount": cash(amount), "moved_on": SIGNED.isoformat()}
    answer = await keyed(desk.maker, path, body)
    assert answer.status_code == 201, answer.text


async def take_out(desk: Desk, row: ContractRow, amount: str) -> httpx.Response:
    """The maker asks for savings, and the manager pays them out."""
    path = f"/loans/v1/contracts/{row.contract_id}/holdings"
    body = {"purpose": "savings", "amount": cash(amount)}
    asked = await keyed(desk.maker, f"{path}/requests", {"kind": "withdrawal", **body})
    body["request_id"] = asked.json()["request_id"]
    return await keyed(desk.manager, f"{path}/withdrawals", body)


async def test_the_last_tranche_taken_back_leaves_the_first_as_it_was(desk: Desk) -> None:
    fund_id = await desk.scene.fund(FundKind.COMMERCIAL)
    row = await drawing(desk.scene, fund_id=fund_id)
    contract_id = str(row.contract_id)
    await pay_out(desk, row, SIGNED.isoformat())
    paid = await desk.repay(contract_id, "100.000", received_on="2026-02-15")
    assert paid.status_code == 201, paid.text
    before = await desk.position(contract_id), await desk.balances(contract_id)
    agreed = await schedule(desk, row)
    await pay_out(desk, row, SECOND.isoformat())
    order = await desk.done(contract_id, "disbursement_reversal", effective_on="2026-03-01")
    assert order["generation"] == 4
    assert (await desk.position(contract_id), await desk.balances(contract_id)) == before
    assert await schedule(desk, row) == agreed
    assert await committed(desk, fund_id) == jod("400.000")
    assert await desk.faults() == {}


async def test_all_tranches_taken_back_leave_the_contract_signed_with_its_plan(desk: Desk) -> None:
    fund_id = await desk.scene.fund(FundKind.COMMERCIAL)
    row = await drawing(desk.scene, fund_id=fund_id, savings=TENTH)
    contract_id, plan = str(row.contract_id), await schedule(desk, row)
    before = await desk.balances(contract_id)
    await pay_out(desk, row, SIGNED.isoformat())
    await pay_out(desk, row, SECOND.isoformat())
    for _ in range(2):
        await desk.done(contract_id, "disbursement_reversal", effective_on="2026-03-01")
    assert (await schedule(desk, row), await desk.balances(contract_id)) == (plan, before)
    assert (await held(desk, row))["savings"]["amount"] == "0.000"
    assert await committed(desk, fund_id) == jod("1000.000")
    told = (await desk.manager.get(f"/loans/v1/contracts/{contract_id}")).json()
    assert told["contract"]["status"] == "signed"
    assert await desk.faults() == {}


async def test_savings_taken_out_since_keep_the_payout_from_being_taken_back(desk: Desk) -> None:
    row = await drawing(desk.scene, savings=TENTH)
    await pay_out(desk, row, SIGNED.isoformat())
    await save(desk, row, "5.000")
    assert (await take_out(desk, row, "5.000")).status_code == 201
    await desk.done(str(row.contract_id), "set_off", amount=cash("1.000"))
    refused = await desk.give(str(row.contract_id), "disbursement_reversal")
    assert refused.json()["type"] == "/problems/loans/has-moved"


async def test_a_contribution_is_held_again_when_its_payout_is_taken_back(desk: Desk) -> None:
    first = Drawing(down_payment_percent=Decimal(10), down_payment_first=True)
    row = await drawing(desk.scene, drawing=first)
    contract_id = str(row.contract_id)
    await save(desk, row, "100.000", "contribution")
    before = await desk.balances(contract_id)
    await pay_out(desk, row, SIGNED.isoformat())
    assert (await held(desk, row))["contribution"]["amount"] == "0.000"
    await desk.done(contract_id, "disbursement_reversal", effective_on="2026-03-01")
    assert await desk.balances(contract_id) == before
    assert (await held(desk, row))["contribution"]["amount"] == "100.000"
    assert await desk.faults() == {}


async def test_a_contribution_held_again_leaves_room_for_the_rest_of_it(desk: Desk) -> None:
    first = in_two(down_payment_percent=Decimal(10), down_payment_first=True)
    row = await drawing(desk.scene, drawing=first)
    await save(desk, row, "60.000", "contribution")
    await pay_out(desk, row, SIGNED.isoformat())
    back = {"effective_on": SIGNED.isoformat()}
    await desk.done(str(row.contract_id), "disbursement_reversal", **back)
    await pay_out(desk, row, SIGNED.isoformat())
    await save(desk, row, "40.000", "contribution")
    assert (await pay_out(desk, row, SECOND.isoformat()))["amount"]["amount"] == "400.000"
    assert (await held(desk, row))["contribution"]["amount"] == "0.000"
    assert await desk.faults() == {}


async def test_no_order_is_in_the_way_of_a_tranche_that_has_left(desk: Desk) -> None:
    today = Drawing(tranches=(Tranche(on=TODAY, amount=jod("400.000")),))
    row = await drawing(desk.scene, drawing=today)
    contract_id = str(row.contract_id)
    await pay_out(desk, row, SIGNED.isoformat())
    waits = (await desk.give(contract_id, "write_off")).json()
    async with wallets.wallet_of(desk.scene) as wallet:
        sent = await wallet.pay_out(row.contract_id, phone=wallets.PHONE + "94")
        assert sent.status_code == 201, sent.text
        refused = [await desk.approve(waits)]
        refused += [
            await desk.give(contract_id, kind)
            for kind in ("write_off", "disbursement_reversal", "end_drawing")
        ]
        for answer in refused:
            assert answer.json()["type"] == "/problems/loans/payment-under-way", answer.text
        await wallet.poll()
        told = await wallet.read(sent.json()["payment"]["payment_id"])
        assert told["payment"]["is_booked"]
    assert (await desk.approve(waits)).json()["state"] == "in_force"
    assert await desk.faults() == {}


async def test_a_drawing_that_was_ended_frees_the_fund_and_draws_no_more(desk: Desk) -> None:
    fund_id = await desk.scene.fund(FundKind.COMMERCIAL)
    row = await drawing(desk.scene, fund_id=fund_id)
    contract_id = str(row.contract_id)
    await pay_out(desk, row, SIGNED.isoformat())
    agreed = await schedule(desk, row)
    order = await desk.done(contract_id, "end_drawing")
    assert await committed(desk, fund_id) == jod("0.000")
    assert await schedule(desk, row) == agreed
    path = f"/loans/v1/contracts/{contract_id}/disbursements"
    refused = await keyed(desk.manager, path, {"disbursed_on": SECOND.isoformat()})
    assert refused.json()["type"] == "/problems/loans/drawing-ended"
    again = await desk.give(contract_id, "end_drawing")
    assert again.json()["type"] == "/problems/loans/order-changes-nothing"
    back = f"/loans/v1/orders/{order['order_id']}/reversal"
    final = await keyed(desk.maker, back, {"reason": "error"})
    assert final.json()["type"] == "/problems/loans/reversal-of-reversal"
    assert await desk.faults() == {}


async def test_a_drawing_taken_back_is_cancelled_and_all_is_free_again(desk: Desk) -> None:
    fund_id = await desk.scene.fund(FundKind.COMMERCIAL)
    row = await drawing(desk.scene, fund_id=fund_id, savings=TENTH)
    await save(desk, row, "100.000")
    await pay_out(desk, row, SIGNED.isoformat())
    await desk.done(str(row.contract_id), "end_drawing")
    await desk.done(str(row.contract_id), "disbursement_reversal")
    assert await committed(desk, fund_id) == jod("600.000")
    path = f"/loans/v1/contracts/{row.contract_id}"
    cancelled = await keyed(desk.manager, f"{path}/cancellation", {"reason": "not_collected"})
    assert cancelled.status_code == 201, cancelled.text
    assert await committed(desk, fund_id) == jod("0.000")
    back = await take_out(desk, row, "100.000")
    assert back.status_code == 201, back.text
    assert await desk.faults() == {}


async def test_savings_are_set_off_by_two_persons_and_come_back_with_the_order(desk: Desk) -> None:
    _, row = await drawn(desk, savings=TENTH)
    contract_id = str(row.contract_id)
    before = await desk.position(contract_id), await desk.balances(contract_id)
    given = await desk.give(contract_id, "set_off", amount=cash("60.000"))
    assert given.json()["state"] == "proposed"
    own = await desk.approve(given.json(), by=desk.maker)
    assert own.status_code == 403
    order = (await desk.approve(given.json())).json()
    assert order["state"] == "in_force"
    now = await desk.balances(contract_id)
    assert (now["savings"], now["cash"]) == (-40_000, before[1]["cash"])
    assert (await held(desk, row))["savings"]["amount"] == "40.000"
    told = await desk.scene.scalar(
        "select data ->> 'channel' from event where data ->> 'kind' = 'set_off'"
        " and type = 'loans.contract-corrected.v1'"
    )
    assert told == "savings"
    assert await desk.faults() == {}
    await desk.undone(order)
    assert (await desk.position(contract_id), await desk.balances(contract_id)) == before
    assert (await held(desk, row))["savings"]["amount"] == "100.000"
    assert await desk.faults() == {}


async def test_no_more_is_set_off_than_is_saved_or_owed(desk: Desk) -> None:
    _, row = await drawn(desk, savings=TENTH)
    contract_id = str(row.contract_id)
    more = await desk.give(contract_id, "set_off", amount=cash("100.001"))
    assert more.json()["type"] == "/problems/loans/holding-too-low"
    await save(desk, row, "5000.000")
    owed = await desk.give(contract_id, "set_off", amount=cash("2000.000"))
    assert owed.json()["type"] == "/problems/loans/beyond-what-is-there"


async def test_what_an_order_added_stays_when_the_next_tranche_is_drawn(desk: Desk) -> None:
    row = await drawing(desk.scene)
    contract_id = str(row.contract_id)
    await pay_out(desk, row, SIGNED.isoformat())
    order = await desk.done(
        contract_id,
        "charge",
        part="fee",
        amount=cash("5.000"),
        due_on="2026-03-15",
        effective_on="2026-02-16",
    )
    await pay_out(desk, row, SECOND.isoformat())
    answer = await desk.manager.get(f"/loans/v1/contracts/{contract_id}/schedule")
    assert answer.json()["fee"]["amount"] == "5.000"
    await desk.undone(order)
    answer = await desk.manager.get(f"/loans/v1/contracts/{contract_id}/schedule")
    assert answer.json()["fee"]["amount"] == "0.000"
    assert await desk.faults() == {}


async def test_principal_that_an_order_spread_anew_is_not_drawn_upon(desk: Desk) -> None:
    row = await drawing(desk.scene)
    contract_id = str(row.contract_id)
    await pay_out(desk, row, SIGNED.isoformat())
    order = await desk.done(contract_id, "payment_holiday", periods=1, effective_on="2026-02-16")
    path = f"/loans/v1/contracts/{contract_id}/disbursements"
    refused = await keyed(desk.manager, path, {"disbursed_on": SECOND.isoformat()})
    assert refused.json()["type"] == "/problems/loans/drawn-amid-orders"
    await desk.undone(order)
    await pay_out(desk, row, SECOND.isoformat())
    assert await desk.faults() == {}


async def test_a_loan_that_grows_is_signed_paid_and_settled_to_the_last_unit(desk: Desk) -> None:
    fixed = Amortisation(
        kind=AmortisationKind.FIXED_INSTALMENT,
        instalment=jod("8.000"),
        shortfall=Shortfall.CAPITALISE,
    )
    fund_id = await desk.scene.fund(FundKind.COMMERCIAL)
    row = await drawing(desk.scene, fund_id=fund_id, drawing=Drawing(), amortisation=fixed)
    contract_id = str(row.contract_id)
    assert (await schedule(desk, row))[0] == ("2026-02-15", "0.000", "8.000")
    await pay_out(desk, row, SIGNED.isoformat())
    paid = (await desk.repay(contract_id, "8.000", received_on="2026-02-15")).json()
    assert paid["profit"]["amount"] == "8.000"
    path = f"/loans/v1/contracts/{contract_id}/payoff"
    quote = (await desk.manager.get(path, on="2026-04-01")).json()
    # 2.000 and 2.020 joined what bears profit; 17 of 31 days of 10.040 were earned since.
    assert quote["principal"]["amount"] == "1000.000"
    assert quote["total"]["amount"] == "1017.525"
    refused = await desk.give(contract_id, "payment_holiday", periods=1)
    assert refused.json()["type"] == "/problems/loans/not-spread-anew"
    await desk.done(contract_id, "payoff")
    told = (await desk.manager.get(f"/loans/v1/contracts/{contract_id}")).json()["state"]
    assert (told["is_closed"], told["paid"]["principal"]["amount"]) == (True, "1000.000")
    assert await desk.faults() == {}
