"""`rafid close-day` and `rafid export journal`, as a person types them."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from beancount import loader
from typer.testing import CliRunner, Result

from services.cli.commands import app
from shared import ids
from shared.clock import SystemClock
from shared.db import Database
from shared.errors import RafidError
from shared.ids import InstitutionId
from tests.builders import make_loan, money
from tests.integration.loans import closing_scene
from tests.integration.loans.closing_scene import ACCRUING, Books, assert_sound, of_close
from tests.integration.loans.scene import Scene


@pytest.fixture
async def books(loans_db: Database, institution_id: InstitutionId) -> Books:
    scene = await Scene(database=loans_db, institution_id=institution_id).found()
    books = await closing_scene.books(scene, [make_loan(principal=money("1000.000"))])
    await books.give(ACCRUING)
    return books


def code(books: Books) -> str:
    return f"t{books.scene.institution_id.hex[-12:]}"


async def typed(url: str, *arguments: str) -> Result:
    """Run a command in a thread of its own, which has no event loop yet."""
    runner = CliRunner(env={"RAFID_LOANS_DATABASE_URL": url})
    return await asyncio.to_thread(runner.invoke, app, list(arguments))


async def test_a_day_is_closed_and_closed_again(
    books: Books, database_urls: dict[str, str]
) -> None:
    arguments = ("close-day", "--institution", code(books), "--day", "2026-02-25")

    first = await typed(database_urls["loans"], *arguments)
    again = await typed(database_urls["loans"], *arguments, "--within", "0")

    assert (first.exit_code, again.exit_code) == (0, 0), first.output + again.output
    assert "1 contracts, 2 entries (run 1)" in " ".join(first.output.split())
    assert "1 contracts, 0 entries (run 2)" in " ".join(again.output.split())
    assert of_close(await books.balances())["profit_accrued"] == 12_393
    await assert_sound(books.scene)


async def test_rows_without_an_institution_are_in_nobodys_way(
    books: Books, database_urls: dict[str, str], loans_db: Database
) -> None:
    pool = await loans_db.pool()
    await pool.execute("insert into tenant (institution_id) values ($1)", ids.new())

    done = await typed(
        database_urls["loans"], "close-day", "--institution", code(books), "--day", "2026-02-25"
    )

    assert done.exit_code == 0, done.output


async def test_without_a_day_yesterday_is_closed(
    books: Books, database_urls: dict[str, str]
) -> None:
    done = await typed(database_urls["loans"], "close-day", "--institution", code(books))

    yesterday = SystemClock().today("Asia/Amman") - timedelta(days=1)
    assert done.exit_code == 0, done.output
    assert await books.scene.scalar("select day from day_close") == yesterday


async def test_a_day_that_is_not_over_is_refused_in_words(
    books: Books, database_urls: dict[str, str]
) -> None:
    arguments = ("close-day", "--institution", code(books), "--day", "2999-01-01")
    refused = await typed(database_urls["loans"], *arguments)

    assert refused.exit_code == 1
    assert f"✗ {code(books)} 2999-01-01: " in refused.output
    assert "2999-01-01 cannot be closed before it is over" in refused.output
    assert await books.scene.scalar("select count(*) from day_close") == 0


async def test_an_institution_that_is_nobodys_is_refused(database_urls: dict[str, str]) -> None:
    refused = await typed(database_urls["loans"], "close-day", "--institution", "nobody")

    assert refused.exit_code != 0
    assert isinstance(refused.exception, RafidError)


async def test_the_journal_is_written_to_a_file_that_beancount_reads(
    books: Books, database_urls: dict[str, str], tmp_path: Path
) -> None:
    await typed(
        database_urls["loans"], "close-day", "--institution", code(books), "--day", "2026-02-25"
    )
    await assert_sound(books.scene)  # gives the entries their numbers
    file, lines = tmp_path / "journal.beancount", tmp_path / "journal.jsonl"
    named = ("--institution", code(books))

    done = await typed(database_urls["loans"], "export", "journal", str(file), *named)
    also = await typed(
        database_urls["loans"], "export", "journal", str(lines), "--format", "json", *named
    )

    assert (done.exit_code, also.exit_code) == (0, 0), done.output + also.output
    entries, errors, _ = await asyncio.to_thread(loader.load_file, str(file))
    assert errors == []
    booked = await books.scene.scalar("select count(*) from journal_entry")
    assert len(lines.read_text().splitlines()) == booked
    assert len(entries) > int(str(booked))


async def test_a_journal_of_nobody_is_refused(
    database_urls: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "journal.beancount"
    refused = await typed(
        database_urls["loans"], "export", "journal", str(file), "--institution", "nobody"
    )

    assert refused.exit_code != 0
    assert isinstance(refused.exception, RafidError)
    assert not file.exists()
