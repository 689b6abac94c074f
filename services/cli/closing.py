"""`rafid close-day`: close a day of an institution's books, or close it again."""

import asyncio
import time
from datetime import date, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from services.cli import opening
from services.cli.options import Folder, LoansAddress
from services.loans.closing import running
from services.loans.closing.running import Manner
from services.loans.closing.timing import ITSELF, WITHIN
from shared.clock import SystemClock
from shared.db import TenantDb
from shared.errors import RafidError
from shared.ids import InstitutionId

console = Console()


def close_day(
    institution: Annotated[
        str | None, typer.Option(help="Its code; every institution if not named.")
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day; yesterday if not named."),
    ] = None,
    within: Annotated[
        float,
        typer.Option(min=0.0, max=3_600.0, help="Seconds to spread the work over; others go on."),
    ] = WITHIN,
    data: Folder = None,
    url: LoansAddress = None,
) -> None:
    """Close a day: book profit earned and losses expected; payments go on meanwhile.

    The same day again books only what has changed since; after a failure just start it again.
    """

    async def main() -> int:
        refused = 0
        async with opening.databases(data, url) as opened:
            database = opened["loans"]
            for row in await opening.asked(database, code=institution):
                today = SystemClock().today(row.timezone)
                wanted = day.date() if day else today - timedelta(days=1)
                db = TenantDb(database, InstitutionId(row.institution_id))
                try:
                    await _close(db, row.code, day=wanted, today=today, within=within)
                except RafidError as error:
                    console.print(f"[red]✗[/] {row.code} {wanted}: {error}", soft_wrap=True)
                    refused += 1
        return refused

    if asyncio.run(main()):
        raise typer.Exit(1)


async def _close(db: TenantDb, code: str, *, day: date, today: date, within: float) -> None:
    """Close a day of one institution with a bar for each step, and tell what came of it."""
    began = time.monotonic()
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as shown:
        tasks = {
            step: shown.add_task(f"{code}: {title}", total=None)
            for step, title in (("windows", "places in schedules"), ("figures", "figures"))
        }

        def progress(step: str, done: int, total: int) -> None:
            shown.update(tasks[step], completed=done, total=total)

        manner = Manner(within=within, progress=progress)
        row = await running.close_day(db, day=day, today=today, actor_id=ITSELF, manner=manner)
    console.print(
        f"[green]✓[/] {code} {row.day}: {row.contracts:,} contracts,"
        f" {row.entries} entries (run {row.run}) in {time.monotonic() - began:.1f} s",
        soft_wrap=True,
    )
