"""How much profit and principal falls due in each period, when balances move on any day?

The model knows periods, and in each the spans of days over which the balance stands still. What is
due in a period is never stored: it follows from the instalment, the profit of the spans, and what
was paid (`Tally`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from services.loans.domain.course import span_rates
from services.loans.domain.course.rounding import whole
from services.loans.domain.course.span_rates import Measure
from shared.money import Rounding


class Span:
    """Days of a period over which one balance bears profit; amounts move at its end.

    `base` is what bears profit: the balance, or all that was paid out where profit is flat.
    """

    __slots__ = (
        "balance",
        "base",
        "corrected",
        "credited",
        "credited_profit",
        "disbursed",
        "end",
        "is_paused",
        "rate",
        "start",
    )

    def __init__(self, start: date, end: date, *, is_paused: bool = False) -> None:
        self.start = start
        self.end = end
        self.is_paused = is_paused
        self.balance = 0
        self.base = 0
        self.disbursed = 0
        self.corrected = 0
        self.credited = 0
        self.credited_profit = 0
        self.rate: tuple[int, int] = (0, 1)

    def copy(self) -> "Span":
        """The same span, to be changed apart."""
        twin = Span.__new__(Span)
        twin.start, twin.end, twin.is_paused = self.start, self.end, self.is_paused
        twin.balance, twin.base, twin.rate = self.balance, self.base, self.rate
        twin.disbursed, twin.corrected = self.disbursed, self.corrected
        twin.credited, twin.credited_profit = self.credited, self.credited_profit
        return twin


class Period:
    """One instalment's days with its instalment amount and what was paid of it."""

    __slots__ = (
        "agreed",
        "deferred",
        "due",
        "fixed_profit",
        "has_credits",
        "instalment",
        "is_agreed",
        "is_free",
        "is_holder",
        "is_moved_down",
        "is_moved_up",
        "is_profit_grace",
        "moved_credit",
        "moved_credit_profit",
        "paid_principal",
        "paid_profit",
        "spans",
        "start",
    )

    def __init__(self, start: date, due: date) -> None:
        self.start = start
        self.due = due
        self.spans = [Span(start, due)]
        self.instalment = 0
        self.agreed = 0
        self.paid_principal = 0
        self.paid_profit = 0
        self.deferred = 0
        self.fixed_profit = 0
        self.moved_credit = 0
        self.moved_credit_profit = 0
        self.is_moved_up = False
        self.is_moved_down = False
        self.has_credits = False
        self.is_agreed = False
        self.is_free = False
        self.is_holder = False
        self.is_profit_grace = False

    def copy(self) -> "Period":
        """The same period, to be changed apart."""
        twin = Period.__new__(Period)
        twin.start, twin.due = self.start, self.due
        twin.instalment, twin.agreed = self.instalment, self.agreed
        twin.paid_principal, twin.paid_profit = self.paid_principal, self.paid_profit
        twin.deferred, twin.fixed_profit = self.deferred, self.fixed_profit
        twin.moved_credit, twin.moved_credit_profit = self.moved_credit, self.moved_credit_profit
        twin.has_credits, twin.is_agreed = self.has_credits, self.is_agreed
        twin.is_moved_up, twin.is_moved_down = self.is_moved_up, self.is_moved_down
        twin.is_free = self.is_free
        twin.is_holder, twin.is_profit_grace = self.is_holder, self.is_profit_grace
        twin.spans = [span.copy() for span in self.spans]
        return twin

    @property
    def days(self) -> tuple[date, date]:
        """First and due day."""
        return self.start, self.due

    @property
    def disbursed(self) -> int:
        """What was paid out within it."""
        return sum(span.disbursed for span in self.spans)

    @property
    def credited(self) -> int:
        """Principal that is owed once more within it."""
        if not self.has_credits:
            return 0
        return max(sum(span.credited for span in self.spans), 0)

    @property
    def credits(self) -> int:
        """All that is owed once more within it and was not moved to later periods."""
        if not self.has_credits:
            return 0
        profit = max(sum(span.credited_profit for span in self.spans), 0)
        return self.credited + profit - self.moved_credit - self.moved_credit_profit

    @property
    def asked(self) -> int:
        """The instalment with what is owed once more and what was deferred to it."""
        own = self.instalment + self.deferred
        return own + self.credits if self.has_credits else own

    @property
    def paid(self) -> int:
        """All that was paid of it."""
        return self.paid_principal + self.paid_profit

    @property
    def is_settled(self) -> bool:
        """Whether exactly the instalment was paid."""
        return self.asked == self.paid

    def balance_after(self, tally: "Tally") -> int:
        """The principal outstanding after its due date, when all that falls due is paid."""
        span = self.spans[-1]
        after = span.balance + span.corrected + span.disbursed + self.paid_principal
        return max(after - tally.principal, 0)


class Tally(NamedTuple):
    """What falls due in a period, and the profit that found no place in it."""

    profit: int
    principal: int
    unplaced: int
    earned: int


