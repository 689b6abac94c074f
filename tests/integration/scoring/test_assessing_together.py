"""Applications that are asked about together share round trips, and nothing else."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from services.scoring.assessments import operations
from services.scoring.assessments.book import AssessmentBook, assessed
from services.scoring.assessments.operations import Asked, AssessmentIdReused
from services.scoring.assessments.tables import AssessmentRow
from shared import ids
from shared.auth import Actor, Role
from shared.clients.scoring import AssessmentRequest
from shared.db import Database, TenantDb
from tests.integration.scoring.desk import ASSESSMENTS, Desk
from tests.scoring_cases import amount, make_request


def asked(scoring: Desk, body: dict[str, Any] | None = None, **inputs: object) -> Asked:
    (read,) = operations.inputs_of([AssessmentRequest.model_validate(body or make_request())])
    actor = Actor(
        id=ids.new(), institution_id=scoring.institution_id, roles=frozenset({Role.SERVICE})
    )
    return Asked(inputs={**read, **inputs}, actor=actor, at=scoring.signer.clock.now())


async def kept(scoring: Desk) -> dict[object, object]:
    async with scoring.database.read(scoring.institution_id) as session:
        rows = await session.execute(text("select assessment_id, actor_id from assessment"))
        return {row.assessment_id: row.actor_id for row in rows}


async def told(scoring: Desk) -> list[str]:
    return [
        event["data"]["assessment_id"]
        for event in await scoring.events()
        if event["type"] == "scoring.assessment-made.v1"
    ]


async def test_each_is_kept_for_who_asked_and_told_once(scoring: Desk) -> None:
    many = [asked(scoring) for _ in range(5)]

    rows = await AssessmentBook(scoring.database).assess(scoring.institution_id, many)

    assert [row.assessment_id for row in rows if isinstance(row, AssessmentRow)] == [
        one.assessment_id for one in many
    ]
    assert await kept(scoring) == {one.assessment_id: one.actor.id for one in many}
    assert sorted(await told(scoring)) == sorted(str(one.assessment_id) for one in many)


async def test_what_is_refused_fails_alone(scoring: Desk) -> None:
    good, bad = asked(scoring), asked(scoring, household={})
    assert good.inputs["household"]

    found = await AssessmentBook(scoring.database).assess(scoring.institution_id, [bad, good, bad])

    assert [type(one).__name__ for one in found] == [
        "DocumentMalformed",
        "AssessmentRow",
        "DocumentMalformed",
    ]
    assert await kept(scoring) == {good.assessment_id: good.actor.id}


async def test_one_id_with_two_applications_has_the_first_ones_opinion(scoring: Desk) -> None:
    first = asked(scoring)
    other = asked(scoring, {**make_request(), "amount": amount("700.000")})
    other = replace(other, inputs={**other.inputs, "assessment_id": str(first.assessment_id)})
    book = AssessmentBook(scoring.database)

    found = await book.assess(scoring.institution_id, [first, other, first])
    again = await book.assess(scoring.institution_id, [other, first])

    assert [type(one).__name__ for one in found] == [
        "AssessmentRow",
        "AssessmentIdReused",
        "AssessmentRow",
    ]
    assert [type(one).__name__ for one in again] == ["AssessmentIdReused", "AssessmentRow"]
    assert len(await kept(scoring)) == len(await told(scoring)) == 1


async def test_what_another_process_kept_meanwhile_answers_or_refuses(
    scoring: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    same, other, free = asked(scoring), asked(scoring), asked(scoring)
    moved = {**other.inputs, "term_months": int(other.inputs["term_months"]) + 1}
    form, mine = operations.form_opinions, scoring.database
    elsewhere = AssessmentBook(Database(scoring.database.url.render_as_string(False)))
    loop = asyncio.get_running_loop()

    def overtaken(waiting: Any, **cards: Any) -> Any:
        monkeypatch.setattr(operations, "form_opinions", form)
        faster = elsewhere.assess(scoring.institution_id, [same, replace(other, inputs=moved)])
        asyncio.run_coroutine_threadsafe(faster, loop).result()
        return form(waiting, **cards)

    monkeypatch.setattr(operations, "form_opinions", overtaken)
    found = await AssessmentBook(mine).assess(scoring.institution_id, [same, other, free])
    await elsewhere.database.close()

    assert [type(one).__name__ for one in found] == [
        "AssessmentRow",
        "AssessmentIdReused",
        "AssessmentRow",
    ]
    assert len(await kept(scoring)) == len(await told(scoring)) == 3


async def test_all_or_none_keeps_nothing_where_one_was_kept_otherwise_meanwhile(
    scoring: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = asked(scoring), asked(scoring)
    moved = replace(other, inputs={**other.inputs, "term_months": 11})
    form, db = operations.form_opinions, TenantDb(scoring.database, scoring.institution_id)
    loop = asyncio.get_running_loop()

    def overtaken(waiting: Any, **cards: Any) -> Any:
        monkeypatch.setattr(operations, "form_opinions", form)
        asyncio.run_coroutine_threadsafe(assessed(db, [moved]), loop).result()
        return form(waiting, **cards)

    monkeypatch.setattr(operations, "form_opinions", overtaken)
    with pytest.raises(AssessmentIdReused):
        await assessed(db, [one, other], is_whole=True)

    assert await kept(scoring) == {moved.assessment_id: moved.actor.id}


async def test_the_answer_is_the_same_to_the_letter_when_asked_again(scoring: Desk) -> None:
    body, service = make_request(), scoring.service()

    first = await service.post(ASSESSMENTS, body)
    again = await service.post(ASSESSMENTS, body)
    read = await service.get(f"{ASSESSMENTS}/{body['assessment_id']}")

    assert first.content == again.content == read.content


async def test_many_at_the_door_at_once_each_have_their_own_answer(scoring: Desk) -> None:
    bodies = [make_request() for _ in range(40)]
    bodies[7] = {**bodies[7], "term_months": 0}
    bodies[11] = {**bodies[12], "term_months": 11}
    service = scoring.service()

    answers = await asyncio.gather(*(service.post(ASSESSMENTS, body) for body in bodies))

    refused = {place: one.status_code for place, one in enumerate(answers) if one.is_error}
    assert refused in ({7: 422, 11: 409}, {7: 422, 12: 409})
    assert all(
        answer.json()["assessment_id"] == body["assessment_id"]
        for answer, body in zip(answers, bodies, strict=True)
        if answer.is_success
    )
    assert len(await kept(scoring)) == len(bodies) - 2
