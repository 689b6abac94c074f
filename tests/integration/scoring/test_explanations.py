"""An opinion is explained in each language, as JSON and as a page, without household figures."""

import json
from typing import Any

import pytest

from shared import ids
from shared.auth import Role
from tests.integration.scoring.desk import ASSESSMENTS, Desk
from tests.scoring_cases import amount, make_request

WEAK = {"past_repayment": "no_history", "other_lenders": "2", "months_in_business": "3"}


async def explained(scoring: Desk, *, language: str = "en", **changes: Any) -> dict[str, Any]:
    found = await scoring.assess(make_request(**changes))
    path = f"{ASSESSMENTS}/{found['assessment_id']}/explanation"
    answer = await scoring.caller(Role.OFFICER).get(path, language=language)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_reasons_ways_and_terms_are_told_with_the_card(scoring: Desk) -> None:
    found = await explained(scoring, characteristics=WEAK)

    assert found["advice"] == "refer"
    assert 1 <= len(found["reasons"]) <= 4
    assert found["ways"]
    assert all(way["advice"] == "offer" for way in found["ways"])
    assert found["card_version"]
    assert len(found["card_hash"]) == 64


@pytest.mark.requirement("S7.4")
async def test_no_figure_of_the_household_is_in_an_explanation(scoring: Desk) -> None:
    household = {
        "other_income": amount("987.654"), "sales": amount("1234.567"),
        "business_costs": amount("321.987"), "household_costs": amount("345.678"),
        "debt_service": amount("56.789"),
    }  # fmt: skip
    found = json.dumps(await explained(scoring, household=household))

    for text in ("987.654", "1234.567", "321.987", "345.678", "56.789", "household"):
        assert text not in found


async def test_a_broken_hard_rule_is_named_and_no_way_by_points_is_promised(
    scoring: Desk,
) -> None:
    found = await explained(scoring, hard_facts={"of_legal_age": False}, characteristics=WEAK)

    assert found["advice"] == "decline"
    assert found["hard_rules"] == ["of_legal_age"]
    assert found["ways"] == []


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
async def test_the_page_is_printed_the_same_each_time(scoring: Desk, language: str) -> None:
    found = await scoring.assess(make_request(characteristics=WEAK))
    path = f"{ASSESSMENTS}/{found['assessment_id']}/explanation"
    officer = scoring.caller(Role.OFFICER)

    one = await officer.get(path, language=language, format="pdf")
    other = await officer.get(path, language=language, format="pdf")

    assert one.status_code == 200, one.text
    assert one.headers["content-type"] == "application/pdf"
    assert one.headers["content-language"] == language
    assert one.content == other.content
    assert one.content.startswith(b"%PDF")


async def test_what_is_not_there_or_anothers_is_not_explained(scoring: Desk) -> None:
    answer = await scoring.caller(Role.OFFICER).get(f"{ASSESSMENTS}/{ids.new()}/explanation")

    assert answer.status_code == 404
