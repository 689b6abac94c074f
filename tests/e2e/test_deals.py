"""A lease, a shrinking share, a trust, a partnership and goods to come, walked over HTTP."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from shared.clock import SystemClock
from tests import bodies
from tests.bodies import Json, amount, limits
from tests.e2e import deals, journey
from tests.e2e import test_life_with_corrections as corrections
from tests.e2e.deals import step
from tests.e2e.house import House
from tests.e2e.journey import Office
from tests.e2e.test_life_of_a_loan import proves_the_books


def in_days(days: int) -> str:
    return (SystemClock().today("Asia/Amman") + timedelta(days=days)).isoformat()


async def begun(house: House, offered: Json) -> tuple[Office, str, str]:
    """An office, a signed contract of 1,000 JOD and a supplier."""
    office = await deals.open_office(house, offered)
    contract = await deals.signed(office, offered)
    return office, str(contract["contract_id"]), await deals.supplier(office)


async def refused(office: Office, contract_id: str, body: Json, problem: str) -> None:
    before = await deals.balances(office)
    answer = await deals.try_step(office, contract_id, body)
    assert answer.json()["type"] == f"/problems/loans/{problem}", answer.text
    assert await deals.balances(office) == before


async def state(office: Office, contract_id: str) -> Json:
    found: Json = (await office.auditor.get(f"/loans/v1/contracts/{contract_id}"))["state"]
    return found


async def test_a_lease_ends_in_ownership(house: House) -> None:
    office, contract_id, supplier_id = await begun(house, deals.product("ijara"))
    await deals.take(
        office,
        contract_id,
        step("promise", "request", "lease_promise"),
        step("purchase", "purchase_invoice", supplier_id=supplier_id, invoice="1000.000"),
        step("possess", "possession_proof"),
        step("lease", "lease", "delivery_note"),
        step("upkeep", "upkeep_record", supplier_id=supplier_id, amount="15.000"),
    )
    transfer = step("transfer", "transfer_deed")
    await journey.repay(office, contract_id, "93.333")
    await refused(office, contract_id, transfer, "not-yet-all-paid")
    assert (await deals.balances(office))["upkeep"] == "15.000"
    await journey.repay(office, contract_id, "1026.667")
    done = await deals.take(office, contract_id, transfer)
    assert done["stage"] == "transferred"
    assert done["following"] == []
    await journey.followed_up(office)
    await proves_the_books(house, office.institution.id)


async def test_a_lost_lease_owes_nothing_more_and_gives_rent_back(house: House) -> None:
    office, contract_id, supplier_id = await begun(house, deals.product("ijara"))
    await deals.take(
        office,
        contract_id,
        step("promise", "request", "lease_promise"),
        step("purchase", "purchase_invoice", supplier_id=supplier_id, invoice="1000.000"),
        step("possess", "possession_proof"),
        step("lease", "lease", "delivery_note"),
    )
    await journey.repay(office, contract_id, "186.666")
    right = step("lose", "loss_report", fair_rent="90.000", rent_back="186.666")
    await refused(
        office,
        contract_id,
        step("lose", "loss_report", fair_rent="90.000", rent_back="186.667"),
        "amount-differs",
    )
    await deals.take(office, contract_id, right)
    after = await state(office, contract_id)
    assert after["still_due"] == amount("0.000")
    assert after["arrears"] == amount("0.000")
    assert await deals.balances(office) == {
        "cash": "9186.666",
        "capital_loss": "1000.000",
        "client_deposit": "-186.666",
        "lender_payable": "-10000.000",
    }
    contract = (await office.auditor.get(f"/loans/v1/contracts/{contract_id}"))["contract"]
    assert contract["status"] == "closed"
    await deals.take(office, contract_id, step("pay_back", "receipt", amount="186.666"))
    assert "client_deposit" not in await deals.balances(office)
    await proves_the_books(house, office.institution.id)


SHRINKING = deals.product("diminishing_musharaka", charge_method="declining_balance")


async def shared_asset(house: House) -> tuple[Office, str]:
    """An asset of 1,250 JOD: 1,000 ours in 100 units, 250 the client's."""
    office, contract_id, supplier_id = await begun(house, SHRINKING)
    await deals.take(
        office,
        contract_id,
        step("partner", "request", "partnership_deed", client_share="250.000"),
        step("purchase", "purchase_invoice", supplier_id=supplier_id, invoice="1250.000"),
        step("possess", "possession_proof"),
        step(
            "lease",
            "lease",
            "ownership_register",
            "delivery_note",
            unit_price="10.000",
            units="100",
        ),
    )
    return office, contract_id


