"""`rafid bench warn`: how long does it take to grade a month's running loans?"""

import time
from typing import Annotated

import typer
from rich.console import Console

from services import data_folder
from services.cli.benchmarks import warned
from services.cli.benchmarks.folder import temporary
from services.cli.benchmarks.warned import Repaid
from services.cli.running import run
from shared import ids
from shared.clock import SystemClock
from shared.ids import InstitutionId

console = Console()

ZONE = "UTC"


def warn(
    contracts: Annotated[int, typer.Option(help="How many contracts are made.")] = 20_000,
) -> None:
    """Gather, score and rule the early warnings of a month, on contracts made by COPY."""
    run(_warn(contracts=contracts))


async def _warn(*, contracts: int) -> None:
    made = Repaid(
        institution_id=InstitutionId(ids.new()),
        today=SystemClock().today(ZONE),
        contracts=contracts,
    )
    with temporary() as folder:
        async with data_folder.start_postgres(folder) as databases:
            started = time.perf_counter()
            await warned.make(databases.admin_url, made)
            console.print(f"{contracts:,} contracts made in {time.perf_counter() - started:.1f} s")
            found = await warned.grade(databases.urls, folder, made)
    console.print(
        f"{found.loans:,} running loans with {found.facts:,} dues and payments gathered in"
        f" [bold]{found.gathering:.1f} s[/] ({100_000 * found.gathering / max(found.loans, 1):.0f}"
        " s for 100,000)"
    )
    console.print(
        f"gathered, scored and ruled over all: [bold]{found.whole:.1f} s[/]"
        f" ({100_000 * found.whole / max(found.loans, 1):.0f} s for 100,000),"
        f" {found.alerts:,} red or amber"
    )
