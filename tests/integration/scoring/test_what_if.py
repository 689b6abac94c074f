"""A person may ask what would move; nothing is kept, and others' opinions stay unseen."""

from typing import Any

import pytest

from shared import ids
from shared.auth import Role
from tests.integration.scoring.desk import OFFERS, Caller, Desk
from tests.scoring_cases import amount, make_request


@pytest.fixture
async def offer(scoring: Desk) -> str:
    found = await scoring.assess(make_request())
    return f"{OFFERS}/{found['assessment_id']}"


@pytest.fixture
def officer(scoring: Desk) -> Caller:
    return scoring.caller(Role.OFFICER)


async def test_a_smaller_amount_is_tried_and_nothing_of_it_is_kept(
    scoring: Desk, officer: Caller, offer: str
) -> None:
    before = (await officer.get(offer)).json()
    told = await scoring.events()

    answer = await officer.post(f"{offer}/what-if", {"amount": amount("300.000")})

    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["member"] == "amount"
    moved = {item["figure"]: (item["before"], item["after"]) for item in found["moved"]}
    assert moved["best/amount"] == (amount("600.000"), amount("300.000"))
    assert found["before"]["amount"] == before["menu"][0]["amount"]
    assert found["after"] == found["menu"][0]
    assert (await officer.get(offer)).json() == before
    assert await scoring.events() == told


async def test_other_sales_move_what_can_be_paid(officer: Caller, offer: str) -> None:
    answer = await officer.post(f"{offer}/what-if", {"sales": amount("700.000")})

    figures = {item["figure"]: item["after"] for item in answer.json()["moved"]}
    assert figures["affordability/capacity"] == amount("163.000")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"term_months": 12, "grace_months": 1},
        {"term_months": None},
        {"points": 99},
        {"term_months": 0},
        {"sales": {"amount": "-1.000", "currency": "JOD"}},
        {"sales": {"amount": "1.00", "currency": "USD"}},
        {"buffer": amount("100.000")},
        {"grace_months": 12},
    ],
)
async def test_more_than_one_thing_or_an_impossible_one_is_refused(
    officer: Caller, offer: str, body: dict[str, Any]
) -> None:
    answer = await officer.post(f"{offer}/what-if", body)

    assert answer.status_code == 422, answer.text


async def test_who_may_not_see_an_opinion_asks_in_vain(scoring: Desk, offer: str) -> None:
    elsewhere = scoring.caller(Role.OFFICER, branches=[ids.new()])
    manager = scoring.caller(Role.FUNDS_MANAGER)

    assert (await elsewhere.post(f"{offer}/what-if", {"term_months": 9})).status_code == 404
    assert (await manager.post(f"{offer}/what-if", {"term_months": 9})).status_code == 403
