"""`rafid import chart`: take an institution's own chart of accounts in from a file."""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.cli.intake_files import quarantine_of, read_bounded, write_quarantine
from services.cli.opening import databases, tenant
from services.cli.options import Folder, Institution, LoansAddress
from services.loans.accounting import operations
from services.loans.accounting.queries import Numbered
from services.loans.applications.intake import importer
from services.loans.domain import own_chart
from services.loans.domain.own_chart import ChartRefused, OwnChart, RefusedLine
from services.loans.takeover import sheets
from shared import texts
from shared.db import TenantDb
from shared.texts import Language

console = Console()


def import_chart(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would become of it.")
    ] = False,
    institution: Institution = None,
    language: Annotated[str, typer.Option(help="Of the reasons: ar, fr or en.")] = "en",
    data: Folder = None,
    url: LoansAddress = None,
) -> None:
    """Take a chart of accounts in from CSV or XLSX: all of it or nothing.

    Columns: number, name_ar, name_fr, name_en, class (asset, liability, equity, income, expense),
    and parent, accounts (ours, such as `cash bank:waqf`), own (yes: for entries by hand). Lines
    that cannot stand are written to FILE.quarantine.csv with the reason; the same file again has
    no effect.
    """
    content = read_bounded(file)
    wanted = texts.pick_language(language)

    async def main() -> tuple[OwnChart, Numbered]:
        async with databases(data, url) as opened:
            db = await tenant(opened["loans"], code=institution)
            return await take_in(db, content, is_trial=dry_run)

    try:
        own, kept = asyncio.run(main())
    except ChartRefused as error:
        _quarantine(file, error.refusals, language=wanted)
        console.print(f"The refused lines stand in {quarantine_of(file)}")
        raise
    _quarantine(file, (), language=wanted)
    verb = "would be" if dry_run else "is"
    told = f"version {kept.version}" if kept.is_new else f"already version {kept.version}"
    owns = sum(1 for line in own.lines if line.is_own)
    console.print(f"{len(own.lines)} numbers, {owns} for entries by hand: the chart {verb} {told}")


async def take_in(
    db: TenantDb, content: bytes, *, is_trial: bool = False
) -> tuple[OwnChart, Numbered]:
    """Read a file's content and keep the chart. Raises what reading and keeping it raise."""
    own = own_chart.read(*sheets.read(content))
    async with db.begin() as session:
        kept = await operations.number_accounts(
            session,
            own,
            digest=hashlib.sha256(content).digest(),
            actor_id=importer(db.institution_id).id,
            is_trial=is_trial,
        )
    return own, kept


def _quarantine(file: Path, refused: Sequence[RefusedLine], *, language: Language) -> None:
    write_quarantine(file, refused, language=language)
