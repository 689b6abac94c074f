"""A loan may be tried out on any terms, alone or in a list, and nothing is kept of it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest

from services.loans.contracts import previews
from services.loans.contracts import router as contracts
from services.loans.domain.amortisation import Amortisation, AmortisationKind
from services.loans.domain.chart import FundKind
from services.loans.domain.dating import CalendarKind, Dating, template
from services.loans.domain.drawing import Drawing
from services.loans.domain.fees import Fee, FeeBase, FeeKind, FeeWhen
from services.loans.domain.savings import Savings
from services.loans.products import router as products
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests import bodies, office
from tests.integration.loans import own_facts
from tests.integration.loans.scene import Scene, client_of, jod
from tests.integration.loans.signing import loan, offer, signed

PREVIEWS = "/loans/v1/contracts/previews"
PRODUCTS = "/loans/v1/products"


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def officer(scene: Scene) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(scene, previews.router, roles="officer") as client:
        yield client


def asked(**changes: Any) -> dict[str, Any]:
    """1,200.000 JOD at 12 % on the declining balance in twelve months from 1 January 2026."""
    body: dict[str, Any] = {
        "mode_of_finance": "conventional",
        "charge_method": "declining_balance",
        "principal": bodies.amount("1200.000"),
        "annual_rate": "0.12",
        "instalments": 12,
        "disbursed_on": "2026-01-01",
    }
    return body | changes


async def tried(officer: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await officer.post(f"{PREVIEWS}/terms", json=asked(**changes))
    assert answer.status_code == 200, answer.text
    agreed: dict[str, Any] = answer.json()
    return agreed


def column(agreed: dict[str, Any], member: str) -> list[str]:
    return [due[member]["amount"] for due in agreed["instalments"]]


async def test_terms_of_no_product_are_tried_out(officer: httpx.AsyncClient) -> None:
    agreed = await tried(officer)

    assert column(agreed, "total") == ["106.619"] * 11 + ["106.614"]
    assert agreed["instalments"][0]["due_on"] == "2026-02-01"


async def test_each_due_date_is_told_in_both_calendars(officer: httpx.AsyncClient) -> None:
    agreed = await tried(officer, disbursed_on="2026-01-20", first_due_on="2026-02-18")

    first = agreed["instalments"][0]
    assert (first["due_on"], first["due_on_hijri"]) == ("2026-02-18", "1447-09-01")


async def test_instalments_fall_on_hijri_months(officer: httpx.AsyncClient) -> None:
    agreed = await tried(
        officer, disbursed_on="2026-02-18", instalments=3, dating={"calendar": "hijri"}
    )

    hijri = [due["due_on_hijri"] for due in agreed["instalments"]]
    assert hijri == ["1447-10-01", "1447-11-01", "1447-12-01"]


async def test_a_template_spares_ramadan(officer: httpx.AsyncClient) -> None:
    agreed = await tried(
        officer,
        disbursed_on="2026-01-01",
        instalments=4,
        dating={"templates": ["no_instalment_in_ramadan"]},
    )

    days = [due["due_on"] for due in agreed["instalments"]]
    assert days == ["2026-02-01", "2026-04-01", "2026-05-01", "2026-06-01"]
    assert column(agreed, "profit")[1] > column(agreed, "profit")[0]  # two months' profit


async def test_a_seasonal_loan_is_paid_with_the_harvest(officer: httpx.AsyncClient) -> None:
    agreed = await tried(
        officer,
        instalments=6,
        amortisation={"kind": "seasonal", "weights": [0, 0, 1]},
    )

    totals = column(agreed, "total")
    assert totals[:2] == totals[3:5] == ["0.000", "0.000"]
    assert sum(map(float, column(agreed, "principal"))) == 1200


async def test_the_cost_holds_savings_and_insurance(officer: httpx.AsyncClient) -> None:
    plain = (await tried(officer))["disclosure"]
    takaful = {
        "code": "takaful",
        "kind": "percent",
        "when": "each_instalment",
        "percent": "0.5",
        "purpose": "takaful",
    }
    dearer = (
        await tried(officer, fees=[takaful], savings={"upfront_percent": "10", "each_percent": "1"})
    )["disclosure"]

    assert dearer["total_insurance"]["amount"] == dearer["total_fees"]["amount"] == "72.000"
    assert dearer["total_savings"]["amount"] == "264.000"
    assert plain["nominal_annual_rate"] == dearer["nominal_annual_rate"] == "0.120000"
    assert plain["annual_percentage_rate"].startswith("0.1200")
    assert plain["effective_annual_rate"].startswith("0.1268")  # 1.01 ** 12 - 1
    assert dearer["annual_percentage_rate"] > "0.25"
    assert dearer["effective_annual_rate"] > dearer["annual_percentage_rate"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"principal_grace": 12}, "grace-too-long"),
        ({"charging": {"profit_grace": 12}}, "grace-too-long"),
        ({"first_due_on": "2026-01-01"}, "date-before-disbursement"),
        (
            {"drawing": {"tranches": [{"on": "2025-12-31", "amount": bodies.amount("100.000")}]}},
            "date-before-disbursement",
        ),
        ({"amortisation": {"multiple": bodies.amount("200.000")}}, "multiple-too-large"),
        (
            {"amortisation": {"kind": "fixed_instalment", "instalment": bodies.amount("11.000")}},
            "instalment-below-profit",
        ),
        (
            {"amortisation": {"kind": "fixed_instalment", "instalment": bodies.amount("300.000")}},
            "repaid-too-early",
        ),
        ({"amortisation": {"kind": "seasonal"}}, "terms-invalid"),
        ({"amortisation": {"growth": "0.1"}}, "terms-invalid"),
        ({"amortisation": {"unit": bodies.amount("1.00", "USD")}}, "currency-mismatch"),
        ({"dating": {"templates": ["no_instalment_ever"]}}, "terms-invalid"),
        ({"frequency": "weekly", "dating": {"calendar": "hijri"}}, "terms-invalid"),
        ({"frequency": "twice_a_month"}, "terms-invalid"),
        ({"charging": {"year_of_days": 366}}, "terms-invalid"),
        (
            {
                "dating": {
                    "seasons": [
                        {"calendar": "gregorian", "first": [1, 1], "last": [12, 31], "weight": 0}
                    ]
                }
            },
            "terms-invalid",
        ),
    ],
)
async def test_terms_that_contradict_themselves_are_refused_by_name(
    officer: httpx.AsyncClient, changes: dict[str, Any], problem: str
) -> None:
    answer = await officer.post(f"{PREVIEWS}/terms", json=asked(**changes))

    assert answer.status_code == 422, answer.text
    assert answer.json()["type"].endswith(f"/{problem}"), answer.text


async def test_a_list_answers_each_and_one_refusal_stops_no_other(
    scene: Scene, officer: httpx.AsyncClient
) -> None:
    product = await offer(scene, loan())
    of_product = {
        "product_id": str(product.product_id),
        "amount": bodies.amount("1000.000"),
        "term_months": 12,
    }
    items = [
        {"of_product": of_product},
        {"on_terms": asked(principal_grace=12)},
        {"on_terms": asked()},
    ]
    answer = await officer.post(
        f"{PREVIEWS}/batch", json={"items": items}, headers={"Accept-Language": "ar"}
    )

    assert answer.status_code == 200, answer.text
    first, second, third = answer.json()["items"]
    assert first["agreement"]["terms"]["instalments"] == 12
    assert first["refusal"] is second["agreement"] is None
    assert second["refusal"]["type"] == "/problems/loans/grace-too-long"
    assert "القرض" in second["refusal"]["title"]
    assert third["agreement"]["instalments"][0]["total"]["amount"] == "106.619"


@pytest.mark.parametrize(
    "items",
    [
        [],
        [{}],
        [{"on_terms": asked()}] * 51,
        [{"on_terms": asked(instalments=600)}] * 6,
        [{"on_terms": asked(), "of_product": None}],
    ],
)
async def test_a_list_is_neither_empty_nor_endless_nor_unclear(
    officer: httpx.AsyncClient, items: list[dict[str, Any]]
) -> None:
    answer = await officer.post(f"{PREVIEWS}/batch", json={"items": items})

    assert answer.status_code == (200 if items == [asked_both()] else 422)


def asked_both() -> dict[str, Any]:
    return {"on_terms": asked(), "of_product": None}


async def test_a_product_keeps_every_part_of_its_terms(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    parts = {
        "frequency": "monthly",
        "day_count": "act/act",
        "rounding": "half_up",
        "month_end_rule": "next_month",
        "amortisation": {"kind": "graduated", "growth": "0.02", "growth_every": 6},
        "charging": {"leap_rule": "february_29_only", "rate_kind": "effective"},
        "dating": {"calendar": "hijri", "templates": ["half_instalment_in_ramadan"]},
        "drawing": {"down_payment_percent": "10"},
        "savings": {"upfront_percent": "5", "each": bodies.amount("2.000")},
    }
    async with office.opened(loans_db, institution_id, products.router) as desk:
        offered = await desk.caller(Role.ADMINISTRATOR).post(PRODUCTS, bodies.loan(**parts))
        assert offered.status_code == 201, offered.text
        address = f"{PRODUCTS}/{offered.json()['product_id']}"
        read = (await desk.caller(Role.OFFICER).get(address)).json()
    assert {**read, "facts": []} == offered.json()
    assert read["amortisation"]["growth"] == "0.02"
    assert read["dating"]["seasons"][0] == {
        "calendar": "hijri",
        "first": [9, 1],
        "last": [9, 30],
        "weight": 50,
    }
    assert (read["savings"]["each"], read["charging"]["rate_kind"]) == (
        bodies.amount("2.000"),
        "effective",
    )


async def test_a_contract_keeps_every_part_it_was_signed_with(scene: Scene) -> None:
    fee = Fee(
        code="visit",
        kind=FeeKind.PERCENT,
        when=FeeWhen.ON_DATE,
        percent=Decimal(1),
        of=FeeBase.PROFIT,
        days_after=40,
    )
    late = replace(fee, code="late", when=FeeWhen.OVERDUE, of=FeeBase.PRINCIPAL, days_after=None)
    product = loan(
        fees=(fee, late),
        rounding="ceiling",
        amortisation=Amortisation(kind=AmortisationKind.EQUAL_PRINCIPAL),
        dating=Dating(calendar=CalendarKind.HIJRI, seasons=template("no_instalment_in_ramadan")),
        drawing=Drawing(down_payment_percent=Decimal(10)),
        savings=Savings(each=jod("3.000")),
    )
    fund_id = await scene.fund(FundKind.COMMERCIAL)
    row = await signed(scene, fund_id, product=product, annual_rate=Decimal("0.18"))
    address = f"/loans/v1/contracts/{row.contract_id}"
    async with client_of(scene, contracts.router, roles="officer") as officer:
        dues = (await officer.get(f"{address}/schedule")).json()["instalments"]
        told = (await officer.get(address)).json()["contract"]["terms"]
        words = {
            language: (await officer.get(f"{address}/summary", params={"lang": language})).text
            for language in ("ar", "fr", "en")
        }

    assert len(dues) == 13
    assert (dues[0]["due_on"], dues[0]["principal"]["amount"]) == (
        row.signed_on.isoformat(),
        "100.000",
    )
    assert sum(int(due["principal"]["amount"].replace(".", "")) for due in dues) == 1_000_000
    assert not any(due["due_on_hijri"][5:7] == "09" for due in dues[1:])
    assert told["dating"]["calendar"] == "hijri"
    assert [each["base"] for each in told["fees"]] == ["profit", "principal"]
    assert "36.000" in words["en"]
    assert "1 %" in words["fr"]
    assert "تدّخر" in words["ar"]


async def test_the_templates_are_told(loans_db: Database, institution_id: InstitutionId) -> None:
    async with office.opened(loans_db, institution_id, products.router) as desk:
        told = (await desk.caller(Role.OFFICER).get("/loans/v1/season-templates")).json()
    names = [template["name"] for template in told]
    assert names == sorted(names)
    assert {"no_instalment_in_ramadan", "no_instalment_at_feasts", "olive_harvest"} <= set(names)


async def test_a_holiday_of_the_institutions_own_moves_a_due_date(
    scene: Scene, officer: httpx.AsyncClient
) -> None:
    usual = await tried(officer, moving_rule="next")
    feast = {"name": "Founding of the house", "rule": "dates", "dates": ["2026-02-01"]}
    await own_facts.give(scene.database, scene.institution_id, own_facts.fact("holiday", feast))

    moved = await tried(officer, moving_rule="next")

    assert usual["instalments"][0]["due_on"] == "2026-02-01"
    assert moved["instalments"][0]["due_on"] == "2026-02-02"
    assert moved["instalments"][1:] == usual["instalments"][1:]
