"""At which price a loan neither earns nor costs, and what it needs where it may not earn."""

from dataclasses import replace
from decimal import Decimal

import pytest

from services.scoring.domain import pricing
from services.scoring.domain.pricing import ChargeMethod, Shape
from tests.scoring_cases import make_costs, money

ZERO, ONE = Decimal(0), Decimal(1)
DECLINING = Shape(
    charge_method=ChargeMethod.DECLINING_BALANCE, annual_rate=Decimal("0.12"), term_months=12
)
FLAT = replace(DECLINING, charge_method=ChargeMethod.FLAT)
QARD = Shape(charge_method=ChargeMethod.NONE, annual_rate=ZERO, term_months=12)
HAZARD = pricing.hazard_of(Decimal("0.10"))


def rounded(value: Decimal, places: str = "0.000001") -> Decimal:
    return value.quantize(Decimal(places))


def test_a_term_is_longer_than_its_grace() -> None:
    with pytest.raises(ValueError, match="grace ends"):
        replace(DECLINING, grace_months=12)
    with pytest.raises(ValueError, match="grace ends"):
        replace(DECLINING, grace_months=-1)


def test_twelve_months_of_the_hazard_make_the_yearly_chance() -> None:
    assert rounded(1 - (1 - HAZARD) ** 12) == Decimal("0.100000")
    assert rounded(HAZARD) == Decimal("0.008742")
    assert pricing.hazard_of(ZERO) == 0


def test_a_qard_is_repaid_in_equal_parts_and_nothing_more() -> None:
    assert pricing.instalment_factor(QARD) * 12 == 1
    assert rounded(pricing.profit_factor(QARD)) == 0
    assert pricing.effective_annual_rate(QARD) == 0


def test_a_flat_profit_is_counted_on_the_whole_principal() -> None:
    assert rounded(pricing.profit_factor(FLAT)) == Decimal("0.120000")
    assert rounded(pricing.instalment_factor(FLAT)) == Decimal("0.093333")


def test_twelve_percent_flat_is_about_twenty_one_and_a_half_nominal() -> None:
    """Well known: a flat rate looks about half of what it is (MFTransparency)."""
    effective = pricing.effective_annual_rate(FLAT)

    nominal = ((1 + effective) ** (Decimal(1) / 12) - 1) * 12
    assert Decimal("0.214") < nominal < Decimal("0.216")


def test_grace_keeps_the_effective_rate_where_profit_is_paid_meanwhile() -> None:
    with_grace = replace(DECLINING, grace_months=3)

    assert pricing.effective_annual_rate(with_grace) == Decimal("0.126825")
    assert pricing.effective_annual_rate(DECLINING) == Decimal("0.126825")
    assert pricing.instalment_factor(with_grace) > pricing.instalment_factor(DECLINING)
    assert pricing.profit_factor(with_grace) > pricing.profit_factor(DECLINING)


def test_a_flat_loan_without_profit_costs_nothing() -> None:
    assert pricing.effective_annual_rate(replace(FLAT, annual_rate=ZERO)) == 0


def test_a_fee_raises_the_effective_rate_of_a_loan_without_profit() -> None:
    assert pricing.effective_annual_rate(QARD, fee_share=Decimal("0.03")) > Decimal("0.05")


def test_a_fee_that_eats_the_loan_has_the_highest_rate_that_is_looked_for() -> None:
    dear = replace(FLAT, annual_rate=Decimal(10))

    assert pricing.effective_annual_rate(dear, fee_share=Decimal("0.999999")) == 4095


def test_without_costs_and_risk_a_loan_is_worth_its_rate() -> None:
    free = make_costs(
        cost_of_funds=ZERO, operating_cost=money("0"), operating_cost_monthly=money("0")
    )

    worth = pricing.npv(FLAT, principal=money("1000"), costs=free, hazard=ZERO)

    assert rounded(worth) == Decimal("120.000000")


def test_discounting_at_the_loans_own_rate_leaves_nothing() -> None:
    costs = make_costs(
        cost_of_funds=Decimal("0.12"),
        operating_cost=money("0"),
        operating_cost_monthly=money("0"),
    )

    for grace in (0, 5):
        shape = replace(DECLINING, grace_months=grace)
        worth = pricing.npv(shape, principal=money("1000"), costs=costs, hazard=ZERO)
        assert rounded(worth) == 0


