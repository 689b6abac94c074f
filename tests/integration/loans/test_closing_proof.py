"""`rafid verify` finds a close whose figures, books and entries are no longer one."""

from collections.abc import AsyncIterator
from datetime import date

import asyncpg
import pytest

from services.loans.proof import queries as proof
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import closing_scene
from tests.integration.loans.closing_scene import ACCRUING, Books, assert_sound
from tests.integration.loans.scene import Scene

BOOKED = "what closes have booked is what the newest one shows"
LINES = (
    "update journal_line l set amount_minor = l.amount_minor {change} from account a"
    " where a.account_id = l.account_id and a.code = '{code}'"
)
ADDS_UP = "a close's figures add up to what its books show"


@pytest.fixture
async def books(loans_db: Database, institution_id: InstitutionId) -> Books:
    scene = await Scene(database=loans_db, institution_id=institution_id).found()
    books = await closing_scene.books(scene, closing_scene.mixed())
    await books.give(ACCRUING)
    await books.close(date(2026, 2, 20))
    await books.close(date(2026, 3, 20))
    await assert_sound(scene)
    return books


@pytest.fixture
async def spoiler(admin_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A hand behind the walls, such as nobody should have."""
    connection = await asyncpg.connect(admin_url)
    await connection.execute("set search_path = loans")
    yield connection
    await connection.close()


async def broken(books: Books) -> set[str]:
    async with books.db() as session:
        return {rule for rule in (BOOKED, ADDS_UP) if await proof.broken(session, rule) is not None}


@pytest.mark.parametrize(
    ("spoil", "rules"),
    [
        (
            "update day_close_book set receivable_minor = receivable_minor + 1 where run = 2",
            {BOOKED, ADDS_UP},
        ),
        (
            "update day_close_book set allowance_minor = allowance_minor - 1 where run = 1",
            {ADDS_UP},
        ),
        ("update day_close_book set unearned_minor = 7 where run = 2", {BOOKED, ADDS_UP}),
        ("update day_close_figure set allowance_minor = 0 where run = 2", {ADDS_UP}),
        ("delete from day_close_figure where run = 1", {ADDS_UP}),
        (
            LINES.format(change="+ 1", code="profit_accrued"),
            {BOOKED},
        ),
        (
            LINES.format(change="- 1", code="loss_allowance"),
            {BOOKED},
        ),
        ("update journal_entry set kind = 'fee' where kind = 'accrual'", {BOOKED}),
    ],
)
async def test_whatever_is_changed_behind_the_walls_is_found(
    books: Books, spoiler: asyncpg.Connection, spoil: str, rules: set[str]
) -> None:
    parts = spoil.split(" where ")
    own = f"institution_id = '{books.scene.institution_id}'"
    table = "l." if " l " in spoil else ""
    await spoiler.execute(f"{parts[0]} where {table}{own} and {' where '.join(parts[1:])}")

    assert await broken(books) == rules


async def test_a_fund_that_is_closed_by_no_run_is_found(
    books: Books, spoiler: asyncpg.Connection
) -> None:
    own = books.scene.institution_id
    for table in ("day_close_figure", "day_close_book"):
        await spoiler.execute(f"delete from {table} where run = 2 and institution_id = $1", own)

    assert await broken(books) == {BOOKED}
