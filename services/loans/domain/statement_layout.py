"""How does one provider write its account statements as a table?

A layout is data, kept per provider: which column is what, how days and amounts are written, which
words mean money in. Nothing about a provider stands in code.
"""

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from services.loans.domain.account_statement import (
    BadLine,
    Entry,
    Part,
    Reach,
    Side,
    Statement,
    Told,
)
from services.loans.domain.intake import Line, Row
from shared.digits import to_western_digits
from shared.errors import Kind, RafidError, Sentence
from shared.money import Money

DAY_FIRST: Final = "day-month-year"
DayOrder = Literal["day-month-year", "month-day-year", "year-month-day"]
SHORT_YEAR: Final = 2

_ORDERS: Final[Mapping[str, tuple[int, int, int]]] = {
    DAY_FIRST: (2, 1, 0),
    "month-day-year": (2, 0, 1),
    "year-month-day": (0, 1, 2),
}
_NUMBERS: Final = re.compile(r"\s*(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})\s*")
_RUN_TOGETHER: Final = re.compile(r"\s*(\d{4})(\d{2})(\d{2})(?:\d{6})?\s*")
_ISO: Final = re.compile(r"\s*\d{4}-\d{2}-\d{2}.*")


class LayoutContradicts(RafidError):
    """The layout of the statement contradicts itself"""

    kind = Kind.RULE
    service = "loans"
    detail = "{reason}"
    reason: Sentence


class StatementColumnMissing(RafidError):
    """The file lacks a column of its layout"""

    kind = Kind.RULE
    service = "loans"
    detail = "There is no column “{column}” in the header."
    column: str


class CellUnreadable(RafidError):
    """A cell cannot be read"""

    kind = Kind.RULE
    service = "loans"
    detail = "“{text}” in column “{column}” is not what its layout says."
    column: str
    text: str


ONE_SIGN_RULE: Final = Sentence(
    "Either one column holds amounts, or two hold what came in and what went out."
)
WORDS_NEED_COLUMN: Final = Sentence("Words for in and out need the column they stand in.")
MARKS_ALIKE: Final = Sentence("The decimal mark and the mark between groups are the same.")
UNKNOWN_ENCODING: Final = Sentence("No encoding has this name.")
UNKNOWN_ZONE: Final = Sentence("No time zone has this name.")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLayout:
    """A provider's table: names of columns, and how what stands in them is written.

    The sign of an entry comes from one of three rules: two columns (`credit`, `debit`); a column
    `direction` with `words_in` and `words_out`; or the sign of `amount` itself, turned where
    `minus_is_in`. `zone` is the provider's own: a moment is a day there.
    """

    day: str
    amount: str | None = None
    credit: str | None = None
    debit: str | None = None
    direction: str | None = None
    words_in: frozenset[str] = frozenset()
    words_out: frozenset[str] = frozenset()
    value_day: str | None = None
    provider_reference: str | None = None
    own_reference: str | None = None
    text: str | None = None
    counterparty: str | None = None
    counterparty_account: str | None = None
    state: str | None = None
    states_booked: frozenset[str] = frozenset()
    balance: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_line: int = 1
    decimal_mark: Literal[".", ","] = "."
    group_mark: Literal[",", ".", " ", "'", ""] = ""
    day_order: DayOrder = DAY_FIRST
    zone: str = "UTC"
    minus_is_in: bool = False

    def __post_init__(self) -> None:
        has_two = self.credit is not None and self.debit is not None
        if (self.amount is None) != has_two or (self.credit is None) != (self.debit is None):
            raise LayoutContradicts(reason=ONE_SIGN_RULE)
        if (self.direction is None) != (not self.words_in) or bool(self.words_in) != bool(
            self.words_out
        ):
            raise LayoutContradicts(reason=WORDS_NEED_COLUMN)
        if self.decimal_mark == self.group_mark:
            raise LayoutContradicts(reason=MARKS_ALIKE)
        try:
            codecs.lookup(self.encoding or "utf-8")
        except LookupError:
            raise LayoutContradicts(reason=UNKNOWN_ENCODING) from None
        try:
            ZoneInfo(self.zone)
        except (ValueError, OSError, LookupError):
            raise LayoutContradicts(reason=UNKNOWN_ZONE) from None

    @property
    def columns(self) -> Sequence[str]:
        """Every column that the layout names."""
        named = (
            self.day, self.amount, self.credit, self.debit, self.direction, self.value_day,
            self.provider_reference, self.own_reference, self.text, self.counterparty,
            self.counterparty_account, self.state, self.balance,
        )  # fmt: skip
        return [name for name in named if name is not None]


def read(
    layout: StatementLayout,
    *,
    columns: Sequence[str],
    lines: Sequence[Line],
    account: str,
    currency: str,
    identification: str,
) -> Statement:
    """Read the lines of a table; one that cannot be read is kept apart and stops no other.

    Where the table has a column of balances, the opening is the first balance less the first
    entry, and the closing the last balance, in the order of the file, oldest first or newest
    first. Raises `StatementColumnMissing`.
    """
    for name in layout.columns:
        if name not in columns:
            raise StatementColumnMissing(column=name)
    entries: list[Entry] = []
    balances: list[Money] = []
    bad: list[BadLine] = []
    for line in lines:
        try:
            if line.fault is not None:
                raise line.fault
            entry = _entry(layout, line.row, number=line.number, currency=currency)
            if layout.balance is not None:
                balances.append(_amount(layout, line.row, layout.balance, currency=currency))
            entries.append(entry)
        except RafidError as fault:
            bad.append(BadLine(number=line.number, text=line.text, fault=fault))
    opening, closing = _ends(entries, balances)
    return Statement(
        told=Told.STATEMENT,
        account=account,
        currency=currency,
        identification=identification,
        sequence=None,
        opening=opening,
        closing=closing,
        closed_on=max((entry.booked_on for entry in entries), default=None),
        entries=tuple(entries),
        bad_lines=tuple(bad),
    )


