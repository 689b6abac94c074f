"""`rafid bench replay` and `reads`: does a long life make a contract slow to correct or to read?"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

from services import data_folder
from services.cli.benchmarks import ground as grounds
from services.cli.benchmarks import life
from services.cli.benchmarks.folder import temporary
from services.cli.benchmarks.ground import TIMEZONE, Prepared
from services.cli.proving import prove_all, tell
from services.cli.running import run
from services.data_folder import Databases
from services.embedded import Rafid
from services.loans.repayments.batch import RepaymentBook
from shared.clock import SystemClock
from shared.db import Database

console = Console()

TARGET_REPLAY = 0.3
TARGET_FLAT = 2.0
LIVES = (30, 300, 2_400)
ADDRESS = "http://127.0.0.1"


def replay(
    movements: Annotated[int, typer.Option(help="How many movements the contract has.")] = 2_400,
    times: Annotated[int, typer.Option(help="How often its first month is corrected.")] = 10,
) -> None:
    """Correct the first month of a contract with thousands of movements; print the seconds."""
    run(_replay(movements=movements, times=times))


def reads(
    times: Annotated[int, typer.Option(help="How often each contract is read.")] = 200,
) -> None:
    """Read contracts of 30, 300 and 2,400 movements over HTTP; print p95 and their ratio."""
    run(_reads(times=times))


@asynccontextmanager
async def _lent(contracts: int) -> AsyncIterator[tuple[Databases, Path, Prepared]]:
    """Lend contracts that have years behind them, in a database of their own."""
    on = SystemClock().today(TIMEZONE) - timedelta(days=life.DAYS_BEFORE)
    with temporary() as folder:
        async with data_folder.start_postgres(folder) as databases:
            prepared = await grounds.prepare(databases.urls, folder, contracts=contracts, on=on)
            yield databases, folder, prepared


async def _replay(*, movements: int, times: int) -> None:
    async with _lent(1) as (databases, _, prepared):
        ground = prepared.ground
        (contract_id,) = ground.contract_ids
        database = Database(databases.urls["loans"])
        try:
            book = RepaymentBook(database)
            paid = await life.live(book, ground, contract_id, movements=movements)
            added, taken, ordered = [], [], []
            for number in range(times):
                on = ground.today + timedelta(days=2 + number)
                seconds, repayment_id = await life.pay_late_booked(book, ground, contract_id, on=on)
                added.append(seconds)
                taken.append(await life.take_back(book, ground, repayment_id))
                taken.append(await life.take_back(book, ground, paid[number]))
                ordered.append(await life.order_late(database, ground, contract_id, on=on))
            table = Table(title=f"A contract of {movements:,} movements, its first month corrected")
            for title in ("correction", "median s", "slowest s", "asked s"):
                table.add_column(title, justify="left" if title == "correction" else "right")
            for title, figures in (
                ("a payment found", added),
                ("a payment taken back", taken),
                ("an order dated back", ordered),
            ):
                table.add_row(
                    title,
                    f"{life.at_share(figures, 0.5):.3f}",
                    f"{max(figures):.3f}",
                    f"≤ {TARGET_REPLAY}",
                )
            console.print(table)
            async for _, finding in prove_all({"loans": database}):
                tell(finding)
        finally:
            await database.close()


async def _reads(*, times: int) -> None:
    async with _lent(len(LIVES)) as (databases, folder, prepared):
        ground = prepared.ground
        database = Database(databases.urls["loans"])
        book = RepaymentBook(database)
        for contract_id, movements in zip(ground.contract_ids, LIVES, strict=True):
            await life.live(book, ground, contract_id, movements=movements)
        await database.close()
        rafid = Rafid(
            folder=folder,
            urls=databases.urls,
            kept=data_folder.open_secrets(folder),
            public_url=ADDRESS,
        )
        seconds: dict[int, list[float]] = {movements: [] for movements in LIVES}
        async with rafid.running():
            headers = {"Authorization": f"Bearer {await _token(rafid.http, prepared)}"}
            for _ in range(times):
                for contract_id, movements in zip(ground.contract_ids, LIVES, strict=True):
                    took = await life.read(rafid.http, contract_id, headers=headers)
                    seconds[movements].append(took)
    _report(seconds)


async def _token(http: httpx.AsyncClient, prepared: Prepared) -> str:
    answer = await http.post(
        "/loans/v1/token",
        data={"grant_type": "client_credentials"},
        auth=(prepared.client_id, prepared.client_secret),
    )
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def _report(seconds: dict[int, list[float]]) -> None:
    table = Table(title="A contract read with its schedule and the first page of its movements")
    for title in ("movements", "p50 ms", "p95 ms", "p99 ms"):
        table.add_column(title, justify="right")
    for movements, figures in seconds.items():
        shares = (f"{life.at_share(figures, share) * 1000:.1f}" for share in (0.5, 0.95, 0.99))
        table.add_row(f"{movements:,}", *shares)
    console.print(table)
    p95 = [life.at_share(figures, 0.95) for figures in seconds.values()]
    console.print(
        f"slowest ÷ fastest p95 = [bold]{max(p95) / min(p95):.2f}[/]   asked: ≤ {TARGET_FLAT:g}"
    )
