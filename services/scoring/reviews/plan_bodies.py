"""How are costs, assumptions, policies, ceilings and searches written, in a file or a request?"""

from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.scoring.domain.simulation.outcomes import CostModel, LegalCap
from services.scoring.domain.simulation.policy import (
    DEFAULT_BEHAVIOUR,
    Assumption,
    Behaviour,
    Change,
    Policy,
    Rule,
)
from services.scoring.domain.simulation.reviewing import Plan, Search
from services.scoring.domain.simulation.search import Aim, Bounds, Conditions
from shared.currencies import exponent_of
from shared.errors import RafidError
from shared.schemas import LATER, Body
from shared.texts import Language

LOANS_MOST = 200_000  # places of a book

Share = Annotated[Decimal, Field(ge=0, le=1)]
Rate = Annotated[Decimal, Field(ge=0, le=10)]
Amount = Annotated[Decimal, Field(ge=0, le=1_000_000_000)]
Effect = Annotated[Decimal, Field(ge=-10, le=10)]
Figure = Annotated[Decimal, Field(ge=-1_000_000_000, le=1_000_000_000)]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Source = Annotated[str, Field(min_length=1, max_length=300)]
Frequency: TypeAlias = Literal[
    "daily", "weekly", "biweekly", "twice_a_month", "monthly", "quarterly", "half_yearly", "yearly"
]
Where: TypeAlias = Annotated[dict[Name, Name], Field(max_length=8)]


class BoundsCrossed(RafidError):
    """A lower bound is not below its upper one"""

    service = "scoring"
    detail = "{lower} is not below {upper}."
    lower: str
    upper: str


class ChangeEmpty(RafidError):
    """A change changes nothing"""

    service = "scoring"
    detail = "A change has at least one rule."


class CostsBody(Body):
    """What the institution pays: rates a year, shares, amounts in currency units.

    `operating_cost` is at disbursement, `operating_cost_monthly` in each month, and
    `operating_cost_instalment` for each instalment that is handled, as weekly ones are most.
    """

    cost_of_funds: Rate
    operating_cost: Amount
    operating_cost_monthly: Amount
    loss_given_default: Share
    market_rate: Rate
    inflation: Rate = Decimal(0)
    equity_share: Share = Decimal(0)
    operating_cost_instalment: Annotated[Amount | None, LATER] = None

    def value(self) -> CostModel:
        """Give the costs as the domain knows them."""
        return CostModel(**{name: float(value or 0) for name, value in self})


class AssumptionBody(Body):
    """An effect with its range; without a source it is shown as assumed."""

    low: Effect
    central: Effect
    high: Effect
    source: Source | None = None

    def value(self) -> Assumption:
        """Give the assumption as the domain knows it."""
        low, central, high = float(self.low), float(self.central), float(self.high)
        return Assumption(low=low, central=central, high=high, source=self.source)


class BehaviourBody(Body):
    """How borrowers answer; what is left out is as published, or assumed."""

    grace_month: AssumptionBody | None = None
    rate_ten_points: AssumptionBody | None = None
    burden_tenth: AssumptionBody | None = None
    term_doubling: AssumptionBody | None = None
    elasticity: AssumptionBody | None = None
    weekly_to_monthly: Annotated[AssumptionBody | None, LATER] = None

    def value(self) -> Behaviour:
        """Give the assumptions, the usual ones where none were given."""
        usual = DEFAULT_BEHAVIOUR
        return Behaviour(
            grace_month=_or(self.grace_month, usual.grace_month),
            rate_ten_points=_or(self.rate_ten_points, usual.rate_ten_points),
            burden_tenth=_or(self.burden_tenth, usual.burden_tenth),
            term_doubling=_or(self.term_doubling, usual.term_doubling),
            elasticity=_or(self.elasticity, usual.elasticity),
            weekly_to_monthly=_or(self.weekly_to_monthly, usual.weekly_to_monthly),
        )


class RuleBody(Body):
    """How one figure changes: set, then times, then plus, then kept within bounds."""

    set_to: Figure | None = None
    times: Annotated[Decimal, Field(ge=0, le=20)] = Decimal(1)
    plus: Figure = Decimal(0)
    low: Figure | None = None
    high: Figure | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "RuleBody":
        if self.low is not None and self.high is not None and self.low > self.high:
            raise _refused(BoundsCrossed(lower="low", upper="high"))
        return self

    def value(self) -> Rule:
        """Give the rule as the domain knows it."""
        return Rule(
            set_to=_float(self.set_to),
            times=float(self.times),
            plus=float(self.plus),
            low=_float(self.low),
            high=_float(self.high),
        )


