"""`rafid review-rates`: what would other rates and terms do to the book of a file?"""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from pydantic import Field, ValidationError
from rich.console import Console
from rich.table import Table

from services.cli.training import SpecificationUnreadable, read_columns
from services.scoring.domain.simulation import reading, reviewing
from services.scoring.domain.simulation.reading import Sources
from services.scoring.reviews import paper, telling
from services.scoring.reviews.page import Shown, page
from services.scoring.reviews.plan_bodies import Name, PlanBody, Share
from shared import printing, texts
from shared.errors import Kind, RafidError
from shared.schemas import Body

console = Console()
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]


class SpecificationFaulty(RafidError):
    """The specification of the review has a fault"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{file}, member {member}: {fault}."
    file: str
    member: str
    fault: str


class ColumnsBody(Body):
    """Which column is which: of each loan its figures; `pd` or `grade` says how risky it is."""

    principal: Name
    annual_rate: Name
    term: Name
    income: Name
    pd: Name | None = None
    grade: Name | None = None
    grace: Name | None = None
    fee_share: Name | None = None
    debts: Name | None = None
    count: Name | None = None


class SpecBody(PlanBody):
    """A plan with the columns of its file; segments name a column each, the product among them."""

    columns: ColumnsBody
    segments: Annotated[dict[Name, Name], Field(min_length=1, max_length=12)]
    pd_by_grade: Annotated[dict[Name, Share], Field(max_length=100)] = Field(default_factory=dict)
    rates_in_percent: bool = False

    def sources(self) -> Sources:
        """Give what the reader of the file needs."""
        return Sources(
            members={name: column for name, column in self.columns if column is not None},
            segments=self.segments,
            pd_by_grade={name: float(value) for name, value in self.pd_by_grade.items()},
            is_percent=self.rates_in_percent,
        )


def review_rates(
    book: File,
    *,
    spec: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="Columns, costs, policies, caps.")
    ],
    out: Annotated[Path, typer.Option(help="The folder for review.json, .html and .pdf.")] = Path(),
    language: Annotated[str, typer.Option(help="Of page and paper: ar, fr or en.")] = "en",
) -> None:
    """Run each policy of a specification over a book of loans in its low, central and high case;
    write review.json, review.html and review.pdf.

    Nothing is decided and nothing registered: `POST /scoring/v1/rate-reviews` does that.
    """
    asked = _spec(spec)
    content = book.read_bytes()
    loans = reading.book_from_file(read_columns(content), sources=asked.sources())
    result = reviewing.result_of(loans, plan=asked.value())
    wanted = texts.pick_language(language)
    plan = orjson.dumps(asked.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
    shown = Shown(
        name=asked.name,
        currency=asked.currency,
        status="run",
        result=result,
        input_hash=hashlib.sha256(content + plan).hexdigest(),
    )
    html = page(shown, language=wanted)
    pdf = printing.printed(paper.sheet(shown, language=wanted))
    out.mkdir(parents=True, exist_ok=True)
    written = {"name": asked.name, "input_hash": shown.input_hash, **result}
    text = json.dumps(written, ensure_ascii=False, indent=1)
    (out / "review.json").write_text(text + "\n", encoding="utf-8")
    (out / "review.html").write_text(html, encoding="utf-8")
    (out / "review.pdf").write_bytes(pdf)
    _say(result, out)


def _spec(path: Path) -> SpecBody:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise SpecificationUnreadable(file=path.name, fault=str(error)) from None
    try:
        return SpecBody.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        member = ".".join(str(part) for part in first["loc"]) or "."
        fault = first["msg"].rstrip(".")
        raise SpecificationFaulty(file=path.name, member=member, fault=fault) from None


def _say(result: Any, out: Path) -> None:
    table = Table("policy", "borrowers' cost", "subsidy", "over 40 %", "loss", "OSS", "law")
    for item in result["policies"]:
        totals = item["cases"]["central"]
        names = ("total_cost", "subsidy", "burden_over_40", "expected_loss")
        table.add_row(
            f"{item['name']}{' *' if item['name'] in result['pareto'] else ''}",
            *(telling.told(name, telling.figure(totals, name)) for name in names),
            f"{totals['operational_self_sufficiency']:.2f}",
            "kept" if item["is_lawful"] else "BROKEN",
        )
    console.print(table)
    console.print("* beaten by no other policy; figures of the central case")
    for item in result["searches"]:
        if not item["found"]:
            missed = item["missed"]
            console.print(f"{item['name']}: nothing found, misses {missed['condition']}")
    console.print(f"review.json, review.html and review.pdf stand in {out.resolve()}")
