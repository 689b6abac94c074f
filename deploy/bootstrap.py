"""Make the virtual environment that `make demo` and `make test` run in; needs nothing installed.

    python3 deploy/bootstrap.py all     what runs Rafid
    python3 deploy/bootstrap.py test    and what proves it

Only the standard library is used, in a form that an old Python can read as far as the sentence
that asks for a newer one. Packages come from whatever index pip is configured for, in exactly
the versions and with the hashes of `requirements/*.txt`. A second run finds its stamp and ends.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
ENVIRONMENT = PROJECT / ".venv"
PROGRAMS = ENVIRONMENT / "bin"
OLDEST = (3, 11)
NEWER = ("python3.13", "python3.12", "python3.11", "python3.14")
GROUPS = ("all", "test")

NEEDS_PYTHON = """
Rafid needs Python 3.11 or newer; this is {version} ({path}).
  Debian, Ubuntu: sudo apt install python3 python3-venv      macOS: brew install python@3.13
Then run the same command again, or name the one to use:  make demo PYTHON=/path/to/python3
"""
NEEDS_VENV = """
This Python ({path}) cannot make virtual environments: its modules venv and ensurepip are missing.
  Debian, Ubuntu: sudo apt install python3-venv
Then run the same command again. (With the program uv on the path it works without them.)
"""

# What the project adds to its environment: its folder on the path, and its command.
PATH_FILE = "rafid.pth"
COMMAND = """#!{python}
import sys

from services.cli import main

sys.exit(main())
"""

# pip's settings → uv's, which does not read them; what is set for uv already stays as it is.
UV_VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
}


def main(arguments: list[str]) -> int:
    """Make the environment complete for a group of requirements; gives the exit status."""
    group = arguments[0] if arguments else "all"
    if group not in GROUPS:
        print(f"usage: bootstrap.py [{'|'.join(GROUPS)}]", file=sys.stderr)
        return 2
    use_new_enough_python(arguments)
    if is_complete(group):
        return 0
    started = time.monotonic()
    print(f"Setting up {ENVIRONMENT} (once; Python {version_text()}) ...", flush=True)
    if not works(PROGRAMS / "python"):
        make_environment(uv=shutil.which("uv"))
    requirements = PROJECT / "requirements" / f"{group}.txt"
    count = sum("==" in line for line in requirements.read_text(encoding="utf-8").splitlines())
    print(f"Installing {count} packages by {requirements.relative_to(PROJECT)} ...", flush=True)
    install(requirements)
    add_project()
    stamp(group).write_text(fingerprint(group), encoding="utf-8")
    print(f"The environment is ready after {time.monotonic() - started:.0f} s.", flush=True)
    return 0


def use_new_enough_python(
    arguments: list[str], *, oldest: tuple[int, int] = OLDEST, newer: tuple[str, ...] = NEWER
) -> None:
    """Go on in a newer interpreter when this one is too old; explain when there is none."""
    if sys.version_info >= oldest:
        return
    for name in newer:
        found = shutil.which(name)
        if found and works(Path(found)):
            os.execv(found, [found, __file__, *arguments])  # noqa: S606 - the newer Python
    sys.exit(NEEDS_PYTHON.format(version=version_text(), path=sys.executable))


def version_text() -> str:
    """Give the running Python's version as people write it."""
    return ".".join(map(str, sys.version_info[:3]))


def works(python: Path) -> bool:
    """Whether the interpreter is there, starts, and is new enough."""
    test = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([str(python), "-c", test], check=False).returncode == 0
    except OSError:
        return False


def fingerprint(group: str, *, requirements: Path = PROJECT / "requirements") -> str:
    """Give what the environment depends on: the locked versions, this script, the place."""
    parts = [
        (requirements / f"{group}.txt").read_bytes(),
        Path(__file__).read_bytes(),
        str(PROJECT).encode(),
    ]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def stamp(group: str, *, environment: Path = ENVIRONMENT) -> Path:
    """Give the file that says for which requirements the environment is complete."""
    return environment / f"rafid-{group}.stamp"


