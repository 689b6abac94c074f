"""What do a charge-off and a write-off change in a course?"""

from datetime import date

from services.loans.domain.course import charges, model_views, payments
from services.loans.domain.course.events import ChargedOff, WrittenOff
from services.loans.domain.course.lines import PRINCIPAL, PROFIT, Line
from services.loans.domain.course.plan import ChargeOff
from services.loans.domain.course.results import TransactionKind
from services.loans.domain.course.rounding import whole
from services.loans.domain.course.standing import Entry, Standing


def charge_off(standing: Standing, event: ChargedOff) -> None:
    """The contract is taken for lost: nothing is recalculated any more.

    By the plan the instalments stay as agreed, or bear no profit from that day (what they lose in
    profit they ask as principal), or all fall due on that day.
    """
    payments.catch_up(standing, event.on)
    entry = Entry(event.key, event.on, TransactionKind.CHARGE_OFF, 0)
    if any(not line.is_settled for line in standing.lines):
        rule = standing.plan.charge_off
        if rule is ChargeOff.NO_FURTHER_PROFIT:
            _without_further_profit(standing, event.on)
        elif rule is ChargeOff.ALL_DUE:
            _all_due(standing, event.on)
    _take_open(standing, entry)
    if entry.amount:
        standing.entries.append(entry)
        standing.is_charged_off = True


def _take_open(standing: Standing, entry: Entry) -> None:
    for line in standing.lines:
        for place in range(4):
            entry.parts[place] += line.open_of(place)
    entry.amount = sum(entry.parts)


def _profit_to(standing: Standing, line: Line, on: date) -> int | None:
    """The profit of a running instalment to a day; None when it is to stay."""
    place = standing.model.place_of(line.start, line.due)
    if standing.follows_days and place is not None:
        earned = model_views.profit_of_period(standing.model, place, on)
        return earned if line.open_of(PROFIT) or earned else None
    left = line.open_of(PROFIT)
    if not left:
        return None
    return whole(left * (on - line.start).days, max((line.due - line.start).days, 1))


def _without_further_profit(standing: Standing, on: date) -> None:
    for line in standing.lines:
        if line.start <= on < line.due:
            profit = _profit_to(standing, line, on)
            if profit is not None:
                line.asked[PRINCIPAL] += line.asked[PROFIT] - profit
                line.asked[PROFIT] = profit
    for line in standing.lines:
        if line.start > on and not line.is_settled:
            left = line.open_of(PROFIT)
            line.asked[PROFIT] -= left
            line.asked[PRINCIPAL] += left
    standing.fit_principal(on)


def _all_due(standing: Standing, on: date) -> None:
    running = next(
        (line for line in standing.lines if line.start < on <= line.due and line.is_regular), None
    )
    if running is None:
        return
    profit = _profit_to(standing, running, on)
    if profit is not None:
        running.asked[PROFIT] = profit
    later = [line for line in standing.lines if line.due > on and line is not running]
    for line in later:
        running.asked[PRINCIPAL] += line.asked[PRINCIPAL]
        running.paid[PRINCIPAL] += line.paid[PRINCIPAL]
        running.in_advance += line.in_advance
        running.credited += line.credited
    standing.lines = [line for line in standing.lines if line not in later]
    running.due = on
    charges.place_again(standing, later)
    charges.refresh_each_instalment(standing)
    running.is_settled = False
    running.note(on)


def write_off(standing: Standing, event: WrittenOff) -> None:
    """What is open is given up, and the contract is closed."""
    payments.catch_up(standing, event.on)
    standing.sync_if_following()
    entry = Entry(event.key, event.on, TransactionKind.WRITE_OFF, 0)
    _take_open(standing, entry)
    for line in standing.lines:
        for place in range(4):
            line.written_off[place] += line.open_of(place)
        line.note(event.on)
    standing.entries.append(entry)
    standing.is_written_off = True
