"""The pages for integrators keep their word: clients are made, built and take a repayment."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from tests import others_tools
from tests.e2e import house as houses
from tests.e2e import journey
from tests.e2e.house import House
from tests.house.source import PROJECT

GUIDES = PROJECT / "services/loans/guides"
STRICT = ["--strict", "--target", "es2022", "--module", "nodenext", "--types", "node"]


def block(page: str, language: str) -> str:
    """The one example in a language that a page shows."""
    (found,) = re.findall(
        rf"```{language}\n(.*?)```", (GUIDES / page).read_text(encoding="utf-8"), re.DOTALL
    )
    return str(found)


def lines_of(example: str) -> int:
    """How many lines do something: what is brought in does not count, nor what only goes on."""
    return sum(
        bool(line) and not line.startswith((" ", "}", ")", "import ", "from "))
        for line in example.splitlines()
    )


@pytest.fixture
def place(database_urls: dict[str, str], tmp_path: Path) -> Iterator[tuple[BlockingPortal, House]]:
    with start_blocking_portal() as portal:
        opened = portal.wrap_async_context_manager(houses.on_a_port(tmp_path, database_urls))
        with opened as house:
            yield portal, house


async def _known(house: House) -> tuple[dict[str, str], Callable[[], Any]]:
    office = await journey.open_office(house)
    active = await journey.active_contract(office)
    contract_id = active["contract"]["contract_id"]
    program = await office.institution.administrator.post(
        "/loans/v1/clients", {"name": "till", "roles": ["integrator"]}
    )
    told = {
        "RAFID_URL": house.public_url,
        "CLIENT_ID": program["client"]["client_id"],
        "CLIENT_SECRET": program["client_secret"],
        "CONTRACT": contract_id,
    }
    path = f"/loans/v1/contracts/{contract_id}/repayments"
    return told, lambda: office.officer.get(path)


def paid_once(run: Callable[[], str], place: BlockingPortal, listed: Callable[[], Any]) -> None:
    """Run twice: one repayment of 25.000 in the books, told alike both times."""
    first, again = (json.loads(run()) for _ in range(2))
    assert first == again
    (booked,) = place.call(listed)["items"]
    assert booked["repayment_id"] == first["repayment_id"]
    assert booked["amount"] == {"amount": "25.000", "currency": "JOD"}


def test_a_client_in_python_takes_a_repayment(
    place: tuple[BlockingPortal, House], tmp_path: Path
) -> None:
    portal, house = place
    maker = others_tools.generator()
    told, listed = portal.call(_known, house)
    described = portal.call(house.client().get, "/loans/v1/openapi.json")
    (tmp_path / "loans.json").write_bytes(described.content)
    made: list[str | Path] = [maker, "generate", "--path", "loans.json", "--meta", "none"]
    others_tools.ended([*made, "--output-path", "rafid_loans"], tmp_path)
    example = block("python.md", "python")
    assert lines_of(example) <= 10
    (tmp_path / "take.py").write_text(
        example.replace(
            "print(answer.to_dict())", "import json\nprint(json.dumps(answer.to_dict()))"
        )
    )
    python = maker.parent / "python"
    paid_once(
        lambda: others_tools.ended([python, "take.py"], tmp_path, environment=told), portal, listed
    )


def test_a_client_in_typescript_takes_a_repayment(
    place: tuple[BlockingPortal, House], tmp_path: Path
) -> None:
    portal, house = place
    packages = others_tools.node_folder() / "node_modules"
    told, listed = portal.call(_known, house)
    folder = tmp_path / "ts"
    folder.mkdir()
    (folder / "node_modules").symlink_to(packages)
    (folder / "package.json").write_text('{"type": "module"}')
    types = f"{told['RAFID_URL']}/loans/v1/openapi.json"
    tools = packages / ".bin"
    making: list[str | Path] = [tools / "openapi-typescript", types, "--default-non-nullable=false"]
    others_tools.ended([*making, "--output", "rafid-loans.d.ts"], folder)
    example = block("typescript.md", "ts")
    assert lines_of(example) <= 10
    (folder / "take.ts").write_text(example)
    others_tools.ended([tools / "tsc", *STRICT, "take.ts"], folder)
    environment = {**told, "PATH": str(Path(shutil.which("node") or "").parent)}
    paid_once(
        lambda: others_tools.ended(["node", "take.js"], folder, environment=environment),
        portal,
        listed,
    )
