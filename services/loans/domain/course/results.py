"""What does the course of a contract consist of?"""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class CourseStatus(StrEnum):
    """How a contract stands after its last event."""

    PENDING = "pending"
    ACTIVE = "active"
    OVERPAID = "overpaid"
    PAID_OFF = "paid_off"
    WRITTEN_OFF = "written_off"


class TransactionKind(StrEnum):
    """What a transaction did to the contract."""

    DISBURSEMENT = "disbursement"
    CHARGES_AT_DISBURSEMENT = "charges_at_disbursement"
    REPAYMENT = "repayment"
    DOWN_PAYMENT = "down_payment"
    GOODWILL_CREDIT = "goodwill_credit"
    MERCHANT_REFUND = "merchant_refund"
    PAYOUT_REFUND = "payout_refund"
    PROFIT_REFUND = "profit_refund"
    PROFIT_WAIVER = "profit_waiver"
    CHARGE_ADJUSTMENT = "charge_adjustment"
    CHARGE_WAIVER = "charge_waiver"
    RECOVERY = "recovery"
    CHARGEBACK = "chargeback"
    CREDIT_REFUND = "credit_refund"
    CHARGE_OFF = "charge_off"
    WRITE_OFF = "write_off"
    RE_AGE = "re_age"
    RE_AMORTISE = "re_amortise"


MOVES_NO_PRINCIPAL = frozenset(
    {TransactionKind.CHARGE_OFF, TransactionKind.RE_AGE, TransactionKind.RE_AMORTISE}
)
"""What is open is spread anew or taken for lost, and owed as before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the course: an instalment, or (`number` None) a disbursement.

    `balance` is the principal outstanding after the instalment when all goes as it stands; of a
    disbursement the amount paid out. The four parts are what is due, the `…_paid` what was paid
    of them, `…_waived` what was given up. `paid_in_advance` was paid before the due date,
    `paid_late` after it; `settled_on` is the day on which nothing was left.
    """

    number: int | None
    start_on: date | None
    due_on: date
    balance: int
    principal: int = 0
    profit: int = 0
    fee: int = 0
    penalty: int = 0
    principal_paid: int = 0
    profit_paid: int = 0
    fee_paid: int = 0
    penalty_paid: int = 0
    waived: int = 0
    written_off: int = 0
    paid_in_advance: int = 0
    paid_late: int = 0
    settled_on: date | None = None
    is_down_payment: bool = False

    @property
    def due(self) -> int:
        """All that the row asks for."""
        return self.principal + self.profit + self.fee + self.penalty

    @property
    def paid(self) -> int:
        """All that was paid of it."""
        return self.principal_paid + self.profit_paid + self.fee_paid + self.penalty_paid

    @property
    def outstanding(self) -> int:
        """What is still to be paid of it."""
        return self.due - self.paid - self.waived - self.written_off


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One movement and what it paid or charged; `balance` is the principal outstanding after it.

    Taken for lost it stays outstanding; written off, nothing is. `key` is the event's. `surplus`
    is what nothing was due for.
    """

    key: Hashable
    on: date
    kind: TransactionKind
    amount: int
    principal: int = 0
    profit: int = 0
    fee: int = 0
    penalty: int = 0
    surplus: int = 0
    balance: int = 0
    is_reversed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A contract through its whole life, as it stands on a day."""

    rows: tuple[Row, ...]
    transactions: tuple[Transaction, ...]
    status: CourseStatus
    outstanding: int
    overpaid: int
