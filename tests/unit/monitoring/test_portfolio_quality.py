"""Portfolio at risk and write-off ratio against figures worked by hand from CGAP's definitions."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from services.monitoring.domain import portfolio_quality
from services.monitoring.domain.portfolio_quality import LoanPosition
from shared.money import CurrencyMismatch, Money

FUND = UUID(int=1)
NORTH, SOUTH = UUID(int=11), UUID(int=12)


def position(
    outstanding: int,
    *,
    late: int,
    currency: str = "JOD",
    branch: UUID = NORTH,
    sector: str = "trade",
) -> LoanPosition:
    return LoanPosition(
        contract_id=uuid4(),
        fund_id=FUND,
        branch_id=branch,
        sector=sector,
        outstanding=Money(outstanding, currency),
        days_past_due=late,
    )


# Six balances with their days late, worked by hand from the definition of 2003.
HAND_WORKED = (
    position(1_000, late=0),
    position(800, late=5),
    position(600, late=35),
    position(400, late=65),
    position(200, late=120),
    position(500, late=0),
)


def test_portfolio_at_risk_agrees_with_the_figures_worked_by_hand() -> None:
    found = portfolio_quality.quality(HAND_WORKED, currency="JOD")
    assert found.outstanding == Money(3_500, "JOD")
    assert {name: str(risk.ratio) for name, risk in found.at_risk.items()} == {
        "par1": "0.571429",
        "par30": "0.342857",
        "par60": "0.171429",
        "par90": "0.057143",
    }


@pytest.mark.parametrize(
    ("days", "name"),
    [(1, "par1"), (31, "par30"), (61, "par60"), (91, "par90")],
)
def test_a_threshold_begins_the_day_after_its_number(days: int, name: str) -> None:
    late = portfolio_quality.quality([position(100, late=days)], currency="JOD")
    one_less = portfolio_quality.quality([position(100, late=days - 1)], currency="JOD")
    assert late.at_risk[name].contracts == 1
    assert one_less.at_risk[name].contracts == 0


def test_the_whole_balance_of_a_late_contract_is_at_risk() -> None:
    found = portfolio_quality.quality([position(900, late=40)], currency="JOD")
    assert found.at_risk["par30"].outstanding == Money(900, "JOD")


def test_contracts_paid_back_count_nowhere() -> None:
    found = portfolio_quality.quality([position(0, late=0), position(10, late=0)], currency="JOD")
    assert found.contracts == 1


def test_an_empty_portfolio_has_no_ratio() -> None:
    found = portfolio_quality.quality([], currency="JOD")
    assert found.outstanding.is_zero
    assert all(risk.ratio is None for risk in found.at_risk.values())


def test_groups_are_parted_by_currency_and_sum_to_the_whole() -> None:
    positions = [
        position(100, late=0, branch=NORTH),
        position(200, late=31, branch=SOUTH),
        position(300, late=0, branch=SOUTH),
        position(50, late=0, currency="TND", branch=SOUTH),
    ]
    groups = portfolio_quality.quality_by(positions, key=lambda p: p.branch_id)
    assert groups[NORTH, "JOD"].outstanding == Money(100, "JOD")
    assert groups[SOUTH, "JOD"].outstanding == Money(500, "JOD")
    assert groups[SOUTH, "JOD"].at_risk["par30"].ratio == Decimal("0.400000")
    assert groups[SOUTH, "TND"].outstanding == Money(50, "TND")


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(CurrencyMismatch):
        portfolio_quality.quality([position(1, late=0, currency="TND")], currency="JOD")


def test_a_position_cannot_be_late_by_less_than_nothing() -> None:
    with pytest.raises(ValueError, match="not negative"):
        position(1, late=-1)


def test_write_offs_are_measured_against_the_average_portfolio() -> None:
    points = [Money(900, "JOD"), Money(1_000, "JOD"), Money(1_100, "JOD")]
    found = portfolio_quality.write_off_ratio(Money(30, "JOD"), gross_portfolios=points)
    assert found == Decimal("0.030000")


def test_without_a_portfolio_there_is_no_write_off_ratio() -> None:
    lost = Money(30, "JOD")
    assert portfolio_quality.write_off_ratio(lost, gross_portfolios=[]) is None
    assert portfolio_quality.write_off_ratio(lost, gross_portfolios=[Money(0, "JOD")]) is None


def test_a_ratio_is_of_one_currency() -> None:
    with pytest.raises(ValueError, match="one currency"):
        portfolio_quality.ratio(Money(1, "JOD"), whole=Money(1, "TND"))
