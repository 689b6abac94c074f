"""How are the open instalments spread anew?"""

from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain import schedule
from services.loans.domain.amortisation import Advance
from services.loans.domain.servicing import rows as arithmetic
from services.loans.domain.servicing import tails
from services.loans.domain.servicing.orders import OrderKind
from services.loans.domain.servicing.refusals import (
    DueDayNotPossible,
    NothingPaidAhead,
    OrderChangesNothing,
    RateNotForThis,
    TooManyInstalments,
)
from services.loans.domain.servicing.rows import Row
from services.loans.domain.terms import ChargeMethod
from tests.builders import make_loan, money
from tests.unit.loans.servicing.standings import decide, free, order, rows_of, stand

K = OrderKind
FLAT = make_loan(charge_method=ChargeMethod.FLAT)  # 30.00 in three times 10.00


def test_a_tail_is_what_a_new_loan_of_the_same_terms_would_be() -> None:
    terms = make_loan(principal=money("87654.32", "USD"), instalments=60)
    days = tails.days_from(terms.first_due_on, count=60, terms=terms)
    pairs = tails.declining(
        8_765_432,
        annual_rate=terms.annual_rate,
        start=terms.disbursed_on,
        days=days,
        terms=terms,
    )
    agreed = schedule.schedule(terms)

    assert [(due.principal.minor, due.profit.minor) for due in agreed] == list(pairs)
    assert tuple(due.due_on for due in agreed) == days


def test_a_qard_is_spread_over_more_instalments() -> None:
    standing = free(received=900_000)  # 300 of 1,200 open, due in November to January
    asked = order(K.RESCHEDULE, date(2026, 11, 1), instalments=6, first_due_on=date(2026, 12, 1))
    decided = decide(standing, asked, today=date(2026, 11, 1))

    tail = decided.after.shape.rows[-6:]
    assert [row.principal for row in tail] == [50_000] * 6
    assert [row.due_on.month for row in tail] == [12, 1, 2, 3, 4, 5]
    assert decided.entry is None
    assert decided.after.owed == standing.owed


def test_the_running_instalment_is_cut_where_it_is_paid() -> None:
    standing = free(received=950_000)
    asked = order(K.RESCHEDULE, date(2026, 11, 1), instalments=5, first_due_on=date(2027, 1, 1))
    decided = decide(standing, asked, today=date(2026, 11, 1))

    assert sum(row.total for row in decided.after.settled_rows) == 950_000
    assert [row.total for row in decided.after.open_rows if row.total] == [50_000] * 5
    # Half of November's instalment was paid ahead of its day: it counts on the order's day.
    assert Row(date(2026, 11, 1), 50_000) in decided.after.shape.rows


def test_late_profit_comes_with_the_first_new_instalment() -> None:
    standing = stand()  # nothing paid; 15 February and 15 March are late
    asked = order(
        K.RESCHEDULE, date(2026, 3, 20), instalments=4, first_due_on=date(2026, 4, 15), grace=1
    )
    rows = decide(standing, asked).after.shape.rows

    # 1,000.00 runs from 15 March: 10.00 for the month, and 10.00 + 6.70 that are late.
    assert rows[0] == Row(date(2026, 4, 15), 0, 1000 + 1670)
    assert sum(row.principal for row in rows) == 100_000
    assert rows[1].profit == 1000


def test_flat_profit_stays_the_amount_that_was_agreed() -> None:
    standing = stand(FLAT)
    asked = order(K.RESCHEDULE, instalments=6, first_due_on=date(2026, 4, 15))
    rows = decide(standing, asked).after.shape.rows

    assert sum(row.profit for row in rows) == 3000
    assert [row.profit for row in rows] == [500] * 6


def test_a_restructure_at_half_the_rate_halves_flat_profit() -> None:
    asked = order(
        K.RESTRUCTURE, instalments=3, first_due_on=date(2026, 4, 15), annual_rate=Decimal("0.06")
    )
    rows = decide(stand(FLAT), asked).after.shape.rows

    assert sum(row.profit for row in rows) == 1500


def test_a_restructure_never_raises_the_rate() -> None:
    asked = order(
        K.RESTRUCTURE, instalments=3, first_due_on=date(2026, 4, 15), annual_rate=Decimal("0.13")
    )
    with pytest.raises(RateNotForThis):
        decide(stand(), asked)


@pytest.mark.parametrize(("instalments", "grace"), [(3, 3), (601, 0), (2, 5)])
def test_what_is_open_is_spread_over_a_possible_number(instalments: int, grace: int) -> None:
    asked = order(
        K.RESCHEDULE, instalments=instalments, first_due_on=date(2026, 4, 15), grace=grace
    )
    with pytest.raises(TooManyInstalments):
        decide(stand(), asked)


