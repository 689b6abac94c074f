"""What settles a contract on a day?"""

from dataclasses import dataclass
from datetime import date

from services.loans.domain import capitalised
from services.loans.domain.servicing import course_rows, rebates, tails
from services.loans.domain.servicing import rows as arithmetic
from services.loans.domain.servicing.life import Life, Received
from services.loans.domain.servicing.refusals import OrderDayNotPossible
from services.loans.domain.servicing.rows import NOTHING, Row, Rows
from services.loans.domain.servicing.shape import Standing

PAYOFF = "payoff"


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


def quote(standing: Standing, *, on: date, granted: int = 0) -> Quote:
    """What settles the contract on a day; `granted` is profit given up of good will.

    What has fallen due is owed whole. Of what falls due later the principal and, where profit is
    counted on the outstanding principal, the profit of the days gone by in the running period:
    1,000.00 at 12 % with 10.00 due on 31 January, settled on the 16th of 31 days, is 1,000.00 +
    4.84 (15/31 of 10.00, rounded once). Of profit agreed on the whole principal (flat) falls away
    what law, product or mode say (`rebates`). Profit that joined the principal is owed whole. Fees
    not yet due are not owed. What was paid ahead counts against all of this, surplus too. Raises
    `NothingToGrant`, `RebateTooLarge`.
    """
    if standing.life is not None or standing.recounts_profit:
        rebates.require_grants(standing, granted, on=on, rule=None)
    if standing.life is not None:
        return _of_course(standing, standing.life, on=on)
    due = [row for row in standing.shape.rows if row.due_on <= on]
    later = [row for row in standing.shape.rows if row.due_on > on]
    principal, agreed, fee, penalty = arithmetic.sums(later)
    profit = earned(standing, on=on)
    if not standing.recounts_profit:
        profit = agreed - rebates.fallen_away(standing, on=on, granted=granted)
    elif capitalised.is_agreed(standing.terms):
        profit = capitalised.earned(standing.terms, opened_on=standing.opened_on, on=on)
        profit = min(profit, agreed)
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


def _of_course(standing: Standing, life: Life, *, on: date) -> Quote:
    """What settles a contract whose profit follows the payments: what it has cost to the day.

    Raises `OrderDayNotPossible` before the newest day on which anything happened.
    """
    if on < life.last_on:
        raise OrderDayNotPossible(effective_on=on, earliest=life.last_on, latest=on)
    to_come = sum(row.profit for row in standing.open_rows)
    amount = life.payoff(on=on)
    course = life.course(as_of=on)
    parts = NOTHING
    if amount:
        course = life.entering(Received(key=PAYOFF, on=on, amount=amount)).course()
        (paid,) = [moved for moved in course.transactions if moved.key == PAYOFF]
        parts = (paid.principal, paid.profit, paid.fee, paid.penalty)
    return Quote(
        on=on,
        principal=parts[0],
        profit=parts[1],
        fee=parts[2],
        penalty=parts[3],
        profit_given_up=max(to_come - parts[1], 0),
        fee_given_up=0,
        rows=course_rows.rows_of(course),
    )


def earned(standing: Standing, *, on: date) -> int:
    """The profit of the running period's days before a day, rounded once; none where it is one
    amount for the whole loan, and none after the last instalment.
    """
    rows = standing.shape.rows
    running = next((row for row in rows if row.is_instalment and row.due_on > on), None)
    if running is None or not standing.recounts_profit:
        return 0
    start = arithmetic.last_due(rows, on=on, opened_on=standing.opened_on)
    whole, gone = (running.due_on - start).days, (on - start).days
    return tails.share(running.profit, part=max(gone, 0), whole=whole, terms=standing.terms)
