"""Over HTTP: a book says how often its loans are paid, and a policy changes it."""

import html
from typing import Any

import pytest

from shared import ids
from shared.auth import Role
from shared.clients.rate_reviews import RateReviewOut
from tests import review_plans
from tests.integration.scoring.desk import Caller, Desk

REVIEWS = "/scoring/v1/rate-reviews"
WEEKLY = {"name": "weekly", "changes": [{"where": {"product": "dear"}, "frequency": "weekly"}]}
QUARTERLY = {
    "name": "by quarters",
    "changes": [{"grace": {"set_to": "0"}, "frequency": "quarterly"}],
}
Json = dict[str, Any]


@pytest.fixture
def manager(scoring: Desk) -> Caller:
    return scoring.caller(Role.FUNDS_MANAGER)


def a_draft(*, frequency: list[str] | None = None, **changes: object) -> Json:
    book = review_plans.columns()
    if frequency is not None:
        book["segments"]["frequency"] = frequency
    named = {"review_id": str(ids.new()), "book": book, "policies": [WEEKLY, QUARTERLY]}
    return review_plans.plan() | named | changes


async def ran(manager: Caller, body: Json) -> tuple[str, Json]:
    assert (await manager.post(REVIEWS, body)).status_code == 201
    path = f"{REVIEWS}/{body['review_id']}"
    answer = await manager.post(f"{path}/run", {})
    assert answer.status_code == 200, answer.text
    found: Json = (await manager.get(path)).json()
    return path, found


async def test_a_policy_changes_how_often_is_paid_and_loans_may_read_it(
    manager: Caller,
) -> None:
    _, found = await ran(manager, a_draft())
    today, weekly, quarterly = found["result"]["policies"]

    assert found["result"]["book"]["frequencies"] == {"monthly": 60.0}
    assert found["result"]["book"]["frequency_assumed"] is True
    assert weekly["changes"] == [{"where": {"product": "dear"}, "frequency": "weekly"}]
    figures = [one["cases"]["central"] for one in (weekly, today, quarterly)]
    durations = [one["duration"] for one in figures]
    assert durations == sorted(durations)
    assert figures[0]["instalment"][1] < figures[1]["instalment"][1] < figures[2]["instalment"][1]
    (assumed,) = [a for a in found["result"]["assumptions"] if a["name"] == "weekly_to_monthly"]
    assert assumed["source"] == "Field & Pande, JEEA 2008"
    read = RateReviewOut.model_validate(found)
    assert read.result is not None
    assert read.result.policies[1].changes[0].frequency == "weekly"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ar", ("لا تذكر المحفظة وتيرة سداد القروض", "الدفع أسبوعيا", "52 قسطا أسبوعيا")),
        ("fr", ("ne dit pas à quel rythme", "paiement hebdomadaire", "52 échéances hebdomadaires")),
        ("en", ("does not say how often", "paid weekly", "52 weekly instalments")),
    ],
)
async def test_the_page_says_what_was_assumed_and_what_changes(
    manager: Caller, language: str, words: tuple[str, ...]
) -> None:
    path, _ = await ran(manager, a_draft())

    page = html.unescape((await manager.get(f"{path}/page", lang=language)).text)
    paper = await manager.get(f"{path}/paper", lang=language)

    for word in words:
        assert word in page
    assert "Fannie Mae Selling Guide B3-3.1-03" in page
    assert paper.content.startswith(b"%PDF")


async def test_a_book_of_several_rhythms_is_counted_by_them(manager: Caller) -> None:
    """Policies and comparisons may name them, as any other label."""
    frequency = ["weekly"] * 20 + ["monthly"] * 40
    slower = {"where": {"frequency": "weekly"}, "frequency": "monthly"}
    policies = [{"name": "slower", "changes": [slower]}]
    body = a_draft(frequency=frequency, policies=policies, compared_by=["frequency"], caps=[])

    path, found = await ran(manager, body)

    result = found["result"]
    assert result["book"]["frequencies"] == {"monthly": 40.0, "weekly": 20.0}
    assert result["book"]["frequency_assumed"] is False
    before, after = [one["segments"]["frequency"] for one in result["policies"]]
    assert before["monthly"] == after["monthly"]
    assert before["weekly"]["instalment"][1] * 4 < after["weekly"]["instalment"][1]
    page = html.unescape((await manager.get(f"{path}/page", lang="fr")).text)
    assert "Paiement: mensuel: \u206640\u2069 · hebdomadaire: \u206620\u2069" in page


async def test_a_search_chooses_among_frequencies(manager: Caller) -> None:
    search = review_plans.search(
        aim="most_loans", subsidy_most=None, terms=["1"], frequencies=["weekly", "monthly"]
    )
    _, found = await ran(manager, a_draft(policies=[], searches=[search], caps=[]))

    (chosen,) = [one for one in found["result"]["policies"] if one["origin"] == "searched"]
    assert chosen["changes"][0]["frequency"] == "weekly"


@pytest.mark.parametrize("word", ["fortnightly", "", "weekly x 2", None, 52])
async def test_a_frequency_that_products_do_not_know_is_no_policy(
    manager: Caller, word: object
) -> None:
    change = {"where": {"product": "dear"}, "frequency": word}

    refused = await manager.post(REVIEWS, a_draft(policies=[{"name": "x", "changes": [change]}]))

    assert refused.status_code == 422
    assert (await manager.get(REVIEWS)).json()["items"] == []


@pytest.mark.parametrize(
    ("language", "words"),
    [("ar", "للقرض رقم 7 وتيرة السداد often"), ("fr", "Le prêt 7 a le rythme de paiement often")],
)
async def test_a_book_that_says_what_is_no_frequency_is_refused_by_its_row(
    manager: Caller, language: str, words: str
) -> None:
    frequency = ["monthly"] * 6 + ["often"] * 54

    refused = await manager.post(
        REVIEWS, a_draft(frequency=frequency), **{"Accept-Language": language}
    )

    assert (refused.status_code, refused.json()["row"]) == (422, 7)
    assert refused.json()["type"] == "/problems/scoring/frequency-unknown"
    assert words in refused.json()["detail"]


@pytest.mark.parametrize(
    ("language", "words"),
    [("ar", "وتيرة السداد"), ("fr", "une valeur impossible pour rythme de paiement")],
)
async def test_terms_that_hold_no_whole_instalments_are_refused_in_the_readers_language(
    manager: Caller, language: str, words: str
) -> None:
    seven = review_plans.columns() | {"term": [7.0] * 60, "grace": [0.0] * 60}
    body = a_draft(book=seven)
    assert (await manager.post(REVIEWS, body)).status_code == 201
    path = f"{REVIEWS}/{body['review_id']}"

    refused = await manager.post(f"{path}/run", {}, **{"Accept-Language": language})

    assert refused.json()["type"] == "/problems/scoring/policy-contradicts"
    assert (refused.json()["member"], refused.json()["count"]) == ("frequency", 60)
    assert words in refused.json()["detail"]
    assert (await manager.get(path)).json()["review"]["status"] == "draft"
