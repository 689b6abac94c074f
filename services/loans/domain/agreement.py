"""What is agreed with a borrower: terms, instalments and disclosed cost, in one value?"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from services.loans.domain import capitalised, drawn, due_dates, lawful
from services.loans.domain.contradictions import TermsInvalid, shown
from services.loans.domain.disclosure import Disclosure
from services.loans.domain.lawful import Book, Used
from services.loans.domain.modes import MODES
from services.loans.domain.product import Asked, Product
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import ChargeMethod, Terms
from services.loans.domain.trading import TermsNotOfMode
from shared import rulebook
from shared.rulebook import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Everything that is frozen at signature; `facts` are those of the rulebook it rests on."""

    terms: Terms
    instalments: tuple[Instalment, ...]
    disclosure: Disclosure
    facts: tuple[Used, ...] = field(default=(), compare=False)


def agree(
    offered: Product,
    *,
    asked: Asked,
    on: date,
    first_due_on: date | None,
    country: str,
    book: Book | None = None,
    strict: bool = False,
) -> Agreement:
    """The agreement that is signed on a day; a preview of the same day is equal to it.

    With the rulebook as the institution reads it, the loan is held against the ceilings too;
    `strict` where something is decided, so that what was not told is asked for. Raises what
    `terms_of`, `of_terms` and `lawful` raise.
    """
    terms = terms_of(offered, asked=asked, on=on, first_due_on=first_due_on, country=country)
    _check_drawing(terms)
    whole = of_terms(terms, country=country, book=book, strict=strict)
    whole = replace(whole, instalments=capitalised.served(terms, whole.instalments))
    if book is None:
        return whole
    ceilings = lawful.check_term(book, asked.term_months, on=on, strict=strict)
    return replace(whole, facts=ceilings + whole.facts)


def terms_of(
    offered: Product, *, asked: Asked, on: date, first_due_on: date | None, country: str
) -> Terms:
    """The terms on which a product is lent on a day.

    Without a first due date it lies one period after the day, later by the grace of a loan
    without profit. A date asked for may lie up to one more period later, so that instalments
    can fall on the day somebody is paid: monthly, signed on 10 March, it may be 10 May at most.
    Raises `OutsideProduct`, `TermsInvalid`.
    """
    offered.check(asked)
    free = offered.charge_method is ChargeMethod.NONE
    grace = offered.grace_instalments(asked.grace_months) if free else 0
    some_day = on + timedelta(days=1)
    terms = offered.terms(asked, disbursed_on=on, first_due_on=some_day, country=country)
    usual, latest = (due_dates.usual_first(terms, periods_of_grace=grace + more) for more in (0, 1))
    first = first_due_on or usual
    if first > latest:
        raise TermsInvalid(member="first_due_on", value=first.isoformat())
    return replace(terms, first_due_on=first, annual_rate=_plain(terms.annual_rate))


def of_terms(
    terms: Terms,
    *,
    country: str,
    overrides: Sequence[Fact] = (),
    book: Book | None = None,
    strict: bool = False,
) -> Agreement:
    """The agreement on terms, be they of a product or not: nothing is stored.

    `book` is the rulebook as the institution reads it; without one the country's caps count, and
    `overrides`. Raises what `schedule` raises, `NoRate`, and what `lawful` raises where the law of
    the country caps the rate, the charges or (with a book) the amount.
    """
    law = book or Book(country=country, overrides=tuple(overrides))
    mode = MODES[terms.mode_of_finance]
    mode.check_terms(terms)
    instalments = mode.schedule(terms, overrides=law.calendar)
    disclosed = mode.disclose(terms, instalments=instalments)
    facts = lawful.check_price(law, terms, disclosed, strict=strict)
    if book is not None:
        day = terms.disbursed_on
        facts = lawful.check_amount(law, terms.principal, on=day, strict=strict) + facts
        facts += lawful.duties(law, on=day)
    return Agreement(terms=terms, instalments=instalments, disclosure=disclosed, facts=facts)


def _check_drawing(terms: Terms) -> None:
    """Each tranche can be the last one drawn; a mode that pays others has none of ours.

    Goods are paid for by the steps of their mode, a client's part of them by its deposit.
    """
    drawing = terms.drawing
    if not MODES[terms.mode_of_finance].PAYS_CLIENT:
        members = {"tranches": drawing.tranches, "down_payment_first": drawing.down_payment_first}
        for member, agreed in members.items():
            if agreed:
                raise TermsNotOfMode(
                    mode=terms.mode_of_finance.value,
                    member=f"drawing.{member}",
                    value=shown(agreed),
                )
    if drawing.tranches:
        capitalised.require_one_payout(terms)
        drawn.require_servable(terms)


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
