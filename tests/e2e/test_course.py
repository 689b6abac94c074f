"""A loan whose profit every payment counts anew, from its product to its payoff, over HTTP."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests import bodies
from tests.bodies import amount
from tests.e2e import journey
from tests.e2e.house import House
from tests.e2e.journey import Office
from tests.e2e.test_life_of_a_loan import proves_the_books
from tests.e2e.test_life_with_corrections import monitoring_agrees, order, schedule_of, take_back

ANEW = {"charging": {"recalculation": "on_payment"}}
TOLD = {
    "ar": "يُحتسب الربح على الأيام",
    "fr": "Le profit est compté sur les jours",
    "en": "Profit is counted on the days",
}


@pytest.fixture
async def office(house: House) -> Office:
    """An office that lends 1,000 from commercial money at 18 %, counted on real days."""
    office = await journey.open_office(house)
    fund_id, _ = await journey.open_fund(office.manager, receipt="9000.000", kind="commercial")
    product = bodies.loan(code="DAYS", day_count="act/365", **ANEW)
    await office.institution.administrator.post("/loans/v1/products", product)
    return replace(office, fund_id=fund_id)


async def test_every_payment_counts_the_profit_anew_and_everything_follows(
    house: House, office: Office
) -> None:
    signed = await journey.active_contract(office, product_code="DAYS")
    contract_id = signed["contract"]["contract_id"]
    path = f"/loans/v1/contracts/{contract_id}"
    agreed = await schedule_of(office, contract_id)
    for language, sentence in TOLD.items():
        summary = await office.officer.try_get(f"{path}/summary", lang=language)
        assert sentence in summary.text
    today = date.fromisoformat(signed["contract"]["signed_on"])
    in_a_month = (today + timedelta(days=30)).isoformat()
    before = await office.officer.get(f"{path}/payoff", on=in_a_month)
    assert before["total"] == amount("1014.795")  # 1,000 x 18 % x 30 / 365

    early = await journey.repay(office, contract_id, "300.000")
    after = await office.officer.get(f"{path}/payoff", on=in_a_month)
    assert early["principal"] == amount("300.000")
    assert after["total"] == amount("710.356")  # 700 and its 30 days
    await monitoring_agrees(office, "700.000")

    later = (today + timedelta(days=45)).isoformat()
    aged = await order(office, contract_id, "re_age", instalments=5, first_due_on=later)
    assert [due["due_on"] for due in await schedule_of(office, contract_id)][1] == later
    await proves_the_books(house, office.institution.id)
    await take_back(office, aged)
    await office.manager.post(
        f"/loans/v1/repayments/{early['repayment_id']}/reversal", {"reason": "wrong_amount"}
    )
    kept = await schedule_of(office, contract_id)
    assert [due["total"] for due in kept] == [due["total"] for due in agreed]
    await monitoring_agrees(office, "1000.000")

    await order(office, contract_id, "payoff")
    await order(office, contract_id, "close")
    await monitoring_agrees(office, "0.000")
    await proves_the_books(house, office.institution.id)


@pytest.mark.parametrize(
    ("product", "member"),
    [
        (bodies.qard(code="QDAYS", **ANEW), "mode_of_finance"),
        (bodies.loan(code="FDAYS", charge_method="flat", **ANEW), "charge_method"),
        (
            bodies.loan(code="ZDAYS", annual_rate=bodies.limits("0", "0", "0"), **ANEW),
            "annual_rate",
        ),
    ],
)
async def test_it_is_refused_by_name_where_it_has_no_meaning(
    office: Office, product: dict[str, object], member: str
) -> None:
    refused = await office.institution.administrator.try_post("/loans/v1/products", product)

    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/loans/recalculation-not-for-this"
    assert refused.json()["member"] == member
