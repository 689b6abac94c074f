"""Subsidies of the same days pay no more than the price, and only of a contract that runs."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain import subsidising
from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.subsidising import (
    Measure,
    PriceNoLongerPaid,
    SubsidiesBeyondPrice,
    Subsidy,
)

RATE = Decimal("0.12")
MARCH, JUNE = date(2026, 3, 1), date(2026, 6, 1)
MOST = Subsidy(measure=Measure.PROFIT_SHARE, part=Decimal("0.6"), starts_on=MARCH)
POINTS = Subsidy(measure=Measure.RATE_POINTS, part=Decimal("0.05"), starts_on=MARCH)


def require(asked: Subsidy, *beside: Subsidy) -> None:
    subsidising.require_within_price(asked, beside=beside, annual_rate=RATE, reference="LN-1")


@pytest.mark.parametrize("state", [*ContractStatus])
def test_the_price_of_a_contract_that_runs_is_paid_and_of_no_other(state: ContractStatus) -> None:
    if state is ContractStatus.ACTIVE:
        subsidising.require_running(state, reference="LN-1")
        return
    with pytest.raises(PriceNoLongerPaid, match="LN-1"):
        subsidising.require_running(state, reference="LN-1")


def test_more_than_all_of_the_price_is_refused_with_its_part_rounded_up() -> None:
    with pytest.raises(SubsidiesBeyondPrice) as caught:
        require(MOST, POINTS)
    assert caught.value.part == Decimal("1.016667"), "0.6 and 5 of 12 points"


def test_all_of_the_price_may_be_paid() -> None:
    require(MOST, replace(MOST, part=Decimal("0.4")))
    require(POINTS, replace(POINTS, part=Decimal("0.07")))
    with pytest.raises(SubsidiesBeyondPrice):
        require(POINTS, replace(POINTS, part=Decimal("0.0700001")))


@pytest.mark.parametrize(
    ("ends_on", "starts_on", "meets"),
    [(JUNE, JUNE, False), (date(2026, 6, 2), JUNE, True), (None, JUNE, True)],
)
def test_subsidies_that_hold_on_no_common_day_are_not_added(
    ends_on: date | None, starts_on: date, *, meets: bool
) -> None:
    first, second = replace(MOST, ends_on=ends_on), replace(MOST, starts_on=starts_on)
    assert first.meets(second) is second.meets(first) is meets
    for one, other in ((first, second), (second, first)):
        if meets:
            with pytest.raises(SubsidiesBeyondPrice):
                require(one, other)
        else:
            require(one, other)


def test_points_are_a_part_of_the_rate() -> None:
    assert POINTS.of_profit(RATE) * 12 == 5
    assert MOST.of_profit(RATE) * 5 == 3
