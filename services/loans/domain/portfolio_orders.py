"""How does an order of a contract's past stand in a row of a file, and how is it read again?

Its kind is the movement's; an amount and a channel have their columns, whatever else the kind
takes is a member of `details` under its own name. What an order names by an id here is named
there as the file names it: a repayment by its number, a borrower and a contract by their names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from uuid import UUID

from services.loans.domain.portfolio_records import CellInvalid, MovedRecord
from services.loans.domain.servicing.orders import READERS, Asked, OrderKind, OrderReason
from shared.digits import to_western_digits
from shared.errors import Kind, RafidError
from shared.money import LARGEST_MOVED, AmountTooLarge, Money

REPAYMENT, BORROWER, CONTRACT, GRANTED = "repayment", "borrower", "contract", "granted"
NAMED: Final = {
    "repayment_id": REPAYMENT,
    "borrower_id": BORROWER,
    "new_contract_id": CONTRACT,
}
"""What an order names by an id, and how the file calls it."""

OWN_COLUMN: Final = ("amount_minor", "channel")
MOST: Final = {"periods": 60, "instalments": 600, "grace": 600, "annual_rate": 10}
LONGEST_CODE: Final = 60
RATE_PLACES: Final = 6
LONGEST_SHOWN: Final = 80
Cells = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The ids here of what orders name: repayments by number, borrowers, contracts by name."""

    repayments: Mapping[int, UUID] = field(default_factory=dict)
    borrowers: Mapping[str, UUID] = field(default_factory=dict)
    contracts: Mapping[str, UUID] = field(default_factory=dict)


class NothingOfTheName(RafidError):
    """The movement names what is not there"""

    kind = Kind.RULE
    service = "loans"
    detail = "Movement {number} names the {what} {name}, which is not there before it."
    number: int
    what: str
    name: str


def details_of(members: Mapping[str, object], *, names: Mapping[str, str], currency: str) -> Cells:
    """The members of an order that no column holds, as texts; ids by the names of the file.

    `{"part": "fee", "amount_minor": 2000}` gives `{"part": "fee"}`; a payoff that grants
    `granted_minor` 12500 in JOD gives `{"granted": "12.500"}`.
    """
    found: Cells = {}
    for name, value in members.items():
        if name in OWN_COLUMN:
            continue
        if name in NAMED:
            found[NAMED[name]] = names[str(value)]
        elif name == "granted_minor":
            found[GRANTED] = str(Money(int(str(value)), currency))
        else:
            found[name] = str(value)
    return found


def asked_of(one: MovedRecord, *, named: Named) -> Asked:
    """The order that a movement's row tells.

    Raises `CellInvalid`, `OrderMemberWrong`, `NothingOfTheName`.
    """
    members: dict[str, object] = {}
    for name, text in one.details.items():
        member, value = _member(one, name, text, named=named)
        members[member] = value
    if one.amount.minor:
        members["amount_minor"] = one.amount.minor
    if one.has_channel:
        members["channel"] = one.channel
    return Asked(
        kind=OrderKind(one.kind),
        effective_on=one.on,
        reason=_reason(one.reason),
        **members,  # type: ignore[arg-type] # by name
    )


def _member(one: MovedRecord, name: str, text: str, *, named: Named) -> tuple[str, object]:
    if name == REPAYMENT:
        number = to_western_digits(text)
        by_number = {str(key): value for key, value in named.repayments.items()}
        return "repayment_id", _id(one, by_number, what=name, name=number)
    if name == BORROWER:
        return "borrower_id", _id(one, named.borrowers, what=name, name=text)
    if name == CONTRACT:
        return "new_contract_id", _id(one, named.contracts, what=name, name=text)
    if name == GRANTED:
        granted = Money.parse(to_western_digits(text), one.amount.currency)
        if granted.minor > LARGEST_MOVED:
            raise AmountTooLarge(currency=granted.currency)
        return "granted_minor", granted.minor
    if name not in READERS or name in (*NAMED, *OWN_COLUMN, "order_id", "granted_minor"):
        raise CellInvalid(column="details", value=name[:LONGEST_SHOWN])
    return name, _value(name, to_western_digits(text))


def _value(name: str, text: str) -> object:
    try:
        value = READERS[name](text)
        too_long = len(text) > LONGEST_CODE
        beyond = name in MOST and not 0 <= value <= MOST[name]  # type: ignore[operator] # a number
        fine = name == "annual_rate" and _places(value) > RATE_PLACES
    except (ValueError, ArithmeticError):
        raise CellInvalid(column="details", value=f"{name}: {text[:LONGEST_SHOWN]}") from None
    if too_long or beyond or fine:
        raise CellInvalid(column="details", value=f"{name}: {text[:LONGEST_SHOWN]}")
    return value


def _places(value: object) -> int:
    exponent = Decimal(str(value)).as_tuple().exponent
    return -exponent if isinstance(exponent, int) else RATE_PLACES + 1


def _id(one: MovedRecord, known: Mapping[str, UUID], *, what: str, name: str) -> UUID:
    if name not in known:
        raise NothingOfTheName(number=one.number, what=what, name=name[:LONGEST_SHOWN])
    return known[name]


def _reason(text: str) -> OrderReason:
    try:
        return OrderReason(text)
    except ValueError:
        raise CellInvalid(column="reason", value=text or "-") from None
