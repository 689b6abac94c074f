"""`rafid impact`: what did an offer of loans change, beside where none was made?"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from services.cli.training import read_columns
from services.scoring.domain import impact as domain
from services.scoring.domain.impact import Effect, Numbers
from services.scoring.domain.training import columns

console = Console()


def impact(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file: one row a household.")
    ],
    *,
    outcome: Annotated[list[str], typer.Option(help="A column of what may have changed.")],
    treated: Annotated[str, typer.Option(help="The column that says 1 where loans were offered.")],
    area: Annotated[str, typer.Option(help="The column of the area that was offered them whole.")],
    equal: Annotated[list[str] | None, typer.Option(help="A column known before.")] = None,
    weight: Annotated[str | None, typer.Option(help="The column of the weights.")] = None,
    only: Annotated[
        str | None, typer.Option(help="The column that says 1 for rows to use.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the figures here as JSON.")] = None,
) -> None:
    """Estimate the effect of offering loans on each outcome, with its error and its bounds.

    Rows with a blank cell are left out of an outcome. Without anybody to compare with nothing is
    estimated: a change before and after is no effect.
    """
    texts = read_columns(file.read_bytes())
    held = [_numbers(name, texts) for name in equal or []]
    rows = slice(None) if only is None else _numbers(only, texts) == 1
    effects = {
        name: domain.intention_to_treat(
            _numbers(name, texts)[rows],
            treated=_numbers(treated, texts)[rows],
            area=_numbers(area, texts)[rows],
            held_equal=np.column_stack(held)[rows] if held else None,
            weight=None if weight is None else _numbers(weight, texts)[rows],
        )
        for name in outcome
    }
    _say(effects)
    if out is not None:
        told = {name: _written(effect) for name, effect in effects.items()}
        out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _numbers(name: str, texts: Mapping[str, list[str]]) -> Numbers:
    if name not in texts:
        raise columns.ColumnAbsent(column=name, columns=tuple(texts))
    return columns.numbers_of(name, texts)


def _written(effect: Effect) -> dict[str, str | int]:
    figures = ("value", "error", "low", "high", "control_mean")
    counts = {"rows": effect.rows, "areas": effect.areas}
    return {name: f"{getattr(effect, name):.6f}" for name in figures} | counts


def _say(effects: Mapping[str, Effect]) -> None:
    table = Table("outcome", "effect", "error", "95 of 100", "without", "rows", "areas", "told?")
    for name, effect in effects.items():
        table.add_row(
            name,
            f"{effect.value:,.4f}",
            f"{effect.error:,.4f}",
            f"{effect.low:,.4f} to {effect.high:,.4f}",
            f"{effect.control_mean:,.4f}",
            f"{effect.rows:,}",
            f"{effect.areas:,}",
            "yes" if effect.is_told_from_chance else "may be chance",
        )
    console.print(table)
