"""`rafid train`: learn a scorecard from a file of loans that ended, and prove it."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from services.scoring.domain import card_form
from services.scoring.domain.training import blend, columns, validation
from services.scoring.domain.training.bins import Flags
from services.scoring.domain.training.blend import Mix, Stage
from services.scoring.domain.training.fitting import Columns
from services.scoring.domain.training.spec import Spec, Target, spec_of
from services.scoring.domain.training.validation import Plan, Recipe, Trained
from services.scoring.learning.report import page
from shared import texts
from shared.errors import Filled, Kind, RafidError, Sentence

console = Console()
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]

CODE = "1"  # raised whenever the same file and specification would give another card
EXTRA_STEPS = 2


NO_OBJECT = Sentence("it is no object.")


class SpecificationUnreadable(RafidError):
    """The specification is no JSON document"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{file} cannot be read as JSON: {fault}"
    file: str
    fault: Sentence


class RowsUneven(RafidError):
    """A row of the file has another number of cells than its head"""

    kind = Kind.RULE
    service = "scoring"
    detail = "Line {line} has {cells} cells, the head has {columns}."
    line: int
    cells: int
    columns: int


class FileUnreadable(RafidError):
    """The file is no table of text"""

    kind = Kind.RULE
    service = "scoring"
    detail = "The file cannot be read as CSV in UTF-8: {fault}."
    fault: str


class HeadTwice(RafidError):
    """Two columns of the file have one name"""

    kind = Kind.RULE
    service = "scoring"
    detail = "The head of the file has the column {column} twice; nobody knows which is meant."
    column: str


def train(
    data: File,
    *,
    spec: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="What may enter, and its words.")
    ],
    target: Annotated[
        str | None, typer.Option(help="COLUMN=BAD in place of the specification's own.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder for card, proof and report.")] = Path(),
    folds: Annotated[int, typer.Option(min=2, max=20, help="Parts of the proof.")] = 5,
    repeats: Annotated[int, typer.Option(min=1, max=20, help="Repeats of the proof.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="Of the folds and of the bootstrap.")] = 0,
    language: Annotated[str, typer.Option(help="Of the report: ar, fr or en.")] = "en",
    expert: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A committee's card, while bads are few."),
    ] = None,
    weight: Annotated[
        int, typer.Option(min=1, help="k of the expert's part k/(k + bads); alone under k bads.")
    ] = blend.WEIGHT,
    enough: Annotated[
        int, typer.Option(min=1, help="Bads from which on the expert has no part.")
    ] = blend.STATISTICAL_FROM,
) -> None:
    """Fit monotone bins and a ridge logistic to a CSV file; write card.json, validation.json and
    report.html. With --expert the card is the expert's, a blend or a learned one by the bads.

    The same file, specification and seed give the same card and the same figures. Nothing is
    registered: `POST /scoring/v1/models` takes the card in as a draft.
    """
    document = _read_json(spec)
    checked = _aimed(spec_of(document), target)
    content = data.read_bytes()
    mixed = (
        None
        if expert is None
        else Mixed(_read_json(expert), Mix(k=weight, statistical_from=enough))
    )
    if mixed is not None and _is_expert_kept(content, checked, mixed, out):
        return
    plan = Plan(parts=folds, repeats=repeats, seed=seed)
    trained = _trained(content, checked, document, plan, mixed)
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "card.json", trained.document)
    _write(out / "validation.json", trained.validation)
    wanted = texts.pick_language(language)
    report = page(trained, spec=checked, language=wanted)
    (out / "report.html").write_text(report, encoding="utf-8")
    _say(trained, out)


@dataclass(frozen=True, slots=True)
class Mixed:
    """A committee's card, and how far its word goes beside what the loans say."""

    expert: Mapping[str, Any]
    mix: Mix


def _is_expert_kept(content: bytes, spec: Spec, mixed: Mixed, out: Path) -> bool:
    """Write the expert's card as it is where bad loans are too few to learn from, and say so."""
    card_form.scorecard_of(mixed.expert)
    read = read_columns(content)
    columns.check_columns(list(read), spec=spec)
    bads = int(columns.bad_of(read, spec=spec).sum())
    if mixed.mix.stage(bads) is not Stage.EXPERT:
        return False
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "card.json", mixed.expert)
    console.print(
        f"Only {bads} bad loans, fewer than {mixed.mix.k}: the expert's card is kept as it is. "
        f"card.json stands in {out.resolve()}"
    )
    return True


