"""What is a run made from? The bodies that are sent, and how they are read in whole numbers."""

from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.scoring.domain.assignment.problem import BASE, AssignmentContradicts, Fund
from services.scoring.domain.assignment.valuing import EARMARKED, Lot, Run, Source, Waiting, Weights
from shared.currencies import exponent_of
from shared.errors import Sentence
from shared.schemas import Body, MoneyBody

MOST_APPLICATIONS = 50_000
MOST_FUNDS = 64

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Share = Annotated[Decimal, Field(ge=0, le=1, decimal_places=6)]
Points = Annotated[Decimal, Field(ge=0, le=1_000, decimal_places=6)]
Words = Annotated[str, Field(min_length=1, max_length=300)]
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


class FundIn(Body):
    """What a fund has for this run, and what it demands."""

    fund_id: UUID
    budget: MoneyBody
    shares: dict[Trait, Share] = Field(default_factory=dict)
    sector_share_max: Share | None = None
    loss_share_max: Share | None = None
    cost_share: Share = Decimal(0)
    only_sectors: Annotated[list[Code], Field(max_length=100)] = Field(default_factory=list)
    only_traits: list[Trait] = Field(default_factory=list, max_length=10)
    lots: Annotated[list[LotIn], Field(max_length=500)] = Field(default_factory=list)


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


class AssignmentRunIn(Body):
    """What a run is made from; each application says of every fund that it may, or why not."""

    as_of: date
    weights: WeightsIn
    funds: Annotated[list[FundIn], Field(min_length=1, max_length=MOST_FUNDS)]
    applications: Annotated[list[WaitingIn], Field(min_length=1, max_length=MOST_APPLICATIONS)]
    words: Annotated[dict[Code, WordsIn], Field(max_length=500)] = Field(default_factory=dict)

    def run(self) -> Run:
        """Read the run in whole numbers. Raises AssignmentContradicts."""
        currency = self.funds[0].budget.currency
        told = {code for item in self.applications for code in item.reasons.values()}
        if EARMARKED in self.words or told - set(self.words):
            raise AssignmentContradicts(
                subject=", ".join(sorted(told - set(self.words))) or EARMARKED,
                fault=Sentence("a reason has no words, or words that are ours"),
            )
        return Run(
            as_of=self.as_of,
            currency=currency,
            unit=10 ** exponent_of(currency),
            weights=Weights(
                social={name: _millionths(value) for name, value in self.weights.social.items()},
                cost=_millionths(self.weights.cost),
                urgency=_millionths(self.weights.urgency),
                near_days=self.weights.near_days,
            ),
            waiting=tuple(_waiting(item, currency) for item in self.applications),
            sources=tuple(_source(item, currency) for item in self.funds),
        )

    def spoken(self) -> dict[str, dict[str, str]]:
        """Give the funds' own reasons as they are kept."""
        return {code: words.model_dump() for code, words in self.words.items()}


class DecisionIn(Body):
    """Why it is so decided, in the decider's words."""

    note: Annotated[str, Field(min_length=1, max_length=2_000)] | None = None


def _millionths(value: Decimal) -> int:
    return int((value * BASE).to_integral_value(rounding=ROUND_CEILING))


def _minor(body: MoneyBody, currency: str, subject: UUID) -> int:
    if body.currency != currency:
        raise AssignmentContradicts(
            subject=str(subject), fault=Sentence("its amounts are not in the run's one currency")
        )
    return body.money().minor


def _waiting(item: WaitingIn, currency: str) -> Waiting:
    parts = (item.default_chance, item.loss_given_default)
    is_whole = item.expected_loss is not None and parts == (None, None)
    if not is_whole and (item.expected_loss is not None or None in parts):
        raise AssignmentContradicts(
            subject=str(item.application_id),
            fault=Sentence("its loss is given whole or by chance and loss given default"),
        )
    chance, severity = parts
    loss = item.expected_loss
    if loss is None and chance is not None and severity is not None:
        loss = chance * severity
    return Waiting(
        id=str(item.application_id),
        amount=_minor(item.amount, currency, item.application_id),
        applied_on=item.applied_on,
        sector=item.sector,
        traits=frozenset(item.traits),
        loss=_millionths(loss or Decimal(0)),
        social={name: _millionths(value) for name, value in item.social.items()},
        eligible=frozenset(map(str, item.eligible)),
        reasons={str(fund): code for fund, code in item.reasons.items()},
    )


def _source(item: FundIn, currency: str) -> Source:
    def share(value: Decimal | None) -> int | None:
        return None if value is None else _millionths(value)

    return Source(
        rules=Fund(
            id=str(item.fund_id),
            budget=_minor(item.budget, currency, item.fund_id),
            shares={trait: _millionths(value) for trait, value in item.shares.items()},
            sector_share_max=share(item.sector_share_max),
            loss_share_max=share(item.loss_share_max),
        ),
        cost=_millionths(item.cost_share),
        only_sectors=frozenset(item.only_sectors),
        only_traits=frozenset(item.only_traits),
        lots=tuple(
            Lot(amount=_minor(lot.amount, currency, item.fund_id), spend_by=lot.spend_by)
            for lot in item.lots
        ),
    )
