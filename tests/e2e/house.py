"""A whole Rafid to walk through: the three services in one process, or each in its own."""

import asyncio
import os
import secrets
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from services import data_folder
from services.cli.running import free_port, web_server
from services.embedded import Rafid
from shared.db import Database
from shared.migrations import SERVICES

SITE = "http://rafid.example"
COMMAND = (sys.executable, "-c", "from services.cli import main; main()")
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class House:
    """Where each service answers, as a client sees it; `database` is for founding and looking.

    Its clients are closed with it. `rafid` is there where the services run in this process.
    """

    sites: Mapping[str, str]
    public_url: str
    database: Database
    transport: httpx.AsyncBaseTransport | None = None
    rafid: Rafid | None = None
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    @classmethod
    def of(cls, rafid: Rafid, site: str, *, transport: httpx.ASGITransport | None = None) -> Self:
        """A house whose services share an address."""
        return cls(
            sites=dict.fromkeys(SERVICES, site),
            public_url=site,
            database=rafid.loans.state.database,
            transport=transport,
            rafid=rafid,
        )

    def client(self, service: str = "loans") -> httpx.AsyncClient:
        """A client of one service; it follows redirects to the others, as a browser does."""
        client = httpx.AsyncClient(
            transport=self.transport,
            base_url=self.sites[service],
            follow_redirects=True,
            timeout=30,
        )
        self._clients.append(client)
        return client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients:
            await client.aclose()


async def until(what: Callable[[], Awaitable[bool]], *, named: str) -> None:
    """Wait for something that happens by itself; say its name if it never does."""
    end = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while not await what():
        if asyncio.get_running_loop().time() > end:
            raise TimeoutError(f"{named} did not happen within {PATIENCE_SECONDS:.0f} s")
        await asyncio.sleep(0.05)


@asynccontextmanager
async def in_one_process(folder: Path, urls: Mapping[str, str]) -> AsyncIterator[House]:
    """Open the house behind one ASGI application, as `rafid up` does."""
    rafid = Rafid(folder=folder, urls=urls, kept=data_folder.open_secrets(folder), public_url=SITE)
    transport = httpx.ASGITransport(rafid, raise_app_exceptions=False)
    async with rafid.running(), House.of(rafid, SITE, transport=transport) as house:
        yield house


@contextmanager
def in_a_thread(folder: Path, urls: Mapping[str, str]) -> Iterator[tuple[BlockingPortal, House]]:
    """Open the house in a thread of its own, for tests that share it and wait for its answers."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(in_one_process(folder, urls)) as house,
    ):
        yield portal, house


@asynccontextmanager
async def on_a_port(folder: Path, urls: Mapping[str, str]) -> AsyncIterator[House]:
    """Open the house in this process behind a real server, for callers that need an address.

    The port is ours before the server starts: nobody can take it in between.
    """
    with socket.create_server(("127.0.0.1", 0)) as ours:
        port = ours.getsockname()[1]
        site = f"http://localhost:{port}"
        kept = data_folder.open_secrets(folder)
        rafid = Rafid(folder=folder, urls=urls, kept=kept, public_url=site)
        async with rafid.running():
            server = web_server(rafid, port=port)
            serving = asyncio.create_task(server.serve(sockets=[ours]))
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await server.answers.wait()
                async with House.of(rafid, site) as house:
                    yield house
            finally:
                server.should_exit = True
                await serving


def a_port() -> int:
    """A free port, sought from a random one on, for tests run beside each other."""
    return free_port(18_000 + secrets.randbelow(20_000))


@asynccontextmanager
async def in_three_processes(folder: Path, urls: Mapping[str, str]) -> AsyncIterator[House]:
    """Open the house as three processes of `rafid serve` that know each other's addresses."""
    sites = _addresses()
    environment = _environment(folder, urls, sites)
    async with AsyncExitStack() as stack:
        processes = {
            service: await stack.enter_async_context(_served(service, site, environment))
            for service, site in sites.items()
        }
        for service, process in processes.items():
            address = f"{sites[service]}/{service}/v1/openapi.json"
            await until(partial(answers, address, process), named=address)
        database = Database(urls["loans"], pool_size=2)
        stack.push_async_callback(database.close)
        house = House(sites=sites, public_url=sites["monitoring"], database=database)
        yield await stack.enter_async_context(house)


def _addresses() -> dict[str, str]:
    first = a_port()
    sites: dict[str, str] = {}
    for service in SERVICES:
        port = free_port(first)
        sites[service], first = f"http://127.0.0.1:{port}", port + 1
    return sites


def _environment(folder: Path, urls: Mapping[str, str], sites: Mapping[str, str]) -> dict[str, str]:
    """What deploy/env.example asks for, filled in."""
    kept = {name for name in os.environ if name.startswith("RAFID_")}
    return {
        **{name: value for name, value in os.environ.items() if name not in kept},
        **{f"RAFID_{name.upper()}_DATABASE_URL": url for name, url in urls.items()},
        **{f"RAFID_{name.upper()}_CLIENT_SECRET": secrets.token_urlsafe(36) for name in urls},
        "RAFID_LOANS_DATA_FOLDER": str(folder),
        "RAFID_MONITORING_SESSION_SECRET": secrets.token_urlsafe(36),
        "RAFID_MONITORING_POLL_SECONDS": "0.1",
        "RAFID_ISSUER": f"{sites['loans']}/loans/v1",
        "RAFID_PUBLIC_URL": sites["monitoring"],
        "RAFID_LOANS_URL": sites["loans"],
        "RAFID_SCORING_URL": sites["scoring"],
        "RAFID_LOG_LEVEL": "warning",
    }


@asynccontextmanager
async def _served(
    service: str, site: str, environment: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    port = site.rpartition(":")[2]
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "serve", service, "--port", port, env=environment
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        assert await end_of(process) == 0, f"{service} did not end cleanly"


async def end_of(process: asyncio.subprocess.Process) -> int:
    """Wait for a process that was told to end, and give its status; kill it if it does not."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await process.wait()
    except TimeoutError:
        process.kill()
        return await process.wait()


async def answers(url: str, process: asyncio.subprocess.Process) -> bool:
    assert process.returncode is None, f"the process behind {url} has ended"
    async with httpx.AsyncClient() as http:
        try:
            return (await http.get(url)).is_success
        except httpx.TransportError:
            return False
