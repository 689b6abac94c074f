"""The arithmetic of scoring gives the published figures, to the digits they are shown with."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy_financial
import pytest

from services.scoring.domain import pricing
from services.scoring.domain.pricing import ChargeMethod, Costs, Shape
from services.scoring.domain.scorecard import LogOdds
from tests.scoring_cases import money

GOLDEN: dict[str, Any] = json.loads(
    Path(__file__).with_name("formulas.json").read_text(encoding="utf-8")
)


def to_digits_of(value: Decimal, shown: str) -> Decimal:
    return value.quantize(Decimal(shown))


def test_points_of_log_odds() -> None:
    golden = GOLDEN["log_odds"]
    scale = LogOdds(
        double_every=golden["double_every"],
        points=golden["points"],
        odds=Decimal(golden["odds"]),
    )

    assert to_digits_of(scale.factor, golden["factor"]) == Decimal(golden["factor"])
    assert to_digits_of(scale.offset, golden["offset"]) == Decimal(golden["offset"])
    for score, pd in golden["pd"].items():
        assert scale.pd(int(score)) == Decimal(pd)


def test_the_instalment_of_an_annuity() -> None:
    golden = GOLDEN["annuity"]
    shape = Shape(
        charge_method=ChargeMethod.DECLINING_BALANCE,
        annual_rate=Decimal(golden["annual_rate"]),
        term_months=golden["term_months"],
    )

    instalment = pricing.instalment_factor(shape) * Decimal(golden["principal"])

    assert to_digits_of(instalment, golden["instalment"]) == Decimal(golden["instalment"])


@pytest.fixture
def case() -> tuple[Shape, Costs, Decimal]:
    golden = GOLDEN["break_even"]
    shape = Shape(
        charge_method=ChargeMethod.DECLINING_BALANCE,
        annual_rate=Decimal(0),
        term_months=golden["term_months"],
    )
    costs = Costs(
        cost_of_funds=Decimal(golden["cost_of_funds"]),
        operating_cost=money(golden["operating_cost"], "USD"),
        operating_cost_monthly=money(golden["operating_cost_monthly"], "USD"),
        loss_given_default=Decimal(golden["loss_given_default"]),
        fee_share=Decimal(golden["fee_share"]),
        margin_share=Decimal(golden["margin_share"]),
    )
    return shape, costs, Decimal(golden["hazard"])


def test_the_break_even_price(case: tuple[Shape, Costs, Decimal]) -> None:
    golden, (shape, costs, hazard) = GOLDEN["break_even"], case
    principal = money(golden["principal"], "USD")

    found = pricing.break_even(
        shape, principal=principal, costs=costs, hazard=hazard, annual_rate_max=Decimal(1)
    )

    assert found is not None
    monthly = to_digits_of(found.annual_rate / 12, golden["monthly_rate"])
    assert monthly == Decimal(golden["monthly_rate"])
    assert to_digits_of(found.annual_rate, golden["nominal"]) == Decimal(golden["nominal"])
    priced = replace(shape, annual_rate=found.annual_rate)
    instalment = pricing.instalment_factor(priced) * principal.decimal
    assert to_digits_of(instalment, golden["instalment"]) == Decimal(golden["instalment"])
    effective = pricing.effective_annual_rate(priced, fee_share=costs.fee_share)
    assert effective == Decimal(golden["effective"])


def test_the_subsidy_a_loan_without_rate_needs(case: tuple[Shape, Costs, Decimal]) -> None:
    golden, (shape, costs, hazard) = GOLDEN["break_even"], case
    principal = money(golden["principal"], "USD")

    missing = -pricing.npv(shape, principal=principal, costs=costs, hazard=hazard)

    assert to_digits_of(missing, golden["subsidy_at_zero"]) == Decimal(golden["subsidy_at_zero"])
    needed = pricing.subsidy_needed(shape, principal=principal, costs=costs, hazard=hazard)
    assert needed == money("69.13", "USD")


def test_what_a_flat_rate_really_is() -> None:
    """A mark-up of 12 % a year on the whole price costs 23.70 % effective."""
    golden = GOLDEN["flat"]
    shape = Shape(
        charge_method=ChargeMethod.FLAT,
        annual_rate=Decimal(golden["annual_rate"]),
        term_months=golden["term_months"],
    )

    effective = pricing.effective_annual_rate(shape)

    assert to_digits_of(effective, golden["effective"]) == Decimal(golden["effective"])


@pytest.mark.parametrize("fee", GOLDEN["qard_fee"]["fees"])
def test_a_fee_on_a_qard_has_an_effective_rate(fee: str) -> None:
    """The fee is paid beside the loan in the source: kept back it costs a little more."""
    golden = GOLDEN["qard_fee"]
    shape = Shape(
        charge_method=ChargeMethod.NONE,
        annual_rate=Decimal(0),
        term_months=golden["term_months"],
    )
    share = Decimal(fee) / Decimal(golden["principal"])

    effective = pricing.effective_annual_rate(shape, fee_share=share)

    assert to_digits_of(effective, golden["fees"][fee]) == Decimal(golden["fees"][fee])


@pytest.mark.parametrize("rate", ["0.01", "0.18", "0.36", "2.40"])
@pytest.mark.parametrize("months", [1, 7, 60])
def test_factors_agree_with_numpy_financial(rate: str, months: int) -> None:
    shape = Shape(
        charge_method=ChargeMethod.DECLINING_BALANCE, annual_rate=Decimal(rate), term_months=months
    )
    fee = Decimal("0.02")

    payment = -numpy_financial.pmt(float(rate) / 12, months, 1)
    assert float(pricing.instalment_factor(shape)) == pytest.approx(payment, rel=1e-12)

    monthly = numpy_financial.irr([-0.98, *[payment] * months])
    effective = float(pricing.effective_annual_rate(shape, fee_share=fee))
    assert effective == pytest.approx((1 + monthly) ** 12 - 1, abs=1e-6)
