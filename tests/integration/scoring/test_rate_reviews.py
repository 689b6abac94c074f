"""A review goes from draft over run and recommendation to a decision, by two persons."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from shared import ids
from shared.auth import Role
from shared.clients.rate_reviews import RateReviewOut
from shared.ids import InstitutionId
from tests import review_plans
from tests.integration.scoring.desk import Caller, Desk
from tests.tokens import AT

REVIEWS = "/scoring/v1/rate-reviews"
TODAY = AT.date().isoformat()
Json = dict[str, Any]


@pytest.fixture
def manager(scoring: Desk) -> Caller:
    return scoring.caller(Role.FUNDS_MANAGER)


@pytest.fixture
def committee(scoring: Desk) -> Caller:
    return scoring.caller(Role.APPROVER)


def a_draft(**changes: object) -> Json:
    named = {"review_id": str(ids.new()), "book": review_plans.columns()}
    return review_plans.plan() | named | changes


async def drafted(manager: Caller, **changes: object) -> str:
    body = a_draft(**changes)
    answer = await manager.post(REVIEWS, body)
    assert answer.status_code == 201, answer.text
    return f"{REVIEWS}/{body['review_id']}"


async def ran(manager: Caller, **changes: object) -> str:
    path = await drafted(manager, **changes)
    answer = await manager.post(f"{path}/run", {})
    assert answer.status_code == 200, answer.text
    return path


async def adopted(manager: Caller, committee: Caller, *, policy: str = "half") -> str:
    path = await ran(manager)
    assert (await manager.post(f"{path}/recommendation", {"policy": policy})).status_code == 200
    answer = await committee.post(f"{path}/decision", {"outcome": "adopt", "note": "Minutes 12"})
    assert answer.status_code == 200, answer.text
    return path


async def test_a_review_is_drafted_run_recommended_and_adopted(
    scoring: Desk, manager: Caller, committee: Caller
) -> None:
    path = await adopted(manager, committee)

    whole = (await committee.get(path)).json()
    assert [step["status"] for step in whole["steps"]] == ["draft", "run", "recommended", "adopted"]
    assert whole["steps"][-1]["note"] == "Minutes 12"
    assert whole["review"]["policy"] == "half"
    names = [item["name"] for item in whole["result"]["policies"]]
    assert names == ["today", "half", "long", "one rate"]
    told = [e for e in await scoring.events() if e["type"] == "scoring.rate-review-decided.v1"]
    assert [event["data"]["outcome"] for event in told] == ["adopted"]
    assert told[0]["data"]["policy"] == "half"
    assert told[0]["data"]["result_hash"] == whole["review"]["result_hash"]


async def test_products_understand_what_was_adopted(manager: Caller, committee: Caller) -> None:
    path = await ran(manager)
    assert RateReviewOut.model_validate_json((await manager.get(path)).content).adopted() is None

    whole = await committee.get(await adopted(manager, committee))

    policy = RateReviewOut.model_validate_json(whole.content).adopted()
    assert policy is not None
    (change,) = policy.changes
    assert (policy.name, change.where, change.term) == ("half", {}, None)
    assert change.annual_rate is not None
    assert (change.annual_rate.times, change.annual_rate.set_to) == (Decimal("0.5"), None)


async def test_the_same_draft_again_is_one_and_another_under_its_id_is_refused(
    manager: Caller,
) -> None:
    body = a_draft()
    first, again = [await manager.post(REVIEWS, body) for _ in range(2)]
    other = await manager.post(REVIEWS, body | {"name": "Another"})

    assert first.json() == again.json()
    assert other.status_code == 409
    assert other.json()["type"] == "/problems/scoring/rate-review-id-reused"
    listed = (await manager.get(REVIEWS)).json()["items"]
    assert [item["name"] for item in listed] == ["Spring review"]


async def test_ten_runs_at_once_keep_one_result(manager: Caller) -> None:
    path = await drafted(manager)

    answers = await asyncio.gather(*[manager.post(f"{path}/run", {}) for _ in range(10)])

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["result_hash"] for answer in answers}) == 1
    steps = (await manager.get(path)).json()["steps"]
    assert [step["status"] for step in steps] == ["draft", "run"]


async def test_the_same_input_has_the_same_figures(manager: Caller) -> None:
    one, other = [(await manager.get(await ran(manager))).json() for _ in range(2)]

    assert one["review"]["input_hash"] == other["review"]["input_hash"]
    assert one["review"]["result_hash"] == other["review"]["result_hash"]


async def test_who_recommended_does_not_decide(scoring: Desk, manager: Caller) -> None:
    both = scoring.caller(Role.FUNDS_MANAGER, Role.APPROVER)
    path = await ran(manager)
    await both.post(f"{path}/recommendation", {"policy": "half"})
    await manager.post(f"{path}/recommendation", {"policy": "long", "breaks_law": True,
                                                  "note": "until the law changes"})  # fmt: skip

    refused = await both.post(f"{path}/decision", {"outcome": "adopt"})

    assert refused.status_code == 403
    assert refused.json()["type"] == "/problems/scoring/decider-recommended"
    assert (await manager.get(path)).json()["review"]["status"] == "recommended"


async def test_an_unlawful_policy_is_recommended_only_with_a_word_on_it(manager: Caller) -> None:
    path = await ran(manager)
    bare = [{"policy": "one rate"}, {"policy": "one rate", "breaks_law": True}]
    bare += [{"policy": "one rate", "note": "well"}]

    for body in bare:
        refused = await manager.post(f"{path}/recommendation", body)
        assert refused.status_code == 422
        assert refused.json()["sources"] == "Law 7"
    assert (await manager.get(path)).json()["review"]["status"] == "run"
    said = {"policy": "one rate", "breaks_law": True, "note": "the law ends in May"}
    taken = await manager.post(f"{path}/recommendation", said)
    assert taken.json()["breaks_law"] is True
    page = (await manager.get(f"{path}/page")).text
    assert "the law ends in May" in page
    assert '<p class="warning">' in page


async def test_a_lawful_policy_is_not_marked_for_a_word_too_many(manager: Caller) -> None:
    path = await ran(manager)
    body = {"policy": "half", "breaks_law": True, "note": "to be sure"}

    assert (await manager.post(f"{path}/recommendation", body)).json()["breaks_law"] is False


@pytest.mark.parametrize(
    ("step", "body"),
    [
        ("recommendation", {"policy": "half"}),
        ("decision", {"outcome": "adopt"}),
        ("observed", {"as_of": TODAY, "source": "s", "figures": {"loans": "5"}}),
    ],
)
async def test_steps_come_in_their_order(scoring: Desk, step: str, body: Json) -> None:
    caller = scoring.caller(Role.FUNDS_MANAGER, Role.APPROVER)
    path = await drafted(caller)

    refused = await caller.post(f"{path}/{step}", body)

    assert refused.status_code == 409
    assert refused.json()["state"] == "draft"
    assert (await caller.get(f"{path}/page")).status_code == 409
    assert (await caller.get(f"{path}/paper")).status_code == 409


async def test_what_is_decided_stays(manager: Caller, committee: Caller) -> None:
    path = await adopted(manager, committee)

    for step, body in (("recommendation", {"policy": "long"}), ("decision", {"outcome": "adopt"})):
        caller = manager if step == "recommendation" else committee
        assert (await caller.post(f"{path}/{step}", body)).status_code == 409
    assert (await manager.post(f"{path}/run", {})).json()["status"] == "adopted"


async def test_a_policy_that_was_not_reckoned_is_not_recommended(manager: Caller) -> None:
    path = await ran(manager)

    refused = await manager.post(f"{path}/recommendation", {"policy": "free"})

    assert refused.json()["type"] == "/problems/scoring/review-policy-unknown"
    assert (await manager.get(path)).json()["review"]["policy"] is None


@pytest.mark.parametrize(
    ("column", "cells", "problem"),
    [
        ("principal", [1000] * 59 + [0], "book-unreadable"),
        ("term", [12] * 59 + [12.5], "book-unreadable"),
        ("pd", [0.1] * 59 + [1], "book-unreadable"),
        ("income", [500] * 59, "book-columns-uneven"),
        ("segments", {"region": ["north"] * 60}, "book-column-missing"),
    ],
)
async def test_an_impossible_book_is_named_and_not_kept(
    manager: Caller, column: str, cells: Any, problem: str
) -> None:
    body = a_draft(book=review_plans.columns() | {column: cells})

    refused = await manager.post(REVIEWS, body)

    assert refused.status_code == 422
    assert refused.json()["type"] == f"/problems/scoring/{problem}"
    assert (await manager.get(f"{REVIEWS}/{body['review_id']}")).status_code == 404


@pytest.mark.parametrize(
    "book",
    [
        {"principal": ["1000"] * 60},
        {"principal": [True] * 60},
        {"principal": []},
        {"names": ["Amal"] * 60},
        {"segments": {}},
    ],
)
async def test_what_is_no_book_is_refused_at_the_door(manager: Caller, book: Json) -> None:
    refused = await manager.post(REVIEWS, a_draft(book=review_plans.columns() | book))

    assert refused.status_code == 422
    assert (await manager.get(REVIEWS)).json()["items"] == []


async def test_a_plan_that_contradicts_its_book_stays_a_draft(manager: Caller) -> None:
    changes = [{"where": {"region": "moon"}, "term": {"plus": "1"}}]
    path = await drafted(manager, policies=[{"name": "moon", "changes": changes}])

    refused = await manager.post(f"{path}/run", {})

    assert refused.json()["type"] == "/problems/scoring/change-names-nobody"
    assert (await manager.get(path)).json()["review"]["status"] == "draft"


async def test_predicted_stands_beside_observed(manager: Caller, committee: Caller) -> None:
    path = await adopted(manager, committee)
    body = {
        "as_of": TODAY,
        "source": "loans, close of May",
        "figures": {"expected_loss": "0.9", "burden_over_40": "0.30"},
    }
    first, again = [await manager.post(f"{path}/observed", body) for _ in range(2)]
    other = await manager.post(f"{path}/observed", body | {"source": "elsewhere"})

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert first.json()["observations"] == again.json()["observations"]
    for language, word in (("ar", "خارج المدى"), ("fr", "hors de l&#39;intervalle")):
        page = await manager.get(f"{path}/page", lang=language)
        assert word in page.text
        assert "loans, close of May" in page.text
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    paper = await manager.get(f"{path}/paper", lang="ar")
    assert paper.content.startswith(b"%PDF")
    assert paper.headers["Content-Language"] == "ar"


@pytest.mark.parametrize("figures", [{}, {"luck": "1"}, {"loans": 5}, {"loans": "many"}])
async def test_figures_that_are_none_are_not_kept(
    manager: Caller, committee: Caller, figures: Json
) -> None:
    path = await adopted(manager, committee)
    body = {"as_of": TODAY, "source": "s", "figures": figures}

    assert (await manager.post(f"{path}/observed", body)).status_code == 422
    assert (await manager.get(path)).json()["observations"] == []


async def test_another_institution_sees_and_moves_nothing(scoring: Desk, manager: Caller) -> None:
    path = await ran(manager)
    stranger = scoring.service(institution_id=InstitutionId(ids.new()))

    assert (await stranger.get(REVIEWS)).json()["items"] == []
    for place in (path, f"{path}/page", f"{path}/paper"):
        assert (await stranger.get(place)).status_code == 404
    body = {"as_of": TODAY, "source": "s", "figures": {"loans": "5"}}
    assert (await stranger.post(f"{path}/observed", body)).status_code == 404


async def test_roles_keep_to_their_steps(scoring: Desk, manager: Caller) -> None:
    path = await ran(manager)
    auditor, officer = scoring.caller(Role.AUDITOR), scoring.caller(Role.OFFICER)
    committee = scoring.caller(Role.APPROVER)

    assert (await auditor.get(path)).status_code == 200
    assert (await officer.get(path)).status_code == 403
    assert (await manager.post(f"{path}/decision", {"outcome": "adopt"})).status_code == 403
    for caller in (auditor, committee):
        assert (await caller.post(REVIEWS, a_draft())).status_code == 403
        refused = await caller.post(f"{path}/recommendation", {"policy": "half"})
        assert refused.status_code == 403
