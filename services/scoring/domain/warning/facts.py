"""What is known of a running loan, every fact with the day on which it became known?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from shared.errors import Kind, RafidError


class LoanTwiceInMonth(RafidError):
    """A loan stands twice in one month"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "Loan {loan_id} is graded once a month; in {month} it stands twice."
    loan_id: str
    month: str


class LoanOfFuture(RafidError):
    """A loan was paid out after the day for which it is to be graded"""

    kind = Kind.RULE
    service = "scoring"
    detail = "Loan {loan_id} was paid out on {disbursed_on}; on {as_of} there is nothing to grade."
    loan_id: str
    disbursed_on: date
    as_of: date


class VisitEnd(StrEnum):
    """How a planned visit ended: a borrower who was away and an officer who never went differ."""

    MADE = "made"
    MISSED_BY_BORROWER = "missed_by_borrower"
    NOT_MADE_BY_OFFICER = "not_made_by_officer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An instalment of the plan, in minor units."""

    due_on: date
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that came in, in minor units."""

    paid_on: date
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """On `made_on` the borrower promised to have paid an amount by `promised_for`."""

    made_on: date
    promised_for: date
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A planned visit and how it ended, known on `ended_on`."""

    ended_on: date
    end: VisitEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """A step of the project with its day; `reached_on` None while it is not reached."""

    due_on: date
    reached_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Burden:
    """The share of the income that all instalments take, as found on a day."""

    found_on: date
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanFacts:
    """A running loan. `peak_months` (1 to 12) are the months of most income, agreed at the start.

    Facts may stand in any order and may reach past the day of grading: those are not read.
    """

    loan_id: UUID
    branch_id: UUID | None
    group_id: UUID | None
    disbursed_on: date
    dues: Sequence[Due]
    payments: Sequence[Payment] = ()
    promises: Sequence[Promise] = ()
    visits: Sequence[Visit] = ()
    milestones: Sequence[Milestone] = ()
    burdens: Sequence[Burden] = ()
    peak_months: Sequence[int] = ()


def check_loans(loans: Sequence[LoanFacts], *, as_of: date) -> None:
    """Raise LoanTwiceInMonth or LoanOfFuture for the first loan that cannot be graded."""
    seen: set[UUID] = set()
    for loan in loans:
        if loan.loan_id in seen:
            raise LoanTwiceInMonth(loan_id=str(loan.loan_id), month=f"{as_of:%Y-%m}")
        seen.add(loan.loan_id)
        if loan.disbursed_on > as_of:
            raise LoanOfFuture(
                loan_id=str(loan.loan_id), disbursed_on=loan.disbursed_on, as_of=as_of
            )
