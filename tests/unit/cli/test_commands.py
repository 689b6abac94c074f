"""Every command is found, is the function that its place names, and costs no other's start."""

import inspect
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from services.cli import commands
from services.cli.commands import COMMANDS, GROUPS, app

EVERY = [
    *(((name,), place) for name, place, _ in COMMANDS),
    *(((group, name), place) for group, _, some in GROUPS for name, place, _ in some),
]
LOOK = """
import sys
from services.cli.commands import app
try:
    app(["--help"])
except SystemExit:
    heavy = ("services.loans", "services.embedded", "sqlalchemy", "fastapi", "numpy")
    print("read:", *(name for name in heavy if name in sys.modules))
"""


@pytest.mark.parametrize(("words", "place"), EVERY)
def test_a_command_tells_what_its_function_says_of_itself(
    words: tuple[str, ...], place: str
) -> None:
    function = commands.function_of(place)
    told = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"})

    assert told.exit_code == 0, told.output
    assert f"rafid {' '.join(words)}" in told.output.replace("root", "rafid")
    assert (inspect.getdoc(function) or "?").splitlines()[0] in told.output


def test_the_list_of_commands_reads_no_service() -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter and the text above
        [sys.executable, "-c", LOOK], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "read:"
    for words, _ in EVERY:
        assert f" {words[0]} " in done.stdout


@pytest.mark.parametrize("words", [[], ["import"], ["export"], ["bench"], ["check"]])
def test_a_group_without_a_command_tells_its_commands(words: list[str]) -> None:
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 2
    assert "Commands" in told.output


def test_a_command_that_is_none_is_refused_in_a_sentence() -> None:
    told = CliRunner().invoke(app, ["close-month"])
    assert told.exit_code == 2
    assert "close-month" in told.output
    assert "Traceback" not in told.output


def test_a_wrong_option_is_refused_by_the_command_that_was_called() -> None:
    told = CliRunner().invoke(app, ["close-day", "--day", "31.12.2026"])
    assert told.exit_code == 2
    assert "--day" in told.output
