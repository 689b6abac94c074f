"""`rafid bench`: what does Rafid do on this machine? Each figure is printed, none is kept.

A benchmark is a module of this package with a function named as its command; what it measures
with stands in `services/cli/benchmarks`. Ways that are compared run in turns, in one run.
"""

import typer

from services.cli.bench import close_day, life, portfolio, repayments, schedules

app = typer.Typer(help="Measure Rafid on this machine; every figure is printed, none is kept.")


@app.callback()
def bench() -> None:
    """Keep the benchmarks as named commands, also while there is only one."""


app.command("repayments")(repayments.repayments)
app.command("portfolio")(portfolio.portfolio)
app.command("schedules")(schedules.schedules)
app.command("replay")(life.replay)
app.command("reads")(life.reads)
app.command("close-day")(close_day.close_day)
