"""How much profit has a loan earned between two days?

For disclosure: the books of this release take profit as income when it is paid (cash basis).
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, localcontext

from services.loans.domain.due_dates import PRECISION
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Terms
from shared.money import Money


def profit_earned(
    terms: Terms, *, instalments: Sequence[Instalment], start: date, end: date
) -> Money:
    """The scheduled profit earned from `start` up to and without `end`, rounded once.

    The profit of an instalment is earned evenly over the days from the due date before it (or the
    disbursement) to its own. 10.00 over the 31 days of January: 1 to 11 January earns 3.23. Earned
    up to the last due date is exactly the profit of the whole schedule.
    """
    if end <= start:
        return Money.zero(terms.currency)
    upto_end = _earned(terms, instalments=instalments, day=end)
    return upto_end - _earned(terms, instalments=instalments, day=start)


def _earned(terms: Terms, *, instalments: Sequence[Instalment], day: date) -> Money:
    """Earned from disbursement to a day, rounded once: differences of these add up exactly."""
    begin, earned = terms.disbursed_on, Decimal(0)
    with localcontext(prec=PRECISION):
        for instalment in instalments:
            days = (instalment.due_on - begin).days
            passed = min(max((day - begin).days, 0), days)
            earned += Decimal(instalment.profit.minor * passed) / days
            begin = instalment.due_on
        return Money(int(earned.to_integral_value()), terms.currency)
