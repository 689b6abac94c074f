"""What goes out as a file comes in elsewhere, and goes out from there as the same file."""

import io
from dataclasses import replace

import asyncpg
import pytest
from python_calamine import CalamineWorkbook

from services.loans.applications.intake import importer
from services.loans.domain.portfolio_file import COLUMNS
from services.loans.takeover import outgoing, sheets
from shared import ids, texts
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans.scene import Scene
from tests.integration.loans.takeovers import House, found, lend, sound


@pytest.fixture
async def house(loans_db: Database, institution_id: InstitutionId) -> House:
    return await found(Scene(database=loans_db, institution_id=institution_id))


@pytest.fixture
async def other(loans_db: Database) -> House:
    return await found(Scene(database=loans_db, institution_id=InstitutionId(ids.new())))


async def test_export_import_export_gives_the_same_file(
    house: House, other: House, admin_url: str
) -> None:
    await lend(house, admin_url)
    first = await house.give()
    taken = await other.take(first)
    assert [str(one.error) for one in taken.refused] == []
    assert taken.taken == 3
    assert await other.give() == first
    assert await house.give() == first
    await sound(other)
    same = await other.take(first)
    assert (same.known, same.taken) == (3, 0)
    book = sheets.xlsx_of(COLUMNS, [list(row) for row in _rows(first)])
    assert sheets.read(book)[1] == tuple(
        replace(line, text=";".join(line.row.values())[: sheets.LONGEST_SHOWN])
        for line in sheets.read(first)[1]
    )


async def test_what_went_out_from_here_does_not_come_in_here(house: House, admin_url: str) -> None:
    await lend(house, admin_url)
    taken = await house.take(await house.give())
    assert [one.error.slug() for one in taken.refused] == ["contract-own"] * 3
    assert await house.count("contract") == 3


async def test_what_cannot_be_told_in_the_file_is_left_out_counted_and_named(
    house: House, admin_url: str
) -> None:
    await lend(house, admin_url)
    admin = await asyncpg.connect(admin_url)
    reference = await admin.fetchval(
        "update loans.contract set terms = jsonb_set(terms, '{mode_of_finance}', '\"ijara\"')"
        " where contract_id = (select contract_id from loans.position where institution_id = $1"
        " limit 1) returning reference",
        house.scene.institution_id,
    )
    await admin.close()
    out = await outgoing.portfolio(house.db, actor=importer(house.scene.institution_id))
    assert (out.contracts, dict(out.left_out)) == (2, {"of_another_mode": 1})
    (faulty,) = out.untold
    assert faulty.line.text.endswith(reference)
    said = {texts.render(faulty.error, language=one)[1] for one in ("ar", "fr", "en")}
    assert len(said) == 3
    assert all(reference in one for one in said)


async def test_who_is_in_the_file_is_recorded_as_read_about(house: House, admin_url: str) -> None:
    await lend(house, admin_url)
    await outgoing.portfolio(house.db, actor=importer(house.scene.institution_id))
    recorded = await house.scene.scalar(
        "select count(*) from access_record where purpose = 'paper'"
    )
    assert recorded == 3


def _rows(content: bytes) -> list[list[str]]:
    columns, lines = sheets.read(content)
    return [[line.row[name] for name in columns] for line in lines]


def test_a_workbook_that_we_wrote_opens_elsewhere() -> None:
    book = sheets.xlsx_of(["a", "b"], [["=1", "x"]])
    table = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0)
    assert table.to_python() == [["a", "b"], ["=1", "x"]]
