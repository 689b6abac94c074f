"""Does an order count the edge days right, keep every unit, and name what it refuses?"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain.amortisation import Advance
from services.loans.domain.chart import FundKind
from services.loans.domain.servicing import payoff
from services.loans.domain.servicing.orders import Asked, OrderKind, WaivedPart
from services.loans.domain.servicing.refusals import (
    BeyondWhatIsThere,
    DueDayNotPossible,
    ForgivenessNotZakat,
    HasMoved,
    NothingPaidAhead,
    NotSettled,
    RateNotForThis,
    TooManyInstalments,
)
from services.loans.domain.servicing.shape import Standing
from services.loans.domain.terms import ChargeMethod
from tests.builders import make_loan, money
from tests.unit.loans.servicing.standings import decide, free, order, stand

K = OrderKind
FLAT = make_loan(charge_method=ChargeMethod.FLAT)
EARLY = date(2026, 2, 1)  # 17 of the 31 days of the first period are over


def tnd(text: str) -> object:
    return money(text, "TND")


def spread(count: int = 3, on: date = date(2026, 3, 20), **members: Any) -> Asked:
    first = members.pop("first_due_on", date(2026, 4, 15))
    return order(K.RESCHEDULE, on, instalments=count, first_due_on=first, **members)


REFUSED: list[tuple[Standing, Asked, type[Exception], dict[str, object]]] = [
    (
        free(received=1_200_001),
        order(K.REFUND, amount_minor=2),
        BeyondWhatIsThere,
        {"what": "paid too much", "available": tnd("0.001"), "asked": tnd("0.002")},
    ),
    (
        free(received=5),
        order(K.SET_OFF, amount_minor=1_199_996),
        BeyondWhatIsThere,
        {"what": "open on the contract", "available": tnd("1199.995")},
    ),
    (
        free(),
        order(K.FORGIVENESS, amount_minor=1_200_001),
        BeyondWhatIsThere,
        {"what": "open on the contract", "asked": tnd("1200.001")},
    ),
    (
        stand(),
        order(K.WAIVER, part=WaivedPart.PROFIT, amount_minor=2_008),
        BeyondWhatIsThere,
        {"what": "open of what is waived"},
    ),
    (
        free(kind=FundKind.WAQF),
        order(K.FORGIVENESS),
        ForgivenessNotZakat,
        {"fund_kind": FundKind.WAQF},
    ),
    (
        free(received=1_199_990),
        order(K.CLOSE),
        NotSettled,
        {"owed": tnd("0.010"), "surplus": tnd("0.000")},
    ),
    (free(received=7), order(K.DISBURSEMENT_REVERSAL), HasMoved, {"paid": tnd("0.007")}),
    (
        stand(),
        spread(first_due_on=date(2026, 3, 20)),
        DueDayNotPossible,
        {"due_on": date(2026, 3, 20), "after": date(2026, 3, 20)},
    ),
    (
        free(received=1_199_998),
        spread(3),
        TooManyInstalments,
        {"open_principal": tnd("0.002"), "instalments": 3, "grace": 0},
    ),
    (
        stand(),
        order(
            K.RESTRUCTURE,
            instalments=3,
            first_due_on=date(2026, 4, 15),
            annual_rate=Decimal("0.13"),
        ),
        RateNotForThis,
        {"annual_rate": Decimal("0.13"), "agreed_rate": Decimal("0.12")},
    ),
    (
        stand(FLAT),
        order(K.RATE_CHANGE, annual_rate=Decimal("0.01")),
        RateNotForThis,
        {"annual_rate": Decimal("0.01"), "agreed_rate": Decimal("0.12")},
    ),
    (
        free(received=150_000),
        order(K.ADVANCE, effect=Advance.REDUCE),
        NothingPaidAhead,
        {"effective_on": date(2026, 3, 20), "due": tnd("200.000"), "paid": tnd("150.000")},
    ),
]


@pytest.mark.parametrize(("standing", "asked", "error", "named"), REFUSED)
def test_what_is_refused_is_named_with_its_values(
    standing: Standing, asked: Asked, error: type[Exception], named: dict[str, object]
) -> None:
    with pytest.raises(error) as refused:
        decide(standing, asked)
    found = {name: getattr(refused.value, name) for name in named}
    assert {name: getattr(value, "text", value) for name, value in found.items()} == named


@pytest.mark.parametrize("effect", [Advance.REDUCE, Advance.SHORTEN])
def test_an_advance_pays_the_profit_of_the_days_gone_by_first(effect: Advance) -> None:
    standing = stand(make_loan(instalments=12), received=40_000)
    earned = payoff.earned(standing, on=EARLY)
    after = decide(standing, order(K.ADVANCE, EARLY, effect=effect), today=EARLY).after

    assert earned == round(1_000 * 17 / 31)
    assert after.shape.rows[0] == (EARLY, 40_000 - earned, earned, 0, 0)
    assert after.portions.profit == earned


@pytest.mark.parametrize("effect", [Advance.REDUCE, Advance.SHORTEN])
def test_profit_of_one_amount_stays_that_amount(effect: Advance) -> None:
    standing = stand(FLAT, received=50_000)
    after = decide(standing, order(K.ADVANCE, EARLY, effect=effect), today=EARLY).after

    assert sum(row.profit for row in after.shape.rows) == 3_000
    assert sum(row.principal for row in after.shape.rows) == 100_000


def test_an_advance_of_everything_leaves_no_instalment() -> None:
    standing = stand(received=102_007)
    asked = order(K.ADVANCE, EARLY, effect=Advance.SHORTEN)
    after = decide(standing, asked, today=EARLY).after
    earned = payoff.earned(standing, on=EARLY)

    assert after.shape.rows == ((EARLY, 100_000, earned, 0, 0),)
    assert after.portions.surplus == 2_007 - earned


def test_all_may_be_due_at_once_with_its_late_profit_and_fees() -> None:
    due = date(2026, 3, 15)
    charge = order(K.CHARGE, part=WaivedPart.FEE, amount_minor=90, due_on=date(2026, 5, 1))
    standing = decide(stand(), charge).after
    (row,) = decide(standing, spread(1, on=due), today=due).after.shape.rows

    assert (row.principal, row.fee) == (100_000, 90)
    # 10.00 and 6.70 are late on the day itself; then 12 % of 1,000.00 for a month.
    assert row.profit == 1_000 + 670 + 1_000


def test_months_free_of_principal_come_first_where_nothing_is_counted_anew() -> None:
    asked = spread(4, grace=1)
    rows = decide(free(received=900_000), asked).after.open_rows
    parts = [row.principal for row in rows if row.due_on > asked.effective_on]
    assert parts == [100_000] * 3


def test_what_is_due_on_the_day_of_a_holiday_moves_and_keeps_its_rate_on_a_change() -> None:
    due = date(2026, 2, 15)
    moved = decide(stand(), order(K.PAYMENT_HOLIDAY, due, periods=1), today=due).after
    assert [row.due_on.month for row in moved.shape.rows] == [3, 4, 5]

    changed = decide(stand(), order(K.RATE_CHANGE, due, annual_rate=Decimal(0)), today=due).after
    assert [row.profit for row in changed.shape.rows] == [1_000, 0, 0]
