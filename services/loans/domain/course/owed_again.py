"""What does an amount that is owed once more change: a charge-back, or a credit paid back?"""

from datetime import date

from services.loans.domain.course import model_moves, payments
from services.loans.domain.course.events import ChargedBack, CreditRefunded
from services.loans.domain.course.lines import FEE, PENALTY, PLACE, PRINCIPAL, PROFIT, Line
from services.loans.domain.course.results import TransactionKind
from services.loans.domain.course.standing import Entry, Standing


def charge_back(standing: Standing, event: ChargedBack) -> None:
    """A payment was claimed back: its amount is owed once more, and bears profit from that day.

    Without an order of credits all of it is principal; with one, part after part of what the
    payment had paid, less what was charged back of it before. Worked: 17.01 of a payment that paid
    16.43 + 0.58, profit first: 0.58 profit and 16.43 principal.
    """
    payments.catch_up(standing, event.on)
    entry = Entry(event.key, event.on, TransactionKind.CHARGEBACK, event.amount)
    standing.entries.append(entry)
    order = standing.plan.allocation.credits
    if order is None:
        entry.parts[PRINCIPAL] = event.amount
    else:
        left_of = _left_of(standing, event)
        left = event.amount
        for part in order:
            place = PLACE[part]
            taken = min(left, left_of[place])
            entry.parts[place] = taken
            left_of[place] -= taken
            left -= taken
    if standing.follows_days:
        _by_days(standing, event.on, entry.parts)
        entry.surplus = min(event.amount, standing.overpaid)
        entry.covered = payments.use_overpaid(standing, event.on)[PRINCIPAL]
    elif order is None:
        _as_principal(standing, entry)
    else:
        line = _line_for(standing, event.on)
        _add(line, entry.parts, event.on)
        entry.surplus = min(event.amount, standing.overpaid)
        entry.covered = payments.use_overpaid(standing, event.on)[PRINCIPAL]


def _left_of(standing: Standing, event: ChargedBack) -> list[int]:
    """What a payment had paid, part by part, and was not charged back yet."""
    if event.of not in standing.left_to_charge_back:
        paid = next((entry for entry in standing.entries if entry.key == event.of), None)
        standing.left_to_charge_back[event.of] = list(paid.parts) if paid else [0, 0, 0, 0]
    return standing.left_to_charge_back[event.of]


def _by_days(standing: Standing, on: date, parts: list[int]) -> None:
    model = standing.model
    day = max(on, model.periods[0].start)
    running = (
        line
        for line in standing.lines
        if not line.is_down_payment
        and (line.start <= day < line.due or (line.due == day == model.last.due))
    )
    line = next(running, None)
    if on > model.last.due or line is None:
        _add(_line_for(standing, on), parts, on)
        return
    model_moves.credit(model, on, principal=parts[PRINCIPAL], profit=parts[PROFIT])
    standing.sync(on)
    line.asked[FEE] += parts[FEE]
    line.asked[PENALTY] += parts[PENALTY]
    line.note(on)


def refund_credit(standing: Standing, event: CreditRefunded) -> None:
    """What was paid too much is paid back; what goes beyond it is owed as principal."""
    payments.catch_up(standing, event.on)
    entry = Entry(event.key, event.on, TransactionKind.CREDIT_REFUND, event.amount)
    standing.entries.append(entry)
    if standing.follows_days and event.on <= standing.model.last.due:
        beyond = max(event.amount - standing.overpaid, 0)
        repaid = event.amount - beyond
        entry.parts[PRINCIPAL], entry.surplus = beyond, repaid
        standing.overpaid -= repaid
        if beyond:
            _credit_by_days(standing, event.on, event.amount, repaid)
    else:
        _as_principal(standing, entry)


def _credit_by_days(standing: Standing, on: date, amount: int, repaid: int) -> None:
    model_moves.credit(standing.model, on, principal=amount, profit=0)
    standing.sync(on)
    line = _line_for(standing, on)
    place = standing.model.place_of(line.start, line.due)
    if repaid and place is not None:
        period = standing.model.periods[place]
        model_moves.pay_principal(standing.model, period, on, repaid)
        standing.sync(on)
        line.pay(PRINCIPAL, on, repaid)


def _as_principal(standing: Standing, entry: Entry) -> None:
    """All of it is principal of the next instalment; what was overpaid pays of it at once."""
    beyond = max(entry.amount - standing.overpaid, 0)
    repaid = entry.amount - beyond
    standing.overpaid -= repaid
    entry.surplus = repaid
    entry.parts = [beyond, 0, 0, 0]
    if not beyond:
        return
    line = _line_for(standing, entry.on)
    _add(line, [entry.amount, 0, 0, 0], entry.on)
    if repaid:
        line.pay(PRINCIPAL, entry.on, repaid)


def _add(line: Line, parts: list[int], on: date) -> None:
    line.credited += parts[PRINCIPAL]
    line.credited_profit += parts[PROFIT]
    for place, amount in enumerate(parts):
        line.asked[place] += amount
    line.note(on)


def _line_for(standing: Standing, on: date) -> Line:
    """The next instalment due after a day; after the last one, a further instalment."""
    regular = [line for line in standing.lines if not line.is_down_payment]
    for line in regular:
        if line.due > on and not line.is_added:
            return line
        if line.is_added:
            line.due = max(line.due, on)
            return line
    if regular[-1].due == on:
        return regular[-1]
    line = Line(regular[-1].due, on, is_added=True)
    standing.put_in(line)
    return line
