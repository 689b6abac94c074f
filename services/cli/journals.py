"""`rafid export journal`: the journal as another program of accounts can read and sum it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from sqlalchemy import Row

from services.cli import journal_texts
from services.cli.journal_texts import COLUMNS, SUFFIXES, TEXTS, Book, Chosen, Format
from services.cli.opening import databases, tenant
from services.cli.options import Folder, Institution, LoansAddress
from services.loans.accounting import queries as accounting
from services.loans.domain.chart import FundKind
from services.loans.ledger import queries as ledger
from services.loans.ledger.queries import Cut
from services.loans.papers import spreadsheet
from services.loans.proof import queries as proof
from shared.db import TenantDb
from shared.errors import Kind, RafidError

PAGE: Final = 2_000
SHEET_ROWS_MAX: Final = 1_000_000
DAY: Final = ["%Y-%m-%d"]
console = Console(stderr=True)


class FundCodeUnknown(RafidError):
    """No fund has this code"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "Name one of these funds: {codes}."
    codes: tuple[str, ...]


class JournalSheetTooLong(RafidError):
    """The journal does not fit into a sheet"""

    kind = Kind.RULE
    service = "loans"
    detail = "A sheet holds {most} lines; name fewer days, one fund, or write CSV."
    most: int


def export_journal(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Where to write it.")],
    *,
    written: Annotated[
        Format | None,
        typer.Option("--format", help="If the file's ending does not say it."),
    ] = None,
    starts_on: Annotated[
        datetime | None, typer.Option("--from", formats=DAY, help="The first day.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", formats=DAY, help="The last day.")
    ] = None,
    fund: Annotated[str | None, typer.Option("--fund", help="The code of one fund.")] = None,
    institution: Institution = None,
    data: Folder = None,
    url: LoansAddress = None,
) -> None:
    """Write the entries that have their number in the journal's chain, in its order.

    As text of beancount or hledger, CSV, XLSX or a line of JSON an entry; of some days or of one
    fund, if named. What was on the accounts before the first day is in the trial balance.
    """
    form = written or SUFFIXES.get(file.suffix, Format.BEANCOUNT)
    first = date.min if starts_on is None else starts_on.date()
    last = date.max if until is None else until.date()

    async def main() -> int:
        async with databases(data, url) as opened:
            db = await tenant(opened["loans"], code=institution)
            chosen = await choice(db, starts_on=first, until=last, fund_code=fund)
            if form is Format.XLSX:
                content, count = await workbook_of(db, chosen=chosen)
                file.write_bytes(content)
                return count
            count = 0
            with file.open("w", encoding="utf-8", newline="") as target:
                async for text in entries_of(db, written=form, chosen=chosen):
                    target.write(text)
                    count += 1
            return count

    console.print(f"{asyncio.run(main()):,} pieces written to {file}")


async def choice(db: TenantDb, *, starts_on: date, until: date, fund_code: str | None) -> Chosen:
    """Find the fund of a code. Raises FundCodeUnknown."""
    if fund_code is None:
        return Chosen(starts_on=starts_on, until=until)
    async with db() as session:
        funds = {row.code: row.fund_id for row in await accounting.funds(session)}
    if fund_code not in funds:
        raise FundCodeUnknown(codes=tuple(funds))
    return Chosen(starts_on=starts_on, until=until, fund_id=funds[fund_code])


async def entries_of(
    db: TenantDb, *, written: Format, chosen: Chosen | None = None
) -> AsyncIterator[str]:
    """Give the text of the journal piece by piece, within one snapshot."""
    head, entry = TEXTS[written]
    async for book, rows in _pages(db, chosen or Chosen()):
        if rows is None:
            yield head(book)
            continue
        for row in rows:
            if text := entry(row, book):
                yield text


async def workbook_of(db: TenantDb, *, chosen: Chosen) -> tuple[bytes, int]:
    """Give the journal as a sheet, a row a line, and how many rows. Raises JournalSheetTooLong."""
    cells: list[list[str]] = []
    async for book, rows in _pages(db, chosen):
        for row in rows or ():
            cells += journal_texts.cells(row, book)
        if len(cells) > SHEET_ROWS_MAX:
            raise JournalSheetTooLong(most=SHEET_ROWS_MAX)
    return spreadsheet.written(COLUMNS, cells, name="journal"), len(cells)


async def _pages(db: TenantDb, chosen: Chosen) -> AsyncIterator[tuple[Book, list[Row[Any]] | None]]:
    """First the book alone, then its entries of the days asked for, page by page."""
    async with db(snapshot=True) as session:
        funds = await accounting.funds(session)
        book = Book(
            accounts={
                row.account_id: row for row in await ledger.trial_balance(session, cut=Cut())
            },
            fund_codes={row.fund_id: row.code for row in funds},
            fund_kinds={row.fund_id: FundKind(row.kind) for row in funds},
            numbering=await accounting.numbering(session),
            chosen=chosen,
        )
        yield book, None
        number = 0
        while rows := await proof.journal_links(session, after=number, limit=PAGE):
            yield book, [row for row in rows if chosen.takes(row)]
            number = rows[-1].number
