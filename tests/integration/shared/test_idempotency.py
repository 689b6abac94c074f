"""The same request has one effect and one answer, also when it comes fifty times at once."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from fastapi import Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import feed, idempotency, ids
from shared.db import Database, TenantDb
from shared.events import ApplicationWithdrawn
from shared.idempotency import IdempotencyKeyReused
from shared.ids import InstitutionId

ACTOR = ids.new()
Work = Callable[[AsyncSession], Awaitable[BaseModel]]


class Asked(BaseModel):
    number: int


class Done(BaseModel):
    application_id: UUID


async def work(session: AsyncSession) -> Done:
    application_id = ids.new()
    event = ApplicationWithdrawn(application_id=application_id)
    await feed.publish(session, event, subject_id=application_id)
    return Done(application_id=application_id)


async def ask(
    db: TenantDb, number: int = 1, *, actor_id: UUID = ACTOR, work: Work = work
) -> Response:
    return await idempotency.run_once(
        db, "test", body=Asked(number=number), actor_id=actor_id, key="k-1", work=work
    )


async def effects(database: Database, institution_id: InstitutionId) -> int:
    async with database.read(institution_id) as session:
        count: int = (await session.execute(text("select count(*) from event"))).scalar_one()
    return count


async def test_fifty_at_once_have_one_effect_and_one_answer(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    db = TenantDb(loans_db, institution_id)
    answers = await asyncio.gather(*(ask(db) for _ in range(50)))
    assert len({answer.body for answer in answers}) == 1
    assert {answer.status_code for answer in answers} == {201}
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 49
    assert await effects(loans_db, institution_id) == 1


async def test_the_key_with_another_body_is_refused_and_does_nothing(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    db = TenantDb(loans_db, institution_id)
    await ask(db, 1)
    with pytest.raises(IdempotencyKeyReused):
        await ask(db, 2)
    assert await effects(loans_db, institution_id) == 1


async def test_the_key_of_another_actor_is_another_key(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    db = TenantDb(loans_db, institution_id)
    await ask(db)
    await ask(db, actor_id=ids.new())
    assert await effects(loans_db, institution_id) == 2


async def test_refused_work_leaves_the_key_free(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    db = TenantDb(loans_db, institution_id)

    async def refused(session: AsyncSession) -> Done:
        await work(session)
        raise IdempotencyKeyReused(key="as good as any refusal")

    with pytest.raises(IdempotencyKeyReused, match="as good as any"):
        await ask(db, work=refused)
    answer = await ask(db)
    assert "idempotent-replayed" not in answer.headers
    assert await effects(loans_db, institution_id) == 1


def test_doubles_in_a_batch_point_to_their_first() -> None:
    keys = [(ACTOR, "a"), (ACTOR, "b"), None, (ACTOR, "a"), None, (ids.new(), "a")]
    assert idempotency.without_doubles(keys) == ([0, 1, 2, 4, 5], {3: 0})
