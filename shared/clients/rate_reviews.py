"""What does another service read of a review of rates: was it adopted, and what would change?"""

from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class _Read(BaseModel):
    """A part of an answer; members that nobody here needs are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class RuleOut(_Read):
    """How one figure changes: set, then times, then plus, then kept between bounds."""

    set_to: Decimal | None
    times: Decimal
    plus: Decimal
    low: Decimal | None
    high: Decimal | None


class ChangeOut(_Read):
    """Rules for loans of some product, fund or segment; `where` empty: for all.

    `frequency` is how often they are paid from then on.
    """

    where: dict[str, str]
    annual_rate: RuleOut | None = None
    term: RuleOut | None = None
    grace: RuleOut | None = None
    fee_share: RuleOut | None = None
    amount: RuleOut | None = None
    frequency: str | None = None


class ReviewedPolicyOut(_Read):
    """A policy of a review."""

    name: str
    changes: list[ChangeOut]


class ReviewOut(_Read):
    """Where a review stands, and which policy was recommended."""

    review_id: UUID
    status: str
    policy: str | None


class ResultOut(_Read):
    """The policies that were reckoned."""

    policies: list[ReviewedPolicyOut]


class RateReviewOut(_Read):
    """A review of rates, as far as products need it."""

    review: ReviewOut
    result: ResultOut | None

    def adopted(self) -> ReviewedPolicyOut | None:
        """Return the policy that a committee adopted; None before."""
        if self.review.status != "adopted" or self.result is None:
            return None
        policies = self.result.policies
        return next((item for item in policies if item.name == self.review.policy), None)
