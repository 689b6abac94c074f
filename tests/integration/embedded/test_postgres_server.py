"""The launcher of the embedded PostgreSQL: started, killed, started again, refused."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from services import postgres_binaries, postgres_cluster
from services.postgres_cluster import OtherMajorVersion, PostgresFailed
from services.postgres_server import TEST_SETTINGS, DataFolderInUse, PostgresServer, ServerAddress

# Another process of ours: starts the server, says where it is, and waits to be killed.
OWNER = """
import sys, time
from pathlib import Path
from services.postgres_server import PRODUCT_SETTINGS, PostgresServer
server = PostgresServer(Path(sys.argv[1]))
print(server.start(PRODUCT_SETTINGS).url(), flush=True)
time.sleep(600)
"""
DURABLE = {**TEST_SETTINGS, "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that the server's user can enter: pytest keeps its own closed to others."""
    with tempfile.TemporaryDirectory(prefix="rafid-server-") as path:
        Path(path).chmod(0o755)
        yield Path(path)


@pytest.fixture
def server(folder: Path) -> Iterator[PostgresServer]:
    server = PostgresServer(folder)
    yield server
    server.stop()


@pytest.fixture
def owner(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running process that owns the folder's server, and the server's address."""
    process = subprocess.Popen(  # noqa: S603 - this interpreter and the text above
        [sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout
        yield process, process.stdout.readline().strip()
        process.kill()
    with PostgresServer(folder):  # end what it may have left running
        pass


async def ask(address: ServerAddress, sql: str, *, password: str | None = None) -> object:
    connection = await asyncpg.connect(address.url(), password=password or address.password)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


@pytest.mark.parametrize("package", list(postgres_binaries.PACKAGES))
async def test_either_package_gives_a_server_that_never_runs_as_root(
    folder: Path, package: str
) -> None:
    server = PostgresServer(folder, package=package)
    with server as address:
        version = await ask(address, "show server_version_num")
        assert server.pid is not None
        assert int(str(version)) // 10000 == postgres_binaries.find(package).major
        assert (folder / "server" / f"postgresql-{int(str(version)) // 10000}").stat().st_uid != 0

    assert not postgres_cluster.is_alive(server.pid or 0, cluster=folder)


async def test_text_is_utf8_and_ordered_alike_on_every_machine(server: PostgresServer) -> None:
    address = server.start(TEST_SETTINGS)

    assert await ask(address, "select pg_encoding_to_char(encoding) from pg_database") == "UTF8"
    assert await ask(address, "select datlocale from pg_database limit 1") == "C.UTF-8"
    assert await ask(address, "select upper('é') || 'رافد'") == "Éرافد"


async def test_nobody_comes_in_without_the_password_and_only_the_owner_can_read_it(
    server: PostgresServer, folder: Path
) -> None:
    address = server.start(TEST_SETTINGS)

    with pytest.raises(asyncpg.InvalidPasswordError):
        await ask(address, "select 1", password="guess")
    assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600
    assert len(address.password) >= 32
    assert address.password not in repr(address)


async def test_settings_reach_the_server(server: PostgresServer) -> None:
    address = server.start({**TEST_SETTINGS, "max_connections": "17"})

    assert await ask(address, "show max_connections") == "17"
    assert await ask(address, "show listen_addresses") == "127.0.0.1"
    assert await ask(address, "show unix_socket_directories") == ""


async def test_a_second_start_finds_the_data_and_the_password_of_the_first(
    server: PostgresServer,
) -> None:
    first = server.start(DURABLE)
    await ask(first, "create table kept as select 42 as answer")
    server.stop()

    second = server.start(DURABLE)

    assert second.password == first.password
    assert await ask(second, "select answer from kept") == 42


def test_a_folder_in_use_is_refused_at_once_and_the_holder_is_named(
    owner: tuple[subprocess.Popen[str], str], folder: Path
) -> None:
    process, _ = owner
    began = time.monotonic()

    with pytest.raises(DataFolderInUse) as refused:
        PostgresServer(folder).start(TEST_SETTINGS)

    assert refused.value.holder == str(process.pid)
    assert time.monotonic() - began < 2


async def test_a_server_left_by_a_killed_process_is_taken_over_and_stopped(
    owner: tuple[subprocess.Popen[str], str], folder: Path, server: PostgresServer
) -> None:
    process, url = owner
    process.kill()
    process.wait()

    address = server.start(TEST_SETTINGS)

    assert address.url() == url  # the same server, on the same port
    assert await ask(address, "select 1") == 1
    pid = server.pid
    server.stop()
    assert pid is not None
    assert not postgres_cluster.is_alive(pid, cluster=folder / "server" / "postgresql-18")


async def test_what_was_acknowledged_survives_the_kill_of_the_process_and_the_server(
    owner: tuple[subprocess.Popen[str], str], folder: Path, server: PostgresServer
) -> None:
    process, url = owner
    connection = await asyncpg.connect(url)
    await connection.execute("create table kept (number int)")
    for number in range(200):
        await connection.execute("insert into kept values ($1)", number)
    left = postgres_cluster.read_postmaster(folder / "server" / "postgresql-18")
    assert left is not None
    process.kill()
    os.kill(left.pid, signal.SIGKILL)
    process.wait()
    connection.terminate()

    address = server.start(TEST_SETTINGS)  # its old file still says `ready`

    assert server.pid != left.pid
    assert await ask(address, "select count(*) from kept") == 200


async def test_a_number_that_now_belongs_to_a_stranger_does_not_stop_the_start(
    server: PostgresServer, folder: Path
) -> None:
    server.start(TEST_SETTINGS)
    server.stop()
    cluster = folder / "server" / "postgresql-18"
    word = f"{os.getpid()}\n{cluster}\n1\n5432\n\n127.0.0.1\n\nready\n"
    (cluster / "postmaster.pid").write_text(word)

    address = server.start(TEST_SETTINGS)

    assert await ask(address, "select 1") == 1
    assert server.pid != os.getpid()


def test_an_interrupted_first_start_leaves_nothing_that_looks_like_data(
    server: PostgresServer, folder: Path
) -> None:
    half = folder / "server" / "postgresql-18.half"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")

    server.start(TEST_SETTINGS)

    assert not half.exists()
    assert (folder / "server" / "postgresql-18" / "PG_VERSION").exists()


def test_data_of_another_major_version_is_refused_and_left_alone(
    server: PostgresServer, folder: Path
) -> None:
    older = folder / "server" / "postgresql-17"
    older.mkdir(parents=True)

    with pytest.raises(OtherMajorVersion) as refused:
        server.start(TEST_SETTINGS)

    assert (refused.value.found, refused.value.installed) == ("17", 18)
    assert list((folder / "server").iterdir()) == [older]


def test_a_server_that_cannot_start_says_why_and_frees_the_folder(
    server: PostgresServer, folder: Path
) -> None:
    with pytest.raises(PostgresFailed, match="no_such_setting"):
        server.start({**TEST_SETTINGS, "no_such_setting": "1"})

    with PostgresServer(folder) as address:
        assert address.port > 0
