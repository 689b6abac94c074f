"""What a score may rest on, who may see it, and what another card would have said."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.scoring.domain import card_form
from shared.auth import Role
from tests.integration.scoring.desk import ASSESSMENTS, MODELS, Desk
from tests.scoring_cases import a_card, a_number, expert_document, make_request

Json = dict[str, Any]
OUTCOMES = f"{MODELS}/outcomes"
TRAITS = "/scoring/v1/fairness/traits"
LOTS = Path(__file__).parents[3] / "services/scoring/models/cards/expert-v1.1.json"


def asked(**characteristics: Any) -> Json:
    body = make_request()
    body["characteristics"] |= characteristics
    return body


def parts(opinion: Json) -> dict[str, int]:
    return {one["characteristic"]: one["points"] for one in opinion["breakdown"]}


async def refused(scoring: Desk, body: Json, problem: str) -> None:
    answer = await scoring.service().post(ASSESSMENTS, body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"] == f"/problems/{problem}"


async def promoted(scoring: Desk, card: Json) -> None:
    """Bring a card into use by two persons."""
    author, second = scoring.caller(Role.ADMINISTRATOR), scoring.caller(Role.ADMINISTRATOR)
    assert (await author.post(MODELS, card)).status_code == 201
    path = f"{MODELS}/{card['card_id']}/{card['version']}/status"
    assert (await author.post(path, {"event": "try_in_shadow"})).status_code == 200
    answer = await second.post(path, {"event": "promote", "reason": "the committee's choice"})
    assert answer.status_code == 200, answer.text


@pytest.mark.requirement("A1.5")
async def test_training_moves_its_published_points_and_nothing_else(scoring: Desk) -> None:
    with_it = await scoring.assess(asked(training_done=True))
    without = await scoring.assess(asked(training_done=False))
    found, other = parts(with_it), parts(without)
    assert {name for name in found if found[name] != other[name]} == {"training_done"}
    assert with_it["points"] - without["points"] == found["training_done"] == 3
    auditor = scoring.caller(Role.AUDITOR)
    card = (await auditor.get(f"{MODELS}/expert/1.0.0")).json()["document"]
    (published,) = [one for one in card["characteristics"] if one["id"] == "training_done"]
    assert [one["points"] for one in published["bins"]] == [3, 0]
    path = f"{ASSESSMENTS}/{without['assessment_id']}/explanation"
    assert "training" in (await auditor.get(path)).text
    late = {**published, "known_at": "repayment"}
    unpublished = a_card(a_number(), late)
    answer = await scoring.caller(Role.ADMINISTRATOR).post(MODELS, unpublished)
    assert answer.json()["type"] == "/problems/scoring/characteristic-known-too-late"
    await refused(scoring, asked(training_done="splendid"), "scoring/characteristic-unreadable")


@pytest.mark.requirement("A3.3")
async def test_two_files_that_differ_in_sex_and_age_alone_score_alike(scoring: Desk) -> None:
    bodies = [asked(), asked()]
    traits = [{"sex": "female", "age_band": "18_24"}, {"sex": "male", "age_band": "60_up"}]
    told = [
        {"application_id": body["application_id"], **trait}
        for body, trait in zip(bodies, traits, strict=True)
    ]
    assert (await scoring.service().post(TRAITS, {"traits": told})).status_code == 200
    opinions = [await scoring.assess(body) for body in bodies]
    own = ("assessment_id", "application_id", "assessed_at")
    alike = [{k: v for k, v in one.items() if k not in own} for one in opinions]
    assert alike[0] == alike[1]
    for trait in ("sex", "age", "women"):
        await refused(scoring, asked(**{trait: "1"}), "scoring/characteristic-protected")
    card = a_card(a_number("age_in_years"))
    answer = await scoring.caller(Role.ADMINISTRATOR).post(MODELS, card)
    assert answer.json()["type"] == "/problems/scoring/characteristic-protected"


@pytest.mark.requirement("A3.4")
async def test_a_month_below_four_fifths_is_flagged_and_told_to_auditors_alone(
    scoring: Desk,
) -> None:
    ids = [make_request()["application_id"] for _ in range(200)]
    today = str(scoring.signer.clock.now().date())
    decided = [
        {
            "application_id": one,
            "decision": "refused" if place < 30 else "lent",
            "decided_on": today,
        }
        for place, one in enumerate(ids)
    ]
    told = [
        {"application_id": one, "sex": "female" if place < 100 else "male"}
        for place, one in enumerate(ids)
    ]
    service = scoring.service()
    assert (await service.post(OUTCOMES, {"outcomes": decided})).status_code == 200
    assert (await service.post(TRAITS, {"traits": told})).status_code == 200
    answer = await scoring.caller(Role.AUDITOR).get("/scoring/v1/fairness")
    (sex,) = [one for one in answer.json()["traits"] if one["trait"] == "sex"]
    assert (sex["ratio"], sex["flags"][0]) == ("0.700000", "approval_ratio")
    (month,) = sex["months"]
    assert (month["month"], month["ratio"], month["is_flagged"]) == (today[:7], "0.700000", True)
    refusal = await scoring.caller(Role.OFFICER, Role.APPROVER).get("/scoring/v1/fairness")
    assert refusal.status_code == 403


@pytest.mark.requirement("A9.5")
async def test_settings_are_tried_on_the_past_files_of_another_programme(scoring: Desk) -> None:
    await scoring.assess(asked())
    author = scoring.caller(Role.ADMINISTRATOR)
    assert (await author.post(MODELS, a_card(a_number()))).status_code == 201
    files = [asked(months_in_business=months) for months in ("1", "12", "48")]
    path = f"{MODELS}/small/1.0.0/replay"
    answer = await author.post(path, {"files": files})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["champion"], found["tried"], found["files"]) == ("expert 1.0.0", "small 1.0.0", 3)
    assert [one["points"] for one in found["replayed"]] == [0, 4, 10]
    moved = [one for one in found["replayed"] if one["advice"] != one["champion_advice"]]
    assert found["moved"] == len(moved) > 0
    for file in files:  # nothing of them is kept
        read = await scoring.service().get(f"{ASSESSMENTS}/{file['assessment_id']}")
        assert read.status_code == 404
    unknown = await author.post(f"{MODELS}/small/9.0.0/replay", {"files": files})
    assert unknown.status_code == 404
    protected = await author.post(path, {"files": [asked(religion="x")]})
    assert protected.json()["type"] == "/problems/scoring/characteristic-protected"
    officer = scoring.caller(Role.OFFICER)
    assert (await officer.post(path, {"files": files})).status_code == 403


@pytest.mark.requirement("C9.3")
async def test_delivered_lots_raise_the_track_record_by_published_points(scoring: Desk) -> None:
    card = json.loads(LOTS.read_text(encoding="utf-8"))
    await promoted(scoring, card)
    (rule,) = [one for one in card["characteristics"] if one["id"] == "lots_delivered"]
    assert rule["group"] == "character"
    found = [parts(await scoring.assess(asked(lots_delivered=lots))) for lots in ("0", "2", "12")]
    assert [one.pop("lots_delivered") for one in found] == [1, 2, 4]
    assert found[0] == found[1] == found[2]
    untold = parts(await scoring.assess(asked()))
    assert untold["lots_delivered"] == 1, "silence brings no more than none delivered"
    falling = json.loads(LOTS.read_text(encoding="utf-8")) | {"version": "1.1.1"}
    for one in falling["characteristics"]:
        if one["id"] == "lots_delivered":
            one["bins"][3]["points"], one["bins"][0]["points"] = 1, 4
    answer = await scoring.caller(Role.ADMINISTRATOR).post(MODELS, falling)
    assert answer.json()["type"] == "/problems/scoring/card-malformed"


@pytest.mark.requirement("S7.4")
async def test_a_bank_is_given_reasons_and_version_and_no_figure_of_the_household(
    scoring: Desk,
) -> None:
    body = asked()
    body["household"]["household_costs"] = {"amount": "351.237", "currency": "JOD"}
    opinion = await scoring.assess(body)
    path = f"{ASSESSMENTS}/{opinion['assessment_id']}"
    answer = await scoring.caller(Role.APPROVER).get(f"{path}/explanation")
    paper = answer.json()
    assert (paper["points"], paper["card_version"]) == (opinion["points"], "1.0.0")
    assert 0 < len(paper["reasons"]) <= 4
    for figure in ("351.237", "1000.000", "household", "sales", "debt_service"):
        assert figure not in answer.text
    bank = scoring.caller(Role.INTEGRATOR)
    assert (await bank.get(path)).status_code == 403
    card = card_form.hash_of(expert_document())
    assert paper["card_hash"] == card
