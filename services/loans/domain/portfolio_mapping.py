"""How does a line of a stranger's list of loans become rows of a portfolio?

The rules are those of `mapping`, a field each. A field is a column of the portfolio's file
(`reference`, `borrower`, `name_ar`, `principal`, `outstanding`, …) or one of `paid_out_on` (the
day of payment, else that of signature), `paid` (all that was paid so far) and `paid_on` (the day up
to which that is said). So a line tells a contract by its opening balances: paid out once, and paid
back in one sum.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from services.loans.domain.intake import Line
from services.loans.domain.mapping import FieldRules, MappingUnclear
from services.loans.domain.portfolio_file import COLUMNS
from services.loans.domain.portfolio_records import MovedKind, RecordKind
from shared.errors import RafidError

OWN: Final = ("paid_out_on", "paid", "paid_on")
_NOTHING: Final = frozenset("0.,٠٫ ")


def check(rules: FieldRules, columns: Sequence[str]) -> None:
    """Raise `MappingUnclear` for a field that is none, `ColumnMissing` for a missing column."""
    for name in rules.fields:
        if name not in COLUMNS and name not in OWN:
            raise MappingUnclear(path=name)
    rules.check(tuple(columns))


def rows(rules: FieldRules, lines: Iterable[Line], *, on: date) -> Iterator[Line]:
    """Give the rows that lines stand for, each with its line's number and text.

    A line that the rules do not understand stays, with its fault. A borrower of several loans
    comes once.
    """
    seen: set[str] = set()
    for line in lines:
        try:
            cells = {} if line.fault else _cells(rules, line, on=on)
        except RafidError as error:
            yield Line(number=line.number, text=line.text, row={}, fault=error)
            continue
        if line.fault:
            yield line
            continue
        key = cells["borrower"]
        for row in _rows(cells):
            if row["record"] != RecordKind.BORROWER or key not in seen:
                yield Line(number=line.number, text=line.text, row=row)
        seen.add(key)


def _cells(rules: FieldRules, line: Line, *, on: date) -> dict[str, str]:
    """Give every field of a line as a text; empty where its rule gives nothing."""
    currency = rules.place("currency", row=line.row, usual=None, on=on) or ""
    body = rules.body(row=line.row, currency=currency, on=on)
    cells = {name: "" if value is None else _text(value) for name, value in body.items()}
    cells["branch"] = rules.place("branch", row=line.row, usual=None, on=on) or ""
    cells.setdefault("kind", "person")
    cells["currency"] = currency
    cells["borrower"] = cells.get("borrower") or cells.get("reference", "")
    return cells


def _text(value: object) -> str:
    """Give a value as text; an amount comes with its currency, which stands elsewhere."""
    return str(value["amount"] if isinstance(value, dict) else value).strip()


def _rows(cells: dict[str, str]) -> Iterator[dict[str, str]]:
    signed_on = cells.get("signed_on", "")
    moved = {"record": RecordKind.MOVEMENT.value, "reference": cells.get("reference", "")}
    yield cells | {"record": RecordKind.BORROWER.value}
    yield cells | {"record": RecordKind.CONTRACT.value}
    yield moved | {
        "number": "1",
        "kind": MovedKind.DISBURSEMENT.value,
        "on": cells.get("paid_out_on") or signed_on,
        "amount": cells.get("principal", ""),
    }
    paid = cells.get("paid", "")
    if not set(paid) <= _NOTHING:
        yield moved | {
            "number": "2",
            "kind": MovedKind.REPAYMENT.value,
            "on": cells.get("paid_on", ""),
            "amount": paid,
        }
