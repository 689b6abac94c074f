"""A product takes over the policy of an adopted review of rates, once, and found lawful anew."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from services.loans.products import router
from shared import ids
from shared.auth import Role
from shared.clients.rate_reviews import RateReviewOut
from shared.db import Database
from shared.ids import InstitutionId
from tests import bodies, office
from tests.fakes import FakeScoring
from tests.office import Office

PRODUCTS = "/loans/v1/products"
PLAIN = {"set_to": None, "times": 1.0, "plus": 0.0, "low": None, "high": None}
HALF = {"where": {}, "annual_rate": PLAIN | {"times": 0.5}}
Json = dict[str, Any]


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Office]:
    async with office.opened(loans_db, institution_id, router.router) as opened:
        opened.app.state.scoring = FakeScoring()
        yield opened


def reviewed(desk: Office, *changes: Json, status: str = "adopted", policy: str = "half") -> UUID:
    """Have scoring know a review with one policy; give its id."""
    review_id = ids.new()
    document = {
        "review": {"review_id": review_id, "status": status, "policy": policy, "name": "Spring"},
        "result": {"policies": [{"name": "half", "changes": changes, "cases": {}}]},
        "steps": [],
    }
    desk.app.state.scoring.reviews[review_id] = RateReviewOut.model_validate(document)
    return review_id


async def offered(desk: Office, body: Json) -> str:
    answer = await desk.caller(Role.ADMINISTRATOR).post(PRODUCTS, body)
    assert answer.status_code == 201, answer.text
    return f"{PRODUCTS}/{answer.json()['product_id']}"


async def follow(desk: Office, path: str, review_id: UUID) -> tuple[int, Json]:
    caller = desk.caller(Role.ADMINISTRATOR)
    answer = await caller.post(f"{path}/versions/from-review", {"review_id": str(review_id)})
    found: Json = answer.json()
    return answer.status_code, found


async def test_a_version_follows_an_adopted_review(desk: Office) -> None:
    path = await offered(desk, bodies.loan())
    before = (await desk.caller(Role.OFFICER).get(path)).json()
    review_id = reviewed(desk, HALF)

    status, opened = await follow(desk, path, review_id)

    assert (status, opened["version"]) == (201, 2)
    assert opened["annual_rate"] == {"min": "0.05", "default": "0.09", "max": "0.12"}
    assert opened["review_id"] == str(review_id)
    assert "review_id" not in before
    same = {"amount", "term_months", "name", "fees", "policy", "price", "fund_kinds", "code"}
    assert {name: opened[name] for name in same} == {name: before[name] for name in same}
    assert (await desk.caller(Role.OFFICER).get(f"{path}/versions/1")).json() == before


async def test_a_review_is_followed_once(desk: Office) -> None:
    path = await offered(desk, bodies.loan())
    review_id = reviewed(desk, HALF)

    answers = await asyncio.gather(*[follow(desk, path, review_id) for _ in range(5)])
    late = await follow(desk, path, review_id)

    assert sorted(status for status, _ in answers) == [201, 409, 409, 409, 409]
    assert late[1]["type"] == "/problems/loans/review-followed-already"
    newest = (await desk.caller(Role.OFFICER).get(path)).json()
    assert (newest["version"], newest["annual_rate"]["max"]) == (2, "0.12")
    assert (await follow(desk, path, reviewed(desk, HALF)))[1]["annual_rate"]["max"] == "0.06"


async def test_a_version_is_paid_as_often_as_the_review_says(desk: Office) -> None:
    path = await offered(desk, bodies.loan())
    weekly = {"where": {"product": bodies.loan()["code"]}, "frequency": "weekly"}

    status, opened = await follow(desk, path, reviewed(desk, weekly))

    assert (status, opened["frequency"]) == (201, "weekly")
    again = await follow(desk, path, reviewed(desk, weekly))
    assert (again[0], again[1]["type"]) == (422, "/problems/loans/review-leaves-product")
    old = (await desk.caller(Role.OFFICER).get(f"{path}/versions/1")).json()
    assert old["frequency"] == "monthly"
    kept = set(old) - {"version", "frequency", "recorded_at", "facts"}
    assert {name: opened[name] for name in kept} == {name: old[name] for name in kept}


async def test_a_rule_for_loans_of_one_frequency_is_for_products_of_it(desk: Office) -> None:
    path = await offered(desk, bodies.loan())
    monthly = {"where": {"frequency": "monthly"}, "frequency": "weekly"}
    others = {"where": {"frequency": "monthly x 2"}, "annual_rate": PLAIN | {"set_to": 0.01}}

    status, opened = await follow(desk, path, reviewed(desk, monthly, others))

    assert (status, opened["frequency"]) == (201, "weekly")
    assert opened["annual_rate"]["max"] != "0.01"
    refused = await follow(desk, path, reviewed(desk, monthly))
    assert refused[1]["type"] == "/problems/loans/review-leaves-product"


@pytest.mark.parametrize("status", ["draft", "run", "recommended", "declined"])
async def test_a_review_that_is_not_adopted_opens_nothing(desk: Office, status: str) -> None:
    path = await offered(desk, bodies.loan())

    code, problem = await follow(desk, path, reviewed(desk, HALF, status=status))

    assert (code, problem["type"]) == (409, "/problems/loans/review-not-adopted")
    assert (await desk.caller(Role.OFFICER).get(path)).json()["version"] == 1


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"where": {"product": "OTHER"}, "annual_rate": PLAIN}, "review-leaves-product"),
        ({"where": {"region": "north"}, "term": PLAIN | {"plus": 6.0}}, "review-needs-person"),
        ({"where": {}, "fee_share": PLAIN | {"set_to": 0.0}}, "review-needs-person"),
        ({"where": {}, "term": PLAIN | {"times": 9.0}}, "limits-invalid"),
        ({"where": {}, "frequency": "twice_a_month"}, "review-needs-person"),
        ({"where": {}, "frequency": "now and then"}, "review-needs-person"),
        ({"where": {"region": "north"}, "frequency": "weekly"}, "review-needs-person"),
        (
            {"where": {}, "term": PLAIN | {"set_to": 7.0}, "frequency": "quarterly"},
            "term-not-whole-instalments",
        ),
    ],
)
async def test_what_a_product_cannot_take_over_opens_nothing(
    desk: Office, change: Json, problem: str
) -> None:
    path = await offered(desk, bodies.loan())

    code, refused = await follow(desk, path, reviewed(desk, change))

    assert (code, refused["type"]) == (422, f"/problems/loans/{problem}")
    assert (await desk.caller(Role.OFFICER).get(path)).json()["version"] == 1


async def test_a_qard_takes_no_rate_from_a_review(desk: Office) -> None:
    path = await offered(desk, bodies.qard())
    rate = {"where": {}, "annual_rate": PLAIN | {"set_to": 0.05}}

    code, refused = await follow(desk, path, reviewed(desk, rate))

    assert code == 422, refused
    status, opened = await follow(
        desk, path, reviewed(desk, {"where": {}, "term": PLAIN | {"plus": 6.0}})
    )
    assert (status, opened["term_months"]) == (201, {"min": 12, "default": 18, "max": 30})
    assert opened["ruling_id"] is not None


async def test_without_an_answer_of_scoring_nothing_opens(desk: Office) -> None:
    path = await offered(desk, bodies.loan())
    known = reviewed(desk, HALF)

    assert (await follow(desk, path, ids.new()))[0] == 422
    desk.app.state.scoring.answers = False
    assert (await follow(desk, path, known))[0] == 503
    assert (await follow(desk, f"{PRODUCTS}/{ids.new()}", known))[0] in {404, 503}


@pytest.mark.parametrize("role", [Role.OFFICER, Role.FUNDS_MANAGER, Role.APPROVER])
async def test_an_administrator_alone_opens_versions(desk: Office, role: Role) -> None:
    path = await offered(desk, bodies.loan())
    body = {"review_id": str(reviewed(desk, HALF))}

    answer = await desk.caller(role).post(f"{path}/versions/from-review", body)

    assert answer.status_code == 403
