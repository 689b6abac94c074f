"""What is told of a running loan, what is asked about it, and what a warning says of it?

Every fact has its day; what is dated after `as_of` is not read by whoever grades. Amounts are
minor units of the loan's currency.
"""

from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.schemas import LATER, Body, Day

LOANS_MAX: Final = 5_000
BATCHES_MAX: Final = 2_000
DUES_MAX: Final = 600
PAYMENTS_MAX: Final = 2_000
CardId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
CardVersion = Annotated[str, Field(pattern=r"^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$")]
Minor = Annotated[int, Field(ge=1, le=10**15)]
Share = Annotated[str, Field(pattern=r"^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$", examples=["0.10"])]
Ratio = Annotated[str, Field(pattern=r"^[0-9]{1,4}(\.[0-9]{1,6})?$", examples=["0.35"])]
MonthOfYear = Annotated[int, Field(ge=1, le=12)]
GradeName = Literal["green", "amber", "red"]


class LoanDueIn(Body):
    """An instalment of the plan, in minor units of the loan's currency."""

    due_on: Day
    amount_minor: Minor


class PaymentIn(Body):
    """Money that came in."""

    paid_on: Day
    amount_minor: Minor


class PromiseIn(Body):
    """What the borrower promised to have paid by a day."""

    made_on: Day
    promised_for: Day
    amount_minor: Minor


class VisitIn(Body):
    """A planned visit and how it ended."""

    ended_on: Day
    end: Literal["made", "missed_by_borrower", "not_made_by_officer"]


class MilestoneIn(Body):
    """A step of the project; without `reached_on` it is not reached."""

    due_on: Day
    reached_on: Day | None = None


class BurdenIn(Body):
    """The share of the income that all instalments take, as found on a day."""

    found_on: Day
    share: Ratio


class LoanIn(Body):
    """A running loan with its dated facts; what is dated after `as_of` is not read."""

    loan_id: UUID
    branch_id: UUID | None = None
    group_id: UUID | None = None
    disbursed_on: Day
    dues: Annotated[list[LoanDueIn], Field(min_length=1, max_length=DUES_MAX)]
    payments: Annotated[tuple[PaymentIn, ...], Field(max_length=PAYMENTS_MAX)] = ()
    promises: Annotated[tuple[PromiseIn, ...], Field(max_length=200)] = ()
    visits: Annotated[tuple[VisitIn, ...], Field(max_length=200)] = ()
    milestones: Annotated[tuple[MilestoneIn, ...], Field(max_length=100)] = ()
    burdens: Annotated[tuple[BurdenIn, ...], Field(max_length=50)] = ()
    peak_months: Annotated[tuple[MonthOfYear, ...], Field(max_length=12)] = ()


class BranchCapacityIn(Body):
    """How many loans the officers of a branch can look after this month."""

    branch_id: UUID
    loans: Annotated[int, Field(ge=0, le=100_000)]


class CapacityIn(Body):
    """The share of loans that is looked after, the red part of it, and bounds by branch."""

    share: Share = "0.10"
    red_part: Share = "0.5"
    branches: Annotated[tuple[BranchCapacityIn, ...], Field(max_length=1000)] = ()


class CardNamed(Body):
    """A version of a card of warnings."""

    card_id: CardId
    version: CardVersion


class WarningBatchIn(Body):
    """Loans to be graded by what was known on `as_of`; without a card the built-in one grades.

    A batch of a month (`is_of_month`) is scored, and waits: its colours are ruled with those of
    all batches of the month, by the capacity named then; `capacity` here is not read.
    """

    batch_id: UUID
    as_of: Day
    card: CardNamed | None = None
    capacity: CapacityIn = CapacityIn()
    is_of_month: Annotated[bool | None, LATER] = None
    loans: Annotated[list[LoanIn], Field(min_length=1, max_length=LOANS_MAX)]


class WarningMonthIn(Body):
    """A month whose batches are all scored, and what its officers can look after in all.

    `batch_ids` are the batches that wait, every one of them: a colour is ruled among all loans.
    """

    month: Day
    capacity: CapacityIn = CapacityIn()
    batch_ids: Annotated[list[UUID], Field(min_length=1, max_length=BATCHES_MAX)]


class _Read(BaseModel):
    """A part of an answer; members that nobody here needs are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class GradedBatch(_Read):
    """How many loans of a batch have each grade; `fallen` and `settled` have none.

    `waiting` are scored and have no grade before their month is ruled.
    """

    batch_id: UUID
    as_of: date
    red: int
    amber: int
    green: int
    fallen: tuple[UUID, ...]
    settled: tuple[UUID, ...]
    waiting: int = 0


class RuledBatch(_Read):
    """How many loans of one batch have each grade once its month is ruled."""

    batch_id: UUID
    red: int
    amber: int
    green: int


class RuledMonth(_Read):
    """The colours of a month, batch by batch."""

    month: date
    batches: tuple[RuledBatch, ...]


class WarningReason(_Read):
    """Why a loan stands where it stands, and what to do, in the language asked for."""

    characteristic: str
    text: str
    hint: str


class WarningEnd(_Read):
    """One thing that became of an alert."""

    outcome: str


class WarningRead(_Read):
    """One loan's warning as scoring keeps it."""

    warning_id: UUID
    loan_id: UUID
    rank: int
    grade: GradeName
    points: int
    reasons: tuple[WarningReason, ...]
    outcomes: tuple[WarningEnd, ...]


class WarningPage(_Read):
    """A part of a month's warnings; `next` is the cursor of the next part, absent at the end."""

    items: tuple[WarningRead, ...]
    next: str | None = None
