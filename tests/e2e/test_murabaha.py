"""A sale at cost plus, walked whole over HTTP: promise, purchase, possession, sale, settlement."""

from typing import Any

import httpx
import pytest

from tests.bodies import Json, amount
from tests.e2e import deals, journey
from tests.e2e.deals import step
from tests.e2e.house import House
from tests.e2e.journey import Office
from tests.e2e.test_life_of_a_loan import proves_the_books

OFFERED = deals.product("murabaha")
PROMISE = step("promise", "request", "promise")
POSSESS = step("possess", "possession_proof")
MISSING, TOO_EARLY = "evidence-missing", "step-before-its-cause"
LONG_AGO = {"on": "2020-01-01"}


def sale(cost: str, mark_up: str) -> Json:
    return step("sell", "sale_contract", "cost_sheet", cost=cost, mark_up=mark_up)


SALE = sale("1000.000", "120.000")


def purchase(supplier_id: str | None) -> Json:
    figures = {"invoice": "980.000", "direct_costs": "20.000"}
    return step("purchase", "purchase_invoice", supplier_id=supplier_id, **figures)


async def opened(house: House) -> tuple[Office, str, str]:
    """An office, a signed contract and a supplier."""
    office = await deals.open_office(house, OFFERED)
    contract = await deals.signed(office, OFFERED)
    return office, str(contract["contract_id"]), await deals.supplier(office)


async def sold(house: House) -> tuple[Office, str]:
    office, contract_id, supplier_id = await opened(house)
    await deals.take(office, contract_id, PROMISE, purchase(supplier_id), POSSESS, SALE)
    return office, contract_id


async def test_a_sale_is_walked_from_product_to_settlement(house: House) -> None:
    office, contract_id, supplier_id = await opened(house)

    bought = await deals.take(office, contract_id, PROMISE, purchase(supplier_id))
    assert bought["stage"] == "purchased"
    assert await deals.balances(office) == {
        "cash": "9000.000",
        "goods": "1000.000",
        "lender_payable": "-10000.000",
    }
    done = await deals.take(office, contract_id, POSSESS, SALE, step("deliver", "delivery_note"))
    assert [one["step"] for one in done["steps"]] == [
        "promise",
        "purchase",
        "possess",
        "sell",
        "deliver",
    ]
    assert await deals.balances(office) == {
        "cash": "9000.000",
        "loans": "1000.000",
        "profit_receivable": "120.000",
        "deferred_profit": "-120.000",
        "lender_payable": "-10000.000",
    }
    await journey.repay(office, contract_id, "93.333")
    state = (await office.auditor.get(f"/loans/v1/contracts/{contract_id}"))["state"]
    assert state["outstanding_principal"] == amount("916.667")
    await settles_by_the_law_of_jordan(office, contract_id)
    await journey.followed_up(office)
    await proves_the_books(house, office.institution.id)


async def settles_by_the_law_of_jordan(office: Office, contract_id: str) -> None:
    """The first six instalments whole, then the principal: what the later six would cost goes."""
    path = f"/loans/v1/contracts/{contract_id}/early-settlement"
    quoted = await office.auditor.get(path)
    assert quoted["rule"] == "first_instalments_then_principal"
    assert "Jordan" in quoted["source"]
    assert quoted["remaining"] == amount("1026.667")
    assert quoted["still"] == quoted["to_pay"]
    rebate = float(quoted["rebate"]["amount"])
    assert 30 < rebate < 36, "about 27 % of the mark-up by the effective method"

    refused = await office.manager.try_post(path, {})
    assert refused.json()["type"] == "/problems/loans/not-yet-settled"
    await journey.repay(office, contract_id, quoted["to_pay"]["amount"])
    settled = await office.manager.post(path, {})
    assert settled["still"] == amount("0.000")
    assert (await journey_state(office, contract_id))["is_closed"] is True
    balances = await deals.balances(office)
    assert set(balances) == {"cash", "lender_payable", "profit_income"}, balances
    assert float(balances["profit_income"]) == pytest.approx(rebate - 120)
    again = await office.manager.try_post(path, {})
    assert again.status_code in (409, 422, 201)


async def journey_state(office: Office, contract_id: str) -> Json:
    found: Json = (await office.auditor.get(f"/loans/v1/contracts/{contract_id}"))["state"]
    return found


async def test_what_is_owed_is_repaid_to_the_last_instalment(house: House) -> None:
    office, contract_id = await sold(house)
    for due in (await office.auditor.get(f"/loans/v1/contracts/{contract_id}/schedule"))[
        "instalments"
    ]:
        answer = await journey.repay(office, contract_id, due["total"]["amount"])
    assert answer["contract_closed"] is True
    assert await deals.balances(office) == {
        "cash": "10120.000",
        "lender_payable": "-10000.000",
        "profit_income": "-120.000",
    }
    await proves_the_books(house, office.institution.id)


WORDS = {"en": "needs these documents", "fr": "demande ces documents", "ar": "تحتاج الخطوة"}


