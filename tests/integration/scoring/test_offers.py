"""What became of a menu is told once, by who saw it, and only as it can be."""

import asyncio
from typing import Any

import httpx
import pytest

from shared import ids
from shared.auth import Role
from tests.integration.scoring.desk import OFFERS, Caller, Desk
from tests.scoring_cases import make_request


@pytest.fixture
async def offer(scoring: Desk) -> str:
    found = await scoring.assess(make_request())
    return f"{OFFERS}/{found['assessment_id']}"


@pytest.fixture
def officer(scoring: Desk) -> Caller:
    return scoring.caller(Role.OFFICER)


async def tell(officer: Caller, offer: str, outcome: str, **more: Any) -> httpx.Response:
    return await officer.post(f"{offer}/outcome", {"outcome": outcome} | more)


def outcomes(answer: httpx.Response) -> list[tuple[str, int | None]]:
    return [(item["outcome"], item["line"]) for item in answer.json()["outcomes"]]


async def test_a_menu_is_read_with_what_became_of_it(officer: Caller, offer: str) -> None:
    before = await officer.get(offer)
    accepted = await tell(officer, offer, "accepted", line=2)

    assert before.json()["outcomes"] == []
    assert before.json()["menu"][1]["line"] == 2
    assert accepted.status_code == 200
    assert outcomes(accepted) == [("accepted", 2)]
    assert (await officer.get(offer)).json() == accepted.json()


async def test_the_same_outcome_again_changes_nothing(
    scoring: Desk, officer: Caller, offer: str
) -> None:
    await tell(officer, offer, "declined", reason_code="found_cheaper")
    again = await tell(officer, offer, "declined", reason_code="found_cheaper")

    assert outcomes(again) == [("declined", None)]
    told = [e for e in await scoring.events() if e["type"].startswith("scoring.offer-outcome")]
    assert [event["data"]["outcome"] for event in told] == ["declined"]


async def test_a_declined_offer_may_be_taken_up_and_then_withdrawn(
    officer: Caller, offer: str
) -> None:
    await tell(officer, offer, "declined")
    await tell(officer, offer, "accepted", line=1)
    last = await tell(officer, offer, "withdrawn")

    assert outcomes(last) == [("declined", None), ("accepted", 1), ("withdrawn", None)]


async def test_an_end_is_an_end(officer: Caller, offer: str) -> None:
    await tell(officer, offer, "expired")

    refused = await tell(officer, offer, "accepted", line=1)

    assert refused.status_code == 409
    assert refused.json()["earlier"] == "expired"


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "accepted"},
        {"outcome": "accepted", "line": 99},
        {"outcome": "declined", "line": 1},
        {"outcome": "declined", "line": 99},
    ],
)
async def test_a_line_is_named_where_one_is_accepted(
    officer: Caller, offer: str, body: dict[str, Any]
) -> None:
    refused = await officer.post(f"{offer}/outcome", body)

    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/scoring/offer-line-unknown"


async def test_two_outcomes_at_once_are_not_both_kept(officer: Caller, offer: str) -> None:
    answers = await asyncio.gather(
        *[tell(officer, offer, "accepted", line=line) for line in (1, 2, 1, 2)]
    )

    kept = outcomes(await officer.get(offer))
    assert len(kept) == 1
    codes = {answer.status_code for answer in answers}
    assert 200 in codes
    assert codes <= {200, 409}


async def test_an_offer_is_a_matter_of_its_branch(scoring: Desk) -> None:
    branch = ids.new()
    found = await scoring.assess(make_request(branch_id=str(branch)))
    offer = f"{OFFERS}/{found['assessment_id']}"
    stranger = scoring.caller(Role.OFFICER, branches=[ids.new()])

    assert (await stranger.get(offer)).status_code == 404
    assert (await tell(stranger, offer, "declined")).status_code == 404
    neighbour = scoring.caller(Role.OFFICER, branches=[branch])
    assert (await tell(neighbour, offer, "declined")).status_code == 200


async def test_who_only_reads_may_not_tell(scoring: Desk, offer: str) -> None:
    for role in (Role.AUDITOR, Role.APPROVER):
        reader = scoring.caller(role)
        assert (await reader.get(offer)).status_code == 200
        assert (await tell(reader, offer, "declined")).status_code == 403
    assert (await tell(scoring.service(), offer, "declined")).status_code == 200