def test_a_loss_of_nothing_given_default_still_costs_time_and_profit() -> None:
    safe = make_costs(loss_given_default=ZERO)
    risky = make_costs(loss_given_default=Decimal(1))

    worths = [
        pricing.npv(DECLINING, principal=money("1000"), costs=costs, hazard=HAZARD)
        for costs in (safe, risky)
    ]

    assert worths[0] > worths[1]


def test_a_subsidy_is_what_is_missing_and_never_negative() -> None:
    principal, costs = money("1000"), make_costs()
    missing = -pricing.npv(QARD, principal=principal, costs=costs, hazard=HAZARD)

    needed = pricing.subsidy_needed(QARD, principal=principal, costs=costs, hazard=HAZARD)

    assert needed.decimal - Decimal("0.001") < missing <= needed.decimal
    rich = replace(DECLINING, annual_rate=Decimal(1))
    nothing = pricing.subsidy_needed(rich, principal=principal, costs=costs, hazard=HAZARD)
    assert nothing.is_zero


def test_a_cost_fee_is_an_amount_that_does_not_grow_with_the_loan() -> None:
    assert pricing.cost_fee(term_months=12, costs=make_costs()) == money("32")
    assert pricing.cost_fee(term_months=1, costs=make_costs()) == money("21")


def test_the_break_even_rate_leaves_nothing() -> None:
    costs = make_costs(fee_share=Decimal("0.01"), margin_share=Decimal("0.02"))

    found = pricing.break_even(
        DECLINING,
        principal=money("1000"),
        costs=costs,
        hazard=HAZARD,
        annual_rate_max=Decimal(1),
    )

    assert found is not None
    at_price = replace(DECLINING, annual_rate=found.annual_rate)
    worth = pricing.npv(at_price, principal=money("1000"), costs=costs, hazard=HAZARD)
    assert abs(worth) < Decimal("0.00001")
    assert sum(found.parts.values()) == found.annual_rate
    assert found.parts["funds"] == Decimal("0.05")
    assert all(found.parts[name] > 0 for name in ("operations", "expected_loss", "margin"))
    assert found.parts["fee"] < 0


def test_no_price_is_found_where_even_the_highest_rate_does_not_suffice() -> None:
    assert (
        pricing.break_even(
            DECLINING,
            principal=money("100"),
            costs=make_costs(),
            hazard=HAZARD,
            annual_rate_max=Decimal("0.20"),
        )
        is None
    )


def test_a_loan_that_costs_nothing_needs_no_price() -> None:
    free = make_costs(
        cost_of_funds=ZERO, operating_cost=money("0"), operating_cost_monthly=money("0")
    )

    found = pricing.break_even(
        DECLINING, principal=money("1000"), costs=free, hazard=ZERO, annual_rate_max=Decimal(1)
    )

    assert found is not None
    assert found.annual_rate == 0
    assert set(found.parts.values()) == {Decimal(0)}


def test_a_part_that_alone_is_above_the_highest_rate_is_cut_there() -> None:
    """A fee makes up for a margin that the rate alone could not carry."""
    costs = make_costs(
        operating_cost=money("0"),
        operating_cost_monthly=money("0"),
        fee_share=Decimal("0.10"),
        margin_share=Decimal("0.10"),
    )

    found = pricing.break_even(
        DECLINING,
        principal=money("1000"),
        costs=costs,
        hazard=ZERO,
        annual_rate_max=Decimal("0.06"),
    )

    assert found is not None
    assert found.annual_rate == Decimal("0.05")
    assert found.parts["margin"] == Decimal("0.01")
    assert found.parts["fee"] == Decimal("-0.01")


def test_the_search_ends_even_where_the_worth_jumps() -> None:
    found = pricing.root(lambda rate: Decimal(1 if rate >= Decimal("0.3") else -1), ZERO, ONE)

    assert abs(found - Decimal("0.3")) <= pricing.ROOT_TOLERANCE
