"""What holds for every application: no offer breaks a limit, nothing depends on a wrong thing."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain import affordability, grid, menu, pricing, scorecard
from services.scoring.domain.affordability import Household
from services.scoring.domain.bearing import Means
from services.scoring.domain.grid import Asked
from services.scoring.domain.menu import Objective
from services.scoring.domain.pricing import ChargeMethod, Shape
from services.scoring.domain.scorecard import Value
from shared.money import Money
from tests.scoring_cases import expert_card, make_costs, make_limits, make_policy

EXPERT = expert_card()
ZERO = Decimal(0)

amounts = st.integers(0, 3_000_000).map(lambda minor: Money(minor, "JOD"))
households = st.builds(
    Household,
    other_income=amounts,
    sales=amounts,
    business_costs=amounts,
    household_costs=amounts,
    debt_service=amounts,
)
shapes = st.builds(
    Shape,
    charge_method=st.sampled_from([ChargeMethod.DECLINING_BALANCE, ChargeMethod.FLAT]),
    annual_rate=st.integers(0, 1_000_000).map(lambda n: Decimal(n) / 1_000_000),
    term_months=st.integers(7, 60),
    grace_months=st.integers(0, 6),
)


@st.composite
def values(draw: st.DrawFn) -> dict[str, Value]:
    """Any answers to the expert card, some left out."""
    told: dict[str, Value] = {}
    for item in EXPERT.characteristics:
        if draw(st.booleans()):
            if item.levels is None:
                told[item.id] = draw(st.decimals(-10, 200, places=3))
            else:
                told[item.id] = draw(st.sampled_from(sorted(item.levels)))
    return told


@given(values())
def test_the_score_is_the_sum_of_its_points_and_within_the_card(told: dict[str, Value]) -> None:
    found = scorecard.score(EXPERT, values=told)

    assert found.points == sum(item.points for item in found.contributions)
    assert 0 <= found.points <= found.points_max == 100
    assert len(found.reasons) <= 4
    lost = [reason.lost for reason in found.reasons]
    assert lost == sorted(lost, reverse=True)
    assert all(0 < loss <= found.points_max - found.points for loss in lost)


@given(values(), st.data())
def test_a_better_answer_never_costs_points_nor_raises_the_chance_of_default(
    told: dict[str, Value], data: st.DataObject
) -> None:
    item = data.draw(st.sampled_from([c for c in EXPERT.characteristics if c.levels is None]))
    low, high = sorted(data.draw(st.tuples(*[st.decimals(0, 120, places=2)] * 2)))
    worse, better = (low, high) if item.direction == "up" else (high, low)

    before = scorecard.score(EXPERT, values=told | {item.id: worse})
    after = scorecard.score(EXPERT, values=told | {item.id: better})

    assert after.points >= before.points
    assert after.pd <= before.pd


@given(households)
def test_a_capacity_keeps_to_every_limit(household: Household) -> None:
    policy = make_policy()
    found = affordability.capacity(household, policy=policy)

    if found.capacity.is_positive:
        burden = affordability.burden(found, instalment=found.capacity)
        assert burden.debt_service_share is not None
        assert burden.debt_service_share <= policy.debt_service_limit
        assert found.disposable.decimal / found.capacity.decimal >= policy.cover_minimum
        assert found.disposable_stressed >= found.capacity


@given(households, amounts)
def test_more_income_never_lowers_the_capacity(household: Household, more: Money) -> None:
    richer = replace(household, other_income=household.other_income + more)

    before = affordability.capacity(household, policy=make_policy())
    after = affordability.capacity(richer, policy=make_policy())

    assert after.capacity >= before.capacity


@given(shapes)
def test_the_instalments_repay_principal_and_profit_to_the_end(shape: Shape) -> None:
    monthly = shape.annual_rate / 12
    balance = Decimal(1)
    for month in range(1, shape.term_months + 1):
        due = monthly if month <= shape.grace_months else pricing.instalment_factor(shape)
        charged = monthly * (1 if shape.charge_method is ChargeMethod.FLAT else balance)
        balance -= due - charged

    assert abs(balance) < Decimal("1e-12")


@given(shapes, st.integers(0, 40))
def test_worth_rises_with_the_rate_and_falls_with_the_risk(shape: Shape, percent: int) -> None:
    costs = make_costs()
    principal = Money(1_000_000, "JOD")
    hazard = pricing.hazard_of(Decimal(percent) / 100)
    dearer = replace(shape, annual_rate=shape.annual_rate + Decimal("0.01"))

    worth = pricing.npv(shape, principal=principal, costs=costs, hazard=hazard)

    assert pricing.npv(dearer, principal=principal, costs=costs, hazard=hazard) > worth
    riskier = pricing.hazard_of(Decimal(percent + 5) / 100)
    assert pricing.npv(shape, principal=principal, costs=costs, hazard=riskier) < worth


@given(shapes, st.integers(0, 40), st.integers(1, 30))
def test_a_higher_hazard_never_lowers_the_break_even_price(
    shape: Shape, percent: int, more: int
) -> None:
    """Where the riskier loan has no price at all, its price is not lower either."""
    costs, principal = make_costs(), Money(1_000_000, "JOD")
    before, after = (
        pricing.break_even(
            shape,
            principal=principal,
            costs=costs,
            hazard=pricing.hazard_of(Decimal(pd) / 100),
            annual_rate_max=Decimal(2),
        )
        for pd in (percent, percent + more)
    )

    if before is None:
        assert after is None
    elif after is not None:
        assert after.annual_rate >= before.annual_rate


@given(
    household=households,
    minor=st.integers(1, 6_000_000),
    term_months=st.integers(1, 36),
    given_away=st.one_of(st.none(), amounts),
    percent=st.integers(1, 40),
    objective=st.sampled_from(list(Objective)),
)
@settings(max_examples=40, deadline=None)
def test_no_offer_breaks_a_limit_and_no_corner_is_lost(
    *,
    household: Household,
    minor: int,
    term_months: int,
    given_away: Money | None,
    percent: int,
    objective: Objective,
) -> None:
    limits = make_limits(annual_rate_ceiling=Decimal("0.28"), grace_months_max=1)
    carried = affordability.capacity(household, policy=make_policy())
    asked = Asked(amount=Money(minor, "JOD"), term_months=term_months, grace_months=0)
    hazard = pricing.hazard_of(Decimal(percent) / 100)
    by = Means(capacity=carried, costs=make_costs(), hazard=hazard, subsidy_available=given_away)

    course = menu.Course(limits=limits, means=by)

    found = menu.menu(asked, [course], weights=menu.WEIGHTS[objective])

    assert found.feasible + len(found.rejections) == len(grid.corners(asked, limits=limits))
    for offer in found.offers:
        corner = offer.corner
        assert limits.amount_min <= corner.amount <= limits.amount_max
        assert limits.term_months_min <= corner.term_months <= limits.term_months_max
        assert limits.annual_rate_min <= offer.annual_rate <= limits.annual_rate_max
        assert offer.effective_annual_rate <= Decimal("0.28")
        assert offer.instalment <= carried.capacity
        assert given_away is None or offer.subsidy <= given_away
        assert not offer.total_cost.is_negative
