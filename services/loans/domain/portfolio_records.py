"""What are the rows of a portfolio's file, and how can one be wrong?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from services.loans.domain.intake import Line
from services.loans.domain.journal import Channel
from services.loans.domain.servicing.orders import OrderKind
from shared.errors import Kind, RafidError
from shared.money import Money


class RecordKind(StrEnum):
    """What a row is about."""

    BORROWER = "borrower"
    CONTRACT = "contract"
    INSTALMENT = "instalment"
    MOVEMENT = "movement"
    TOTAL = "total"


class MovedKind(StrEnum):
    """What moved on a contract before it came here, beside its orders.

    The last four belong to contracts whose whole life is told: one that was cancelled, and money
    held for a borrower.
    """

    DISBURSEMENT = "disbursement"
    REPAYMENT = "repayment"
    REVERSAL = "reversal"
    CANCELLATION = "cancellation"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    EARNING = "earning"


PLAIN = frozenset({MovedKind.DISBURSEMENT, MovedKind.REPAYMENT, MovedKind.REVERSAL})
"""What moves on a contract that is as it was signed, paid out once and whole."""


class CellInvalid(RafidError):
    """A cell cannot be read"""

    kind = Kind.RULE
    service = "loans"
    detail = "The column {column} holds {value}, which cannot stand there."
    column: str
    value: str


class ColumnsMissing(RafidError):
    """The file is not a portfolio"""

    kind = Kind.RULE
    service = "loans"
    detail = "It lacks the columns {missing}."
    missing: tuple[str, ...]


class ContractIncomplete(RafidError):
    """Something of the contract is missing or faulty"""

    kind = Kind.RULE
    service = "loans"
    detail = "{reference} is not taken in, because line {number} of it is refused."
    reference: str
    number: int


class ContractAbsent(RafidError):
    """The line belongs to no contract of the file"""

    kind = Kind.RULE
    service = "loans"
    detail = "No line of the kind contract has the reference {reference}."
    reference: str


class NameTwice(RafidError):
    """A name stands twice in the file"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{name} stands in line {first} already."
    name: str
    first: int


class ControlTotalMissing(RafidError):
    """The file does not say what it should add up to"""

    kind = Kind.RULE
    service = "loans"
    detail = "There are contracts in {currency}, and no line of the kind total for it."
    currency: str


class ControlTotalDiffers(RafidError):
    """The file does not add up to its own totals"""

    kind = Kind.RULE
    service = "loans"
    detail = "In {currency}, {member} is stated as {stated}; the lines give {counted}."
    currency: str
    member: str
    stated: str
    counted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerRecord:
    """A borrower as the file names it; texts are read where they are registered."""

    line: Line
    key: str
    kind: str
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRecord:
    """An agreed instalment."""

    number: int
    due_on: date
    principal: Money
    profit: Money
    fee: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedRecord:
    """A movement of the past; a reversal names the number of the movement it takes back.

    An order is a movement of its own kind, with its `reason` and, in `details`, what its kind
    takes; `booked_on` is the day of its entry. What was not there before has no part in the
    text of a record, by which a second run knows its movements.
    """

    number: int
    kind: MovedKind | OrderKind
    on: date
    amount: Money
    channel: Channel = Channel.CASH
    reverses: int | None = None
    reason: str = field(default="", repr=False)
    booked_on: date | None = field(default=None, repr=False)
    details: Mapping[str, str] = field(default_factory=dict, repr=False)
    has_channel: bool = field(default=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRecord:
    """A contract with all its rows. Without `terms` it is agreed anew by its product's rules.

    One that names its `status` tells its whole life: its movements in the order in which they
    were recorded, by their numbers, and in `details` how it stands after them. `lines` are those
    of its movements.
    """

    line: Line
    reference: str
    borrower_key: str
    branch: str
    product: str
    product_version: int | None
    fund: str
    sector: str
    signed_on: date
    principal: Money
    outstanding: Money
    terms: str
    annual_rate: Decimal | None
    term_months: int | None
    grace_months: int
    first_due_on: date | None
    dues: tuple[DueRecord, ...] = ()
    moved: tuple[MovedRecord, ...] = ()
    status: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[int, Line] = field(default_factory=dict)

    @property
    def is_lived(self) -> bool:
        """Whether its whole life is told, beyond one payout and what was repaid."""
        return bool(self.status) or any(one.kind not in PLAIN for one in self.moved)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTotal:
    """What the contracts of one currency must add up to."""

    currency: str
    count: int
    principal: Money
    outstanding: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Faulty:
    """A line that was not understood, and why."""

    line: Line
    error: RafidError
