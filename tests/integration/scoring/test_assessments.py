"""An opinion is given once, kept whole, and the same for ever."""

import asyncio
import copy
import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.scoring.assessments import queries
from services.scoring.assessments.tables import AssessmentRow
from services.scoring.domain import assessment
from services.scoring.models import queries as models
from shared import ids
from shared.auth import Actor, Role
from shared.ids import AssessmentId, InstitutionId
from tests.integration.scoring.desk import ASSESSMENTS, BATCH, Desk
from tests.scoring_cases import amount, conventional_product, make_request, qard_product

READERS = (Role.OFFICER, Role.APPROVER, Role.AUDITOR)


async def kept(scoring: Desk, assessment_id: str) -> AssessmentRow:
    actor = Actor(id=ids.new(), institution_id=scoring.institution_id, roles=frozenset())
    async with scoring.database.read(scoring.institution_id) as session:
        return await queries.assessment(session, AssessmentId(UUID(assessment_id)), actor=actor)


async def count(scoring: Desk) -> int:
    async with scoring.database.read(scoring.institution_id) as session:
        found: int = (await session.execute(text("select count(*) from assessment"))).scalar_one()
    return found


async def test_an_application_is_scored_priced_and_explained(scoring: Desk) -> None:
    body = make_request()

    found = await scoring.assess(body)

    assert found["assessment_id"] == body["assessment_id"]
    assert (found["points"], found["grade"], found["advice"]) == (74, "B", "offer")
    assert found["card"]["card_id"] == "expert"
    assert found["pd_basis"] == "assumed"
    assert found["best"] == found["menu"][0]
    assert all(set(reason["text"]) == {"ar", "fr", "en"} for reason in found["reasons"])
    assert found["assessed_at"] == "2026-04-01T08:00:00.000000Z"


async def test_a_stored_opinion_is_reproduced_bit_for_bit(scoring: Desk) -> None:
    for body in (make_request(), make_request(product=qard_product())):
        found = await scoring.assess(body)
        row = await kept(scoring, found["assessment_id"])
        async with scoring.database.read(scoring.institution_id) as session:
            version = await models.scorecard_version(
                session, card_id=row.card_id, version=row.card_version
            )

        again = assessment.opinion_of(row.inputs, card=models.scorecard_of(version))

        assert again == row.opinion
        assert row.opinion["card"]["hash"] == version.hash
        assert row.engine == assessment.ENGINE


async def test_the_same_request_twice_is_one_opinion(scoring: Desk) -> None:
    body = make_request()

    first = await scoring.assess(body)
    second = await scoring.assess(body)

    assert second == first
    assert await count(scoring) == 1
    made = [e for e in await scoring.events() if e["type"] == "scoring.assessment-made.v1"]
    assert len(made) == 1


async def test_the_same_request_ten_times_at_once_is_one_opinion(scoring: Desk) -> None:
    body = make_request()
    service = scoring.service()

    answers = await asyncio.gather(*[service.post(ASSESSMENTS, body) for _ in range(10)])

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert await count(scoring) == 1
    told = [event["type"] for event in await scoring.events()]
    assert told == ["scoring.scorecard-status-changed.v1", "scoring.assessment-made.v1"]


async def test_an_assessment_id_stands_for_one_request(scoring: Desk) -> None:
    body = make_request()
    await scoring.assess(body)

    answer = await scoring.service().post(ASSESSMENTS, body | {"term_months": 13})

    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/scoring/assessment-id-reused"
    assert await count(scoring) == 1


async def test_a_batch_answers_in_the_order_of_its_requests(scoring: Desk) -> None:
    bodies = [make_request(amount=amount(f"{500 + i}.000")) for i in range(7)]
    known = await scoring.assess(bodies[3])

    answer = await scoring.service().post(BATCH, {"requests": [*bodies, bodies[0]]})

    found = answer.json()["assessments"]
    assert answer.status_code == 201
    assert [item["assessment_id"] for item in found] == [
        body["assessment_id"] for body in [*bodies, bodies[0]]
    ]
    assert found[3] == known
    assert found[7] == found[0]
    assert await count(scoring) == 7


async def test_a_batch_with_one_bad_application_keeps_none(scoring: Desk) -> None:
    good, bad = make_request(), make_request(characteristics={"housing": "castle"})

    answer = await scoring.service().post(BATCH, {"requests": [good, bad]})

    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/scoring/characteristic-unreadable"
    assert await count(scoring) == 0


async def test_a_batch_has_at_most_five_hundred(scoring: Desk) -> None:
    body = make_request()

    answer = await scoring.service().post(BATCH, {"requests": [body] * 501})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/requests"


async def test_one_id_with_two_bodies_in_a_batch_is_refused(scoring: Desk) -> None:
    body = make_request()

    answer = await scoring.service().post(BATCH, {"requests": [body, body | {"term_months": 7}]})

    assert answer.status_code == 409


async def test_an_opinion_is_read_by_its_id_and_by_its_application(scoring: Desk) -> None:
    body = make_request()
    first = await scoring.assess(body)
    second = await scoring.assess(body | {"assessment_id": str(ids.new()), "term_months": 6})

    for role in READERS:
        reader = scoring.caller(role)
        by_id = await reader.get(f"{ASSESSMENTS}/{body['assessment_id']}")
        assert by_id.json() == first
        listed = await reader.get(ASSESSMENTS, application_id=body["application_id"])
        assert listed.json()["items"] == [first, second]


