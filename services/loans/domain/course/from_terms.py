"""Which plan is the course of a contract computed from, when these are its terms?"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import repeat

from services.loans.domain import drawn, due_dates, period_rates, schedule, spreading
from services.loans.domain.charging import ChargeBasis as Basis
from services.loans.domain.course.plan import (
    Agreed,
    Allocation,
    AllocationRule,
    Charge,
    ChargeWhen,
    CountedOver,
    DayRules,
    DownPayment,
    Grace,
    MonthLength,
    Plan,
    Recalculation,
    Unit,
    YearLength,
    in_standing_order,
)
from services.loans.domain.due_dates import Span
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Component, Frequency, Terms
from shared.rulebook import Fact

STEPS = {
    Frequency.DAILY: (1, Unit.DAYS),
    Frequency.WEEKLY: (1, Unit.WEEKS),
    Frequency.BIWEEKLY: (2, Unit.WEEKS),
    Frequency.TWICE_A_MONTH: (15, Unit.DAYS),
    Frequency.MONTHLY: (1, Unit.MONTHS),
    Frequency.QUARTERLY: (3, Unit.MONTHS),
    Frequency.HALF_YEARLY: (6, Unit.MONTHS),
    Frequency.YEARLY: (1, Unit.YEARS),
}
YEARS = {
    "30/360": YearLength.DAYS_360,
    "30u/360": YearLength.DAYS_360,
    "act/360": YearLength.DAYS_360,
    "act/364": YearLength.DAYS_364,
    "act/365": YearLength.DAYS_365,
    "act/act": YearLength.ACTUAL,
}


def plan_of(
    terms: Terms,
    *,
    overrides: Sequence[Fact] = (),
    signed: Sequence[Instalment] | None = None,
) -> Plan:
    """The plan of agreed terms: its instalments are those of the schedule, whatever the method.

    `signed` are those of a contract as it was signed; None: those that are computed now.

    Without movements the course has the rows of `schedule.schedule(terms)`. An order that changes
    the agreement (a rate, a pause, new dates) leaves the instalments due before it as agreed and
    finds the later ones by the day rules of the terms. Raises what `schedule` raises.
    """
    every, unit = STEPS[terms.frequency]
    if signed is None:
        signed = schedule.schedule(terms, overrides=overrides)
    return Plan(
        principal=terms.principal.minor,
        annual_rate=terms.annual_rate,
        instalments=terms.instalments,
        every=every * terms.dating.every,
        unit=unit,
        starts_on=terms.disbursed_on,
        signed_on=terms.disbursed_on,
        charge_method=terms.charge_method,
        first_due_on=terms.first_due_on,
        month_end_rule=terms.month_end_rule,
        day_rules=_day_rules(terms),
        grace=_grace(terms),
        recalculation=Recalculation() if terms.charging.follows_payments else None,
        rounding=terms.rounding,
        allocation=_allocation(terms),
        charges=_kept_back(terms),
        tranches=_tranches(terms),
        down_payment=_down_payment(terms),
        agreed=_agreed(terms, signed),
        agreed_after=_agreed_after(terms, signed),
        rate_changes=_rate_changes(terms),
    )


def _day_rules(terms: Terms) -> DayRules:
    by_month = terms.day_count.startswith("30")
    return DayRules(
        year=YEARS[terms.day_count],
        month=MonthLength.DAYS_30 if by_month else MonthLength.ACTUAL,
        over=CountedOver.PERIODS if terms.charging.basis is Basis.PER_PERIOD else CountedOver.DAYS,
    )


def _grace(terms: Terms) -> Grace:
    """The eased periods; of agreed profit that payments do not change the instalments know."""
    if not terms.charging.follows_payments:
        return Grace(principal=terms.principal_grace)
    return Grace(
        principal=terms.principal_grace,
        profit_payment=terms.charging.profit_grace,
        profit_free=terms.charging.profit_free,
    )


def _rate_changes(terms: Terms) -> tuple[tuple[date, Decimal], ...]:
    """The rates of later days, where payments count the profit anew at the rate of each day."""
    if not terms.charging.follows_payments:
        return ()
    return tuple((change.on, change.annual_rate) for change in terms.charging.rate_changes)


def _allocation(terms: Terms) -> Allocation:
    """The order of the terms; the penalty last where it names none.

    A payment claimed back is owed again from its last part: principal before profit, as a rule.
    """
    parts = terms.allocation_order
    if Component.PENALTY not in parts:
        parts = (*parts, Component.PENALTY)
    rule = AllocationRule(order=in_standing_order(parts))
    return Allocation(rule=rule, credits=tuple(reversed(parts)))


def _kept_back(terms: Terms) -> tuple[Charge, ...]:
    kept = schedule.fees_at_disbursement(terms).minor
    if not kept:
        return ()
    return (Charge(code="kept_back", when=ChargeWhen.AT_DISBURSEMENT, value=Decimal(kept)),)


def _tranches(terms: Terms) -> tuple[tuple[date, int], ...]:
    later = [(tranche.on, tranche.amount.minor) for tranche in terms.drawing.tranches]
    first = terms.principal.minor - sum(amount for _, amount in later)
    return ((terms.disbursed_on, first), *later)


def _down_payment(terms: Terms) -> DownPayment | None:
    percent = terms.drawing.down_payment_percent
    return DownPayment(percent=percent) if percent else None


def _spans(terms: Terms) -> Iterator[Span | None]:
    """The periods, where profit is counted anew at each payment by their lengths."""
    if not terms.charging.follows_payments:
        return repeat(None)
    return iter(due_dates.spans(terms))


def _agreed_after(terms: Terms, signed: Sequence[Instalment]) -> tuple[tuple[Agreed, ...], ...]:
    """The instalments as of each payout, where payments count the profit anew."""
    if not terms.charging.follows_payments or not terms.drawing.tranches:
        return ()
    paid_out = drawn.tranches(terms)
    counts = range(1, len(paid_out))
    earlier = [drawn.terms_of(terms, drawn=paid_out[:count]) for count in counts]
    return (*(_agreed(one, schedule.schedule(one)) for one in earlier), _agreed(terms, signed))


def _agreed(terms: Terms, instalments: Sequence[Instalment]) -> tuple[Agreed, ...]:
    down = []
    if terms.drawing.down_payment_percent:
        flows = spreading.course_of(terms, due_dates.spans(terms)).flows
        down = [(payment.on, payment.amount) for payment in flows.down_payments]
    found, start = [], terms.disbursed_on
    spans = _spans(terms)
    for instalment in instalments:
        due_on, principal = instalment.due_on, instalment.principal.minor
        is_down = (due_on, principal) in down and not instalment.profit.minor
        span = None if is_down else next(spans)
        found.append(
            Agreed(
                start_on=due_on if is_down else start if span is None else span.start,
                due_on=due_on,
                principal=principal,
                profit=instalment.profit.minor,
                fee=instalment.fee.minor,
                is_down_payment=is_down,
                years=None if span is None else period_rates.fraction(terms, span),
                parts=() if span is None else period_rates.parts(terms, span),
            )
        )
        if is_down:
            down.remove((due_on, principal))
        else:
            start = due_on
    return tuple(found)
