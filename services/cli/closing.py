"""`rafid close-day`: close a day of an institution's books, or close it again."""

import asyncio
import time
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from services.cli.imports import InstitutionCodeUnknown
from services.cli.proving import databases, tenants
from services.cli.running import Folder
from services.loans.closing import running
from services.loans.closing.running import Manner
from services.loans.institutions import queries as institutions
from shared.clock import SystemClock
from shared.db import Database, TenantDb
from shared.errors import RafidError
from shared.ids import InstitutionId

console = Console()
WITHIN = 25.0
ITSELF = UUID("018f0000-0000-7000-8000-00000000c105")
"""Who books where no person asked: the command itself."""


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
    url: Annotated[
        str | None,
        typer.Option(
            envvar="RAFID_LOANS_DATABASE_URL",
            help="The loans role's address of a server that runs; without it a data folder.",
        ),
    ] = None,
) -> None:
    """Close a day: book profit earned and losses expected; payments go on meanwhile.

    The same day again books only what has changed since; after a failure just start it again.
    """

    async def main() -> int:
        refused = 0
        async with databases(data, url) as opened:
            database = opened["loans"]
            for institution_id, code, today in await _asked(database, code=institution):
                asked = day.date() if day else today - timedelta(days=1)
                db = TenantDb(database, institution_id)
                try:
                    await _close(db, code, day=asked, today=today, within=within)
                except RafidError as error:
                    console.print(f"[red]✗[/] {code} {asked}: {error}", soft_wrap=True)
                    refused += 1
        return refused

    if asyncio.run(main()):
        raise typer.Exit(1)


async def _asked(database: Database, *, code: str | None) -> list[tuple[InstitutionId, str, date]]:
    """The institutions to close for, each with its code and its day now."""
    found, codes = [], []
    for institution_id in await tenants(database):
        async with database.read(institution_id) as session:
            row = await institutions.institution(session)
        codes.append(row.code)
        if code in (None, row.code):
            today = SystemClock().now().astimezone(ZoneInfo(row.timezone)).date()
            found.append((institution_id, row.code, today))
    if code is not None and not found:
        raise InstitutionCodeUnknown(codes=tuple(sorted(codes)))
    return found


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
