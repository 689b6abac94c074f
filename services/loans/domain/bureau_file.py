"""What does a bureau's file say of whom, line by line, whatever its columns are called?

The rules are those of `mapping`, a field each: `document_type`, `document_number`,
`document_country` (optional), `lender`, `monthly`, `outstanding`, `currency`, `as_of`. Beside them
stand `bureau` (its name), `valid_days` (how long an answer may be relied upon) and `dates` (how
days are written, as "%d/%m/%Y"; else 2026-11-22). A line without a lender says that nothing was
found.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Protocol

from services.loans.domain.borrower import Document, DocumentType
from services.loans.domain.debts import Debt, ReportNotYet
from services.loans.domain.intake import Line
from services.loans.domain.mapping import FieldRules, MappingUnclear, ValueUnknown, decimal
from shared.digits import to_western_digits
from shared.errors import Kind, RafidError
from shared.money import Money

NEEDED: Final = frozenset(
    {"document_type", "document_number", "lender", "monthly", "outstanding", "currency", "as_of"}
)
FIELDS: Final = NEEDED | {"document_country"}
MOST_DAYS: Final = 400
LONGEST_NAME: Final = 80
ISO: Final = "%Y-%m-%d"


class DateUnclear(RafidError):
    """This is no day as the mapping says that days are written"""

    kind = Kind.RULE
    service = "loans"
    detail = "{value} is not written as {form}."
    value: str
    form: str


class BorrowerNotHere(RafidError):
    """Nobody here has shown this document"""

    kind = Kind.RULE
    service = "loans"
    detail = "No borrower has a document of this type and number; nothing of the line is kept."


class BureauNotAllowed(RafidError):
    """The borrower has not allowed a bureau to be asked"""

    kind = Kind.RULE
    service = "loans"
    detail = "The borrower {borrower_id} gave no consent to it; nothing of the line is kept."
    borrower_id: str


class ReportIncomplete(RafidError):
    """Another line about the same person cannot be read"""

    kind = Kind.RULE
    service = "loans"
    detail = "Line {other} cannot be read; a part of what a person owes is not taken for all."
    other: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BureauForm:
    """How a bureau writes: its columns, its days, and how long its word holds."""

    bureau: str
    valid_days: int
    rules: FieldRules
    dates: str = ISO

    @classmethod
    def of(cls, document: object) -> "BureauForm":
        """Understand a mapping's document. Raises `MappingUnclear`."""
        rules = FieldRules.of(document)
        root: dict[str, Any] = document if isinstance(document, dict) else {}
        if unclear := sorted((NEEDED - rules.fields.keys()) | (rules.fields.keys() - FIELDS)):
            raise MappingUnclear(path=unclear[0])
        bureau, days, dates = root.get("bureau"), root.get("valid_days"), root.get("dates", ISO)
        if not isinstance(bureau, str) or not 0 < len(bureau.strip()) <= LONGEST_NAME:
            raise MappingUnclear(path="bureau")
        if not isinstance(days, int) or isinstance(days, bool) or not 0 < days <= MOST_DAYS:
            raise MappingUnclear(path="valid_days")
        if not isinstance(dates, str) or not all(part in dates for part in ("%d", "%m", "%Y")):
            raise MappingUnclear(path="dates")
        return cls(bureau=bureau.strip(), valid_days=days, rules=rules, dates=dates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line that was understood: whose it is, from which day, and the debt if there is one."""

    line: Line
    document: Document
    as_of: date
    debt: Debt | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A line that is not taken, and why; `document` where it could be read."""

    line: Line
    error: RafidError
    document: Document | None = None


class Bureau(Protocol):
    """Whoever knows what people owe elsewhere: a file today, a service where one is offered."""

    @property
    def name(self) -> str:
        """How it is called."""

    @property
    def valid_days(self) -> int:
        """How many days its word may be relied upon."""

    def answers(self, *, country: str, on: date) -> Sequence[Entry | Refused]:
        """Give what it says, line by line; `country` is that of documents without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBureau:
    """A bureau that answers by a file."""

    form: BureauForm
    lines: Iterable[Line]

    @property
    def name(self) -> str:
        """As the mapping names it."""
        return self.form.bureau

    @property
    def valid_days(self) -> int:
        """As the mapping says."""
        return self.form.valid_days

    def answers(self, *, country: str, on: date) -> Sequence[Entry | Refused]:
        """Read every line; one that cannot be read stands with its fault."""
        return [self._answer(line, country=country, on=on) for line in self.lines]

    def _answer(self, line: Line, *, country: str, on: date) -> Entry | Refused:
        if line.fault is not None:
            return Refused(line=line, error=line.fault)
        document = None
        try:
            document = self._document(line, country=country, on=on)
            as_of = self._day(self._cell("as_of", line, on=on))
            if as_of > on:
                raise ReportNotYet(as_of=as_of, today=on)
            return Entry(line=line, document=document, as_of=as_of, debt=self._debt(line, on=on))
        except RafidError as error:
            return Refused(line=line, error=error, document=document)

    def _cell(self, name: str, line: Line, *, on: date) -> str:
        return (self.form.rules.place(name, row=line.row, usual=None, on=on) or "").strip()

    def _document(self, line: Line, *, country: str, on: date) -> Document:
        type_ = self._cell("document_type", line, on=on)
        if type_ not in set(DocumentType):
            raise ValueUnknown(column="document_type", value=type_[:LONGEST_NAME])
        return Document(
            type=DocumentType(type_),
            number=self._cell("document_number", line, on=on),
            country=self._cell("document_country", line, on=on) or country,
        )

    def _day(self, text: str) -> date:
        form = self.form.dates
        try:
            return datetime.strptime(to_western_digits(text), form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            raise DateUnclear(value=text[:LONGEST_NAME], form=form) from None

    def _debt(self, line: Line, *, on: date) -> Debt | None:
        lender = self._cell("lender", line, on=on)
        if not lender:
            return None
        currency = self._cell("currency", line, on=on)
        return Debt(
            lender=lender[:LONGEST_NAME],
            monthly=self._money("monthly", line, currency, on=on),
            outstanding=self._money("outstanding", line, currency, on=on),
        )

    def _money(self, name: str, line: Line, currency: str, *, on: date) -> Money:
        return Money.parse(f"{decimal(self._cell(name, line, on=on)):f}", currency)
