"""What happened in the demonstration's eighteen months, as values: a plan for the books."""

from dataclasses import dataclass
from datetime import date

from services.demonstration.behaviour import Payment
from services.demonstration.people import Person
from services.loans.domain.application import Request
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Money that came into a fund: one a fund and day."""

    fund: str
    amount: Money
    received_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An application and what becomes of it; without a fund it is rejected.

    Days that would lie in the future are missing: it stands where it stands today.
    """

    external_id: str
    person: Person
    branch: str
    region: str
    offer: str
    request: Request
    reason: str
    submitted_on: date
    fund: str | None = None
    is_decided: bool = True
    signed_on: date | None = None
    disbursed_on: date | None = None
    payments: tuple[Payment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A payment on the contract that an application became."""

    external_id: str
    payment: Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What is booked together: first what came in, then what was lent, then what was paid."""

    starts_on: date
    receipts: tuple[Receipt, ...]
    applications: tuple[Application, ...]
    payments: tuple[Paid, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The whole of it, in order."""

    seed: int
    today: date
    scale: float
    months: tuple[Month, ...]

    @property
    def contracts(self) -> int:
        """How many applications were signed."""
        return sum(one.signed_on is not None for month in self.months for one in month.applications)

    @property
    def payments(self) -> int:
        """How many payments came."""
        return sum(len(month.payments) for month in self.months)
