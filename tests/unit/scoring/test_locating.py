"""Floats only find the place: they agree with Decimal, and say so where they are not sure."""

from bisect import bisect_left
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain import affordability, bearing, grid, judging, locating, pricing
from services.scoring.domain.bearing import Means
from services.scoring.domain.grid import Asked, Corner, Limits
from services.scoring.domain.judging import Passed
from services.scoring.domain.locating import Loan, Rows
from services.scoring.domain.pricing import ChargeMethod, Shape
from services.scoring.domain.refusing import Rejection
from shared.money import Money
from tests.scoring_cases import make_costs, make_household, make_limits, make_policy, money

RATES = (Decimal(0), Decimal("0.07"), Decimal("0.36"))


@pytest.mark.parametrize("method", [ChargeMethod.DECLINING_BALANCE, ChargeMethod.FLAT])
@pytest.mark.parametrize(("term", "grace"), [(1, 0), (12, 0), (24, 6), (120, 24)])
def test_a_survey_agrees_with_the_exact_worth(method: ChargeMethod, term: int, grace: int) -> None:
    costs, hazard = make_costs(), Decimal("0.004")
    rows = Rows(
        terms=[7, term], graces=[3, grace], rates=RATES, is_flat=method is ChargeMethod.FLAT
    )

    found = locating.lives(
        rows, hazard=np.full((1, 1, 1), float(hazard)), cost_of_funds=0.05, loss_given_default=0.6
    )

    for place, rate in enumerate(RATES):
        shape = Shape(charge_method=method, annual_rate=rate, term_months=term, grace_months=grace)
        exact = pricing.npv(shape, principal=money("1000"), costs=costs, hazard=hazard)
        about = 1000 * (found.inflow[1, place] - 1) - 20 - found.alive[1, place]
        assert about == pytest.approx(float(exact), abs=1e-9)
        assert found.instalment[1, place] == pytest.approx(float(pricing.instalment_factor(shape)))


def test_the_published_price_is_found_in_floats() -> None:
    """P 1,000, 12 months, hazard 0.3 %, LGD 60 %, funds 5 %, 20 + 1 a month, fee and margin 1 %."""
    loan = Loan(
        periods=12,
        grace_periods=0,
        per_year=12,
        is_flat=False,
        hazards=[0.003] * 12,
        recovered=0.4,
        discount=1 / (1 + 0.05 / 12),
        fixed=1 - 0.01 + 0.01 + 0.02,
        running=0.001,
    )

    found = locating.solution(loan, highest=1.0)

    assert found is not None
    assert round(found / 12, 9) == 0.010897197
    assert locating.solution(loan, highest=0.13) is None
    assert locating.solution(replace(loan, fixed=0.9), highest=1.0) is None


def test_the_rate_of_dues_is_found_in_floats() -> None:
    found = locating.root([0.089353235] * 12, net=0.99)

    assert found is not None
    assert round((1 + found) ** 12 - 1, 6) == 0.160693
    assert locating.root([0.0] * 12, net=0.99) is None
    assert locating.root([0.01] * 12, net=0.99) is None


def test_what_is_about_half_a_unit_is_left_to_decimal() -> None:
    quantum = Decimal("0.000001")

    assert locating.decided(0.1234565, quantum) is None
    assert locating.decided(0.1234565 + 2e-11, quantum) == Decimal("0.123457")
    assert locating.decided(0.1234565 - 2e-11, quantum) == Decimal("0.123456")


def exactly(corner: Corner, limits: Limits, means: Means) -> str | Decimal:
    """The tests one after the other in Decimal: the rate that passes, or the test that fails."""
    shape = Shape(
        charge_method=limits.charge_method,
        annual_rate=limits.annual_rate_min,
        term_months=corner.term_months,
        grace_months=corner.grace_months,
    )

    def at(rate: Decimal) -> Shape:
        return replace(shape, annual_rate=rate)

    def is_above(rate: Decimal) -> bool:
        effective = pricing.effective_annual_rate(at(rate), fee_share=means.costs.fee_share)
        return limits.annual_rate_ceiling is not None and effective > limits.annual_rate_ceiling

    def is_carried(rate: Decimal) -> bool:
        given = means.subsidy_available
        return given is None or bearing.subsidy_of(corner, at(rate), means) <= given

    rates = limits.rates()
    rates = rates[: bisect_left(rates, True, key=is_above)]
    if not rates:
        return "rate_above_ceiling"
    if bearing.instalment_of(corner, shape) > means.capacity.capacity:
        return "too_high_instalment"
    index = bisect_left(rates, True, key=is_carried)
    if index == len(rates):
        return "below_break_even"
    if bearing.instalment_of(corner, at(rates[index])) > means.capacity.capacity:
        return "too_high_instalment"
    return rates[index]


@given(
    minor=st.integers(1, 4_000_000),
    sales=st.integers(500_000, 3_000_000),
    fee=st.sampled_from(["0", "0.01"]),
    ceiling=st.sampled_from([None, "0.196", "0.195618", "0.28"]),
    given_away=st.one_of(st.none(), st.integers(0, 90_000)),
    percent=st.integers(1, 30),
    is_flat=st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_every_corner_is_judged_as_by_decimal_alone(
    *,
    minor: int,
    sales: int,
    fee: str,
    ceiling: str | None,
    given_away: int | None,
    percent: int,
    is_flat: bool,
) -> None:
    """0.195618 is the effective rate of 18 % a year, to the last decimal."""
    household = make_household(sales=Money(sales, "JOD"))
    limits = make_limits(
        charge_method=ChargeMethod.FLAT if is_flat else ChargeMethod.DECLINING_BALANCE,
        amount_min=money("0.001"),
        term_months_max=12,
        annual_rate_ceiling=None if ceiling is None else Decimal(ceiling),
        grace_months_max=1,
    )
    means = Means(
        capacity=affordability.capacity(household, policy=make_policy()),
        costs=make_costs(fee_share=Decimal(fee)),
        hazard=pricing.hazard_of(Decimal(percent) / 100),
        subsidy_available=None if given_away is None else Money(given_away, "JOD"),
    )
    asked = Asked(amount=Money(minor, "JOD"), term_months=12, grace_months=0)
    corners = grid.corners(asked, limits=limits)

    for found in judging.judge(corners, limits=limits, means=means):
        told = found.code.value if isinstance(found, Rejection) else found.shape.annual_rate
        assert told == exactly(found.corner, limits, means)
        if isinstance(found, Passed):
            worth = bearing.subsidy_of(found.corner, found.shape, means)
            assert -1 - 1e-6 * minor < found.subsidy - worth.minor < 1e-6 * minor
