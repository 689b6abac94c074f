"""Which rules close a day, and of several given which holds?"""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

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
    closes_at_hour=2,
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


def amman(*moment: int) -> datetime:
    year, month, day, hour, *rest = moment
    minute, second = (*rest, 0, 0)[:2]
    return datetime(year, month, day, hour, minute, second, tzinfo=ZoneInfo("Asia/Amman"))


def at_hour(hour: int | None, *, starts_on: date = date.min, number: int = 1) -> DatedPolicy:
    return DatedPolicy(
        policy_id=UUID(int=number),
        fund_id=None,
        starts_on=starts_on,
        policy=ClosingPolicy(closes_at_hour=hour),
    )


@pytest.mark.parametrize(
    ("hour", "local", "day"),
    [
        (2, amman(2026, 5, 5, 1, 59, 59), date(2026, 5, 3)),
        (2, amman(2026, 5, 5, 2, 0), date(2026, 5, 4)),
        (0, amman(2026, 5, 5, 0, 0), date(2026, 5, 4)),
        (23, amman(2026, 5, 5, 22, 59), date(2026, 5, 3)),
        (23, amman(2026, 3, 1, 23, 0), date(2026, 2, 28)),
        (None, amman(2026, 5, 5, 12, 0), None),
    ],
)
def test_a_day_is_due_from_its_hour_on(hour: int | None, local: datetime, day: date | None) -> None:
    assert closing_policy.due([at_hour(hour)], local=local) == day


def test_the_hour_is_that_of_the_rules_of_the_day_to_close() -> None:
    changed = [at_hour(6), at_hour(2, starts_on=date(2026, 5, 4), number=2)]

    assert closing_policy.due(changed, local=amman(2026, 5, 4, 3)) == date(2026, 5, 2)
    assert closing_policy.due(changed, local=amman(2026, 5, 5, 3)) == date(2026, 5, 4)


def test_rules_that_no_longer_name_an_hour_leave_days_to_people() -> None:
    ended = [at_hour(2), at_hour(None, starts_on=date(2026, 5, 4), number=2)]

    assert closing_policy.due(ended, local=amman(2026, 5, 5, 12)) == date(2026, 5, 3)
    assert closing_policy.due(ended, local=amman(2026, 5, 6, 12)) is None


def test_the_rules_of_one_fund_close_no_day() -> None:
    own = replace(at_hour(2), fund_id=FUND)

    assert closing_policy.due([own], local=amman(2026, 5, 5, 12)) is None
    assert closing_policy.due([], local=amman(2026, 5, 5, 12)) is None


@pytest.mark.parametrize("hour", [-1, 24])
def test_an_hour_is_one_of_the_day(hour: int) -> None:
    with pytest.raises(ClosingPolicyInvalid) as refused:
        ClosingPolicy(closes_at_hour=hour)

    assert (refused.value.member, refused.value.value) == ("closes_at_hour", str(hour))


def test_rules_kept_before_hours_were_known_name_none() -> None:
    kept = {name: value for name, value in FULL.to_json().items() if name != "closes_at_hour"}

    assert ClosingPolicy.from_json(kept) == replace(FULL, closes_at_hour=None)
