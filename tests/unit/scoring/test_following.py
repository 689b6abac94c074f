"""Instalments that follow the months: they repay, carry the loan, and stand where equal ones fail.

The twelve weights and their total are those of section 7 of the review's sources: P 1,200 at
1.5 % a month over 1 1 1 0 0 0 2 2 2 1 1 1 pays 1,335.0827 in all.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain import affordability, following, menu, pricing, season
from services.scoring.domain.bearing import Means
from services.scoring.domain.following import Unfollowed
from services.scoring.domain.grid import Asked, Corner, Limits
from services.scoring.domain.menu import Course, Menu
from services.scoring.domain.pricing import ChargeMethod
from services.scoring.domain.season import Flows, Trial
from services.scoring.domain.season_terms import Followed
from shared.money import Money
from tests.scoring_cases import make_costs, make_household, make_limits, make_policy, money

ONE_RATE = {
    "annual_rate_min": Decimal("0.18"),
    "annual_rate_default": Decimal("0.18"),
    "annual_rate_max": Decimal("0.18"),
}
WEIGHTS = (1, 1, 1, 0, 0, 0, 2, 2, 2, 1, 1, 1)


def drawn(*left: int, buffer: int = 0, least: str = "1") -> Flows:
    trials = ((Trial.EXPECTED, Decimal(least), left),)
    return Flows(currency="JOD", buffer=buffer, by_trial=trials)


def means(flows: Flows | None, **changes: Any) -> Means:
    told = affordability.capacity(
        make_household(sales=money("4000")), policy=make_policy(), by_month=money("100000")
    )
    members: dict[str, Any] = {
        "capacity": told,
        "costs": make_costs(),
        "hazard": Decimal("0.003"),
        "subsidy_available": None,
        "drawn": flows,
    }
    return Means(**(members | changes))


def corner(text: str = "1200", term: int = 12, grace: int = 0) -> Corner:
    return Corner(amount=money(text), term_months=term, grace_months=grace)


def tried(flows: Flows, limits: Limits | None = None, **changes: Any) -> Followed | Unfollowed:
    return following.follow(
        corner(), limits=limits or make_limits(**ONE_RATE), means=means(flows, **changes)
    )


def follow(flows: Flows, limits: Limits | None = None, **changes: Any) -> Followed | None:
    found = tried(flows, limits, **changes)
    return found if isinstance(found, Followed) else None


def test_the_published_season_comes_to_its_published_total() -> None:
    found = follow(drawn(*(weight * 130_000 for weight in WEIGHTS)))

    assert found is not None
    assert [due.to_text() for due in found.dues[:7]] == [
        *("111.257 JOD",) * 3, *("0.000 JOD",) * 3, "222.514 JOD",
    ]  # fmt: skip
    assert found.total == money("1335.083")
    assert found.monthly == money("111.257")
    assert found.effective_annual_rate == Decimal("0.195618")


def test_the_next_trial_is_followed_where_the_first_leaves_a_month_bare() -> None:
    """As expected the first month bears as much as the others, in a bad year it bears nothing."""
    expected, bad = (300_000,) * 12, (0, 600_000) * 6
    trials = ((Trial.EXPECTED, Decimal(1), expected), (Trial.STRESSED, Decimal(1), bad))
    flows = Flows(currency="JOD", buffer=0, by_trial=trials)

    found = follow(flows)

    assert found is not None
    assert {due.minor for due in found.dues[0::2]} == {0}


@pytest.mark.parametrize(
    ("flows", "changes", "why"),
    [
        (drawn(*(0,) * 12), {}, "nothing_left"),
        (drawn(*(weight * 60_000 for weight in WEIGHTS)), {}, "month_not_covered"),
        (drawn(*(weight * 130_000 for weight in WEIGHTS), least="1.2"), {}, "month_not_covered"),
        (drawn(*(130_000,) * 12), {"free": money("1199.999")}, "fund_without_money"),
        (
            drawn(*(130_000,) * 12),
            {"subsidy_available": money("0"), "hazard": Decimal("0.2")},
            "below_break_even",
        ),
    ],
    ids=["nothing is left", "too little", "too thin a cover", "no money", "not carried"],
)
def test_what_fails_a_test_is_not_offered(flows: Flows, changes: dict[str, Any], why: str) -> None:
    assert tried(flows, **changes) is Unfollowed(why)


def test_the_lowest_rate_that_carries_the_loan_is_asked() -> None:
    flows = drawn(*(weight * 200_000 for weight in WEIGHTS))
    limits = make_limits(annual_rate_min=Decimal(0))
    found = follow(flows, limits, subsidy_available=money("0"))

    assert found is not None
    assert found.subsidy == money("0")
    assert found.shape.annual_rate > 0
    cheaper = replace(found.shape, annual_rate=found.shape.annual_rate - Decimal("0.01"))
    one = {f"annual_rate_{name}": cheaper.annual_rate for name in ("min", "default", "max")}
    assert follow(flows, make_limits(**one), subsidy_available=money("0")) is None


@pytest.mark.parametrize(
    ("ceiling", "is_offered"), [("0.195618", True), ("0.195617", False)]
)  # fmt: skip
def test_the_legal_ceiling_binds(ceiling: str, is_offered: bool) -> None:  # noqa: FBT001
    limits = make_limits(**ONE_RATE, annual_rate_ceiling=Decimal(ceiling))
    found = follow(drawn(*(300_000,) * 12), limits)

    assert (found is not None) is is_offered


def test_a_nominal_ceiling_binds_too() -> None:
    limits = make_limits(**ONE_RATE, nominal_ceiling=Decimal("0.179999"))

    assert follow(drawn(*(300_000,) * 12), limits) is None


def test_a_fee_is_in_the_effective_rate() -> None:
    """1 % kept back of equal months: what `pricing` says of equal instalments."""
    found = follow(drawn(*(300_000,) * 12), costs=make_costs(fee_share=Decimal("0.01")))

    assert found is not None
    level = pricing.effective_annual_rate(found.shape, fee_share=Decimal("0.01"))
    assert found.effective_annual_rate == level


@pytest.mark.parametrize(
    ("limits", "at", "flows"),
    [
        (make_limits(charge_method=ChargeMethod.FLAT), corner(), drawn(1)),
        (make_limits(per_year=52), corner(), drawn(1)),
        (make_limits(), corner(grace=1), drawn(1)),
        (make_limits(), corner(), None),
    ],
    ids=["flat", "weekly", "grace", "no months"],
)
def test_the_second_engine_knew_them_by_the_month_without_grace(
    limits: Limits, at: Corner, flows: Flows | None
) -> None:
    assert not following.may_follow(at, limits, means(flows))


@settings(max_examples=25, deadline=None)
@given(left=st.lists(st.integers(0, 400_000), min_size=12, max_size=12), rate=st.integers(0, 30))
def test_they_repay_the_principal_and_carry_as_equal_ones_would(left: list[int], rate: int) -> None:
    one = {f"annual_rate_{name}": Decimal(rate) / 100 for name in ("min", "default", "max")}
    flows = drawn(*left, buffer=10**9)
    found = follow(flows, make_limits(**one))
    if not any(left):
        assert found is None
        return
    if found is None:
        return
    balance, profit = Decimal(1_200_000), Decimal(rate) / 1200
    for due, leaves in zip(found.dues, left, strict=True):
        balance += balance * profit - due.minor
        assert leaves or not due.minor
    assert abs(balance) < 30
    level = pricing.subsidy_needed(
        found.shape, principal=money("1200"), costs=make_costs(), hazard=Decimal("0.003")
    )
    if len(set(left)) == 1:
        assert abs((found.subsidy - level).minor) <= 1


def a_menu(*, is_seasonal: bool) -> Menu:
    """Three months that leave nothing and nine good ones; nothing is saved."""
    flows = drawn(*((0,) * 3 + (400_000,) * 9) * 2, least="1.2")
    limits = make_limits(**ONE_RATE)
    course = Course(limits=limits, means=means(flows), is_seasonal=is_seasonal)
    asked = Asked(amount=money("1200"), term_months=12, grace_months=0)
    return menu.menu(asked, [course], weights=menu.WEIGHTS[menu.Objective.BALANCED])


def test_they_stand_on_the_menu_where_equal_months_cannot_be_borne() -> None:
    level, seasonal = a_menu(is_seasonal=False), a_menu(is_seasonal=True)

    assert not level.offers
    assert {item.code.value for item in level.rejections} == {"month_not_covered"}
    best = seasonal.offers[0]
    assert best.dues[:3] == (Money.zero("JOD"),) * 3
    assert best.instalment == max(best.dues)
    assert best.total_cost == Money.total(best.dues, "JOD") - best.corner.amount
    assert seasonal.feasible + len(seasonal.rejections) == len(level.rejections)
    assert seasonal.dominated_by()[0] is None


def test_a_menu_of_equal_months_stays_as_it_was() -> None:
    flows = drawn(*(400_000,) * 24)
    course = Course(limits=make_limits(), means=means(flows))
    asked = Asked(amount=money("1200"), term_months=12, grace_months=0)
    plain, seasonal = (
        menu.menu(asked, [one], weights=menu.WEIGHTS[menu.Objective.BALANCED])
        for one in (course, replace(course, is_seasonal=True))
    )
    assert plain == seasonal
    assert season.MONTHS == 12
