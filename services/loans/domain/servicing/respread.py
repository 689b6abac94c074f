"""How are the open instalments spread anew: later, over more, at another rate, or paid ahead?

What is settled stays settled: paid ahead, it counts on the day of the order. What is open of it is
spread over new days. Profit counted on the outstanding principal is counted anew; profit agreed on
the whole principal stays the amount that was agreed and is only spread.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.loans.domain.amortisation import Advance
from services.loans.domain.servicing import payoff, tails
from services.loans.domain.servicing import rows as arithmetic
from services.loans.domain.servicing.refusals import (
    DueDayNotPossible,
    NothingPaidAhead,
    RateNotForThis,
    TooManyInstalments,
)
from services.loans.domain.servicing.rows import Row, Rows
from services.loans.domain.servicing.shape import Standing
from services.loans.domain.servicing.tails import Pairs
from services.loans.domain.terms import INSTALMENTS_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Over which days, how many of them free of principal, and at which rate a year."""

    on: date
    instalments: int
    first_due_on: date
    grace: int
    annual_rate: Decimal


def respread(standing: Standing, plan: Plan) -> Rows:
    """Everything open, what is late too, over the plan's days.

    Late profit, fees and late amounts are due with the first of them. 3 rows of 100 open of a
    qard, over 6 from 1 July: six of 50. Raises `DueDayNotPossible`, `TooManyInstalments`,
    `RateNotForThis`.
    """
    if plan.first_due_on <= plan.on:
        raise DueDayNotPossible(due_on=plan.first_due_on, after=plan.on)
    principal, _, fee, penalty = arithmetic.sums(standing.open_rows)
    least = plan.instalments - plan.grace
    if not 0 < least <= principal or plan.instalments > INSTALMENTS_MAX:
        raise TooManyInstalments(
            open_principal=standing.money(principal),
            instalments=plan.instalments,
            grace=plan.grace,
        )
    if plan.annual_rate > standing.terms.annual_rate:
        raise RateNotForThis(annual_rate=plan.annual_rate, agreed_rate=standing.terms.annual_rate)
    days = tails.days_from(plan.first_due_on, count=plan.instalments, terms=standing.terms)
    pairs = _spread(standing, plan, principal=principal, days=days)
    fees = tails.even(fee, count=plan.instalments)
    late = sum(row.profit for row in standing.open_rows if row.due_on <= plan.on)
    tail = [
        Row(day, part, profit, one_fee)
        for day, (part, profit), one_fee in zip(days, pairs, fees, strict=True)
    ]
    if standing.recounts_profit:
        tail[0] = tail[0].plus((0, late, 0, 0))
    tail[0] = tail[0].plus((0, 0, 0, penalty))
    settled = arithmetic.pulled_to(standing.settled_rows, on=plan.on)
    return arithmetic.compact([*settled, *tail])


def _spread(standing: Standing, plan: Plan, *, principal: int, days: tuple[date, ...]) -> Pairs:
    if standing.recounts_profit:
        return tails.declining(
            principal,
            annual_rate=plan.annual_rate,
            start=arithmetic.last_due(
                standing.shape.rows, on=plan.on, opened_on=standing.opened_on
            ),
            days=days,
            terms=standing.terms,
            grace=plan.grace,
        )
    profit = sum(row.profit for row in standing.open_rows)
    if standing.terms.annual_rate:
        kept = plan.annual_rate / standing.terms.annual_rate
        profit = tails.whole(profit * kept, terms=standing.terms)
    return tuple(
        zip(
            tails.even(principal, count=plan.instalments, grace=plan.grace),
            tails.even(profit, count=plan.instalments),
            strict=True,
        )
    )


def holiday(standing: Standing, *, on: date, periods: int) -> Rows:
    """Every open row from a day on, so many periods later; no profit is added for the wait.

    Monthly, by 2: what was open on 1 May is due on 1 July. What was late stays due as it was.
    """
    moved: list[Row] = []
    for still_open in standing.open_rows:
        row = still_open
        if row.due_on >= on and row.total:
            later = tails.later(row.due_on, by=periods, terms=standing.terms)
            row = row._replace(due_on=later)
        moved.append(row)
    settled = arithmetic.pulled_to(standing.settled_rows, on=on)
    return arithmetic.compact([*settled, *moved])


def change_rate(standing: Standing, *, on: date, annual_rate: Decimal) -> Rows:
    """Another rate from the first due date on or after a day; the days of payment stay.

    The running period keeps its profit. Only for profit counted on the outstanding principal:
    raises `RateNotForThis` for others, whose profit is one amount that a waiver lowers.
    """
    if not standing.recounts_profit:
        raise RateNotForThis(annual_rate=annual_rate, agreed_rate=standing.terms.annual_rate)
    rows = standing.shape.rows
    later = [place for place, row in enumerate(rows) if row.is_instalment and row.due_on >= on]
    bearing = [place for place in later[1:] if standing.open_rows[place].principal]
    if not bearing:
        return rows
    running = rows[later[later.index(bearing[0]) - 1]].due_on
    return _recounted(standing, bearing, on=on, start=running, annual_rate=annual_rate)


