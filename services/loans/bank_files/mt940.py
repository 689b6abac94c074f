"""What does an MT940 say? SWIFT's customer statement message, read by the library `mt-940`."""

import logging
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

import mt940

from services.loans.bank_files.xml import (
    LARGEST_FILE,
    MISSING,
    NOT_AN_AMOUNT,
    TOO_LARGE,
    BankFileUnreadable,
)
from services.loans.domain import intake
from services.loans.domain.account_statement import Entry, Part, Reach, Side, Statement, Told
from shared.errors import RafidError, Sentence
from shared.money import Money

NOT_MT940: Final = Sentence("It is no MT940, or a line of it is broken.")
NO_REFERENCE: Final = frozenset({"", "NONREF"})
_SIDES: Final = {"C": Side.IN, "RD": Side.IN, "D": Side.OUT, "RC": Side.OUT}

# The library would write every line that it cannot read, names and all, into the log.
logging.getLogger("mt940").setLevel(logging.CRITICAL)


def read(content: bytes) -> tuple[Statement, ...]:
    """Read every statement of a file; each has to say its opening and its closing balance.

    A file broken off has no closing balance and is refused, as is one with a line that cannot be
    read: an MT940 is whole or nothing. Raises `BankFileUnreadable`.
    """
    if len(content) > LARGEST_FILE:
        raise BankFileUnreadable(reason=TOO_LARGE)
    text = content.removeprefix(intake.UTF8_BOM).decode(intake.encoding_of(content), "replace")
    try:
        found = mt940.parse_statements(text)
    except (RuntimeError, ValueError, ArithmeticError, TypeError, KeyError, AttributeError):
        raise BankFileUnreadable(reason=NOT_MT940) from None
    statements = tuple(_statement(one) for one in found)
    entries = sum(len(statement.entries) for statement in statements)
    # The library leaves out a line that it cannot read; money is not left out here.
    if not statements or _marks(text) != (len(statements), entries):
        raise BankFileUnreadable(reason=NOT_MT940)
    return statements


def _marks(text: str) -> tuple[int, int]:
    """Count the lines that begin a statement, and those that begin an entry."""
    lines = [line.lstrip() for line in text.splitlines()]
    return (
        sum(line.startswith(":20:") for line in lines),
        sum(line.startswith(":61:") for line in lines),
    )


def _statement(found: Any) -> Statement:
    said = found.data
    opening = said.get("final_opening_balance") or said.get("intermediate_opening_balance")
    closing = said.get("final_closing_balance") or said.get("intermediate_closing_balance")
    account, reference = said.get("account_identification"), said.get("transaction_reference")
    if opening is None or closing is None or not account or not reference:
        raise BankFileUnreadable(reason=MISSING)
    number = str(said.get("statement_number") or "")
    opened, closed = _balance(opening), _balance(closing)
    if opened.currency != closed.currency:
        raise BankFileUnreadable(reason=NOT_AN_AMOUNT)
    return Statement(
        told=Told.STATEMENT,
        account=account.strip(),
        currency=opened.currency,
        identification=reference.strip(),
        sequence=int(number) if number.isdecimal() else None,
        opening=opened,
        closing=closed,
        closed_on=_day(closing.date),
        entries=tuple(_entries(found.transactions, currency=opened.currency)),
    )


def _entries(transactions: Any, *, currency: str) -> Iterator[Entry]:
    for number, transaction in enumerate(transactions, start=1):
        said = transaction.data
        if not said.get("id"):
            raise BankFileUnreadable(reason=NOT_MT940, line=number)
        amount = _money(said["amount"], currency=currency)
        valued = _day(said["date"])
        own, provider = said.get("customer_reference") or "", said.get("bank_reference") or ""
        text = said.get("transaction_details") or said.get("extra_details") or ""
        own, provider = own.strip(), provider.strip()
        yield Entry(
            number=number,
            amount=amount,
            side=_SIDES[said["status"]],
            reach=Reach.BOOKED,
            booked_on=_day(said.get("entry_date") or said["date"]),
            valued_on=valued,
            is_reversal=said["status"] in {"RC", "RD"},
            provider_reference=None if provider in NO_REFERENCE else provider,
            text=text.strip(),
            parts=(
                Part(
                    amount=amount,
                    own_reference=None if own in NO_REFERENCE else own,
                    text=text.strip(),
                ),
            ),
        )


def _day(told: date) -> date:
    """Give a plain day for the library's own kind of one."""
    return told.date() if isinstance(told, datetime) else date(told.year, told.month, told.day)


def _balance(found: Any) -> Money:
    """Give a balance with its sign, which the library has set on the amount."""
    return _exact(found.amount.amount, found.amount.currency)


def _money(found: Any, *, currency: str) -> Money:
    """Give an amount without its sign: the mark before it says which way it went."""
    return _exact(abs(found.amount), found.currency or currency)


def _exact(amount: Any, currency: str) -> Money:
    try:
        return Money.parse(f"{amount:f}", currency)
    except RafidError:
        raise BankFileUnreadable(reason=NOT_AN_AMOUNT) from None
