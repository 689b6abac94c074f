"""Scorecards are registered, tried, promoted by a second person, and never changed."""

import asyncio
from typing import Any

import pytest

from shared.auth import Role
from tests.integration.scoring.desk import ASSESSMENTS, MODELS, Caller, Desk
from tests.scoring_cases import a_card, a_number, expert_document, make_request


@pytest.fixture
def author(scoring: Desk) -> Caller:
    return scoring.caller(Role.ADMINISTRATOR)


@pytest.fixture
def second(scoring: Desk) -> Caller:
    return scoring.caller(Role.ADMINISTRATOR)


async def move(caller: Caller, event: str, card: str = "small/1.0.0") -> dict[str, Any]:
    body = {"event": event} | ({"reason": "the committee tries it"} if event == "promote" else {})
    answer = await caller.post(f"{MODELS}/{card}/status", body)
    found: dict[str, Any] = answer.json()
    return found | {"http": answer.status_code}


async def listed(caller: Caller) -> dict[str, str]:
    cards = (await caller.get(MODELS)).json()["scorecards"]
    return {f"{card['card_id']} {card['version']}": card["status"] for card in cards}


async def test_the_built_in_card_is_adopted_with_the_first_opinion(
    scoring: Desk, author: Caller
) -> None:
    assert await listed(author) == {}

    await scoring.assess(make_request())

    assert await listed(author) == {"expert 1.0.0": "champion"}
    whole = (await author.get(f"{MODELS}/expert/1.0.0")).json()
    assert whole["document"] == expert_document()
    assert [change["status"] for change in whole["changes"]] == ["champion"]


async def test_ten_first_opinions_at_once_adopt_one_card(scoring: Desk, author: Caller) -> None:
    service = scoring.service()

    answers = await asyncio.gather(*[service.post(ASSESSMENTS, make_request()) for _ in range(10)])

    assert {answer.status_code for answer in answers} == {201}
    assert await listed(author) == {"expert 1.0.0": "champion"}


async def test_a_card_goes_from_draft_over_shadow_to_champion(
    scoring: Desk, author: Caller, second: Caller
) -> None:
    await scoring.assess(make_request())
    registered = await author.post(MODELS, a_card(a_number()))
    assert (registered.status_code, registered.json()["status"]) == (201, "draft")

    assert (await move(author, "try_in_shadow"))["status"] == "shadow"
    assert (await scoring.assess(make_request()))["card"]["card_id"] == "expert"
    assert (await move(second, "promote"))["status"] == "champion"

    assert (await scoring.assess(make_request()))["card"]["card_id"] == "small"
    assert await listed(author) == {"small 1.0.0": "champion", "expert 1.0.0": "retired"}
    told = [
        (event["data"]["card_id"], event["data"]["status"])
        for event in await scoring.events()
        if event["type"] == "scoring.scorecard-status-changed.v1"
    ]
    assert told == [
        ("expert", "champion"),
        ("small", "draft"),
        ("small", "shadow"),
        ("expert", "retired"),
        ("small", "champion"),
    ]


async def test_an_old_opinion_keeps_the_card_that_gave_it(
    scoring: Desk, author: Caller, second: Caller
) -> None:
    body = make_request()
    first = await scoring.assess(body)
    await author.post(MODELS, a_card(a_number()))
    await move(author, "try_in_shadow")
    await move(second, "promote")

    assert await scoring.assess(body) == first


async def test_who_registered_a_card_may_not_promote_it(author: Caller) -> None:
    await author.post(MODELS, a_card(a_number()))
    await move(author, "try_in_shadow")

    refused = await move(author, "promote")

    assert (refused["http"], refused["type"]) == (403, "/problems/scoring/promoter-is-registrar")
    assert (await listed(author))["small 1.0.0"] == "shadow"


async def test_an_untried_card_is_not_promoted(author: Caller, second: Caller) -> None:
    await author.post(MODELS, a_card(a_number()))

    refused = await move(second, "promote")

    assert refused["http"] == 409
    assert refused["state"] == "draft"


async def test_the_champion_is_not_retired_without_a_follower(
    scoring: Desk, author: Caller
) -> None:
    await scoring.assess(make_request())

    assert (await move(author, "retire", "expert/1.0.0"))["http"] == 409


async def test_a_retired_card_stays_retired(author: Caller, second: Caller) -> None:
    await author.post(MODELS, a_card(a_number()))
    assert (await move(author, "retire"))["status"] == "retired"

    assert (await move(second, "try_in_shadow"))["http"] == 409


async def test_two_promotions_at_once_leave_one_champion(
    scoring: Desk, author: Caller, second: Caller
) -> None:
    for version in ("1.0.0", "1.1.0"):
        await author.post(MODELS, a_card(a_number(), version=version))
        await move(author, "try_in_shadow", f"small/{version}")

    moved = await asyncio.gather(
        move(second, "promote", "small/1.0.0"), move(second, "promote", "small/1.1.0")
    )

    assert [answer["http"] for answer in moved] == [200, 200]
    states = list((await listed(author)).values())
    assert states.count("champion") == 1
    assert (await scoring.assess(make_request()))["card"]["card_id"] == "small"


async def test_the_same_document_again_changes_nothing(author: Caller) -> None:
    first = await author.post(MODELS, a_card(a_number()))
    second = await author.post(MODELS, a_card(a_number()))

    assert second.status_code == 201
    assert second.json() == first.json()


async def test_a_version_has_one_content(author: Caller) -> None:
    await author.post(MODELS, a_card(a_number()))

    refused = await author.post(MODELS, a_card(a_number(missing=1)))

    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/scoring/scorecard-version-taken"


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (a_card(a_number("age")), "characteristic-protected"),
        (a_card(a_number("term_reached", known_at="repayment")), "characteristic-known-too-late"),
        (a_card(a_number(missing=99)), "card-malformed"),
        (a_card(a_number(), unknown_reason={"ar": "س"}), "document-malformed"),
    ],
)
async def test_an_unsound_card_is_refused(
    author: Caller, document: dict[str, Any], problem: str
) -> None:
    refused = await author.post(MODELS, document)

    assert refused.status_code == 422
    assert refused.json()["type"] == f"/problems/scoring/{problem}"


async def test_a_card_that_is_not_there_is_not_found(author: Caller) -> None:
    assert (await author.get(f"{MODELS}/small/9.9.9")).status_code == 404
    assert (await move(author, "retire", "small/9.9.9"))["http"] == 404
    await author.post(MODELS, a_card(a_number()))
    assert (await move(author, "retire", "small/9.9.9"))["http"] == 404


@pytest.mark.parametrize("role", [Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.SERVICE])
async def test_only_an_administrator_governs_cards(scoring: Desk, role: Role) -> None:
    caller = scoring.service() if role is Role.SERVICE else scoring.caller(role)

    assert (await caller.post(MODELS, a_card(a_number()))).status_code == 403
    assert (await caller.get(MODELS)).status_code == 200


async def test_a_card_that_reads_a_running_loan_judges_no_application(author: Caller) -> None:
    late = a_number(source="loan")
    refused = await author.post(MODELS, a_card(late))

    assert refused.status_code == 422
    assert refused.json()["place"] == late["id"]
    assert await listed(author) == {}
