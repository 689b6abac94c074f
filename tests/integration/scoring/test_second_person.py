"""Nobody is the second person of their own work, whatever roles they have."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.scoring.assessments import queries as assessments
from services.scoring.fairness import queries as fairness
from services.scoring.outcomes import queries as outcomes
from shared import ids
from shared.auth import Role
from tests import review_plans, running_loans
from tests.integration.scoring.desk import BATCH, MODELS, Caller, Desk
from tests.scoring_cases import a_card, a_number, make_request
from tests.tokens import AT

REVIEWS = "/scoring/v1/rate-reviews"
OUTCOMES = f"{MODELS}/outcomes"
SMALL = f"{MODELS}/small/1.0.0/status"
Json = dict[str, Any]


async def drafted(caller: Caller) -> str:
    body = review_plans.plan(review_id=str(ids.new()), book=review_plans.columns(20))
    answer = await caller.post(REVIEWS, body)
    assert answer.status_code == 201, answer.text
    return f"{REVIEWS}/{body['review_id']}"


async def adopted(drafter: Caller, recommender: Caller, decider: Caller) -> str:
    path = await drafted(drafter)
    await drafter.post(f"{path}/run", {})
    answer = await recommender.post(f"{path}/recommendation", {"policy": "half"})
    assert answer.status_code == 200, answer.text
    answer = await decider.post(f"{path}/decision", {"outcome": "adopt"})
    assert answer.status_code == 200, answer.text
    return path


async def test_who_drafted_a_review_does_not_decide_it_by_another_role(scoring: Desk) -> None:
    both = scoring.caller(Role.FUNDS_MANAGER, Role.APPROVER)
    manager = scoring.caller(Role.FUNDS_MANAGER)
    path = await drafted(both)
    await manager.post(f"{path}/run", {})
    await manager.post(f"{path}/recommendation", {"policy": "half"})

    refused = await both.post(f"{path}/decision", {"outcome": "adopt"})

    assert refused.status_code == 403
    assert refused.json()["type"] == "/problems/scoring/decider-recommended"


@pytest.mark.parametrize("as_of", ["1990-01-01", "2026-03-31", "2026-04-03", "2199-12-31"])
async def test_what_is_observed_is_of_a_day_since_the_adoption(scoring: Desk, as_of: str) -> None:
    """The clock stands at 1 April 2026; at the eastern edge of the world it is the second."""
    manager = scoring.caller(Role.FUNDS_MANAGER)
    path = await adopted(manager, manager, scoring.caller(Role.APPROVER))
    body = {"as_of": as_of, "source": "s", "figures": {"loans": "5"}}

    refused = await manager.post(f"{path}/observed", body)

    assert refused.json()["type"] == "/problems/scoring/observed-out-of-time"
    kept = await manager.post(f"{path}/observed", body | {"as_of": AT.date().isoformat()})
    assert kept.status_code == 201


async def test_a_sixth_card_is_not_tried_in_vain(scoring: Desk) -> None:
    """Five score beside the champion; a sixth would stand in shadow and never say a word."""
    author = scoring.caller(Role.ADMINISTRATOR)
    paths = []
    for number in range(6):
        card = a_card(a_number(), version=f"1.0.{number}")
        assert (await author.post(MODELS, card)).status_code == 201
        paths.append(f"{MODELS}/small/1.0.{number}/status")
    for path in paths[:5]:
        assert (await author.post(path, {"event": "try_in_shadow"})).status_code == 200

    refused = await author.post(paths[5], {"event": "try_in_shadow"})

    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/scoring/shadows-full"
    assert (await author.post(paths[0], {"event": "retire"})).status_code == 200
    assert (await author.post(paths[5], {"event": "try_in_shadow"})).status_code == 200


@pytest.mark.parametrize("traits", [False, True])
@pytest.mark.parametrize("who", ["author", "second"])
async def test_nobody_proves_a_card_by_ends_of_loans_of_their_own_telling(
    scoring: Desk, who: str, *, traits: bool
) -> None:
    """Neither who registered the card nor who promotes it: a third must have told.

    Of a trait one is enough: whoever empties a group of a hundred hides that it is put behind.
    """
    people = {"author": scoring.caller(Role.ADMINISTRATOR)}
    people["second"] = scoring.caller(Role.ADMINISTRATOR)
    author, second = people["author"], people["second"]
    bins = [{"upper": "6", "points": 0}, {"lower": "6", "points": 10}]
    assert (await author.post(MODELS, a_card(a_number(bins=bins)))).status_code == 201
    assert (await author.post(SMALL, {"event": "try_in_shadow"})).status_code == 200
    bodies = [loan(2 if i % 3 == 0 else 60) for i in range(60)]
    assert (await scoring.service().post(BATCH, {"requests": bodies})).status_code == 201
    told = {"outcomes": [ended(body, bad=i % 3 == 0) for i, body in enumerate(bodies)]}
    teller = scoring.service() if traits else people[who]
    assert (await teller.post(OUTCOMES, told)).status_code == 200
    if traits:
        one = {"application_id": bodies[0]["application_id"], "sex": None}
        answer = await people[who].post("/scoring/v1/fairness/traits", {"traits": [one]})
        assert answer.status_code == 200, answer.text

    refused = await second.post(SMALL, {"event": "promote"})

    assert refused.json()["type"] == "/problems/scoring/promotion-unproven", refused.text
    assert refused.json()["loans"] == 0
    seen = (await second.get(f"{MODELS}/small/1.0.0/comparison")).json()
    assert seen["loans"] == 60


def loan(months: int) -> Json:
    body = make_request()
    body["characteristics"]["months_in_business"] = str(months)
    return body


def ended(body: Json, *, bad: bool) -> Json:
    return {
        "application_id": body["application_id"],
        "decision": "lent",
        "decided_on": "2025-01-05",
        "lent_on": "2025-01-06",
        "result": "bad" if bad else "good",
        "observed_on": "2025-08-01",
    }


async def test_a_day_that_has_begun_in_amman_has_come(scoring: Desk) -> None:
    """At 22:00 UTC it is one o'clock of the next day there: loans decides and lends by that day."""
    scoring.signer.clock.move_to(AT.replace(hour=22))
    service, body = scoring.service(), make_request()
    today = (AT + timedelta(days=1)).date()
    lent = ended(body, bad=False) | {"observed_on": today.isoformat()}
    batch = running_loans.body([running_loans.loan()], as_of=today)
    later = ended(body, bad=False) | {"observed_on": (today + timedelta(days=1)).isoformat()}

    assert (await service.post(OUTCOMES, {"outcomes": [lent]})).status_code == 200
    assert (await service.post("/scoring/v1/warnings/batches", batch)).status_code == 201
    assert (await service.post(OUTCOMES, {"outcomes": [later]})).status_code == 422


async def test_what_is_beyond_the_limit_of_an_audit_is_the_oldest(scoring: Desk) -> None:
    """Ids are given in the order of time: an audit that stops early must not stop at today."""
    bodies = [make_request() for _ in range(4)]
    service = scoring.service()
    assert (await service.post(BATCH, {"requests": bodies})).status_code == 201
    told = {"outcomes": [ended(body, bad=False) for body in bodies]}
    assert (await service.post(OUTCOMES, told)).status_code == 200
    sexes = [{"application_id": body["application_id"], "sex": "male"} for body in bodies]
    answer = await service.post("/scoring/v1/fairness/traits", {"traits": sexes})
    assert answer.status_code == 200
    newest = {UUID(body["application_id"]) for body in bodies[2:]}

    async with scoring.database.read(scoring.institution_id) as session:
        decided = await outcomes.outcomes_until(session, AT.date(), most=2)
        opinions = await assessments.opinions_until(session, AT + timedelta(days=1), most=2)
        groups = await fairness.groups(session, most=2)

    assert set(decided) == set(opinions) == set(groups["sex"]) == newest
