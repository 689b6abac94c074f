"""`rafid bench assess`: how long does an opinion take, and how many a second over HTTP?"""

import os
from typing import Annotated

import typer
from rich.console import Console

from services import data_folder
from services.cli.benchmarks import assessing as measuring
from services.cli.benchmarks.folder import temporary
from services.cli.running import run
from shared import ids

console = Console()
ASKED_MS, ASKED_RATE = 5.0, 300.0


def assess(
    opinions: Annotated[int, typer.Option(help="How many in process.", min=1)] = 200,
    seconds: Annotated[float, typer.Option(help="How long over HTTP.", min=0.1)] = 10.0,
    processes: Annotated[int, typer.Option(help="Processes of scoring.", min=1)] = 2,
    batch: Annotated[int, typer.Option(help="Applications of a batch.", min=2, max=500)] = 50,
) -> None:
    """Form opinions in process, each with nothing remembered, then over HTTP."""
    ways = {
        "plain": measuring.opinions(opinions),
        "with a fee and a legal ceiling": measuring.opinions(
            opinions, ceiling="0.36", fee_share="0.01"
        ),
        "by season, with both": measuring.opinions(
            opinions, ceiling="0.40", fee_share="0.01", make=measuring.seasonal
        ),
    }
    for name, found in ways.items():
        console.print(
            f"one opinion of {found.corners} corners, {name}: median {found.median:.2f} ms, "
            f"best {min(found.milliseconds):.2f} ms (asked: {ASKED_MS:g} ms)"
        )
    run(_over_http(seconds=seconds, processes=processes, batch=batch))


async def _over_http(*, seconds: float, processes: int, batch: int) -> None:
    with temporary() as folder:
        async with (
            data_folder.start_postgres(folder) as databases,
            measuring.serving(databases.urls["scoring"], processes=processes) as (port, token),
        ):
            for many in (1, 1, batch):
                found = await measuring.answers(
                    port, token=token, institution_id=ids.new(), seconds=seconds, batch=many
                )
                way = "one by one" if many == 1 else f"{many} at once"
                console.print(
                    f"over HTTP, {processes} processes, {measuring.CONNECTIONS} connections, "
                    f"{way}: [bold]{found.rate:,.0f}[/] opinions a second, p50 {found.p50:.0f} ms, "
                    f"p99 {found.p99:.0f} ms, {found.refused} refused; asking took "
                    f"{found.load_share:.2f} of a processor of {os.cpu_count()} "
                    f"(asked: {ASKED_RATE:g} a second)"
                )
