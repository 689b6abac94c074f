"""How is an entry of the journal written so that another program of accounts can read it?"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Row

from services.loans.accounting.queries import Numbering
from services.loans.domain.chart import FundKind
from services.loans.takeover import sheets
from shared.money import Money, exponent_of

OPENED: Final = "1970-01-01"
ROOTS: Final = {
    "asset": "Assets",
    "liability": "Liabilities",
    "equity": "Equity",
    "income": "Income",
    "expense": "Expenses",
}
COLUMNS: Final = (
    "number",
    "entry_id",
    "occurred_on",
    "recorded_at",
    "kind",
    "fund",
    "account",
    "account_number",
    "debit",
    "credit",
    "currency",
    "contract_id",
    "reverses_entry_id",
)


class Format(StrEnum):
    """What the journal is written as."""

    BEANCOUNT = "beancount"
    HLEDGER = "hledger"
    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


SUFFIXES: Final = {
    ".beancount": Format.BEANCOUNT,
    ".bean": Format.BEANCOUNT,
    ".hledger": Format.HLEDGER,
    ".journal": Format.HLEDGER,
    ".csv": Format.CSV,
    ".xlsx": Format.XLSX,
    ".json": Format.JSON,
    ".jsonl": Format.JSON,
}
"""The format that a file's ending names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which entries are written: those of some days, the lines of one fund."""

    starts_on: date = date.min
    until: date = date.max
    fund_id: UUID | None = None

    def takes(self, row: Row[Any]) -> bool:
        """Whether an entry is of the days asked for."""
        return bool(self.starts_on <= row.occurred_on <= self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What the lines of entries are named by: accounts by id, funds, the institution's numbers."""

    accounts: Mapping[UUID, Row[Any]]
    fund_codes: Mapping[UUID, str] = field(default_factory=dict)
    fund_kinds: Mapping[UUID, FundKind] = field(default_factory=dict)
    numbering: Numbering | None = None
    chosen: Chosen = field(default_factory=Chosen)

    @property
    def named(self) -> list[Row[Any]]:
        """The accounts of the fund asked for."""
        wanted = self.chosen.fund_id
        return [one for one in self.accounts.values() if wanted in (None, one.fund_id)]

    def number_of(self, account: Row[Any]) -> str:
        """The number under which an account stands in the institution's chart, if it has one."""
        if self.numbering is None:
            return ""
        kind = self.fund_kinds[account.fund_id]
        line = self.numbering.own.line_of(account.code, fund_kind=kind)
        return "" if line is None else line.number

    def lines(self, row: Row[Any]) -> Iterator[tuple[Row[Any], Money]]:
        """The lines of an entry that were asked for: account and amount, debit positive."""
        for account_id, fund_id, currency, amount in zip(
            row.accounts, row.funds, row.currencies, row.amounts, strict=True
        ):
            if self.chosen.fund_id in (None, fund_id):
                yield self.accounts[account_id], Money(amount, currency)


def name_of(account: Row[Any]) -> str:
    """An account's name in beancount: its class, its fund's id, its code."""
    code = account.code.replace("_", "-").replace(".", "-").capitalize()
    return f"{ROOTS[account.account_class]}:F{account.fund_id.hex.upper()}:{code}"


def beancount_head(book: Book) -> str:
    """Open every account: `1970-01-01 open Assets:F018…:Cash JOD`, with its number."""
    opened = []
    for account in book.named:
        opened.append(f"{OPENED} open {name_of(account)} {account.currency}\n")
        if number := book.number_of(account):
            opened.append(f'  number: "{number}"\n')
    return "".join(opened)


def beancount(row: Row[Any], book: Book) -> str:
    """An entry as a transaction; what is not known of it but its number is no secret."""
    postings = "".join(
        f"  {name_of(account)}  {amount} {amount.currency}\n" for account, amount in book.lines(row)
    )
    if not postings:
        return ""
    return (
        f'\n{row.occurred_on.isoformat()} * "{row.kind}" "{row.number} {row.entry_id}"\n{postings}'
    )


def hledger_name(account: Row[Any]) -> str:
    """An account's name in hledger: `assets:F018…:cash`; its class is its root."""
    root = ROOTS[account.account_class].lower()
    return f"{root}:F{account.fund_id.hex.upper()}:{account.code}"


def hledger_head(book: Book) -> str:
    """Say how many decimals each currency has, and declare every account with its number."""
    currencies = sorted({account.currency for account in book.named})
    declared = [f"commodity 1.{'0' * exponent_of(one)} {one}\n" for one in currencies]
    for account in book.named:
        number = book.number_of(account)
        comment = f"  ; number:{number}" if number else ""
        declared.append(f"account {hledger_name(account)}{comment}\n")
    return "".join(declared)


def hledger(row: Row[Any], book: Book) -> str:
    """An entry as a cleared transaction whose code is its number."""
    postings = "".join(
        f"    {hledger_name(account)}  {amount} {amount.currency}\n"
        for account, amount in book.lines(row)
    )
    if not postings:
        return ""
    head = f"{row.occurred_on.isoformat()} * ({row.number}) {row.kind}  ; entry:{row.entry_id}"
    return f"\n{head}\n{postings}"


def cells(row: Row[Any], book: Book) -> Iterator[list[str]]:
    """An entry as rows of text, a row a line."""
    for account, amount in book.lines(row):
        yield [
            str(row.number),
            str(row.entry_id),
            row.occurred_on.isoformat(),
            row.recorded_at.isoformat(),
            row.kind,
            book.fund_codes.get(account.fund_id, str(account.fund_id)),
            account.code,
            book.number_of(account),
            str(amount) if amount.is_positive else "",
            "" if amount.is_positive else str(-amount),
            amount.currency,
            str(row.contract_id or ""),
            str(row.reverses_entry_id or ""),
        ]


def csv_head(_book: Book) -> str:
    """The mark that tells spreadsheets how letters are written, and the columns."""
    return "\ufeff" + _csv([COLUMNS])


def csv_rows(row: Row[Any], book: Book) -> str:
    """An entry as lines of CSV in which nothing is a formula."""
    return _csv([[sheets.safe(cell) for cell in one] for one in cells(row, book)])


def json_line(row: Row[Any], book: Book) -> str:
    """An entry as a line of JSON; amounts as text, debits positive."""
    lines = [
        {
            "fund_id": str(account.fund_id),
            "account": account.code,
            "amount": {"amount": str(amount), "currency": amount.currency},
        }
        for account, amount in book.lines(row)
    ]
    if not lines:
        return ""
    told = {
        "number": row.number,
        "entry_id": str(row.entry_id),
        "kind": row.kind,
        "occurred_on": row.occurred_on.isoformat(),
        "recorded_at": row.recorded_at.isoformat(),
        "contract_id": None if row.contract_id is None else str(row.contract_id),
        "reverses_entry_id": None if row.reverses_entry_id is None else str(row.reverses_entry_id),
        "lines": lines,
    }
    return orjson.dumps(told).decode() + "\n"


def _csv(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def _nothing(_book: Book) -> str:
    return ""


Head = Callable[[Book], str]
Entry = Callable[[Row[Any], Book], str]
TEXTS: Final[Mapping[Format, tuple[Head, Entry]]] = {
    Format.BEANCOUNT: (beancount_head, beancount),
    Format.HLEDGER: (hledger_head, hledger),
    Format.CSV: (csv_head, csv_rows),
    Format.JSON: (_nothing, json_line),
}
"""How each format that is a text begins, and how it writes an entry."""
