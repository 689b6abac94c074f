"""`rafid review-rates`: what would other rates and terms do to a book, of loans or of a file?"""

import asyncio
import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from pydantic import Field, ValidationError
from rich.console import Console
from rich.table import Table

from services.cli import reaching
from services.cli.options import Folder, Institution
from services.cli.reaching import Address
from services.cli.training import SpecificationUnreadable, read_columns, why_no_json
from services.scoring.domain.simulation import reading, reviewing
from services.scoring.domain.simulation.book import Book
from services.scoring.domain.simulation.reading import Sources
from services.scoring.reviews import from_loans, paper, telling
from services.scoring.reviews.operations import figures_of
from services.scoring.reviews.page import Shown, page
from services.scoring.reviews.plan_bodies import Name, PlanBody, Share
from services.scoring.reviews.sourcing import Origin
from shared import printing, problems, texts
from shared.clients.review_books import FREQUENCY, USUAL, BookAsked, HttpReviewBooks
from shared.errors import Kind, RafidError, Sentence
from shared.schemas import Body

console = Console()
File = Annotated[
    Path | None,
    typer.Argument(exists=True, dir_okay=False, readable=True, help="A book as CSV; or --as-of."),
]


NEEDED = Sentence("It is needed to read a file.")


class SpecificationFaulty(RafidError):
    """The specification of the review has a fault"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{file}, member {member}: {fault}"
    file: str
    member: str
    fault: Sentence


class ColumnsBody(Body):
    """Which column is which: of each loan its figures; `pd` or `grade` says how risky it is.

    `frequency` is the column that says how often it is paid; without one all are paid monthly.
    """

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
    frequency: Name | None = None


class SpecBody(PlanBody):
    """A plan with the columns of its file; segments name a column each, the product among them."""

    columns: ColumnsBody | None = None
    segments: Annotated[dict[Name, Name], Field(max_length=12)] = Field(default_factory=dict)
    pd_by_grade: Annotated[dict[Name, Share], Field(max_length=100)] = Field(default_factory=dict)
    rates_in_percent: bool = False

    def sources(self, *, file: str) -> Sources:
        """Give what the reader of the book's file needs. Raises SpecificationFaulty."""
        if self.columns is None or not self.segments:
            member = "segments" if self.columns else "columns"
            raise SpecificationFaulty(file=file, member=member, fault=NEEDED)
        members = {name: column for name, column in self.columns if column is not None}
        paid = {FREQUENCY: members.pop(FREQUENCY)} if FREQUENCY in members else {}
        return Sources(
            members=members,
            segments=self.segments | paid,
            pd_by_grade={name: float(value) for name, value in self.pd_by_grade.items()},
            is_percent=self.rates_in_percent,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A book with the hash of what it was read from, and the book of loans that it was."""

    loans: Book
    hash: bytes
    origin: dict[str, str] | None = None
    taken: Origin | None = None


def review_rates(
    book: File = None,
    *,
    spec: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="Columns, costs, policies, caps.")
    ],
    out: Annotated[Path, typer.Option(help="The folder for review.json, .html and .pdf.")] = Path(),
    language: Annotated[str, typer.Option(help="Of page and paper: ar, fr or en.")] = "en",
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Take the book that loans had on this day."),
    ] = None,
    institution: Institution = None,
    data: Folder = None,
    url: Address = None,
) -> None:
    """Run each policy of a specification over a book of loans in its low, central and high case;
    write review.json, review.html and review.pdf.

    The book is a file, or with --as-of what loans had lent on a day; then the labels are those
    that `segments` of the specification names among product, fund, branch, region, sector, sex
    and age, and how often each is paid; the hash of the book stands in review.json.

    Nothing is decided and nothing registered: `POST /scoring/v1/rate-reviews` does that.
    """
    asked = _spec(spec)
    if (book is None) == (as_of is None):
        raise typer.BadParameter("name a file, or a day with --as-of")
    if book is not None:
        content = book.read_bytes()
        columns = read_columns(content)
        read = Read(
            loans=reading.book_from_file(columns, sources=asked.sources(file=spec.name)),
            hash=content,
        )
    elif as_of is not None:
        taking = taken(data, url, institution, asked=asked, as_of=as_of.date())
        read = asyncio.run(taking)
    result = reviewing.result_of(read.loans, plan=asked.value())
    wanted = texts.pick_language(language)
    plan = orjson.dumps(asked.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
    shown = Shown(
        name=asked.name,
        currency=asked.currency,
        status="run",
        result=result,
        input_hash=hashlib.sha256(read.hash + plan).hexdigest(),
        origin=read.taken,
    )
    html = page(shown, language=wanted)
    pdf = printing.printed(paper.sheet(shown, language=wanted))
    out.mkdir(parents=True, exist_ok=True)
    written = {"name": asked.name, "input_hash": shown.input_hash, **result}
    if read.origin is not None:
        written["from_loans"] = read.origin
    text = json.dumps(written, ensure_ascii=False, indent=1)
    (out / "review.json").write_text(text + "\n", encoding="utf-8")
    (out / "review.html").write_text(html, encoding="utf-8")
    (out / "review.pdf").write_bytes(pdf)
    _say(result, out)


async def taken(
    data: Folder, url: str | None, code: str | None, *, asked: SpecBody, as_of: date
) -> Read:
    """Take the book that loans had on a day. Raises what `from_loans.take` and `taken` raise."""
    wanted = BookAsked(as_of=as_of, by=list(asked.segments) or list(USUAL)).with_frequency()
    async with reaching.services(data, url, client="scoring") as reached:
        institution_id = await reached.institution(code)
        books = HttpReviewBooks(reached.loans, tokens=reached.tokens)
        book = await from_loans.take(
            books, wanted, currency=asked.currency, institution_id=institution_id
        )
    kept = from_loans.taken(book)
    foot = book.foot
    return Read(
        loans=reading.book_from(figures_of(kept.columns), labels=kept.columns["segments"]),
        hash=foot.sha256.encode(),
        origin={
            "as_of": book.head.as_of.isoformat(),
            "known_at": book.head.known_at.isoformat(),
            "sha256": foot.sha256,
            "loans": str(foot.loans),
            "left_out": str(foot.left_out),
        },
        taken=kept.origin,
    )


def _spec(path: Path) -> SpecBody:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise SpecificationUnreadable(file=path.name, fault=why_no_json(error)) from None
    try:
        return SpecBody.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        member = ".".join(str(part) for part in first["loc"]) or "."
        fault = problems.fault_told(first)
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