async def test_a_long_list_is_read_in_parts(scoring: Desk) -> None:
    body = make_request()
    for term in (6, 7, 8):
        await scoring.assess(body | {"assessment_id": str(ids.new()), "term_months": term})
    reader = scoring.caller(Role.OFFICER)
    query = {"application_id": body["application_id"], "limit": 2}

    first = (await reader.get(ASSESSMENTS, **query)).json()
    rest = (await reader.get(ASSESSMENTS, **query, after=first["next"])).json()

    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)


async def test_the_reasons_of_a_rejection_are_told_in_the_readers_language(scoring: Desk) -> None:
    body = make_request(term_months=36)
    await scoring.assess(body)
    reader = scoring.caller(Role.OFFICER)

    texts = {}
    for language in ("en", "fr", "ar"):
        answer = await reader.get(f"{ASSESSMENTS}/{body['assessment_id']}", language=language)
        rejected = answer.json()["rejected"]
        texts[language] = next(r["text"] for r in rejected if r["code"] == "term_above_maximum")

    assert texts == {
        "en": "36 months are more than the product's longest term, 24.",
        "fr": "36 mois dépassent la durée maximale du produit, 24.",
        "ar": "المدة المطلوبة بالأشهر 36 أكثر من أطول مدة للمنتج وهي 24.",
    }


async def test_an_officer_of_another_branch_does_not_see_it(scoring: Desk) -> None:
    mine, other = ids.new(), ids.new()
    body = make_request(branch_id=str(mine))
    await scoring.assess(body)
    path = f"{ASSESSMENTS}/{body['assessment_id']}"

    near = await scoring.caller(Role.OFFICER, branches=[mine]).get(path)
    far = await scoring.caller(Role.OFFICER, branches=[other]).get(path)
    nowhere = await scoring.caller(Role.OFFICER, branches=[]).get(path)

    assert near.status_code == 200
    assert far.status_code == nowhere.status_code == 404
    assert far.json()["type"] == "/problems/scoring/assessment-not-found"


async def test_without_a_branch_only_staff_of_every_branch_sees_it(scoring: Desk) -> None:
    body = make_request()
    await scoring.assess(body)
    path = f"{ASSESSMENTS}/{body['assessment_id']}"

    assert (await scoring.caller(Role.OFFICER).get(path)).status_code == 200
    limited = scoring.caller(Role.OFFICER, branches=[ids.new()])
    assert (await limited.get(path)).status_code == 404
    listed = await limited.get(ASSESSMENTS, application_id=body["application_id"])
    assert listed.json()["items"] == []


async def test_another_institution_sees_nothing(scoring: Desk) -> None:
    body = make_request()
    await scoring.assess(body)
    stranger = scoring.service(institution_id=InstitutionId(ids.new()))

    answer = await stranger.get(f"{ASSESSMENTS}/{body['assessment_id']}")

    assert answer.status_code == 404
    mine = await stranger.post(ASSESSMENTS, body)
    assert mine.status_code == 201  # the same id is free on the other side of the wall


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SERVICE])
async def test_only_our_own_services_may_assess(scoring: Desk, role: Role) -> None:
    answer = await scoring.caller(role).post(ASSESSMENTS, make_request())

    assert answer.status_code == 403
    assert await count(scoring) == 0


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a name": ({"name": "أحمد"}, "/name"),
    "a float": ({"term_months": 12.5}, "/term_months"),
    "a rate as a number": ({"product": conventional_product(annual_rate_max=0.3)}, "/product"),
    "too many decimals": ({"amount": amount("600.0001")}, "/amount"),
    "an unknown currency": ({"amount": amount("600.00", "XXQ")}, "/amount"),
    "a missing household": ({"household": None}, "/household"),
    "no answer on legal age": ({"hard_facts": {}}, "/hard_facts/of_legal_age"),
    "a sentence as a characteristic": (
        {"characteristics": {"sector": "sells bread in Zarqa"}},
        "/characteristics/sector",
    ),
}


@pytest.mark.parametrize("case", BAD)
async def test_a_bad_body_is_told_where_it_is_bad(scoring: Desk, case: str) -> None:
    change, pointer = BAD[case]

    answer = await scoring.service().post(ASSESSMENTS, make_request(**change))

    assert answer.status_code == 422
    assert any(error["pointer"].startswith(pointer) for error in answer.json()["errors"])
    assert await count(scoring) == 0


async def test_a_protected_trait_is_refused_and_not_kept(scoring: Desk) -> None:
    body = make_request(characteristics={"age_band": "young"})

    answer = await scoring.service().post(ASSESSMENTS, body, **{"Accept-Language": "ar"})

    assert answer.status_code == 422
    problem = answer.json()
    assert problem["type"] == "/problems/scoring/characteristic-protected"
    assert problem["title"] == "لا تُقيَّم أبدا صفة شخصية محمية"
    assert await count(scoring) == 0


async def test_what_is_kept_holds_ids_codes_and_numbers_only(scoring: Desk) -> None:
    body = make_request()
    row = await kept(scoring, (await scoring.assess(body))["assessment_id"])

    def leaves(value: object) -> list[object]:
        if isinstance(value, dict):
            return [leaf for member in value.values() for leaf in leaves(member)]
        return [value]

    inputs = copy.deepcopy(row.inputs)
    assert all(
        leaf is None or isinstance(leaf, bool | int) or " " not in str(leaf)
        for leaf in leaves(inputs)
    )
    assert json.dumps(inputs).isascii()


async def test_nobody_may_change_or_remove_an_opinion(scoring: Desk) -> None:
    await scoring.assess(make_request())

    for statement in ("update assessment set points = 100", "delete from assessment"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with scoring.database.begin(scoring.institution_id) as session:
                await session.execute(text(statement))
