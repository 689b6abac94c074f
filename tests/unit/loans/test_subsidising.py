"""What another fund pays of a price: so much of each profit, in its days, and up to its cap."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain import subsidising
from services.loans.domain.schedule import Instalment
from services.loans.domain.subsidising import (
    NO_ARREARS,
    ArrearsStopSubsidy,
    Due,
    Measure,
    NothingToSubsidise,
    Subsidy,
)
from shared.money import Money

RATE = Decimal("0.18")
HALF = Subsidy(measure=Measure.PROFIT_SHARE, part=Decimal("0.5"), starts_on=date(2026, 2, 1))
POINTS = replace(HALF, measure=Measure.RATE_POINTS, part=Decimal("0.02"))
LAST = date(2026, 12, 31)


def jod(text: str) -> Money:
    return Money.parse(text, "JOD")


INSTALMENTS = tuple(
    Instalment(
        number=number,
        due_on=date(2026, number, 15),
        principal=jod("100.000"),
        profit=jod(profit),
        fee=jod("0.000"),
    )
    for number, profit in ((1, "45.001"), (2, "45.000"), (3, "30.001"), (4, "15.000"))
)


def amounts(
    subsidy: Subsidy, *, paid: str = "0.000", plan: tuple[Instalment, ...] = INSTALMENTS
) -> list[str]:
    found = subsidising.dues(
        subsidy,
        instalments=plan,
        annual_rate=RATE,
        paid=jod(paid),
        on=LAST,
    )
    return [str(one.amount) for one in found]


@pytest.mark.requirement("C7.2")
def test_a_share_or_points_of_each_profit_are_paid_from_the_first_day_on() -> None:
    assert amounts(HALF) == ["22.500", "15.000", "7.500"]
    assert amounts(POINTS) == ["5.000", "3.333", "1.666"]


def test_what_was_paid_for_is_not_paid_again_and_the_cap_is_the_most() -> None:
    assert amounts(HALF, paid="22.500") == ["15.000", "7.500"]
    assert amounts(replace(HALF, cap=jod("24.000"))) == ["22.500", "1.500"]
    assert amounts(replace(HALF, cap=jod("24.000")), paid="24.000") == []


def test_a_plan_that_numbers_its_instalments_anew_is_not_paid_for_twice() -> None:
    anew = tuple(replace(one, number=one.number + 10) for one in INSTALMENTS)
    assert amounts(HALF, paid="37.500", plan=anew) == ["7.500"]
    assert amounts(HALF, paid="45.000", plan=anew) == []


@pytest.mark.requirement("C7.2")
@pytest.mark.parametrize("name", ["ends_on", "lost_on"])
def test_from_its_end_or_the_loss_of_a_condition_nothing_is_paid(name: str) -> None:
    def ends(on: date) -> Subsidy:
        members: dict[str, Any] = {name: on}
        return replace(HALF, **members)

    assert amounts(ends(date(2026, 3, 15))) == ["22.500"]
    assert amounts(ends(date(2026, 3, 16))) == ["22.500", "15.000"]


def test_what_falls_due_later_waits() -> None:
    found = subsidising.dues(
        HALF,
        instalments=INSTALMENTS,
        annual_rate=RATE,
        paid=jod("0.000"),
        on=date(2026, 2, 14),
    )
    assert found == []


def test_a_loan_without_a_price_has_nothing_to_subsidise() -> None:
    subsidising.check(HALF, annual_rate=RATE, reference="LN")
    for subsidy, rate in ((HALF, Decimal(0)), (replace(POINTS, part=Decimal("0.19")), RATE)):
        with pytest.raises(NothingToSubsidise):
            subsidising.check(subsidy, annual_rate=rate, reference="LN")


@pytest.mark.requirement("C7.2")
def test_where_no_arrears_are_asked_for_an_older_open_instalment_stops_it() -> None:
    due = Due(number=3, due_on=date(2026, 3, 15), amount=jod("15.000"))
    for conditions, oldest in (
        ({NO_ARREARS}, due.due_on),
        ({NO_ARREARS}, None),
        ({"keeps_activity"}, date(2026, 2, 15)),
    ):
        subsidising.require_no_arrears(due, conditions=conditions, oldest_open_due_on=oldest)
    with pytest.raises(ArrearsStopSubsidy):
        subsidising.require_no_arrears(
            due, conditions={NO_ARREARS}, oldest_open_due_on=date(2026, 2, 15)
        )
