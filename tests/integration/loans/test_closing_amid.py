"""A close amid payments, failures and other closes ends with the same books as one in peace."""

import asyncio
import time
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from services.loans.closing import operations as closing
from services.loans.closing import running
from services.loans.closing.operations import ClosedMeanwhile
from services.loans.closing.running import Pace
from services.loans.closing.tables import DayCloseRow
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import closing_scene
from tests.integration.loans.closing_scene import ACCRUING, FAR, Books, assert_sound, of_close
from tests.integration.loans.scene import ACTOR, Scene

DAY = date(2026, 4, 20)
TABLES = ("day_close", "day_close_book", "day_close_figure")


@pytest.fixture
async def books(loans_db: Database, institution_id: InstitutionId) -> Books:
    scene = await Scene(database=loans_db, institution_id=institution_id).found()
    books = await closing_scene.books(scene, closing_scene.mixed() * 5)
    await books.give(ACCRUING)
    return books


class Broken(Exception):
    """Stands for whatever may end a run: a lost connection, a lack of memory, a kill."""


def breaking(step: str, *, after: int) -> Callable[[str, int, int], None]:
    """A listener that ends the run when so many contracts of a step are done."""

    def heard(told: str, done: int, _all: int) -> None:
        if told == step and done >= after:
            raise Broken

    return heard


async def rows(books: Books) -> list[object]:
    return [await books.scene.scalar(f"select count(*) from {table}") for table in TABLES]


@pytest.mark.parametrize(
    ("step", "after"), [("windows", 5), ("windows", 20), ("figures", 5), ("figures", 20)]
)
async def test_a_run_that_dies_books_nothing_and_the_next_one_does_it_all(
    books: Books, step: str, after: int
) -> None:
    with pytest.raises(Broken):
        await books.close(DAY, part=5, progress=breaking(step, after=after))
    assert (await books.balances(), await rows(books)) == ({}, [0, 0, 0])

    row = await books.close(DAY, part=5)

    assert (row.run, row.contracts) == (1, 20)
    assert of_close(await books.balances()) == await books.expected(DAY) != {}
    await assert_sound(books.scene)


async def test_a_run_that_dies_while_it_books_leaves_nothing(books: Books) -> None:
    found = await running.look_at(books.db, day=DAY, today=FAR)

    async def dies() -> None:
        async with books.db.begin() as session:
            await closing.book_close(session, found, actor_id=ACTOR)
            raise Broken

    with pytest.raises(Broken):
        await dies()
    assert (await books.balances(), await rows(books)) == ({}, [0, 0, 0])
    await books.close(DAY)
    assert of_close(await books.balances()) == await books.expected(DAY)


async def test_a_run_that_is_called_off_anywhere_leaves_nothing_or_all(books: Books) -> None:
    for tenth in range(1, 6):
        task = asyncio.create_task(books.close(DAY, part=4))
        await asyncio.sleep(tenth / 50)
        if not task.cancel():
            break
        await asyncio.wait([task], timeout=30)
        assert task.done()
        if await rows(books) != [0, 0, 0]:  # the word came when all was written
            assert of_close(await books.balances()) == await books.expected(DAY)
            break
    await books.close(DAY, part=4)

    assert of_close(await books.balances()) == await books.expected(DAY)
    await assert_sound(books.scene)


async def test_payments_go_on_while_a_day_is_closed_and_belong_to_their_own_day(
    books: Books,
) -> None:
    in_peace = await books.expected(DAY)
    task = asyncio.create_task(books.close(DAY, part=1, within=30.0))
    paid_before_the_end = 0
    for number in range(20):
        await books.pay(number, "100.000", DAY + timedelta(days=1))
        paid_before_the_end += not task.done()
    await task

    assert paid_before_the_end >= 10, "payments waited for the close"
    assert of_close(await books.balances()) == in_peace == await books.expected(DAY)
    assert (await books.close(DAY)).entries == 0
    await books.close(DAY + timedelta(days=1))
    tomorrow = await books.expected(DAY + timedelta(days=1))
    assert of_close(await books.balances()) == tomorrow != in_peace
    await assert_sound(books.scene)


async def test_payments_dated_back_while_a_day_is_closed_are_in_its_next_close(
    books: Books,
) -> None:
    task = asyncio.create_task(books.close(DAY, part=2, within=30.0))
    for number in range(20):
        await books.pay(number, "60.000", DAY - timedelta(days=number))
    await task
    await books.close(DAY)

    assert of_close(await books.balances()) == await books.expected(DAY)
    await assert_sound(books.scene)


async def test_of_closes_at_the_same_time_each_difference_is_booked_once(books: Books) -> None:
    outcomes = await asyncio.gather(
        *(books.close(DAY, part=5) for _ in range(4)), return_exceptions=True
    )

    closed = [one for one in outcomes if isinstance(one, DayCloseRow)]
    assert closed
    assert all(isinstance(one, DayCloseRow | ClosedMeanwhile) for one in outcomes), outcomes
    assert sorted(row.run for row in closed) == list(range(1, len(closed) + 1))
    assert of_close(await books.balances()) == await books.expected(DAY)
    await assert_sound(books.scene)


async def test_figures_looked_at_before_another_close_are_not_booked_after_it(
    books: Books,
) -> None:
    old = await running.look_at(books.db, day=DAY, today=FAR)
    await books.pay(0, "500.000", DAY)
    await books.close(DAY)

    with pytest.raises(ClosedMeanwhile) as refused:
        async with books.db.begin() as session:
            await closing.book_close(session, old, actor_id=ACTOR)

    assert refused.value.run == 1
    assert of_close(await books.balances()) == await books.expected(DAY)


async def test_a_close_tells_how_far_it_is(books: Books) -> None:
    heard: list[tuple[str, int, int]] = []

    def listen(step: str, done: int, total: int) -> None:
        heard.append((step, done, total))

    await books.close(DAY, part=8, progress=listen)

    assert heard == [(step, done, 20) for step in ("windows", "figures") for done in (8, 16, 20)]


async def test_a_close_rests_while_it_is_ahead_of_its_time_and_never_for_long() -> None:
    pace = Pace(within=100.0)
    await asyncio.sleep(0.02)

    started = time.monotonic()
    await pace.rest(0.5)
    rested = time.monotonic() - started
    assert 0.07 <= rested < 1.0, "four times the part, far less than what is left"

    hurried = Pace(within=0.001)
    await asyncio.sleep(0.02)
    started = time.monotonic()
    await hurried.rest(1.0)
    assert time.monotonic() - started < 0.05