class ChangeBody(Body):
    """Rules for the loans of some product, fund or segment; without `where` for all.

    `frequency` is how often they are paid from then on.
    """

    where: Where = Field(default_factory=dict)
    annual_rate: RuleBody | None = None
    term: RuleBody | None = None
    grace: RuleBody | None = None
    fee_share: RuleBody | None = None
    amount: RuleBody | None = None
    frequency: Annotated[Frequency | None, LATER] = None

    @model_validator(mode="after")
    def _changes_something(self) -> "ChangeBody":
        rules = (self.annual_rate, self.term, self.grace, self.fee_share, self.amount)
        if self.frequency is None and all(rule is None for rule in rules):
            raise _refused(ChangeEmpty())
        return self

    def value(self) -> Change:
        """Give the change as the domain knows it."""
        return Change(
            where=self.where,
            annual_rate=_rule(self.annual_rate),
            term=_rule(self.term),
            grace=_rule(self.grace),
            fee_share=_rule(self.fee_share),
            amount=_rule(self.amount),
            frequency=self.frequency,
        )


class PolicyBody(Body):
    """A named set of changes, made one after the other."""

    name: Name
    changes: Annotated[list[ChangeBody], Field(min_length=1, max_length=50)]

    def value(self) -> Policy:
        """Give the policy as the domain knows it."""
        return Policy(name=self.name, changes=tuple(change.value() for change in self.changes))


class CapBody(Body):
    """A ceiling that law sets for some loans, with where it is written.

    `titles` names the law in the languages that it is known in; a `source` that is the title of a
    law in the rulebook is told in all three without them.
    """

    where: Where = Field(default_factory=dict)
    basis: Literal["effective", "nominal"]
    cap: Rate
    source: Source
    titles: Annotated[dict[Language, Source] | None, LATER] = None

    def value(self) -> LegalCap:
        """Give the ceiling as the domain knows it."""
        return LegalCap(
            where=self.where,
            basis=self.basis,
            cap=float(self.cap),
            source=self.source,
            titles=None if self.titles is None else dict(self.titles.items()),
        )


class SearchBody(Body):
    """A question: the least or the most of what, under which conditions, within which bounds.

    With `subsidy_most` 0 the fund stays whole; conditions that are null do not count. Without
    `frequencies` loans are paid as often as today.
    """

    name: Name
    aim: Aim
    subsidy_most: Share | None = Decimal(0)
    burden_over_40_most: Share | None = None
    expected_loss_most: Share | None = None
    above_cap_most: Share | None = Decimal(0)
    where: Where = Field(default_factory=dict)
    rate_low: Annotated[Decimal, Field(ge=0, le=20)] = Decimal(0)
    rate_high: Annotated[Decimal, Field(gt=0, le=20)] = Decimal(2)
    terms: Annotated[
        list[Annotated[Decimal, Field(gt=0, le=5)]], Field(min_length=1, max_length=8)
    ] = Field(default_factory=lambda: [Decimal(v) for v in ("0.75", "1", "1.25", "1.5", "2")])
    graces: Annotated[
        list[Annotated[int, Field(ge=0, le=12)]], Field(min_length=1, max_length=4)
    ] = Field(default_factory=lambda: [0])
    frequencies: Annotated[
        Annotated[list[Frequency], Field(min_length=1, max_length=4)] | None, LATER
    ] = None

    @model_validator(mode="after")
    def _ordered(self) -> "SearchBody":
        if self.rate_low >= self.rate_high:
            raise _refused(BoundsCrossed(lower="rate_low", upper="rate_high"))
        return self

    def value(self) -> Search:
        """Give the search as the domain knows it."""
        return Search(
            name=self.name,
            aim=self.aim,
            conditions=Conditions(
                subsidy=_float(self.subsidy_most),
                burden_over_40=_float(self.burden_over_40_most),
                expected_loss=_float(self.expected_loss_most),
                above_cap=_float(self.above_cap_most),
            ),
            bounds=Bounds(
                where=self.where,
                rate_low=float(self.rate_low),
                rate_high=float(self.rate_high),
                terms=tuple(float(term) for term in self.terms),
                graces=tuple(self.graces),
                frequencies=tuple(self.frequencies or (None,)),
            ),
        )


class PlanBody(Body):
    """What a review needs beside its book."""

    name: Name
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    costs: CostsBody
    behaviour: BehaviourBody = Field(default_factory=BehaviourBody)
    caps: Annotated[list[CapBody], Field(max_length=50)] = Field(default_factory=list)
    compared_by: Annotated[list[Name], Field(max_length=8)] = Field(default_factory=list)
    policies: Annotated[list[PolicyBody], Field(max_length=100)] = Field(default_factory=list)
    searches: Annotated[list[SearchBody], Field(max_length=5)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _knows_its_currency(self) -> "PlanBody":
        try:
            exponent_of(self.currency)
        except RafidError as error:
            raise _refused(error) from error
        return self

    def value(self) -> Plan:
        """Give the plan as the domain knows it."""
        return Plan(
            costs=self.costs.value(),
            behaviour=self.behaviour.value(),
            caps=tuple(cap.value() for cap in self.caps),
            segments=tuple(self.compared_by),
            policies=tuple(policy.value() for policy in self.policies),
            searches=tuple(search.value() for search in self.searches),
        )


def _refused(error: RafidError) -> PydanticCustomError:
    return PydanticCustomError("refused_value", "{error}", {"error": error})


def _or(body: AssumptionBody | None, usual: Assumption) -> Assumption:
    return usual if body is None else body.value()


def _rule(body: RuleBody | None) -> Rule | None:
    return None if body is None else body.value()


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
