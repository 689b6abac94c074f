"""A loan drawn in part, with a down payment and savings: its books and monitoring agree."""

from datetime import timedelta
from decimal import Decimal

import pytest

from shared.clock import SystemClock
from tests import bodies
from tests.bodies import amount
from tests.e2e import journey
from tests.e2e.house import House
from tests.e2e.journey import Office
from tests.e2e.people import Json
from tests.e2e.test_life_of_a_loan import proves_the_books
from tests.e2e.test_life_with_corrections import monitoring_agrees, order, take_back


@pytest.fixture
async def office(house: House) -> Office:
    return await journey.open_office(house)


async def drawn_in_parts(office: Office) -> str:
    """A qard of 1,000: 600 at once and 400 in a month, a tenth of each and of all put in first."""
    later = (SystemClock().now().date() + timedelta(days=30)).isoformat()
    await office.institution.administrator.post(
        "/loans/v1/products",
        bodies.qard(
            code="STAGES",
            amount=bodies.limits(*[amount(text) for text in ("1000.000", "1000.000", "5000.000")]),
            drawing={
                "tranches": [{"on": later, "amount": amount("400.000")}],
                "down_payment_percent": "10",
                "down_payment_first": True,
            },
            savings={"upfront_percent": "10"},
        ),
    )
    signed = await journey.signed_contract(office, product_code="STAGES")
    return str(signed["contract"]["contract_id"])


async def held(office: Office, contract_id: str) -> tuple[str, str]:
    told = await office.officer.get(f"/loans/v1/contracts/{contract_id}/holdings")
    return told["savings"]["amount"], told["contribution"]["amount"]


async def test_what_is_drawn_held_and_set_off_is_told_alike_everywhere(
    house: House, office: Office
) -> None:
    contract_id = await drawn_in_parts(office)
    path = f"/loans/v1/contracts/{contract_id}"
    refused = await office.manager.try_post(f"{path}/disbursements", {})
    assert refused.json()["type"] == "/problems/loans/down-payment-missing"
    await office.officer.post(
        f"{path}/holdings",
        {"purpose": "contribution", "amount": amount("60.000"), "sha256": "ab" * 32},
    )
    paid: Json = (await journey.pay_out(office, contract_id))["disbursement"]
    assert [paid[name] for name in ("amount", "saved", "paid")] == [
        amount(text) for text in ("600.000", "100.000", "500.000")
    ]
    assert await held(office, contract_id) == ("100.000", "0.000")
    await monitoring_agrees(office, "540.000")

    early = await office.manager.try_post(f"{path}/disbursements", {"tranche": 2})
    assert early.json()["type"] == "/problems/loans/tranche-day-wrong"
    taken = await order(office, contract_id, "set_off", amount=amount("40.000"))
    assert await held(office, contract_id) == ("60.000", "0.000")
    await monitoring_agrees(office, "500.000")
    await take_back(office, taken)
    assert await held(office, contract_id) == ("100.000", "0.000")
    await monitoring_agrees(office, "540.000")

    fund = await office.manager.get(f"/loans/v1/funds/{office.fund_id}")
    assert fund["balances"]["committed"] == amount("400.000")
    await order(office, contract_id, "end_drawing")
    fund = await office.manager.get(f"/loans/v1/funds/{office.fund_id}")
    assert fund["balances"]["committed"] == amount("0.000")
    read = await office.officer.get(f"{path}/schedule")
    assert Decimal(read["principal"]["amount"]) == Decimal(600)
    await proves_the_books(house, office.institution.id)
