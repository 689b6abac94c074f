"""What can happen to a contract after it is signed?

Every event has a `key` (its identity: a reversal names it), `on` (its value date) and `entered_on`
(the day it was entered; None: the value date). Amounts are positive minor units.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from services.loans.domain.course.plan import Charge, PaymentKind, Unit
from services.loans.domain.terms import Component


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, valued on a day."""

    key: Hashable
    on: date
    entered_on: date | None = None

    @property
    def known_on(self) -> date:
        """The day on which it was entered."""
        return self.entered_on or self.on


@dataclass(frozen=True, slots=True, kw_only=True)
class Disbursed(Event):
    """Money was paid out: the loan, or one tranche of it."""

    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrancheExpected(Event):
    """A further tranche is expected on a day; it counts until the first real disbursement."""

    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid(Event):
    """Money came in, or a credit that pays like money.

    `refunds_profit` says for a refund whether the profit that the refunded principal has cost is
    given back too; None leaves it to the plan. `charge` is what a charge adjustment pays.
    """

    amount: int
    kind: PaymentKind = PaymentKind.REPAYMENT
    refunds_profit: bool | None = None
    charge: Hashable | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeAdded(Event):
    """A fee or penalty was charged: on a date (`charge.due_on`) or with every instalment."""

    charge: Charge


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeWaived(Event):
    """What is still open of a charge is waived; None: of the charge that was added last."""

    charge: Hashable


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived(Event):
    """So much of a part is given up, the oldest open first; None: all that is open of it."""

    part: Component
    amount: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponed(Event):
    """What is open and due from `on` falls due so many periods later; the amounts stay."""

    periods: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversed(Event):
    """An earlier event is undone: the course is as if it had never been entered."""

    of: Hashable


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargedBack(Event):
    """A payment was claimed back by the payer's provider: the amount is owed once more."""

    of: Hashable
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRefunded(Event):
    """What the borrower had paid too much was paid back; more than that is owed as principal."""

    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargedOff(Event):
    """The contract is taken for lost in the books; the borrower still owes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenOff(Event):
    """What is open is given up; the contract is closed."""


class OpenProfit(StrEnum):
    """What becomes of profit when the open amount is spread over new instalments.

    `as_agreed`: the new instalments bear profit by the agreed rate. `spread_payable`: profit
    earned to the day is shared equally, none is earned later. `spread_all`: all profit that was
    still to come is shared equally. `waived`: none of it is asked for.
    """

    AS_AGREED = "as_agreed"
    SPREAD_PAYABLE = "spread_payable"
    SPREAD_ALL = "spread_all"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReAged(Event):
    """All that is open is spread over new instalments, the first due on `starts_on`."""

    starts_on: date
    every: int
    unit: Unit
    instalments: int
    profit: OpenProfit = OpenProfit.AS_AGREED


@dataclass(frozen=True, slots=True, kw_only=True)
class ReAmortised(Event):
    """What is past due is spread over the instalments still to come."""

    profit: OpenProfit = OpenProfit.AS_AGREED


@dataclass(frozen=True, slots=True, kw_only=True)
class RateChanged(Event):
    """From `on` the profit is counted by another rate (a fraction a year)."""

    annual_rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfitPaused(Event):
    """No profit is earned from `on` to `until`, both included."""

    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescheduled(Event):
    """From the instalment due on `on`: another due date, more instalments, or grace."""

    due_on: date | None = None
    extra_instalments: int = 0
    principal_grace: int = 0
    profit_grace: int = 0
