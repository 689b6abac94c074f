"""Tried cards score in silence, loans end, challengers are compared, and watchers are told."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.cli import replaying
from services.scoring.domain import card_form
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.scoring import desk
from tests.integration.scoring.desk import BATCH, MODELS, Caller, Desk
from tests.scoring_cases import a_card, a_choice, a_number, expert_document, make_request

OUTCOMES = f"{MODELS}/outcomes"
TRAITS = "/scoring/v1/fairness/traits"
FAIRNESS = "/scoring/v1/fairness"


@pytest.fixture
def author(scoring: Desk) -> Caller:
    return scoring.caller(Role.ADMINISTRATOR)


@pytest.fixture
def auditor(scoring: Desk) -> Caller:
    return scoring.caller(Role.AUDITOR)


async def tried(author: Caller, card: dict[str, Any]) -> None:
    """Have a card scored in shadow."""
    assert (await author.post(MODELS, card)).status_code == 201
    path = f"{MODELS}/{card['card_id']}/{card['version']}/status"
    assert (await author.post(path, {"event": "try_in_shadow"})).status_code == 200


def months(value: int, **changes: Any) -> dict[str, Any]:
    body = make_request(**changes)
    body["characteristics"]["months_in_business"] = str(value)
    return body


async def assessed(scoring: Desk, bodies: list[dict[str, Any]]) -> None:
    answer = await scoring.service().post(BATCH, {"requests": bodies})
    assert answer.status_code == 201, answer.text


def outcome(application_id: str, **members: Any) -> dict[str, Any]:
    return {"application_id": application_id, "decision": "lent", "decided_on": "2025-01-05"} | (
        members
    )


def ended(body: dict[str, Any], *, bad: bool, seen: str = "2025-08-01") -> dict[str, Any]:
    return outcome(
        body["application_id"],
        lent_on="2025-01-05",
        result="bad" if bad else "good",
        observed_on=seen,
    )


def day(scoring: Desk, *, later: int = 0) -> str:
    return str((scoring.signer.clock.now() + timedelta(days=later)).date())


async def shadows(scoring: Desk) -> list[dict[str, Any]]:
    async with scoring.database.read(scoring.institution_id) as session:
        rows = await session.execute(text("select * from shadow_score order by points"))
        return [dict(row) for row in rows.mappings()]


async def test_a_tried_card_scores_beside_the_champion_and_nobody_is_told(
    scoring: Desk, author: Caller
) -> None:
    body = make_request()
    before = await scoring.assess(months(48))
    await tried(author, a_card(a_number()))

    told = await scoring.assess(body)

    (kept,) = await shadows(scoring)
    assert (kept["points"], kept["grade"], kept["fault"]) == (10, "A", None)
    assert kept["breakdown"] == [{"characteristic": "months_in_business", "points": 10}]
    assert told["card"]["card_id"] == "expert"
    assert told.keys() == before.keys()
    assert "small" not in str(told)
    assert await scoring.assess(body) == told
    assert len(await shadows(scoring)) == 1


async def test_a_tried_card_that_cannot_read_stands_in_nobodys_way(
    scoring: Desk, author: Caller
) -> None:
    await tried(author, a_card(a_choice("sector")))  # knows yes and no; the sector is food

    await scoring.assess(make_request())

    (kept,) = await shadows(scoring)
    assert (kept["points"], kept["fault"]) == (None, "characteristic-unreadable")


async def test_loans_that_ended_are_told_once_and_corrected_beside_the_old(
    scoring: Desk,
) -> None:
    service, body = scoring.service(), make_request()
    good = {"outcomes": [ended(body, bad=False)]}

    assert (await service.post(OUTCOMES, good)).json() == {"recorded": 1, "unchanged": 0}
    assert (await service.post(OUTCOMES, good)).json() == {"recorded": 0, "unchanged": 1}
    worse = {"outcomes": [ended(body, bad=True)]}
    assert (await service.post(OUTCOMES, worse)).json()["recorded"] == 1
    async with scoring.database.read(scoring.institution_id) as session:
        rows = await session.execute(text("select result from loan_outcome order by change"))
        assert [row[0] for row in rows] == ["good", "bad"]


async def test_ten_at_once_record_one(scoring: Desk) -> None:
    body = {"outcomes": [ended(make_request(), bad=True)]}

    answers = await asyncio.gather(*[scoring.service().post(OUTCOMES, body) for _ in range(10)])

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert sum(a.json().get("recorded", 0) for a in answers if a.status_code == 200) == 1


@pytest.mark.parametrize("change", ["twice", "refused", "later"])
async def test_a_batch_with_one_fault_records_nothing(scoring: Desk, change: str) -> None:
    sound = ended(make_request(), bad=False)
    wrong = {
        "twice": sound,
        "refused": ended(make_request(), bad=True) | {"decision": "refused"},
        "later": ended(make_request(), bad=True, seen=day(scoring, later=1)),
    }[change]

    answer = await scoring.service().post(OUTCOMES, {"outcomes": [sound, wrong]})

    assert answer.status_code == 422, answer.text
    async with scoring.database.read(scoring.institution_id) as session:
        assert (await session.execute(text("select count(*) from loan_outcome"))).scalar() == 0


async def contested(scoring: Desk, author: Caller, *, knows: bool) -> None:
    """60 loans that the expert's card cannot tell apart much; every third is bad."""
    bins = [{"upper": "6", "points": 0}, {"lower": "6", "points": 10}]
    await tried(author, a_card(a_number(bins=bins)))
    bodies = [months(2 if (i % 3 == 0) is knows else 60) for i in range(60)]
    await assessed(scoring, bodies)
    told = [ended(body, bad=i % 3 == 0) for i, body in enumerate(bodies)]
    answer = await scoring.service().post(OUTCOMES, {"outcomes": told})
    assert answer.status_code == 200, answer.text


