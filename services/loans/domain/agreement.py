"""What is agreed with a borrower: terms, instalments and disclosed cost, in one value?"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from services.loans.domain import disclosure, due_dates, product
from services.loans.domain.contradictions import TermsInvalid
from services.loans.domain.disclosure import Disclosure
from services.loans.domain.modes import MODES
from services.loans.domain.product import Asked, Product
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import ChargeMethod, Terms
from shared import rulebook


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Everything that is frozen at signature."""

    terms: Terms
    instalments: tuple[Instalment, ...]
    disclosure: Disclosure


def agree(
    offered: Product, *, asked: Asked, on: date, first_due_on: date | None, country: str
) -> Agreement:
    """The agreement that is signed on a day; a preview of the same day is equal to it.

    Without a first due date it lies one period after the day, later by the grace of a loan
    without profit. A date asked for may lie up to one more period later, so that instalments
    can fall on the day somebody is paid: monthly, signed on 10 March, it may be 10 May at most.
    Raises `OutsideProduct`, `TermsInvalid`, `InstalmentsTooSmall`.
    """
    offered.check(asked)
    free = offered.charge_method is ChargeMethod.NONE
    grace = product.grace_instalments(asked.grace_months, frequency=offered.frequency)
    usual, latest = (
        due_dates.first_due_on(
            on, frequency=offered.frequency, periods_of_grace=(grace if free else 0) + more
        )
        for more in (0, 1)
    )
    first = first_due_on or usual
    if first > latest:
        raise TermsInvalid(member="first_due_on", value=first.isoformat())
    terms = offered.terms(asked, disbursed_on=on, first_due_on=first, country=country)
    terms = replace(terms, annual_rate=_plain(terms.annual_rate))
    instalments = MODES[terms.mode_of_finance].schedule(terms)
    return Agreement(
        terms=terms,
        instalments=instalments,
        disclosure=disclosure.disclose(terms, instalments=instalments),
    )


def is_young(born_on: date | None, *, on: date, country: str) -> bool | None:
    """Whether a borrower counts as young on a day, by the rulebook; unknown without a birth date.

    Born on 2 March 1990: young on 1 March 2026 (35), and no longer on 2 March 2026 (36).
    """
    if born_on is None:
        return None
    ages = rulebook.find("youth_age", country=country, on=on).members
    age = on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))
    return int(str(ages["least"])) <= age <= int(str(ages["most"]))


def _plain(rate: Decimal) -> Decimal:
    """The rate without the zeroes that the database pads it with: 0.180000 is 0.18."""
    return Decimal(format(rate.normalize(), "f"))
