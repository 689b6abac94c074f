"""What npm brings, installed once beside the environment; without Node a test says so."""

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LISTED = Path(__file__).parent / "node"
FILES = ("package.json", "package-lock.json", ".npmrc")
PATIENCE_SECONDS = 300


def folder() -> Path:
    """The folder with the packages of `tests/node`; skips the test where it cannot be made."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node and npm are not on this machine: what they would check is not checked")
    listed = b"".join((LISTED / name).read_bytes() for name in FILES)
    place = Path(sys.prefix) / "node" / hashlib.sha256(listed).hexdigest()[:16]
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "done").exists():
            for name in FILES:
                shutil.copy(LISTED / name, place / name)
            ended = subprocess.run(  # noqa: S603 - npm itself, with a list that is locked
                [npm, "ci"], cwd=place, capture_output=True, check=False, timeout=PATIENCE_SECONDS
            )
            if ended.returncode != 0:
                pytest.skip(
                    "npm could not bring its packages: what they would check is not checked"
                )
            (place / "done").touch()
    return place


def run(script: str, told: object) -> Any:
    """Run a module of Node, where `told` is a value, and read the JSON that it prints."""
    module = f"const told = {json.dumps(told)};\n{script}"
    ended = subprocess.run(  # noqa: S603 - our own script
        [shutil.which("node") or "node", "--input-type=module", "-"],
        cwd=folder(),
        input=module,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)
