"""How is what is open spread anew: over new instalments, or over those still to come?"""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from services.loans.domain.course import (
    agreed_lines,
    charges,
    instalments,
    model_moves,
    model_views,
    payments,
)
from services.loans.domain.course.events import OpenProfit, ReAged, ReAmortised
from services.loans.domain.course.lines import FEE, PENALTY, PRINCIPAL, PROFIT, Line
from services.loans.domain.course.periods_model import Model, Period
from services.loans.domain.course.results import TransactionKind
from services.loans.domain.course.rounding import shared, to_multiple
from services.loans.domain.course.span_rates import Measure, step
from services.loans.domain.course.standing import Entry, Standing
from shared.errors import Kind, RafidError


class CourseNotBegun(RafidError):
    """The first instalment has not begun on this day"""

    kind = Kind.RULE
    service = "loans"
    detail = "{on} is before {begins_on}, when the first instalment begins; give a later day."
    on: date
    begins_on: date


def re_age(standing: Standing, event: ReAged) -> None:
    """All that is open is spread over new instalments from a day on; the old ones end there.

    Value day is the day of the order, or the first new due date when that has passed already. The
    running instalment ends on the day and keeps what was paid in advance. Raises `CourseNotBegun`
    before the first instalment begins.
    """
    on = min(event.on, event.starts_on)
    begins_on = standing.model.periods[0].start
    if on < begins_on:
        raise CourseNotBegun(on=on, begins_on=begins_on)
    payments.catch_up(standing, on)
    if not any(line.open for line in standing.lines):
        return
    entry = Entry(event.key, on, TransactionKind.RE_AGE, 0)
    by_model = standing.follows_days
    if by_model and event.profit in (OpenProfit.AS_AGREED, OpenProfit.WAIVED):
        _as_agreed(standing, event, on, entry)
    elif by_model:
        _spread_by_model(standing, event, on, entry)
    else:
        _spread_lines(standing, event, on, entry)
    entry.amount = sum(entry.parts)
    standing.entries.append(entry)


def _dues(event: ReAged) -> list[date]:
    return [
        step(event.starts_on, event.every * number, event.unit)
        for number in range(event.instalments)
    ]


def _end_on(model: Model, on: date) -> tuple[int, int]:
    """End the running period on a day and drop the later ones; gives what was paid of them."""
    ahead = [period for period in model.periods if period.due >= on]
    paid = (
        sum(period.paid_principal for period in ahead),
        sum(period.paid_profit for period in ahead),
    )
    credited = sum(
        period.credited for period in model.periods if period.start >= on and period.due > on
    )
    running = model.holding(on)
    if running is not None:
        running.is_holder = True
        if running.due != on:
            running.due = on
            running.spans = [span for span in running.spans if span.start < on] or running.spans[:1]
            running.spans[-1].end = on
            model.rate_spans([running])
        model.periods = [period for period in model.periods if period.due <= on]
        model.grace = min(model.grace, len(model.periods))
    if credited:
        model_moves.credit(model, on, principal=credited, profit=0)
    return paid


def _keep_paid_ahead(model: Model, paid: tuple[int, int]) -> None:
    """What was paid of dropped periods stands with the last one that is left."""
    last = model.last
    last.paid_principal, last.paid_profit = paid
    last.instalment = last.paid
    last.is_holder = True
    model.rate_spans([last])


def _move_open(model: Model, on: date) -> None:
    """Instalments begun and not settled ask for no more than was paid; the rest is spread.

    What each had asked is read before any of them moves: profit that finds no place any more in
    one instalment takes no place in the next.
    """
    asked = model.tally()
    for period, tally in zip(model.periods, asked, strict=True):
        if period.start > on or period.is_settled:
            continue
        for span in period.spans:
            if span.end == on:
                span.corrected = 0
        last = period.spans[-1]
        if last.corrected:
            last.corrected -= max(tally.principal - period.paid_principal, 0)
        period.instalment, period.deferred = period.paid, 0
        period.moved_credit = period.credited
        period.moved_credit_profit = max(sum(span.credited_profit for span in period.spans), 0)


def _as_agreed(standing: Standing, event: ReAged, on: date, entry: Entry) -> None:
    """New instalments by the agreed rate, as if the open principal had been paid out anew."""
    model = standing.model
    principal = _open_principal(model)
    entry.parts[PRINCIPAL] = principal
    entry.parts[PROFIT] = _open_profit(model, on)
    paid = _end_on(model, on)
    _move_open(model, on)
    if any(paid):
        _keep_paid_ahead(model, paid)
    wanted = _instalments_anew(model, event, principal)
    added = []
    for due, instalment in zip(_dues(event), wanted, strict=True):
        period = Period(model.last.due, due)
        period.instalment = period.agreed = instalment
        model.periods.append(period)
        added.append(period)
    model.rate_spans(added)
    model.rebalance()
    instalments.settle_last(model, on)
    instalments.level_out(model, added)
    _rebuild_lines(standing, on, added)