async def test_a_shrinking_share_is_bought_unit_by_unit(house: House) -> None:
    office, contract_id = await shared_asset(house)
    assert await deals.balances(office) == {
        "cash": "9000.000",
        "loans": "1000.000",
        "lender_payable": "-10000.000",
    }
    dues = (await office.auditor.get(f"/loans/v1/contracts/{contract_id}/schedule"))["instalments"]
    assert [due["profit"]["amount"] for due in dues[:2]] == ["10.000", "9.167"]
    await journey.repay(office, contract_id, dues[0]["total"]["amount"])
    quoted = await office.auditor.get(f"/loans/v1/contracts/{contract_id}/early-settlement")
    assert quoted["to_pay"] == amount("906.667"), "the units left, less a month of rent paid early"
    await journey.repay(office, contract_id, quoted["to_pay"]["amount"])
    await office.manager.post(f"/loans/v1/contracts/{contract_id}/early-settlement", {})
    done = await deals.take(
        office, contract_id, step("transfer", "transfer_deed", "ownership_register")
    )
    assert done["stage"] == "transferred"
    await proves_the_books(house, office.institution.id)


async def test_damage_falls_by_shares_and_the_rest_falls_with_it(house: House) -> None:
    office, contract_id = await shared_asset(house)
    await deals.take(office, contract_id, step("damage", "damage_report", damage="125.000"))
    after = await state(office, contract_id)
    assert after["outstanding_principal"] == amount("900.000")
    assert (await deals.balances(office))["capital_loss"] == "100.000"
    dues = (await office.auditor.get(f"/loans/v1/contracts/{contract_id}/schedule"))["instalments"]
    assert sum(Decimal(due["principal"]["amount"]) for due in dues) == 900
    for due in dues:
        if float(due["total"]["amount"]):
            await journey.repay(office, contract_id, due["total"]["amount"])
    assert (await state(office, contract_id))["is_closed"] is True
    await proves_the_books(house, office.institution.id)


async def test_no_order_is_taken_back_under_what_a_deal_has_agreed_anew(house: House) -> None:
    office, contract_id = await shared_asset(house)
    late = {"part": "penalty", "amount": amount("5.000")}
    given = await corrections.order(office, contract_id, "charge", **late)
    await deals.take(office, contract_id, step("damage", "damage_report", damage="125.000"))
    before = await state(office, contract_id)

    path = f"/loans/v1/orders/{given['order_id']}/reversal"
    answer = await office.officer.try_post(path, {"reason": "error"})

    assert answer.json()["type"] == "/problems/loans/agreed-anew-by-deal", answer.text
    assert await state(office, contract_id) == before
    waived = await corrections.order(office, contract_id, "waiver", **late)
    assert waived["state"] == "in_force", "a new order is the way to give it up"
    await proves_the_books(house, office.institution.id)


async def declare(office: Office, contract_id: str, **result: Any) -> Json:
    papers = step("x", "accounts", "visit_report", "loss_evidence")["documents"]
    return await office.officer.post(
        f"/loans/v1/contracts/{contract_id}/results", {"documents": papers, **result}
    )


async def test_a_worker_shares_profit_and_owes_no_loss(house: House) -> None:
    office, contract_id, _ = await begun(house, deals.shared("mudaraba"))
    contribute = step("contribute", "mudaraba_agreement", capital="1000.000")
    contribute["figures"] = {"profit_ratio": "0.6"}
    await deals.take(office, contract_id, contribute)
    await refused(office, contract_id, contribute, "transition-refused")
    owed = await office.officer.try_post(
        f"/loans/v1/contracts/{contract_id}/repayments", {"amount": amount("10.000")}
    )
    assert owed.json()["type"] == "/problems/loans/nothing-is-due"
    await declare(office, contract_id, profit=amount("300.000"))
    assert (await deals.balances(office))["partnerships"] == "1180.000"
    await deals.take(office, contract_id, step("distribute", "receipt", amount="100.000"))
    await declare(office, contract_id, loss=amount("200.000"))
    await deals.take(office, contract_id, step("liquidate", "final_accounts"))
    back = step("return_capital", "receipt", amount="880.000")
    too_much = step("return_capital", "receipt", amount="880.001")
    await refused(office, contract_id, too_much, "amount-beyond")
    await refused(office, contract_id, step("close"), "not-yet-all-paid")
    done = await deals.take(office, contract_id, back, step("close"))
    assert done["stage"] == "closed"
    assert await deals.balances(office) == {
        "cash": "9980.000",
        "capital_loss": "200.000",
        "profit_income": "-180.000",
        "lender_payable": "-10000.000",
    }
    contract = (await office.auditor.get(f"/loans/v1/contracts/{contract_id}"))["contract"]
    assert contract["status"] == "closed"
    await proves_the_books(house, office.institution.id)


async def test_partners_put_capital_together(house: House) -> None:
    office, contract_id, _ = await begun(house, deals.shared("musharaka"))
    papers = ("partnership_deed", "valuation")
    figures = {"capital": "1000.000", "partner_capital": "1500.000"}
    contribute = step("contribute", *papers, **figures)
    greedy = contribute | {"figures": {"profit_ratio": "0.41"}}
    await refused(office, contract_id, greedy, "ratio-above-capital")
    await deals.take(office, contract_id, contribute | {"figures": {"profit_ratio": "0.4"}})
    await declare(office, contract_id, loss=amount("500.000"))
    assert (await deals.balances(office))["partnerships"] == "800.000"


