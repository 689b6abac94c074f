"""`rafid export portfolio` and `rafid import portfolio`, typed: a book goes to another house."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from services.cli import portfolios
from services.cli.commands import app
from services.loans.repayments.batch import RepaymentBook
from services.loans.servicing.coursing import CourseBook
from shared import ids
from shared.clock import FixedClock
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import made_books, twins
from tests.integration.loans.made_books import END
from tests.integration.loans.scene import Scene

UNDER_WAY = text("""
    insert into payment (institution_id, payment_id, direction, rail, contract_id, currency,
      amount_minor, phone_sealed, actor_id)
    values (:i, gen_random_uuid(), 'outbound', 'sandbox', :c, 'JOD', 1, 'x', :i)
""")
NAMES = ("usual", "in two", "on real days", "flat", "usual")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, database_urls: dict[str, str]) -> None:
    """The commands stand on the databases of the tests, at the end of the made year."""

    @asynccontextmanager
    async def house(folder: Path, *, port: int) -> AsyncIterator[Any]:
        del folder, port
        database = Database(database_urls["loans"])
        state = SimpleNamespace(
            database=database,
            repayment_book=RepaymentBook(database, servicing=CourseBook(database)),
            clock=FixedClock(END),
        )
        try:
            yield SimpleNamespace(loans=SimpleNamespace(state=state))
        finally:
            await database.close()

    monkeypatch.setattr(portfolios, "house", house)


async def typed(*arguments: str) -> Result:
    """Run a command in a thread of its own, which has no event loop yet."""
    done = await asyncio.to_thread(CliRunner().invoke, app, list(arguments))
    assert done.exit_code == 0, (done.output, done.exception)
    return done


def code(scene: Scene) -> str:
    return f"t{scene.institution_id.hex[-12:]}"


@pytest.mark.usefixtures("here")
async def test_a_book_goes_out_and_comes_in_by_command(loans_db: Database, tmp_path: Path) -> None:
    scene = Scene(database=loans_db, institution_id=InstitutionId(ids.new()))
    await scene.found()
    await made_books.made(scene, NAMES)
    file = tmp_path / "book.xlsx"

    went = await typed("export", "portfolio", str(file), "--institution", code(scene))

    assert "5 contracts in" in went.output
    twin = await twins.twin_of(scene)
    await twins.fill(twin, "100000.000")
    there = ("import", "portfolio", str(file), "--institution", code(twin))
    tried = await typed(*there, "--dry-run")
    assert "5 contracts would be taken over" in " ".join(tried.output.split())
    assert await twins.rows(twin, "select count(*) from contract") == [(0,)]
    took = await typed(*there)
    assert "5 contracts taken over" in " ".join(took.output.split())
    again = await typed(*there)
    assert "0 contracts taken over" in " ".join(again.output.split())
    await twins.require_alike(twin, scene)
    assert not (tmp_path / "book.left_out.csv").exists()
    assert not (tmp_path / "book.quarantine.csv").exists()


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("language", "words"), [("ar", "تُرك"), ("fr", "laissé de côté")])
async def test_what_an_export_leaves_out_is_named_in_the_language_that_is_asked_for(
    loans_db: Database, tmp_path: Path, language: str, words: str
) -> None:
    scene = Scene(database=loans_db, institution_id=InstitutionId(ids.new()))
    await scene.found()
    lived = await made_books.made(scene, NAMES[:3])
    async with loans_db.begin(scene.institution_id) as session:
        await session.execute(UNDER_WAY, {"i": scene.institution_id, "c": lived[-1].contract_id})
    file = tmp_path / "book.csv"

    went = await typed(
        "export", "portfolio", str(file), "--institution", code(scene), "--language", language
    )

    assert "1 left out: payment_under_way" in went.output
    told = (tmp_path / "book.left_out.csv").read_text("utf-8-sig")
    (_, row) = csv.reader(io.StringIO(told))
    assert row[1] == "contract-not-told"
    assert words in row[2]
    assert row[3].endswith(lived[-1].row.reference)
