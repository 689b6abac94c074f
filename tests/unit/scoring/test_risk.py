"""Risk by age and by burden: its mean stays, and the lowest price that carries it is found."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain import affordability, bearing, grid, judging, pricing, risk
from services.scoring.domain.bearing import Means
from services.scoring.domain.grid import Asked
from services.scoring.domain.judging import Passed
from services.scoring.domain.pricing import ChargeMethod, Hazard, Shape
from services.scoring.domain.refusing import Rejection
from services.scoring.domain.risk import HazardShapeless, Risk
from shared.money import Money
from tests.scoring_cases import make_costs, make_household, make_limits, make_policy, money

HUMP = tuple(Decimal(part) for part in ("0.2", "0.8", "1.6", "1.4"))
A_YEAR = Shape(
    charge_method=ChargeMethod.DECLINING_BALANCE, annual_rate=Decimal("0.18"), term_months=12
)


def a_risk(**changes: object) -> Risk:
    members: dict[str, object] = {
        "pd": Decimal("0.08"),
        "log_odds": Decimal("0.25"),
        "share": Decimal("0.20"),
        "income": money("1000"),
        "debt_service": money("100"),
    }
    return Risk(**(members | changes))  # type: ignore[arg-type] # by name


def test_the_mean_of_a_risk_by_age_is_the_risk() -> None:
    found = risk.by_age(Decimal("0.01"), HUMP, periods=12, per_year=12)

    assert isinstance(found, tuple)
    assert abs(sum(found, Decimal(0)) / 12 - Decimal("0.01")) < Decimal("1e-25")
    assert found[0] < found[3] < found[6] > found[9] > found[3]
    assert risk.by_age(Decimal("0.01"), (), periods=12, per_year=12) == Decimal("0.01")


def test_twelve_months_and_fifty_two_weeks_leave_as_many_alive() -> None:
    weekly = risk.by_age(Decimal("0.01"), (), periods=52, per_year=52)

    assert isinstance(weekly, Decimal)
    assert abs((1 - weekly) ** 52 - (1 - Decimal("0.01")) ** 12) < Decimal("1e-24")


def test_a_heavier_burden_is_likelier_to_fail() -> None:
    """Debts of 100 and 200 more of 1,000 are 0.30: logit(0.08) + 0.25 is a chance of 10.04 %."""
    free = replace(A_YEAR, charge_method=ChargeMethod.NONE, annual_rate=Decimal(0))

    found = a_risk().pd_at(money("2400"), free)

    assert found.quantize(Decimal("0.000001")) == Decimal("0.100440")
    assert abs(a_risk().pd_at(money("1200"), free) - Decimal("0.08")) < Decimal("1e-20")
    assert a_risk(log_odds=Decimal(0)).pd_at(money("2400"), free) == Decimal("0.08")
    assert a_risk(income=money("0")).pd_at(money("2400"), free) == Decimal("0.08")


def test_a_shape_without_risk_is_refused() -> None:
    with pytest.raises(HazardShapeless):
        a_risk(ages=(Decimal(0), Decimal(0)))


def worth(rate: Decimal, felt: Risk, principal: Money) -> Decimal:
    tried = replace(A_YEAR, annual_rate=rate)
    hazard = felt.hazard(principal, tried)
    return pricing.npv(tried, principal=principal, costs=make_costs(), hazard=hazard)


def test_the_price_of_a_felt_burden_is_the_lowest_rate_that_carries() -> None:
    felt, principal = a_risk(), money("2200")

    price = pricing.break_even(
        A_YEAR,
        principal=principal,
        costs=make_costs(),
        hazard=lambda tried: felt.hazard(principal, tried),
        annual_rate_max=Decimal(1),
    )

    assert price is not None
    assert abs(sum(price.parts.values()) - price.annual_rate) < Decimal("1e-12")
    assert worth(price.annual_rate, felt, principal) >= 0
    assert worth(price.annual_rate - Decimal("1e-8"), felt, principal) < 0


def test_of_two_roots_the_smaller_is_taken() -> None:
    """The hazard jumps where the rate passes 40 %: the loan carries itself between, not beyond."""

    def hazard(tried: Shape) -> Hazard:
        return Decimal("0.003") if tried.annual_rate < Decimal("0.4") else Decimal("0.2")

    found = pricing.break_even(
        A_YEAR,
        principal=money("1000"),
        costs=make_costs(fee_share=Decimal("0.01"), margin_share=Decimal("0.01")),
        hazard=hazard,
        annual_rate_max=Decimal(3),
    )

    assert found is not None
    assert found.annual_rate.quantize(Decimal("0.000001")) == Decimal("0.130766")

    def steep(tried: Shape) -> Hazard:
        return min(Decimal("0.02") + tried.annual_rate / 5, Decimal(1))

    none = pricing.break_even(
        A_YEAR,
        principal=money("1000"),
        costs=make_costs(),
        hazard=steep,
        annual_rate_max=Decimal(3),
    )
    assert none is None, "what a rate brings, the losses of it take"


@given(
    percent=st.integers(1, 40),
    more=st.integers(1, 20),
    is_hump=st.booleans(),
    term=st.sampled_from([12, 24, 36]),
)
@settings(max_examples=15, deadline=None)
def test_a_higher_hazard_never_lowers_the_price(
    *, percent: int, more: int, is_hump: bool, term: int
) -> None:
    shape = replace(A_YEAR, term_months=term)
    ages = HUMP if is_hump else ()

    def price(chance: int) -> Decimal:
        hazard = risk.by_age(
            pricing.hazard_of(Decimal(chance) / 100), ages, periods=term, per_year=12
        )
        found = pricing.break_even(
            shape,
            principal=money("1000"),
            costs=make_costs(),
            hazard=hazard,
            annual_rate_max=Decimal(5),
        )
        assert found is not None
        return found.annual_rate

    assert price(percent + more) >= price(percent)


@given(
    percent=st.integers(2, 30),
    minor=st.integers(100_000, 3_000_000),
    beta=st.sampled_from(["0", "0.25", "2"]),
    per_year=st.sampled_from([12, 4, 52]),
    is_hump=st.booleans(),
)
@settings(max_examples=12, deadline=None)
def test_floats_judge_as_decimal_whatever_the_risk_and_rhythm(
    *, percent: int, minor: int, beta: str, per_year: int, is_hump: bool
) -> None:
    """The lowest rate within the steps at which the loan carries itself, tried one by one."""
    carried = affordability.capacity(make_household(), policy=make_policy())
    limits = make_limits(term_months_max=12, annual_rate_step=Decimal("0.02"), per_year=per_year)
    means = Means(
        capacity=replace(carried, capacity=money("1000000")),
        costs=make_costs(),
        hazard=pricing.hazard_of(Decimal(percent) / 100),
        subsidy_available=money("0"),
        risk=a_risk(
            pd=Decimal(percent) / 100,
            log_odds=Decimal(beta),
            ages=HUMP if is_hump else (),
            income=carried.income,
        ),
    )
    asked = Asked(amount=Money(minor, "JOD"), term_months=12, grace_months=0)

    for found in judging.judge(grid.corners(asked, limits=limits), limits=limits, means=means):
        corner = found.corner
        if isinstance(found, Rejection) and found.annual_rate is None:
            continue
        shape = Shape(
            charge_method=limits.charge_method,
            annual_rate=limits.annual_rate_min,
            term_months=corner.term_months,
            per_year=per_year,
        )
        carrying = [
            rate
            for rate in limits.rates()
            if bearing.subsidy_of(corner, replace(shape, annual_rate=rate), means).is_zero
        ]
        told = found.shape.annual_rate if isinstance(found, Passed) else None
        assert told == (carrying[0] if carrying else None)
