"""`rafid bench commitments`: how many claims on one fund a second, and never an overdraft?"""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from services import data_folder
from services.cli.benchmarks import commitments as measuring
from services.cli.benchmarks.commitments import HELD, Contended
from services.cli.benchmarks.folder import temporary
from services.cli.proving import prove_all, tell
from services.cli.running import run
from shared.clock import SystemClock
from shared.db import Database
from shared.errors import Kind, RafidError

console = Console()

ZONE = "UTC"
WAYS = {"one by one": False, "in sets": True}


class FundOverdrawn(RafidError):
    """The fund was overdrawn"""

    kind = Kind.RULE
    service = "loans"
    detail = "{claimed} was claimed of {held}."
    claimed: int
    held: int


def commitments(
    clients: Annotated[int, typer.Option(min=1, max=90, help="How many ask at once.")] = 64,
    seconds: Annotated[float, typer.Option(help="How long each run lasts.")] = 10.0,
    times: Annotated[int, typer.Option(min=1, help="How many runs of each.")] = 2,
) -> None:
    """Let many clients reserve, commit and release of one fund; print the rate, prove the fund."""
    run(_commitments(clients=clients, seconds=seconds, times=times))


async def _commitments(*, clients: int, seconds: float, times: int) -> None:
    with temporary() as folder:
        async with data_folder.start_postgres(folder) as databases:
            database = Database(databases.urls["loans"], pool_size=clients)
            try:
                runs: dict[str, list[Contended]] = {way: [] for way in WAYS}
                for _ in range(times):
                    for way, is_gathered in WAYS.items():
                        today = SystemClock().today(ZONE)
                        place = await measuring.prepare(database, today=today)
                        runs[way].append(
                            await measuring.contend(
                                database,
                                place,
                                clients=clients,
                                seconds=seconds,
                                is_gathered=is_gathered,
                            )
                        )
                _report(runs, clients=clients, seconds=seconds)
                async for _, finding in prove_all({"loans": database}):
                    tell(finding)
            finally:
                await database.close()
    for one in (one for some in runs.values() for one in some):
        if one.is_overdrawn:
            raise FundOverdrawn(claimed=one.highest_minor, held=HELD.minor)


def _report(runs: dict[str, list[Contended]], *, clients: int, seconds: float) -> None:
    table = Table(title=f"Claims of {clients} clients on one fund, runs of {seconds:g} s")
    titles = ("way", "a second", "p50 ms", "p99 ms", "refused", "most claimed", "held")
    for title in titles:
        table.add_column(title, justify="left" if title == "way" else "right")
    for way, some in runs.items():
        for one in some:
            table.add_row(
                way,
                f"{one.measured.rate:,.0f}",
                f"{one.measured.p50:.0f}",
                f"{one.measured.p99:.0f}",
                f"{one.refused:,}",
                f"{one.highest_minor:,}",
                f"{HELD.minor:,}",
            )
    console.print(table)
    for way, some in runs.items():
        for one in some:
            told = ", ".join(f"{count:,} {name}" for name, count in sorted(one.by_command.items()))
            verdict = "[red]OVERDRAWN[/]" if one.is_overdrawn else "never overdrawn"
            console.print(f"{way}: {told}: [bold]{verdict}[/]")
