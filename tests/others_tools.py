"""Tools of others, brought once beside the environment; a test says so where they cannot be had.

`tests/node` lists what npm brings, `tests/generators` what pip brings into an environment of its
own, because it wants other versions of libraries than ours.
"""

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent
PATIENCE_SECONDS = 300
NODE_FILES = ("package.json", "package-lock.json", ".npmrc")


def node_folder() -> Path:
    """The folder with the packages of `tests/node`; skips the test where it cannot be made."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("Node and npm are not on this machine: what they would check is not checked")
    return _brought("node", NODE_FILES, [[npm, "ci"]])


def generator() -> Path:
    """The maker of clients in Python; skips the test where it cannot be had."""
    steps = [
        [sys.executable, "-m", "venv", "made"],
        ["made/bin/python", "-m", "pip", "install", "--require-hashes", "-r", "requirements.txt"],
    ]
    made = _brought("generators", ("requirements.txt",), steps)
    return made / "made/bin/openapi-python-client"


def run_node(script: str, told: object) -> Any:
    """Run a module of Node, where `told` is a value, and read the JSON that it prints."""
    module = f"const told = {json.dumps(told)};\n{script}"
    return json.loads(ended(["node", "--input-type=module", "-"], node_folder(), stdin=module))


def ended(
    command: Sequence[str | Path],
    folder: Path,
    *,
    stdin: str = "",
    environment: dict[str, str] | None = None,
) -> str:
    """Run a command to its good end and return what it printed."""
    done = subprocess.run(  # noqa: S603 - tools that are listed with their hashes
        command,
        cwd=folder,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def _brought(name: str, files: Sequence[str], steps: Sequence[Sequence[str]]) -> Path:
    """Bring what a list names, once for this list and for all processes of the tests."""
    listed = b"".join((TESTS / name / file).read_bytes() for file in files)
    place = Path(sys.prefix) / "others" / f"{name}-{hashlib.sha256(listed).hexdigest()[:16]}"
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "done").exists():
            for file in files:
                shutil.copy(TESTS / name / file, place / file)
            for step in steps:
                done = subprocess.run(  # noqa: S603 - as above
                    step, cwd=place, capture_output=True, check=False, timeout=PATIENCE_SECONDS
                )
                if done.returncode != 0:
                    pytest.skip(f"what tests/{name} lists cannot be had: its checks are not made")
            (place / "done").touch()
    return place