@dataclass(slots=True)
class Model:
    """The periods of a course with the rates that hold in them."""

    measure: Measure
    annual_rate: Fraction
    periods: list[Period]
    changes: list[tuple[date, Fraction]]
    multiple: int
    overdue_until: date | None = None
    is_flat: bool = False
    grace: int = 0
    rounding: Rounding = "half_even"

    def copy(self) -> "Model":
        """The same model, to be changed apart."""
        return Model(
            measure=self.measure,
            annual_rate=self.annual_rate,
            periods=[period.copy() for period in self.periods],
            changes=list(self.changes),
            multiple=self.multiple,
            overdue_until=self.overdue_until,
            is_flat=self.is_flat,
            grace=self.grace,
            rounding=self.rounding,
        )

    def rate_on(self, day: date) -> Fraction:
        """The annual rate of a span that starts on a day."""
        found = self.annual_rate
        for since, rate in self.changes:
            if since <= day:
                found = rate
        return found

    @property
    def last(self) -> Period:
        """The period with the last due date."""
        return self.periods[-1]

    def holding(self, day: date) -> Period | None:
        """The period a day lies in: after its start, its due date included; the first day too."""
        for index, period in enumerate(self.periods):
            if period.start < day <= period.due or (index == 0 and day == period.start):
                return period
        return None

    def place_of(self, start: date, due: date) -> int | None:
        """Where in the order of periods the one with these days stands."""
        for place, period in enumerate(self.periods):
            if period.due == due and period.start == start:
                return place
        return None

    def rate_spans(self, periods: Sequence[Period] | None = None) -> None:
        """Give every span its rate, after days or rates have changed."""
        for period in self.periods if periods is None else periods:
            for span in period.spans:
                span.rate = span_rates.to_end(
                    self.measure, self.rate_on(span.start), period.days, span.start, span.end
                )

    def tally(self, *, until: date | None = None) -> list[Tally]:
        """What falls due in each period; with `until`, only profit earned to that day counts."""
        found: list[Tally] = []
        unplaced = 0
        for index, period in enumerate(self.periods):
            earned = self._earned(period, is_first=index == 0, until=until)
            tally = tally_of(period, earned + unplaced)
            unplaced = tally.unplaced
            found.append(tally)
        return found

    def rebalance(self) -> list[Tally]:
        """Carry the balance from span to span and from period to period; gives the tally."""
        found: list[Tally] = []
        unplaced, carried, paid_out = 0, self.periods[0].spans[0].balance, 0
        for index, period in enumerate(self.periods):
            for span in period.spans:
                span.balance = max(carried, 0)
                span.base = paid_out if self.is_flat else span.balance
                carried = span.balance + span.disbursed + span.corrected
                paid_out += span.disbursed
            tally = tally_of(
                period, self._earned(period, is_first=index == 0, until=None) + unplaced
            )
            unplaced = tally.unplaced
            found.append(tally)
            carried += period.paid_principal - tally.principal
        return found

    def _earned(self, period: Period, *, is_first: bool, until: date | None) -> int:
        """The profit of a period's spans, rounded once."""
        if period.is_moved_up or period.is_moved_down or period.is_free:
            return 0
        if len(period.spans) == 1 and until is None and not period.has_credits:
            span = period.spans[0]
            return (
                0
                if span.is_paused
                else whole(span.rate[0] * span.base, span.rate[1], self.rounding)
            )
        top, bottom = 0, 1
        for position, span in enumerate(period.spans):
            credit = span.credited_profit
            if span.is_paused:
                above, below = credit, 1
            else:
                above, below = span.rate
                if until is not None and until < span.end:
                    above, below = self._part(
                        period, span, until=until, at_start=is_first and position == 0
                    )
                above = above * span.base + credit * below
                above = max(above, 0)
            if not above:
                continue
            if below == bottom:
                top += above
            else:
                top, bottom = top * below + above * bottom, bottom * below
        return whole(top, bottom, self.rounding)

    def _part(self, period: Period, span: Span, *, until: date, at_start: bool) -> tuple[int, int]:
        if not (span.start < until or (at_start and span.start == until)):
            return 0, 1
        return span_rates.to_end(
            self.measure, self.rate_on(span.start), period.days, span.start, until
        )


def tally_of(period: Period, earned: int) -> Tally:
    """Profit first, principal with the rest of the instalment; what was paid is due in any case.

    Worked: instalment 17.01, earned 0.58: principal 16.43. Paid in advance with all its principal,
    17.01: no more than the profit paid falls due.
    """
    earned = max(earned + period.fixed_profit + period.deferred, 0)
    asked = period.asked
    if period.is_profit_grace or period.paid_principal > max(asked - earned, 0):
        profit = period.paid_profit
    else:
        profit = max(min(earned, asked), period.paid_profit)
    principal = max(asked - profit, 0, period.paid_principal)
    return Tally(profit, principal, max(earned - profit, 0), earned)
