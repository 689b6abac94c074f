"""`rafid bench lineage`: how long does it take to say where the money of a large fund is?"""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from services import data_folder
from services.cli.benchmarks import lines
from services.cli.benchmarks.folder import temporary
from services.cli.benchmarks.lines import LARGE_EVERY, Life, contract, receipt
from services.cli.running import run
from services.loans.lineage import queries
from shared.db import Database

console = Console()

TARGET = 1.0

Question = Callable[[AsyncSession], Awaitable[Mapping[Any, Any]]]


def lineage(
    receipts: Annotated[int, typer.Option(help="How many receipts the fund has.")] = 1_000_000,
    contracts: Annotated[int, typer.Option(help="How many loans it lent.")] = 200_000,
    times: Annotated[int, typer.Option(help="How often each question is asked.")] = 3,
) -> None:
    """Make the life of a fund of a million receipts, then ask where the money is and whose."""
    run(_lineage(Life(receipts=receipts, contracts=contracts), times=times))


async def _lineage(life: Life, *, times: int) -> None:
    with temporary() as folder:
        async with data_folder.start_postgres(folder) as databases:
            started = time.perf_counter()
            await lines.make(databases.admin_url, life)
            took = time.perf_counter() - started
            spots = len(life.lines.counts)
            console.print(f"a fund's life over {spots:,} spots made in {took:.1f} s")
            database = Database(databases.urls["loans"])
            try:
                await _ask_all(database, life, times=times)
            finally:
                await database.close()


async def _ask_all(database: Database, life: Life, *, times: int) -> None:
    table = Table(title=f"Where the money is: seconds for an answer (asked: ≤ {TARGET:g})")
    for title in ("question", "parts", "all s"):
        table.add_column(title, justify="left" if title == "question" else "right")
    for name, question in _questions(life).items():
        seconds, parts = [], 0
        for _ in range(times):
            started = time.perf_counter()
            async with database.read(life.institution_id, snapshot=True) as session:
                parts = len(await question(session))
            seconds.append(time.perf_counter() - started)
        table.add_row(name, f"{parts:,}", " ".join(f"{one:.3f}" for one in seconds))
    console.print(table)


def _questions(life: Life) -> dict[str, Question]:
    fund_id = life.fund_id
    asked: dict[str, Question] = {
        "the whole fund": lambda session: queries.totals(session, fund_id)
    }
    middle = life.receipts // 2 // LARGE_EVERY * LARGE_EVERY
    last = life.receipts - 1
    for name, number in (
        ("the first receipt, large", 0),
        ("a small receipt of the first", 1),
        ("a large receipt of the middle", middle),
        ("a small receipt of the middle", middle + 1),
        ("the last receipt", last),
    ):
        asked[name] = lambda session, one=number: queries.whereabouts(  # type: ignore[misc]
            session, fund_id, [receipt(one)]
        )
    for name, number in (
        ("the first contract", 0),
        ("a contract of the middle", life.contracts // 2),
        ("the last contract", life.contracts - 1),
    ):
        asked[name] = lambda session, one=number: queries.origins(  # type: ignore[misc]
            session, fund_id, contract(one)
        )
    return asked
