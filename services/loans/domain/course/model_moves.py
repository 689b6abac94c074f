"""What do money, rates and pauses change in the periods of a course?"""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from services.loans.domain.course import instalments
from services.loans.domain.course.periods_model import Model, Period, Span
from services.loans.domain.course.plan import CountedOver

ONE_DAY = timedelta(days=1)


def disburse(model: Model, on: date, amount: int) -> None:
    """Pay out: from the end of its day the amount bears profit, the instalments are found anew.

    On a due date it belongs to the next period. Where only whole periods bear profit, it counts
    from the start of its period. Later tranches leave aside what was prepaid.
    """
    day = max(_effective(model, on), model.periods[0].start)
    period = _split_within(model, day)
    _span_ending(model, period, day).disbursed += amount
    _instalments_anew(model, period, day, on_copy=not _is_empty(model))


def put_out(model: Model, on: date, amount: int) -> None:
    """Pay out without finding the instalments anew: they were agreed as they are."""
    day = min(max(on, model.periods[0].start), model.last.due)
    period = _split_within(model, day)
    _span_ending(model, period, day).disbursed += amount
    model.rate_spans([period])
    model.rebalance()


def _effective(model: Model, on: date) -> date:
    rules = model.measure.rules
    if rules.over is CountedOver.PERIODS and not rules.partial_periods:
        for period in model.periods:
            if period.due > on:
                return period.start
    return on


def _is_empty(model: Model) -> bool:
    return not any(period.instalment for period in model.periods)


def _instalments_anew(model: Model, changed: Period, day: date, *, on_copy: bool) -> None:
    first = changed
    if changed.due == day:
        index = model.periods.index(changed)
        first = model.periods[min(index + 1, len(model.periods) - 1)]
    later = [period for period in model.periods if period.due >= first.due]
    release(later)
    model.rate_spans(later)
    model.rebalance()
    related: Sequence[Period] = [period for period in later if not period.is_holder]
    if model.is_flat:
        instalments.level_flat(model, related)
        return
    if any(span.is_paused for period in model.periods for span in period.spans):
        _as_if_never_paused(model, changed, day, on_copy=on_copy)
        model.rebalance()
        instalments.settle_last(model, first.due)
        return
    if on_copy:
        _as_if_nothing_was_paid(model, first, day)
    else:
        instalments.level(model, related)
    related = instalments.after_grace(model, related)
    model.rebalance()
    instalments.settle_last(model, first.due)
    if not on_copy:
        instalments.level_out(model, related)


def _as_if_never_paused(model: Model, changed: Period, day: date, *, on_copy: bool) -> None:
    """A pause does not change the instalments: they are found as if profit had never rested."""
    bare = model.copy()
    for period in bare.periods:
        for span in period.spans:
            span.is_paused = False
    twin = bare.periods[model.periods.index(changed)]
    _instalments_anew(bare, twin, day, on_copy=on_copy)
    for period, found in zip(model.periods, bare.periods, strict=True):
        if period.due >= changed.due:
            period.instalment, period.agreed = found.instalment, found.agreed


def _as_if_nothing_was_paid(model: Model, first: Period, day: date) -> None:
    """Instalments from a tranche on are those of the course without any payment."""
    bare = model.copy()
    for period in bare.periods:
        period.paid_principal = period.paid_profit = period.deferred = 0
        for span in period.spans:
            span.corrected = 0
    _instalments_anew(bare, _within(bare, day), day, on_copy=False)
    for period, found in zip(model.periods, bare.periods, strict=True):
        if period.due >= first.due:
            period.instalment, period.agreed = found.instalment, found.agreed


def release(periods: Sequence[Period]) -> None:
    """From here on the profit is counted, where it had been agreed as it was."""
    for period in periods:
        if period.is_agreed:
            period.is_agreed = period.is_moved_down = False
            period.fixed_profit = 0


def change_rate(model: Model, on: date, rate: Fraction) -> None:
    """Another annual rate from a day on: the day before is the last one of the old rate."""
    day = on - ONE_DAY
    rate_from(model, day, rate)
    first = model.periods[0]
    if day < first.start:
        _instalments_anew(model, first, first.start, on_copy=False)
        return
    period = _split(model, day)
    if period is not None:
        _instalments_anew(model, period, day, on_copy=False)


def rate_from(model: Model, day: date, rate: Fraction) -> None:
    """Let a rate hold after a day for good: what was agreed for later days holds no more."""
    model.changes = [change for change in model.changes if change[0] < day]
    model.changes.append((day, rate))


def agree_rates(model: Model, changes: Sequence[tuple[date, Fraction]]) -> None:
    """Let other rates hold from days on, as agreed: the instalments know of it already."""
    model.changes = [(on - ONE_DAY, rate) for on, rate in changes]
    for day, _ in model.changes:
        if model.periods[0].start < day < model.last.due:
            _split_within(model, day)
    model.rate_spans()


def extend(model: Model, on: date, added: list[tuple[date, date]]) -> None:
    """More periods after the last; the instalments from the day on are found anew."""
    model.periods.extend(Period(start, due) for start, due in added)
    day = on - ONE_DAY
    period = _split(model, day)
    if period is not None:
        _instalments_anew(model, period, day, on_copy=False)