async def test_a_challenger_is_compared_and_an_unproven_one_needs_a_reason(
    scoring: Desk, author: Caller, auditor: Caller
) -> None:
    await contested(scoring, author, knows=False)
    second = scoring.caller(Role.ADMINISTRATOR)

    found = (await auditor.get(f"{MODELS}/small/1.0.0/comparison")).json()
    assert (found["loans"], found["bad"], found["is_proven"]) == (60, 20, False)
    assert found["champion"] == "expert 1.0.0"
    path = f"{MODELS}/small/1.0.0/status"
    refused = await second.post(path, {"event": "promote"})
    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/scoring/promotion-unproven"
    states = (await author.get(MODELS)).json()["scorecards"]
    assert {card["status"] for card in states} == {"champion", "shadow"}

    assert (await second.post(path, {"event": "promote", "reason": "tidier"})).status_code == 200
    last = (await author.get(f"{MODELS}/small/1.0.0")).json()["changes"][-1]
    assert (last["status"], last["reason"]) == ("champion", "tidier")
    assert last["evidence"] == found


async def test_a_champion_is_not_compared_with_itself_nor_a_card_that_is_not_there(
    scoring: Desk, auditor: Caller
) -> None:
    await scoring.assess(make_request())

    same = await auditor.get(f"{MODELS}/expert/1.0.0/comparison")
    assert (same.status_code, same.json()["type"]) == (
        409,
        "/problems/scoring/challenger-is-champion",
    )
    for what in ("comparison", "watch"):
        assert (await auditor.get(f"{MODELS}/small/9.9.9/{what}")).status_code == 404
        assert (await auditor.get(f"{MODELS}/expert/1.0.0/{what}", on="soon")).status_code == 422


async def test_a_version_is_watched(scoring: Desk, author: Caller, auditor: Caller) -> None:
    await contested(scoring, author, knows=True)
    officer = str(ids.new())
    refused = months(60)
    await assessed(scoring, [refused])
    told = [outcome(refused["application_id"], decision="refused", decided_by=officer)]
    await scoring.service().post(OUTCOMES, {"outcomes": told})

    found = (await auditor.get(f"{MODELS}/small/1.0.0/watch")).json()

    assert found["drift"] is None
    assert [(row["grade"], row["bad"], row["is_alarm"]) for row in found["calibration"]] == [
        ("A", 0, False),
        ("B", 20, True),
    ]
    assert (found["ranking"]["reference_gini"], found["ranking"]["gini"]) == ("1.000000", None)
    assert [(row["officer"], row["low_side"]) for row in found["overrides"]] == [(officer, 1)]
    assert set(found["alarms"]) == {"calibration", "overrides"}
    early = (await auditor.get(f"{MODELS}/small/1.0.0/watch", on="2020-01-01")).json()
    assert (early["calibration"], early["alarms"]) == ([], [])


