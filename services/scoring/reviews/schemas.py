"""What do the bodies of reviews look like?"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue, model_validator

from services.scoring.reviews.holding import Observed
from services.scoring.reviews.page import Shown, Step
from services.scoring.reviews.plan_bodies import LOANS_MOST, Name, PlanBody, Source
from services.scoring.reviews.queries import Whole
from services.scoring.reviews.sourcing import Origin
from services.scoring.reviews.tables import RateReviewChangeRow, RateReviewRow
from shared.clients.review_books import BookAsked
from shared.schemas import LATER, Body, Instant

REVIEW_BODY_BYTES = 64 * 1_048_576

Cell = Annotated[float, Field(strict=True)]
Figures = Annotated[list[Cell], Field(min_length=1, max_length=LOANS_MOST)]
Labels = Annotated[list[Name], Field(min_length=1, max_length=LOANS_MOST)]
Note = Annotated[str, Field(min_length=1, max_length=2000)]
Share = Annotated[Decimal, Field(ge=-10, le=100)]
Count = Annotated[Decimal, Field(ge=-1_000_000_000_000, le=1_000_000_000_000)]


class BookBody(Body):
    """A book as columns of one length: amounts in whole currency units, rates and shares of one.

    Each place is a loan, or as many alike as `count` says. `segments` names each loan's labels,
    the `product` among them; no member names a person. The segment `frequency` says how often each
    is paid, in the words of a product ("weekly", or "monthly x 2" for every second month);
    without it all are paid monthly, and the result says so.
    """

    principal: Figures
    annual_rate: Figures
    term: Figures
    pd: Figures
    income: Figures
    grace: Figures | None = None
    fee_share: Figures | None = None
    debts: Figures | None = None
    count: Figures | None = None
    segments: Annotated[dict[Name, Labels], Field(min_length=1, max_length=12)]


class RateReviewIn(PlanBody):
    """A review to be kept as a draft; the id is the caller's own.

    Its book is sent, or taken from loans as it stood on a day (`from_loans`).
    """

    review_id: UUID
    book: BookBody | None = None
    from_loans: BookAsked | None = None

    @model_validator(mode="after")
    def _has_one_book(self) -> Self:
        if (self.book is None) == (self.from_loans is None):
            raise ValueError("either book or from_loans")
        return self

    def plan(self) -> dict[str, Any]:
        """Return the plan as it is kept."""
        return self.model_dump(mode="json", exclude={"review_id", "book", "from_loans"})

    def columns(self) -> dict[str, Any]:
        """Return a book that was sent, as it is kept."""
        return {} if self.book is None else self.book.model_dump(mode="json", exclude_none=True)


class RecommendationIn(Body):
    """The policy that is recommended; one that breaks the law only if that is said and why."""

    policy: Name
    breaks_law: bool = False
    note: Note | None = None


class ReviewDecisionIn(Body):
    """What the committee decided."""

    outcome: Literal["adopt", "decline"]
    note: Note | None = None


class ObservedFiguresBody(Body):
    """What was observed, under the names of what was predicted; at least one."""

    portfolio_yield: Share | None = None
    effective_rate: Share | None = None
    total_cost: Share | None = None
    burden_over_40: Share | None = None
    default_rate: Share | None = None
    expected_loss: Share | None = None
    operational_self_sufficiency: Share | None = None
    financial_self_sufficiency: Share | None = None
    subsidy: Share | None = None
    duration: Count | None = None
    loans: Count | None = None
    lent: Count | None = None
    loans_a_year: Count | None = None
    clients_change: Count | None = None

    @model_validator(mode="after")
    def _at_least_one(self) -> Self:
        if all(value is None for _, value in self):
            raise ValueError("at least one figure")
        return self


class ObservationIn(Body):
    """Figures of a day after the review was adopted, and where they come from."""

    as_of: date
    source: Source
    figures: ObservedFiguresBody


class LaterBookIn(Body):
    """The day whose book of loans is held against what was predicted."""

    as_of: date


class BookOriginOut(Body):
    """The book of loans that a review was made on; so many contracts of that day it leaves out."""

    as_of: date
    known_at: Instant
    sha256: str
    left_out: Annotated[int | None, LATER] = None


class ReviewStepOut(Body):
    """One step in a review's life."""

    status: str
    note: str | None
    actor_id: UUID
    changed_at: Instant

    @classmethod
    def of(cls, row: RateReviewChangeRow) -> Self:
        """Write a row."""
        return cls(
            status=row.status, note=row.note, actor_id=row.actor_id, changed_at=row.changed_at
        )


class RateReviewOut(Body):
    """A review without its figures."""

    review_id: UUID
    name: str
    currency: str
    status: str
    input_hash: str
    result_hash: str | None
    policy: str | None
    breaks_law: bool
    drafted_at: Instant
    book: Annotated[BookOriginOut | None, LATER] = None

    @classmethod
    def of(cls, row: RateReviewRow) -> Self:
        """Write a row."""
        return cls(
            review_id=row.review_id,
            name=row.name,
            currency=row.currency,
            status=row.status,
            input_hash=row.input_hash,
            result_hash=row.result_hash,
            policy=row.policy,
            breaks_law=row.breaks_law,
            drafted_at=row.drafted_at,
            book=_origin(row),
        )


def _origin(row: RateReviewRow) -> BookOriginOut | None:
    if row.book_as_of is None or row.book_known_at is None or row.book_hash is None:
        return None
    return BookOriginOut(
        as_of=row.book_as_of,
        known_at=row.book_known_at,
        sha256=row.book_hash,
        left_out=row.book_left_out,
    )


def _taken(row: RateReviewRow) -> Origin | None:
    if row.book_as_of is None or row.book_known_at is None or row.book_hash is None:
        return None
    return Origin(
        as_of=row.book_as_of,
        known_at=row.book_known_at,
        sha256=row.book_hash,
        left_out=row.book_left_out,
    )


class ObservationOut(Body):
    """What was observed on a day."""

    as_of: date
    source: str
    figures: dict[str, str]


class RateReviewFileOut(Body):
    """A review with its figures, history and what was observed after it."""

    review: RateReviewOut
    result: dict[str, JsonValue] | None
    steps: list[ReviewStepOut]
    observations: list[ObservationOut]

    @classmethod
    def of(cls, whole: Whole) -> Self:
        """Write a review."""
        return cls(
            review=RateReviewOut.of(whole.row),
            result=whole.row.result,
            steps=[ReviewStepOut.of(change) for change in whole.changes],
            observations=[
                ObservationOut(as_of=item.as_of, source=item.source, figures=item.figures)
                for item in whole.observations
            ],
        )


def shown(whole: Whole, *, result: dict[str, Any]) -> Shown:
    """Give a review that was run to its page or paper."""
    row = whole.row
    return Shown(
        name=row.name,
        currency=row.currency,
        status=row.status,
        result=result,
        input_hash=row.input_hash,
        recommended=row.policy,
        steps=[
            Step(status=change.status, on=change.changed_at.date(), note=change.note)
            for change in whole.changes
        ],
        observed=[
            Observed(as_of=item.as_of, source=item.source, figures=item.figures)
            for item in whole.observations
        ],
        origin=_taken(row),
    )
