"""What lies in the data folder: the cluster, the password, and the word of its postmaster."""

import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services import postgres_binaries
from services.postgres_binaries import Account, Binaries
from shared.errors import Kind, RafidError

ADMINISTRATOR = "rafid_admin"

# Where the cluster of a root user goes when no other user can enter the data folder.
OUTSIDE = Path("/var/lib/rafid")

# `postmaster.pid` has a line each for process, folder, start, port, socket, address, memory, status
PID_LINE, PORT_LINE, STATUS_LINE = 0, 3, 7


class OtherMajorVersion(RafidError):
    """The data was written by another major version of PostgreSQL"""

    kind = Kind.CONFLICT
    service = "shared"
    detail = (
        "{folder} holds data of PostgreSQL {found}, the installed programs are of version "
        "{installed}. Move the data with pg_dump, or install the version that wrote it."
    )
    folder: str
    found: str
    installed: int


class PostgresFailed(RafidError):
    """PostgreSQL did not start"""

    kind = Kind.UNAVAILABLE
    service = "shared"
    detail = "{step} failed in {folder}. It said: {said}"
    step: str
    folder: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """What `postmaster.pid` says about the server's first process."""

    pid: int
    port: int
    status: str


def prepare_place(data_dir: Path) -> tuple[Path, Account]:
    """The folder of the cluster, and the user who may enter it.

    It is `server/` in the data folder. When root's data folder is closed to every other user
    (/root is), `server` is a link to a folder that is not, so that the data is still found
    where the user expects it.
    """
    place = data_dir / "server"
    cluster = next(iter(clusters_in(place)), place)
    account = postgres_binaries.account_for(cluster)
    if not place.exists():
        if account.reaches(data_dir):
            place.mkdir()
            place.chmod(0o755)
        else:
            OUTSIDE.mkdir(mode=0o755, parents=True, exist_ok=True)
            real = Path(tempfile.mkdtemp(prefix=f"{data_dir.name}-", dir=OUTSIDE))
            real.chmod(0o755)
            place.symlink_to(real)
    return place.resolve(), account  # past the link: its parents may be closed


def clusters_in(place: Path) -> list[Path]:
    """The clusters of all major versions in the folder."""
    return sorted(place.glob("postgresql-*[0-9]"))


def refuse_other_majors(place: Path, *, installed: int) -> None:
    """Raise `OtherMajorVersion` when the data was written by programs of another version."""
    found = [path.name.removeprefix("postgresql-") for path in clusters_in(place)]
    if found and str(installed) not in found:
        raise OtherMajorVersion(folder=str(place), found=found[0], installed=installed)


def create(
    cluster: Path,
    *,
    binaries: Binaries,
    account: Account,
    password_file: Path,
    durable: bool,
) -> None:
    """Make a new cluster with a random password for its administrator.

    It is made under another name and renamed when complete, so an interrupted first start
    leaves nothing that looks like data. Text is compared by code point (`C.UTF-8`, built in),
    which is the same on every machine.
    """
    half = cluster.with_name(f"{cluster.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    account.own(half)
    password = secrets.token_urlsafe(24)
    _write_private(password_file, password)
    handed_over = cluster.with_name("password.half")  # initdb's user cannot read ours
    _write_private(handed_over, password)
    account.own(handed_over)
    try:
        answer = account.run(
            binaries.program("initdb"),
            *("--pgdata", half),
            *("--username", ADMINISTRATOR),
            *("--pwfile", handed_over),
            *("--auth", "scram-sha-256"),
            *("--encoding", "UTF8"),
            *("--locale", "C"),
            *("--locale-provider", "builtin"),
            *("--builtin-locale", "C.UTF-8"),
            *(() if durable else ("--no-sync",)),
        )
    finally:
        handed_over.unlink()
    if answer.returncode != 0:
        raise PostgresFailed(step="initdb", folder=str(half), said=answer.stderr.strip())
    half.rename(cluster)


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def command_of(
    postgres: Path, *, cluster: Path, port: int, settings: Mapping[str, str]
) -> list[str]:
    """The command line of a server that listens on this machine only."""
    fixed = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    options = [f"--{name}={value}" for name, value in {**settings, **fixed}.items()]
    return [str(postgres), "-D", str(cluster), *options]


def read_postmaster(cluster: Path) -> Postmaster | None:
    """What the file of the running, or killed, server says; nothing while it is being written."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        status = lines[STATUS_LINE].strip() if len(lines) > STATUS_LINE else "starting"
        return Postmaster(pid=int(lines[PID_LINE]), port=int(lines[PORT_LINE]), status=status)
    except (FileNotFoundError, IndexError, ValueError):
        return None


def is_alive(pid: int, *, cluster: Path) -> bool:
    """Whether the process is a postmaster on this cluster, which is every postmaster's folder.

    The number alone proves nothing: it may long belong to another program.
    """
    folder = Path(f"/proc/{pid}/cwd")
    try:
        if Path("/proc/self/cwd").exists():
            return folder.samefile(cluster)
        os.kill(pid, 0)  # a system without /proc: all that can be asked
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return False
    return True


def forget_stranger(pid: int, *, cluster: Path) -> None:
    """Remove `postmaster.pid` when its number now belongs to some other program.

    PostgreSQL takes any living process of that number for its own and would refuse to start,
    which after a restart of a container is likely. The file of a dead process is left for it:
    it looks there for backends that are still running.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return
    except PermissionError:
        pass
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
