"""What does each day bear where other rates, or eased profit, were agreed for some days?

1,000.00 at 12 % a year by 30/360 in eight months from 15 January 2026, worked by hand.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from services.loans.domain import due_dates, period_rates, schedule
from services.loans.domain.charging import Charging, RateChange, Recalculation
from services.loans.domain.course.events import OpenProfit
from services.loans.domain.course.fold import Course
from services.loans.domain.servicing.life import Life, Ordered, PaidOut, Received
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason
from tests.builders import an_id, make_loan

LOAN = make_loan(instalments=8)
APRIL_3, JULY_1 = date(2026, 4, 3), date(2026, 7, 1)
DEARER = (RateChange(on=APRIL_3, annual_rate=Decimal("0.18")),)


def life(**charging: Any) -> Life:
    """The loan paid out, its profit counted anew at each payment."""
    terms = replace(LOAN, charging=Charging(recalculation=Recalculation.ON_PAYMENT, **charging))
    out = PaidOut(key="out", on=terms.disbursed_on, amount=terms.principal.minor)
    return Life(terms=terms, signed=schedule.schedule(terms), entered=(out,))


def paid(found: Life, amount: int, on: date) -> Life:
    return found.entering(Received(key=on, on=on, amount=amount))


def order(kind: OrderKind, on: date, **members: Any) -> Ordered:
    asked = Asked(kind=kind, effective_on=on, reason=OrderReason.AGREEMENT, **members)
    return Ordered(order_id=an_id(f"{kind} {on}"), asked=asked)


def profits(course: Course) -> list[int]:
    return [row.profit for row in course.rows if row.number is not None]


@pytest.mark.parametrize(
    "charging",
    [
        {"rate_changes": DEARER},
        {"rate_changes": (*DEARER, RateChange(on=JULY_1, annual_rate=Decimal("0.06")))},
        {"rate_changes": (RateChange(on=date(2026, 4, 15), annual_rate=Decimal("0.18")),)},
        {"rate_changes": (RateChange(on=date(2026, 4, 16), annual_rate=Decimal("0.18")),)},
        {"profit_grace": 2},
        {"profit_free": 2},
    ],
    ids=["within", "twice", "its last day", "its first day", "asked later", "free"],
)
def test_with_nothing_paid_ahead_the_instalments_are_those_that_were_signed(
    charging: dict[str, Any],
) -> None:
    found = life(**charging)
    signed = schedule.schedule(replace(LOAN, charging=Charging(**charging)))

    rows = [row for row in found.course().rows if row.number is not None]

    assert [(row.principal, row.profit) for row in rows] == [
        (due.principal.minor, due.profit.minor) for due in signed
    ]


def test_each_day_bears_the_rate_agreed_for_it() -> None:
    """All is owed from 15 January: 1,000 a month, to 2 April 600 of 18 days, then 13 at 18 %."""
    found = life(rate_changes=DEARER)

    assert found.payoff(on=date(2026, 4, 2)) == 100_000 + 2_000 + round(1_000 * 18 / 31)
    to_the_15th = 100_000 + 2_000 + round(1_000 * 18 / 31 + 1_500 * 13 / 31)
    assert found.payoff(on=date(2026, 4, 15)) == to_the_15th
    assert found.payoff(on=date(2026, 5, 15)) == to_the_15th + 1_500


def test_what_is_paid_ahead_bears_neither_the_old_rate_nor_the_new() -> None:
    bare, ahead = (
        life(rate_changes=DEARER),
        paid(life(rate_changes=DEARER), 40_000, date(2026, 3, 15)),
    )
    saved = bare.payoff(on=date(2026, 4, 15)) - ahead.payoff(on=date(2026, 4, 15))
    assert saved == 40_000 + round(380 * 18 / 31 + 570 * 13 / 31), "380.00 of it was principal"


def test_profit_put_off_is_asked_with_the_first_instalment_after_and_bears_nothing() -> None:
    found = life(profit_grace=2)
    first, second, third = (due.total.minor for due in schedule.schedule(found.terms)[:3])

    on_time = paid(paid(found, first, date(2026, 2, 15)), second, date(2026, 3, 15))
    assert profits(on_time.course())[:3] == [0, 0, 2_636], "1,000 and 879 and 757"
    late = paid(found, first + second, date(2026, 3, 15))
    assert profits(late.course())[2] == 1_000 + 1_000 + 757
    assert third == 12_312 + 2_636
    assert on_time.payoff(on=date(2026, 3, 15)) == 100_000 - first - second + 1_879


def test_days_agreed_to_be_free_bear_nothing_even_past_due() -> None:
    found = life(profit_free=2)
    assert found.payoff(on=date(2026, 3, 15)) == 100_000
    assert found.payoff(on=date(2026, 4, 15)) == 101_000


def test_an_ordered_rate_holds_for_good_and_taken_back_the_agreed_one_returns() -> None:
    found = life(rate_changes=DEARER)
    lower = order(OrderKind.RATE_CHANGE, date(2026, 3, 16), annual_rate=Decimal("0.06"))
    ordered = found.entering(lower)

    rates = [
        [str(one.rate_on(day)) for day in (date(2026, 3, 15), date(2026, 3, 16), APRIL_3, JULY_1)]
        for one in (found, ordered)
    ]

    assert rates == [["0.12", "0.12", "0.18", "0.18"], ["0.12", "0.06", "0.06", "0.06"]]
    assert ordered.payoff(on=date(2026, 5, 15)) == 100_000 + 2_000 + 1_000
    assert ordered.without(lower.order_id).payoff(on=JULY_1) == found.payoff(on=JULY_1)


def test_where_all_profit_is_waived_no_agreed_rate_brings_it_back() -> None:
    found = paid(life(rate_changes=DEARER), 13_069, date(2026, 2, 15))
    aged = order(
        OrderKind.RE_AGE,
        date(2026, 3, 20),
        instalments=6,
        first_due_on=date(2026, 4, 20),
        open_profit=OpenProfit.SPREAD_PAYABLE,
    )
    course = found.entering(aged).course()
    owed = course.rows[-6:]
    assert sum(row.profit for row in owed) < 1_200, "what was earned to the day, and no more"
    assert found.entering(aged).payoff(on=date(2026, 9, 20)) == sum(
        row.principal + row.profit for row in owed
    )


def test_a_period_with_two_rates_has_two_lengths() -> None:
    """15 March to 15 April by act/act over one rate: none; over two: 18 and 13 days of 365."""
    terms = replace(LOAN, day_count="act/act", charging=Charging(rate_changes=DEARER))
    third, fourth = due_dates.spans(terms)[2:4]
    assert period_rates.parts(terms, fourth) == ()
    assert period_rates.parts(terms, third) == (
        (date(2026, 3, 15), date(2026, 4, 2), Fraction(18, 365)),
        (date(2026, 4, 2), date(2026, 4, 15), Fraction(13, 365)),
    )
