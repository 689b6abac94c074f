"""What is asked of scoring and what it answers, as it stands on the wire.

A request carries ids, codes and numbers, never a name, a document, a sex or an age. Amounts are
`MoneyBody`, rates decimal fractions a year ("0.18"), shares decimal fractions of one.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.schemas import Body, MoneyBody

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Rate = Annotated[Decimal, Field(ge=0, le=10, max_digits=8, decimal_places=6)]
Share = Annotated[Decimal, Field(ge=0, le=1, max_digits=7, decimal_places=6)]
Ratio = Annotated[Decimal, Field(gt=0, le=100, max_digits=9, decimal_places=6)]
Number = Annotated[Decimal, Field(ge=-1_000_000, le=1_000_000, max_digits=13, decimal_places=6)]
Months = Annotated[int, Field(ge=1, le=120)]
GraceMonths = Annotated[int, Field(ge=0, le=24)]

BATCH_MAX = 500


class ProductLimits(Body):
    """The product version's limits: between them the menu is made.

    `annual_rate_default` is what the product asks today; it is the rate of the asked instalment.
    Qard hasan has no rate: all three are zero, and its charge method is none. Between lowest and
    highest rate lie at most 200 steps.
    """

    product_id: UUID
    version: Annotated[int, Field(ge=1)]
    mode_of_finance: Literal["qard", "conventional"]
    charge_method: Literal["declining_balance", "flat", "none"]
    amount_min: MoneyBody
    amount_max: MoneyBody
    term_months_min: Months
    term_months_max: Months
    annual_rate_min: Rate
    annual_rate_default: Rate
    annual_rate_max: Rate
    annual_rate_step: Annotated[Decimal, Field(gt=0, le=1, decimal_places=6)] = Decimal("0.01")
    grace_months_max: GraceMonths = 0


class Household(Body):
    """What comes in and goes out in an ordinary month, household and business apart.

    Sales are as told: the policy's haircut is taken from them. `debt_service` is what other
    lenders are paid every month.
    """

    other_income: MoneyBody
    sales: MoneyBody
    business_costs: MoneyBody
    household_costs: MoneyBody
    debt_service: MoneyBody


class AffordabilityPolicy(Body):
    """How careful the institution is; every figure is a choice of its committee, not a law."""

    sales_haircut: Share = Decimal("0.20")
    income_stress: Share = Decimal("0.20")
    cost_stress: Share = Decimal("0.10")
    debt_service_limit: Share = Decimal("0.40")
    cover_minimum: Ratio = Decimal("1.20")
    stressed_cover_minimum: Ratio = Decimal("1.00")


class FundPrice(Body):
    """What the money of this loan costs the institution.

    `cost_of_funds` is a nominal rate a year; `operating_cost` falls at disbursement, and
    `operating_cost_monthly` in each month the loan lives; `fee_share` and `margin_share` are
    shares of the principal. `subsidy_available` is what a fund may bear for this loan; absent
    means without limit. `annual_rate_ceiling` is the legal cap on the effective rate, if any.
    """

    cost_of_funds: Rate
    operating_cost: MoneyBody
    operating_cost_monthly: MoneyBody
    loss_given_default: Share = Decimal("0.60")
    fee_share: Share = Decimal(0)
    margin_share: Share = Decimal(0)
    subsidy_available: MoneyBody | None = None
    annual_rate_ceiling: Rate | None = None


class HardFacts(Body):
    """What no points can mend: each is asked by the lender's own rules and answered yes or no.

    Legal age is answered by the lender, so that no age is told.
    """

    of_legal_age: bool
    identity_proven: bool = True
    activity_permitted: bool = True
    in_default_now: bool = False


Objective = Literal["balanced", "lowest_cost", "lowest_instalment", "lowest_subsidy"]


class AssessmentRequest(Body):
    """One application as scoring may see it; `assessment_id` is the caller's, and names it once.

    Every amount is in the currency of `amount`. `branch_id` lets staff of that branch read the
    opinion; without it only staff of every branch may. `characteristics` holds numbers and codes
    by the names of the scorecard; what is absent counts as unknown.
    """

    assessment_id: UUID
    application_id: UUID
    branch_id: UUID | None = None
    product: ProductLimits
    amount: MoneyBody
    term_months: Months
    grace_months: GraceMonths = 0
    household: Household
    characteristics: Annotated[dict[Code, Number | bool | Code | None], Field(max_length=64)]
    hard_facts: HardFacts
    price: FundPrice
    policy: AffordabilityPolicy = AffordabilityPolicy()
    objective: Objective = "balanced"


class AssessmentBatch(Body):
    """Up to 500 applications at once, each of them judged for itself."""

    requests: Annotated[list[AssessmentRequest], Field(min_length=1, max_length=BATCH_MAX)]


class Answer(BaseModel):
    """A part of an answer; a reader leaves out members it does not know yet."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class CardOut(Answer):
    """Which scorecard was used; the hash is over its whole content."""

    card_id: str
    version: str
    hash: str


