"""`rafid train-warning`: learn a card of warnings from loan-months, and prove it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import orjson
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from services.cli.training import (
    CODE,
    NO_OBJECT,
    SpecificationUnreadable,
    read_columns,
    why_no_json,
)
from services.scoring.domain.training import columns
from services.scoring.domain.training.bins import Numbers
from services.scoring.domain.training.columns import ColumnAbsent
from services.scoring.domain.training.spec import Spec, spec_of
from services.scoring.domain.training.validation import Trained
from services.scoring.domain.warning import learning
from services.scoring.domain.warning.grading import Capacity
from services.scoring.domain.warning.learning import Panel
from shared.clock import SystemClock

console = Console()
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]
STEPS = learning.FOLDS + 2


def train_warning(
    panel: File,
    *,
    spec: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="What may enter, and its words.")
    ],
    test_from: Annotated[str, typer.Option(help="The first month set aside, as 2026-05.")],
    out: Annotated[Path, typer.Option(help="The folder for card and proof.")] = Path(),
    loan: Annotated[str, typer.Option(help="The column of the loan.")] = "loan_id",
    month: Annotated[str, typer.Option(help="The column of the month.")] = "month",
    lead: Annotated[str | None, typer.Option(help="The column of days until the fall.")] = None,
    horizon: Annotated[int, typer.Option(min=1, max=24, help="Months looked ahead.")] = 3,
    until: Annotated[str | None, typer.Option(help="What is known by this day; today.")] = None,
    capacity: Annotated[float, typer.Option(min=0, max=1, help="Looked after a month.")] = 0.10,
) -> None:
    """Fit a card to a CSV file of loans at risk by month; write card.json and validation.json.

    Figures are of later months of loans that the scoring card was not fitted to. Nothing is
    registered: `POST /scoring/v1/warnings/cards` takes the card in.
    """
    document = _specification(spec)
    checked = spec_of(document)
    content = panel.read_bytes()
    texts = read_columns(content)
    _check_columns(texts, [loan, month, *([lead] if lead else [])], checked)
    day = date.fromisoformat(until) if until else SystemClock().now().date()
    months = learning.months_of(texts[month], loans=texts[loan], horizon=horizon, until=day)
    rows = Panel(
        loans=np.array(texts[loan], dtype=str),
        months=months,
        columns=columns.asked_of(texts, spec=checked),
        fell=columns.bad_of(texts, spec=checked),
        lead=_lead(texts[lead]) if lead else np.full(len(months), np.nan),
    )
    training = {
        "window": checked.window,
        "rows": len(months),
        "bad": int(rows.fell.sum()),
        "file": hashlib.sha256(content).hexdigest(),
        "specification": hashlib.sha256(
            orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        ).hexdigest(),
        "code": CODE,
    }
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("train-warning", total=STEPS)
        trained = learning.train(
            rows,
            spec=checked,
            training=training,
            test_from=test_from,
            capacity=Capacity(share=Decimal(str(capacity))),
            step=lambda name: progress.update(task, advance=1, description=name),
        )
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "card.json", trained.document)
    _write(out / "validation.json", trained.validation)
    _say(trained, out)


def _check_columns(texts: Mapping[str, list[str]], names: list[str], spec: Spec) -> None:
    for name in names:
        if name not in texts:
            raise ColumnAbsent(column=name, columns=tuple(texts))
    columns.check_columns(list(texts), spec=spec)


def _specification(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise SpecificationUnreadable(file=path.name, fault=why_no_json(error)) from None
    if not isinstance(found, dict):
        raise SpecificationUnreadable(file=path.name, fault=NO_OBJECT)
    return found


def _write(path: Path, document: Mapping[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def _lead(cells: list[str]) -> Numbers:
    return np.array([float(cell) if cell.strip() else np.nan for cell in cells])


def _say(trained: Trained, out: Path) -> None:
    held_out: Mapping[str, Any] = trained.validation["held_out"]
    table = Table("figure", "on loans and months not seen")
    table.add_row("loan-months / fell", f"{held_out['rows']} / {held_out['fell']}")
    table.add_row("AUC", f"{held_out['auc']:.4f}")
    table.add_row("fell in the worst tenth", f"{held_out['capture_worst_tenth']:.3f}")
    table.add_row("calibration error", f"{held_out['calibration_error']:.4f}")
    for name, key in (("alerts by the card", "at_capacity"), ("late over 7 days", "rule_late")):
        if key in held_out:
            table.add_row(name, json.dumps(held_out[key]))
    console.print(table)
    console.print(f"card.json and validation.json stand in {out.resolve()}")
