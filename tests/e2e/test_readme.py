"""The README keeps its word: what it tells to type is typed, as it stands there."""

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from anyio.from_thread import start_blocking_portal
from typer.testing import CliRunner

from services.cli.commands import app
from services.demonstration import founding, institution, making
from services.loans.domain.giving import ReceiptNature
from services.loans.domain.journal import Channel
from services.loans.funds import operations as funds
from shared import ids
from shared.clock import SystemClock
from shared.db import TenantDb
from shared.ids import InstitutionId
from shared.money import Money
from tests import providers
from tests.e2e import house as houses
from tests.e2e.house import House
from tests.house.source import PROJECT
from tests.providers import TestServer

README = (PROJECT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
CONTRACTS = 20  # the floor of the waqf is that of a history of so many

needs_curl = pytest.mark.skipif(
    shutil.which("curl") is None or shutil.which("sh") is None,
    reason="curl and sh are not installed here: the README's calls cannot be run",
)


@pytest.fixture
def shell(test_server: TestServer, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What a reader has in the shell after `make demo`, over a house that answers on a port.

    It has a database of its own: a database holds one demonstration institution.
    """
    name = f"{test_server.template}_readme_{secrets.token_hex(4)}"
    with start_blocking_portal() as portal:
        urls = portal.call(providers.copy_template, test_server, name)
        opened = portal.wrap_async_context_manager(houses.on_a_port(tmp_path, urls))
        with opened as house:
            exported = portal.call(demonstration, house)
            yield {"PATH": os.environ["PATH"], **exported}


async def demonstration(house: House) -> dict[str, str]:
    """Found the institution of the demonstration, as its command does, with money in the waqf."""
    today = SystemClock().today(institution.TIMEZONE)
    db = TenantDb(house.database, InstitutionId(ids.new()))
    credentials = await founding.found(db, contracts=CONTRACTS, since=making.begins_on(today))
    exported = await founding.variables(db, credentials, url=house.public_url)
    async with db.begin() as session:
        await funds.receive(
            session,
            fund_id=UUID(exported["RAFID_FUND"]),
            donor_id=None,
            amount=Money.parse("50000", institution.CURRENCY),
            received_on=today,
            channel=Channel.CASH,
            nature=ReceiptNature.WAQF_PERMANENT,
            actor_id=ids.new(),
        )
    return exported


def run(script: str, shell: dict[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - the script is our own README
        ["sh", "-eu", "-c", script],  # noqa: S607
        env=shell,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@needs_curl
def test_the_first_loan_is_paid_out_in_six_calls_and_repaid_once(shell: dict[str, str]) -> None:
    assert sum(block.count("curl ") for block in BLOCKS[:-1]) == 6, "the README says six"

    *_, repayment = BLOCKS
    told = run("\n".join([*BLOCKS, "echo", repayment, "echo", 'echo "=$CONTRACT="']), shell)

    assert '"status":"approved"' in told
    assert '"disbursement":{"disbursement_id":' in told
    paid = re.findall(r'"repayment_id":"([^"]+)"', told)
    assert len(paid) == 2, told
    assert len(set(paid)) == 1, "the same key had two effects"
    assert told.count('"outstanding_principal":{"amount":"540.000","currency":"JOD"}') == 2
    assert re.search(r"=[0-9a-f-]{36}=", told)


@needs_curl
def test_the_same_borrower_is_refused_the_second_time(shell: dict[str, str]) -> None:
    ask = ["\n".join(BLOCKS[:3]), 'echo "$APPLICATION"']
    first, second = (run("\n".join(ask), shell) for _ in range(2))

    assert re.fullmatch(r"[0-9a-f-]{36}\n", first)
    assert "/problems/loans/document-known" in second


@pytest.mark.parametrize("target", re.findall(r"^    make (\w+)", README, re.MULTILINE))
def test_every_make_target_of_the_readme_exists(target: str) -> None:
    if shutil.which("make") is None:
        pytest.skip("make is not installed here")
    command = ["make", "--dry-run", target]
    done = subprocess.run(command, cwd=PROJECT, check=False, capture_output=True, text=True)  # noqa: S603
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", re.findall(r"^\| `rafid ([^`]+)`", README, re.MULTILINE))
def test_every_command_of_the_readme_exists(command: str) -> None:
    result = CliRunner().invoke(app, [*command.split(), "--help"])
    assert result.exit_code == 0, result.output


def test_the_readme_forgets_no_command() -> None:
    told = {line.split()[0] for line in re.findall(r"^\| `rafid ([^`]+)`", README, re.MULTILINE)}
    groups = {group.name for group in app.registered_groups}
    commands = {command.name for command in app.registered_commands}
    assert told == groups | commands


def test_every_file_that_the_readme_points_to_exists() -> None:
    pointed = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(pointed) > 5
    assert [name for name in pointed if not (PROJECT / name).exists()] == []