def _recipe(mixed: Mixed, bads: int) -> Recipe | None:
    if mixed.mix.stage(bads) is Stage.STATISTICAL:
        console.print(f"{bads} bad loans: the expert has no part any more.")
        return None
    console.print(f"{bads} bad loans: the expert's part is {mixed.mix.weight(bads):.2f}.")

    def blended(
        asked: Columns, bad: Flags, spec: Spec, training: Mapping[str, object]
    ) -> dict[str, Any]:
        return blend.document_of(
            asked, bad=bad, spec=spec, training=training, expert=mixed.expert, mix=mixed.mix
        )

    return blended


def read_columns(content: bytes) -> Mapping[str, list[str]]:
    """Read a CSV file with a head into columns of text.

    Raises FileUnreadable, HeadTwice, RowsUneven.
    """
    try:
        return _columns(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileUnreadable(fault=str(error)) from None


def _columns(rows: Iterator[list[str]]) -> Mapping[str, list[str]]:
    head = next(rows, [])
    for name in head:
        if head.count(name) > 1:
            raise HeadTwice(column=name)
    found: list[list[str]] = [[] for _ in head]
    for line, row in enumerate(rows, start=2):
        if not row:
            continue
        if len(row) != len(head):
            raise RowsUneven(line=line, cells=len(row), columns=len(head))
        for column, value in zip(found, row, strict=True):
            column.append(value)
    return dict(zip(head, found, strict=True))


def _trained(
    content: bytes, spec: Spec, document: Mapping[str, Any], plan: Plan, mixed: Mixed | None
) -> Trained:
    read = read_columns(content)
    columns.check_columns(list(read), spec=spec)
    bad = columns.bad_of(read, spec=spec)
    training = {
        "window": spec.window,
        "rows": len(bad),
        "bad": int(bad.sum()),
        "file": hashlib.sha256(content).hexdigest(),
        "specification": hashlib.sha256(
            orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        ).hexdigest(),
        "code": CODE,
    }
    asked: Columns = columns.asked_of(read, spec=spec)
    recipe = None if mixed is None else _recipe(mixed, int(bad.sum()))
    if mixed is not None and recipe is not None:
        asked, absent = blend.with_blanks(asked, expert=mixed.expert)
        if absent:
            console.print(f"The file lacks what the expert asks: {', '.join(absent)}.")
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("train", total=plan.parts * plan.repeats + EXTRA_STEPS)
        return validation.train(
            asked,
            bad=bad,
            audited=columns.audited_of(read, spec=spec),
            spec=spec,
            training=training,
            plan=plan,
            step=lambda name: progress.update(task, advance=1, description=name),
            recipe=recipe,
        )


def _aimed(spec: Spec, target: str | None) -> Spec:
    if target is None:
        return spec
    column, _, bad = target.partition("=")
    return replace(spec, target=Target(column=column, bad=bad or "1"))


def _read_json(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise SpecificationUnreadable(file=path.name, fault=why_no_json(error)) from None
    if not isinstance(found, dict):
        raise SpecificationUnreadable(file=path.name, fault=NO_OBJECT)
    return found


def why_no_json(error: ValueError) -> Sentence:
    """Say where a file stops to be JSON."""
    if isinstance(error, json.JSONDecodeError):
        where = Sentence("it breaks off at line {line}, column {column}.")
        return Filled(where, line=error.lineno, column=error.colno)
    return Sentence("it is not written in UTF-8.")


def _write(path: Path, document: Mapping[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def _say(trained: Trained, out: Path) -> None:
    held_out = trained.validation["held_out"]
    table = Table("figure", "on loans not seen")
    table.add_row("loans / bad", f"{trained.validation['rows']} / {trained.validation['bad']}")
    table.add_row("AUC, mean of folds", f"{held_out['auc_mean']:.4f}")
    table.add_row("its interval", f"{held_out['auc_low']:.4f} to {held_out['auc_high']:.4f}")
    table.add_row("KS", f"{held_out['ks']:.3f}")
    table.add_row("bad in the worst tenth", f"{held_out['capture_worst_tenth']:.3f}")
    table.add_row("calibration error", f"{held_out['calibration_error']:.4f}")
    for audit in trained.validation["fairness"]:
        ratio = audit["approval_ratio"]
        shown = "-" if ratio is None else f"{ratio:.3f}"
        table.add_row(f"approval ratio by {audit['trait']}", shown)
    console.print(table)
    console.print(f"card.json, validation.json and report.html stand in {out.resolve()}")
