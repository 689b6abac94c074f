"""May a product be offered at all: is it within the caps of the country at its dearest?"""

from datetime import date
from itertools import product as corners

from services.loans.domain import agreement, lawful
from services.loans.domain.lawful import Book, Used
from services.loans.domain.modes import MODES
from services.loans.domain.product import Asked, Product
from shared.errors import RafidError
from shared.rulebook import forms


def check(offered: Product, *, book: Book, on: date) -> tuple[Used, ...]:
    """The facts that a product rests on when it is offered on a day, each once.

    The highest rate is tried with the smallest and the largest loan over the shortest and the
    longest term; terms that cannot be scheduled are left to whoever asks for them. What depends on
    the borrower refuses nothing yet. Raises what `lawful.check_price` raises.
    """
    if not lawful.speaks(book, *forms.CAPS):
        return ()
    found: dict[tuple[str, str], Used] = {}
    amounts, terms = offered.amount, offered.term_months
    for amount, months in corners((amounts.least, amounts.most), (terms.least, terms.most)):
        asked = Asked(
            amount=amount,
            term_months=months,
            grace_months=0,
            annual_rate=offered.annual_rate.most,
        )
        try:
            dearest = agreement.terms_of(
                offered, asked=asked, on=on, first_due_on=None, country=book.country
            )
            mode = MODES[dearest.mode_of_finance]
            dues = mode.schedule(dearest, overrides=book.calendar)
            cost = mode.disclose(dearest, instalments=dues)
        except RafidError:
            continue
        for used in lawful.check_price(book, dearest, cost, strict=False):
            found[used.fact.id, used.standing] = used
    return tuple(found.values())
