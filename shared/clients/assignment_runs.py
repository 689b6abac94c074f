"""What is a run of the assignment made from, and what does it answer? Ids, codes and figures."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.schemas import Body, MoneyBody

MOST_APPLICATIONS: Final = 50_000
MOST_FUNDS: Final = 64
MOST_WORDS: Final = 2_000
WORDS_LENGTH: Final = 300
MOST_COUNTED: Final = 500

CODE_PATTERN: Final = r"^[a-z][a-z0-9_]{0,63}$"
Code = Annotated[str, Field(pattern=CODE_PATTERN)]
Share = Annotated[Decimal, Field(ge=0, le=1, decimal_places=6)]
Points = Annotated[Decimal, Field(ge=0, le=1_000, decimal_places=6)]
Words = Annotated[str, Field(min_length=1, max_length=WORDS_LENGTH)]
Measure = Literal["poverty", "women", "youth", "rural", "jobs"]
Trait = Literal["women", "youth", "rural", "disability", "displaced"]


class WordsIn(Body):
    """A fund's own reason in the three languages."""

    ar: Words
    fr: Words
    en: Words


class WeightsIn(Body):
    """Points for one of each measure; lost for a unit of expected cost, won for urgent money."""

    social: Annotated[dict[Measure, Points], Field(min_length=1)]
    cost: Points = Decimal(0)
    urgency: Points = Decimal(0)
    near_days: Annotated[int, Field(ge=1, le=3660)] = 90


class LotIn(Body):
    """A part of a fund's money that has to be spent by a day, as zakat has."""

    amount: MoneyBody
    spend_by: date


class GivenIn(Body):
    """What a fund gave and promised before this run: in all, and to each whom a rule tells apart.

    Counted from the first day of the rule on: reserved, committed and paid, whatever was repaid.
    """

    total: MoneyBody
    of: Annotated[dict[Code, MoneyBody], Field(max_length=MOST_COUNTED)] = Field(
        default_factory=dict
    )


class FundIn(Body):
    """What a fund has for this run, and what it demands.

    `given` is by the trait of a share, or "sector" for the cap on one: a share or a cap holds for
    what was given before and what this run gives together.
    """

    fund_id: UUID
    budget: MoneyBody
    shares: dict[Trait, Share] = Field(default_factory=dict)
    sector_share_max: Share | None = None
    loss_share_max: Share | None = None
    cost_share: Share = Decimal(0)
    only_sectors: Annotated[list[Code], Field(max_length=100)] = Field(default_factory=list)
    only_traits: list[Trait] = Field(default_factory=list, max_length=10)
    lots: Annotated[list[LotIn], Field(max_length=500)] = Field(default_factory=list)
    given: dict[Trait | Literal["sector"], GivenIn] = Field(default_factory=dict)


class WaitingIn(Body):
    """An application that waits; traits serve the shares and earmarks of funds, nothing else.

    What is to be lost of it is given by its chance of default and the loss given that, or whole.
    """

    application_id: UUID
    amount: MoneyBody
    applied_on: date
    sector: Code
    traits: Annotated[list[Trait], Field(max_length=10)] = Field(default_factory=list)
    default_chance: Share | None = None
    loss_given_default: Share | None = None
    expected_loss: Share | None = None
    social: dict[Measure, Points] = Field(default_factory=dict)
    eligible: Annotated[list[UUID], Field(max_length=MOST_FUNDS)]
    reasons: dict[UUID, Code] = Field(default_factory=dict)


class RunIn(Body):
    """What a run is made from; each application says of every fund that it may, or why not."""

    as_of: date
    weights: WeightsIn
    funds: Annotated[list[FundIn], Field(min_length=1, max_length=MOST_FUNDS)]
    applications: Annotated[list[WaitingIn], Field(min_length=1, max_length=MOST_APPLICATIONS)]
    words: Annotated[dict[Code, WordsIn], Field(max_length=MOST_WORDS)] = Field(
        default_factory=dict
    )


class WaitingListOut(Body):
    """A part of what waits for money on a day: applications, and the words of their reasons.

    Each part names all funds of the currency; `next` is the cursor of the next part.
    """

    as_of: date
    currency: str
    funds: list[FundIn]
    applications: list[WaitingIn]
    words: dict[Code, WordsIn]
    next: str | None = None


class _Read(BaseModel):
    """A part of an answer; members that nobody here needs are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class ProposedLine(_Read):
    """Which fund a run proposes for an application; None where it stays without one."""

    application_id: UUID
    fund_id: UUID | None


class ProposedLines(_Read):
    """A part of a run's lines."""

    items: list[ProposedLine]
    next: str | None = None


class ProposedFund(_Read):
    """What a run would do to a fund."""

    fund_id: UUID
    budget: MoneyBody
    amount: MoneyBody
    financed: int
    one_more: str


class ProposedRun(_Read):
    """A run as proposed, approved or rejected."""

    run_id: UUID
    as_of: date
    currency: str
    applications: int
    financed: int
    value: str
    gap: str
    status: str
    input_hash: str
    funds: list[ProposedFund]
