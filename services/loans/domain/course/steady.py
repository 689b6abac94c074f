"""How do the payments of a loan run through its course in one step each, while its end is far?

What a payment pays depends on what is past due and on the running period alone: so the later
periods are found once, after the last of such payments, and not after each. Where anything else
happens, or the end is near, the course goes on as it does for every event. A payment ahead that
leaves nothing for the last instalment is the last of its kind: an instalment that was emptied
stays so, whatever comes late afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.loans.domain.course import instalments, periods_model
from services.loans.domain.course.events import Event, Paid, ReAged, ReAmortised
from services.loans.domain.course.last_asked import LastAsked
from services.loans.domain.course.lines import PLACE, PRINCIPAL, PROFIT, Line
from services.loans.domain.course.periods_model import Period, Span, Tally
from services.loans.domain.course.plan import Advance, Direction, PaymentKind, PayoffProfit, Rest
from services.loans.domain.course.plan import Standing as Stand
from services.loans.domain.course.results import TransactionKind
from services.loans.domain.course.rounding import whole
from services.loans.domain.course.standing import Entry, Standing
from services.loans.domain.terms import Component

FAR = 1
"""So many instalments must be left whole for the end to be far."""


@dataclass(slots=True)
class Cursor:
    """Where the payments have come to, in the period that runs.

    `balance` is the principal that is really outstanding since a day, `worked` the sum of balance
    times days of the period before that, `unplaced` the profit that earlier periods could not
    ask, `oldest` the first instalment that may be open, `last` tells of the last that was not
    emptied.
    """

    at: int
    since: date
    balance: int
    unplaced: int
    worked: int
    oldest: int
    last: LastAsked


class Steady:
    """Takes the payments that it can, and leaves a whole standing whenever `settle` is called."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self.lines = standing.lines
        self.cursor: Cursor | None = None
        self.is_possible = _is_possible(standing)
        agreed = standing.plan.agreed
        self.largest = max((each.principal + each.profit for each in agreed), default=0)
        self.rates: list[tuple[int, int]] = []
        order = standing.plan.allocation.rule.order
        self.parts: tuple[Component, ...] = tuple(
            part for stand, part in order if stand is Stand.PAST_DUE
        )

    def takes(self, event: Event) -> bool:
        """Pay with an event if it can be done in one step; else no money has moved.

        What was spread anew asks for more than the profit of its days: from there on, event by
        event.
        """
        if isinstance(event, ReAged | ReAmortised):
            self.is_possible = False
        if not self.is_possible or not isinstance(event, Paid):
            return False
        if event.kind is not PaymentKind.REPAYMENT or self._is_parted(event.on):
            return False
        cursor = self.cursor
        if cursor is None:
            self.lines = [line for line in self.standing.lines if line.is_regular]
            if not _is_plain(self.standing, self.lines):
                return False
            cursor = self._found(event.on)
        if cursor is None or not self._is_far(cursor, event):
            return False
        if self.cursor is None:
            self._let_overdue_run_on()
            self.cursor = cursor
        self._move(cursor, event.on)
        self._pay(cursor, event)
        if self._empties_the_last(cursor, event.on):
            self.settle()
        return True

    def settle(self) -> None:
        """Let the later periods and all lines follow what was paid.

        What is past due is taken to be paid on the last day, as it always is for what is to come.
        """
        cursor = self.cursor
        if cursor is None:
            return
        self.cursor = None
        model, on = self.standing.model, self.standing.entries[-1].on
        overdue = self._overdue(cursor.oldest, cursor.at)
        if overdue:
            self._ending(cursor, on).corrected -= overdue
            model.overdue_until = max(model.overdue_until or on, on)
        model.rate_spans()
        model.rebalance()
        instalments.settle_last(model, on)
        self.standing.sync(on)

    def _is_parted(self, on: date) -> bool:
        """Whether the parts of the period of a day have lengths of their own."""
        return any(start <= on <= due for start, due in self.standing.model.measure.parts)

    def _overdue(self, oldest: int, at: int) -> int:
        lines = self.lines
        return sum(lines[place].open_of(PRINCIPAL) for place in range(oldest, at))

    def _found(self, on: date) -> Cursor | None:
        """The place to go on from in a standing that is whole; None where it cannot be told."""
        model, lines = self.standing.model, self.lines
        if not self.standing.entries:
            return None
        since = self.standing.entries[-1].on
        at = next((place for place, one in enumerate(model.periods) if one.due >= since), None)
        last = max((at for at, one in enumerate(model.periods) if not one.is_settled), default=None)
        if at is None or last is None or on < since:
            return None
        oldest = next((place for place, line in enumerate(lines) if not line.is_settled), at)
        overdue = self._overdue(min(oldest, at), at)
        if overdue and model.overdue_until != since:
            return None
        period = model.periods[at]
        over = [span for span in period.spans if span.end <= since]
        if period.days in model.measure.parts or any(since < span.start for span in period.spans):
            return None
        if not self.rates:
            self.rates = [self._rate(period) for period in model.periods]
        return Cursor(
            at=at,
            since=over[-1].end if over else period.start,
            balance=sum(one.disbursed - one.paid_principal for one in model.periods),
            unplaced=model.tally()[at - 1].unplaced if at else 0,
            worked=sum(span.base * (span.end - span.start).days for span in over),
            oldest=min(oldest, at),
            last=LastAsked(model.periods, self.rates, last, model.rounding),
        )

    def _rate(self, period: Period) -> tuple[int, int]:
        """What a period bears, as a fraction of the balance that it starts with."""
        model = self.standing.model
        rate = model.annual_rate * model.measure.agreed[period.days]
        return rate.numerator, rate.denominator

    def _empties_the_last(self, cursor: Cursor, on: date) -> bool:
        """Whether nothing is left for the last instalment, when all before it is paid as due.

        What is past due is taken to be paid on the day.
        """
        model = self.standing.model
        running = model.periods[cursor.at]
        balance = cursor.balance - self._overdue(cursor.oldest, cursor.at)
        top, bottom = self.rates[cursor.at]
        days = (running.due - running.start).days
        worked = cursor.worked + cursor.balance * (on - cursor.since).days
        worked += balance * (running.due - on).days
        earned = whole(worked * top, bottom * days, model.rounding) + cursor.unplaced
        return cursor.last.is_nothing(cursor.at, balance, earned)

    def _let_overdue_run_on(self) -> None:
        """What was taken to be paid on the last day bears profit from there on."""
        model, lines = self.standing.model, self.lines
        since = model.overdue_until
        if since is None:
            return
        overdue = sum(
            line.open_of(PRINCIPAL) for line in lines if line.due < since and not line.is_settled
        )
        held = model.holding(since)
        if not overdue or held is None:
            return
        next(span for span in held.spans if span.end == since).corrected += overdue

    def _move(self, cursor: Cursor, on: date) -> None:
        """Close the periods that are over by a day; what they leave unpaid bears on."""
        model, lines = self.standing.model, self.lines
        while model.periods[cursor.at].due < on:
            period, line = model.periods[cursor.at], lines[cursor.at]
            tally = self._tally(cursor, period, period.due)
            if not line.is_settled:
                line.asked[PRINCIPAL], line.asked[PROFIT] = tally.principal, tally.profit
            period.spans[-1].corrected += max(tally.principal - period.paid_principal, 0)
            cursor.at, cursor.since, cursor.worked = cursor.at + 1, period.due, 0
            cursor.unplaced = tally.unplaced

    def _tally(self, cursor: Cursor, period: Period, day: date) -> Tally:
        """What the running period asks for when it is paid on a day."""
        model = self.standing.model
        worked = cursor.worked + cursor.balance * (day - cursor.since).days
        years, rate = model.measure.agreed[period.days], model.annual_rate
        earned = whole(
            worked * rate.numerator * years.numerator,
            rate.denominator * years.denominator * (period.due - period.start).days,
            model.rounding,
        )
        return periods_model.tally_of(period, earned + cursor.unplaced)

    def _is_far(self, cursor: Cursor, event: Paid) -> bool:
        """Whether the payment leaves so much that no instalment must give way to the end."""
        periods = self.standing.model.periods
        ahead = event.amount // max(self.largest, 1)
        whole_ones = cursor.last.last + 1 - cursor.at - ahead
        if whole_ones <= 2 * FAR or cursor.balance - event.amount <= FAR * self.largest:
            return False
        return event.on <= periods[cursor.last.last + 1 - 2 * FAR - ahead].due

    def _pay(self, cursor: Cursor, event: Paid) -> None:
        """Pay what is past due, what runs, and then what is ahead, instalment by instalment."""
        standing, model = self.standing, self.standing.model
        entry = Entry(event.key, event.on, TransactionKind.REPAYMENT, event.amount)
        standing.entries.append(entry)
        left, place, carried = event.amount, min(cursor.oldest, cursor.at), 0
        if self._overdue(cursor.oldest, cursor.at):
            self._ending(cursor, event.on)
        while left:
            line, period = self.lines[place], model.periods[place]
            if place >= cursor.at:
                running = place == cursor.at
                tally = (
                    self._tally(cursor, period, event.on)
                    if running
                    else periods_model.tally_of(period, carried)
                )
                carried = tally.unplaced
                if not line.is_settled:
                    line.asked[PRINCIPAL], line.asked[PROFIT] = tally.principal, tally.profit
            if not line.is_settled:
                left -= self._pay_line(cursor, entry, place, left)
            place += 1
        cursor.last.touched = max(cursor.last.touched, place - 1)
        lines = self.lines
        while lines[cursor.oldest].is_settled:
            cursor.oldest += 1

    def _pay_line(self, cursor: Cursor, entry: Entry, at: int, left: int) -> int:
        """Pay one instalment what it asks for; gives what it took."""
        line, period = self.lines[at], self.standing.model.periods[at]
        taken = 0
        for part in self.parts:
            place = PLACE[part]
            used = line.pay(place, entry.on, left - taken)
            entry.parts[place] += used
            taken += used
            if place == PROFIT:
                period.paid_profit += used
            elif place == PRINCIPAL and used:
                period.paid_principal += used
                if at < cursor.at:
                    period.spans[-1].corrected -= used
                self._ending(cursor, entry.on).corrected -= used
                cursor.worked += cursor.balance * (entry.on - cursor.since).days
                cursor.since, cursor.balance = entry.on, cursor.balance - used
        return taken

    def _ending(self, cursor: Cursor, on: date) -> Span:
        """The span of the running period that ends on a day, cut off there if need be."""
        spans = self.standing.model.periods[cursor.at].spans
        span = spans[-1]
        if span.end == on:
            return span
        if span.start < on or len(spans) == 1:
            rest = Span(on, span.end)
            rest.disbursed, span.disbursed = span.disbursed, 0
            rest.corrected, span.corrected = span.corrected, 0
            span.end = on
            spans.append(rest)
        return spans[-2]


