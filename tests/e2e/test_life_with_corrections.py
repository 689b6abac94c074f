"""A contract that is corrected in every way: loans, its books and monitoring agree all along."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.bodies import amount
from tests.e2e import journey
from tests.e2e.house import House, until
from tests.e2e.journey import Office
from tests.e2e.people import Caller, Json
from tests.e2e.test_life_of_a_loan import proves_the_books


async def give(office: Office, contract_id: str, kind: str, **members: Any) -> Json:
    """The officer gives an order."""
    body = {"kind": kind, "reason": "agreement", **members}
    return await office.officer.post(f"/loans/v1/contracts/{contract_id}/orders", body)


async def approve(office: Office, order: Json) -> Json:
    """The approver lets it take effect."""
    path = f"/loans/v1/orders/{order['order_id']}/approval"
    done = await office.approver.post(path, {"outcome": "approve"})
    assert done["state"] == "in_force", done
    return done


async def order(office: Office, contract_id: str, kind: str, **members: Any) -> Json:
    """Give an order and have it approved where it needs that."""
    given = await give(office, contract_id, kind, **members)
    return given if given["state"] == "in_force" else await approve(office, given)


async def take_back(office: Office, done: Json) -> None:
    """Have an order taken back."""
    path = f"/loans/v1/orders/{done['order_id']}/reversal"
    await approve(office, await office.officer.post(path, {"reason": "error"}))


async def schedule_of(office: Office, contract_id: str) -> list[Json]:
    read = await office.officer.get(f"/loans/v1/contracts/{contract_id}/schedule")
    return list(read["instalments"])


async def monitoring_agrees(office: Office, outstanding: str) -> None:
    """Wait until monitoring tells the same fund, and the same portfolio, as the books."""
    await journey.followed_up(office)
    figures = await office.auditor.get(f"/loans/v1/funds/{office.fund_id}/figures")
    minor = int(outstanding.replace(".", ""))
    assert figures["outstanding_principal_minor"] == minor
    overseer = Caller(office.institution.house.client("monitoring"), office.auditor.token)

    async def is_the_same() -> bool:
        told = await overseer.get("/monitoring/v1/portfolio")
        held = [whole["outstanding"]["amount"] for whole in told["whole"]]
        return held == ([] if outstanding == "0.000" else [outstanding])

    await until(is_the_same, named=f"monitoring telling {outstanding}")


@pytest.fixture
async def office(house: House) -> Office:
    return await journey.open_office(house)


async def test_every_correction_is_followed_and_can_be_taken_back(
    house: House, office: Office
) -> None:
    signed = await journey.active_contract(office)
    contract_id = signed["contract"]["contract_id"]
    agreed = await schedule_of(office, contract_id)
    first_due = date.fromisoformat(agreed[0]["due_on"])
    await journey.repay(office, contract_id, "150.000")

    late = {"part": "penalty", "due_on": str(first_due + timedelta(days=45))}
    charged = await order(office, contract_id, "charge", amount=amount("4.000"), **late)
    waived = await order(office, contract_id, "waiver", part="penalty")
    later = str(first_due + timedelta(days=90))
    spread = await order(office, contract_id, "reschedule", instalments=10, first_due_on=later)
    eased = await order(office, contract_id, "payment_holiday", periods=2)
    assert len(await schedule_of(office, contract_id)) > 10
    await monitoring_agrees(office, "850.000")
    await proves_the_books(house, office.institution.id)

    for done in (eased, spread, waived, charged):
        await take_back(office, done)
    assert await schedule_of(office, contract_id) == agreed
    await monitoring_agrees(office, "850.000")
    await proves_the_books(house, office.institution.id)


async def test_a_loan_is_written_off_recovered_and_stands_again(
    house: House, office: Office
) -> None:
    signed = await journey.active_contract(office)
    contract_id = signed["contract"]["contract_id"]
    await journey.repay(office, contract_id, "400.000")

    written = await order(office, contract_id, "write_off", reason="uncollectable")
    await monitoring_agrees(office, "0.000")
    recovered = await order(office, contract_id, "recovery", amount=amount("50.000"))
    await monitoring_agrees(office, "0.000")
    await proves_the_books(house, office.institution.id)

    await take_back(office, recovered)
    await take_back(office, written)
    await monitoring_agrees(office, "600.000")
    await proves_the_books(house, office.institution.id)


async def test_a_loan_is_paid_off_early_and_what_is_too_much_goes_back(
    house: House, office: Office
) -> None:
    signed = await journey.active_contract(office)
    contract_id = signed["contract"]["contract_id"]
    await journey.repay(office, contract_id, "300.000")
    quote = await office.officer.get(f"/loans/v1/contracts/{contract_id}/payoff")
    assert quote["total"] == amount("700.000")

    await order(office, contract_id, "payoff")
    extra = await journey.repay(office, contract_id, "12.000")
    assert extra["surplus"] == amount("12.000")
    await order(office, contract_id, "refund", amount=amount("12.000"))
    await order(office, contract_id, "close")
    await monitoring_agrees(office, "0.000")
    await proves_the_books(house, office.institution.id)

    refused = await office.officer.try_post(
        f"/loans/v1/contracts/{contract_id}/repayments", {"amount": amount("1.000")}
    )
    assert refused.status_code == 409
    overseer = Caller(house.client("monitoring"), office.auditor.token)

    async def is_repaid() -> bool:
        projects = (await overseer.get("/monitoring/v1/projects"))["items"]
        return all(project["stage"] == "repaid" for project in projects)

    await until(is_repaid, named="the project's last stage")


async def test_money_booked_in_error_goes_back_to_where_it_was(
    house: House, office: Office
) -> None:
    signed = await journey.active_contract(office)
    contract_id = signed["contract"]["contract_id"]
    await monitoring_agrees(office, "1000.000")

    await order(office, contract_id, "disbursement_reversal", reason="error")
    await monitoring_agrees(office, "0.000")
    await proves_the_books(house, office.institution.id)
    await journey.pay_out(office, contract_id)
    await monitoring_agrees(office, "1000.000")

    receipts = await office.manager.get(f"/loans/v1/funds/{office.fund_id}/receipts")
    extra = await office.manager.post(
        f"/loans/v1/funds/{office.fund_id}/receipts",
        {"amount": amount("70.000"), "nature": "waqf_permanent"},
    )
    given = await office.manager.post(
        f"/loans/v1/funds/{office.fund_id}/orders",
        {"kind": "receipt_reversal", "reason": "error", "receipt_id": extra["receipt_id"]},
    )
    path = f"/loans/v1/fund-orders/{given['order_id']}/approval"
    await office.approver.post(path, {"outcome": "approve"})
    await monitoring_agrees(office, "1000.000")
    figures = await office.auditor.get(f"/loans/v1/funds/{office.fund_id}/figures")
    (receipt,) = receipts["items"]
    assert figures["received_minor"] == int(receipt["amount"]["amount"].replace(".", ""))
    await proves_the_books(house, office.institution.id)


async def test_the_feed_tells_one_event_for_an_order(office: Office) -> None:
    signed = await journey.active_contract(office)
    contract_id = signed["contract"]["contract_id"]
    integrator = await office.institution.program("integrator")

    async def told() -> list[Json]:
        """What is told of the contract's order, and the fact after it: told in their order."""
        page = await integrator.get("/loans/v1/events", after=0, limit=500)
        named = {"loans.contract-corrected.v1", "loans.repayment-received.v1"}
        return [event for event in page["events"] if event["type"] in named]

    async def is_told() -> bool:
        return any(event["type"] == "loans.repayment-received.v1" for event in await told())

    done = await order(office, contract_id, "payment_holiday", periods=1)
    await journey.repay(office, contract_id, "1.000")
    await until(is_told, named="the repayment after the order being told")
    event, *rest = await told()
    assert [one["type"] for one in rest] == ["loans.repayment-received.v1"]
    assert event["data"]["order_id"] == done["order_id"]
    assert event["data"]["kind"] == "payment_holiday"
    assert len(event["data"]["dues"]) == len(await schedule_of(office, contract_id))
    assert sum(due["principal_minor"] for due in event["data"]["dues"]) == 1_000_000