def _instalments_anew(model: Model, event: ReAged, principal: int) -> list[int]:
    start = step(event.starts_on, -event.every, event.unit)
    dues = _dues(event)
    measure = Measure(
        rules=model.measure.rules,
        every=event.every,
        unit=event.unit,
        origin=start,
        month_end_rule=model.measure.month_end_rule,
    )
    bare = Model(
        measure=measure,
        annual_rate=model.rate_on(start),
        periods=[Period(first, due) for first, due in zip((start, *dues[:-1]), dues, strict=True)],
        changes=[],
        multiple=model.multiple,
        rounding=model.rounding,
    )
    model_moves.disburse(bare, start, principal)
    return [tally.principal + tally.profit for tally in bare.tally()]


def _open_principal(model: Model) -> int:
    owed = sum(period.disbursed + period.credited for period in model.periods)
    return max(owed - sum(period.paid_principal for period in model.periods), 0)


def _open_profit(model: Model, on: date) -> int:
    twin = model_views.cut_at(model, on)
    return sum(
        max(tally.profit - period.paid_profit, 0)
        for period, tally in zip(twin.periods, twin.tally(), strict=True)
        if period.start < on
    )


def _spread_by_model(standing: Standing, event: ReAged, on: date, entry: Entry) -> None:
    """Open profit (to the day, or all that was to come) in equal parts; no more is earned."""
    model = standing.model
    until = on if event.profit is OpenProfit.SPREAD_PAYABLE else model.last.due
    owed = model_views.owed_on(model, until)
    maturity = model.last.due
    entry.parts[PRINCIPAL], entry.parts[PROFIT] = owed.principal, owed.profit
    for place in (FEE, PENALTY):
        entry.parts[place] = sum(line.open_of(place) for line in _owing(standing))
    paid = _end_on(model, on)
    for period in model.periods:
        tally_profit = max(sum(span.credited_profit for span in period.spans), 0)
        if tally_profit:
            period.spans[-1].credited_profit -= tally_profit
        period.instalment, period.deferred = period.paid, 0
        period.moved_credit = period.credited
        period.is_moved_down = True
    if maturity >= on:
        _keep_paid_ahead(model, paid)
    shares = _shares(entry.parts, event.instalments)
    added = []
    for due, share in zip(_dues(event), shares, strict=True):
        period = Period(model.last.due, due)
        period.fixed_profit = share[PROFIT]
        period.instalment = period.agreed = share[PRINCIPAL] + share[PROFIT]
        model.periods.append(period)
        added.append(period)
    model_moves.rate_from(model, min(on, maturity), Fraction(0))
    model.rate_spans()
    model.rebalance()
    instalments.settle_last(model, on)
    _lift_charges(standing)
    _rebuild_lines(standing, on, added)
    _place_charges(standing, _dues(event), shares)


def _owing(standing: Standing) -> list[Line]:
    return [line for line in standing.lines if not line.is_down_payment]


def _lift_charges(standing: Standing) -> None:
    for line in _owing(standing):
        for place in (FEE, PENALTY):
            line.asked[place] -= line.open_of(place)


def _place_charges(standing: Standing, dues: Sequence[date], shares: Sequence[list[int]]) -> None:
    for due, share in zip(dues, shares, strict=True):
        line = standing.last_line_due(due)
        line.asked[FEE] += share[FEE]
        line.asked[PENALTY] += share[PENALTY]


def _shares(parts: Sequence[int], count: int) -> list[list[int]]:
    """Equal shares of the whole; what a share has besides principal is taken out of it.

    Each part but principal is rounded half to even and runs until it is used up; the last share
    takes the rest. Worked: 150.00 and 0.04 profit in 6: 25.00 + 0.01 four times, 25.01, 24.99.
    """
    whole = shared(sum(parts), count)
    left = list(parts)
    shares = []
    for number in range(1, count + 1):
        share = [0, 0, 0, 0]
        for place in (PROFIT, FEE, PENALTY):
            usual = min(shared(parts[place], count), left[place])
            share[place] = left[place] if number == count else usual
        beside = sum(share)
        share[PRINCIPAL] = left[PRINCIPAL] if number == count else whole - beside
        shares.append(share)
        left = [before - used for before, used in zip(left, share, strict=True)]
    return shares


def _rebuild_lines(standing: Standing, on: date, added: Sequence[Period]) -> None:
    """Lines of the model's periods; what an older line had beyond principal and profit stays."""
    by_start = {line.start: line for line in standing.lines if line.is_regular}
    kept = [line for line in standing.lines if line.is_down_payment]
    extra = [line for line in standing.lines if line.is_added]
    for period, tally in zip(standing.model.periods, standing.model.tally(), strict=True):
        line = by_start.get(period.start) if period not in added else None
        line = line or Line(period.start, period.due)
        line.due = period.due
        is_empty = not period.instalment
        line.asked[PRINCIPAL] = 0 if is_empty else tally.principal
        line.asked[PROFIT] = 0 if is_empty else tally.profit
        if period.is_holder:
            line.paid[PRINCIPAL], line.paid[PROFIT] = period.paid_principal, period.paid_profit
        line.credited = period.credited
        line.note(on)
        kept.append(line)
    dropped = [line for line in standing.lines if line.is_regular and line not in kept]
    holder = next((line for line in kept if line.due == on and not line.is_down_payment), None)
    if holder is not None:
        holder.in_advance += sum(line.in_advance for line in dropped)
    standing.lines = kept + extra
    standing.in_order()
    charges.place_again(standing, dropped)


