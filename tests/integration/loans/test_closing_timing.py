"""A day is closed by itself at the hour the rules name, once, by whichever process is up."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from unittest.mock import AsyncMock

import pytest
from sqlalchemy import text
from starlette.datastructures import State

from services.loans import timers
from services.loans.closing import timing
from services.loans.closing.tables import DayCloseRow
from services.loans.ledger import operations as ledger
from shared import ids, leases
from shared.clock import FixedClock
from shared.db import Database, TenantDb
from shared.ids import InstitutionId
from tests.integration.loans import closing_scene
from tests.integration.loans.closing_scene import ACCRUING, FAR, Books, assert_sound, of_close
from tests.integration.loans.scene import ACTOR, Scene

AT_TWO = replace(ACCRUING, closes_at_hour=2)
DAY = date(2026, 4, 20)
EARLY = datetime(2026, 4, 20, 22, 59, tzinfo=UTC)  # 01:59 on the 21st in Amman
TWO = datetime(2026, 4, 20, 23, 0, tzinfo=UTC)


@pytest.fixture
async def books(loans_db: Database, institution_id: InstitutionId) -> Books:
    scene = await Scene(database=loans_db, institution_id=institution_id).found()
    books = await closing_scene.books(scene, closing_scene.mixed())
    await books.give(AT_TWO)
    return books


async def days(books: Books) -> list[date]:
    """The days closed so far, in the order of their runs."""
    async with books.db() as session:
        found = await session.scalars(text("select day from day_close order by run"))
        return list(found)


def beside(books: Books) -> TenantDb:
    """The same institution, seen by another process."""
    url = books.scene.database.url.render_as_string(hide_password=False)
    return TenantDb(Database(url), books.scene.institution_id)


async def test_a_day_is_closed_when_its_hour_has_come_and_once(books: Books) -> None:
    clock = FixedClock(EARLY)
    state = State(
        {
            "database": books.scene.database,
            "clock": clock,
            "sequencer": AsyncMock(
                institutions=AsyncMock(return_value=[books.scene.institution_id])
            ),
        }
    )

    await timers.close_days(state)
    assert await days(books) == [date(2026, 4, 19)], "the hour of the day before came long ago"
    clock.move_to(TWO)
    for _ in range(3):
        await timers.close_days(state)

    assert await days(books) == [date(2026, 4, 19), DAY]
    assert of_close(await books.balances()) == await books.expected(DAY) != {}
    await assert_sound(books.scene)


async def test_who_closed_it_is_the_timer_itself(books: Books) -> None:
    row = await timing.close_where_due(books.db, now=TWO)

    assert row is not None
    assert (row.day, row.run, row.actor_id) == (DAY, 1, timing.ITSELF)


async def test_of_processes_that_want_to_close_a_day_one_does(books: Books) -> None:
    others = [beside(books) for _ in range(3)]
    try:
        outcomes = await asyncio.gather(
            *(timing.close_where_due(db, now=TWO) for db in (books.db, *others, books.db))
        )
    finally:
        await asyncio.gather(*(db.database.close() for db in others))

    assert [one.day for one in outcomes if isinstance(one, DayCloseRow)] == [DAY]
    assert await days(books) == [DAY]
    assert of_close(await books.balances()) == await books.expected(DAY)
    await assert_sound(books.scene)


async def test_who_finds_the_lease_taken_leaves_the_day_to_its_holder(books: Books) -> None:
    async with leases.held(books.db, timing.LEASE) as is_ours:
        assert is_ours
        assert await timing.close_where_due(books.db, now=TWO) is None
        assert await days(books) == []

    assert await timing.close_where_due(books.db, now=TWO) is not None


async def test_a_lease_ends_with_the_process_that_held_it(books: Books) -> None:
    """A process that dies in the middle of a close leaves the day to the next one."""

    async def dies() -> None:
        async with leases.held(books.db, timing.LEASE):
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await dies()
    assert await timing.close_where_due(books.db, now=TWO) is not None


async def test_leases_of_other_names_and_institutions_are_free(books: Books) -> None:
    elsewhere = InstitutionId(ids.new())
    await Scene(database=books.scene.database, institution_id=elsewhere).found()
    there = TenantDb(books.scene.database, elsewhere)
    async with (
        leases.held(books.db, timing.LEASE) as here,
        leases.held(books.db, "other") as of_another_name,
        leases.held(there, timing.LEASE) as of_another_institution,
    ):
        assert (here, of_another_name, of_another_institution) == (True, True, True)


async def test_a_day_closed_by_hand_is_left_alone(books: Books) -> None:
    await books.close(DAY)

    assert await timing.close_where_due(books.db, now=TWO) is None
    assert await days(books) == [DAY]


async def test_after_days_with_nothing_up_the_newest_is_closed(books: Books) -> None:
    await timing.close_where_due(books.db, now=datetime(2026, 3, 2, 12, tzinfo=UTC))
    await timing.close_where_due(books.db, now=TWO)

    assert await days(books) == [date(2026, 3, 1), DAY]
    assert of_close(await books.balances()) == await books.expected(DAY)


async def test_a_day_in_a_closed_period_is_left_alone(books: Books) -> None:
    async with books.db.begin() as session:
        await ledger.close_books(session, through=DAY, today=FAR, actor_id=ACTOR)

    assert await timing.close_where_due(books.db, now=TWO) is None
    assert await days(books) == []


async def test_without_an_hour_nobody_closes_a_day_but_people(books: Books) -> None:
    await books.give(ACCRUING, starts_on=date(2026, 1, 2))

    assert await timing.close_where_due(books.db, now=TWO) is None
    assert await days(books) == []
