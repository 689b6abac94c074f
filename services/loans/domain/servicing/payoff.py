"""What settles a contract on a day?"""

from dataclasses import dataclass
from datetime import date

from services.loans.domain.servicing import rows as arithmetic
from services.loans.domain.servicing import tails
from services.loans.domain.servicing.rows import Row, Rows
from services.loans.domain.servicing.shape import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What is to be paid on a day to owe nothing more, and what is then given up; minor units."""

    on: date
    principal: int
    profit: int
    fee: int
    penalty: int
    profit_given_up: int
    fee_given_up: int
    rows: Rows

    @property
    def total(self) -> int:
        """What is to be paid."""
        return self.principal + self.profit + self.fee + self.penalty


def quote(standing: Standing, *, on: date) -> Quote:
    """What settles the contract on a day.

    What has fallen due is owed whole. Of what falls due later the principal and, where profit is
    counted on the outstanding principal, the profit of the days gone by in the running period:
    1,000.00 at 12 % with 10.00 due on 31 January, settled on the 16th of 31 days, is 1,000.00 +
    4.84 (15/31 of 10.00, rounded once). Profit agreed on the whole principal (flat) is owed
    whole; it is given up by a waiver, not by paying early. Fees not yet due are not owed. What
    was paid ahead counts against all of this, surplus too.
    """
    due = [row for row in standing.shape.rows if row.due_on <= on]
    later = [row for row in standing.shape.rows if row.due_on > on]
    principal, agreed, fee, penalty = arithmetic.sums(later)
    start = due[-1].due_on if due else standing.opened_on
    profit = earned(standing, later[0], start=start, on=on) if later else 0
    if not standing.recounts_profit:
        profit = agreed
    rows = arithmetic.compact([*due, Row(on, principal, profit, 0, penalty)])
    still_open = arithmetic.split(rows, paid=standing.paid, order=standing.order)[1]
    parts = arithmetic.sums(still_open)
    return Quote(
        on=on,
        principal=parts[0],
        profit=parts[1],
        fee=parts[2],
        penalty=parts[3],
        profit_given_up=agreed - profit,
        fee_given_up=fee,
        rows=rows,
    )


def earned(standing: Standing, running: Row, *, start: date, on: date) -> int:
    """The profit of the running period's days before a day, rounded once; none where it is one
    amount for the whole loan.
    """
    if not standing.recounts_profit:
        return 0
    whole, gone = (running.due_on - start).days, (on - start).days
    return tails.share(running.profit, part=max(gone, 0), whole=whole, terms=standing.terms)
