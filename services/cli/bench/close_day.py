"""`rafid bench close-day`: how long does a close of a million contracts take, and who waits?"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated

import typer
from rich.console import Console

from services import data_folder
from services.cli.benchmarks import closing as measuring
from services.cli.benchmarks import repayments as paying
from services.cli.benchmarks.closing import Profitable
from services.cli.benchmarks.folder import temporary
from services.cli.benchmarks.repayments import Ground, Measured
from services.cli.running import run
from services.loans.closing.timing import WITHIN
from shared import ids
from shared.clock import SystemClock
from shared.ids import InstitutionId

console = Console()

TARGET_SECONDS = 30.0
TARGET_SHARE = 0.8
ZONE = "UTC"
RUN_SECONDS = 2.0


def close_day(
    contracts: Annotated[int, typer.Option(help="How many contracts are made.")] = 1_000_000,
    times: Annotated[int, typer.Option(help="How many days are closed amid payments.")] = 3,
    seconds: Annotated[float, typer.Option(help="How long payments are measured alone.")] = 20.0,
    within: Annotated[float, typer.Option(help="Seconds that a close is spread over.")] = WITHIN,
) -> None:
    """Close days of a million contracts, alone and while payments are posted."""
    run(_close_day(contracts=contracts, times=times, seconds=seconds, within=within))


async def _close_day(*, contracts: int, times: int, seconds: float, within: float) -> None:
    made = Profitable(
        institution_id=InstitutionId(ids.new()),
        today=SystemClock().today(ZONE),
        contracts=contracts,
    )
    with temporary() as folder:
        async with data_folder.start_postgres(folder) as databases:
            url = databases.urls["loans"]
            started = time.perf_counter()
            ground = await measuring.prepare(databases.admin_url, url, made)
            console.print(f"{contracts:,} contracts made in {time.perf_counter() - started:.1f} s")
            first = made.today - timedelta(days=times + 2)
            for number, title in enumerate(("first close, all windows made", "next close, alone")):
                day = first + timedelta(days=number)
                closed = await measuring.close(await measuring.ready(url, day, within=0.0))
                console.print(f"{title}: [bold]{closed.seconds:.1f} s[/]\n  {closed.told}")
            alone = [await _alone(url, ground, seconds=seconds)]
            shares = []
            for number in range(times):
                day = first + timedelta(days=number + 2)
                amid = await _amid(url, ground, day=day, within=within)
                alone.append(await _alone(url, ground, seconds=seconds))
                base = statistics.mean(one.rate for one in alone[-2:])
                shares.append(amid.rate / base)
                console.print(
                    f"  payments: alone {alone[-2].rate:,.0f} and {alone[-1].rate:,.0f} a second,"
                    f" amid the close {amid.rate:,.0f} (p99 {amid.p99:.0f} ms, alone"
                    f" {alone[-1].p99:.0f} ms): [bold]{shares[-1]:.2f}[/]"
                )
            console.print(
                f"share kept, median of {times}: [bold]{statistics.median(shares):.2f}[/]"
                f"   asked: a close ≤ {TARGET_SECONDS:.0f} s, payments ≥ {TARGET_SHARE}"
            )


async def _alone(url: str, ground: Ground, *, seconds: float) -> Measured:
    """Post payments alone, in runs like those amid a close."""
    runs: list[Measured] = []
    while sum(run.seconds for run in runs) < seconds:
        runs.append(await paying.operation(url, ground, seconds=RUN_SECONDS))
    return _together(runs)


async def _amid(url: str, ground: Ground, *, day: date, within: float) -> Measured:
    """Post payments for as long as a close takes."""
    closing = asyncio.create_task(measuring.close(await measuring.ready(url, day, within=within)))
    runs: list[Measured] = []
    while not closing.done():
        runs.append(await paying.operation(url, ground, seconds=RUN_SECONDS))
    closed = closing.result()
    console.print(f"close amid payments: [bold]{closed.seconds:.1f} s[/]\n  {closed.told}")
    return _together(runs)


def _together(runs: Sequence[Measured]) -> Measured:
    return Measured(
        done=sum(one.done for one in runs),
        seconds=sum(one.seconds for one in runs),
        p50=statistics.median(one.p50 for one in runs),
        p95=max(one.p95 for one in runs),
        p99=max(one.p99 for one in runs),
    )
