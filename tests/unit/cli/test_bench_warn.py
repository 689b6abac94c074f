"""The bench of a month's warnings grades what it says it made, and prints its figures."""

import re
from datetime import date

from typer.testing import CliRunner

from services.cli.benchmarks.warned import COLUMNS, GROUP, Repaid
from services.cli.commands import app
from shared import ids
from shared.ids import InstitutionId


def test_every_row_of_the_book_has_the_columns_it_is_copied_into() -> None:
    made = Repaid(
        institution_id=InstitutionId(ids.new()), today=date(2026, 11, 23), contracts=2 * GROUP
    )
    for table, columns in COLUMNS.items():
        lines = "".join(made.rows(table)).splitlines()
        assert {line.count("\t") + 1 for line in lines} == {len(columns.split())}, table
    paid = sum(made.parts_paid(number) for number in range(2 * GROUP))
    assert len("".join(made.rows("repayment")).splitlines()) == paid
    assert len("".join(made.rows("borrower")).splitlines()) == 2 * GROUP + 2


def test_the_command_prints_its_figures() -> None:
    told = CliRunner(env={"COLUMNS": "300"}).invoke(app, ["bench", "warn", "--contracts", "60"])

    assert told.exit_code == 0, told.output
    assert "gathered, scored and ruled over all" in told.output
    assert re.search(r"\b[1-9] red or amber", told.output)