def _recounted(
    standing: Standing, places: list[int], *, on: date, start: date, annual_rate: Decimal
) -> Rows:
    """The open rows at some places with level instalments at a rate; the others as they are."""
    open_rows = list(standing.open_rows)
    pairs = tails.declining(
        sum(open_rows[place].principal for place in places),
        annual_rate=annual_rate,
        start=start,
        days=[open_rows[place].due_on for place in places],
        terms=standing.terms,
    )
    for place, (principal, profit) in zip(places, pairs, strict=True):
        open_rows[place] = open_rows[place]._replace(principal=principal, profit=profit)
    settled = arithmetic.pulled_to(standing.settled_rows, on=on)
    return arithmetic.compact([*settled, *open_rows])


def advance(standing: Standing, *, on: date, effect: Advance) -> Rows:
    """What is paid ahead of the dues goes to principal: fewer instalments, or smaller ones.

    The profit of the days gone by in the running period is paid first. A charge on a day of its
    own is no instalment: it stays. `next_dues` leaves what is paid where it fell, on the next
    instalments. Raises `NothingPaidAhead`.
    """
    if effect is Advance.NEXT_DUES:
        return standing.shape.rows
    due = [row for row in standing.shape.rows if row.due_on <= on]
    ahead_of_day = [row for row in standing.shape.rows if row.due_on > on]
    later = [row for row in ahead_of_day if row.is_instalment]
    charged = [row for row in ahead_of_day if not row.is_instalment]
    fallen_due = sum(row.total for row in due)
    ahead = min(standing.paid - fallen_due, sum(row.total for row in later))
    if ahead <= 0:
        raise NothingPaidAhead(
            effective_on=on,
            due=standing.money(fallen_due),
            paid=standing.money(standing.paid),
        )
    principal, agreed, fee, penalty = arithmetic.sums(later)
    earned = payoff.earned(standing, on=on)
    profit = min(earned, ahead)
    towards = min(ahead - profit, principal)
    left = principal - towards
    paid_now = Row(on, towards, profit)
    if not standing.recounts_profit:
        tail = _evenly(left, agreed - profit, later, effect=effect)
    else:
        tail = _anew(standing, left, later, on=on, effect=effect, earned=earned - profit)
    tail = _carrying(tail, fee=fee, penalty=penalty, after=on)
    return arithmetic.compact([*due, paid_now, *tail, *charged])


def _evenly(principal: int, profit: int, later: list[Row], *, effect: Advance) -> list[Row]:
    """Principal shared over the same days, or paid at the same height on fewer of them."""
    days = [row.due_on for row in later]
    if effect is Advance.SHORTEN:
        parts, left = [], principal
        for row in later:
            parts.append(min(row.principal, left))
            left -= parts[-1]
        days = [day for day, part in zip(days, parts, strict=True) if part] or days[:1]
        parts = parts[: len(days)]
    else:
        parts = list(tails.even(principal, count=len(days)))
    profits = tails.even(profit, count=len(days))
    return [Row(*row) for row in zip(days, parts, profits, strict=True)]


def _anew(
    standing: Standing, principal: int, later: list[Row], *, on: date, effect: Advance, earned: int
) -> list[Row]:
    """Profit counted anew on less principal, from the day of the advance."""
    if not principal:
        return []
    days = [row.due_on for row in later]
    rate = standing.terms.annual_rate
    if effect is Advance.SHORTEN:
        level = next(row.principal + row.profit for row in later if row.principal)
        pairs = tails.shortened(
            principal, annual_rate=rate, start=on, days=days, level=level, terms=standing.terms
        )
    else:
        pairs = tails.declining(
            principal, annual_rate=rate, start=on, days=days, terms=standing.terms
        )
    tail = [Row(day, *pair) for day, pair in zip(days, pairs, strict=False)]
    tail[0] = tail[0].plus((0, earned, 0, 0))
    return tail


def _carrying(tail: list[Row], *, fee: int, penalty: int, after: date) -> list[Row]:
    """The tail with fees and late amounts that stay as agreed."""
    if not fee and not penalty:
        return tail
    if not tail:
        return [Row(after, 0, 0, fee, penalty)]
    fees = tails.even(fee, count=len(tail))
    tail = [row.plus((0, 0, one, 0)) for row, one in zip(tail, fees, strict=True)]
    return [tail[0].plus((0, 0, 0, penalty)), *tail[1:]]
