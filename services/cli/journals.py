"""`rafid export journal`: the journal as another program of accounts can read and sum it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import orjson
import typer
from rich.console import Console
from sqlalchemy import Row

from services.cli.opening import databases, tenant
from services.cli.options import Folder, Institution, LoansAddress
from services.loans.ledger import queries as ledger
from services.loans.ledger.queries import Cut
from services.loans.proof import queries as proof
from shared.db import TenantDb
from shared.money import Money

PAGE = 2_000
OPENED = "1970-01-01"
ROOTS = {
    "asset": "Assets",
    "liability": "Liabilities",
    "equity": "Equity",
    "income": "Income",
    "expense": "Expenses",
}
console = Console(stderr=True)


class Format(StrEnum):
    """What the journal is written as."""

    BEANCOUNT = "beancount"
    JSON = "json"


def export_journal(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Where to write it.")],
    *,
    written: Annotated[
        Format, typer.Option("--format", help="Text of beancount, or a line of JSON an entry.")
    ] = Format.BEANCOUNT,
    institution: Institution = None,
    data: Folder = None,
    url: LoansAddress = None,
) -> None:
    """Write the entries that have their number in the journal's chain, in its order."""

    async def main() -> int:
        count = 0
        async with databases(data, url) as opened:
            db = await tenant(opened["loans"], code=institution)
            with file.open("w", encoding="utf-8") as target:
                async for text in entries_of(db, written=written):
                    target.write(text)
                    count += 1
        return count

    console.print(f"{asyncio.run(main()):,} pieces written to {file}")


async def entries_of(db: TenantDb, *, written: Format) -> AsyncIterator[str]:
    """Give the text of the journal piece by piece, within one snapshot."""
    async with db(snapshot=True) as session:
        accounts = {row.account_id: row for row in await ledger.trial_balance(session, cut=Cut())}
        if written is Format.BEANCOUNT:
            yield opening(list(accounts.values()))
        number = 0
        while rows := await proof.journal_links(session, after=number, limit=PAGE):
            for row in rows:
                yield (
                    beancount(row, accounts) if written is Format.BEANCOUNT else line(row, accounts)
                )
            number = rows[-1].number


def opening(accounts: Sequence[Row[Any]]) -> str:
    """Open every account: `1970-01-01 open Assets:018F…:Cash JOD`."""
    return "".join(f"{OPENED} open {name_of(account)} {account.currency}\n" for account in accounts)


def name_of(account: Row[Any]) -> str:
    """An account's name in beancount: its class, its fund's id, its code."""
    code = account.code.replace("_", "-").capitalize()
    return f"{ROOTS[account.account_class]}:F{account.fund_id.hex.upper()}:{code}"


def beancount(row: Row[Any], accounts: Mapping[UUID, Row[Any]]) -> str:
    """An entry as a transaction; what is not known of it but its number is no secret."""
    head = f'\n{row.occurred_on.isoformat()} * "{row.kind}" "{row.number} {row.entry_id}"\n'
    postings = "".join(
        f"  {name_of(accounts[account_id])}  {Money(amount, currency)} {currency}\n"
        for account_id, currency, amount in zip(
            row.accounts, row.currencies, row.amounts, strict=True
        )
    )
    return head + postings


def line(row: Row[Any], accounts: Mapping[UUID, Row[Any]]) -> str:
    """An entry as a line of JSON; amounts as text, debits positive."""
    told = {
        "number": row.number,
        "entry_id": str(row.entry_id),
        "kind": row.kind,
        "occurred_on": row.occurred_on.isoformat(),
        "recorded_at": row.recorded_at.isoformat(),
        "contract_id": None if row.contract_id is None else str(row.contract_id),
        "reverses_entry_id": None if row.reverses_entry_id is None else str(row.reverses_entry_id),
        "lines": [
            {
                "fund_id": str(fund_id),
                "account": accounts[account_id].code,
                "amount": {"amount": str(Money(amount, currency)), "currency": currency},
            }
            for account_id, fund_id, currency, amount in zip(
                row.accounts, row.funds, row.currencies, row.amounts, strict=True
            )
        ],
    }
    return orjson.dumps(told).decode() + "\n"
