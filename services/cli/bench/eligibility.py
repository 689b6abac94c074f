"""`rafid bench eligibility`: how long until it is known which fund may finance whom?"""

import statistics
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from services.cli.benchmarks import eligibility as measuring

console = Console()
ASKED_SECONDS = 2.0


def eligibility(
    applications: Annotated[int, typer.Option(help="How many applications.", min=1)] = 10_000,
    funds: Annotated[int, typer.Option(help="How many funds.", min=1)] = 50,
    clauses: Annotated[int, typer.Option(help="Clauses of each fund.", min=1, max=50)] = 10,
    runs: Annotated[int, typer.Option(help="How often.", min=1)] = 5,
) -> None:
    """Ask every fund about every application, with reasons; a sample is asked singly as well."""
    measured = measuring.measure(applications=applications, funds=funds, clauses=clauses, runs=runs)
    table = Table(title=f"{applications:,} applications, {funds} funds of {clauses} clauses")
    for title in ("what", "figure"):
        table.add_column(title, justify="left" if title == "what" else "right")
    middle = statistics.median(measured.seconds)
    for name, figure in (
        ("pairs answered", f"{measured.pairs:,}"),
        ("of them refused", f"{measured.refused:,}"),
        ("reasons given", f"{measured.reasons:,}"),
        ("seconds, median", f"{middle:.3f}"),
        ("seconds, each run", " ".join(f"{one:.3f}" for one in measured.seconds)),
        ("microseconds a pair", f"{middle / measured.pairs * 1e6:.2f}"),
        ("microseconds a pair, asked singly", f"{measured.single:.1f}"),
    ):
        table.add_row(name, figure)
    console.print(table)
    console.print(f"asked: {ASKED_SECONDS:g} s or less; {measuring.SAMPLE:,} pairs agree singly")
