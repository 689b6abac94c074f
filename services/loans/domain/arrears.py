"""How much is late on a day, and for how long?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.loans.domain.schedule import Instalment
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrears:
    """What is late: the parts that were due before the day and are still open."""

    principal: Money
    profit: Money
    fee: Money
    penalty: Money
    oldest_due_on: date | None
    days_past_due: int

    @property
    def total(self) -> Money:
        """All that is late."""
        return self.principal + self.profit + self.fee + self.penalty


def arrears(open_dues: Sequence[Instalment], *, as_of: date, currency: str) -> Arrears:
    """The arrears on a day, from what is open of each instalment (`allocation.dues_at`).

    An instalment is late from the day after its due date: days past due = as_of - the oldest open
    due date before it. Due on 1 March and open on 4 March: 3 days; on 1 March: none.
    """
    late = [due for due in open_dues if due.due_on < as_of]
    oldest = min((due.due_on for due in late), default=None)
    return Arrears(
        principal=Money.total((due.principal for due in late), currency),
        profit=Money.total((due.profit for due in late), currency),
        fee=Money.total((due.fee for due in late), currency),
        penalty=Money.total((due.penalty for due in late), currency),
        oldest_due_on=oldest,
        days_past_due=0 if oldest is None else (as_of - oldest).days,
    )
