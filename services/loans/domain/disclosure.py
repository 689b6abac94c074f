"""What does the loan really cost, told before the borrower signs?"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.loans.domain import schedule
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Frequency, Terms
from shared import rates
from shared.money import Money

MONTHLY = frozenset({Frequency.MONTHLY, Frequency.QUARTERLY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """The figures a borrower is shown: what comes in, what goes out, and the yearly rate of it."""

    paid_out: Money
    total_due: Money
    total_profit: Money
    total_fees: Money
    total_cost: Money
    effective_annual_rate: Decimal


def disclose(terms: Terms, *, instalments: Sequence[Instalment]) -> Disclosure:
    """Every cost of the loan and the yearly rate that makes it equal, fees included.

    The rate is the annual percentage rate of charge of Directive 2014/17/EU, Annex I: months (for
    weekly loans weeks) of equal length, compounded a year. 3,000.000 TND of qard in 12 with a fee
    of 34.500 kept back: cost 34.500, rate 0.0216. `total_cost` = profit + every fee. Raises
    `NoRate` where nothing is paid out.
    """
    currency = terms.currency
    kept_back = schedule.fees_at_disbursement(terms)
    total_due = Money.total((instalment.total for instalment in instalments), currency)
    profit = Money.total((instalment.profit for instalment in instalments), currency)
    fees = Money.total((instalment.fee for instalment in instalments), currency) + kept_back
    paid_out = terms.principal - kept_back
    rate = rates.effective_annual_rate(
        [
            (terms.disbursed_on, paid_out),
            *((instalment.due_on, -instalment.total) for instalment in instalments),
        ],
        convention="eu",
        unit="month" if terms.frequency in MONTHLY else "week",
    )
    return Disclosure(
        paid_out=paid_out,
        total_due=total_due,
        total_profit=profit,
        total_fees=fees,
        total_cost=profit + fees,
        effective_annual_rate=rate,
    )