class PointsOut(Answer):
    """What one characteristic brought: the value as used (null: unknown) and its points."""

    characteristic: str
    group: str
    value: str | None
    points: int
    points_max: int


class ReasonOut(Answer):
    """A characteristic that cost points, and what would change it, in three languages."""

    characteristic: str
    lost: int
    text: dict[str, str]
    hint: dict[str, str]


class AffordabilityOut(Answer):
    """What the household can carry a month, and the limit that binds.

    `debt_service_share` and the covers are of the instalment asked for; null where nothing is
    left to divide by.
    """

    income: MoneyBody
    disposable: MoneyBody
    disposable_stressed: MoneyBody
    capacity: MoneyBody
    binding: Literal["debt_service", "cover", "stress"]
    instalment_asked: MoneyBody
    debt_service_share: Decimal | None
    cover: Decimal | None
    stressed_cover: Decimal | None


class BreakEvenOut(Answer):
    """The price at which this loan neither earns nor costs, for the terms asked for.

    `annual_rate` is null where no rate up to the product's highest suffices. The parts are rates
    a year and add up to it. `subsidy` is what is missing at the rate the contract may bear
    (zero for qard hasan); `cost_fee` is the operating cost alone, the most a qard fee may be.
    """

    annual_rate: Decimal | None
    parts: dict[str, Decimal]
    subsidy: MoneyBody
    cost_fee: MoneyBody


class OfferOut(Answer):
    """One line of the menu: terms that pass every test."""

    line: int
    amount: MoneyBody
    annual_rate: Decimal
    term_months: int
    grace_months: int
    instalment: MoneyBody
    total_cost: MoneyBody
    effective_annual_rate: Decimal
    debt_service_share: Decimal
    subsidy: MoneyBody
    rank_value: Decimal


class RejectedOut(Answer):
    """Terms that fail, the first test they fail, and its figures; `text` is for a reader."""

    amount: MoneyBody
    term_months: int
    grace_months: int
    annual_rate: Decimal | None
    code: str
    figures: dict[str, str]
    text: str


class AssessmentOut(Answer):
    """An opinion with everything it rests on. It advises; a person decides.

    `menu` holds the best of the `feasible` terms, best first (at most twelve), `rejected` every
    corner of the grid that failed. `pd` is the chance of 90 days late within 12 months;
    `pd_basis` says "assumed" while a table of the committee gives it, "calibrated" once it is
    measured on the lender's own loans.
    """

    assessment_id: UUID
    application_id: UUID
    card: CardOut
    points: int
    points_max: int
    grade: str
    pd: Decimal
    pd_basis: Literal["assumed", "calibrated"]
    breakdown: list[PointsOut]
    reasons: list[ReasonOut]
    hard_rules: list[str]
    advice: Literal["offer", "refer", "decline"]
    affordability: AffordabilityOut
    break_even: BreakEvenOut
    objective: Objective
    feasible: int
    menu: list[OfferOut]
    rejected: list[RejectedOut]
    best: OfferOut | None
    assessed_at: datetime


class AssessmentBatchOut(Answer):
    """The answers, in the order of the requests."""

    assessments: list[AssessmentOut]
