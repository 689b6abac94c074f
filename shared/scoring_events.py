"""Which facts does scoring tell that loans and monitoring act on?"""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events import Event


class FundWorth(BaseModel):
    """What a run does to one fund, and what one more unit of it would bring.

    Amounts in minor units. `one_more` is points for one more unit of the currency, as text;
    `short` counts applications that the fund may finance and that only its money stands against.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    fund_id: UUID
    budget_minor: int
    amount_minor: int
    financed: int
    short: int
    one_more: str


class AssignmentRunApproved(Event):
    """A second person approved which fund is proposed for which waiting application."""

    type: ClassVar[str] = "scoring.assignment-run-approved.v1"
    run_id: UUID
    as_of: date
    currency: str
    applications: int
    financed: int
    amount_minor: int
    input_hash: str
    funds: tuple[FundWorth, ...] = ()


class RateReviewDecided(Event):
    """A committee adopted or declined the policy that a review of rates recommended.

    No product changes by it: an administrator opens the product's next version. `products` are
    the codes that the policy has rules for; none: its rules are for all.
    """

    type: ClassVar[str] = "scoring.rate-review-decided.v1"
    review_id: UUID
    outcome: str
    policy: str
    breaks_law: bool
    input_hash: str
    result_hash: str
    name: str = ""
    products: tuple[str, ...] = ()
