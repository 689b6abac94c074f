"""`rafid bench review`, `assign` and `cards`: what does scoring take for a whole book?"""

from typing import Annotated

import typer
from rich.console import Console

from services.cli.benchmarks import scoring as measuring

console = Console()
Turns = Annotated[int, typer.Option(help="How often each way runs.", min=1)]


def review(
    count: Annotated[int, typer.Option(help="How many loans.", min=1)] = 1_000_000,
    policies: Annotated[int, typer.Option(help="Policies by cells.", min=1)] = 90,
    alternations: Turns = 3,
) -> None:
    """Run one policy by loans and many by cells, in turns, beside a loop of floats."""
    found = measuring.review(count, count=policies, alternations=alternations)
    loans = " ".join(f"{run:.3f}" for run in found.loans.seconds)
    cells = " ".join(f"{run:.2f}" for run in found.by_cells.seconds)
    changed = " ".join(f"{run:.3f}" for run in found.changed.seconds)
    console.print(f"{count:,} loans, one policy, loan by loan: {loans} s (asked: 0.15 s)")
    console.print(f"the same, half the rate, half as long again, paid weekly: {changed} s")
    console.print(
        f"{policies} policies by {found.cells:,} cells: {cells} s, and once {found.joining:.2f} s "
        "to join them (asked: 10 s)"
    )
    name, worst = max(found.errors.items(), key=lambda item: item[1])
    console.print(f"largest error of cells: {worst:.3%}, of {name} (asked: 1 %)")
    console.print(
        f"a loop of one ipmt and one ppmt a loan, timed on {measuring.LOOPED} and scaled: "
        f"{found.loop:.0f} s, {found.loop / found.loans.best:,.0f} times as long (asked: 1,000)"
    )
    console.print(f"memory at most: {measuring.memory_mb():,.0f} MB (asked: 1,024 MB)")


def assign(
    applications: Annotated[int, typer.Option(help="Waiting applications.", min=1)] = 20_000,
    funds: Annotated[int, typer.Option(help="Funds.", min=1)] = 12,
    alternations: Turns = 3,
) -> None:
    """Assign applications to funds with every reason; print time and gap."""
    problem = measuring.a_run(applications, funds=funds)
    for _ in range(alternations):
        seconds, solution, served = measuring.assign(problem)
        console.print(
            f"{applications:,} applications, {funds} funds, {len(problem.pairs):,} pairs: "
            f"{seconds:.2f} s (asked: 5 s), {served:,} served, gap {solution.gap:.4%}, "
            f"{solution.method}"
        )
    console.print(f"memory at most: {measuring.memory_mb():,.0f} MB (asked: 1,024 MB)")


def cards(
    rows: Annotated[int, typer.Option(help="Rows to score.", min=1)] = 1_000_000,
    characteristics: Annotated[int, typer.Option(help="Of the card.", min=1)] = 10,
    alternations: Turns = 3,
) -> None:
    """Score many rows with one card at once."""
    runs = measuring.score(rows, characteristics=characteristics, alternations=alternations)
    told = " ".join(f"{run:.3f}" for run in runs.seconds)
    console.print(f"{rows:,} rows, {characteristics} characteristics: {told} s (asked: 0.5 s)")
