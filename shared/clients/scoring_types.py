"""What does scoring answer, as it stands on the wire?

Amounts are `MoneyBody`, rates decimal fractions a year ("0.18"), shares decimal fractions of one.
"""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.clients.scoring_requests import Frequency, Objective
from shared.schemas import MoneyBody


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


class MonthOut(Answer):
    """What one month leaves before its instalment, as expected and in each trial, and its cover."""

    month: int
    trial: str
    left: MoneyBody
    due: MoneyBody
    cover: Decimal | None


class SeasonalOut(Answer):
    """Instalments that follow what the months leave; `uncovered` is the first month that fails."""

    instalments: list[MoneyBody]
    total: MoneyBody
    uncovered: int | None


class ProposalOut(Answer):
    """A grant in place of a loan, from which fund, and why; `text` is for a reader."""

    kind: Literal["grant"]
    fund_id: UUID
    code: str
    figures: dict[str, str]
    text: str = ""


class AffordabilityOut(Answer):
    """What the household can carry a month, and the limit that binds.

    `debt_service_share` and the covers are of the instalment asked for; null where nothing is
    left to divide by.
    """

    income: MoneyBody
    disposable: MoneyBody
    disposable_stressed: MoneyBody
    capacity: MoneyBody
    binding: Literal["debt_service", "cover", "stress", "outer_limit", "lowest_month", "month"]
    instalment_asked: MoneyBody
    debt_service_share: Decimal | None
    cover: Decimal | None
    stressed_cover: Decimal | None
    months: list[MonthOut] | None = None
    seasonal: SeasonalOut | None = None


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
    """One line of the menu: terms that pass every test.

    `dominated_by` names a line that is in nothing worse (amount, cost, burden, subsidy, term) and
    in something better. `seasonal` are the amounts due month by month where these are not equal;
    `instalment` is the largest of them then.
    """

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
    product_id: UUID | None = None
    fund_id: UUID | None = None
    frequency: Frequency | None = None
    dominated_by: int | None = None
    seasonal: list[MoneyBody] | None = None


class RejectedOut(Answer):
    """Terms that fail, the first test they fail, and its figures; `text` is for a reader."""

    amount: MoneyBody
    term_months: int
    grace_months: int
    annual_rate: Decimal | None
    code: str
    figures: dict[str, str]
    text: str
    product_id: UUID | None = None
    fund_id: UUID | None = None
    frequency: Frequency | None = None


class AssessmentOut(Answer):
    """An opinion with everything it rests on. It advises; a person decides.

    `menu` holds the best of the `feasible` terms, best first (at most twelve), `rejected` every
    corner of the grid that failed. `pd` is the chance of 90 days late within 12 months;
    `pd_basis` says "assumed" while a table of the committee gives it, "calibrated" once it is
    measured on the lender's own loans. `waits_for_person`: no program may decide, and why.
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
    proposal: ProposalOut | None = None
    waits_for_person: list[Literal["refuses_automation", "grant_proposed"]] | None = None
    assessed_at: datetime


class AssessmentBatchOut(Answer):
    """The answers, in the order of the requests."""

    assessments: list[AssessmentOut]
