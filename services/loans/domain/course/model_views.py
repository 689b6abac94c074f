"""What would fall due, or is owed, if a payment came on a given day?"""

from datetime import date

from services.loans.domain.course import instalments, model_moves
from services.loans.domain.course.periods_model import Model, Period, Span
from services.loans.domain.course.plan import PayoffProfit, Recalculation, Rest
from services.loans.domain.course.standing import Owed


def cut_at(model: Model, day: date) -> Model:
    """A copy of the model in which no profit is earned after a day."""
    twin = model.copy()
    if day < twin.periods[0].start:
        paid_out = sum(period.disbursed for period in twin.periods)
        for period in twin.periods:
            period.spans.clear()
        begins = Span(twin.periods[0].start, twin.periods[0].start)
        begins.disbursed = paid_out
        twin.periods[0].spans.append(begins)
        return twin
    if day >= twin.last.due:
        return twin
    holding = twin.holding(day)
    before: Period | None = None
    for period in twin.periods:
        if period.due > day:
            if period is holding:
                _cut_spans(period, day, is_first=before is None)
            elif before is holding and _is_credited(period):
                del period.spans[1:]
                period.spans[0].end = period.spans[0].start
            else:
                period.spans.clear()
        before = period
    twin.rate_spans()
    twin.rebalance()
    instalments.settle_last(twin, day)
    return twin


def _is_credited(period: Period) -> bool:
    return bool(period.spans) and (
        period.spans[0].credited > 0 or period.spans[0].credited_profit > 0
    )


def _cut_spans(period: Period, day: date, *, is_first: bool) -> None:
    index = next(
        place
        for place, span in reversed(list(enumerate(period.spans)))
        if span.start < day <= span.end or (is_first and place == 0 and day == span.start)
    )
    last = period.spans[index]
    for cut in period.spans[index + 1 : index + 2]:
        last.credited += cut.credited
        last.credited_profit += cut.credited_profit
    last.end = day
    del period.spans[index + 1 :]


def due_if_paid(model: Model, place: int, day: date) -> Owed:
    """What a period asks for when it is paid on a day: profit to that day, the rest is principal.

    A period that has not begun asks for its agreed instalment, but for no more principal than is
    outstanding.
    """
    twin = cut_at(model, day)
    period = twin.periods[place]
    tallies = twin.tally()
    unsettled = sum(1 for other in twin.periods if not other.is_settled)
    if day <= period.start:
        if unsettled > 1:
            period.instalment = period.agreed
            tally = twin.tally()[place]
            beyond = max(tally.principal - period.paid_principal, 0) - _outstanding(twin)
            period.instalment -= max(beyond, 0)
        elif period.is_settled and unsettled == 1:
            rest = _outstanding(twin) + period.paid_principal + tallies[place].profit
            period.instalment = min(period.agreed, rest)
    tally = twin.tally()[place]
    return Owed(tally.principal, tally.profit)


def _outstanding(model: Model) -> int:
    owed = sum(period.disbursed + period.credited for period in model.periods)
    return max(owed - sum(period.paid_principal for period in model.periods), 0)


def profit_of_period(model: Model, place: int, day: date) -> int:
    """The profit that a period has earned to a day, what is owed once more included."""
    twin = cut_at(model, day)
    return twin.tally()[place].earned


def owed_on(model: Model, day: date) -> Owed:
    """All principal, and the profit earned to a day and not paid."""
    twin = model.copy()
    for period in twin.periods:
        for index, span in enumerate(period.spans):
            first = period is twin.periods[0] and index == 0
            if span.start < day <= span.end or (first and day == span.start):
                held = span
                held.end = day
    twin.rate_spans()
    for period in twin.periods:
        for span in period.spans:
            if day < span.end:
                span.rate = (0, 1)
    twin.rebalance()
    instalments.settle_last(twin, day)
    tallies = twin.tally()
    due = sum(tally.profit for tally in tallies)
    paid = sum(period.paid_profit for period in twin.periods)
    return Owed(_outstanding(twin), max(due - paid, 0))


def profit_due_by(model: Model, day: date) -> int:
    """The profit of all periods when each is paid on a day."""
    return sum(due_if_paid(model, place, day).profit for place in range(len(model.periods)))


def let_overdue_bear(
    model: Model, rules: Recalculation, day: date, *, is_payoff: bool = False
) -> bool:
    """Principal past due bears profit on: to the day, or to the end of the running period.

    Worked: 16.43 of 100.00 due on 1 February and unpaid bears profit from then on in the second
    period; on 15 February up to that day. Whether anything changed.
    """
    day = min(day, model.last.due)
    overdue = [
        index
        for index, period in enumerate(model.periods)
        if period.due < day and not period.is_holder
    ]
    if not overdue:
        return False
    running = model.holding(day) or model.last
    until_due = is_until_due(rules, is_payoff=is_payoff)
    changed = False
    last = all_of_them = 0
    tallies = model.tally()
    for index in overdue:
        period = model.periods[index]
        if last:
            changed |= _let_bear(model, period, day, (last, all_of_them), until_due=until_due)
            tallies = model.tally()
        last = max(tallies[index].principal - period.paid_principal, 0)
        all_of_them += last
    if not all_of_them:
        return changed
    changed |= _let_bear(model, running, day, (last, all_of_them), until_due=until_due)
    model.overdue_until = max(model.overdue_until or day, day)
    return changed


def _let_bear(
    model: Model, period: Period, day: date, amounts: tuple[int, int], *, until_due: bool
) -> bool:
    since = model.overdue_until
    if day == since:
        return False
    start = period.start if since is None or period.start > since else since
    model_moves.correct(model, start, amounts[0])
    if period.start < day <= period.due:
        until = period.due if until_due else day
        model_moves.correct(model, until, -amounts[1])
        model.overdue_until = until
    return True


def is_until_due(rules: Recalculation, *, is_payoff: bool) -> bool:
    """Whether profit of the running period is counted to its due date."""
    if rules.payoff is PayoffProfit.TO_DAY:
        return False
    return is_payoff or rules.rest is Rest.WITH_INSTALMENT
