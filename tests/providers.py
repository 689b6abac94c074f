"""Where does the database under test come from, and how does each worker get a copy?

A server named by RAFID_TEST_DATABASE_URL, else a container where a container engine answers,
else the embedded server. RAFID_TEST_POSTGRES=url|container|embedded demands one of them.
"""

import contextlib
import gc
import hashlib
import json
import os
import secrets
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url

from services.postgres_server import TEST_SETTINGS, PostgresServer
from shared import migrations
from shared.migrations import SERVICES

URL_VARIABLE = "RAFID_TEST_DATABASE_URL"
DEMAND_VARIABLE = "RAFID_TEST_POSTGRES"
IMAGE_VARIABLE = "RAFID_TEST_POSTGRES_IMAGE"
IMAGE = "postgres:18-alpine"
HANDOVER_VARIABLE = "RAFID_TEST_HANDOVER"  # from the controller to its workers
ENGINE_SECONDS = 2


class Provider(StrEnum):
    URL = "url"
    CONTAINER = "container"
    EMBEDDED = "embedded"


class ProviderImpossible(Exception):
    """What was demanded cannot be had; falling back in silence would prove something else."""


def choose(
    *, url: str | None, demanded: str | None, engine_answers: Callable[[], bool]
) -> Provider:
    """Choose the provider; the engine is asked only when the answer depends on it."""
    if demanded and demanded not in set(Provider):
        raise ProviderImpossible(f"{DEMAND_VARIABLE}={demanded}: it is one of {[*Provider]}")
    if demanded == Provider.URL and not url:
        raise ProviderImpossible(f"{DEMAND_VARIABLE}=url, but {URL_VARIABLE} is not set")
    if demanded == Provider.CONTAINER and not engine_answers():
        raise ProviderImpossible(f"{DEMAND_VARIABLE}=container, but no container engine answers")
    if demanded:
        return Provider(demanded)
    if url:
        return Provider.URL
    return Provider.CONTAINER if engine_answers() else Provider.EMBEDDED


def engine_answers() -> bool:
    """Whether a container engine answers on the address that Docker's client would use."""
    import docker  # noqa: PLC0415 - costs a second, and most runs do not need it

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # its client forgets a socket in vain
        try:
            with contextlib.closing(docker.from_env(timeout=ENGINE_SECONDS)) as client:
                return bool(client.ping())
        except (docker.errors.DockerException, OSError):
            return False
        finally:
            gc.collect()


@dataclass(frozen=True, slots=True, kw_only=True)
class TestServer:
    """A server with a migrated template database, as the controller hands it to its workers."""

    __test__ = False

    provider: Provider
    admin_url: str
    template: str
    urls: dict[str, str]  # of the application roles, by service, in the template
    seconds: float

    @property
    def line(self) -> str:
        """What the run's first lines say about it."""
        return f"PostgreSQL: {self.provider}, ready and migrated in {self.seconds:.1f} s"

    def to_environment(self) -> None:
        os.environ[HANDOVER_VARIABLE] = json.dumps(asdict(self))

    @classmethod
    def from_environment(cls) -> "TestServer | None":
        handed_over = os.environ.get(HANDOVER_VARIABLE)
        return cls(**json.loads(handed_over)) if handed_over else None

    def admin_url_of(self, database: str) -> str:
        return with_database(self.admin_url, database)


def with_database(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


@contextlib.contextmanager
def admin_url_from(provider: Provider) -> Iterator[str]:
    """Give a superuser's address for as long as the block lasts."""
    if provider is Provider.URL:
        yield os.environ[URL_VARIABLE]
    elif provider is Provider.CONTAINER:
        with _container_url() as url:
            yield url
    else:
        with (
            tempfile.TemporaryDirectory(prefix="rafid-test-") as folder,
            contextlib.closing(_Embedded(Path(folder))) as server,
        ):
            yield server.url


class _Embedded:
    def __init__(self, folder: Path) -> None:
        folder.chmod(0o755)  # the server's user must be able to enter
        self._server = PostgresServer(folder)
        self.url = self._server.start(TEST_SETTINGS).url()

    def close(self) -> None:
        self._server.stop()


@contextlib.contextmanager
def _container_url() -> Iterator[str]:
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 - slow

    container = PostgresContainer(
        os.environ.get(IMAGE_VARIABLE, IMAGE),
        username="rafid_admin",
        password=secrets.token_hex(16),
        driver=None,
    ).with_env(
        "POSTGRES_INITDB_ARGS",
        "--encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8",
    )
    options = " ".join(f"-c {name}={value}" for name, value in TEST_SETTINGS.items())
    with container.with_command(f"postgres {options}") as running:
        yield running.get_connection_url()


async def prepare(admin_url: str, provider: Provider, *, started: float) -> TestServer:
    """Migrate a template once; passwords follow from the address, so runs may share a server."""
    template = f"rafid_test_{secrets.token_hex(4)}"
    passwords = {
        service: hashlib.sha256(f"{service} {admin_url}".encode()).hexdigest()
        for service in SERVICES
    }
    urls = await migrations.prepare_roles(admin_url, database=template, passwords=passwords)
    for service in SERVICES:
        await migrations.upgrade(with_database(admin_url, template), service)
    return TestServer(
        provider=provider,
        admin_url=admin_url,
        template=template,
        urls=urls,
        seconds=time.monotonic() - started,
    )


async def copy_template(server: TestServer, name: str) -> dict[str, str]:
    """Copy the template for one worker; gives the application roles' URLs by service."""
    connection = await asyncpg.connect(server.admin_url)
    try:
        await connection.execute(
            f'create database "{name}" template "{server.template}" strategy file_copy'
        )
    finally:
        await connection.close()
    return {service: with_database(url, name) for service, url in server.urls.items()}


async def drop_databases(server: TestServer) -> None:
    """Drop the template and every copy: a server that is not ours is left as it was found."""
    connection = await asyncpg.connect(server.admin_url)
    try:
        names = await connection.fetch(
            "select datname from pg_database where starts_with(datname, $1)", server.template
        )
        for (name,) in names:
            await connection.execute(f'drop database "{name}" with (force)')
    finally:
        await connection.close()
