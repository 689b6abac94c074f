"""What is known goes to scoring: funds and clauses, months, contracts, debts, law, and consent."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.loans.applications import router as applications
from services.loans.approvals import router as approvals
from services.loans.borrowers import router as borrowers
from services.loans.bureau import router as bureau
from services.loans.clauses import router as clauses
from services.loans.domain.chart import FundKind
from services.loans.eligibility import serving
from services.loans.products import router as products
from shared.auth import Role
from shared.clients.scoring import AssessmentRequest
from shared.db import Database
from shared.ids import InstitutionId
from tests import bodies, office
from tests.bodies import Json, amount
from tests.fakes import FakeScoring
from tests.integration.loans import own_facts
from tests.integration.loans.desks import APPLICATIONS, open_fund, problem, submit, submitted
from tests.integration.loans.test_fund_checks import WOMEN, written
from tests.office import TODAY, Caller, Office

ROUTERS = (
    products.router,
    borrowers.router,
    bureau.router,
    applications.router,
    approvals.router,
    clauses.router,
)
WEIGHTS = dict.fromkeys(
    ("total_cost", "burden", "subsidy", "term_years", "amount_missing", "term_moved"), "1"
)


@pytest.fixture
async def desk(
    loans_db: Database, institution_id: InstitutionId, scoring: FakeScoring
) -> AsyncIterator[Office]:
    """The desk with funds that are asked."""
    async with office.opened(loans_db, institution_id, *ROUTERS) as opened:
        opened.app.state.scoring = scoring
        opened.app.state.ask_funds = serving.ask_funds
        admin = opened.caller(Role.ADMINISTRATOR)
        for body in (bodies.qard(), bodies.loan()):
            assert (await admin.post("/loans/v1/products", body)).status_code == 201
        yield opened


def month(sales: str, **changes: Any) -> Json:
    return bodies.household(sales=amount(sales)) | changes


def year(**changes: Any) -> Json:
    """A harvest sold in the autumn, and one contract signed."""
    body: Json = {
        "months": [month("0.000")] * 9 + [month("3000.000")] * 3,
        "saved": amount("150.000"),
        "contracts": [{"month": 4, "amount": amount("800.000"), "proof": "PO-2026-17"}],
    }
    return body | changes


async def test_each_fund_is_asked_and_those_that_may_serve_stand_on_the_menu(
    desk: Office, officer: Caller, scoring: FakeScoring
) -> None:
    maker, checker = desk.caller(Role.FUNDS_MANAGER), desk.caller(Role.ADMINISTRATOR)
    women = await open_fund(desk, kind=FundKind.DONATION, code="WOMEN")
    refusal = await written(maker, checker, women, WOMEN)
    open_to_all = await open_fund(desk, kind=FundKind.WAQF, holds="700.000", code="ALL")
    await open_fund(desk, kind=FundKind.COMMERCIAL, code="BANK")

    file = await submitted(officer, desk, headers={"Accept_Language": "fr"})

    (request,) = scoring.asked
    assert request.funds is not None
    assert [(str(one.fund_id), one.free) for one in request.funds] == [
        (open_to_all, request.amount.model_copy(update={"amount": "700.000"}))
    ]
    told = {fund["code"]: fund for fund in file["asked"]["funds"]}
    assert set(told) == {"ALL", "WOMEN"}, "a fund of another kind is not meant"
    assert (told["ALL"]["on_menu"], told["ALL"]["refusals"]) == (True, [])
    assert told["WOMEN"]["on_menu"] is False
    (why,) = told["WOMEN"]["refusals"]
    assert why["clause_id"] == refusal["clause_id"]
    assert why["sentence"] == "le sexe de l'emprunteur : uniquement femme"
    assert "Convention 7, 2025-12-01" in why["source"]
    arabic = await officer.http.get(
        f"{APPLICATIONS}/{file['application_id']}",
        headers={"Authorization": f"Bearer {officer.token}", "Accept-Language": "ar"},
    )
    sentences = [
        one["refusals"][0]["sentence"]
        for one in arabic.json()["asked"]["funds"]
        if one["code"] == "WOMEN"
    ]
    assert sentences[0].startswith("جنس المقترض")


async def test_where_no_fund_may_serve_none_is_named(
    desk: Office, officer: Caller, scoring: FakeScoring
) -> None:
    maker, checker = desk.caller(Role.FUNDS_MANAGER), desk.caller(Role.ADMINISTRATOR)
    for _ in range(2):
        await written(maker, checker, await open_fund(desk), WOMEN)

    file = await submitted(officer, desk)
    woman = bodies.person(desk.branch, born_on="1971-03-02", sex="female")
    await submitted(officer, desk, borrower=woman)

    assert scoring.asked[0].funds is None
    assert [fund["on_menu"] for fund in file["asked"]["funds"]] == [False, False]
    assert len(scoring.asked[1].funds or ()) == 2


async def test_lenders_money_bears_nothing_of_the_price(
    desk: Office, officer: Caller, scoring: FakeScoring
) -> None:
    bank = await open_fund(desk, kind=FundKind.COMMERCIAL)
    await submitted(officer, desk, product_code="LOAN")

    funds = scoring.asked[0].funds
    assert funds is not None
    (choice,) = funds
    assert str(choice.fund_id) == bank
    assert choice.price.subsidy_available is not None
    assert choice.price.subsidy_available.amount == "0.000"


async def test_months_and_contracts_are_kept_told_and_sent(
    desk: Office, officer: Caller, scoring: FakeScoring
) -> None:
    file = await submitted(officer, desk, cash_flow=year())

    kept = file["cash_flow"]
    assert [one["sales"]["amount"] for one in kept["months"]] == ["0.000"] * 9 + ["3000.000"] * 3
    assert kept["contracts"] == [
        {
            "month": 4,
            "amount": amount("800.000"),
            "proof": "PO-2026-17",
            "delay_months": 1,
            "discount": "0.20",
        }
    ]
    season = scoring.asked[0].season
    assert season is not None
    assert (season.buffer.amount, season.months[9].sales.amount) == ("150.000", "3000.000")
    assert season.receipts is not None
    assert (season.receipts[0].month, season.receipts[0].proof) == (4, "PO-2026-17")


async def test_contracts_alone_stand_beside_twelve_ordinary_months(
    desk: Office, officer: Caller, scoring: FakeScoring
) -> None:
    await submitted(officer, desk, cash_flow=year(months=[], saved=None))

    season = scoring.asked[0].season
    assert season is not None
    assert {one.sales.amount for one in season.months} == {"600.000"}
    assert season.buffer.amount == "0.000"


@pytest.mark.parametrize(
    ("flow", "slug", "french"),
    [
        (year(months=[month("1.000")] * 11), "season-incomplete", "11 mois ont été indiqués"),
        (
            year(months=[month("1.000", verified_income=amount("301.001"))] * 12),
            "verified-above-told",
            "Pour le mois 1, un revenu de 301.001 JOD est prouvé",
        ),
        (year(contracts=year()["contracts"] * 2), "receipt-listed-twice", "Ce que PO-2026-17"),
        (year(saved=amount("-1.000")), "household-negative", ""),
        (year(saved=amount("1.00", "MAD")), "currency-mismatch", ""),
    ],
)
async def test_months_that_cannot_be_are_refused_by_name(
    desk: Office, officer: Caller, flow: Json, slug: str, french: str
) -> None:
    answer = await submit(officer, desk, cash_flow=flow, headers={"Accept_Language": "fr"})

    assert problem(answer) == (422, slug)
    assert answer.json()["detail"].startswith(french)


async def test_debts_that_are_known_of_a_borrower_are_heard(
    desk: Office, officer: Caller, scoring: FakeScoring
) -> None:
    made = await officer.post("/loans/v1/borrowers", bodies.person(desk.branch))
    borrower_id = made.json()["borrower_id"]
    debt = {"lender": "Bank A", "monthly": amount("60.000"), "outstanding": amount("900.000")}
    told = await officer.post(
        f"/loans/v1/borrowers/{borrower_id}/debts", {"as_of": TODAY.isoformat(), "debts": [debt]}
    )
    assert told.status_code == 201, told.text
    body = bodies.application(borrower_id=borrower_id)
    assert (await officer.post(APPLICATIONS, body)).status_code == 201

    debts = scoring.asked[0].debts
    assert debts is not None
    (heard,) = debts
    assert (heard.lender, heard.monthly.amount, heard.source) == ("Bank A", "60.000", "declared")


async def test_a_product_says_what_is_best_and_how_careful_to_be(
    desk: Office, officer: Caller, scoring: FakeScoring
) -> None:
    opinion = {
        "weights": WEIGHTS | {"burden": "2"},
        "care": {"debt_service_outer": "0.50", "limits_source": "Circular 3 of 2024"},
        "seasonal": True,
        "burden_log_odds": "0.25",
        "hazard_ages": ["0.2", "1.8", "1"],
    }
    admin = desk.caller(Role.ADMINISTRATOR)
    body = bodies.qard(code="SEASON", frequency="quarterly", opinion=opinion)
    made = await admin.post("/loans/v1/products", body | {"term_months": bodies.limits(6, 12, 24)})
    assert made.status_code == 201, made.text
    assert made.json()["opinion"]["weights"]["burden"] == "2"

    await submitted(officer, desk, product_code="SEASON")
    await submitted(officer, desk, borrower=bodies.person(desk.branch, born_on="1980-01-01"))

    told, usual = scoring.asked
    assert told.weights is not None
    assert (str(told.weights.burden), str(told.weights.total_cost)) == ("2", "1")
    assert told.policy.limits_source == "Circular 3 of 2024"
    assert (told.product.frequencies, told.product.seasonal) == (["quarterly"], True)
    assert [str(part) for part in told.price.hazard_ages or ()] == ["0.2", "1.8", "1"]
    assert (usual.weights, usual.policy, usual.product.seasonal) == (
        None,
        AssessmentRequest.model_fields["policy"].default,
        None,
    )


@pytest.mark.parametrize(
    ("opinion", "slug"),
    [
        ({"weights": dict.fromkeys(WEIGHTS, "0")}, "weights-all-zero"),
        ({"care": {"lowest_month_share": "0.30"}}, "limit-without-source"),
    ],
)
async def test_a_say_that_says_nothing_is_refused(desk: Office, opinion: Json, slug: str) -> None:
    admin = desk.caller(Role.ADMINISTRATOR)
    answer = await admin.post("/loans/v1/products", bodies.qard(code="X", opinion=opinion))

    assert problem(answer) == (422, slug)


async def test_the_legal_cap_goes_along_with_its_source_and_day(
    desk: Office, officer: Caller, scoring: FakeScoring
) -> None:
    effective = own_facts.fact("rate_cap", "0.16", unit="effective", **{"from": "2026-01-01"})
    nominal = own_facts.fact(
        "rate_cap", "0.12", unit="nominal", id="own-nominal", conditions={"area": "rural"}
    )
    for fact in (effective, nominal):
        await own_facts.give(desk.database, desk.institution_id, fact)

    file = await submitted(officer, desk, product_code="LOAN", characteristics={"area": "rural"})
    urban = bodies.person(desk.branch, born_on="1981-01-01")
    await submitted(officer, desk, product_code="LOAN", borrower=urban, characteristics={})

    capped, other = (request.price for request in scoring.asked)
    assert (str(capped.annual_rate_ceiling), str(capped.nominal_rate_ceiling)) == ("0.16", "0.12")
    assert capped.ceiling_source == "Ruling 7 of the board; since 2026-01-01"
    assert (str(other.annual_rate_ceiling), other.nominal_rate_ceiling) == ("0.16", None)
    assert file["asked"]["ceilings"] == [
        {"unit": "effective", "annual_rate": "0.16", "source": capped.ceiling_source},
        {"unit": "nominal", "annual_rate": "0.12", "source": "Ruling 7 of the board"},
    ]
    assert {fact["fact_id"] for fact in file["asked"]["facts"]} == {"own-rate-cap", "own-nominal"}
    address = f"{APPLICATIONS}/{file['application_id']}"
    headers = {"Authorization": f"Bearer {officer.token}", "Accept-Language": "fr"}
    told = (await officer.http.get(address, headers=headers)).json()["asked"]["ceilings"]
    assert told[0]["source"] == "Ruling 7 of the board ; depuis le 2026-01-01"


async def test_who_refuses_a_program_is_said_so(
    desk: Office, officer: Caller, scoring: FakeScoring
) -> None:
    no = {"purpose": "automatic_decision", "granted": False, "effective_on": "2026-03-01"}
    person = bodies.person(desk.branch)
    await submitted(officer, desk, borrower=person | {"consents": [*person["consents"], no]})
    other = bodies.person(desk.branch, born_on="1982-01-01")
    await submitted(officer, desk, borrower=other)

    assert [request.refuses_automation for request in scoring.asked] == [True, None]


async def test_an_auditor_reads_what_was_asked_in_every_round(
    desk: Office, officer: Caller, scoring: FakeScoring
) -> None:
    file = await submitted(officer, desk)
    address = f"{APPLICATIONS}/{file['application_id']}"
    await officer.post(f"{address}/return", {"reason": "x"})
    correction = bodies.application(amount=amount("800.000"), cash_flow=year())
    del correction["product_code"]
    assert (await officer.post(f"{address}/resubmit", correction)).status_code == 200

    questions = (await desk.caller(Role.AUDITOR).get(f"{address}/questions")).json()
    assert [one["round"] for one in questions] == [1, 2]
    assert [AssessmentRequest.model_validate(one["request"]) for one in questions] == scoring.asked
    elsewhere = desk.caller(Role.OFFICER, branches=[desk.branches[1]])
    assert problem(await elsewhere.get(f"{address}/questions")) == (404, "application-not-found")


@pytest.mark.parametrize("change", ["update application_request set body = ''",
                                    "delete from application_request"])  # fmt: skip
async def test_what_was_asked_is_never_changed(desk: Office, officer: Caller, change: str) -> None:
    await submitted(officer, desk)

    async with desk.database.begin(desk.institution_id) as session:
        with pytest.raises(DBAPIError, match="permission denied"):
            await session.execute(text(change))


async def test_fees_that_eat_the_loan_are_refused_with_the_product(desk: Office) -> None:
    admin = desk.caller(Role.ADMINISTRATOR)
    fee = {"kind": "percent", "percent": "50", "when": "at_disbursement"}
    eaten = bodies.loan(code="EATEN", fees=[fee | {"code": "A"}, fee | {"code": "B"}])

    assert problem(await admin.post("/loans/v1/products", eaten)) == (422, "fees-eat-loan")