async def test_goods_to_come_are_paid_now_and_sold_when_they_came(house: House) -> None:
    office, contract_id, buyer = await begun(house, deals.shared("salam"))
    papers = ("salam_contract", "specification")
    specify = step("specify", *papers, quantity="20", deliver_by=in_days(90))
    await deals.take(office, contract_id, specify, step("pay_price", "receipt", price="1000.000"))
    assert (await deals.balances(office))["goods_due"] == "1000.000"
    early = step("sell", "sale_invoice", supplier_id=buyer, price="1200.000", quantity="20")
    await refused(office, contract_id, early, "quantity-beyond")
    papers = ("delivery_note", "quality_certificate")
    done = await deals.take(
        office,
        contract_id,
        step("deliver", *papers, quantity="16"),
        step("call_off", "cancellation", "receipt", price_back="200.000", quantity="4"),
        step("sell", "sale_invoice", supplier_id=buyer, price="960.000", quantity="16"),
        step("close"),
    )
    assert done["stage"] == "closed"
    assert await deals.balances(office) == {
        "cash": "10160.000",
        "profit_income": "-160.000",
        "lender_payable": "-10000.000",
    }
    await proves_the_books(house, office.institution.id)


async def test_a_work_to_order_is_paid_by_stages_and_owed_when_delivered(house: House) -> None:
    office, contract_id, maker = await begun(house, deals.product("istisna"))
    commission = step(
        "commission",
        "parallel_contract",
        supplier_id=maker,
        price="1000.000",
        deliver_by=in_days(20),
    )
    commission["figures"] = {"penalty_weekly": "0.01", "penalty_most": "0.10"}
    stage = step("pay_stage", "stage_certificate", "receipt", supplier_id=maker, amount="490.000")
    await deals.take(
        office,
        contract_id,
        step("order", "istisna_contract", "drawings"),
        commission,
        stage,
        step("delay", "delay_notice", weeks="2"),
    )
    await refused(
        office, contract_id, step("deliver", "acceptance", "delivery_note"), "not-yet-all-paid"
    )
    await deals.take(office, contract_id, stage, step("deliver", "acceptance", "delivery_note"))
    assert await deals.balances(office) == {
        "cash": "9020.000",
        "loans": "1000.000",
        "profit_receivable": "120.000",
        "deferred_profit": "-120.000",
        "profit_income": "-20.000",
        "lender_payable": "-10000.000",
    }
    await proves_the_books(house, office.institution.id)


async def test_a_crop_is_shared_by_fractions(house: House) -> None:
    offered = deals.shared("muzaraa")
    office, contract_id, supplier_id = await begun(house, offered)
    agree = step("agree", "crop_agreement")
    agree["figures"] = {"land_share": "0.4", "inputs_share": "0.2", "work_share": "0.4"}
    await deals.take(
        office,
        contract_id,
        agree,
        step("supply", "input_receipt", supplier_id=supplier_id, amount="600.000"),
        step("harvest", "weighing_record", harvest="3000"),
        step("sell", "sale_invoice", supplier_id=supplier_id, price="900.000", quantity="600"),
        step("close"),
    )
    assert await deals.balances(office) == {
        "cash": "10300.000",
        "profit_income": "-300.000",
        "lender_payable": "-10000.000",
    }
    await proves_the_books(house, office.institution.id)


async def test_terms_that_a_mode_cannot_have_are_offered_by_nobody(house: House) -> None:
    office = await journey.open_office(house)
    administrator = office.institution.administrator
    for offered in (
        deals.product("diminishing_musharaka"),
        deals.product("mudaraba"),
        deals.shared("murabaha"),
        deals.product("ijara", fees=[fee()]),
    ):
        answer = await administrator.try_post("/loans/v1/products", offered)
        assert answer.json()["type"] == "/problems/loans/terms-not-of-mode", answer.text
    unknown = bodies.loan(mode_of_finance="tawarruq", annual_rate=limits("0", "0", "0"))
    answer = await administrator.try_post("/loans/v1/products", unknown)
    assert answer.json()["type"] == "/problems/invalid-request"


def fee() -> Json:
    return {"code": "study", "kind": "percent", "when": "first_instalment", "percent": "1"}


async def test_capital_handed_over_by_mistake_comes_back_and_the_contract_is_signed_again(
    house: House,
) -> None:
    office, contract_id, _ = await begun(house, deals.shared("mudaraba"))
    contribute = step("contribute", "mudaraba_agreement", capital="1000.000")
    contribute["figures"] = {"profit_ratio": "0.6"}
    done = await deals.take(office, contract_id, contribute)
    path = f"/loans/v1/contracts/{contract_id}/steps/{done['steps'][0]['step_id']}/reversal"
    assert (await office.officer.try_post(path)).status_code == 403
    await office.manager.post(path)
    contract = (await office.auditor.get(f"/loans/v1/contracts/{contract_id}"))["contract"]
    assert contract["status"] == "signed"
    assert "partnerships" not in await deals.balances(office)
    await deals.take(office, contract_id, contribute)
    await proves_the_books(house, office.institution.id)
