"""What does a bank or a wallet say was on an account, and does it add up?

Every format (camt, MT940, CSV, XLSX) is read into these values; nothing behind them knows which
one it was. Amounts are positive; `side` says whether money came in or went out, after any reversal.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.errors import Kind, RafidError
from shared.money import CurrencyMismatch, Money

NO_REFERENCE = "NOTPROVIDED"


class StatementDoesNotAdd(RafidError):
    """The statement does not add up"""

    kind = Kind.RULE
    service = "loans"
    detail = "{opening} at its opening and {booked} booked is not {closing} at its closing."
    opening: Money
    booked: Money
    closing: Money


class StatementMissing(RafidError):
    """A statement is missing"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "It opens with {opening}, the one before it closed with {closing}."
    opening: Money
    closing: Money


class Side(StrEnum):
    """Which way money went, seen from the owner of the account."""

    IN = "in"
    OUT = "out"


class Reach(StrEnum):
    """How far an entry has come. Only `booked` is money; the others are told and change nothing."""

    BOOKED = "booked"
    PENDING = "pending"
    INFORMATION = "information"


class StatementFormat(StrEnum):
    """In which form a provider tells: ISO 20022 (052, 053, 054), SWIFT, or a table of its own."""

    CAMT = "camt"
    MT940 = "mt940"
    TABLE = "table"


class Finding(StrEnum):
    """What is wrong with the sums of a statement; its lines are kept, and a person asks why."""

    DOES_NOT_ADD = "does_not_add"
    GAP_BEFORE = "gap_before"


class Told(StrEnum):
    """What sort of account information it is: only a statement is final."""

    STATEMENT = "statement"
    NOTICE = "notice"
    INTRADAY = "intraday"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One payment within an entry. `own_reference` is what the payer or we gave it."""

    amount: Money
    own_reference: str | None = None
    provider_reference: str | None = None
    text: str = ""
    counterparty: str | None = None
    counterparty_account: str | None = None
    return_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of an account; `number` is its place or line in the file, from 1."""

    number: int
    amount: Money
    side: Side
    reach: Reach
    booked_on: date
    valued_on: date
    is_reversal: bool
    provider_reference: str | None
    text: str
    parts: tuple[Part, ...]

    @property
    def signed(self) -> Money:
        """What it adds to the account: less than nothing where money went out."""
        return self.amount if self.side is Side.IN else -self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line that cannot be read: its number, how it stood, and why."""

    number: int
    text: str
    fault: RafidError


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a provider said of one account in one currency; a balance below nothing is overdrawn.

    `opening` and `closing` are None where the provider gives none (a notice, most CSV files).
    """

    told: Told
    account: str
    currency: str
    identification: str
    sequence: int | None
    opening: Money | None
    closing: Money | None
    closed_on: date | None
    entries: tuple[Entry, ...]
    bad_lines: tuple[BadLine, ...] = ()

    @property
    def booked(self) -> Money:
        """What its booked entries add to the account."""
        sums = (entry.signed for entry in self.entries if entry.reach is Reach.BOOKED)
        return Money.total(sums, self.currency)


def require_sum(statement: Statement) -> None:
    """Raise `StatementDoesNotAdd` where opening and booked entries do not give the closing.

    Worked: 100.000 opening, 200.125 in and 0.125 out close with 300.000. Where a line could not be
    read, or a balance is not given, nothing can be said and nothing is raised.
    """
    opening, closing = statement.opening, statement.closing
    if opening is None or closing is None or statement.bad_lines:
        return
    if opening + statement.booked != closing:
        raise StatementDoesNotAdd(opening=opening, booked=statement.booked, closing=closing)


def require_continuity(earlier: Statement, later: Statement) -> None:
    """Raise `StatementMissing` where the later one does not open as the earlier one closed.

    Raises `CurrencyMismatch` for statements of two currencies.
    """
    if earlier.currency != later.currency:
        raise CurrencyMismatch(left=earlier.currency, right=later.currency)
    closing, opening = earlier.closing, later.opening
    if closing is not None and opening is not None and closing != opening:
        raise StatementMissing(opening=opening, closing=closing)


def keys_of(account: str, entries: Iterable[Entry]) -> Sequence[str]:
    """Name each entry, so that the same entry in two files has one name, in the given order.

    A provider's own reference names it, with its amount and side: a fee may share the reference of
    its payment, and the same reference with another amount is another entry, which a person looks
    at. Without one its day, references and text do, and which of its likes it is: two equal
    payments of a day are two, and are the same two in a file that overlaps, as long as that file
    holds the whole day.
    """
    seen: Counter[str] = Counter()
    keys = []
    for entry in entries:
        told = "\x1f".join(_said(entry))
        seen[told] += 1
        text = "\x1e".join((account, entry.amount.currency, told, str(seen[told])))
        keys.append(hashlib.sha256(text.encode()).hexdigest())
    return keys


def _said(entry: Entry) -> Iterable[str]:
    yield from (entry.side, str(entry.amount))
    if entry.provider_reference is not None:
        yield entry.provider_reference
        return
    yield from (entry.booked_on.isoformat(), entry.text)
    for part in entry.parts:
        yield from (str(part.amount), part.own_reference or "", part.text)
