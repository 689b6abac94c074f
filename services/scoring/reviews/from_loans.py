"""How does a review take its book, and later what became of it, from the loans service?"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from services.scoring.domain.simulation import reading, reviewing
from services.scoring.domain.simulation.policy import Case
from services.scoring.reviews import telling
from services.scoring.reviews.plan_bodies import LOANS_MOST, PlanBody
from services.scoring.reviews.sourcing import Origin
from shared.clients.review_books import BookAsked, ReviewBook, ReviewBooks
from shared.errors import Kind, RafidError
from shared.ids import InstitutionId

Json = dict[str, Any]
SOURCE: Final = "loans ·"
MEASURED: Final = ("effective_rate", "total_cost", "burden_over_40")
"""What agreed terms and told incomes alone say of a loan: nothing in them is predicted."""
LATE_DAYS: Final = 90


class BooksUnreachable(RafidError):
    """Scoring has no way to loans"""

    kind = Kind.UNAVAILABLE
    service = "scoring"
    detail = "No secret is set by which scoring could ask loans; hand the book in."


class BookTooFine(RafidError):
    """The book has too many cells"""

    kind = Kind.RULE
    service = "scoring"
    detail = "It has {rows} rows, more than {most}: keep fewer labels of each loan."
    rows: int
    most: int


class BookInOtherCurrency(RafidError):
    """The book is in another currency"""

    kind = Kind.RULE
    service = "scoring"
    detail = "The plan is in {plan_currency}, the book in {book_currency}."
    plan_currency: str
    book_currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A book as a review keeps it, with where it comes from."""

    columns: Json
    origin: Origin


async def take(
    books: ReviewBooks | None, asked: BookAsked, *, currency: str, institution_id: InstitutionId
) -> ReviewBook:
    """Take a book of loans that a review can be made on.

    Raises BooksUnreachable, BookInOtherCurrency, BookTooFine, LoansUnavailable, BookRefused.
    """
    if books is None:
        raise BooksUnreachable
    book = await books.book(asked, institution_id=institution_id)
    if book.head.currency != currency:
        raise BookInOtherCurrency(plan_currency=currency, book_currency=book.head.currency)
    if book.foot.rows > LOANS_MOST:
        raise BookTooFine(rows=book.foot.rows, most=LOANS_MOST)
    return book


def taken(book: ReviewBook) -> Taken:
    """Give a book as a review keeps it. Raises what `reading.book_from` raises."""
    figures = {name: [float(cell) for cell in book.figures[name]] for name in reading.FIGURES}
    columns: Json = {**figures, "segments": {n: list(cells) for n, cells in book.labels.items()}}
    reading.book_from(
        {name: np.array(cells) for name, cells in figures.items()}, labels=columns["segments"]
    )
    head = book.head
    return Taken(
        columns=columns,
        origin=Origin(
            as_of=head.as_of,
            known_at=head.known_at,
            sha256=book.foot.sha256,
            left_out=book.foot.left_out,
        ),
    )


def observed(book: ReviewBook, *, plan: Json, since: date) -> Json:
    """Measure a later book by the terms agreed since a day, and by who fell behind.

    The default rate is the share of these loans that are more than 90 days late, or written off,
    on the book's day; where none is, and none signed since could be yet, there is none. A book of
    no loans has no figures: nothing was lent since. Raises what `reading.book_from` raises.
    Worked: of 40 loans 2 are: 0.05; of 40 signed in the last 90 days none is: no rate.
    """
    if not book.foot.rows:
        return {}
    columns = taken(book).columns
    figures = {name: np.array(columns[name]) for name in reading.FIGURES}
    loans = reading.book_from(figures, labels=columns["segments"])
    today = PlanBody.model_validate(
        plan | {"policies": [], "searches": [], "compared_by": [], "caps": []}
    )
    result = reviewing.result_of(loans, plan=today.value())
    totals = result["policies"][0]["cases"][Case.CENTRAL.value]
    late = sum(int(cell) for cell in book.figures["bad"]) / float(figures["count"].sum())
    found = {name: f"{telling.figure(totals, name):.6f}" for name in MEASURED}
    if late or (book.head.as_of - since).days > LATE_DAYS:
        found["default_rate"] = f"{late:.6f}"
    return found


def source_of(book: ReviewBook, *, since: date) -> str:
    """Name a later book, alike in every language."""
    head, foot = book.head, book.foot
    return (
        f"{SOURCE} ≥ {since.isoformat()} · {head.as_of.isoformat()}"
        f" · {head.known_at.isoformat(timespec='seconds')} · n = {foot.loans}"
        f" · sha256 {foot.sha256}"
    )
