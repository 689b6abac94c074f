"""How late was a loan on a day? Money settles the oldest instalment first."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from services.scoring.domain.warning.facts import Due, LoanFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """A loan's instalments and payments up to a day, in their order, with running sums."""

    until: date
    dues: tuple[Due, ...]
    asked: tuple[int, ...]
    paid_on: tuple[date, ...]
    paid: tuple[int, ...]

    def paid_by(self, day: date) -> int:
        """Return what had come in by the end of a day."""
        place = bisect_right(self.paid_on, day)
        return self.paid[place - 1] if place else 0

    def days_late(self, day: date) -> int:
        """Return how many days the oldest instalment not fully paid was overdue; 0 if none was.

        Worked: dues of 100 on the 1st of January and February, 150 paid on the 1st of January:
        on the 11th of February 10 days.
        """
        paid = self.paid_by(day)
        place = bisect_right(self.asked, paid)
        if place == len(self.dues) or self.dues[place].due_on >= day:
            return 0
        return (day - self.dues[place].due_on).days

    def settled_on(self, place: int) -> date | None:
        """Return the day on which an instalment was paid in full; None if it is not."""
        found = next((i for i, total in enumerate(self.paid) if total >= self.asked[place]), None)
        return None if found is None else self.paid_on[found]

    def lateness(self, place: int) -> int:
        """Return how many days after its day an instalment was settled, or is open by now."""
        settled = self.settled_on(place) or self.until
        return max(0, (settled - self.dues[place].due_on).days)


def ledger_of(loan: LoanFacts, *, until: date) -> Ledger:
    """Put what is dated up to a day in order; what comes after it is not read.

    What is paid on one day is one sum, so that the order in which it was told counts for nothing.
    """
    dues = sorted(
        (d for d in loan.dues if d.due_on <= until), key=lambda d: (d.due_on, d.amount_minor)
    )
    by_day: Counter[date] = Counter()
    for payment in loan.payments:
        if payment.paid_on <= until:
            by_day[payment.paid_on] += payment.amount_minor
    days = sorted(by_day)
    return Ledger(
        until=until,
        dues=tuple(dues),
        asked=_sums([d.amount_minor for d in dues]),
        paid_on=tuple(days),
        paid=_sums([by_day[day] for day in days]),
    )


def _sums(amounts: Sequence[int]) -> tuple[int, ...]:
    return tuple(accumulate(amounts))
