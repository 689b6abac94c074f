"""How does Rafid run a PostgreSQL of its own, and what survives when either is killed?

The data folder that the user names holds

    lock       taken while a process of ours runs; a second one is refused at once
    password   of the administrator, readable by the folder's owner only
    server/    the cluster (postgresql-18), postgresql.log; a link where root's folders are closed

The server listens on 127.0.0.1 only, on a free port. It is ready when its own file
`postmaster.pid` says so for our process, and a real connection then succeeds.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, NoReturn
from urllib.parse import quote

from services import postgres_binaries, postgres_cluster
from services.postgres_binaries import Account, Binaries
from services.postgres_cluster import PostgresFailed
from shared.errors import Kind, RafidError

STOP_SECONDS = 60.0
PAUSE_SECONDS = 0.02
LOG_TAIL_LINES = 12
LOG_BYTES_MAX = 16 * 1024 * 1024

# Reasons in the server's log that pass by themselves: another program took the port meanwhile,
# or backends of a killed postmaster have not noticed its death yet.
PASSING_REASONS = (
    "could not bind",
    "could not create any TCP/IP sockets",
    "pre-existing shared memory block",
)

PRODUCT_SETTINGS: Mapping[str, str] = {
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "max_connections": "200",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
}

# A test database is thrown away: nothing of it needs to survive a loss of power.
TEST_SETTINGS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class DataFolderInUse(RafidError):
    """The data folder is in use by another process"""

    kind = Kind.CONFLICT
    service = "shared"
    detail = "Process {holder} works with {folder}. Stop it, or name another data folder."
    folder: str
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAddress:
    """How an administrator connects to the server."""

    host: str
    port: int
    user: str
    password: str

    def url(self, database: str = "postgres") -> str:
        """The address in the form every driver reads."""
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        return f"postgresql://{login}@{self.host}:{self.port}/{quote(database, safe='')}"

    def __repr__(self) -> str:
        return f"ServerAddress({self.user}@{self.host}:{self.port})"  # never the password


class PostgresServer:
    """One PostgreSQL server on one data folder; a context manager that gives its address."""

    def __init__(
        self, data_dir: Path, *, package: str | None = None, start_seconds: float = 300.0
    ) -> None:
        self.data_dir = data_dir.absolute()
        self._package = package
        self._start_seconds = start_seconds
        self._settings: Mapping[str, str] = PRODUCT_SETTINGS
        self._lock: IO[str] | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._cluster = self.data_dir
        self.pid: int | None = None

    @property
    def log(self) -> Path:
        """The file with what the server has to say."""
        return self.data_dir / "server" / "postgresql.log"

    def start(self, settings: Mapping[str, str] = PRODUCT_SETTINGS) -> ServerAddress:
        """Start the server, or take over the one that a killed process left, and say where it is.

        A server taken over keeps the settings it was started with.
        Raises `DataFolderInUse`, `OtherMajorVersion`, `PostgresFailed`, `PostgresNotInstalled`.
        """
        self._settings = settings
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            return self._start_locked()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server in good order: sessions end, everything is written, the lock is free."""
        try:
            if self.pid is not None:
                self._end_postmaster(self.pid)
        finally:
            self.pid = self._child = None
            if self._lock is not None:
                self._lock.close()  # which releases it
                self._lock = None

    def __enter__(self) -> ServerAddress:
        return self.start(self._settings)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _take_lock(self) -> None:
        lock = (self.data_dir / "lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "?"
            lock.close()
            raise DataFolderInUse(folder=str(self.data_dir), holder=holder) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def _start_locked(self) -> ServerAddress:
        place, account = postgres_cluster.prepare_place(self.data_dir)
        installed = postgres_binaries.find(self._package)
        binaries = postgres_binaries.within_reach(installed, account=account, place=place)
        postgres_cluster.refuse_other_majors(place, installed=binaries.major)
        self._cluster = place / f"postgresql-{binaries.major}"
        password_file = self.data_dir / "password"
        if not self._cluster.exists():
            postgres_cluster.create(
                self._cluster,
                binaries=binaries,
                account=account,
                password_file=password_file,
                durable=self._settings.get("fsync", "on") != "off",
            )
        deadline = time.monotonic() + self._start_seconds
        address = ServerAddress(
            host="127.0.0.1",
            port=self._take_over(deadline) or self._spawn(binaries, account, deadline),
            user=postgres_cluster.ADMINISTRATOR,
            password=password_file.read_text(encoding="utf-8").strip(),
        )
        self._connect(address, binaries.program("psql"), deadline)
        return address

    def _take_over(self, deadline: float) -> int | None:
        """The port of a living postmaster that a killed process of ours left behind, if any."""
        while True:
            found = postgres_cluster.read_postmaster(self._cluster)
            if found is None:
                return None
            if not postgres_cluster.is_alive(found.pid, cluster=self._cluster):
                postgres_cluster.forget_stranger(found.pid, cluster=self._cluster)
                return None
            if found.status == "ready":
                self.pid = found.pid
                return found.port
            if time.monotonic() > deadline:
                self._fail("Waiting for the server that was left running")
            time.sleep(PAUSE_SECONDS)  # it is recovering, or on its way to stop

    def _spawn(self, binaries: Binaries, account: Account, deadline: float) -> int:
        """Start a server of our own and wait for it; gives its port."""
        while True:
            port = postgres_cluster.free_port()
            command = postgres_cluster.command_of(
                binaries.program("postgres"),
                cluster=self._cluster,
                port=port,
                settings=self._settings,
            )
            with self._open_log() as log:
                log_start = log.tell()
                self._child = account.start(command, output=log)
            self.pid = self._child.pid
            if self._wait_until_ready(self._child, deadline):
                return port
            self.pid = self._child = None
            said = self.log.read_bytes()[log_start:].decode(errors="replace")
            passing = any(reason in said for reason in PASSING_REASONS)
            if not passing or time.monotonic() > deadline:
                self._fail("Starting PostgreSQL")
            time.sleep(10 * PAUSE_SECONDS)

    def _open_log(self) -> IO[bytes]:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.replace(self.log.with_suffix(".log.1"))
        log = self.log.open("ab")
        log.seek(0, os.SEEK_END)
        return log

    def _wait_until_ready(self, child: subprocess.Popen[bytes], deadline: float) -> bool:
        """Wait for our own child's word: the file of a killed server says `ready` as well."""
        while child.poll() is None:
            found = postgres_cluster.read_postmaster(self._cluster)
            if found and found.pid == child.pid and found.status == "ready":
                return True
            if time.monotonic() > deadline:
                self._fail("Waiting for PostgreSQL")
            time.sleep(PAUSE_SECONDS)
        return False

    def _connect(self, address: ServerAddress, psql: Path, deadline: float) -> None:
        """Ask the server something, as its administrator; the password is never an argument."""
        where = ("-h", address.host, "-p", str(address.port), "-U", address.user)
        environment = postgres_binaries.clean_environment(
            PGPASSWORD=address.password, PGCONNECT_TIMEOUT="5"
        )
        while True:
            answer = subprocess.run(  # noqa: S603 - our own program and arguments
                [str(psql), "-X", *where, "-d", "postgres", "-c", "select 1"],
                check=False,
                capture_output=True,
                text=True,
                env=environment,
            )
            if answer.returncode == 0:
                return
            if time.monotonic() > deadline or "authentication failed" in answer.stderr:
                self._fail("Connecting", said=answer.stderr.strip())
            time.sleep(PAUSE_SECONDS)

    def _fail(self, step: str, *, said: str | None = None) -> NoReturn:
        if said is None:
            lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
            said = "\n".join(lines[-LOG_TAIL_LINES:])
        raise PostgresFailed(step=step, folder=str(self.data_dir), said=said)

    def _end_postmaster(self, pid: int) -> None:
        """Ask for a fast shutdown and wait; after a minute end it at once, as a crash would."""
        for how in (signal.SIGINT, signal.SIGQUIT):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)
            deadline = time.monotonic() + STOP_SECONDS
            while time.monotonic() < deadline:
                if self._has_ended(pid):
                    return
                time.sleep(PAUSE_SECONDS)

    def _has_ended(self, pid: int) -> bool:
        if self._child is not None:
            return self._child.poll() is not None
        return not postgres_cluster.is_alive(pid, cluster=self._cluster)