def _is_plain(standing: Standing, lines: Sequence[Line]) -> bool:
    """Whether the model is one of agreed periods with nothing but payments in it.

    The down payments, which it does not know, must have come.
    """
    model = standing.model
    return (
        standing.follows_days
        and not standing.overpaid
        and not model.changes
        and len(lines) == len(model.periods)
        and all(line.is_regular or _has_come(line) for line in standing.lines)
        and all(
            period.days in model.measure.agreed
            and line.due == period.due
            and not (period.has_credits or period.is_holder or period.deferred)
            and not (period.fixed_profit or period.is_moved_up or period.is_moved_down)
            and not (period.is_free or period.is_profit_grace)
            and not any(span.is_paused for span in period.spans)
            for line, period in zip(lines, model.periods, strict=True)
        )
    )


def _has_come(line: Line) -> bool:
    return line.is_down_payment and line.is_settled


def _is_possible(standing: Standing) -> bool:
    """Whether the plan is one whose payments can be taken in one step."""
    plan = standing.plan
    rules, allocation = plan.recalculation, plan.allocation
    return (
        rules is not None
        and rules.overdue_bears
        and rules.payoff is PayoffProfit.TO_DAY
        and rules.rest is Rest.DAILY
        and bool(plan.agreed)
        and all(each.years is not None or each.is_down_payment for each in plan.agreed)
        and allocation.direction is Direction.HORIZONTAL
        and allocation.rule.advance is Advance.NEXT
        and PaymentKind.REPAYMENT not in allocation.by_kind
    )
