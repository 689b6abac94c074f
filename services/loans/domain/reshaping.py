"""Which instalments hold after a contract was settled early, or part of the goods was lost?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from services.loans.domain import allocation
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Component
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


def after_loss(
    instalments: Sequence[Instalment],
    *,
    paid: Money,
    loss: Money,
    order: Sequence[Component],
) -> tuple[Instalment, ...]:
    """The instalments after a part of the principal was lost: all that is open falls in proportion.

    Worked: 50,000 open in five parts of 10,000 with rents of 1,500 to 300, loss 15,000: five
    parts of 7,000 with 1,050 to 210. What was paid stands first, as an instalment of its own.
    Loss of all: nothing is open.
    """
    rest = allocation.dues_at(instalments, paid=paid, order=order)
    currency = paid.currency
    owed = Money.total((one.principal for one in rest), currency)
    left = owed - loss
    if not owed.minor or not left.is_positive:
        return _numbered(_paid(instalments, rest))
    factor = Decimal(left.minor) / owed.minor
    parts = left.split([one.principal.minor for one in rest])
    smaller = [
        replace(one, principal=part, profit=one.profit.times(factor))
        for one, part in zip(rest, parts, strict=True)
    ]
    return _numbered([*_paid(instalments, rest), *smaller])


def _paid(instalments: Sequence[Instalment], rest: Sequence[Instalment]) -> list[Instalment]:
    """All that was paid as one instalment; a contract on which nothing was has one of nothing."""
    first, currency = instalments[0], instalments[0].principal.currency

    def less(name: str) -> Money:
        agreed, still = (
            Money.total((getattr(one, name) for one in dues), currency)
            for dues in (instalments, rest)
        )
        return agreed - still

    penalty = sum(one.penalty_minor for one in instalments) - sum(one.penalty_minor for one in rest)
    return [
        Instalment(
            number=0,
            due_on=first.due_on,
            principal=less("principal"),
            profit=less("profit"),
            fee=less("fee"),
            penalty_minor=penalty,
        )
    ]


def _numbered(instalments: Sequence[Instalment]) -> tuple[Instalment, ...]:
    return tuple(replace(one, number=number) for number, one in enumerate(instalments, start=1))
