"""What is asked of a bank for a set of payments, and may it be written down at all?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from shared.errors import Kind, RafidError
from shared.money import Money

LONGEST_IDENTIFIER: Final = 35
LONGEST_NAME: Final = 140
LONGEST_TEXT: Final = 140

# The letters that every bank takes (ISO 20022 guides of banks), none of them at an end as a slash.
_WRITABLE: Final = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]*")
_IDENTIFIER: Final = re.compile(r"(?!/)(?!.*//)[A-Za-z0-9/\-?:().,'+]{1,35}(?<!/)")


class IdentifierNotWritable(RafidError):
    """The reference cannot be sent to a bank"""

    kind = Kind.RULE
    service = "loans"
    detail = "“{text}” has signs other than plain letters and digits, or more than {longest}."
    text: str
    longest: int = LONGEST_IDENTIFIER


class NameNotWritable(RafidError):
    """The name cannot be sent to this bank"""

    kind = Kind.RULE
    service = "loans"
    detail = "“{text}” has letters that this bank takes only by agreement; it is not respelt."
    text: str


class NothingToTransfer(RafidError):
    """There is nothing to transfer"""

    kind = Kind.RULE
    service = "loans"
    detail = "An order needs at least one payment, each of an amount above zero."


class TransferRepeated(RafidError):
    """A payment stands twice in the order"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The reference {reference} names two payments."
    reference: str


class TransferTooLong(RafidError):
    """A text is too long for a bank file"""

    kind = Kind.RULE
    service = "loans"
    detail = "“{text}” has {length} letters; at most {longest} are taken."
    text: str
    length: int
    longest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BankParty:
    """Who pays or is paid: a name, an account (IBAN, or the bank's own number), a bank."""

    name: str
    account: str
    is_iban: bool
    bic: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One payment: `reference` is ours, and comes back in every answer about it."""

    reference: str
    amount: Money
    creditor: BankParty
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOrder:
    """A set of payments from one account on one day."""

    message_id: str
    made_at: datetime
    pay_on: date
    debtor: BankParty
    transfers: tuple[Transfer, ...]


def require_writable(order: TransferOrder, *, takes_any_letters: bool) -> None:
    """Refuse what a bank would refuse or garble, before a byte is written.

    `takes_any_letters` is the agreement with the bank that names and texts may be Arabic; without
    it such a name is refused, and never respelt. Raises `NothingToTransfer`,
    `IdentifierNotWritable`, `NameNotWritable`, `TransferRepeated`, `TransferTooLong`,
    `CurrencyMismatch`.
    """
    if not order.transfers or any(not one.amount.is_positive for one in order.transfers):
        raise NothingToTransfer
    Money.total((one.amount for one in order.transfers), order.transfers[0].amount.currency)
    references = [one.reference for one in order.transfers]
    for text in (order.message_id, *references):
        if _IDENTIFIER.fullmatch(text) is None:
            raise IdentifierNotWritable(text=text)
    _require_distinct(references)
    for party in (order.debtor, *(one.creditor for one in order.transfers)):
        _require_text(party.name, longest=LONGEST_NAME, takes_any_letters=takes_any_letters)
    for one in order.transfers:
        _require_text(one.text, longest=LONGEST_TEXT, takes_any_letters=takes_any_letters)


def _require_distinct(references: Sequence[str]) -> None:
    seen: set[str] = set()
    for reference in references:
        if reference in seen:
            raise TransferRepeated(reference=reference)
        seen.add(reference)


def _require_text(text: str, *, longest: int, takes_any_letters: bool) -> None:
    if len(text) > longest:
        raise TransferTooLong(text=text[:longest], length=len(text), longest=longest)
    if not takes_any_letters and _WRITABLE.fullmatch(text) is None:
        raise NameNotWritable(text=text)
    if not text.isprintable():
        raise NameNotWritable(text=ascii(text)[1:-1])
