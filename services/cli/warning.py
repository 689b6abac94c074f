"""`rafid warn`: gather what is known of every running loan, and have the month graded."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Annotated

import httpx
import typer
from pydantic import SecretStr
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from services import data_folder
from services.cli import opening
from services.cli.options import Folder, LoansAddress
from services.cli.running import free_port, house
from services.loans import app as loans
from services.loans.domain import days, early_warning
from services.loans.settings import LoansSettings
from services.loans.warnings import running
from shared.clients.scoring import ScoringClient
from shared.clock import Clock
from shared.db import Database, TenantDb
from shared.errors import RafidError
from shared.ids import InstitutionId

console = Console()

PORT = 8_300


def warn(
    institution: Annotated[
        str | None, typer.Option(help="Its code; every institution if not named.")
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The last day of the month before if not named."),
    ] = None,
    per_officer: Annotated[
        int | None,
        typer.Option(min=0, max=1_000, help="Loans an officer can look after in a month."),
    ] = None,
    data: Folder = None,
    url: LoansAddress = None,
) -> None:
    """Grade a month's running loans by what was known on a day: which may fall, and why.

    A month is graded once: the same again changes nothing, and after a failure just start it
    again. With --url scoring and the secret of loans are those of the environment.
    """

    async def main() -> int:
        async with _opened(data, url) as (database, scoring, clock):
            return await warn_all(
                database,
                scoring,
                clock=clock,
                code=institution,
                day=None if day is None else day.date(),
                per_officer=per_officer,
            )

    if asyncio.run(main()):
        raise typer.Exit(1)


async def warn_all(
    database: Database,
    scoring: ScoringClient,
    *,
    clock: Clock,
    code: str | None = None,
    day: date | None = None,
    per_officer: int | None = None,
) -> int:
    """Grade the month of the institution named, or of all; return how many were refused."""
    refused = 0
    for row in await opening.asked(database, code=code):
        today = clock.today(row.timezone)
        as_of = day or early_warning.last_month_end(today)
        db = TenantDb(database, InstitutionId(row.institution_id))
        try:
            days.require_come(as_of, member="day", today=today)
            await _warn(db, scoring, row.code, as_of=as_of, clock=clock, per_officer=per_officer)
        except RafidError as error:
            console.print(f"[red]✗[/] {row.code} {as_of}: {error}", soft_wrap=True)
            refused += 1
    return refused


async def _warn(
    db: TenantDb,
    scoring: ScoringClient,
    code: str,
    *,
    as_of: date,
    clock: Clock,
    per_officer: int | None,
) -> None:
    """Grade the month of one institution with a bar, and tell what came of it."""
    began = time.monotonic()
    bars = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*bars, TimeElapsedColumn(), console=console, transient=True) as shown:
        task = shown.add_task(f"{code}: parts", total=None)
        parts = await running.warn(
            db,
            scoring,
            as_of=as_of,
            at=clock.now(),
            per_officer=per_officer,
            progress=lambda done, of: shown.update(task, completed=done, total=of),
        )
    if parts is None:
        console.print(f"{code} {as_of}: another process is at it", soft_wrap=True)
        return
    sums = {
        name: sum(getattr(part, name) for part in parts)
        for name in ("red", "amber", "green", "left_out")
    }
    console.print(
        f"[green]✓[/] {code} {as_of}: {sums['red']:,} red, {sums['amber']:,} amber,"
        f" {sums['green']:,} green, {sums['left_out']:,} out of risk,"
        f" in {len(parts)} parts and {time.monotonic() - began:.1f} s",
        soft_wrap=True,
    )


@asynccontextmanager
async def _opened(
    folder: Folder, url: LoansAddress
) -> AsyncIterator[tuple[Database, ScoringClient, Clock]]:
    """Open the house of a data folder, or the database and the scoring service that run."""
    if url is None:
        async with house(data_folder.chosen(folder), port=free_port(PORT)) as rafid:
            state = rafid.loans.state
            yield state.database, state.scoring, state.clock
        return
    settings = LoansSettings(database_url=SecretStr(url))  # type: ignore[call-arg] # environment
    async with httpx.AsyncClient(base_url=str(settings.scoring_url)) as http:
        state = loans.create_app(settings, http=http).state
        try:
            yield state.database, state.scoring, state.clock
        finally:
            await state.database.close()
