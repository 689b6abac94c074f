"""`rafid import applications`: take a file in, have it assessed, decided, signed and paid."""

import csv
import io
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
import yaml
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from services import embedded
from services.cli.importing import FileSteps, Moment
from services.cli.running import Folder, free_port, house, run
from services.loans.applications import intake
from services.loans.applications import queries as applications
from services.loans.applications.intake import Order, Refused, Taken
from services.loans.domain import intake as reading
from services.loans.domain.intake import IntakeFile
from services.loans.domain.mapping import FieldRules, MappingUnclear
from services.loans.institutions import queries as institutions
from shared import texts
from shared.clients.scoring import ScoringClient
from shared.clock import Clock
from shared.db import Database, TenantDb
from shared.errors import Kind, RafidError
from shared.ids import InstitutionId
from shared.schemas import MAX_PAGE, Page
from shared.texts import Language

app = typer.Typer(help="Take in what another system wrote.")
console = Console()

PORT = 8_300
# The table of codes is not walled: whose transaction it is read in does not matter.
NOBODY = InstitutionId(UUID(int=0))
LARGEST_FILE = 200 * 1024 * 1024


class FileTooLarge(RafidError):
    """The file is too large for one import"""

    kind = Kind.RULE
    service = "loans"
    detail = "It has {size} bytes; part it into files of at most {most}."
    size: int
    most: int


class InstitutionCodeUnknown(RafidError):
    """The institution is not named"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "Name one of these with --institution: {codes}."
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the person at the command line asked for."""

    product_code: str
    branch_code: str | None
    fund_codes: tuple[str, ...]
    signs: bool
    pays: bool
    language: Language


@dataclass(slots=True, kw_only=True)
class Report:
    """What a run did; `left` are those that the rules left to people, by the refusal's name."""

    taken: Taken
    assessed: int = 0
    left: Counter[str] = field(default_factory=Counter)
    signed: int = 0
    paid: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0


@app.callback()
def imports() -> None:
    """Keep the imports as named commands, also while there is only one."""


@app.command("applications")
def import_applications(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    *,
    mapping: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The rules (YAML).")],
    product: Annotated[str, typer.Option(help="The code of the product applied for.")],
    institution: Annotated[str | None, typer.Option(help="Its code, if there are several.")] = None,
    branch: Annotated[str | None, typer.Option(help="The code of the usual branch.")] = None,
    fund: Annotated[
        list[str] | None,
        typer.Option(help="Decide by the products' rules, and lend from these funds."),
    ] = None,
    sign: Annotated[bool, typer.Option(help="Sign what is approved.")] = False,
    pay: Annotated[bool, typer.Option(help="Pay signed contracts out in cash.")] = False,
    language: Annotated[str, typer.Option(help="Of the reasons: ar, fr or en.")] = "en",
    data: Folder = None,
) -> None:
    """Take applications in from a CSV file; the same file again has no effect.

    Lines that cannot be taken in are written to FILE.quarantine.csv with the reason.
    """
    content = read_bounded(file)
    rules = read_rules(mapping)
    wish = Wish(
        product_code=product,
        branch_code=branch,
        fund_codes=tuple(fund or ()),
        signs=sign,
        pays=pay,
        language=texts.pick_language(language),
    )

    async def main() -> None:
        folder = embedded.data_folder(data)
        async with house(folder, port=free_port(PORT)) as rafid:
            db = await tenant(rafid.loans.state.database, code=institution)
            read = reading.read(content)
            report = await import_file(
                db, rafid.loans.state.scoring, read, rules, wish, clock=rafid.loans.state.clock
            )
        write_quarantine(file, report.taken.refused, language=wish.language)
        tell(report, file=file, read=read)

    run(main())


def read_bounded(path: Path) -> bytes:
    """Read a file into memory. Raises `FileTooLarge`."""
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise FileTooLarge(size=size, most=LARGEST_FILE)
    return path.read_bytes()