def _ends(entries: Sequence[Entry], balances: Sequence[Money]) -> tuple[Money | None, Money | None]:
    """Give opening and closing, told by the days whether the table runs down or up."""
    if not balances:
        return None, None
    is_newest_first = entries[0].booked_on > entries[-1].booked_on
    if entries[0].booked_on == entries[-1].booked_on and len(entries) > 1:
        is_newest_first = balances[0] - entries[0].signed == balances[1]
    first, last = (-1, 0) if is_newest_first else (0, -1)
    return balances[first] - entries[first].signed, balances[last]


def _entry(layout: StatementLayout, row: Row, *, number: int, currency: str) -> Entry:
    side, amount = _movement(layout, row, currency=currency)
    booked = _day(layout, row, layout.day)
    told = None if layout.state is None else row[layout.state].strip().casefold()
    states = {state.casefold() for state in layout.states_booked}
    return Entry(
        number=number,
        amount=amount,
        side=side,
        reach=Reach.BOOKED if told is None or told in states else Reach.PENDING,
        booked_on=booked,
        valued_on=_day(layout, row, layout.value_day) if _has(row, layout.value_day) else booked,
        is_reversal=False,
        provider_reference=_cell(row, layout.provider_reference),
        text=_cell(row, layout.text) or "",
        parts=(
            Part(
                amount=amount,
                own_reference=_cell(row, layout.own_reference),
                text=_cell(row, layout.text) or "",
                counterparty=_cell(row, layout.counterparty),
                counterparty_account=_cell(row, layout.counterparty_account),
            ),
        ),
    )


def _movement(layout: StatementLayout, row: Row, *, currency: str) -> tuple[Side, Money]:
    if layout.credit is not None and layout.debit is not None:
        credit = _amount(layout, row, layout.credit, currency=currency, is_optional=True)
        debit = _amount(layout, row, layout.debit, currency=currency, is_optional=True)
        if credit.is_zero == debit.is_zero:
            raise CellUnreadable(column=layout.credit, text=row[layout.credit])
        signed = credit - Money(abs(debit.minor), currency)
    else:
        column = layout.amount or layout.day
        signed = _amount(layout, row, column, currency=currency)
        if signed.is_zero:
            raise CellUnreadable(column=column, text=row[column])
        if layout.direction is not None:
            signed = Money(abs(signed.minor), currency)
            if _direction(layout, row, layout.direction) is Side.OUT:
                signed = -signed
        elif layout.minus_is_in:
            signed = -signed
    side = Side.IN if signed.is_positive else Side.OUT
    return side, Money(abs(signed.minor), currency)


def _direction(layout: StatementLayout, row: Row, column: str) -> Side:
    word = row[column].strip().casefold()
    if word in {one.casefold() for one in layout.words_in}:
        return Side.IN
    if word in {one.casefold() for one in layout.words_out}:
        return Side.OUT
    raise CellUnreadable(column=column, text=row[column])


def _amount(
    layout: StatementLayout, row: Row, column: str, *, currency: str, is_optional: bool = False
) -> Money:
    """Read an amount: Arabic or Western digits, the provider's marks, a minus on either side."""
    text = row[column].strip()
    if is_optional and not text:
        return Money.zero(currency)
    plain = to_western_digits(text.replace("٬", "").replace("٫", layout.decimal_mark))
    plain = plain.replace("\xa0", " ").replace("\u202f", " ").removesuffix(currency).strip()
    if layout.group_mark:
        plain = plain.replace(layout.group_mark, "")
    plain = plain.replace("\u2212", "-").replace(layout.decimal_mark, ".")
    if plain.endswith("-") or (plain.startswith("(") and plain.endswith(")")):
        plain = f"-{plain.strip('()-')}"
    try:
        exact = Money.parse(plain.removeprefix("+"), currency)
    except RafidError:
        raise CellUnreadable(column=column, text=text) from None
    return exact


def _day(layout: StatementLayout, row: Row, column: str | None) -> date:
    """Read a day in the provider's order of its parts; a moment with a zone becomes a day there."""
    name = column or layout.day
    text = row[name].strip()
    plain = to_western_digits(text)
    try:
        if _ISO.fullmatch(plain):
            return _day_of_moment(plain, zone=layout.zone)
        if (together := _RUN_TOGETHER.fullmatch(plain)) is not None:
            return date(int(together[1]), int(together[2]), int(together[3]))
        told = plain.split("T")[0].split(" ")[0]
        parts = _NUMBERS.fullmatch(told)
        if parts is not None:
            year, month, day = (parts[place + 1] for place in _ORDERS[layout.day_order])
            full = 2000 + int(year) if len(year) == SHORT_YEAR else int(year)
            return date(full, int(month), int(day))
    except ValueError:
        pass
    raise CellUnreadable(column=name, text=text)


def _day_of_moment(text: str, *, zone: str) -> date:
    moment = datetime.fromisoformat(text)
    return moment.date() if moment.tzinfo is None else moment.astimezone(ZoneInfo(zone)).date()


def _has(row: Row, column: str | None) -> bool:
    return column is not None and bool(row[column].strip())


def _cell(row: Row, column: str | None) -> str | None:
    """Give what a cell says, or None for an empty one."""
    return (row[column].strip() or None) if column is not None else None
