"""Grids of criteria: by an order-giver, of a workshop, for export, of management, of ideas."""

from typing import Any

import pytest

from shared import ids
from shared.auth import Role
from tests import grid_sheets
from tests.grid_sheets import GRIDS, SHEETS, Json
from tests.integration.scoring.desk import Caller, Desk
from tests.scoring_cases import make_request


async def judged(officer: Caller, body: Json) -> Json:
    answer = await officer.post(SHEETS, body)
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


def told(found: Json) -> dict[str, tuple[str, str]]:
    return {one["criterion"]: (one["mark"], one["why"]) for one in found["criteria"]}


async def refused(officer: Caller, body: Json, problem: str) -> None:
    answer = await officer.post(SHEETS, body)
    assert answer.status_code in {403, 409, 422}, answer.text
    assert answer.json()["type"] == f"/problems/scoring/{problem}"


async def sheet_of(scoring: Desk, grid_id: str) -> tuple[Caller, Json]:
    grid = grid_sheets.ready(grid_id)
    await grid_sheets.in_use(scoring, grid)
    return scoring.caller(Role.OFFICER), grid


@pytest.mark.requirement("C4.1")
async def test_a_specification_says_of_each_criterion_pass_fail_or_complete(
    scoring: Desk,
) -> None:
    officer, grid = await sheet_of(scoring, "subcontractor_specification")
    answers = grid_sheets.answers(grid, without="diploma", workers="1")
    found = await judged(officer, grid_sheets.sheet(grid, answers=answers))
    assert told(found) == {
        "diploma": ("to_complete", "evidence_missing"),
        "equipment": ("pass", "reached"),
        "workers": ("fail", "below"),
        "premises": ("pass", "reached"),
    }
    assert (found["mark"], found["criteria"][0]["lacking"]) == ("to_complete", ["diploma"])
    whole = await judged(officer, grid_sheets.sheet(grid))
    assert (whole["mark"], whole["points"]) == ("pass", "100.000000")
    without = grid_sheets.answers(grid, diploma=False)
    assert (await judged(officer, grid_sheets.sheet(grid, answers=without)))["mark"] == "fail"
    stranger = [{"criterion": "turnover", "value": "1"}]
    await refused(officer, grid_sheets.sheet(grid, answers=stranger), "criterion-unknown")


@pytest.mark.requirement("C4.3")
async def test_the_same_answers_and_version_always_have_the_same_result(scoring: Desk) -> None:
    officer, grid = await sheet_of(scoring, "subcontractor_specification")
    answers = grid_sheets.answers(grid, equipment="73.5")
    first = await judged(officer, grid_sheets.sheet(grid, answers=answers))
    other = await judged(officer, grid_sheets.sheet(grid, answers=answers[::-1]))
    result = ("mark", "points", "open_points", "areas", "criteria", "version", "grid_hash")
    assert {name: first[name] for name in result} == {name: other[name] for name in result}
    await grid_sheets.in_use(scoring, grid | {"version": "1.1.0", "passes_at": "0.99"})
    kept = (await officer.get(f"{SHEETS}/{first['sheet_id']}")).json()
    assert kept == first, "a newer version changes no file"
    changed = grid_sheets.sheet(grid, sheet_id=first["sheet_id"])
    await refused(officer, changed, "sheet-id-reused")


@pytest.mark.requirement("O4.2")
async def test_a_diagnosis_explains_which_criterion_failed(scoring: Desk) -> None:
    officer, grid = await sheet_of(scoring, "workshop_diagnosis")
    areas = {one["area"] for one in grid["criteria"]}
    assert areas == {"production", "marketing", "competitiveness"}
    assert sum(int(one["weight"]) for one in grid["criteria"]) == 100
    answers = grid_sheets.answers(grid, rejects="15", price_known=False, standing="weaker")
    found = await judged(officer, grid_sheets.sheet(grid, answers=answers))
    failed = [one for one in found["criteria"] if one["mark"] == "fail"]
    assert [one["criterion"] for one in failed] == ["rejects", "price_known", "standing"]
    assert failed[0]["share"] == "0.277778"
    assert (failed[0]["passes_at"], failed[0]["explanation"]) == (
        "0.5",
        "The answer stays below the threshold.",
    )
    assert failed[0]["hint"] == "Check each step, and note why pieces fail"
    assert found["mark"] == "fail"
    assert found["areas"]["competitiveness"] == "0.000000"
    wrong = grid_sheets.answers(grid, standing="splendid")
    await refused(officer, grid_sheets.sheet(grid, answers=wrong), "answer-of-other-form")