def _spread_lines(standing: Standing, event: ReAged, on: date, entry: Entry) -> None:
    """Without a model that follows the days: open principal (and the rest, if so ordered)."""
    spreads = event.profit is not OpenProfit.AS_AGREED and standing.plan.annual_rate > 0
    places = (PRINCIPAL, PROFIT, FEE, PENALTY) if spreads else (PRINCIPAL,)
    for line in standing.lines:
        if spreads and line.is_down_payment:
            continue
        for place in places:
            left = line.open_of(place)
            entry.parts[place] += left
            line.asked[place] -= left
        line.note(on)
    ahead = [line for line in standing.lines if line.is_regular and line.due > on]
    standing.lines = [line for line in standing.lines if line not in ahead]
    before = [line for line in standing.lines if not line.is_added]
    kept = sum(1 for line in before if line.is_regular)
    standing.model.grace = min(standing.model.grace, kept)
    start = max((line.due for line in before), default=ahead[0].start if ahead else on)
    if any(sum(line.paid) for line in ahead):
        holder = Line(start, on)
        for line in ahead:
            for place in range(4):
                holder.asked[place] += line.paid[place]
                holder.paid[place] += line.paid[place]
            holder.in_advance += line.in_advance
        holder.note(on)
        standing.put_in(holder)
        start = on
    for due, share in zip(_dues(event), _shares(entry.parts, event.instalments), strict=True):
        line = Line(start, due)
        line.asked = share
        standing.put_in(line)
        start = due
    charges.place_again(standing, ahead)
    agreed_lines.take(standing.model, standing.lines)


def re_amortise(standing: Standing, event: ReAmortised) -> None:
    """What is past due is spread over the instalments still to come.

    Worked: 125.00 past due, two instalments of 125.00 to come, in whole units: 187.00 and 188.00.
    """
    on = event.on
    payments.catch_up(standing, on)
    entry = Entry(event.key, on, TransactionKind.RE_AMORTISE, 0)
    past = [line for line in standing.lines if line.due <= on]
    places = (PRINCIPAL, PROFIT) if standing.follows_days else (PRINCIPAL,)
    for line in past:
        for place in places:
            entry.parts[place] += line.open_of(place)
    if standing.follows_days:
        _re_amortise_model(standing, event)
    else:
        _re_amortise_lines(standing, past, entry.parts[PRINCIPAL], on)
    entry.amount = sum(entry.parts)
    if entry.amount:
        standing.entries.append(entry)


def _re_amortise_model(standing: Standing, event: ReAmortised) -> None:
    model = standing.model
    ahead = [period for period in model.periods if period.due > event.on]
    if not ahead:
        return
    asked_later: list[Period] = []
    if event.profit is OpenProfit.SPREAD_PAYABLE:
        asked_later = _fix_profit(model, ahead, event.on)
    _move_open(model, event.on)
    for period in asked_later:
        period.is_moved_down = True
    model.rebalance()
    instalments.level(model, ahead)
    if all(period.is_settled for period in model.periods):  # all were paid ahead, in part
        ahead[-1].instalment += _open_principal(model)
    model.rebalance()
    instalments.settle_last(model, event.on)
    instalments.level_out(model, ahead)
    standing.sync(event.on)


def _fix_profit(model: Model, ahead: Sequence[Period], on: date) -> list[Period]:
    """The profit past due is asked in equal parts with the instalments to come; gives whose it was.

    The last part takes the rest: 0.98 in six is five times 0.16 and 0.18.
    """
    past = [period for period in model.periods if period.due <= on and not period.is_settled]
    tallies = dict(zip(map(id, model.periods), model.tally(), strict=True))
    open_profit = sum(tallies[id(period)].profit - period.paid_profit for period in past)
    usual = shared(open_profit, len(ahead))
    for period in ahead:
        period.fixed_profit += usual
    ahead[-1].fixed_profit += open_profit - usual * len(ahead)
    return past


def _re_amortise_lines(standing: Standing, past: Sequence[Line], amount: int, on: date) -> None:
    ahead = [line for line in standing.lines if line.due > on and line.is_regular]
    if not ahead:
        return
    for line in past:
        line.asked[PRINCIPAL] -= line.open_of(PRINCIPAL)
        line.note(on)
    usual = to_multiple(shared(amount, len(ahead)), standing.plan.instalment_multiple)
    for line in ahead:
        share = usual if line is not ahead[-1] else amount - usual * (len(ahead) - 1)
        line.asked[PRINCIPAL] += share
        line.note(on)
    agreed_lines.take(standing.model, standing.lines)
