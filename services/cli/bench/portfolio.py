"""`rafid bench portfolio`: how long does it take to say what is at risk in a million contracts?"""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from services import data_folder
from services.cli.benchmarks import million
from services.cli.benchmarks.folder import temporary
from services.cli.running import run
from services.loans.ledger.queries import Moment
from services.loans.portfolio import queries
from services.loans.portfolio.queries import By, Part
from shared.clock import SystemClock
from shared.db import Database
from shared.ids import InstitutionId

console = Console()

TARGET_MAKING = 120.0
TARGET_TODAY = 1.0
TARGET_PAST = 10.0
ZONE = "UTC"
DAYS_BACK = (0, 30, 180, 365, 500)
DIVISIONS = (By.BRANCH, By.PRODUCT, By.FUND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question, how often it was asked, and how long each answer took in seconds."""

    name: str
    by: By
    seconds: Sequence[float]
    parts: int
    contracts: int
    target: float

    @property
    def middle(self) -> float:
        """The median."""
        return statistics.median(self.seconds)


def portfolio(
    contracts: Annotated[int, typer.Option(help="How many contracts are made.")] = 1_000_000,
    times: Annotated[int, typer.Option(help="How often each question is asked.")] = 3,
) -> None:
    """Make a million contracts, then ask what is at risk today and on past days."""
    run(_portfolio(contracts=contracts, times=times))


async def _portfolio(*, contracts: int, times: int) -> None:
    today = SystemClock().today(ZONE)
    made = million.new(today, contracts=contracts)
    with temporary() as folder:
        async with data_folder.start_postgres(folder) as databases:
            started = time.perf_counter()
            await million.make(databases.admin_url, made)
            took = time.perf_counter() - started
            console.print(f"{contracts:,} contracts made in {took:.1f} s (asked: ≤ 120 s)")
            database = Database(databases.urls["loans"])
            try:
                asked = [
                    answer
                    for moment in _moments(today)
                    for by in DIVISIONS
                    for answer in [await _ask(database, made.institution_id, by, moment, times)]
                ]
            finally:
                await database.close()
    _report(asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    name: str
    as_of: date
    known_at: datetime | None
    is_now: bool


def _moments(today: date) -> list[_Moment]:
    moments = [_Moment(name="today", as_of=today, known_at=None, is_now=True)]
    now = SystemClock().now()
    for back in DAYS_BACK:
        day, known_at = today - timedelta(days=back), now - timedelta(days=back)
        moments.append(_Moment(name=f"{back} days ago", as_of=day, known_at=known_at, is_now=False))
    return moments


async def _ask(
    database: Database, institution_id: InstitutionId, by: By, asked: _Moment, times: int
) -> Asked:
    seconds: list[float] = []
    parts: list[Part] = []
    moment = Moment(as_of=asked.as_of, known_at=asked.known_at, is_now=asked.is_now)
    for _ in range(times):
        started = time.perf_counter()
        async with database.read(institution_id, snapshot=True) as session:
            scheme = await queries.scheme_at(session, as_of=asked.as_of)
            parts = await queries.at_risk(session, by=by, moment=moment, scheme=scheme)
        seconds.append(time.perf_counter() - started)
    return Asked(
        name=asked.name,
        by=by,
        seconds=seconds,
        parts=len(parts),
        contracts=sum(part.risk.total.contracts for part in parts),
        target=TARGET_TODAY if asked.is_now else TARGET_PAST,
    )


def _report(asked: Sequence[Asked]) -> None:
    table = Table(title="What is at risk: seconds for an answer over the whole portfolio")
    for title in ("day", "by", "parts", "contracts that owe", "median s", "all s", "asked s"):
        table.add_column(title, justify="left" if title in {"day", "by"} else "right")
    for one in asked:
        table.add_row(
            one.name,
            one.by.value,
            str(one.parts),
            f"{one.contracts:,}",
            f"{one.middle:.2f}",
            " ".join(f"{seconds:.2f}" for seconds in one.seconds),
            f"≤ {one.target:g}",
        )
    console.print(table)
