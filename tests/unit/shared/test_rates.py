"""The yearly cost is that of the regulators' own examples, and of other programs."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy_financial
import pytest

from shared import rates
from shared.money import CurrencyMismatch, Money
from shared.periods import add_months
from shared.rates import Flow, NoRate

GOLDEN = Path(__file__).parents[2] / "golden" / "rates" / "yearly_cost.json"
CASES: list[dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8"))
START = date(2026, 1, 31)


def dinars(amount: str | int) -> Money:
    return Money.parse(str(amount), "JOD")


def flows_of(case: dict[str, Any]) -> list[tuple[date, Money]]:
    """The cash flows of a golden case, its regular payments written out."""
    written = [*case["flows"], *([case["last"]] if "last" in case else [])]
    flows = [(date.fromisoformat(day), Money.parse(amount, "EUR")) for day, amount in written]
    regular = case.get("repeat", {"count": 0})
    for number in range(regular["count"]):
        first = date.fromisoformat(regular["from"])
        day = add_months(first, number * regular.get("months", 0))
        day += timedelta(weeks=number * regular.get("weeks", 0))
        flows.append((day, Money.parse(regular["amount"], "EUR")))
    return flows


@pytest.mark.parametrize("case", CASES, ids=[case["source"] for case in CASES])
def test_the_yearly_cost_is_that_of_a_published_example(case: dict[str, Any]) -> None:
    found = rates.effective_annual_rate(
        flows_of(case), convention=case["convention"], unit=case.get("unit", "month")
    )

    assert abs(found - Decimal(case["rate"])) <= Decimal(case["within"])


def test_a_qard_without_fee_costs_nothing() -> None:
    flows = [(START, dinars(1000)), (add_months(START, 7), dinars(-1000))]

    assert rates.effective_annual_rate(flows) == 0


def test_a_forgiven_part_makes_the_cost_negative() -> None:
    flows = [(START, dinars(1000)), (add_months(START, 12), dinars(-750))]

    assert rates.effective_annual_rate(flows) == Decimal("-0.25")


def test_a_fee_on_the_first_day_is_a_cost() -> None:
    # Fee 34.500 on 3,000.000 repaid by twelve of 250.000.
    flows = [(date(2026, 1, 15), dinars(3000)), (date(2026, 1, 15), dinars("-34.500"))]
    flows += [(add_months(date(2026, 1, 15), month), dinars(-250)) for month in range(1, 13)]

    assert round(rates.effective_annual_rate(flows), 4) == Decimal("0.0216")


def test_the_last_of_february_is_a_month_after_the_last_of_january() -> None:
    flows = [(START, dinars(1000)), (date(2026, 2, 28), dinars(-1010))]

    found = rates.effective_annual_rate(flows)

    assert round(found, 9) == round(Decimal("1.01") ** 12 - 1, 9)


@pytest.mark.parametrize(
    ("first", "last", "days_in_year"),
    [
        (date(2023, 1, 10), date(2023, 1, 20), 365),
        (date(2024, 2, 25), date(2024, 3, 6), 366),
        (date(2024, 2, 10), date(2024, 2, 20), 365),
        (date(2025, 2, 17), date(2025, 2, 27), 366),
        (date(2025, 3, 10), date(2025, 3, 20), 365),
    ],
)
def test_days_left_over_are_parts_of_the_year_that_ends_with_them(
    first: date, last: date, days_in_year: int
) -> None:
    flows = [(first, dinars(1000)), (last, dinars(-1010))]
    expected = (Decimal("1.01").ln() * days_in_year / 10).exp() - 1

    assert round(rates.effective_annual_rate(flows), 9) == round(expected, 9)


@pytest.mark.parametrize(
    ("last", "days_in_year"), [(date(2024, 3, 6), 365), (date(2024, 3, 8), 366)]
)
def test_days_left_over_from_weeks_are_the_first_ones(last: date, days_in_year: int) -> None:
    first = date(2024, 2, 25)
    flows = [(first, dinars(1000)), (last, dinars(-1010))]
    days = (last - first).days - 7
    years = Decimal(1) / 52 + Decimal(days) / days_in_year

    found = rates.effective_annual_rate(flows, unit="week")

    assert round(found, 9) == round((Decimal("1.01").ln() / years).exp() - 1, 9)


@pytest.mark.parametrize(
    ("last", "times"),
    [
        (date(2027, 3, 1), "1"),
        (date(2028, 2, 29), "1.997260273972602739726027397"),
        (date(2029, 3, 6), "3.013698630136986301369863014"),
    ],
)
def test_years_are_counted_back_from_the_payment(last: date, times: str) -> None:
    flows = [(date(2026, 3, 1), dinars(1000)), (last, dinars(-1200))]
    expected = (Decimal("1.2").ln() / Decimal(times)).exp() - 1

    assert round(rates.effective_annual_rate(flows, unit="year"), 9) == round(expected, 9)


def test_weeks_are_fifty_two_a_year() -> None:
    flows = [(START, dinars(1000)), (START + timedelta(weeks=26), dinars(-1100))]

    assert rates.effective_annual_rate(flows, unit="week") == Decimal("0.21")


def test_a_very_short_dear_loan_has_a_very_high_rate() -> None:
    flows = [(START, dinars(500)), (START + timedelta(days=5), dinars(600))]
    with pytest.raises(NoRate):
        rates.effective_annual_rate(flows)

    flows[1] = (flows[1][0], dinars(-600))
    assert rates.effective_annual_rate(flows, convention="act/365") > 600_000


@pytest.mark.parametrize(
    "flows",
    [
        [],
        [(START, dinars(1000))],
        [(START, dinars(1000)), (START, dinars(-900))],
        [(START, dinars(1000)), (START + timedelta(days=1), dinars("-0.001"))],
    ],
)
def test_some_payments_have_no_rate(flows: list[tuple[date, Money]]) -> None:
    if not flows:
        assert rates.effective_annual_rate(flows) == 0
        return
    with pytest.raises(NoRate):
        rates.effective_annual_rate(flows)


def test_cash_flows_have_one_currency() -> None:
    flows = [(START, dinars(1)), (START + timedelta(days=1), Money(-1, "SAR"))]

    with pytest.raises(CurrencyMismatch):
        rates.effective_annual_rate(flows)


@pytest.mark.parametrize(
    "amounts",
    [
        [-100, 39, 59, 55, 20],
        [-100, 0, 0, 74],
        [-5, 10.5, 1, -8, 1],
        [1000] + [-90] * 12,
        [100, -400, 90, 120],
    ],
)
def test_the_internal_rate_is_that_of_another_program(amounts: list[float]) -> None:
    found = rates.irr([Decimal(str(amount)) for amount in amounts])

    worth = numpy_financial.npv(float(found), amounts)
    assert abs(worth) < 1e-8


def test_the_internal_rate_of_a_plain_loan_agrees_with_another_program() -> None:
    amounts = [-100, 39, 59, 55, 20]

    found = rates.irr([Decimal(amount) for amount in amounts])

    assert abs(float(found) - numpy_financial.irr(amounts)) < 1e-10


def test_of_two_rates_the_one_nearest_to_nothing_is_given() -> None:
    # -1000 + 2500/(1+x) - 1540/(1+x)^2 has the rates 0.1 and 0.4.
    assert rates.irr([Decimal(-1000), Decimal(2500), Decimal(-1540)]) == Decimal("0.1")


def test_a_flat_stretch_does_not_lose_the_search() -> None:
    # The slope is nothing in the middle of the bracket: (v - 1/2)^3 = 0 for v = 1 / (1 + x).
    cube = [Decimal(value) for value in ("-0.125", "0.75", "-1.5", "1")]

    assert abs(rates.irr(cube) - 1) < Decimal("0.0001")


@pytest.mark.parametrize(
    ("rate", "count"), [("0.01", 12), ("0.1", 3), ("0.000001", 360), ("2", 5), ("-0.01", 10)]
)
def test_an_equal_instalment_is_that_of_another_program(rate: str, count: int) -> None:
    found = rates.annuity_instalment(Decimal(1000), rate_per_period=Decimal(rate), count=count)

    expected = -numpy_financial.pmt(float(rate), count, 1000)
    assert float(found) == pytest.approx(expected, rel=1e-9)


def test_an_equal_instalment_is_exact_far_below_the_minor_unit() -> None:
    found = rates.annuity_instalment(Decimal(1000), rate_per_period=Decimal("0.01"), count=12)

    assert str(found).startswith("88.848788678341707")


def test_without_interest_the_principal_is_shared() -> None:
    found = rates.annuity_instalment(Decimal(1000), rate_per_period=Decimal(0), count=8)

    assert found == 125


@pytest.mark.parametrize(("rate", "count"), [("0.01", 0), ("-1", 3), ("-2", 3)])
def test_an_impossible_annuity_is_refused(rate: str, count: int) -> None:
    with pytest.raises(ValueError, match="annuity"):
        rates.annuity_instalment(Decimal(1), rate_per_period=Decimal(rate), count=count)


def test_a_rest_of_a_unit_bears_simple_interest() -> None:
    # 1000 (1 + i)(1 + i/2) = 1155 at i = 0.1.
    flows = [
        Flow(amount=Decimal(1000), compounded=Decimal(0)),
        Flow(amount=Decimal(-1155), compounded=Decimal(1), simple=Decimal("0.5")),
    ]

    assert abs(rates.solve(flows) - Decimal("0.1")) < Decimal("1E-15")
