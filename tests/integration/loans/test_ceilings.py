"""What an association in Morocco may lend is asked, refused and kept, by its source."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.loans.applications import router as applications
from services.loans.approvals import router as approvals
from services.loans.borrowers import router as borrowers
from services.loans.contracts import previews
from services.loans.contracts import router as contracts
from services.loans.domain.chart import FundKind
from services.loans.domain.giving import ReceiptNature
from services.loans.domain.journal import Channel
from services.loans.funds import operations as funds
from services.loans.institutions.names import Names
from services.loans.products import router as products
from services.loans.rulebook import router as rulebook
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from shared.money import Money
from tests import bodies, office
from tests.fakes import FakeScoring
from tests.integration.loans.desks import APPLICATIONS, decide, level, problem
from tests.office import TODAY, Caller, Office

OVERRIDES = "/loans/v1/rulebook/overrides"
USES = "/loans/v1/rulebook/uses"
PRODUCTS = "/loans/v1/products"
DECREE = "Morocco, decree of 7 August 2019"
ROUTERS = (
    products.router,
    borrowers.router,
    applications.router,
    approvals.router,
    contracts.router,
    previews.router,
    rulebook.router,
)
Json = dict[str, Any]


def mad(amount: str) -> Json:
    return bodies.amount(amount, "MAD")


def product(**changes: Any) -> Json:
    members: Json = {
        "amount": bodies.limits(mad("1000.00"), mad("20000.00"), mad("200000.00")),
        "price": {
            "cost_of_funds": "0",
            "operating_cost": mad("20.00"),
            "operating_cost_monthly": mad("1.00"),
        },
    }
    return bodies.loan(**members | changes)


def household() -> Json:
    amounts = {
        "other_income": "3000.00",
        "sales": "6000.00",
        "business_costs": "1500.00",
        "household_costs": "2500.00",
        "debt_service": "0.00",
    }
    return {name: mad(amount) for name, amount in amounts.items()}


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Office]:
    """An association whose licence two persons have recorded, with a product and one level."""
    async with office.opened(
        loans_db, institution_id, *ROUTERS, country="MA", currency="MAD"
    ) as opened:
        opened.app.state.scoring = FakeScoring(offers=False)
        admin = opened.caller(Role.ADMINISTRATOR)
        await given(
            opened,
            fact_id="licence",
            topic="institution",
            value={"institution_type": "association"},
        )
        assert (await admin.post(PRODUCTS, product())).status_code == 201
        await level(opened, 1, "200000.00", max_amount=mad("200000.00"))
        yield opened


async def given(desk: Office, **fact: Any) -> None:
    body = {
        "country": "MA",
        "source": {"title": "Bank Al-Maghrib, licence 12 of 2021", "dated": "2021-03-01"},
        "confidence": "high",
    } | fact
    proposed = await desk.caller(Role.FUNDS_MANAGER).post(OVERRIDES, body)
    assert proposed.status_code == 201, proposed.text
    address = f"{OVERRIDES}/{proposed.json()['override_id']}/approval"
    assert (await desk.caller(Role.ADMINISTRATOR).post(address, {})).status_code == 201


def application(amount: str, **changes: Any) -> Json:
    body = bodies.application(
        product_code="LOAN",
        amount=mad(amount),
        purpose="activity",
        household=household(),
    )
    return body | changes


async def submit(desk: Office, body: Json, **headers: str) -> httpx.Response:
    whole = body | {"borrower": bodies.person(desk.branch, region="safi")}
    return await desk.caller(Role.OFFICER).post(APPLICATIONS, whole, **headers)


async def open_fund(desk: Office) -> str:
    actor_id = ids.new()
    async with desk.database.begin(desk.institution_id) as session:
        row = await funds.create_fund(
            session,
            code="BANK",
            kind=FundKind.COMMERCIAL,
            names=Names(ar="صندوق", fr="Fonds", en="Fund"),
            floor=Money.zero("MAD"),
            lending_ruling=None,
            on=TODAY,
            actor_id=actor_id,
        )
        await funds.receive(
            session,
            fund_id=row.fund_id,
            donor_id=None,
            amount=Money.parse("500000.00", "MAD"),
            received_on=TODAY,
            channel=Channel.CASH,
            nature=ReceiptNature.COMMERCIAL,
            actor_id=actor_id,
        )
    return str(row.fund_id)


def approval(fund_id: str, amount: str) -> Json:
    terms = {"amount": mad(amount), "term_months": 12, "grace_months": 0}
    return {
        "outcome": "approve",
        "reasons": ["sound"],
        "override_reason": "known for years",
        "fund_id": fund_id,
        "terms": terms,
    }


async def used(caller: Caller, subject_id: str) -> dict[str, str]:
    answer = await caller.get(f"{USES}/{subject_id}")
    kept = [fact for use in answer.json()["items"] for fact in use["facts"]]
    return {fact["fact_id"]: fact["standing"] for fact in kept}


async def test_an_application_above_every_ceiling_is_refused_in_three_languages(
    desk: Office,
) -> None:
    told = {}
    for language in ("ar", "fr", "en"):
        answer = await submit(desk, application("150000.01"), Accept_Language=language)
        assert problem(answer) == (422, "loan-above-ceiling")
        told[language] = answer.json()

    assert (told["en"]["ceiling"], told["en"]["dated"]) == (mad("150000.00"), "2019-08-07")
    assert told["en"]["confidence"] == "high"
    assert told["en"]["source"].startswith(DECREE)
    assert "Maroc, décret du 7 août 2019" in told["fr"]["detail"]
    assert "المغرب" in told["ar"]["detail"]
    assert (await desk.caller(Role.OFFICER).get(APPLICATIONS)).json()["items"] == []


async def test_below_every_ceiling_nothing_is_asked_and_the_facts_are_kept(desk: Office) -> None:
    taken = await submit(desk, application("50000.00"))

    assert taken.status_code == 201, taken.text
    reader = desk.caller(Role.AUDITOR)
    assert await used(reader, taken.json()["application_id"]) == {
        "ceiling-MA-activity": "possible",
        "ceiling-MA-registered": "possible",
    }


async def test_a_decision_asks_for_what_matters_and_signing_keeps_what_it_rests_on(
    desk: Office,
) -> None:
    fund = await open_fund(desk)
    taken = (await submit(desk, application("60000.00"))).json()
    address = f"{APPLICATIONS}/{taken['application_id']}"
    approver, officer = desk.caller(Role.APPROVER), desk.caller(Role.OFFICER)

    asked = await decide(approver, taken["application_id"], approval(fund, "60000.00"))
    assert problem(asked) == (422, "rule-depends-on")
    assert asked.json()["missing"] == ["client_status"]

    await officer.post(f"{address}/return", {"reason": "say what the client is"})
    corrected = application(
        "60000.00", characteristics={"years_in_business": "3", "client_status": "farmer"}
    )
    del corrected["product_code"]
    again = await officer.post(f"{address}/resubmit", corrected)
    assert again.status_code < 300, again.text
    decided = await decide(approver, taken["application_id"], approval(fund, "60000.00"))
    assert decided.status_code == 201, decided.text
    assert [fact["fact_id"] for fact in decided.json()["facts"]] == ["ceiling-MA-registered"]

    signed = await officer.post(
        "/loans/v1/contracts",
        {"application_id": taken["application_id"]},
        Idempotency_Key=str(ids.new()),
    )
    assert signed.status_code == 201, signed.text
    standing = {fact["fact_id"]: fact["standing"] for fact in signed.json()["facts"]}
    assert standing["ceiling-MA-registered"] == "in_force"
    contract_id = signed.json()["contract"]["contract_id"]
    assert await used(approver, contract_id) == standing
    decision_id = decided.json()["decision"]["decision_id"]
    assert await used(approver, decision_id) == {"ceiling-MA-registered": "in_force"}


async def test_what_the_decree_changed_is_asked_again_at_signing(desk: Office) -> None:
    fund = await open_fund(desk)
    taken = (await submit(desk, application("50000.00"))).json()
    decided = await decide(
        desk.caller(Role.APPROVER), taken["application_id"], approval(fund, "50000.00")
    )
    assert decided.status_code == 201, decided.text
    await given(
        desk,
        fact_id="board-ceiling",
        topic="loan_ceiling",
        value="49999.99",
        unit="MAD",
        needs_legal_check=True,
    )

    signed = await desk.caller(Role.OFFICER).post(
        "/loans/v1/contracts",
        {"application_id": taken["application_id"]},
        Idempotency_Key=str(ids.new()),
    )

    assert problem(signed) == (422, "loan-above-ceiling")
    assert (signed.json()["source"], signed.json()["needs_check"]) == (
        "Bank Al-Maghrib, licence 12 of 2021",
        True,
    )


async def test_a_product_and_a_preview_above_a_cap_are_refused(desk: Office) -> None:
    await given(
        desk,
        fact_id="cap-2026",
        topic="rate_cap",
        value="0.2",
        unit="nominal",
        starts_on="2026-01-01",
        ends_on="2027-01-01",
        when_past="refuse",
    )
    admin, officer = desk.caller(Role.ADMINISTRATOR), desk.caller(Role.OFFICER)
    rates = bodies.limits("0.10", "0.18", "0.2")

    above = await admin.post(PRODUCTS, product(code="DEAR"))
    at = await admin.post(PRODUCTS, product(code="FAIR", annual_rate=rates))

    assert problem(above) == (422, "rate-above-law")
    assert at.status_code == 201, at.text
    assert {fact["fact_id"] for fact in at.json()["facts"]} >= {"cap-2026"}
    assert "cap-2026" in await used(admin, at.json()["product_id"])

    asked = {
        "product_id": at.json()["product_id"],
        "amount": mad("20000.00"),
        "term_months": 12,
        "annual_rate": "0.2",
    }
    shown = await officer.post("/loans/v1/contracts/previews", asked)
    assert shown.status_code == 200, shown.text
    assert "cap-2026" in {fact["fact_id"] for fact in shown.json()["facts"]}

    later = await officer.post("/loans/v1/contracts/previews", asked | {"signed_on": "2027-01-01"})
    assert problem(later) == (422, "rule-past")
    assert (later.json()["fact_id"], later.json()["until"]) == ("cap-2026", "2027-01-01")
