"""Which bills does a contract have, and may this much be paid on them?

A bill is an instalment of the agreement that holds. It is issued the day after the one before it
fell due, the first when the agreement was made, so that there is always one to pay until the last.
Money is poured over the instalments in their order, whichever bill it was sent for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from shared.errors import InvalidValue, Kind, RafidError
from shared.money import Money, NotAnAmount

AMOUNT = re.compile(r"(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,4})?")
DAY = timedelta(days=1)


class MoreThanDue(RafidError):
    """More would be paid than is due"""

    kind = Kind.RULE
    service = "loans"
    detail = "{amount} is more than the {due} that can be paid here; nothing was taken."
    amount: Money
    due: Money


class LessThanDue(RafidError):
    """A payment in full is less than what is due"""

    kind = Kind.RULE
    service = "loans"
    detail = "{amount} is less than the {due} that is due; send it as a partial payment."
    amount: Money
    due: Money


class NegativeAmount(InvalidValue):
    """The amount is below zero"""

    service = "loans"
    detail = "“{text}” has a sign; an amount is written without one."
    text: str


class BillStatus(StrEnum):
    """How much of a bill is paid; the GSMA Mobile Money API knows these three words."""

    UNPAID = "unpaid"
    PARTLY_PAID = "partialpaid"
    PAID = "paid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One instalment: its number, its day, and all it asks for in minor units."""

    number: int
    due_on: date
    minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One instalment as a bill; `amount` is what is still due of it."""

    reference: str
    number: int
    issued_on: date
    due_on: date
    amount: Money
    status: BillStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class BillName:
    """What the reference of a bill is made of."""

    contract_reference: str
    generation: int
    number: int

    def __str__(self) -> str:
        return f"{self.contract_reference}.{self.generation}.{self.number}"


def read_name(text: str) -> BillName | None:
    """Read the reference of a bill: "LN-2026-000001.1.3" is the third of the first agreement."""
    rest, _, number = text.rpartition(".")
    reference, _, generation = rest.rpartition(".")
    if not (reference and _is_number(generation) and _is_number(number)):
        return None
    return BillName(contract_reference=reference, generation=int(generation), number=int(number))


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[1-9][0-9]{0,3}", text) is not None


def issued(
    dues: Sequence[Due],
    *,
    name: BillName,
    agreed_on: date,
    today: date,
    paid: Money,
) -> list[Bill]:
    """Give the bills that are there on a day, the newest first; `name` is that of any of them.

    Worked: 100 due on 1 March and on 1 April, agreed on 1 February, 130 paid: on 1 March the first
    is there, paid; on 2 March the second too, partly paid, with 70 due.
    """
    found: list[Bill] = []
    left, issued_on = paid.minor, agreed_on
    for due in dues:
        taken = min(left, due.minor)
        left -= taken
        if due.minor and issued_on <= today:
            found.append(
                Bill(
                    reference=str(
                        BillName(
                            contract_reference=name.contract_reference,
                            generation=name.generation,
                            number=due.number,
                        )
                    ),
                    number=due.number,
                    issued_on=issued_on,
                    due_on=due.due_on,
                    amount=Money(due.minor - taken, paid.currency),
                    status=_status(due.minor, taken),
                )
            )
        issued_on = max(issued_on, due.due_on + DAY)
    return found[::-1]


def _status(asked: int, taken: int) -> BillStatus:
    if taken == asked:
        return BillStatus.PAID
    return BillStatus.PARTLY_PAID if taken else BillStatus.UNPAID


def read_amount(text: str, currency: str) -> Money:
    """Read an amount as the standard writes one, exact in its currency.

    Worked: "16.00" in JOD is 16.000; "16.0001" has too many decimals; "16,5", "1e3" and "٥" are
    no amounts here. Zeros beyond the currency's decimals are read over. Raises `NotAnAmount`,
    `NegativeAmount`, `TooManyDecimals`, `UnknownCurrency`, `AmountTooLarge`.
    """
    if re.fullmatch(r"-[0-9.]+", text):
        raise NegativeAmount(text=text)
    if not AMOUNT.fullmatch(text):
        raise NotAnAmount(text=text)
    exact = text.rstrip("0").rstrip(".") if "." in text else text
    return Money.parse(exact, currency)


def require_payable(amount: Money, *, most: Money, due: Money, in_full: bool) -> None:
    """Refuse what is more than can be paid, or less than is due where all of it was announced.

    `most` is what may come at most: what is due of the bill, or all that is open on the contract.
    Raises `MoreThanDue`, `LessThanDue`, `CurrencyMismatch`.
    """
    if amount > most:
        raise MoreThanDue(amount=amount, due=most)
    if in_full and amount < due:
        raise LessThanDue(amount=amount, due=due)
