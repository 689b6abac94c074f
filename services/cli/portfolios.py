"""`rafid import portfolio` and `rafid export portfolio`: whole portfolios from and to a file."""

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from services import data_folder
from services.cli.intake_files import (
    left_out_of,
    quarantine_of,
    read_bounded,
    read_rules,
    write_quarantine,
    write_reasons,
)
from services.cli.opening import tenant
from services.cli.options import Folder, Institution
from services.cli.running import free_port, house, run
from services.loans.applications.intake import importer
from services.loans.domain import portfolio_file, portfolio_mapping
from services.loans.domain.intake import Line
from services.loans.domain.mapping import FieldRules
from services.loans.domain.portfolio_file import COLUMNS, PortfolioFile
from services.loans.domain.portfolio_records import CellInvalid, RecordKind
from services.loans.institutions import queries as institutions
from services.loans.repayments.batch import RepaymentBook
from services.loans.takeover import intake, outgoing, sheets
from services.loans.takeover.desk import Order, Taken
from services.loans.takeover.outgoing import Outgoing
from shared import texts
from shared.clock import Clock
from shared.db import TenantDb
from shared.errors import Kind, RafidError

console = Console()

PORT = 8_300


class FormatUnknown(RafidError):
    """The file's ending says nothing of its format"""

    kind = Kind.RULE
    service = "loans"
    detail = "Name it .csv or .xlsx, not {suffix}."
    suffix: str


def import_portfolio(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would become of it.")
    ] = False,
    mapping: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Rules for another's list.")
    ] = None,
    total: Annotated[
        list[str] | None,
        typer.Option(help="What the file must add up to: CURRENCY:COUNT:PRINCIPAL:OUTSTANDING."),
    ] = None,
    institution: Institution = None,
    language: Annotated[str, typer.Option(help="Of the reasons: ar, fr or en.")] = "en",
    data: Folder = None,
) -> None:
    """Take a portfolio over from a CSV or XLSX file: contracts, their history, opening balances.

    The file must add up to its own totals, else nothing is written. Contracts that cannot be
    taken in are written to FILE.quarantine.csv with the reason; the same file again, also after a
    run that was broken off, brings in only what is not here yet.
    """
    content = read_bounded(file)
    rules = None if mapping is None else read_rules(mapping)
    stated = [total_of(text) for text in total or ()]
    wanted = texts.pick_language(language)

    async def main() -> None:
        async with house(data_folder.chosen(data), port=free_port(PORT)) as rafid:
            state = rafid.loans.state
            db = await tenant(state.database, code=institution)
            began = time.monotonic()
            taken, read = await import_content(
                db,
                state.repayment_book,
                content,
                clock=state.clock,
                is_trial=dry_run,
                rules=rules,
                stated=stated,
            )
        write_quarantine(file, taken.refused, language=wanted)
        tell(taken, read=read, file=file, is_trial=dry_run, seconds=time.monotonic() - began)

    run(main())


async def import_content(
    db: TenantDb,
    book: RepaymentBook,
    content: bytes,
    *,
    clock: Clock,
    is_trial: bool = False,
    rules: FieldRules | None = None,
    stated: Sequence[Line] = (),
) -> tuple[Taken, PortfolioFile]:
    """Read a file's content, by rules if it is another's list, and take it in, with a bar."""
    async with db() as session:
        timezone = (await institutions.institution(session)).timezone
    order = Order(on=clock.today(timezone), at=clock.now(), is_trial=is_trial)
    columns, lines = sheets.read(content)
    if rules is not None:
        portfolio_mapping.check(rules, columns)
        columns, lines = COLUMNS, tuple(portfolio_mapping.rows(rules, lines, on=order.on))
    read = portfolio_file.read(columns, (*lines, *stated))
    with _bars() as bars:
        task = bars.add_task("Trying" if is_trial else "Taking over", total=len(read.contracts))
        taken = await intake.take_in(
            db,
            book,
            read,
            order,
            digest=hashlib.sha256(content).digest(),
            told=lambda some: bars.update(task, advance=some),
        )
    return taken, read


def total_of(text: str) -> Line:
    """Read a control total of the command line, as the file's own row of it."""
    names = ("currency", "number", "principal", "outstanding")
    parts = text.split(":")
    if len(parts) != len(names):
        raise CellInvalid(column="total", value=text[:80])
    row = {"record": RecordKind.TOTAL.value, **dict(zip(names, parts, strict=True))}
    return Line(number=0, text=text, row=row)


def export_portfolio(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Ends in .csv or .xlsx.")],
    *,
    institution: Institution = None,
    language: Annotated[str, typer.Option(help="Of the reasons: ar, fr or en.")] = "en",
    data: Folder = None,
) -> None:
    """Write all contracts with their whole life to a file that `import portfolio` takes.

    Contracts that cannot be told in it are written to FILE.left_out.csv with the reason.
    """
    wanted = texts.pick_language(language)
    if file.suffix not in {".csv", ".xlsx"}:
        raise FormatUnknown(suffix=file.suffix or "-")

    async def main() -> None:
        async with house(data_folder.chosen(data), port=free_port(PORT)) as rafid:
            db = await tenant(rafid.loans.state.database, code=institution)
            out = await outgoing.portfolio(db, actor=importer(db.institution_id))
        write(file, out)
        write_reasons(left_out_of(file), out.untold, language=wanted)
        console.print(f"{out.contracts} contracts in {file}")
        for why, number in sorted(out.left_out.items()):
            console.print(f"{number} left out: {why}")
        if out.untold:
            console.print(f"Each of them stands in {left_out_of(file)}")

    run(main())


def write(file: Path, out: Outgoing) -> None:
    """Write a portfolio in the format that the file's ending names; all of it or nothing."""
    written = sheets.xlsx_of if file.suffix == ".xlsx" else sheets.csv_of
    fresh = file.with_name(f"{file.name}.new")
    fresh.touch(mode=0o600)
    fresh.write_bytes(written(COLUMNS, out.rows))
    fresh.replace(file)


def tell(taken: Taken, *, read: PortfolioFile, file: Path, is_trial: bool, seconds: float) -> None:
    """Print what a run did, and the totals that the file agreed with."""
    verb = "would be taken over" if is_trial else "taken over"
    console.print(
        f"{taken.taken} contracts {verb} in {seconds:.1f} s, {taken.moved} movements booked,"
        f" {taken.known} known already, {len(taken.refused)} refused"
    )
    table = Table("currency", "contracts", "principal", "outstanding")
    for currency, total in sorted(read.totals.items()):
        table.add_row(currency, str(total.count), str(total.principal), str(total.outstanding))
    console.print(table)
    if taken.refused:
        console.print(f"The refused lines stand in {quarantine_of(file)}")


def _bars() -> Progress:
    return Progress(
        TextColumn("{task.description:<11}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