def test_nothing_falls_due_before_the_order() -> None:
    asked = order(K.RESCHEDULE, instalments=3, first_due_on=date(2026, 3, 20))
    with pytest.raises(DueDayNotPossible):
        decide(stand(), asked)


def test_a_holiday_moves_what_is_open_and_adds_nothing() -> None:
    standing = stand(received=34002)
    asked = order(K.PAYMENT_HOLIDAY, date(2026, 3, 1), periods=2)
    decided = decide(standing, asked)

    assert [row.due_on for row in decided.after.shape.rows] == [
        date(2026, 2, 15),
        date(2026, 5, 15),
        date(2026, 6, 15),
    ]
    assert decided.after.owed == standing.owed
    assert decided.entry is None


def test_a_holiday_leaves_what_is_late_late() -> None:
    decided = decide(stand(), order(K.PAYMENT_HOLIDAY, date(2026, 3, 1), periods=1))
    assert decided.after.shape.rows[0].due_on == date(2026, 2, 15)


def test_another_rate_counts_from_the_next_due_date() -> None:
    standing = stand(make_loan(instalments=4))
    asked = order(K.RATE_CHANGE, date(2026, 2, 20), annual_rate=Decimal("0.24"))
    before, after = standing.shape.rows, decide(standing, asked).after.shape.rows

    assert after[:2] == before[:2]
    open_principal = before[2].principal + before[3].principal
    assert after[2].profit == pytest.approx(open_principal * 0.02, abs=1)
    assert after[2].principal + after[3].principal == open_principal
    assert abs(after[2].total - after[3].total) <= 1


def test_profit_agreed_on_the_whole_has_no_rate_to_change() -> None:
    with pytest.raises(RateNotForThis):
        decide(stand(FLAT), order(K.RATE_CHANGE, annual_rate=Decimal("0.06")))


def test_the_last_instalment_has_no_rate_to_change() -> None:
    standing = stand(received=68004)
    with pytest.raises(OrderChangesNothing):
        decide(standing, order(K.RATE_CHANGE, annual_rate=Decimal("0.06")))


def test_money_paid_ahead_makes_the_others_smaller() -> None:
    standing = free(received=400_000)  # one hundred has fallen due on 15 February
    asked = order(K.ADVANCE, date(2026, 2, 20), effect=Advance.REDUCE)
    rows = decide(standing, asked).after.shape.rows

    assert rows[:2] == (Row(date(2026, 2, 15), 100_000), Row(date(2026, 2, 20), 300_000))
    assert [row.principal for row in rows[2:]] == [72_727] * 10 + [72_730]


def test_money_paid_ahead_makes_fewer_instalments() -> None:
    standing = free(received=400_000)
    asked = order(K.ADVANCE, date(2026, 2, 20), effect=Advance.SHORTEN)
    rows = decide(standing, asked).after.shape.rows

    assert [row.principal for row in rows[2:]] == [100_000] * 8
    assert rows[2].due_on == date(2026, 3, 15)


def test_money_paid_ahead_saves_profit_on_a_declining_balance() -> None:
    standing = stand(make_loan(instalments=12), received=40_000)
    due = standing.shape.rows[0].total
    for effect in (Advance.REDUCE, Advance.SHORTEN):
        decided = decide(standing, order(K.ADVANCE, date(2026, 2, 15), effect=effect))
        agreed = arithmetic.sums(standing.shape.rows)
        now = arithmetic.sums(decided.after.shape.rows)
        assert now[0] == agreed[0] == 100_000
        assert now[1] < agreed[1]
        # What went to the profit of later instalments goes to principal now.
        assert decided.after.portions.profit == 1000
        assert decided.after.portions.principal == 40_000 - 1000
        assert due == 8885


def test_the_next_dues_are_paid_where_nothing_else_is_asked() -> None:
    with pytest.raises(OrderChangesNothing):
        decide(free(received=400_000), order(K.ADVANCE, effect=Advance.NEXT_DUES))


def test_nothing_is_advanced_where_nothing_is_paid_ahead() -> None:
    with pytest.raises(NothingPaidAhead):
        decide(free(received=200_000), order(K.ADVANCE, effect=Advance.REDUCE))


def test_an_advance_of_everything_leaves_the_rest_as_surplus() -> None:
    standing = stand(received=102_007)
    asked = order(K.ADVANCE, date(2026, 1, 15), effect=Advance.REDUCE)
    decided = decide(standing, asked)

    assert decided.after.portions.principal == 100_000
    assert decided.after.portions.surplus == 2007
    assert decided.after.owed == 0


def test_rows_of_a_day_are_one_and_empty_ones_go() -> None:
    day, other = date(2026, 1, 1), date(2026, 2, 1)
    rows = [Row(other), Row(day, 1), Row(day, 2, 3)]
    assert arithmetic.compact(rows) == (Row(day, 3, 3),)
    assert rows_of(make_loan())[0].total == 34002
