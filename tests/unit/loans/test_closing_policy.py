"""Which rules close a day, and of several given which holds?"""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.loans.domain import closing_policy
from services.loans.domain.accrual import Recognition
from services.loans.domain.closing_policy import ClosingPolicy, ClosingPolicyInvalid, DatedPolicy
from services.loans.domain.provisioning import LossAssumptions, Scenario
from services.loans.domain.staging import StagingRule
from shared import rulebook
from shared.ids import FundId
from tests.builders import an_id

FUND, OTHER = FundId(an_id("fund")), FundId(an_id("other"))
FULL = ClosingPolicy(
    recognition=Recognition.STRAIGHT_LINE,
    non_accrual_after_days=60,
    staging=StagingRule(risen_after_days=15, default_after_days=45, cure_dues=2),
    bucket_days=(1, 8, 31),
    minimums=(Decimal("0.01"), Decimal("0.05"), Decimal("0.2"), Decimal(1)),
    loss=LossAssumptions(
        performing=(Scenario(weight=Decimal(1), monthly_hazard=Decimal("0.01")),),
        underperforming=(
            Scenario(weight=Decimal("0.4"), monthly_hazard=Decimal("0.02")),
            Scenario(weight=Decimal("0.6"), monthly_hazard=Decimal("0.08")),
        ),
        loss_given_default=Decimal("0.6"),
    ),
)


def dated(number: int, starts_on: date, fund_id: FundId | None = None) -> DatedPolicy:
    return DatedPolicy(
        policy_id=UUID(int=number), fund_id=fund_id, starts_on=starts_on, policy=ClosingPolicy()
    )


def held(policies: list[DatedPolicy], on: date) -> int | None:
    found = closing_policy.in_force(policies, fund_id=FUND, on=on)
    return None if found is None else found.policy_id.int


@pytest.mark.parametrize("policy", [ClosingPolicy(), FULL])
def test_a_policy_is_kept_and_read_back_as_it_was(policy: ClosingPolicy) -> None:
    assert ClosingPolicy.from_json(policy.to_json()) == policy


def test_without_a_word_profit_is_income_when_paid_and_nothing_is_set_aside() -> None:
    usual = ClosingPolicy()

    assert usual.recognition is Recognition.CASH
    assert (usual.minimums, usual.loss) == ((), None)


def test_the_usual_stages_are_those_of_the_rulebook() -> None:
    fact = rulebook.find("loss_stage_days", on=date(2026, 1, 1), country="JO")

    assert fact.members == {
        "risen_after_days": str(StagingRule().risen_after_days),
        "default_after_days": str(StagingRule().default_after_days),
    }


@pytest.mark.parametrize(
    ("member", "changes"),
    [
        ("non_accrual_after_days", {"non_accrual_after_days": -1}),
        ("non_accrual_after_days", {"non_accrual_after_days": 4_000}),
        ("bucket_days", {"bucket_days": (0, 31)}),
        ("bucket_days", {"bucket_days": (31, 31)}),
        ("bucket_days", {"bucket_days": (31, 1)}),
        ("bucket_days", {"bucket_days": tuple(range(1, 22))}),
        ("minimums", {"minimums": (Decimal("0.1"),)}),
        ("minimums", {"minimums": (*[Decimal(0)] * 4, Decimal("1.01"))}),
        ("minimums", {"minimums": (*[Decimal(0)] * 4, Decimal(-1))}),
    ],
)
def test_rules_that_contradict_themselves_are_refused(member: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ClosingPolicyInvalid) as refused:
        ClosingPolicy(**changes)

    assert refused.value.member == member


@pytest.mark.parametrize(
    "broken",
    [
        {"recognition": "sometimes"},
        {"risen_after_days": 91},
        {"minimums": ["a lot", "0", "0", "0", "0"]},
        {"loss": {"performing": [], "underperforming": [], "loss_given_default": "0.5"}},
    ],
)
def test_what_cannot_be_read_is_refused_by_name(broken: dict[str, Any]) -> None:
    with pytest.raises(ClosingPolicyInvalid):
        ClosingPolicy.from_json({**ClosingPolicy().to_json(), **broken})


def test_the_later_start_holds_and_of_one_day_the_later_given() -> None:
    policies = [
        dated(1, date(2026, 1, 1)),
        dated(2, date(2026, 3, 1)),
        dated(3, date(2026, 3, 1)),
    ]

    assert held(policies, date(2025, 12, 31)) is None
    assert held(policies, date(2026, 2, 28)) == 1
    assert held(policies, date(2026, 3, 1)) == 3


def test_a_funds_own_policy_holds_for_it_alone() -> None:
    policies = [
        dated(1, date(2026, 3, 1)),
        dated(2, date(2026, 1, 1), FUND),
        dated(3, date(2026, 4, 1), OTHER),
    ]

    assert held(policies, date(2026, 5, 1)) == 2
    assert closing_policy.in_force(policies, fund_id=OTHER, on=date(2026, 3, 15)) == policies[0]
