"""What is asked for, with what the household lives on, and how long did each step take?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from uuid import UUID

from services.loans.domain import household
from services.loans.domain.borrower import BorrowerKind, NewBorrower, age_on
from services.loans.domain.cash_flow import CashFlow
from services.loans.domain.household import Household
from services.loans.domain.lifecycle import ApplicationStatus
from services.loans.domain.product import Asked, Product
from shared.errors import JsonValue, Kind, RafidError
from shared.ids import BorrowerId
from shared.money import CurrencyMismatch, Money

Characteristics = Mapping[str, str | bool | None]
"""What the scorecard asks, by its names: numbers as text, codes, yes or no, None for unknown."""


class ConsentMissing(RafidError):
    """The borrower has not consented to a credit decision"""

    kind = Kind.RULE
    service = "loans"
    detail = "Record the borrower's consent for {purpose} first; personal data is used under it."
    purpose: str


class ApplicationMoved(RafidError):
    """The application has changed meanwhile"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The application is at version {version}, not {expected}: read it again."
    version: int
    expected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the borrower asks for and says of himself, all in one currency.

    `activity_permitted` and `in_default_now` answer the hard rules of the lender; `cash_flow` is
    what is told beside the ordinary month. Raises `HouseholdNegative`, `CurrencyMismatch`.
    """

    asked: Asked
    own_contribution: Money
    purpose: str
    sector: str
    household: Household
    characteristics: Characteristics = field(default_factory=dict)
    activity_permitted: bool = True
    in_default_now: bool = False
    cash_flow: CashFlow | None = None

    def __post_init__(self) -> None:
        household.check_not_negative("own_contribution", self.own_contribution)
        currency = self.asked.amount.currency
        told = [getattr(self.household, member.name) for member in fields(self.household)]
        others = {amount.currency for amount in (self.own_contribution, *told)}
        if self.cash_flow is not None:
            others |= self.cash_flow.currencies
        for other in sorted(others - {currency}):
            raise CurrencyMismatch(left=currency, right=other)

    def check(self, product: Product) -> None:
        """Raise `ProductNotOffered` or `OutsideProduct`, or nothing."""
        product.check_offered()
        product.check(self.asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A request with who makes it: a registered borrower, or one told with the request."""

    product: Product
    request: Request
    borrower: BorrowerId | NewBorrower
    external_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why an application stands where it stands: the problem's type and its members as text."""

    type: str
    texts: Mapping[str, str]

    @classmethod
    def of(cls, error: RafidError) -> "Reason":
        """Keep a refusal as a reason."""
        return cls(type=error.type_uri(), texts=error.texts())

    def to_json(self) -> dict[str, JsonValue]:
        """Plain members, fit for `jsonb`."""
        return {"type": self.type, "texts": dict(self.texts)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A status was entered, by whom and when."""

    status: ApplicationStatus
    at: datetime
    actor_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A stay in one status; `until` is None while it lasts, `lasted` counts up to now then."""

    status: ApplicationStatus
    since: datetime
    until: datetime | None
    lasted: timedelta


def steps(history: Sequence[Entered], *, now: datetime) -> tuple[Step, ...]:
    """The clocks of an application: how long it stood in each status, in order.

    Submitted at 8:00, assessed at 8:05, approved at 9:05, asked at 10:05: 5, 60 and 60 minutes.
    An entry into the status in which it stands already prolongs the step.
    """
    entries: list[Entered] = []
    for entry in history:
        if not entries or entries[-1].status is not entry.status:
            entries.append(entry)
    ends: list[datetime | None] = [entry.at for entry in entries[1:]]
    return tuple(
        Step(
            status=entry.status,
            since=entry.at,
            until=end,
            lasted=(end or max(now, entry.at)) - entry.at,
        )
        for entry, end in zip(entries, [*ends, None], strict=False)
    )


def is_of_age(kind: BorrowerKind, *, born_on: date | None, least_years: int, on: date) -> bool:
    """Whether a natural person is old enough for the product; groups and enterprises have no age.

    Eighteen asked, born 2 April 2008: not yet on 1 April 2026, on 2 April 2026 yes.
    """
    if born_on is None:
        return kind in (BorrowerKind.SOLIDARITY_GROUP, BorrowerKind.MICRO_ENTERPRISE)
    return age_on(born_on, on=on) >= least_years


def check_version(version: int, *, expected: int | None) -> None:
    """Raise `ApplicationMoved` unless the version is the one the caller has read, if he says."""
    if expected is not None and expected != version:
        raise ApplicationMoved(version=version, expected=expected)
