"""Instalments, effective rates and worths agree with numpy-financial and pyxirr."""

from decimal import Decimal

import numpy_financial
import pytest
import pyxirr
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain import pricing
from services.scoring.domain.pricing import ChargeMethod, Costs, Shape
from tests.scoring_cases import money

PER_YEAR = (12, 4, 2, 1)


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    """Terms of one to five years, paid in four rhythms, up to 60 % a year."""
    return Shape(
        charge_method=draw(st.sampled_from(ChargeMethod)),
        annual_rate=Decimal(draw(st.integers(0, 600))) / 1000,
        term_months=12 * draw(st.integers(1, 5)),
        per_year=draw(st.sampled_from(PER_YEAR)),
    )


def rate_of(shape: Shape) -> float:
    is_free = shape.charge_method is ChargeMethod.NONE
    return 0.0 if is_free else float(shape.annual_rate) / shape.per_year


@given(shape=shapes())
@settings(max_examples=150)
def test_the_instalment_of_an_annuity_is_theirs(shape: Shape) -> None:
    declining = Shape(
        charge_method=ChargeMethod.DECLINING_BALANCE,
        annual_rate=shape.annual_rate,
        term_months=shape.term_months,
        per_year=shape.per_year,
    )
    ours = float(pricing.instalment_factor(declining))
    rate, count = rate_of(declining), declining.periods
    theirs = pyxirr.pmt(rate, count, 1)
    assert theirs is not None

    assert ours == pytest.approx(-numpy_financial.pmt(rate, count, 1), rel=1e-12)
    assert ours == pytest.approx(-theirs, rel=1e-12)


@given(shape=shapes(), fee=st.integers(0, 80))
@settings(max_examples=150)
def test_the_effective_rate_of_a_borrower_is_theirs(shape: Shape, fee: int) -> None:
    """The yearly rate at which what is paid is worth what was handed out, the fee kept back."""
    share = Decimal(fee) / 1000
    dues = [float(pricing.instalment_factor(shape))] * shape.periods
    monthly = pyxirr.irr([-float(1 - share), *dues])
    assert monthly is not None
    other = numpy_financial.irr([-float(1 - share), *dues])
    ours = float(pricing.effective_annual_rate(shape, fee_share=share))

    assert ours == pytest.approx((1 + monthly) ** shape.per_year - 1, abs=1e-6)
    assert ours == pytest.approx((1 + float(other)) ** shape.per_year - 1, abs=1e-6)


@given(rate=st.integers(0, 400), months=st.integers(2, 60), funds=st.integers(0, 200))
@settings(max_examples=100)
def test_without_risk_and_cost_the_worth_of_a_loan_is_theirs(
    rate: int, months: int, funds: int
) -> None:
    shape = Shape(
        charge_method=ChargeMethod.DECLINING_BALANCE,
        annual_rate=Decimal(rate) / 1000,
        term_months=months,
    )
    none = money("0", "USD")
    costs = Costs(
        cost_of_funds=Decimal(funds) / 1000,
        operating_cost=none,
        operating_cost_monthly=none,
        loss_given_default=Decimal("0.6"),
        fee_share=Decimal(0),
        margin_share=Decimal(0),
    )
    worth = float(
        pricing.npv(shape, principal=money("1000", "USD"), costs=costs, hazard=Decimal(0))
    )
    flows = [-1000.0, *[1000 * float(pricing.instalment_factor(shape))] * months]

    assert worth == pytest.approx(pyxirr.npv(funds / 12000, flows), abs=1e-6)
    assert worth == pytest.approx(float(numpy_financial.npv(funds / 12000, flows)), abs=1e-6)


def test_the_break_even_price_leaves_nothing_over_by_their_reckoning() -> None:
    """Of 1,000 over twelve months at the price found, hazard and costs in the flows: worth 0."""
    shape = Shape(
        charge_method=ChargeMethod.DECLINING_BALANCE, annual_rate=Decimal(0), term_months=12
    )
    costs = Costs(
        cost_of_funds=Decimal("0.05"),
        operating_cost=money("20", "USD"),
        operating_cost_monthly=money("1", "USD"),
        loss_given_default=Decimal("0.60"),
        fee_share=Decimal("0.01"),
        margin_share=Decimal("0.01"),
    )
    found = pricing.break_even(
        shape,
        principal=money("1000", "USD"),
        costs=costs,
        hazard=Decimal("0.003"),
        annual_rate_max=Decimal(1),
    )
    assert found is not None
    rate, hazard = float(found.annual_rate) / 12, 0.003
    due = -numpy_financial.pmt(rate, 12, 1000)
    flows, balance, alive = [-1000 * (1 - 0.01) - 20 - 10], 1000.0, 1.0
    for _ in range(12):
        flows.append(alive * (1 - hazard) * due + alive * hazard * 0.4 * balance - alive)
        balance, alive = balance * (1 + rate) - due, alive * (1 - hazard)

    assert pyxirr.npv(0.05 / 12, flows) == pytest.approx(0, abs=1e-3)
