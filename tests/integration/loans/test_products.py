"""Products are offered by the administrator alone, lawful or not at all, and never change."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.loans.products import queries, router
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId, ProductId
from tests import bodies, office
from tests.office import Office

PRODUCTS = "/loans/v1/products"


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Office]:
    async with office.opened(loans_db, institution_id, router.router) as opened:
        yield opened


async def offer(desk: Office, body: dict[str, Any]) -> dict[str, Any]:
    answer = await desk.caller(Role.ADMINISTRATOR).post(PRODUCTS, body)
    assert answer.status_code == 201, answer.text
    offered: dict[str, Any] = answer.json()
    return offered


async def test_a_product_is_read_as_it_was_offered(desk: Office) -> None:
    fee = {
        "code": "file",
        "kind": "flat",
        "when": "at_disbursement",
        "amount": bodies.amount("10.000"),
        "documented_cost": bodies.amount("12.500"),
    }
    body = bodies.qard(fees=[fee], policy={"approve_points_from": 60, "automatic": True})
    offered = await offer(desk, body)
    facts = offered.pop("facts")
    read = (await desk.caller(Role.OFFICER).get(f"{PRODUCTS}/{offered['product_id']}")).json()
    assert read == offered
    assert [(fact["fact_id"], fact["standing"]) for fact in facts] == [
        ("fee-JO-table", "not_given")
    ]
    assert read["version"] == 1
    assert read["amount"] == body["amount"]
    unstated = {"percent": None, "due_on": None, "days_after": None}
    assert read["fees"] == [fee | unstated | {"base": "principal", "purpose": "service"}]
    assert read["allocation_order"] == ["fee", "profit", "principal"]
    assert read["policy"] == {
        "approve_points_from": 60,
        "reject_points_below": None,
        "automatic": True,
    }


async def test_a_rate_keeps_its_exact_figures(desk: Office) -> None:
    body = bodies.loan(annual_rate=bodies.limits("0.100001", "0.18", "0.24"))
    offered = await offer(desk, body)
    async with desk.database.read(desk.institution_id) as session:
        product = await queries.product(session, ProductId(UUID(offered["product_id"])))
    assert product.annual_rate.least == Decimal("0.100001")


async def test_a_new_version_leaves_the_old_one_as_it_was(desk: Office) -> None:
    first = await offer(desk, bodies.loan())
    assert first.pop("facts") == []
    address = f"{PRODUCTS}/{first['product_id']}"
    change = bodies.loan(term_months=bodies.limits(6, 18, 36))
    del change["code"]
    answer = await desk.caller(Role.ADMINISTRATOR).post(f"{address}/versions", change)
    assert answer.status_code == 201
    assert answer.json()["version"] == 2
    reader = desk.caller(Role.APPROVER)
    assert (await reader.get(address)).json()["term_months"]["max"] == 36
    assert (await reader.get(f"{address}/versions/1")).json() == first
    assert (await reader.get(f"{address}/versions/3")).status_code == 404


async def test_two_versions_at_once_leave_one_and_a_conflict(desk: Office) -> None:
    first = await offer(desk, bodies.loan())
    change = bodies.loan()
    del change["code"]
    address = f"{PRODUCTS}/{first['product_id']}/versions"
    admin = desk.caller(Role.ADMINISTRATOR)
    answers = await asyncio.gather(*(admin.post(address, change) for _ in range(4)))
    codes = sorted(answer.status_code for answer in answers)
    assert set(codes) <= {201, 409}
    versions = [answer.json()["version"] for answer in answers if answer.status_code == 201]
    assert sorted(versions) == list(range(2, 2 + len(versions)))


async def test_a_code_names_one_product(desk: Office) -> None:
    await offer(desk, bodies.qard())
    answer = await desk.caller(Role.ADMINISTRATOR).post(PRODUCTS, bodies.qard())
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/loans/product-code-taken"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (bodies.qard(annual_rate=bodies.limits("0", "0", "0.01")), "terms-invalid"),
        (bodies.qard(charge_method="flat"), "qard-bears-no-profit"),
        (
            bodies.qard(
                fees=[{"code": "f", "kind": "percent", "when": "at_disbursement", "percent": "1"}]
            ),
            "qard-fee-not-cost",
        ),
        (bodies.loan(charge_method="none"), "terms-invalid"),
        (bodies.loan(term_months=bodies.limits(12, 6, 24)), "limits-invalid"),
        (bodies.loan(term_months=bodies.limits(0, 6, 24)), "limits-invalid"),
        (bodies.loan(grace_months=bodies.limits(0, 0, 6)), "limits-invalid"),
        (
            bodies.loan(
                amount=bodies.limits(
                    bodies.amount("9.000"), bodies.amount("8.000"), bodies.amount("10.000")
                )
            ),
            "limits-invalid",
        ),
        (
            bodies.loan(frequency="quarterly", term_months=bodies.limits(7, 12, 24)),
            "term-not-whole-instalments",
        ),
        (
            bodies.loan(fees=[{"code": "f", "kind": "flat", "when": "at_disbursement"}]),
            "fee-unclear",
        ),
        (bodies.loan(policy={"automatic": True}), "policy-unclear"),
        (
            bodies.loan(policy={"approve_points_from": 10, "reject_points_below": 20}),
            "policy-unclear",
        ),
        (
            bodies.loan(price=bodies.qard()["price"] | {"operating_cost": bodies.amount("-1.000")}),
            "terms-invalid",
        ),
        (bodies.loan(allocation_order=["fee", "fee", "principal"]), "terms-invalid"),
    ],
)
async def test_an_unlawful_product_is_refused_with_its_reason(
    desk: Office, body: dict[str, Any], problem: str
) -> None:
    answer = await desk.caller(Role.ADMINISTRATOR).post(PRODUCTS, body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"] == f"/problems/loans/{problem}"


async def test_limits_in_two_currencies_are_refused(desk: Office) -> None:
    mixed = bodies.limits(
        bodies.amount("100.000"), bodies.amount("200.00", "USD"), bodies.amount("300.000")
    )
    answer = await desk.caller(Role.ADMINISTRATOR).post(PRODUCTS, bodies.qard(amount=mixed))
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/currency-mismatch")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
async def test_only_the_administrator_offers(desk: Office, role: Role) -> None:
    assert (await desk.caller(role).post(PRODUCTS, bodies.qard())).status_code == 403


@pytest.mark.parametrize("role", [Role.DONOR, Role.SERVICE])
async def test_products_are_for_the_staff(desk: Office, role: Role) -> None:
    assert (await desk.caller(role).get(PRODUCTS)).status_code == 403


async def test_a_product_of_another_institution_does_not_exist(
    desk: Office, loans_db: Database
) -> None:
    foreign = InstitutionId(ids.new())
    await office.found(loans_db, foreign)
    offered = await offer(desk, bodies.qard())
    stranger = desk.caller(Role.ADMINISTRATOR, institution_id=foreign)
    assert (await stranger.get(f"{PRODUCTS}/{offered['product_id']}")).status_code == 404
    change = bodies.qard()
    del change["code"]
    answer = await stranger.post(f"{PRODUCTS}/{offered['product_id']}/versions", change)
    assert answer.status_code == 404
    assert (await stranger.get(PRODUCTS)).json() == {"items": [], "next": None}


async def test_products_are_listed_page_by_page_each_once(desk: Office) -> None:
    codes = [f"P{number}" for number in range(5)]
    for code in codes:
        await offer(desk, bodies.qard(code=code))
    reader, seen, after = desk.caller(Role.AUDITOR), [], None
    while True:
        page = (await reader.get(PRODUCTS, limit=2, **({"after": after} if after else {}))).json()
        seen += [item["code"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == codes


async def test_a_version_cannot_be_changed_behind_the_operations(desk: Office) -> None:
    await offer(desk, bodies.qard())
    for statement in (
        "update product_version set max_amount_minor = 1",
        "delete from product_version",
        "update product set code = 'X'",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with desk.database.begin(desk.institution_id) as session:
                await session.execute(text(statement))
