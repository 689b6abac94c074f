"""Whoever kills the whole of Rafid while money is posted loses nothing and doubles nothing."""

import asyncio
import os
import secrets
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from services import data_folder, postgres_cluster
from services.embedded import Rafid
from tests.bodies import amount
from tests.e2e import house as houses
from tests.e2e import journey
from tests.e2e.house import COMMAND, House
from tests.e2e.people import Json

CLIENTS = 6
CONTRACTS = 4
ENOUGH = 60  # acknowledged repayments, and then the blow falls
KEYS_MOST = 600
PAGE = 500


@dataclass
class Books:
    """What the clients know: what they sent under which key, and what was acknowledged."""

    contract_ids: list[str]
    token: str
    sent: dict[str, str] = field(default_factory=dict)  # key → contract
    acknowledged: dict[str, str] = field(default_factory=dict)  # key → repayment

    async def post(self, http: httpx.AsyncClient, key: str) -> httpx.Response:
        return await http.post(
            f"/loans/v1/contracts/{self.sent[key]}/repayments",
            json={"amount": amount("1.000")},
            headers={"Authorization": f"Bearer {self.token}", "Idempotency-Key": key},
        )

    async def keep_posting(self, site: str) -> None:
        """Post until nobody answers any more."""
        async with httpx.AsyncClient(base_url=site, timeout=30) as http:
            while len(self.sent) < KEYS_MOST:
                key = secrets.token_hex(8)
                self.sent[key] = secrets.choice(self.contract_ids)
                try:
                    answer = await self.post(http, key)
                except httpx.TransportError:
                    return
                assert answer.status_code == 201, answer.text
                self.acknowledged[key] = answer.json()["repayment_id"]

    async def booked(self, http: httpx.AsyncClient) -> list[str]:
        """The ids of all repayments in the books, in the order of contracts."""
        found: list[str] = []
        for contract_id in self.contract_ids:
            after: Mapping[str, str] = {}
            while True:
                answer = await http.get(
                    f"/loans/v1/contracts/{contract_id}/repayments",
                    params={"limit": PAGE, **after},
                    headers={"Authorization": f"Bearer {self.token}"},
                )
                page: Json = answer.json()
                found += [item["repayment_id"] for item in page["items"]]
                if page.get("next") is None:
                    break
                after = {"after": page["next"]}
        return found


@asynccontextmanager
async def up(folder: Path, site: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start `rafid up` on a folder, and wait until it answers."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("up", "--data", str(folder), "--port", site.rpartition(":")[2]),
        env={name: value for name, value in os.environ.items() if not name.startswith("RAFID_")},
        stdout=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        await houses.until(lambda: houses.answers(f"{site}/loans/v1/jwks", process), named=site)
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await houses.end_of(process)


async def lent(folder: Path, site: str) -> Books:
    """Lend four loans in this folder; the tokens are good after every later start."""
    kept = data_folder.open_secrets(folder)
    async with data_folder.start_postgres(folder) as databases:
        rafid = Rafid(folder=folder, urls=databases.urls, kept=kept, public_url=site)
        transport = httpx.ASGITransport(rafid, raise_app_exceptions=False)
        async with rafid.running(), House.of(rafid, site, transport=transport) as house:
            office = await journey.open_office(house)
            signed = [await journey.active_contract(office) for _ in range(CONTRACTS)]
    ids = [one["contract"]["contract_id"] for one in signed]
    return Books(contract_ids=ids, token=office.officer.token)


async def blow(process: asyncio.subprocess.Process, folder: Path, *, database_too: bool) -> None:
    """Kill the process group, and PostgreSQL's postmaster with it, without a word."""
    (cluster,) = (folder / "server").resolve().glob("postgresql-[0-9]*/")
    postmaster = postgres_cluster.read_postmaster(cluster)
    assert postmaster is not None
    os.killpg(process.pid, signal.SIGKILL)
    if database_too:
        os.kill(postmaster.pid, signal.SIGKILL)
    assert await houses.end_of(process) == -signal.SIGKILL


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's own user may enter, so that all of it goes with the test."""
    with tempfile.TemporaryDirectory(prefix="rafid-kill-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.mark.parametrize("database_too", [False, True], ids=["process", "process-and-database"])
async def test_what_was_acknowledged_before_the_kill_is_there_once(
    folder: Path, *, database_too: bool
) -> None:
    site = f"http://localhost:{houses.a_port()}"
    books = await lent(folder, site)

    async with up(folder, site) as process:
        posting = [asyncio.create_task(books.keep_posting(site)) for _ in range(CLIENTS)]
        await houses.until(lambda: many(books), named="enough acknowledged repayments")
        await blow(process, folder, database_too=database_too)
        await asyncio.gather(*posting)
    unanswered = books.sent.keys() - books.acknowledged.keys()
    assert unanswered, "nothing was on its way when the blow fell"

    async with up(folder, site), httpx.AsyncClient(base_url=site, timeout=30) as http:
        there = await books.booked(http)
        assert len(there) == len(set(there))
        assert set(books.acknowledged.values()) <= set(there)
        assert len(there) <= len(books.sent)
        await repeat_everything(books, http)
    assert await proved(folder), "rafid verify found a rule that is broken"


async def repeat_everything(books: Books, http: httpx.AsyncClient) -> None:
    """Send every key again, twice: what was answered is answered the same, nothing is doubled."""
    told: dict[str, str] = {}
    for key in books.sent:
        first, again = await books.post(http, key), await books.post(http, key)
        assert first.status_code == again.status_code == 201, first.text
        told[key] = first.json()["repayment_id"]
        assert again.json()["repayment_id"] == told[key]
    assert {key: told[key] for key in books.acknowledged} == books.acknowledged
    assert sorted(await books.booked(http)) == sorted(told.values())


async def many(books: Books) -> bool:
    return len(books.acknowledged) >= ENOUGH


async def proved(folder: Path) -> bool:
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "verify", "--data", str(folder), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return process.returncode == 0 and b"Everything fits" in output