@pytest.mark.requirement("O7.1")
async def test_readiness_for_export_asks_six_things_with_evidence_that_holds(
    scoring: Desk,
) -> None:
    officer, grid = await sheet_of(scoring, "export_readiness")
    assert [one["id"] for one in grid["criteria"]] == [
        "product_norm",
        "certificate",
        "capacity",
        "words_of_the_buyer",
        "payment_means",
        "sales_abroad",
    ]
    answers = grid_sheets.answers(grid)
    answers[1]["evidence"][0]["valid_until"] = "2026-03-31"
    found = await judged(officer, grid_sheets.sheet(grid, answers=answers))
    assert told(found)["certificate"] == ("to_complete", "evidence_expired")
    assert (found["mark"], found["open_points"]) == ("to_complete", "20")
    unpaid = grid_sheets.answers(grid, payment_means=False)
    assert (await judged(officer, grid_sheets.sheet(grid, answers=unpaid)))["mark"] == "fail"
    twice = [*answers, answers[0]]
    await refused(officer, grid_sheets.sheet(grid, answers=twice), "answer-twice")


@pytest.mark.requirement("O8.1")
async def test_management_is_assessed_with_evidence_for_each_answer(scoring: Desk) -> None:
    officer, grid = await sheet_of(scoring, "management")
    assert [one["id"] for one in grid["criteria"]] == [
        "records_kept",
        "money_apart",
        "key_person",
        "succession",
    ]
    for item in grid["criteria"]:
        answers = grid_sheets.answers(grid, without=item["id"])
        found = await judged(officer, grid_sheets.sheet(grid, answers=answers))
        assert told(found)[item["id"]] == ("to_complete", "evidence_missing")
        assert found["mark"] == "to_complete"
    assert (await judged(officer, grid_sheets.sheet(grid)))["mark"] == "pass"
    author = scoring.caller(Role.ADMINISTRATOR)
    await author.post(GRIDS, grid | {"version": "2.0.0"})
    await refused(officer, grid_sheets.sheet(grid, version="2.0.0"), "grid-waits")


@pytest.mark.requirement("F6.3")
async def test_an_index_is_repeated_yearly_with_the_same_questions(scoring: Desk) -> None:
    officer, grid = await sheet_of(scoring, "competitiveness_index")
    await grid_sheets.in_use(scoring, grid | {"version": "2.0.0"})
    subject = str(ids.new())

    def of(year: int, **changes: Any) -> Json:
        answers = grid_sheets.answers(grid, on_time=changes.pop("on_time", "100"))
        body = grid_sheets.sheet(grid, subject_id=subject, year=year, answers=answers)
        return body | changes

    first = await judged(officer, of(2025, on_time="60"))
    second = await judged(officer, of(2026, on_time="90"))
    path = f"{SHEETS}/{second['sheet_id']}/comparison"
    found = (await officer.get(path, earlier=first["sheet_id"])).json()
    assert (found["version"], found["grid_hash"]) == ("1.0.0", first["grid_hash"])
    assert (found["earlier_points"], found["points"]) == ("90.000000", "97.500000")
    assert found["difference"] == "7.500000"
    assert found["moved"] == [
        {
            "criterion": "on_time",
            "earlier": {"mark": "fail", "share": "0.600000"},
            "later": {"mark": "pass", "share": "0.900000"},
        }
    ]
    await refused(officer, of(2024, version="2.0.0"), "series-of-other-version")
    await refused(officer, of(2026), "year-answered")


@pytest.mark.requirement("S3.3")
async def test_innovation_is_judged_apart_from_the_risk_of_the_credit(scoring: Desk) -> None:
    body = make_request()
    before = await scoring.assess(body)
    officer, grid = await sheet_of(scoring, "innovation")
    poor = grid_sheets.answers(grid, novelty="known", proof_of_work="idea", protection=False)
    sheet = grid_sheets.sheet(grid, subject_id=body["application_id"], answers=poor)
    assert (await judged(officer, sheet))["mark"] == "fail"
    again = make_request(application_id=body["application_id"])
    after = await scoring.assess(again)
    for member in ("points", "grade", "advice", "breakdown", "menu", "pd"):
        assert after[member] == before[member]
    author = scoring.caller(Role.ADMINISTRATOR)
    mixed = grid_sheets.renamed(grid, "novelty", "debt_service_share") | {"version": "2.0.0"}
    answer = await author.post(GRIDS, mixed)
    assert answer.json()["type"] == "/problems/scoring/criterion-is-credit"
