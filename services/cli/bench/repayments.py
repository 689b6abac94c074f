"""`rafid bench repayments`: how many repayments a second, by hand, in process and over HTTP?"""

import asyncio
import os
import secrets
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from services import data_folder
from services.cli.benchmarks import ground as grounds
from services.cli.benchmarks import repayments as measuring
from services.cli.benchmarks.folder import temporary
from services.cli.benchmarks.repayments import CONNECTIONS, Ground, Measured, median
from services.cli.proving import prove_all, tell
from services.cli.running import free_port, run
from services.data_folder import Databases
from shared.db import Database
from shared.errors import Kind, RafidError

console = Console()

TARGET_RATIO = 0.5
TARGET_P99_MS = 60.0
CALIBRATION_SHARE = 0.25
READY_SECONDS = 30.0


class NodeMissing(RafidError):
    """The load generator needs Node"""

    kind = Kind.UNAVAILABLE
    detail = "Install Node 18 or newer, so that `node` is found, and start again."


class ServerDidNotAnswer(RafidError):
    """The server under test did not answer"""

    kind = Kind.UNAVAILABLE
    detail = "It answered nothing on port {port} within {seconds} seconds."
    port: int
    seconds: int


def repayments(
    seconds: Annotated[float, typer.Option(help="How long each run lasts.")] = 30.0,
    alternations: Annotated[int, typer.Option(help="How often the three ways alternate.")] = 3,
    contracts: Annotated[int, typer.Option(help="How many contracts are paid on.")] = 5_000,
) -> None:
    """Post repayments by hand, in process, and over HTTP; print the ratios."""
    node = shutil.which("node")
    if node is None:
        raise NodeMissing
    run(_repayments(node, seconds=seconds, alternations=alternations, contracts=contracts))


async def _repayments(node: str, *, seconds: float, alternations: int, contracts: int) -> None:
    with temporary() as folder:
        async with data_folder.start_postgres(folder) as databases:
            with _progress() as progress:
                task = progress.add_task(f"Signing {contracts:,} contracts …", total=None)
                prepared = await grounds.prepare(databases.urls, folder, contracts=contracts)
                ground = prepared.ground
                await measuring.install_baseline(databases.admin_url)
                async with _server(databases, folder) as port:
                    token = await prepared.token(port)
                    url = databases.urls["loans"]
                    progress.update(task, description="Looking for the best baseline …")
                    best = await _best(url, ground, seconds=seconds * CALIBRATION_SHARE)
                    runs: dict[str, list[Measured]] = {"a": [], "b": [], "c": []}
                    for number in range(alternations):
                        progress.update(task, description=f"Run {number + 1} of {alternations} …")
                        runs["a"].append(
                            await measuring.baseline(url, ground, connections=best, seconds=seconds)
                        )
                        runs["b"].append(await measuring.operation(url, ground, seconds=seconds))
                        runs["c"].append(
                            await measuring.http(
                                node, ground, port=port, token=token, seconds=seconds
                            )
                        )
            _report(runs, best=best, seconds=seconds)
            await _prove(databases)


async def _best(url: str, ground: Ground, *, seconds: float) -> int:
    rates = {}
    for connections in CONNECTIONS:
        measured = await measuring.baseline(url, ground, connections=connections, seconds=seconds)
        rates[connections] = measured.rate
    return max(rates, key=lambda connections: rates[connections])


@asynccontextmanager
async def _server(databases: Databases, folder: Path) -> AsyncIterator[int]:
    """Run the loans service in a process of its own, as an operator would."""
    port = free_port(8_100)
    environment = {
        **os.environ,
        "RAFID_ISSUER": f"http://127.0.0.1:{port}/loans/v1",
        "RAFID_LOANS_DATABASE_URL": databases.urls["loans"],
        "RAFID_LOANS_DATA_FOLDER": str(folder),
        "RAFID_LOG_LEVEL": "warning",
        **{
            f"RAFID_{service.upper()}_CLIENT_SECRET": secrets.token_urlsafe(36)
            for service in databases.urls
        },
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from services.cli import main; main()",
        "serve",
        "loans",
        "--port",
        str(port),
        env=environment,
    )
    try:
        await _until_it_answers(port)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def _until_it_answers(port: int) -> None:
    async with httpx.AsyncClient() as http:
        for _ in range(int(READY_SECONDS * 10)):
            try:
                await http.get(f"http://127.0.0.1:{port}/loans/v1/jwks")
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return
    raise ServerDidNotAnswer(port=port, seconds=int(READY_SECONDS))


def _progress() -> Progress:
    return Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())


def _report(runs: dict[str, list[Measured]], *, best: int, seconds: float) -> None:
    names = {
        "a": f"(a) by hand, {best} connections",
        "b": "(b) operation in process, 64 tasks",
        "c": "(c) HTTP, 64 connections",
    }
    table = Table(title=f"Repayments, median of {len(runs['a'])} runs of {seconds:g} s each")
    for title in ("way", "a second", "p50 ms", "p95 ms", "p99 ms", "errors", "runs"):
        table.add_column(title, justify="left" if title == "way" else "right")
    for way, measured in runs.items():
        table.add_row(
            names[way],
            f"{median(measured, lambda run: run.rate):,.0f}",
            *(
                f"{median(measured, figure):.1f}"
                for figure in (lambda run: run.p50, lambda run: run.p95, lambda run: run.p99)
            ),
            str(sum(run.errors for run in measured)),
            " ".join(f"{run.rate:,.0f}" for run in measured),
        )
    console.print(table)
    base = median(runs["a"], lambda run: run.rate)
    for way in ("b", "c"):
        ratio = median(runs[way], lambda run: run.rate) / base
        pairs = " ".join(
            f"{one.rate / other.rate:.2f}" for one, other in zip(runs[way], runs["a"], strict=True)
        )
        console.print(f"({way}) ÷ (a) = [bold]{ratio:.2f}[/]   pair by pair {pairs}")
    share = median(runs["c"], lambda run: run.load_share or 0.0)
    console.print(f"the load generator took {share:.2f} of a processor of {os.cpu_count()}")
    console.print(f"asked: (c) ÷ (a) ≥ {TARGET_RATIO}, p99 ≤ {TARGET_P99_MS:.0f} ms, no error")
    for each in runs["c"]:
        if each.note:
            console.print(each.note, style="red", markup=False)


async def _prove(databases: Databases) -> None:
    database = Database(databases.urls["loans"])
    try:
        async for _, finding in prove_all({"loans": database}):
            tell(finding)
    finally:
        await database.close()
