"""A flat rate and the rate that it comes to ask the same instalments."""

from decimal import Decimal

import numpy_financial as npf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain.flat_rates import PERIODS_A_YEAR, declining_rate
from services.loans.domain.terms import Frequency


def test_every_frequency_has_its_periods() -> None:
    assert PERIODS_A_YEAR.keys() == {frequency.value for frequency in Frequency}


@pytest.mark.parametrize(
    ("flat", "instalments", "frequency", "every"),
    [("0.12", 12, "monthly", 1), ("0.24", 52, "weekly", 1), ("0.05", 4, "monthly", 3)],
)
def test_the_function_of_a_spreadsheet_finds_the_same_rate(
    flat: str, instalments: int, frequency: str, every: int
) -> None:
    periods = PERIODS_A_YEAR[frequency] / every
    asked = (1 + float(flat) * instalments / periods) / instalments
    expected = npf.rate(instalments, -asked, 1, 0) * periods
    found = declining_rate(
        Decimal(flat), instalments=instalments, grace=0, frequency=frequency, every=every
    )
    assert float(found) == pytest.approx(expected, abs=1e-6)


@given(
    flat=st.decimals("0.001", "2", places=4),
    instalments=st.integers(1, 120),
    grace=st.integers(0, 119),
)
def test_at_that_rate_the_instalments_are_worth_what_was_lent(
    flat: Decimal, instalments: int, grace: int
) -> None:
    grace = min(grace, instalments - 1)
    found = declining_rate(flat, instalments=instalments, grace=grace, frequency="monthly")
    rate, worth = float(found) / 12, 0.0
    for number in range(1, instalments + 1):
        asked = float(flat) / 12 + (1 / (instalments - grace) if number > grace else 0)
        worth += asked / (1 + rate) ** number
    assert worth == pytest.approx(1, abs=1e-4)
    assert found >= flat
