"""How is a loan served whose instalments do not always pay the profit of their period?

What an instalment leaves of the profit joins the principal (negative amortisation) and bears
profit itself. The money that was lent stays what it was: what joined it is owed as profit, and is
paid before any more of the principal is.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from services.loans.domain import schedule
from services.loans.domain.amortisation import Shortfall
from services.loans.domain.contradictions import TermsInvalid
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Terms
from shared.money import Money


def is_agreed(terms: Terms) -> bool:
    """Whether profit may join the principal."""
    return terms.amortisation.shortfall is Shortfall.CAPITALISE


def require_one_payout(terms: Terms) -> None:
    """Raise `TermsInvalid` where profit may join a principal that is drawn in tranches."""
    if is_agreed(terms):
        raise TermsInvalid(member="amortisation.shortfall", value=Shortfall.CAPITALISE.value)


def served(terms: Terms, instalments: Sequence[Instalment]) -> tuple[Instalment, ...]:
    """The instalments as they are paid and booked: the same amounts on the same days, none below 0.

    Where profit of 15 meets an instalment of 10, all 10 are profit and 5 join the principal; the
    next instalments pay these 5, as profit, before principal. Principals sum to what was lent.
    """
    if not is_agreed(terms):
        return tuple(instalments)
    joined, found = 0, []
    for due in instalments:
        principal = due.principal.minor
        back = principal if principal < 0 else min(principal, joined)
        joined -= back
        currency = terms.currency
        found.append(
            replace(
                due,
                principal=Money(principal - back, currency),
                profit=due.profit + Money(back, currency),
            )
        )
    return tuple(found)


def earned(terms: Terms, *, opened_on: date, on: date) -> int:
    """Profit that is earned by a day and not asked by then, in minor units, rounded down.

    What joined the principal and is not paid back by the plan, and the running period's own by
    its days: after 5 that joined it, 10 days into 30 that earn 12, it is 9.
    """
    plan = schedule.schedule(terms)
    asked = served(terms, plan)
    gone = [place for place, due in enumerate(plan) if due.due_on <= on]
    joined = sum(plan[place].profit.minor - asked[place].profit.minor for place in gone)
    if len(gone) == len(plan):
        return joined
    start = plan[gone[-1]].due_on if gone else opened_on
    running = plan[len(gone)]
    days = (running.due_on - start).days
    return joined + running.profit.minor * max((on - start).days, 0) // max(days, 1)