async def test_two_files_that_differ_in_sex_and_age_alone_score_equally(scoring: Desk) -> None:
    """A3.3: what the person is stands where no card looks; a request that tells it is refused."""
    bodies = [make_request() for _ in range(2)]
    told = [
        {"application_id": body["application_id"], "sex": sex, "age_band": age}
        for body, sex, age in zip(bodies, ("female", "male"), ("18_24", "60_up"), strict=True)
    ]
    answer = await scoring.service().post(TRAITS, {"traits": told})
    assert answer.json() == {"recorded": 2}

    opinions = [await scoring.assess(body) for body in bodies]

    alike = [
        {k: v for k, v in opinion.items() if not k.endswith(("_id", "_at"))} for opinion in opinions
    ]
    assert alike[0] == alike[1]
    for member in ("sex", "age_band"):
        body = make_request()
        body["characteristics"][member] = "x"
        assert (await scoring.service().post(desk.ASSESSMENTS, body)).status_code == 422


async def test_the_audit_alone_tells_of_traits_and_only_of_groups(
    scoring: Desk, auditor: Caller
) -> None:
    bodies = [make_request() for _ in range(200)]
    service = scoring.service()
    decisions = [
        outcome(
            body["application_id"],
            decision="refused" if i < 30 else "lent",
            decided_on=day(scoring),
        )
        for i, body in enumerate(bodies)
    ]
    told = [
        {"application_id": body["application_id"], "sex": "female" if i < 100 else "male"}
        for i, body in enumerate(bodies)
    ]
    assert (await service.post(OUTCOMES, {"outcomes": decisions})).status_code == 200
    assert (await service.post(TRAITS, {"traits": told})).status_code == 200

    found = (await auditor.get(FAIRNESS)).json()

    by = {item["trait"]: item for item in found["traits"]}
    assert (found["decided"], by["sex"]["ratio"]) == (200, "0.700000")
    assert "approval_ratio" in by["sex"]["flags"]
    assert by["sex"]["months"][0]["is_flagged"] is True
    assert by["region"]["groups"] == []
    assert bodies[0]["application_id"] not in str(found)
    for role in (Role.OFFICER, Role.APPROVER, Role.ADMINISTRATOR):
        assert (await scoring.caller(role).get(FAIRNESS)).status_code == 403
    twice = await service.post(TRAITS, {"traits": [told[0], told[0]]})
    assert twice.status_code == 422


async def test_another_institution_sees_nothing_of_it(
    scoring: Desk, author: Caller, database_urls: dict[str, str]
) -> None:
    await contested(scoring, author, knows=True)
    async with desk.opened(database_urls["scoring"], InstitutionId(ids.new())) as other:
        foreign = other.caller(Role.AUDITOR)
        assert (await foreign.get(f"{MODELS}/small/1.0.0/watch")).status_code == 404
        assert (await foreign.get(FAIRNESS)).json()["decided"] == 0
        async with other.database.read(other.institution_id) as session:
            for table in ("shadow_score", "loan_outcome", "trait"):
                rows = await session.execute(text(f"select count(*) from {table}"))
                assert rows.scalar() == 0


async def test_every_kept_opinion_is_given_again_and_another_card_is_tried_on_them(
    scoring: Desk,
) -> None:
    bodies = [months(value) for value in (1, 12, 48)]
    await assessed(scoring, bodies)
    database: Database = scoring.database

    count, unlike = await replaying.replayed(database, scoring.institution_id)
    assert (count, unlike) == (3, [])

    small = card_form.scorecard_of(a_card(a_number()))
    found = await replaying.differences(database, scoring.institution_id, small)
    assert sorted(item.points or 0 for item in found) == [0, 4, 10]
    assert {item.fault for item in found} == {None}
    same = card_form.scorecard_of(expert_document())
    for item in await replaying.differences(database, scoring.institution_id, same):
        assert (item.points, item.advice) == (item.points_before, item.advice_before)
    assert await shadows(scoring) == []
