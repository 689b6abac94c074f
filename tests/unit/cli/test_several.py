"""Processes that share a port: each answers, what ends is started anew, all end together."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from typer.testing import CliRunner

from services.cli import several
from services.cli.commands import app
from services.cli.running import free_port
from tests.unit.cli.answering import HOST

PATIENCE_SECONDS = 60.0


@asynccontextmanager
async def kept(what: str, number: int) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.unit.cli.answering", what, str(number)
    )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()


async def who_answers(port: int) -> int | None:
    try:
        reader, writer = await asyncio.open_connection(HOST, port)
        said = await reader.read()
        writer.close()
    except OSError:  # it has ended, or ends just now
        return None
    return int(said) if said else None


async def answering(port: int, *, without: int | None = None) -> set[int]:
    """Ask until two processes answer, neither of them the one that is gone."""
    found: set[int] = set()
    while len(found) < 2:
        who = await who_answers(port)
        if who is None or who == without:
            await asyncio.sleep(0.01)
        else:
            found.add(who)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux deals connections out")
async def test_both_answer_what_is_killed_comes_again_and_all_end_when_told() -> None:
    port = free_port(8_400)
    async with kept("answer", port) as parent:
        first = await answering(port)
        assert parent.pid not in first
        gone = min(first)

        os.kill(gone, signal.SIGKILL)
        second = await answering(port, without=gone)
        assert len(second - first) == 1

        parent.send_signal(signal.SIGTERM)
        assert await parent.wait() == 0
        assert await who_answers(port) is None
        for pid in second:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)


@pytest.mark.parametrize(("status", "told"), [(3, 3), (0, 1)])
async def test_those_that_never_answer_are_not_started_for_ever(status: int, told: int) -> None:
    async with kept("end", status) as parent:
        assert await parent.wait() == told


def test_a_port_that_another_program_has_is_taken() -> None:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        assert several.is_taken(HOST, other.getsockname()[1])
    assert not several.is_taken(HOST, free_port(8_450))


def test_only_scoring_is_served_by_several_processes() -> None:
    found = CliRunner().invoke(app, ["serve", "loans", "--processes", "2"])

    assert found.exit_code == 2
    assert "only scoring" in found.output
