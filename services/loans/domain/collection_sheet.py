"""What is to be collected on a day, and does the money brought in agree with its list?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.loans.domain.collecting import AmountNotPositive
from shared.errors import Kind, RafidError
from shared.ids import ContractId
from shared.money import Money


class TotalsDiffer(RafidError):
    """The lines do not add up to the cash"""

    kind = Kind.RULE
    service = "loans"
    detail = "The sheet states {stated}; its lines add up to {counted}. Nothing was received."
    stated: Money
    counted: Money


class LineTwice(RafidError):
    """A contract stands twice on the sheet"""

    kind = Kind.RULE
    service = "loans"
    detail = "The lines {first} and {second} name the same contract. Nothing was received."
    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What a contract owes on a day, in minor units: fallen due before it, and due on it."""

    late: int
    due_today: int
    oldest_due_on: date | None

    @property
    def total(self) -> int:
        """What is to be collected."""
        return self.late + self.due_today

    def days_late(self, on: date) -> int:
        """Days since the oldest open due; 0 where nothing is late."""
        return (on - self.oldest_due_on).days if self.late and self.oldest_due_on else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """One line of a sheet that came back: what a borrower paid."""

    contract_id: ContractId
    amount: Money


def asked_on(on: date, *, dues: Sequence[tuple[date, int]], paid: int) -> Asked:
    """Tell what is open on a day of dues (day and total in minor units) after a sum was paid.

    The sum pays the dues in their order. Worked: 100 due on 1 March, 100 on 1 April, 130 paid; on
    1 April nothing is late and 70 are due; on 2 April 70 are late, for one day.
    """
    late = due_today = 0
    oldest: date | None = None
    for due_on, total in dues:
        if due_on > on:
            break
        left = max(total - paid, 0)
        paid = max(paid - total, 0)
        if not left:
            continue
        oldest = oldest or due_on
        if due_on == on:
            due_today += left
        else:
            late += left
    return Asked(late=late, due_today=due_today, oldest_due_on=oldest)


def require_agreement(lines: Sequence[Brought], *, stated: Money) -> None:
    """Refuse a sheet whose lines are not the cash beside it.

    A line below zero would let the others hold more than was counted, so it is refused with all of
    them. Raises `LineTwice`, `AmountNotPositive`, `TotalsDiffer`, `CurrencyMismatch`.
    """
    first: dict[ContractId, int] = {}
    for number, line in enumerate(lines, start=1):
        if line.contract_id in first:
            raise LineTwice(first=first[line.contract_id], second=number)
        first[line.contract_id] = number
        if line.amount.minor < 0:
            raise AmountNotPositive(amount=line.amount)
    counted = Money.total((line.amount for line in lines), stated.currency)
    if counted != stated:
        raise TotalsDiffer(stated=stated, counted=counted)