async def test_each_step_needs_its_turn_its_papers_and_its_party_in_three_languages(
    house: House,
) -> None:
    office, contract_id, supplier_id = await opened(house)
    buy = purchase(supplier_id)
    for right, refusals in (
        (PROMISE, [(POSSESS, "transition-refused"), (step("promise", "request"), MISSING)]),
        (
            buy,
            [
                (SALE, "transition-refused"),
                (buy | {"documents": []}, MISSING),
                (purchase(None), "party-missing"),
                (buy | {"amounts": {}}, "step-unclear"),
                (buy | LONG_AGO, TOO_EARLY),
            ],
        ),
        (POSSESS, [(buy, "transition-refused"), (step("possess"), MISSING)]),
        (
            SALE,
            [
                (sale("999.000", "120.000"), "amount-differs"),
                (sale("1000.000", "120.001"), "amount-differs"),
                (SALE | {"documents": []}, MISSING),
                (SALE | LONG_AGO, TOO_EARLY),
            ],
        ),
    ):
        before = await standing(office, contract_id)
        for wrong, problem in refusals:
            for language, words in WORDS.items():
                answer = await deals.try_step(office, contract_id, wrong, language=language)
                told = answer.json()
                assert answer.status_code in (409, 422), told
                assert told["type"] == f"/problems/loans/{problem}", told
                assert words in told["detail"] or problem != MISSING
            assert await standing(office, contract_id) == before, problem
        await deals.take(office, contract_id, right)
    assert (await standing(office, contract_id))["stage"] == "sold"


async def standing(office: Office, contract_id: str) -> dict[str, Any]:
    known = await office.auditor.get(f"/loans/v1/contracts/{contract_id}/steps")
    return {
        "stage": known["stage"],
        "steps": known["steps"],
        "books": await deals.balances(office),
        "fund": await office.auditor.get(f"/loans/v1/funds/{office.fund_id}"),
    }


async def test_no_cash_reaches_the_client_and_no_money_moves_on_one_s_own_papers(
    house: House,
) -> None:
    office, contract_id, supplier_id = await opened(house)
    paid = await office.manager.try_post(f"/loans/v1/contracts/{contract_id}/disbursements", {})
    assert paid.json()["type"] == "/problems/loans/cash-not-to-client"
    steps = f"/loans/v1/contracts/{contract_id}/steps"
    await deals.take(office, contract_id, PROMISE)
    by_officer = await office.officer.try_post(steps, purchase(supplier_id))
    assert (by_officer.status_code, by_officer.json()["type"]) == (
        403,
        "/problems/loans/step-moves-money",
    )
    both = await office.institution.program("officer", "funds_manager")
    own = await deals.signed(office, OFFERED)
    path = f"/loans/v1/contracts/{own['contract_id']}/steps"
    await both.post(path, PROMISE)
    refused = await both.try_post(path, purchase(supplier_id))
    assert refused.json()["type"] == "/problems/loans/maker-moves-money"


async def test_the_client_is_not_the_supplier(house: House) -> None:
    office = await deals.open_office(house, OFFERED)
    contract = await deals.signed(office, OFFERED)
    himself = await deals.supplier(office, borrower_id=contract["borrower_id"])
    await deals.take(office, str(contract["contract_id"]), PROMISE)
    refused = await deals.try_step(office, str(contract["contract_id"]), purchase(himself))
    assert refused.json()["type"] == "/problems/loans/party-is-client"


async def test_the_same_step_sent_twice_is_taken_once(house: House) -> None:
    office, contract_id, supplier_id = await opened(house)
    await deals.take(office, contract_id, PROMISE)
    path = f"/loans/v1/contracts/{contract_id}/steps"
    first = await office.manager.post(path, purchase(supplier_id), key="once")
    second = await office.manager.post(path, purchase(supplier_id), key="once")
    assert first == second
    assert (await deals.balances(office))["goods"] == "1000.000"


async def test_a_fund_that_may_not_trade_pays_no_supplier(house: House) -> None:
    office = await deals.open_office(
        house, deals.product("murabaha", fund_kinds=["waqf"]), kind="waqf"
    )
    application = await journey.apply(office, product_code="MURABAHA")
    decided = await office.approver.try_post(
        f"/loans/v1/applications/{application['application_id']}/decisions",
        journey.approval(office, application),
    )
    assert decided.json()["type"] == "/problems/loans/fund-restricted", decided.text


async def back(office: Office, contract_id: str, step_id: str, **more: str) -> httpx.Response:
    path = f"/loans/v1/contracts/{contract_id}/steps/{step_id}/reversal"
    return await office.manager.try_post(path, None, **more)


async def test_the_last_step_is_taken_back_and_no_other(house: House) -> None:
    office, contract_id, supplier_id = await opened(house)
    before = await deals.balances(office)
    done = await deals.take(office, contract_id, PROMISE, purchase(supplier_id))
    promise, bought = (one["step_id"] for one in done["steps"])
    refused = await back(office, contract_id, promise)
    assert refused.json()["type"] == "/problems/loans/step-stands"

    undone = await back(office, contract_id, bought, key="back")
    assert undone.status_code == 201, undone.text
    assert (await back(office, contract_id, bought, key="back")).json() == undone.json()
    assert undone.json()["reverses_step_id"] == bought
    assert (await back(office, contract_id, bought)).status_code == 409
    assert await deals.balances(office) == before
    again = await deals.take(office, contract_id, purchase(supplier_id), POSSESS, SALE)
    assert again["stage"] == "sold"
    assert len(again["steps"]) == 6
    sale_id = again["steps"][-1]["step_id"]
    assert (await back(office, contract_id, sale_id)).json()["last"] is None
    await proves_the_books(house, office.institution.id)
