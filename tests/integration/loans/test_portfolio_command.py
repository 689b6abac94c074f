"""`rafid import portfolio` and its counterpart, as the command line calls them."""

import csv
import io
from pathlib import Path

import pytest

from services.cli import intake_files, portfolios
from services.cli.intake_files import quarantine_of
from services.cli.portfolios import FormatUnknown
from services.loans.applications.intake import importer
from services.loans.domain.mapping import FieldRules
from services.loans.domain.portfolio_file import COLUMNS
from services.loans.takeover import outgoing, sheets
from shared import ids
from shared.clock import FixedClock
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans.scene import NOON, Scene
from tests.integration.loans.takeovers import FIRST, PEOPLE, WHOLE, House, found, sound, written
from tests.integration.loans.takeovers import total as totals
from tests.unit.loans.test_portfolio_mapping import RULES

LIST = (
    "Loan,Client,Name,Age,Office,Amount,Months,Signed,Balance,Paid\n"
    "7,c1,Maryam Haddad,30,1,1200.000,12,2025-10-01,900.000,300.000\n"
    "8,c2,Yusuf Karim,44,1,600.000,6,2026-01-05,600.000,0\n"
    "9,c3,Zaynab Amrani,51,9,600.000,6,2026-01-05,600.000,0\n"
)


@pytest.fixture
async def house(loans_db: Database, institution_id: InstitutionId) -> House:
    return await found(Scene(database=loans_db, institution_id=institution_id))


async def test_a_list_of_another_system_comes_in_by_rules_with_opening_balances(
    house: House,
) -> None:
    rules = FieldRules.of({"fields": RULES | {"paid_on": {"constant": "2026-02-28"}}})
    stated = [portfolios.total_of("JOD:2:1800.000:1500.000")]
    taken, _ = await portfolios.import_content(
        house.db,
        house.book,
        LIST.encode(),
        clock=FixedClock(NOON),
        rules=rules,
        stated=stated,
    )
    assert [one.error.slug() for one in taken.refused] == ["value-unknown"]
    assert (taken.taken, taken.moved) == (2, 1)
    owed = await house.scene.scalar("select sum(outstanding_principal_minor) from position")
    assert owed == 1_500_000
    await sound(house)


async def test_a_spreadsheet_comes_in_as_the_same_portfolio(house: House) -> None:
    content = sheets.xlsx_of(COLUMNS, [[one.get(name, "") for name in COLUMNS] for one in WHOLE])
    taken = await house.take(content)
    assert (taken.taken, taken.refused) == (2, [])
    assert (await house.take(written(WHOLE))).known == 2


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
async def test_an_export_is_written_whole_and_for_its_owner_alone(
    house: House, tmp_path: Path, suffix: str
) -> None:
    await house.take(written(WHOLE))
    out = await outgoing.portfolio(house.db, actor=importer(house.scene.institution_id))
    file = tmp_path / f"portfolio{suffix}"
    portfolios.write(file, out)
    assert file.stat().st_mode & 0o077 == 0
    assert not file.with_name(f"{file.name}.new").exists()
    columns, lines = sheets.read(file.read_bytes())
    assert columns == COLUMNS
    assert [line.row["reference"] for line in lines if line.row["record"] == "contract"] == [
        "OLD-1",
        "OLD-2",
    ]


def test_an_export_of_unknown_ending_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(FormatUnknown):
        portfolios.export_portfolio(tmp_path / "portfolio.pdf")


async def test_refused_lines_are_written_beside_the_file_and_go_when_nothing_is_refused(
    house: House, tmp_path: Path
) -> None:
    file = tmp_path / "old.csv"
    wrong = [*PEOPLE, FIRST[0] | {"fund": "=MOON()"}, *FIRST[1:], totals(1, "1200.000", "900.000")]
    taken = await house.take(written(wrong))
    intake_files.write_quarantine(file, taken.refused, language="fr")
    text = quarantine_of(file).read_text("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["line", "problem", "reason", "text"]
    assert rows[1][:2] == ["4", "code-unknown"]
    assert rows[1][2].startswith("Le fichier désigne")
    assert not any(cell.startswith("=") for row in rows for cell in row)
    intake_files.write_quarantine(file, [], language="fr")
    assert not quarantine_of(file).exists()


async def test_two_portfolios_of_one_name_do_not_meet(house: House, loans_db: Database) -> None:
    other = await found(Scene(database=loans_db, institution_id=InstitutionId(ids.new())))
    await house.take(written(WHOLE))
    assert (await other.take(written(WHOLE))).taken == 2
    assert await house.count("contract") == await other.count("contract") == 2
