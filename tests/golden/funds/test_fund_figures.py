"""The figures of a fund's account come out as worked by hand from their formulas.

Multiplier and velocity are those of revolving funds (lent since the start / capital paid in; lent
in a year / average capital), utilisation and absorption donors' practice, the lag of zakat and
allocation to collection those of the Core Principles for Effective Zakat Supervision (BNM, BAZNAS,
IRTI, 2016). The split of 2004 is that of Algeria's Zakat Fund, as Sayah and Musari tell it (2022).
"""

from decimal import Decimal

import pytest

from services.loans.domain import fund_measures as measures
from shared.money import Money

CAPITAL = 10**15


def revolved(*, loss_percent: int, cycles: int) -> Decimal:
    """How often a capital is lent that loses so much of each cycle and lends all that is left."""
    lent, left = 0, CAPITAL
    for _ in range(cycles):
        lent += left
        left -= left * loss_percent // 100
    found = measures.multiplier(disbursed=lent, paid_in=CAPITAL)
    assert found is not None
    return found.quantize(Decimal("0.0001"))


@pytest.mark.parametrize(
    ("loss_percent", "cycles", "times"),
    [
        (2, 10, "9.1464"),  # (1 - 0.98^10) / 0.02
        (2, 2_000, "50.0000"),  # its limit, 1 / 0.02
        (0, 10, "10.0000"),
        (5, 10, "8.0253"),  # (1 - 0.95^10) / 0.05
    ],
)
def test_a_fund_that_revolves_lends_so_many_times_its_capital(
    loss_percent: int, cycles: int, times: str
) -> None:
    assert revolved(loss_percent=loss_percent, cycles=cycles) == Decimal(times)


def test_920000_lent_of_500000_within_two_years_turn_less_than_once_a_year() -> None:
    assert measures.multiplier(disbursed=920_000, paid_in=500_000) == Decimal("1.84")
    turned = measures.velocity(disbursed=920_000, opening=500_000, closing=500_000, days=730)
    assert turned == Decimal("0.92")


def test_of_what_was_there_460000_of_500000_is_used_and_of_a_million_promised_not_half() -> None:
    assert measures.utilisation(disbursed=460_000, at_hand=100_000, came=400_000) == Decimal("0.92")
    assert measures.absorption(disbursed=460_000, committed=1_000_000) == Decimal("0.46")


def test_zakat_that_reached_its_people_after_30_100_and_355_days() -> None:
    """Of 400,000: half within 30 days, 90 % within 100, a tenth after the lunar year of 354."""
    lags = [(30, 200_000), (100, 160_000), (355, 40_000)]

    assert measures.lag_percentile(lags, percent=50) == 30
    assert measures.lag_percentile(lags, percent=90) == 100
    assert measures.share_over_period(lags) == Decimal("0.1")
    assert measures.allocation_to_collection(disbursed=360_000, received=400_000) == Decimal("0.9")


def test_8000000_parted_as_in_2004_are_3000000_lent_1000000_costs_and_the_rest_given() -> None:
    """37.5 %, 12.5 % and 50 %; frozen since 2014, so that no rule of ours follows it."""
    parts = Money.parse("8000000.00", "DZD").split([375, 125, 500])

    assert [part.to_text() for part in parts] == [
        "3000000.00 DZD",
        "1000000.00 DZD",
        "4000000.00 DZD",
    ]
