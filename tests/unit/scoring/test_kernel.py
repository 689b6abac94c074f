"""The closed forms of a review against the exact price of each loan, in every rhythm."""

from decimal import Decimal

import numpy as np
import numpy_financial
import pytest

from services.scoring.domain import pricing
from services.scoring.domain.pricing import ChargeMethod, Costs, Shape
from services.scoring.domain.simulation import kernel, kinds
from services.scoring.domain.simulation.kernel import Lives, Shapes, Terms
from shared.money import Money

ALL = np.zeros(1, dtype=np.intp)
SHAPES = [
    (rate, term, grace, pd, 12)
    for rate in (0.0, 1e-7, 2e-4, 0.12, 0.6)
    for term, grace in ((1, 0), (12, 0), (12, 3), (60, 2))
    for pd in (0.0, 1e-9, 0.1, 0.9)
] + [
    (rate, term, grace, pd, per_year)
    for per_year in (360, 52, 26, 24, 4, 2, 1)
    for rate, term, grace, pd in (
        (0.0, 12, 0, 0.1), (0.24, 12, 0, 0.0), (0.24, 24, 12, 0.1), (2e-4, 24, 0, 1e-9),
        (1.5, 60, 12, 0.9),
    )
]  # fmt: skip


def terms_of(rate: float, term: int, grace: int, per_year: int, fee: float = 0.0) -> Terms:
    return Terms(
        annual_rate=np.array([rate]), periods=np.array([term * per_year / 12]),
        grace=np.array([grace * per_year / 12]), fee_share=np.array([fee]),
        per_year=np.array([float(per_year)]),
    )  # fmt: skip


def life_of(terms: Terms, pd: float) -> tuple[Shapes, Lives]:
    shapes = kernel.shapes_of(terms, cost_of_funds=0.05).at(ALL)
    return shapes, kernel.lives(shapes, np.array([pd]), loss_given_default=0.6)


def shape_of(rate: float, term: int, grace: int, per_year: int) -> Shape:
    return Shape(
        charge_method=ChargeMethod.DECLINING_BALANCE, annual_rate=Decimal(repr(rate)),
        term_months=term, grace_months=grace, per_year=per_year,
    )  # fmt: skip


@pytest.mark.parametrize(("rate", "term", "grace", "pd", "per_year"), SHAPES)
def test_a_life_in_closed_form_is_the_exact_one(
    rate: float, term: int, grace: int, pd: float, per_year: int
) -> None:
    shapes, found = life_of(terms_of(rate, term, grace, per_year), pd)

    shape = shape_of(rate, term, grace, per_year)
    hazard = 1 - (1 - pd) ** (1 / per_year)
    balance, alive, exposure, periods = 1.0, 1.0, 0.0, 0.0
    for period in range(1, shape.periods + 1):
        exposure, periods = exposure + alive * balance, periods + alive
        if period > shape.grace_periods:
            balance -= shapes.instalment[0] - rate / per_year * balance
        alive *= 1 - hazard
    free = Money.zero("JOD")
    unit = Costs(
        cost_of_funds=Decimal("0.05"), operating_cost=free, operating_cost_monthly=free,
        loss_given_default=Decimal("0.6"), fee_share=Decimal(0), margin_share=Decimal(0),
    )  # fmt: skip
    worth = pricing.npv(
        shape,
        principal=Money.parse("100000.000", "JOD"),
        costs=unit,
        hazard=1 - (1 - Decimal(repr(pd))) ** (1 / Decimal(per_year)),
    )
    near = 2e-5 if 0 < rate < 1e-3 else 1e-7  # such rates nobody charges
    assert found.hazard[0] == pytest.approx(hazard, abs=1e-15)
    factor = float(pricing.instalment_factor(shape))
    assert shapes.instalment[0] == pytest.approx(factor, rel=near)
    assert found.exposure[0] == pytest.approx(exposure * 12 / per_year, rel=near)
    assert found.alive[0] == pytest.approx(periods, rel=1e-7)
    assert found.worth[0] - 1 == pytest.approx(float(worth) / 100_000, abs=near)


@pytest.mark.parametrize("per_year", [52, 12, 4])
def test_one_unit_a_period_is_worth_what_its_discounts_add_up_to(per_year: int) -> None:
    _, found = life_of(terms_of(0.24, 12, 3, per_year), 0.1)

    alive, discount, worth = 1.0, 1.0, 0.0
    for _ in range(per_year):
        discount /= 1 + 0.05 / per_year
        worth += alive * discount
        alive *= 0.9 ** (1 / per_year)
    assert found.alive_worth[0] == pytest.approx(worth, rel=1e-9)


@pytest.mark.parametrize("per_year", [52, 12, 4])
@pytest.mark.parametrize("fee", [0.0, 0.01, 0.05])
@pytest.mark.parametrize(("rate", "term", "grace"), [(0.0, 12, 0), (0.24, 24, 3), (0.13, 6, 0)])
def test_the_effective_rate_is_the_internal_rate_of_return(
    rate: float, term: int, grace: int, fee: float, per_year: int
) -> None:
    terms = terms_of(rate, term, grace, per_year, fee)
    found = kernel.shapes_of(terms, cost_of_funds=0.0).effective[0]

    shape = shape_of(rate, term, grace, per_year)
    due = float(pricing.instalment_factor(shape))
    early = [rate / per_year] * shape.grace_periods
    flows = [-(1 - fee), *early, *[due] * (shape.periods - shape.grace_periods)]
    assert found == pytest.approx((1 + numpy_financial.irr(flows)) ** per_year - 1, abs=1e-7)


def test_loans_that_share_terms_are_one_kind_and_have_their_own_figures() -> None:
    rates, terms = np.array([0.24, 0.12, 0.24, 0.24]), np.array([12.0, 12.0, 12.0, 6.0])
    found = kinds.kinds_of([(rates, 1e-6), (terms, 1e-3)])

    assert found is not None
    assert len(found.first) == 3
    assert (rates[found.first][found.of] == rates).all()
    assert (terms[found.first][found.of] == terms).all()
    assert found.of[0] == found.of[2]


@pytest.mark.parametrize(
    "figures",
    [np.array([0.1, 0.1 + 1e-9, 0.1]), np.array([0.0, 1e6]), np.linspace(0, 1, 30_000)],
)
def test_figures_that_are_nearly_alike_too_far_apart_or_too_many_are_no_kinds(
    figures: np.ndarray,
) -> None:
    assert kinds.kinds_of([(figures, 1e-6)]) is None
