"""Guarantees and flat fees go from loans to scoring, and move the answer the right way."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests import bodies
from tests.bodies import amount
from tests.e2e import journey
from tests.e2e.house import House
from tests.e2e.journey import Office
from tests.e2e.people import Json

CARRIED = {
    "annual_rate": bodies.limits("0.02", "0.14", "0.60"),
    "price": {
        "cost_of_funds": "0.05",
        "operating_cost": amount("20.000"),
        "operating_cost_monthly": amount("1.000"),
    },
}
FACILITY = {
    "code": "G",
    "names": {"ar": "صندوق الضمان", "fr": "Fonds de garantie", "en": "Guarantee fund"},
    "covered": "0.7",
    "cap_each": amount("2000.000"),
    "cap_total": amount("2000.000"),
    "claim_after_days": 30,
    "claim_within_days": 60,
    "starts_on": "2026-01-01",
}


async def lender(house: House, **product: Any) -> Office:
    """An office that lends at a price."""
    office = await journey.open_office(house)
    body = bodies.loan(**(CARRIED | product))
    await office.institution.administrator.post("/loans/v1/products", body)
    return office


async def applied(office: Office, number: int, **changes: Any) -> Json:
    """The file of a person who applies as all others do."""
    person = bodies.person(UUID(office.branch_id), born_on=f"198{number}-01-01")
    person["documents"] = [{"type": "national_id", "number": f"98765432{number:02d}"}]
    person["name"] = {"ar": f"أحمد {'ابجدهوزحطي'[number]}"}
    made = await office.officer.post("/loans/v1/borrowers", person)
    members = {"borrower_id": made["borrower_id"], "product_code": "LOAN"} | changes
    file = await office.officer.post("/loans/v1/applications", bodies.application(**members))
    path = f"/loans/v1/applications/{file['application_id']}"
    found: Json = await office.officer.get(path)
    return found


def break_even(file: Json) -> Decimal:
    return Decimal(file["assessment"]["break_even"]["annual_rate"])


def price(file: Json) -> Json:
    found: Json = file["asked"]["request"]["price"]
    return found


async def test_a_guarantee_lowers_the_price_and_its_cap_ends_it(house: House) -> None:
    office = await lender(house)
    bare = await applied(office, 0)
    await office.manager.post("/loans/v1/guarantee-facilities", FACILITY)
    guaranteed = await applied(office, 1)
    too_large = await applied(office, 2, amount=amount("3000.000"))

    assert "guaranteed_share" not in price(bare)
    assert price(guaranteed)["guaranteed_share"] == "0.700000"
    assert "guaranteed_share" not in price(too_large), "70 % of 3,000 are more than the cap"
    assert break_even(guaranteed) < break_even(bare)
    parts = [Decimal(each["assessment"]["break_even"]["parts"]["expected_loss"])
             for each in (guaranteed, bare)]  # fmt: skip
    assert parts[0] < parts[1] / 2
    carried = [each["assessment"]["affordability"]["capacity"] for each in (guaranteed, bare)]
    assert carried[0] == carried[1], "a guarantee makes nothing easier to pay"


async def test_what_a_guarantor_is_paid_is_a_cost_of_the_loan(house: House) -> None:
    """2 % of 700.000 are 14.000 beside 20.000; a loan of another product is not guaranteed."""
    office = await lender(house)
    await office.manager.post("/loans/v1/guarantee-facilities", FACILITY | {"fee": "0.02"})
    dear = await applied(office, 0)
    qard = await applied(office, 1, product_code="QARD")

    assert price(dear)["operating_cost"] == amount("34.000")
    assert "guaranteed_share" not in price(qard), "no fee is taken for a loan without profit"


@pytest.mark.parametrize(("kept", "told"), [(True, {"amount": "15.000", "currency": "JOD"}),
                                            (False, None)])  # fmt: skip
async def test_a_flat_fee_is_told_where_it_is_kept_back(
    house: House,
    kept: bool,  # noqa: FBT001
    told: Json | None,
) -> None:
    fee = {"code": "FILE", "kind": "flat", "amount": amount("15.000")}
    when = "at_disbursement" if kept else "first_instalment"
    office = await lender(house, fees=[fee | {"when": when}])
    file = await applied(office, 0)

    assert price(file).get("fee_flat") == told
    best = file["assessment"]["menu"][0]
    if told is not None:
        smaller = [one for one in file["assessment"]["menu"] if one["amount"] != best["amount"]]
        for one in (best, *smaller):
            nominal = (1 + Decimal(one["annual_rate"]) / 12) ** 12 - 1
            assert Decimal(one["effective_annual_rate"]) > nominal
