"""What does a file of a portfolio say: borrowers, contracts, their instalments and movements?

One table for both formats (CSV, XLSX), a record a row; the first column says of which kind. The
rows of a contract stand under its reference, in any order, and a fault in one of them costs this
contract alone, also where the row can only be told to be the contract's by its text. Rows of the
kind `total` state, by currency, how many contracts there are, their principal and what is
outstanding: a file that does not agree with itself is refused whole.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final, TypeVar

from services.loans.domain.intake import Line, LineRepeated
from services.loans.domain.journal import Channel
from services.loans.domain.portfolio_records import (
    BorrowerRecord,
    CellInvalid,
    ColumnsMissing,
    ContractAbsent,
    ContractIncomplete,
    ContractRecord,
    ControlTotal,
    ControlTotalDiffers,
    ControlTotalMissing,
    DueRecord,
    Faulty,
    MovedKind,
    MovedRecord,
    NameTwice,
    RecordKind,
)
from services.loans.domain.servicing.orders import OrderKind
from shared.digits import to_western_digits
from shared.errors import RafidError
from shared.money import LARGEST_MOVED, AmountTooLarge, Money
from shared.periods import MAX_DAY, MIN_DAY

LONGEST_CELL: Final = 20_000
LONGEST_SHOWN: Final = 80
CONTRACTS_MAX: Final = 100_000
Read = TypeVar("Read")
Numbered = TypeVar("Numbered", DueRecord, MovedRecord)
_NO_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_PARTS: Final = re.compile(r'["\s]*[,;\t|]["\s]*')

COLUMNS: Final = (
    *("record", "reference", "borrower", "kind", "name_ar", "name_latin", "sex", "born_on"),
    *("region", "documents", "phones", "members", "branch", "product", "product_version"),
    *("fund", "sector", "currency", "terms", "signed_on", "annual_rate", "term_months"),
    *("grace_months", "first_due_on", "number", "on", "amount", "principal", "profit", "fee"),
    *("outstanding", "channel", "reverses", "status", "reason", "booked_on", "details"),
)


@dataclass(slots=True, kw_only=True)
class PortfolioFile:
    """A file as understood."""

    borrowers: dict[str, BorrowerRecord] = field(default_factory=dict)
    contracts: dict[str, ContractRecord] = field(default_factory=dict)
    totals: dict[str, ControlTotal] = field(default_factory=dict)
    faulty: list[Faulty] = field(default_factory=list)
    stated: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    others: list[ControlTotal] = field(default_factory=list)

    def check_totals(self) -> None:
        """Compare what the contract rows state with the control totals.

        Rows that are faulty otherwise count too: the question is whether the file came whole.
        Raises `ControlTotalMissing`, `ControlTotalDiffers`.
        """
        for currency in sorted(self.stated.keys() - self.totals.keys()):
            raise ControlTotalMissing(currency=currency)
        for total in (*self.totals.values(), *self.others):
            self._check(total)

    def _check(self, total: ControlTotal) -> None:
        currency = total.currency
        count, principal, outstanding = self.stated.get(currency, (0, 0, 0))
        for member, stated, counted in (
            ("count", str(total.count), str(count)),
            ("principal", str(total.principal), str(Money(principal, currency))),
            ("outstanding", str(total.outstanding), str(Money(outstanding, currency))),
        ):
            if stated != counted:
                raise ControlTotalDiffers(
                    currency=currency, member=member, stated=stated, counted=counted
                )


def read(columns: Sequence[str], lines: Iterable[Line]) -> PortfolioFile:
    """Understand a file, row by row; raises `ColumnsMissing`."""
    needed = ("record", "reference", "borrower", "currency", "principal", "outstanding")
    if missing := tuple(name for name in needed if name not in columns):
        raise ColumnsMissing(missing=missing)
    found = PortfolioFile()
    parts: defaultdict[str, list[tuple[Line, RecordKind]]] = defaultdict(list)
    for line in lines:
        try:
            if line.fault is not None:
                raise line.fault
            _require_text(line)
            _take(line, found, parts)
        except RafidError as error:
            found.faulty.append(Faulty(line=line, error=error))
    for reference, rows in parts.items():
        _complete(reference, rows, found)
    for one in list(found.faulty):
        for reference in _named_in(one, found.contracts):
            _refuse(found.contracts[reference], one.line, found)
    return found


def _require_text(line: Line) -> None:
    """Raise `CellInvalid` for a cell with signs that are no text: no database keeps them."""
    for column, cell in line.row.items():
        if _NO_TEXT.search(cell):
            raise CellInvalid(column=column, value=repr(cell)[:LONGEST_SHOWN])


def _named_in(fault: Faulty, contracts: Mapping[str, ContractRecord]) -> list[str]:
    """Give the contracts that a faulty line is of: who knows what it would have changed?

    One that could not be parted into cells names a contract where its reference stands between
    two signs that part cells. A line that stands in the file already changes nothing.
    """
    if isinstance(fault.error, LineRepeated):
        return []
    reference = fault.line.row.get("reference", "").strip()
    named = {reference} if fault.line.row else set(_PARTS.split(fault.line.text))
    return sorted(named & contracts.keys())


def _refuse(contract: ContractRecord, line: Line, found: PortfolioFile) -> None:
    """Leave a contract out for the fault of one of its lines."""
    name = contract.reference[:LONGEST_SHOWN]
    whole = ContractIncomplete(reference=name, number=line.number)
    found.faulty.append(Faulty(line=contract.line, error=whole))
    del found.contracts[contract.reference]


def _take(
    line: Line, found: PortfolioFile, parts: Mapping[str, list[tuple[Line, RecordKind]]]
) -> None:
    kind = _cell(line, "record", RecordKind)
    match kind:
        case RecordKind.BORROWER:
            record = _borrower(line)
            _once(record.key, line, found.borrowers.get(record.key))
            found.borrowers[record.key] = record
        case RecordKind.CONTRACT:
            _count(line, found)
            contract = _contract(line)
            _once(contract.reference, line, found.contracts.get(contract.reference))
            found.contracts[contract.reference] = contract
        case RecordKind.TOTAL:
            total = _total(line)
            if found.totals.setdefault(total.currency, total) is not total:
                found.others.append(total)
        case _:
            parts[_text(line, "reference")].append((line, kind))


def _once(name: str, line: Line, first: BorrowerRecord | ContractRecord | None) -> None:
    if first is not None and first.line is not line:
        raise NameTwice(name=name[:LONGEST_SHOWN], first=first.line.number)


def _count(line: Line, found: PortfolioFile) -> None:
    """Add what a contract row states; one whose amounts cannot be read counts for nothing."""
    currency = _text(line, "currency")
    principal, outstanding = (_money(line, name) for name in ("principal", "outstanding"))
    count, lent, open_ = found.stated.get(currency, (0, 0, 0))
    found.stated[currency] = (count + 1, lent + principal.minor, open_ + outstanding.minor)


def _complete(
    reference: str, rows: Sequence[tuple[Line, RecordKind]], found: PortfolioFile
) -> None:
    """Give a contract its instalments and movements, or refuse all of it with the first fault."""
    contract = found.contracts.get(reference)
    if contract is None:
        found.faulty += [
            Faulty(line=line, error=ContractAbsent(reference=reference[:LONGEST_SHOWN]))
            for line, _ in rows
        ]
        return
    dues: dict[int, DueRecord] = {}
    moved: dict[int, MovedRecord] = {}
    lines: dict[int, Line] = {}
    currency = contract.principal.currency
    for line, kind in rows:
        try:
            if kind is RecordKind.INSTALMENT:
                _add(_due(line, currency=currency), dues)
            else:
                one = _moved(line, currency=currency)
                _add(one, moved)
                lines[one.number] = line
        except RafidError as error:
            found.faulty.append(Faulty(line=line, error=error))
            return  # `read` leaves the contract out
    found.contracts[reference] = replace(
        contract,
        dues=tuple(dues[number] for number in sorted(dues)),
        moved=tuple(moved[number] for number in sorted(moved)),
        lines=lines,
    )


def _add(record: Numbered, records: dict[int, Numbered]) -> None:
    """Keep a row under its number; the same number again says two things of one contract."""
    if records.setdefault(record.number, record) is not record:
        raise CellInvalid(column="number", value=str(record.number))


def _borrower(line: Line) -> BorrowerRecord:
    names = ("name_ar", "name_latin", "sex", "born_on", "region", "documents", "phones", "members")
    return BorrowerRecord(
        line=line,
        key=_text(line, "borrower"),
        kind=_text(line, "kind"),
        cells={name: line.row.get(name, "") for name in (*names, "branch")},
    )


def _contract(line: Line) -> ContractRecord:
    rate = line.row.get("annual_rate", "")
    return ContractRecord(
        line=line,
        reference=_text(line, "reference"),
        borrower_key=_text(line, "borrower"),
        branch=_text(line, "branch"),
        product=_text(line, "product"),
        product_version=_whole_or_none(line, "product_version"),
        fund=_text(line, "fund"),
        sector=line.row.get("sector", "")[:LONGEST_SHOWN],
        signed_on=_cell(line, "signed_on", day_of),
        principal=_moved_money(line, "principal"),
        outstanding=_moved_money(line, "outstanding"),
        terms=line.row.get("terms", ""),
        annual_rate=_cell(line, "annual_rate", _rate) if rate else None,
        term_months=_whole_or_none(line, "term_months"),
        grace_months=_whole_or_none(line, "grace_months") or 0,
        first_due_on=_day_or_none(line, "first_due_on"),
        status=line.row.get("status", "").strip()[:LONGEST_SHOWN],
        details=_details(line),
    )


def _due(line: Line, *, currency: str) -> DueRecord:
    principal, profit, fee = (
        _moved_money(line, name, currency=currency) for name in ("principal", "profit", "fee")
    )
    return DueRecord(
        number=_cell(line, "number", _whole),
        due_on=_cell(line, "on", day_of),
        principal=principal,
        profit=profit,
        fee=fee,
    )


def _moved(line: Line, *, currency: str) -> MovedRecord:
    return MovedRecord(
        number=_cell(line, "number", _whole),
        kind=_cell(line, "kind", _moved_kind),
        on=_cell(line, "on", day_of),
        amount=_moved_money(line, "amount", currency=currency),
        channel=_cell(line, "channel", Channel) if line.row.get("channel") else Channel.CASH,
        has_channel=bool(line.row.get("channel")),
        reverses=_whole_or_none(line, "reverses"),
        reason=line.row.get("reason", "").strip()[:LONGEST_SHOWN],
        booked_on=_day_or_none(line, "booked_on"),
        details=_details(line),
    )


def _moved_kind(text: str) -> MovedKind | OrderKind:
    """Read what moved: a movement of money, or an order by the name of its kind."""
    try:
        return MovedKind(text)
    except ValueError:
        return OrderKind(text)


def _details(line: Line) -> dict[str, str]:
    """Read a cell of further members: an object in JSON, of texts and whole numbers."""
    text = line.row.get("details", "").strip()
    if not text:
        return {}
    try:
        found = json.loads(text) if len(text) <= LONGEST_CELL else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(
        isinstance(value, str | int) and not isinstance(value, bool) for value in found.values()
    ):
        raise CellInvalid(column="details", value=text[:LONGEST_SHOWN])
    return {name: str(value) for name, value in found.items()}


def _total(line: Line) -> ControlTotal:
    return ControlTotal(
        currency=_text(line, "currency"),
        count=_cell(line, "number", _whole),
        principal=_money(line, "principal"),
        outstanding=_money(line, "outstanding"),
    )


def _cell(line: Line, column: str, reader: Callable[[str], Read]) -> Read:
    text = to_western_digits(line.row.get(column, "")).strip()
    try:
        return reader(text)
    except (ValueError, ArithmeticError):
        raise CellInvalid(column=column, value=text[:LONGEST_SHOWN] or "-") from None


def _text(line: Line, column: str) -> str:
    text = line.row.get(column, "").strip()
    if not text or len(text) > LONGEST_CELL:
        raise CellInvalid(column=column, value=text[:LONGEST_SHOWN] or "-")
    return text


def _money(line: Line, column: str, *, currency: str | None = None) -> Money:
    """Read an amount as the file's own currency writes it; an empty part is nothing."""
    text = line.row.get(column, "").strip() or "0"
    amount = Money.parse(text, currency or _text(line, "currency"))
    if amount.minor < 0:
        raise CellInvalid(column=column, value=text[:LONGEST_SHOWN])
    return amount


def _moved_money(line: Line, column: str, *, currency: str | None = None) -> Money:
    """Read an amount that moves, or may: not larger than any movement here."""
    amount = _money(line, column, currency=currency)
    if amount.minor > LARGEST_MOVED:
        raise AmountTooLarge(currency=amount.currency)
    return amount


def day_of(text: str) -> date:
    """Read a day that anybody may name: 2026-03-01. Raises `ValueError`."""
    day = date.fromisoformat(text)
    if not MIN_DAY <= day <= MAX_DAY:
        raise ValueError(text)
    return day


def _day_or_none(line: Line, column: str) -> date | None:
    return _cell(line, column, day_of) if line.row.get(column, "").strip() else None


def _whole(text: str) -> int:
    if not text.isdecimal() or len(text) > len(str(CONTRACTS_MAX)) + 1:
        raise ValueError(text)
    return int(text)


def _whole_or_none(line: Line, column: str) -> int | None:
    return _cell(line, column, _whole) if line.row.get(column, "").strip() else None


def _rate(text: str) -> Decimal:
    rate = Decimal(text)
    if not rate.is_finite():
        raise ValueError(text)
    return rate
