"""What does the loan really cost, told before the borrower signs?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext

from services.loans.domain import due_dates, schedule
from services.loans.domain.charging import RateKind
from services.loans.domain.dating import CalendarKind
from services.loans.domain.fees import COVER
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import BY_MONTHS, Frequency, Terms
from shared import rates
from shared.money import Money
from shared.unit_periods import Unit

YEAR_MONTHS = 12
WEEKS: Mapping[Frequency, int] = {Frequency.WEEKLY: 1, Frequency.BIWEEKLY: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """The figures a borrower is shown: what comes in, what goes out, and the yearly rates of it.

    `total_fees` are all fees, `total_insurance` what of them is insurance or takaful.
    `total_savings` is the borrower's own money, held and given back with the last instalment: no
    cost, but it makes the loan dearer, as both rates tell. `annual_percentage_rate` is a nominal
    rate with every cost in it; `nominal_annual_rate` that of the terms, without any.
    """

    paid_out: Money
    total_due: Money
    total_profit: Money
    total_fees: Money
    total_cost: Money
    effective_annual_rate: Decimal
    annual_percentage_rate: Decimal
    nominal_annual_rate: Decimal
    total_insurance: Money
    total_savings: Money


def disclose(terms: Terms, *, instalments: Sequence[Instalment]) -> Disclosure:
    """Every cost of the loan and the yearly rates that make it equal, fees and savings included.

    The effective rate is the annual percentage rate of charge of Directive 2014/17/EU, Annex I:
    months (for weekly loans weeks) of equal length, compounded a year. The annual percentage rate
    is that of 12 CFR 1026 (Regulation Z), Appendix J. 3,000.000 TND of qard in 12 with a fee of
    34.500 kept back: cost 34.500, effective 0.0216, annual percentage 0.0214. `total_cost` =
    profit + every fee. Raises `NoRate` where nothing is paid out.
    """
    currency = terms.currency
    kept_back = schedule.fees_at_disbursement(terms)
    total_due = Money.total((instalment.total for instalment in instalments), currency)
    profit = Money.total((instalment.profit for instalment in instalments), currency)
    fees = Money.total((instalment.fee for instalment in instalments), currency) + kept_back
    flows = cash_flows(terms, instalments=instalments)
    return Disclosure(
        paid_out=terms.principal - kept_back,
        total_due=total_due,
        total_profit=profit,
        total_fees=fees,
        total_cost=profit + fees,
        effective_annual_rate=rates.effective_annual_rate(
            flows, convention="eu", unit="month" if _is_by_months(terms) else "week"
        ),
        annual_percentage_rate=_percentage_rate(terms, flows),
        nominal_annual_rate=_nominal(terms),
        total_insurance=_insurance(terms),
        total_savings=_saved(terms, instalments),
    )


def cash_flows(terms: Terms, *, instalments: Sequence[Instalment]) -> list[tuple[date, Money]]:
    """What the borrower receives (positive) and pays, in order of days, savings included.

    Fees that are kept back and savings that are put in at once are taken from the first payment;
    what was saved comes back with the last instalment.
    """
    currency, savings = terms.currency, terms.savings
    later = terms.drawing.tranches
    upfront = savings.upfront(terms.principal, rounding=terms.rounding)
    each = savings.with_each(terms.principal, rounding=terms.rounding)
    first = terms.principal - Money.total((tranche.amount for tranche in later), currency)
    flows = [(terms.disbursed_on, first - schedule.fees_at_disbursement(terms) - upfront)]
    flows += [(tranche.on, tranche.amount) for tranche in later]
    flows += [(due.due_on, -due.total) for due in instalments]
    flows += [(day, -each) for day in _days_of_saving(terms, instalments)]
    back = _saved(terms, instalments)
    if back.is_positive:
        flows.append((instalments[-1].due_on, back))
    return sorted(flows, key=lambda flow: flow[0])


def _saved(terms: Terms, instalments: Sequence[Instalment]) -> Money:
    savings, rounding = terms.savings, terms.rounding
    times = len(_days_of_saving(terms, instalments))
    return savings.upfront(terms.principal, rounding=rounding) + times * savings.with_each(
        terms.principal, rounding=rounding
    )


def _days_of_saving(terms: Terms, instalments: Sequence[Instalment]) -> list[date]:
    """The due dates of instalments; on a day of payment out nothing is saved."""
    days = {terms.disbursed_on, *(tranche.on for tranche in terms.drawing.tranches)}
    return [due.due_on for due in instalments if due.due_on not in days]


def _insurance(terms: Terms) -> Money:
    """What goes to an insurer or to the participants of a takaful."""
    others = tuple(fee for fee in terms.fees if fee.purpose not in COVER)
    if others == terms.fees:
        return Money.zero(terms.currency)
    without = replace(terms, fees=others)
    return _all_fees(terms) - _all_fees(without)


def _all_fees(terms: Terms) -> Money:
    due = Money(sum(schedule.columns(terms).fee), terms.currency)
    return due + schedule.fees_at_disbursement(terms)


def _nominal(terms: Terms) -> Decimal:
    """The rate of the terms as a nominal one: 12 % effective is 11.387 % by the month."""
    if terms.charging.rate_kind is RateKind.NOMINAL:
        return terms.annual_rate
    with localcontext(prec=rates.PRECISION):
        monthly = (1 + terms.annual_rate) ** (Decimal(1) / YEAR_MONTHS) - 1
        return (monthly * YEAR_MONTHS).quantize(rates.TOLERANCE)


def _percentage_rate(terms: Terms, flows: Sequence[tuple[date, Money]]) -> Decimal:
    unit, multiple = _unit_period(terms)
    return rates.effective_annual_rate(flows, convention="us", unit=unit, multiple=multiple)


def _unit_period(terms: Terms) -> tuple[Unit, int]:
    """The unit in which instalments follow each other; days are told in weeks."""
    frequency, every = terms.frequency, terms.dating.every
    if frequency is Frequency.TWICE_A_MONTH:
        return "half_month", 1
    if frequency in WEEKS:
        return "week", WEEKS[frequency] * every
    if not _is_by_months(terms):
        return "week", 1
    months = due_dates.MONTHS[frequency] * every
    return ("year", 1) if months >= YEAR_MONTHS else ("month", months)


def _is_by_months(terms: Terms) -> bool:
    gregorian = terms.dating.calendar is CalendarKind.GREGORIAN
    return gregorian and (
        terms.frequency in BY_MONTHS or terms.frequency is Frequency.TWICE_A_MONTH
    )
