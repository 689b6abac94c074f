"""`rafid import bureau`: take in what a credit bureau's file says of borrowers who are here."""

import hashlib
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console

from services import data_folder
from services.cli.intake_files import quarantine_of, read_bounded, write_quarantine
from services.cli.opening import tenant
from services.cli.options import Folder, Institution
from services.cli.running import free_port, house, run
from services.loans.applications.intake import importer
from services.loans.bureau import operations
from services.loans.bureau.operations import Loaded
from services.loans.domain.bureau_file import BureauForm, FileBureau
from services.loans.domain.mapping import MappingUnclear
from services.loans.institutions import queries as institutions
from services.loans.takeover import sheets
from shared import texts
from shared.clock import Clock
from shared.db import TenantDb

console = Console()

PORT = 8_300


def import_bureau(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    *,
    mapping: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The rules (YAML).")],
    institution: Institution = None,
    language: Annotated[str, typer.Option(help="Of the reasons: ar, fr or en.")] = "en",
    data: Folder = None,
) -> None:
    """Take debts elsewhere in from a bureau's CSV or XLSX file; the same again has no effect.

    Kept is what is said of borrowers who are here and allow a bureau to be asked. Other lines
    are written to FILE.quarantine.csv with the reason.
    """
    content = read_bounded(file)
    form = read_form(mapping)

    async def main() -> None:
        async with house(data_folder.chosen(data), port=free_port(PORT)) as rafid:
            state = rafid.loans.state
            db = await tenant(state.database, code=institution)
            loaded = await load_content(db, content, form, clock=state.clock)
        write_quarantine(file, loaded.refused, language=texts.pick_language(language))
        tell(loaded, form=form, file=file)

    run(main())


def read_form(path: Path) -> BureauForm:
    """Read how a bureau writes. Raises `MappingUnclear`."""
    try:
        document = yaml.safe_load(path.read_text("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise MappingUnclear(path="/") from None
    return BureauForm.of(document)


async def load_content(db: TenantDb, content: bytes, form: BureauForm, *, clock: Clock) -> Loaded:
    """Read a file's content and keep what may be kept, all of it in one transaction.

    Raises `FileUnreadable`, `WorkbookRefused`, `ColumnMissing`.
    """
    columns, lines = sheets.read(content)
    form.rules.check(columns)
    async with db.begin() as session:
        timezone = (await institutions.institution(session)).timezone
        return await operations.load(
            session,
            FileBureau(form=form, lines=lines),
            digest=hashlib.sha256(content).digest(),
            on=clock.today(timezone),
            actor=importer(db.institution_id),
        )


def tell(loaded: Loaded, *, form: BureauForm, file: Path) -> None:
    """Print what became of the file."""
    console.print(
        f"{form.bureau}: {loaded.reports} borrowers' debts taken in, {loaded.known} known already,"
        f" {len(loaded.refused)} lines refused"
    )
    if loaded.refused:
        console.print(f"The refused lines stand in {quarantine_of(file)}")
