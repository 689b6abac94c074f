"""`rafid demo` as a newcomer types it: it answers, tells who may sign in, loads, and stops."""

import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from services.demonstration.record import Record
from shared.clock import SystemClock
from tests.e2e.house import a_port

COMMAND = (sys.executable, "-c", "from services.cli import main; main()", "demo")
CONTRACTS = 8
PATIENCE_SECONDS = 120.0
PASSWORD = re.compile(r"\b(?:[a-z2-9]{4}-){4}[a-z2-9]{4}\b")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the database's user can enter: pytest keeps its own closed to others."""
    with tempfile.TemporaryDirectory(prefix="rafid-demo-") as path:
        Path(path).chmod(0o755)
        yield Path(path)


@contextmanager
def started(folder: Path, *options: str) -> Iterator[tuple[str, Path]]:
    """The command, running; it is stopped by Ctrl-C, and must then end well by itself."""
    port, output = a_port(), folder / "output.txt"
    arguments = ["--data", str(folder / "data"), "--port", str(port), *options]
    with output.open("w") as writing:
        process = subprocess.Popen([*COMMAND, *arguments], stdout=writing, stderr=writing)  # noqa: S603
        try:
            yield f"http://localhost:{port}", output
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(PATIENCE_SECONDS)
    assert code in {0, 130, -signal.SIGINT}, output.read_text()


def wait_for(words: str, *, output: Path) -> str:
    end = time.monotonic() + PATIENCE_SECONDS
    while words not in (text := " ".join(output.read_text().split())):
        assert time.monotonic() < end, f"never said {words!r}: {text}"
        time.sleep(0.1)
    return text


def test_a_demonstration_starts_loads_stops_and_goes_on(folder: Path) -> None:
    with started(folder, "--contracts", str(CONTRACTS)) as (url, output):
        wait_for("Rafid answers at", output=output)
        assert httpx.get(url, follow_redirects=True).status_code == 200
        first = wait_for("The history is complete", output=output)
    with started(folder) as (url, output):
        second = wait_for("is complete", output=output)
        assert httpx.get(url, follow_redirects=True).status_code == 200

    assert len(set(PASSWORD.findall(first))) == 10
    assert "donor-waqf@rafid-demo" in first
    assert re.search(r"A run of the assignment was approved: [1-9]\d* of [3-9]\d* waiting", first)
    assert "RAFID_OFFICER=" in first
    assert not PASSWORD.findall(second)
    assert "The passwords were shown at the first start" in second
    record = Record.of(
        folder / "data", seed=0, contracts=0, today=SystemClock().today("Asia/Amman")
    )
    assert (record.contracts, record.is_complete) == (CONTRACTS, True)
