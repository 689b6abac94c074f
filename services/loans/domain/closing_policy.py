"""By which rules does an institution, or one of its funds, close its days?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import NotRequired, Self, TypedDict, cast
from uuid import UUID

from services.loans.domain.accrual import Recognition
from services.loans.domain.provisioning import LossAssumptions, Scenario
from services.loans.domain.staging import BUCKETS, StagingRule
from shared.errors import Kind, RafidError
from shared.ids import FundId

BUCKETS_MAX = 20
DAYS_MAX = 3_650
HOURS_IN_DAY = 24


class ClosingPolicyInvalid(RafidError):
    """The rules for closing a day contradict each other"""

    kind = Kind.RULE
    service = "loans"
    detail = "The member {member} cannot be {value} here."
    member: str
    value: str


class ScenarioJson(TypedDict):
    """A scenario as it is kept; numbers as text."""

    weight: str
    monthly_hazard: str


class LossJson(TypedDict):
    """Assumptions of expected loss as they are kept."""

    performing: list[ScenarioJson]
    underperforming: list[ScenarioJson]
    loss_given_default: str


class PolicyJson(TypedDict):
    """A policy as it is kept in a row."""

    recognition: str
    non_accrual_after_days: int
    risen_after_days: int
    default_after_days: int
    cure_dues: int
    bucket_days: list[int]
    minimums: list[str]
    loss: LossJson | None
    closes_at_hour: NotRequired[int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingPolicy:
    """When profit is income, when it stops, how contracts are staged, and what is set aside.

    `non_accrual_after_days`: profit earned and not paid of a contract later than this is taken out
    of the books until the contract is no longer so late. `bucket_days` are the first days of the
    buckets after "not late". `minimums` are the least provision of each bucket, "not late" first,
    as fractions of what is outstanding; empty where there is none. Without `loss` no loss is
    expected, and the minimums alone are set aside. `closes_at_hour` is the hour, where the
    institution works, at which the day before is closed by itself; without one nobody closes it
    but people. Raises `ClosingPolicyInvalid`.
    """

    recognition: Recognition = Recognition.CASH
    non_accrual_after_days: int = 90
    staging: StagingRule = field(default_factory=StagingRule)
    bucket_days: tuple[int, ...] = BUCKETS
    minimums: tuple[Decimal, ...] = ()
    loss: LossAssumptions | None = None
    closes_at_hour: int | None = None

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip((0, *self.bucket_days), self.bucket_days, strict=False))
        conditions: Mapping[str, bool] = {
            "non_accrual_after_days": 0 <= self.non_accrual_after_days <= DAYS_MAX,
            "bucket_days": rising and len(self.bucket_days) <= BUCKETS_MAX,
            "minimums": len(self.minimums) in (0, len(self.bucket_days) + 1)
            and all(0 <= share <= 1 for share in self.minimums),
            "closes_at_hour": self.closes_at_hour is None
            or 0 <= self.closes_at_hour < HOURS_IN_DAY,
        }
        for member, holds in conditions.items():
            if not holds:
                value = ", ".join(map(str, _listed(getattr(self, member))))
                raise ClosingPolicyInvalid(member=member, value=value)

    def to_json(self) -> PolicyJson:
        """Plain members, fit for `jsonb`; `from_json` gives an equal value back."""
        return {
            "recognition": self.recognition.value,
            "non_accrual_after_days": self.non_accrual_after_days,
            "risen_after_days": self.staging.risen_after_days,
            "default_after_days": self.staging.default_after_days,
            "cure_dues": self.staging.cure_dues,
            "bucket_days": list(self.bucket_days),
            "minimums": [str(share) for share in self.minimums],
            "loss": None if self.loss is None else _loss_json(self.loss),
            "closes_at_hour": self.closes_at_hour,
        }

    @classmethod
    def from_json(cls, members: object) -> Self:
        """The policy that `to_json` wrote. Raises `ClosingPolicyInvalid`."""
        kept = cast("PolicyJson", members)
        try:
            return cls(
                recognition=Recognition(kept["recognition"]),
                non_accrual_after_days=kept["non_accrual_after_days"],
                staging=StagingRule(
                    risen_after_days=kept["risen_after_days"],
                    default_after_days=kept["default_after_days"],
                    cure_dues=kept["cure_dues"],
                ),
                bucket_days=tuple(kept["bucket_days"]),
                minimums=tuple(Decimal(share) for share in kept["minimums"]),
                loss=None if kept["loss"] is None else _loss(kept["loss"]),
                closes_at_hour=kept.get("closes_at_hour"),
            )
        except (ValueError, InvalidOperation) as error:
            raise ClosingPolicyInvalid(member="policy", value=str(error)) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedPolicy:
    """A policy from a day on, for one fund or (None) for all that have none of their own."""

    policy_id: UUID
    fund_id: FundId | None
    starts_on: date
    policy: ClosingPolicy


def in_force(
    policies: Sequence[DatedPolicy], *, fund_id: FundId | None, on: date
) -> DatedPolicy | None:
    """The fund's own policy of that day, else the institution's; of two the one starting later.

    Of two that start on one day the one given last holds (ids grow with time).
    """
    holding = [one for one in policies if one.fund_id in (None, fund_id) and one.starts_on <= on]
    return max(
        holding,
        key=lambda one: (one.fund_id is not None, one.starts_on, one.policy_id),
        default=None,
    )


def due(policies: Sequence[DatedPolicy], *, local: datetime) -> date | None:
    """The newest day whose hour of closing has come, by the institution's own rules of that day.

    `local` is the time where the institution works. With 2 as the hour: at 1:59 on 5 May it is
    3 May, whose hour came a day ago; from 2:00 on it is 4 May. None where the rules name no hour.
    """
    for days_ago in (1, 2):
        day = local.date() - timedelta(days=days_ago)
        found = in_force(policies, fund_id=None, on=day)
        hour = None if found is None else found.policy.closes_at_hour
        if hour is not None and (days_ago > 1 or local.hour >= hour):
            return day
    return None


def _loss_json(loss: LossAssumptions) -> LossJson:
    return {
        "performing": [_scenario_json(one) for one in loss.performing],
        "underperforming": [_scenario_json(one) for one in loss.underperforming],
        "loss_given_default": str(loss.loss_given_default),
    }


def _scenario_json(scenario: Scenario) -> ScenarioJson:
    return {"weight": str(scenario.weight), "monthly_hazard": str(scenario.monthly_hazard)}


def _loss(kept: LossJson) -> LossAssumptions:
    def read(scenarios: Sequence[ScenarioJson]) -> tuple[Scenario, ...]:
        return tuple(
            Scenario(weight=Decimal(one["weight"]), monthly_hazard=Decimal(one["monthly_hazard"]))
            for one in scenarios
        )

    return LossAssumptions(
        performing=read(kept["performing"]),
        underperforming=read(kept["underperforming"]),
        loss_given_default=Decimal(kept["loss_given_default"]),
    )


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, tuple) else (value,)
