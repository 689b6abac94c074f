"""What connected borrowers owe together, over HTTP through the whole house."""

import pytest

from shared.clock import SystemClock
from tests.bodies import amount
from tests.e2e import journey
from tests.e2e.house import House
from tests.e2e.journey import Office


async def owed(office: Office, borrower_id: str) -> tuple[str, str]:
    """What the group of a borrower owes, and what it still may."""
    found = await office.auditor.get(
        f"/loans/v1/borrowers/{borrower_id}/exposure", purpose="audit", currency="JOD"
    )
    return found["total"]["amount"], found["room"]["amount"]


@pytest.mark.requirement("F1.3")
async def test_what_a_connected_group_owes_is_added_up_and_limited(house: House) -> None:
    """Two who answer for each other may owe 1,500; the second loan of 1,000 is refused."""
    office = await journey.open_office(house)
    today = SystemClock().today("Asia/Amman").isoformat()
    limit = {"currency": "JOD", "max_amount": "1500.000", "effective_on": today}
    await office.institution.administrator.post("/loans/v1/exposure-limits", limit)
    first = await journey.apply(office)
    second = await journey.apply(office)
    one, other = str(first["borrower_id"]), str(second["borrower_id"])
    await office.officer.post(f"/loans/v1/borrowers/{other}/guarantors", {"borrower_id": one})
    assert (await journey.approve(office, first))["status"] == "approved"

    path = f"/loans/v1/applications/{second['application_id']}/decisions"
    answer = await office.approver.try_post(path, journey.approval(office, second))
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["type"] == "/problems/loans/group-owes-too-much"
    assert problem["together"] == amount("2000.000")
    assert sorted(problem["members"]) == sorted([f"{one}: 1000.000 JOD", f"{other}: 0.000 JOD"])
    assert await owed(office, other) == ("1000.000", "500.000")
    smaller = journey.approval(office, second)
    smaller["terms"]["amount"] = amount("500.000")
    smaller["override_reason"] = "زيارة ميدانية"
    assert (await office.approver.post(path, smaller))["status"] == "approved"

    assert await owed(office, one) == ("1500.000", "0.000")
    contract = (await journey.sign(office, first))["contract"]["contract_id"]
    assert await owed(office, one) == ("1500.000", "0.000"), "signed and not yet paid out"
    await journey.pay_out(office, contract)
    assert await owed(office, one) == ("1500.000", "0.000")
    await journey.repay(office, contract, "250.000")
    assert await owed(office, other) == ("1250.000", "250.000")
