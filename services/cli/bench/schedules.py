"""`rafid bench schedules`: what does an exact instalment take, beside one of floats?"""

import statistics
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from services.cli.benchmarks import schedules as measuring
from services.cli.benchmarks.schedules import Measured
from shared.periods import DayCount

console = Console()

NAMES = {
    "a": "(a) floats: one ipmt and one ppmt a loan",
    "b": "(b) exact columns: dates, principal, profit",
    "c": "(c) exact, a value for each instalment",
}
DAY_COUNTS: tuple[DayCount, ...] = ("30/360", "act/365", "act/act")


def schedules(
    count: Annotated[int, typer.Option(help="How many loans.", min=1)] = 10_000,
    instalments: Annotated[int, typer.Option(help="Instalments of each.", min=1, max=600)] = 60,
    alternations: Annotated[int, typer.Option(help="How often the ways alternate.", min=1)] = 5,
) -> None:
    """Find schedules exactly and by floats, in turns; print time per instalment and ratios."""
    console.print(f"{count:,} loans of {instalments} instalments, {alternations} runs in turns")
    for day_count in DAY_COUNTS:
        loans = measuring.loans(count, instalments=instalments, day_count=day_count)
        _report(measuring.measure(loans, alternations=alternations), day_count=day_count)
    console.print("asked: (b) ÷ (a) below 1, although exact")


def _report(measured: dict[str, Measured], *, day_count: DayCount) -> None:
    table = Table(title=f"Schedules by {day_count}, microseconds an instalment")
    for title in ("way", "median", "÷ (a)", "runs"):
        table.add_column(title, justify="left" if title == "way" else "right")
    base = statistics.median(measured["a"].microseconds)
    for way, figures in measured.items():
        middle = statistics.median(figures.microseconds)
        runs = " ".join(f"{run:.2f}" for run in figures.microseconds)
        table.add_row(NAMES[way], f"{middle:.2f}", f"{middle / base:.2f}", runs)
    console.print(table)