def read_rules(path: Path) -> FieldRules:
    """Read the rules of a mapping. Raises `MappingUnclear`."""
    try:
        document = yaml.safe_load(path.read_text("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise MappingUnclear(path="/") from None
    return FieldRules.of(document)


async def tenant(database: Database, *, code: str | None) -> TenantDb:
    """The database bound to the institution named, or to the only one there is."""
    async with database.read(NOBODY) as session:
        rows = await institutions.directory(session, page=Page(limit=MAX_PAGE))
    found = [row for row in rows if code in (None, row.code)]
    if len(found) != 1:
        raise InstitutionCodeUnknown(codes=tuple(row.code for row in rows))
    return TenantDb(database, InstitutionId(found[0].institution_id))


async def import_file(
    db: TenantDb,
    scoring: ScoringClient,
    file: IntakeFile,
    rules: FieldRules,
    wish: Wish,
    *,
    clock: Clock,
) -> Report:
    """Take every step that was asked for, with a bar each; broken off, it may be run again."""
    began = time.monotonic()
    async with db() as session:
        timezone = (await institutions.institution(session)).timezone
        branches = await institutions.branches(session, page=Page(limit=MAX_PAGE))
    codes = {row.code: row.branch_id for row in branches}
    moment = Moment(at=clock.now(), on=clock.today(timezone))
    order = Order(
        rules=rules,
        product_code=wish.product_code,
        branches=codes,
        branch_code=wish.branch_code or (next(iter(codes)) if len(codes) == 1 else None),
        language=wish.language,
        at=moment.at,
        on=moment.on,
    )
    with _bars() as bars:
        came = _bar(bars, "Taking in")
        taken = await intake.take_in(db, file, order, told=lambda some: came(some, len(file.lines)))
        report = Report(taken=taken)
        steps = FileSteps(db=db, names=file.names, moment=moment)
        report.assessed = await steps.assess(scoring, told=_bar(bars, "Assessing"))
        if wish.fund_codes:
            report.left = await steps.decide(wish.fund_codes, told=_bar(bars, "Deciding"))
        if wish.signs:
            report.signed = await steps.sign(told=_bar(bars, "Signing"))
        if wish.pays:
            report.paid = await steps.pay(told=_bar(bars, "Paying out"))
    async with db() as session:
        counts = await applications.counts_of_file(session, file.names)
    report.counts = {status.value: number for status, number in sorted(counts.items())}
    report.seconds = time.monotonic() - began
    return report


def _bars() -> Progress:
    return Progress(
        TextColumn("{task.description:<11}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def _bar(bars: Progress, description: str) -> Callable[[int, int], None]:
    task = bars.add_task(description, total=None)
    return lambda some, of: bars.update(task, advance=some, total=of)


def quarantine_of(path: Path) -> Path:
    """The file beside a file that holds its refused lines."""
    return path.with_name(f"{path.stem}.quarantine.csv")


def write_quarantine(path: Path, refused: tuple[Refused, ...], *, language: Language) -> None:
    """Write each refused line with its number and the reason; no file where none was refused."""
    target = quarantine_of(path)
    if not refused:
        target.unlink(missing_ok=True)
        return
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["line", "problem", "reason", "text"])
    for one in refused:
        title, detail = texts.render(one.error, language=language)
        text = one.line.text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        writer.writerow([one.line.number, one.error.slug(), f"{title}: {detail}", text])
    fresh = target.with_suffix(".new")
    fresh.write_text(out.getvalue(), "utf-8-sig")
    fresh.replace(target)


def tell(report: Report, *, file: Path, read: IntakeFile) -> None:
    """Print what the run did and where the file's applications stand."""
    taken = report.taken
    console.print(
        f"{len(read.lines)} lines ({read.encoding}) in {report.seconds:.1f} s:"
        f" {taken.taken} taken in, {taken.known} known already, {len(taken.refused)} refused;"
        f" {report.assessed} assessed, {report.signed} signed, {report.paid} paid out"
    )
    if taken.refused:
        console.print(f"The refused lines stand in {quarantine_of(file)}")
    table = Table("status", "applications")
    for status, number in report.counts.items():
        table.add_row(status, str(number))
    console.print(table)
    for slug, number in report.left.items():
        console.print(f"{number} left to people by the rules: {slug}")
