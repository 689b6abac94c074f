"""`rafid bench lineage`: how long does it take to say where the money of a large fund is?"""

import time
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from services import data_folder
from services.cli.benchmarks import lines
from services.cli.benchmarks.folder import temporary
from services.cli.benchmarks.lines import LARGE_EVERY, Life, contract, receipt
from services.cli.running import run
from services.loans.domain.lineage import Policy
from services.loans.funds import queries as funds
from services.loans.lineage import queries, reading
from services.loans.lineage.queries import EVER, Told
from services.loans.lineage.reading import Asked
from shared.db import Database

console = Console()

TARGET = 1.0

Question = Callable[[AsyncSession], Awaitable[int]]
"""Asks, and gives how many parts the answer has."""


def lineage(
    receipts: Annotated[int, typer.Option(help="How many receipts the fund has.")] = 1_000_000,
    contracts: Annotated[int, typer.Option(help="How many loans it lent.")] = 200_000,
    times: Annotated[int, typer.Option(help="How often each question is asked.")] = 3,
    policy: Annotated[Policy, typer.Option(help="fifo or pro_rata.")] = Policy.FIFO,
) -> None:
    """Make the life of a fund of a million receipts, then ask where the money is and whose."""
    run(_lineage(Life(receipts=receipts, contracts=contracts, policy=policy), times=times))


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
    table = Table(
        title=f"Where the money is, {life.policy}: seconds an answer (asked: ≤ {TARGET:g})"
    )
    for title in ("question", "parts", "all s"):
        table.add_column(title, justify="left" if title == "question" else "right")
    for name, question in _questions(life).items():
        seconds, parts = [], 0
        for _ in range(times):
            started = time.perf_counter()
            async with database.read(life.institution_id, snapshot=True) as session:
                parts = await question(session)
            seconds.append(time.perf_counter() - started)
        table.add_row(name, f"{parts:,}", " ".join(f"{one:.3f}" for one in seconds))
    console.print(table)


def _questions(life: Life) -> dict[str, Question]:
    """Ask about the fund, receipts and contracts, now and as of the middle of its life."""
    middle = life.receipts // 2 // LARGE_EVERY * LARGE_EVERY
    half = life.days[sorted(life.days)[len(life.days) // 2]][0]
    asked: dict[str, Question] = {}
    for word, through in (("", EVER), (", at half of its life", half)):
        asked[f"the whole fund{word}"] = _of_fund(life, through=through)
        for name, number in (
            ("the first receipt, large", 0),
            ("a small receipt of the first", 1),
            ("a large receipt of the middle", middle // 2 // LARGE_EVERY * LARGE_EVERY),
            ("a small receipt of the middle", middle // 2 + 1),
        ):
            asked[f"{name}{word}"] = _of_receipt(life, number, through=through)
        for name, number in (
            ("the first contract", 0),
            ("a contract before the middle", life.contracts // 2 - life.contracts // 50),
        ):
            asked[f"{name}{word}"] = _of_contract(life, number, through=through)
    asked["the last receipt"] = _of_receipt(life, life.receipts - 1, through=EVER)
    asked["the last contract"] = _of_contract(life, life.contracts - 1, through=EVER)
    return asked


def _of_fund(life: Life, *, through: int) -> Question:
    async def ask(session: AsyncSession) -> int:
        return len(await queries.totals(session, life.fund_id, through=through))

    return ask


def _of_receipt(life: Life, number: int, *, through: int) -> Question:
    async def ask(session: AsyncSession) -> int:
        fund = await funds.fund_by_id(session, life.fund_id)
        cut = _cut(through)
        owner = receipt(number).owner
        found = await reading.of_receipt(session, fund, owner, ask=cut, after=None)
        return len(found.parts) + len(found.mixed or ())

    return ask


def _of_contract(life: Life, number: int, *, through: int) -> Question:
    async def ask(session: AsyncSession) -> int:
        fund = await funds.fund_by_id(session, life.fund_id)
        cut = _cut(through)
        owner = contract(number).owner
        found = await reading.of_contract(session, fund, owner, ask=cut, after=None)
        return len(found.parts) + len(found.mixed or ())

    return ask


def _cut(through: int) -> Asked:
    return Asked(told=Told(number=min(through, EVER), at=None), through=through)
