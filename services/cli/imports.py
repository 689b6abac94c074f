"""`rafid import applications`: take a file in, have it assessed, decided, signed and paid."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from services import data_folder
from services.cli.importing import FileSteps, Moment
from services.cli.intake_files import quarantine_of, read_bounded, read_rules, write_quarantine
from services.cli.opening import tenant
from services.cli.options import Folder, Institution
from services.cli.running import free_port, house, run
from services.loans.applications import intake
from services.loans.applications import queries as applications
from services.loans.applications.intake import Order, Taken
from services.loans.domain import intake as reading
from services.loans.domain.intake import IntakeFile
from services.loans.domain.mapping import FieldRules
from services.loans.institutions import queries as institutions
from shared import texts
from shared.clients.scoring import ScoringClient
from shared.clock import Clock
from shared.db import TenantDb
from shared.schemas import MAX_PAGE, Page
from shared.texts import Language

console = Console()

PORT = 8_300


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


def import_applications(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    *,
    mapping: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The rules (YAML).")],
    product: Annotated[str, typer.Option(help="The code of the product applied for.")],
    institution: Institution = None,
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
        folder = data_folder.chosen(data)
        async with house(folder, port=free_port(PORT)) as rafid:
            db = await tenant(rafid.loans.state.database, code=institution)
            read = reading.read(content)
            report = await import_file(
                db, rafid.loans.state.scoring, read, rules, wish, clock=rafid.loans.state.clock
            )
        write_quarantine(file, report.taken.refused, language=wish.language)
        tell(report, file=file, read=read)

    run(main())


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