def is_complete(group: str, *, environment: Path = ENVIRONMENT) -> bool:
    """Whether an earlier run finished with the same requirements; those of test hold all."""
    groups = {name: stamp(name, environment=environment) for name in (group, "test")}
    return any(
        file.exists() and file.read_text(encoding="utf-8") == fingerprint(name)
        for name, file in groups.items()
    ) and works(environment / "bin" / "python")


def make_environment(*, uv: str | None, modules: tuple[str, ...] = ("venv", "ensurepip")) -> None:
    """Make an empty environment, by uv if it is on the path, else by the module venv."""
    if not uv and not all(importlib.util.find_spec(name) for name in modules):
        sys.exit(NEEDS_VENV.format(path=sys.executable))
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    if uv:
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, ENVIRONMENT], check=True)
        return
    subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)


def install(requirements: Path) -> None:
    """Install exactly what is locked: by uv when it can be had, else by pip, which is slower."""
    uv = find_uv()
    if uv:
        command = [uv, "pip", "install", "--python", str(PROGRAMS / "python")]
        # Any index may serve a file: what it must contain is fixed by its hash.
        options = ["--require-hashes", "--index-strategy", "unsafe-best-match"]
        done = subprocess.run(
            [*command, *options, "-r", str(requirements)],
            check=False,
            env={**for_uv(pip_configuration()), **os.environ},
        )
        if done.returncode == 0:
            return
        print("uv did not manage; trying again with pip ...", flush=True)
    if not has_pip():
        subprocess.run([str(PROGRAMS / "python"), "-m", "ensurepip"], check=True)
    done = subprocess.run(
        [*pip(), "install", "--require-hashes", "-r", str(requirements)], check=False
    )
    if done.returncode != 0:
        sys.exit("The packages could not be installed; the lines above say why.")


def find_uv() -> str | None:
    """Give uv's path: an installed one, else one put into the environment if the index has it."""
    own = PROGRAMS / "uv"
    found = shutil.which("uv") or (str(own) if own.exists() else None)
    if found or not has_pip():
        return found
    locked = str(PROJECT / "requirements" / "uv.txt")
    done = subprocess.run(
        [*pip(), "install", "--quiet", "--require-hashes", "-r", locked],
        check=False,
        stderr=subprocess.DEVNULL,
    )
    return str(own) if done.returncode == 0 and own.exists() else None


def pip() -> list[str]:
    """Give the start of a command line of the environment's pip."""
    return [str(PROGRAMS / "python"), "-m", "pip", "--disable-pip-version-check"]


def has_pip() -> bool:
    """Whether the environment has pip (one made by uv has none)."""
    return subprocess.run([*pip(), "--version"], check=False, capture_output=True).returncode == 0


def pip_configuration() -> str:
    """Give pip's configuration, of files and environment, as pip lists it."""
    command = [*pip(), "config", "list"]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout


def for_uv(configuration: str) -> dict[str, str]:
    """Translate what pip lists into the variables that uv reads."""
    settings = {}
    sections = ("global", "install", ":env:")  # a later one goes before an earlier one
    lines = [line.partition("=") for line in configuration.splitlines()]
    for section in sections:
        for key, _, value in lines:
            name = key.partition(".")[2]
            if key.startswith(f"{section}.") and name in UV_VARIABLES:
                settings[UV_VARIABLES[name]] = " ".join(str(ast.literal_eval(value)).split())
    return settings


def add_project() -> None:
    """Put the project's folder on the environment's path, and its command beside Python."""
    folder = subprocess.run(
        [str(PROGRAMS / "python"), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    (Path(folder) / PATH_FILE).write_text(f"{PROJECT}\n", encoding="utf-8")
    command = PROGRAMS / "rafid"
    command.write_text(COMMAND.format(python=PROGRAMS / "python"), encoding="utf-8")
    command.chmod(0o755)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
