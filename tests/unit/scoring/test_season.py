"""A year month by month: what is carried over, which month fails, instalments that follow it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain import affordability, season
from services.scoring.domain.affordability import Binding, Household, MonthlyAmountNegative
from services.scoring.domain.season import (
    Receipt,
    SeasonWithoutSurplus,
    Trial,
    Year,
    YearIncomplete,
)
from shared.money import Money
from tests.scoring_cases import make_household, make_policy, money

NOTHING = money("0")
GENTLE = {"sales_haircut": "0", "income_stress": "0", "cost_stress": "0"}


def a_month(left: str, **changes: Money) -> Household:
    """A month of so much other income and nothing to pay."""
    members = {"other_income": money(left), "sales": NOTHING, "business_costs": NOTHING}
    members |= {"household_costs": NOTHING, "debt_service": NOTHING}
    return make_household(**(members | changes))


def a_year(*left: str, buffer: str = "0", **changes: Any) -> Year:
    told = (left * 12)[:12]
    members: dict[str, Any] = {
        "months": tuple(a_month(text) for text in told),
        "verified": tuple(money(text) for text in told),
        "buffer": money(buffer),
    }
    return Year(**(members | changes))


def plain(**changes: str) -> affordability.Policy:
    covers = {"cover_minimum": "1", "stressed_cover_minimum": "1"}
    return make_policy(**(GENTLE | covers | changes))


def test_what_a_good_month_leaves_pays_for_the_bad_one() -> None:
    drawn = season.flows(a_year("100", "0"), policy=plain(), term_months=4)

    assert drawn.uncovered([50_000] * 4) is None
    assert drawn.largest_level(term_months=4, grace_months=0) == money("50")
    failed = drawn.uncovered([60_000, 50_000, 0, 0])
    assert failed is not None
    assert (failed.month, failed.trial) == (2, Trial.EXPECTED)
    assert (failed.due, failed.available) == (money("50"), money("40"))


def test_what_is_saved_before_counts_once() -> None:
    drawn = season.flows(a_year("0", buffer="120"), policy=plain(), term_months=3)

    assert drawn.uncovered([40_000] * 3) is None
    assert drawn.uncovered([40_000] * 4 + [1]) is None, "months beyond the term are not asked"
    assert drawn.largest_level(term_months=3, grace_months=0) == money("40")
    assert drawn.largest_level(term_months=3, grace_months=1) == money("60")


def test_the_cover_asked_is_kept_in_every_month() -> None:
    drawn = season.flows(a_year("120"), policy=plain(cover_minimum="1.2"), term_months=12)

    assert drawn.uncovered([100_000] * 12) is None
    failed = drawn.uncovered([100_001] * 12)
    assert failed is not None
    assert failed.month == 1
    assert drawn.largest_level(term_months=12, grace_months=0) == money("100")


def test_a_month_in_the_red_is_carried_over_too() -> None:
    year = a_year(
        "100", months=(a_month("0", household_costs=money("90")),) + (a_month("100"),) * 11
    )
    drawn = season.flows(year, policy=plain(), term_months=12)

    failed = drawn.uncovered([0, 20_000])
    assert failed is not None
    assert failed.available == money("10")


def test_a_month_without_income_may_be_any() -> None:
    """100 a month, half of it paid: without the first month nothing is there in month one."""
    calm = season.flows(a_year("100"), policy=plain(), term_months=12)
    policy = replace(plain(), month_without_income=True)
    drawn = season.flows(a_year("100"), policy=policy, term_months=12)

    assert calm.uncovered([50_000] * 12) is None
    failed = drawn.uncovered([50_000] * 12)
    assert failed is not None
    assert (failed.month, failed.trial) == (1, Trial.MONTH_WITHOUT_INCOME)
    assert drawn.uncovered([0] + [50_000] * 11) is None
    saved = season.flows(a_year("100", buffer="50"), policy=policy, term_months=12)
    assert saved.uncovered([50_000] * 12) is None


def test_a_stress_takes_income_and_adds_costs() -> None:
    months = (a_month("200", household_costs=money("100")),) * 12
    policy = plain(income_stress="0.2", cost_stress="0.1")

    drawn = season.flows(a_year("0", months=months), policy=policy, term_months=1)

    assert [left for _, _, (left,) in drawn.by_trial] == [100_000, 50_000]
    failed = drawn.uncovered([60_000])
    assert failed is not None
    assert failed.trial is Trial.STRESSED


def test_a_contract_pays_late_and_not_all_of_it_counts() -> None:
    receipt = Receipt(
        month=2, amount=money("300"), delay_months=1, discount=Decimal("0.1"), proof="contract-7"
    )
    drawn = season.flows(a_year("0", receipts=(receipt,)), policy=plain(), term_months=4)

    assert drawn.by_trial[0][2] == (0, 0, 270_000, 0)
    assert drawn.uncovered([0, 0, 135_000, 135_000]) is None
    assert season.flows(a_year("0", receipts=(receipt,)), policy=plain(), term_months=2).by_trial[
        0
    ][2] == (0, 0)


def test_seasonal_instalments_as_published() -> None:
    """P 1,200, 1.5 % a month, 1 1 1 0 0 0 2 2 2 1 1 1: kappa 111.256893, in all 1,335.0827."""
    weights = [Decimal(n) for n in (1, 1, 1, 0, 0, 0, 2, 2, 2, 1, 1, 1)]

    kappa, dues = season.seasonal(
        money("1200", "USD"), monthly_rate=Decimal("0.015"), weights=weights
    )

    assert kappa.quantize(Decimal("0.000001")) == Decimal("111.256893")
    assert (kappa * 12).quantize(Decimal("0.0001")) == Decimal("1335.0827")
    assert Money.total(dues, "USD") == money("1335.08", "USD")
    assert dues[3:6] == (money("0", "USD"),) * 3
    assert dues[6] == money("222.51", "USD")


def test_a_season_that_leaves_nothing_is_none() -> None:
    with pytest.raises(SeasonWithoutSurplus):
        season.seasonal(money("100"), monthly_rate=Decimal(0), weights=[Decimal(0)] * 6)


def test_a_year_has_twelve_months_and_no_negative_savings() -> None:
    with pytest.raises(YearIncomplete):
        a_year("1", months=(a_month("1"),) * 11)
    with pytest.raises(MonthlyAmountNegative):
        a_year("1", buffer="-1")


def test_the_poorest_verified_month_limits_all_debts() -> None:
    """A third of 300 less 40 of debts: 60; what is not proven counts as nothing."""
    household = make_household(debt_service=money("40"))
    year = a_year("300", "900")
    policy = replace(plain(), lowest_month_share=Decimal(1) / 3)

    found = affordability.capacity(
        household, policy=policy, by_month=money("500"), lowest_income=year.lowest_verified()
    )

    assert (found.capacity, found.binding) == (money("59.999"), Binding.LOWEST_MONTH)
    unproven = replace(year, verified=(None, *year.verified[1:]))
    assert unproven.lowest_verified() == NOTHING


def test_the_outer_limit_binds_where_it_is_the_lower() -> None:
    policy = replace(plain(debt_service_limit="0.5"), debt_service_outer=Decimal("0.3"))

    found = affordability.capacity(a_month("1000"), policy=policy)

    assert (found.capacity, found.binding) == (money("300"), Binding.OUTER_LIMIT)


@given(
    left=st.lists(st.integers(0, 900_000), min_size=12, max_size=12),
    more=st.integers(0, 500_000),
    place=st.integers(0, 11),
    grace=st.integers(0, 3),
    term=st.integers(4, 30),
    is_dry=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_more_income_in_any_month_never_lowers_what_can_be_carried(
    *, left: list[int], more: int, place: int, grace: int, term: int, is_dry: bool
) -> None:
    texts = [str(Money(minor, "JOD")) for minor in left]
    richer = texts.copy()
    richer[place] = str(Money(left[place] + more, "JOD"))
    policy = replace(make_policy(), month_without_income=is_dry)

    before = season.flows(a_year(*texts), policy=policy, term_months=term)
    after = season.flows(a_year(*richer), policy=policy, term_months=term)

    most = before.largest_level(term_months=term, grace_months=grace)
    assert after.largest_level(term_months=term, grace_months=grace) >= most
    dues = [0] * grace + [most.minor] * (term - grace)
    assert before.uncovered(dues) is None
    if most.is_positive:
        assert before.uncovered([0] * grace + [most.minor + 1] * (term - grace)) is not None
