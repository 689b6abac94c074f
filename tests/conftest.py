"""One database server for a run, a database for each worker, an institution for each test."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

from shared import ids
from shared.db import Database
from shared.ids import InstitutionId
from tests import providers
from tests.providers import Provider, ProviderImpossible, TestServer

TESTS = Path(__file__).parent
WITHOUT_DATABASE = ("unit", "property", "golden")

# A run proves the same on every machine, however fast; `--hypothesis-profile=search` seeks further.
ANYWHERE = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("alike", **ANYWHERE, derandomize=True)  # type: ignore[arg-type]
settings.register_profile("search", **ANYWHERE)  # type: ignore[arg-type]
settings.load_profile("alike")

T = TypeVar("T")
_server = pytest.StashKey[contextlib.ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the server in the controller; workers find it in their environment."""
    if hasattr(config, "workerinput") or not needs_database(config):
        return
    started = time.monotonic()
    try:
        provider = providers.choose(
            url=os.environ.get(providers.URL_VARIABLE),
            demanded=os.environ.get(providers.DEMAND_VARIABLE),
            engine_answers=providers.engine_answers,
        )
    except ProviderImpossible as error:
        raise pytest.UsageError(str(error)) from None
    stack = config.stash[_server] = contextlib.ExitStack()
    admin_url = stack.enter_context(providers.admin_url_from(provider))
    server = in_a_thread(providers.prepare(admin_url, provider, started=started))
    if provider is Provider.URL:
        stack.callback(lambda: in_a_thread(providers.drop_databases(server)))
    server.to_environment()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind: no server, no folder, no database."""
    if (stack := config.stash.get(_server, None)) is not None:
        os.environ.pop(providers.HANDOVER_VARIABLE, None)
        stack.close()


def pytest_report_header() -> str:
    """Say which PostgreSQL this run is about."""
    server = TestServer.from_environment()
    return server.line if server else "PostgreSQL: none needed by the tests asked for"


def needs_database(config: pytest.Config) -> bool:
    """Whether any of the asked paths lies outside the folders that do no input or output."""
    if config.option.help or config.option.version:
        return False
    asked = [config.invocation_params.dir / arg.partition("::")[0] for arg in config.args]
    free = [TESTS / name for name in WITHOUT_DATABASE]
    return not all(any(path.is_relative_to(folder) for folder in free) for path in asked)


def in_a_thread(coroutine: Coroutine[None, None, T]) -> T:
    """Run a coroutine to its end beside whatever event loop the tests use."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


@pytest.fixture(scope="session")
def test_server() -> TestServer:
    server = TestServer.from_environment()
    if server is None:
        pytest.fail(f"tests in {WITHOUT_DATABASE} get no database: move the test")
    return server


@pytest.fixture(scope="session")
def worker_database(test_server: TestServer) -> str:
    """The name of this worker's own copy of the migrated database."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "only")
    name = f"{test_server.template}_{worker}"
    in_a_thread(providers.copy_template(test_server, name))
    return name


@pytest.fixture(scope="session")
def database_urls(test_server: TestServer, worker_database: str) -> dict[str, str]:
    """The application roles' URLs of this worker's database, by service."""
    return {
        service: providers.with_database(url, worker_database)
        for service, url in test_server.urls.items()
    }


@pytest.fixture(scope="session")
def admin_url(test_server: TestServer, worker_database: str) -> str:
    """A superuser's URL of this worker's database: for looking behind the walls, in tests only."""
    return test_server.admin_url_of(worker_database)


@pytest.fixture
def institution_id() -> InstitutionId:
    """A new institution: what other tests wrote is behind a wall, nothing needs cleaning."""
    return InstitutionId(ids.new())


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url, pool_size=4)
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def loans_db(database_urls: dict[str, str]) -> AsyncIterator[Database]:
    async with opened(database_urls["loans"]) as database:
        yield database


@pytest.fixture
async def scoring_db(database_urls: dict[str, str]) -> AsyncIterator[Database]:
    async with opened(database_urls["scoring"]) as database:
        yield database


@pytest.fixture
async def monitoring_db(database_urls: dict[str, str]) -> AsyncIterator[Database]:
    async with opened(database_urls["monitoring"]) as database:
        yield database
