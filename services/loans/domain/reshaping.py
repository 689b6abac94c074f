"""Which instalments hold after a contract was settled early?"""

from collections.abc import Sequence
from datetime import date

from services.loans.domain.schedule import Instalment
from shared.money import Money


def settled(
    instalments: Sequence[Instalment], *, rebate: Money, on: date
) -> tuple[Instalment, ...]:
    """A contract whose profit to come falls away: all of it in one instalment, due on the day.

    Worked: twelve of 250.00 + 10.00, rebate 45.00: 3,000.00 and 75.00. A rebate takes nothing off
    principal, fees and late amounts; what was paid pours over the one instalment.
    """
    currency = rebate.currency
    whole = Instalment(
        number=1,
        due_on=on,
        principal=Money.total((one.principal for one in instalments), currency),
        profit=Money.total((one.profit for one in instalments), currency) - rebate,
        fee=Money.total((one.fee for one in instalments), currency),
        penalty_minor=sum(one.penalty_minor for one in instalments),
    )
    return (whole,)
