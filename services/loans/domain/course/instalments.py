"""How large are the instalments, and which of them takes the residue?"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction

from services.loans.domain.course import span_rates
from services.loans.domain.course.periods_model import Model, Period, Tally
from services.loans.domain.course.rounding import shared, to_multiple, whole

LEVELLING_ROUNDS = 3
PRECISION = 40


def level(model: Model, periods: Sequence[Period]) -> None:
    """Give periods the annuity of the balance that they start with.

    Instalment = balance x product of (1 + rate) / f, where f starts at 1 and every later period
    makes it 1 + f x (1 + rate). Worked: 100.00 at 7 % a year, 30/360, in 6 months is 17.01. A
    period that was paid more than that keeps its instalment.
    """
    factors = [1 + _rate_of(model, period) for period in periods]
    with localcontext(prec=PRECISION):
        product, sum_of = Decimal(1), Decimal(1)
        for number, factor in enumerate(factors):
            exact = Decimal(factor.numerator) / factor.denominator
            product *= exact
            if number:
                sum_of = 1 + sum_of * exact
        start = _balance_before(model, periods[0]) + periods[0].disbursed
        annuity = Fraction(start * product / sum_of)
    fixed = shared(sum(period.fixed_profit for period in periods), len(periods))
    instalment = whole(annuity.numerator, annuity.denominator, model.rounding) + fixed
    instalment = to_multiple(instalment, model.multiple)
    for period in periods:
        if instalment >= period.paid:
            period.instalment = period.agreed = instalment


def after_grace(model: Model, periods: Sequence[Period]) -> Sequence[Period]:
    """During grace the profit alone falls due; gives the periods that repay principal.

    Worked: 100.00 at 30 % a year in 8 months with 7 of grace: seven times 2.50, then 102.50. A
    period that was paid more than its profit keeps as its instalment what was paid.
    """
    grace = [period for period in model.periods[: model.grace] if period in periods]
    if not grace:
        return periods
    repaying = [period for period in periods if period not in grace]
    for period in grace:
        period.instalment = period.agreed = 0
        tally = dict(zip(map(id, model.periods), model.rebalance(), strict=True))[id(period)]
        kept = period.paid - period.credits - period.deferred
        period.instalment = period.agreed = max(tally.earned, kept)
    model.rebalance()
    level(model, repaying)
    return repaying


def level_flat(model: Model, periods: Sequence[Period]) -> None:
    """Principal still to be repaid and flat profit in equal instalments, the rest in the last.

    Worked: 1,000.00 and three times 10.00 profit is 343.33, 343.33, 343.34. During grace the
    profit alone falls due. No instalment asks less than its profit or than was paid of it; the
    last ones then ask for that much less.
    """
    for period in periods:
        period.instalment = 0
    model.rebalance()
    earned = _earned(model, periods)
    eased = [period for period in periods if period in model.periods[: model.grace]]
    level_ones = [period for period in periods if period not in eased]
    for period in eased:
        period.instalment = period.agreed = earned[id(period)]
    start = _balance_before(model, periods[0]) + periods[0].disbursed
    total = start + sum(earned[id(period)] for period in level_ones)
    usual = to_multiple(whole(total, len(level_ones), model.rounding), model.multiple)
    beyond = 0
    for period in level_ones:
        wanted = usual if period is not level_ones[-1] else total - usual * (len(level_ones) - 1)
        period.instalment = max(wanted, _least(period, earned))
        period.agreed = period.instalment
        beyond += period.instalment - wanted
    for period in reversed(level_ones):
        if beyond > 0 and not period.is_settled:
            before = period.instalment
            period.instalment = max(before - beyond, _least(period, earned))
            beyond -= before - period.instalment
    model.rebalance()


def _least(period: Period, earned: dict[int, int]) -> int:
    return max(earned[id(period)], period.paid - period.credits - period.deferred)


def _earned(model: Model, periods: Sequence[Period]) -> dict[int, int]:
    """The flat profit of each period by itself."""
    found, before = {}, 0
    for period, tally in zip(model.periods, model.tally(), strict=True):
        if period in periods:
            found[id(period)] = tally.earned - before
        before = tally.unplaced
    return found


def _rate_of(model: Model, period: Period) -> Fraction:
    rate = Fraction(0)
    if period.is_profit_grace or period.is_free:
        return rate
    for span in period.spans:
        rate += span_rates.of_part(
            model.measure, model.rate_on(span.start), period.days, span.start, span.end
        )
    return rate


def _balance_before(model: Model, period: Period) -> int:
    index = model.periods.index(period)
    if index == 0:
        return 0
    tally = model.tally()[index - 1]
    return model.periods[index - 1].balance_after(tally)


def settle_last(model: Model, until: date) -> None:
    """Let the last period that is not settled take the difference to all that must be paid.

    All instalments together are the principal paid out or owed once more, and the profit. A last
    period of which more was paid than it would have to ask keeps that, and the one before it takes
    the rest. What it asks more can make room for profit, which is then asked as well.
    `until` is the day up to which profit that finds no place any more is looked for.
    """
    owed = sum(period.disbursed + period.credited for period in model.periods)
    tallies = model.tally()
    if _cut_back(model, tallies, owed - sum(period.paid_principal for period in model.periods)):
        tallies = model.tally()
    passed: list[Period] = []
    while (last := _last_open(model, tallies)) is not None:
        if _lift_deferral(model, last):
            tallies = model.tally()
        if missing := _missing(model, tallies, owed):
            last.instalment += missing
            tallies = model.tally()
            while (more := _missing(model, tallies, owed)) > 0:
                last.instalment += more
                tallies = model.tally()
        if last.fixed_profit > 0:
            last.instalment = max(last.instalment, last.paid_principal + last.fixed_profit)
        least = last.paid - last.credits
        passed.append(last)
        if last.instalment >= least:
            break
        rest = last.instalment - least
        last.instalment = least
        _drop_unearned(model, tallies, rest)
        tallies = model.tally()
    for period in reversed(passed):
        defer(model, period, until)


def _missing(model: Model, tallies: Sequence[Tally], owed: int) -> int:
    """What all instalments together ask too little of principal and profit."""
    asked = sum(period.asked for period in model.periods)
    return owed + sum(tally.profit for tally in tallies) - asked


def _lift_deferral(model: Model, last: Period) -> bool:
    changed = last.deferred != 0
    last.deferred = 0
    for period in model.periods:
        changed = changed or period.is_moved_up
        period.is_moved_up = False
    return changed


def _drop_unearned(model: Model, tallies: Sequence[Tally], rest: int) -> None:
    """Take what was still too much from the last periods that have earned nothing at all."""
    for period, tally in zip(reversed(model.periods), reversed(tallies), strict=True):
        if rest >= 0 or tally.earned:
            return
        if period.is_settled:
            continue
        taken = min(-rest, period.instalment - max(period.paid - period.credits, 0))
        if taken <= 0:
            return
        period.instalment -= taken
        rest += taken


def _cut_back(model: Model, tallies: Sequence[Tally], open_principal: int) -> bool:
    """No period asks for more principal than is owed altogether (after paying the last ones)."""
    changed = False
    for period, tally in zip(model.periods, tallies, strict=True):
        beyond = tally.principal - period.paid_principal - open_principal
        if beyond > 0 and tally.principal > period.paid_principal:
            period.instalment = max(period.instalment - beyond, period.paid)
            changed = True
    return changed


def _last_open(model: Model, tallies: Sequence[Tally]) -> Period | None:
    for period in reversed(model.periods):
        if not period.is_settled:
            return period
    last = model.last
    if any(period.paid_principal for period in model.periods) or not last.spans:
        return None
    return last if last.balance_after(tallies[-1]) > 0 else None


def defer(model: Model, last: Period, until: date) -> None:
    """Profit that was earned after the last open period, on its unpaid rest, is asked with it.

    What was paid of it already stays in the instalment; it is not asked as principal as well.
    """
    if last is model.last:
        return
    tallies = model.tally(until=until)
    unplaced = [
        tally.unplaced
        for period, tally in zip(model.periods, tallies, strict=True)
        if period.due > last.due and tally.unplaced > 0
    ]
    if not unplaced:
        return
    place = model.periods.index(last)
    principal = model.tally()[place].principal
    last.deferred = unplaced[-1]
    for period in model.periods:
        period.is_moved_up |= period.due > last.due
    last.instalment -= max(model.tally()[place].principal - principal, 0)


def level_out(model: Model, periods: Sequence[Period]) -> None:
    """Shift instalments by whole minor units while that brings the last one nearer to the others.

    When the last one differs by more than half as many minor units as there are instalments, all
    are shifted by the difference shared among them; at most three times, and only while the
    difference shrinks. Worked: 24 instalments of 1.00 and a last of 0.76 become 0.99 and 0.99.
    """
    tried: Model | None = None
    for _ in range(LEVELLING_ROUNDS):
        level_now, gap, count = _gap(periods)
        if abs(gap) <= len(periods) // 2:
            return
        shifted = to_multiple(level_now + shared(gap, count), model.multiple)
        if shifted == level_now:
            return
        if tried is None:
            tried = model.copy()
        shifting = set(map(id, periods))
        touched = [
            twin
            for period, twin in zip(model.periods, tried.periods, strict=True)
            if id(period) in shifting
        ]
        for period in touched:
            if shifted >= period.paid:
                period.instalment = period.agreed = shifted
        tried.rebalance()
        settle_last(tried, periods[0].due)
        if abs(_gap(tried.periods)[1]) >= abs(gap):
            return
        for period, better in zip(periods, touched, strict=True):
            period.instalment = period.agreed = better.instalment
        model.rebalance()


def _gap(periods: Sequence[Period]) -> tuple[int, int, int]:
    """The usual instalment, how far the last one lies off, and how many can be shifted."""
    for index in range(len(periods) - 1, 0, -1):
        last, other = periods[index], periods[index - 1]
        if not last.is_settled and not other.is_settled:
            usual = other.instalment
            fixed = sum(1 for period in periods if usual < period.paid)
            return usual, last.instalment - usual, max(1, len(periods) - fixed)
    return periods[0].instalment, 0, 1