def move_dates(model: Model, days: list[tuple[date, date]]) -> None:
    """Other first and due days for the periods; the instalments stay, the last takes the rest."""
    first: date | None = None
    for period, (start, due) in zip(model.periods, days, strict=True):
        if first is None and due != period.due:
            first = due
        if first is not None:
            release([period])
        period.spans[0].start = period.start = start
        period.spans[-1].end = period.due = due
    model.rate_spans()
    model.rebalance()
    instalments.settle_last(model, first or model.last.due)


def pause(model: Model, since: date, until: date) -> None:
    """No profit from `since` to `until`, both included; the instalments stay, the last shrinks.

    A pause that starts on the day after a period's first day leaves that day its profit: from
    2 to 10 January 2024 profit rests for 8 of the 31 days of a period that starts on 1 January.
    """
    touched = [period for period in model.periods if period.start < until and period.due >= since]
    release([period for period in model.periods if touched and period.due >= touched[0].due])
    for period in touched:
        start = since - ONE_DAY if since - ONE_DAY > period.start else max(since, period.start)
        end = min(until, period.due)
        if not any(span.start == start for span in period.spans):
            _cut(period, start)
        if not any(span.end == end for span in period.spans):
            _cut(period, end)
        for span in period.spans:
            if start <= span.start and span.end <= end:
                span.is_paused = True
    if touched:
        model.rate_spans()
        model.rebalance()
        instalments.settle_last(model, touched[0].start)


def correct(model: Model, on: date, amount: int, *, until: date | None = None) -> None:
    """Let the balance be that much higher from a day within the periods on.

    Profit that finds no place any more is looked for `until` a later day, where one is given.
    """
    period = _split_within(model, on)
    _span_ending(model, period, on).corrected += amount
    model.rate_spans([period])
    model.rebalance()
    instalments.settle_last(model, until or on)


def credit(model: Model, on: date, *, principal: int, profit: int) -> None:
    """Amounts are owed once more from a day on: the period that starts or runs then asks them.

    Before the loan was paid out it is the day of the payout.
    """
    on = max(on, model.periods[0].start)
    period = _split_within(model, on)
    _span_ending(model, period, on).corrected += principal
    index = next(
        place
        for place, other in enumerate(model.periods)
        if other.start <= on < other.due or (other is model.last and on == other.due)
    )
    credited = model.periods[index]
    starting = next(span for span in reversed(credited.spans) if span.start == on)
    starting.credited += principal
    starting.credited_profit += profit
    credited.has_credits = True
    model.rate_spans([period])
    model.rebalance()
    instalments.settle_last(model, on)


def pay_profit(model: Model, period: Period, on: date, amount: int) -> None:
    """Profit of a period was paid; never more than falls due altogether."""
    open_periods = [other for other in model.periods if not other.is_settled]
    if open_periods and open_periods[-1] is not model.last:
        latest = open_periods[-1]
        if latest is period and on >= latest.due:
            instalments.defer(model, latest, on)
    due = sum(tally.profit for tally in model.tally())
    paid = sum(other.paid_profit for other in model.periods)
    period.paid_profit += amount if paid + amount <= due else due - paid
    model.rebalance()
    instalments.settle_last(model, on)


def pay_principal(model: Model, period: Period, on: date, amount: int) -> None:
    """Principal of a period was paid: from that day (or its due date, if late) it bears no profit.

    Paid before the first period starts, it never bears any.

    A period paid in full before it starts keeps as its instalment what was paid.
    """
    owed = sum(other.disbursed + other.credited for other in model.periods)
    paid = sum(other.paid_principal for other in model.periods)
    credited = sum(other.credited for other in model.periods)
    period.paid_principal += amount if paid + amount <= owed + credited else owed - paid
    day = min(max(on, model.periods[0].start), period.due)
    correct(model, day, -amount, until=on)
    unsettled = sum(1 for other in model.periods if not other.is_settled)
    if unsettled > 1 and on < period.start:
        full = period.paid == period.agreed + period.credits
        if period.paid > period.asked or full:
            period.instalment = period.paid - period.credits
            instalments.settle_last(model, on)


def _split(model: Model, day: date) -> Period | None:
    """Make sure that some span of the period holding a day ends on it; None outside of all."""
    return None if model.holding(day) is None else _split_within(model, day)


def _within(model: Model, day: date) -> Period:
    """The period of a day that lies in some period."""
    return next(filter(None, [model.holding(day)]))


def _split_within(model: Model, day: date) -> Period:
    period = _within(model, day)
    if period is model.last and day == period.due:
        if len(period.spans) == 1 or period.spans[-1].start < day:
            period.spans.append(Span(day, day, is_paused=period.spans[-1].is_paused))
    elif not any(span.end == day for span in period.spans):
        _cut(period, day)
    return period


def _span_ending(model: Model, period: Period, day: date) -> Span:
    if period is model.last and day == period.due:
        return period.spans[-2]
    return next(span for span in period.spans if span.end == day)


def _cut(period: Period, day: date) -> None:
    """Cut the span that holds a day: the first part ends on it, the rest keeps its amounts."""
    index, held = 0, period.spans[0]
    for place, span in enumerate(period.spans):
        if span.start < day <= span.end:
            index, held = place, span
    end = min(max(day, held.start), held.end)
    rest = Span(end, held.end, is_paused=held.is_paused)
    rest.disbursed, held.disbursed = held.disbursed, 0
    rest.corrected, held.corrected = held.corrected, 0
    period.spans.insert(index + 1, rest)
    held.end = end
