"""What becomes of level instalments when they are paid, charged, taken back and closed early?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain.course import closing_early, fold, level_lines
from services.loans.domain.course.events import (
    ChargeAdded,
    ChargedBack,
    ChargeWaived,
    Disbursed,
    Event,
    Paid,
    RateChanged,
    Rescheduled,
    Reversed,
)
from services.loans.domain.course.plan import (
    Allocation,
    AllocationRule,
    Charge,
    ChargeWhen,
    CountedFrom,
    DayRules,
    DownPayment,
    Grace,
    InstalmentRule,
    Plan,
    Recalculation,
    Slot,
    Standing,
)
from services.loans.domain.course.results import Course, CourseStatus, TransactionKind
from services.loans.domain.terms import ChargeMethod, Component
from tests.unit.loans.course import levels
from tests.unit.loans.course.levels import BY_PERIOD

START = date(2022, 1, 1)


def plan_of(principal: int = 100_000, rate: str = "0", count: int = 3) -> Plan:
    return replace(levels.plan_of(principal, rate, count, START), day_rules=BY_PERIOD)


def paid_out(key: int, on: date, amount: int) -> Disbursed:
    return Disbursed(key=key, on=on, amount=amount)


def charge(key: int, on: date, amount: int, due_on: date) -> ChargeAdded:
    made = Charge(
        code="late",
        when=ChargeWhen.ON_DATE,
        value=Decimal(amount),
        is_penalty=True,
        due_on=due_on,
    )
    return ChargeAdded(key=key, on=on, charge=made)


def course(plan: Plan, *events: Event, as_of: date = date(2022, 12, 31)) -> Course:
    return fold.course(plan, events, as_of=as_of)


def rows_of(found: Course) -> list[tuple[int | None, int, int, int]]:
    return [(row.number, row.principal, row.paid, row.outstanding) for row in found.rows]


# apache/fineract, DownPayment.feature C2832 (commit 7923d9e6): a second tranche after the first
# due date; its down payment pays the instalment that is past due first.
def test_a_later_tranche_is_spread_over_all_instalments_and_its_down_payment_pays_the_oldest() -> (
    None
):
    plan = replace(plan_of(200_000), down_payment=DownPayment(percent=Decimal(25), automatic=True))

    found = course(plan, paid_out(1, START, 100_000), paid_out(2, date(2022, 2, 15), 100_000))

    assert rows_of(found) == [
        (None, 0, 0, 0),
        (1, 25_000, 25_000, 0),
        (2, 50_000, 25_000, 25_000),
        (None, 0, 0, 0),
        (3, 25_000, 0, 25_000),
        (4, 50_000, 0, 50_000),
        (5, 50_000, 0, 50_000),
    ]
    assert found.outstanding == 150_000


# The same file, C2818: on a due date the down payment stands before the instalment of the day.
def test_on_one_day_the_down_payment_comes_before_the_instalment() -> None:
    plan = replace(plan_of(), down_payment=DownPayment(percent=Decimal(25), automatic=True))

    found = course(plan, paid_out(1, START, 100_000), paid_out(2, date(2022, 2, 1), 40_000))

    assert [(row.due_on.month, row.principal) for row in found.rows[2:5]] == [
        (2, 0),
        (2, 10_000),
        (2, 35_000),
    ]


# apache/fineract, Repayment.feature C2637: a penalty due on the 20th, of an instalment due on 1
# February, is paid first by what comes on the 21st, not by what comes on the 17th.
def test_a_charge_is_due_from_its_own_date_on() -> None:
    due = (Component.PENALTY, Component.FEE, Component.PROFIT, Component.PRINCIPAL)
    ahead = (Component.PRINCIPAL, Component.PENALTY, Component.FEE, Component.PROFIT)
    order: tuple[Slot, ...] = (
        *((Standing.PAST_DUE, part) for part in due),
        *((Standing.DUE, part) for part in due),
        *((Standing.IN_ADVANCE, part) for part in ahead),
    )
    plan = replace(
        plan_of(count=1),
        allocation=Allocation(rule=AllocationRule(order=order), charges_by_own_date=True),
    )

    found = course(
        plan,
        paid_out(1, START, 100_000),
        Paid(key=2, on=date(2022, 1, 10), amount=50_000),
        charge(3, date(2022, 1, 15), 5_000, due_on=date(2022, 1, 20)),
        Paid(key=4, on=date(2022, 1, 17), amount=45_000),
        Paid(key=5, on=date(2022, 1, 21), amount=5_000),
    )

    paid = [(moved.principal, moved.penalty) for moved in found.transactions[1:]]
    assert paid == [(50_000, 0), (45_000, 0), (0, 5_000)]


def test_a_new_charge_waits_for_later_payments_until_all_is_worked_out_anew() -> None:
    before = (
        paid_out(1, START, 100_000),
        Paid(key=2, on=date(2022, 1, 10), amount=20_000),
        charge(3, date(2022, 1, 15), 5_000, due_on=date(2022, 1, 25)),
    )
    backdated = Paid(key=4, on=date(2022, 1, 5), entered_on=date(2022, 1, 16), amount=1_000)

    waiting = course(plan_of(), *before)
    anew = course(plan_of(), *before, backdated)

    assert [moved.penalty for moved in waiting.transactions] == [0, 0]
    assert [moved.penalty for moved in anew.transactions] == [0, 1_000, 4_000]


def test_what_was_taken_back_stays_in_the_list_as_it_last_stood() -> None:
    found = course(
        plan_of(),
        paid_out(1, START, 100_000),
        Paid(key=2, on=date(2022, 2, 1), amount=33_333),
        Paid(key=3, on=date(2022, 2, 1), amount=1_000),
        Reversed(key=4, on=date(2022, 2, 5), of=2),
    )

    assert [(moved.key, moved.is_reversed, moved.balance) for moved in found.transactions] == [
        (1, False, 100_000),
        (2, True, 66_667),
        (3, False, 99_000),
    ]
    assert found.outstanding == 99_000


def test_a_payment_taken_back_by_its_provider_is_owed_once_more() -> None:
    found = course(
        plan_of(75_000),
        paid_out(1, START, 75_000),
        Paid(key=2, on=date(2022, 2, 1), amount=25_000),
        ChargedBack(key=3, on=date(2022, 2, 10), of=2, amount=25_000),
    )

    assert found.outstanding == 75_000
    assert found.transactions[-1].kind is TransactionKind.CHARGEBACK
    assert sum(row.principal for row in found.rows) == 100_000


def test_paid_in_full_is_paid_off_and_more_is_overpaid() -> None:
    events = (paid_out(1, START, 100_000), Paid(key=2, on=date(2022, 2, 1), amount=100_100))

    found = course(plan_of(), *events)

    assert (found.status, found.overpaid) == (CourseStatus.OVERPAID, 100)
    assert fold.payoff(plan_of(), events[:1], on=date(2022, 2, 1)) == 100_000


# apache/fineract, LoanReschedule.feature C2806: two instalments more from the second one on.
def test_more_instalments_take_what_is_left() -> None:
    found = course(
        plan_of(300_000),
        paid_out(1, START, 300_000),
        Rescheduled(key=2, on=date(2022, 3, 1), extra_instalments=2),
    )

    assert [row.principal for row in found.rows[1:]] == [100_000, *[50_000] * 4]
    assert found.rows[-1].due_on == date(2022, 6, 1)


def test_another_due_date_moves_the_later_ones_and_no_amount() -> None:
    found = course(
        plan_of(300_000),
        paid_out(1, START, 300_000),
        Rescheduled(key=2, on=date(2022, 3, 1), due_on=date(2022, 3, 10)),
    )

    assert [(row.due_on, row.principal) for row in found.rows[1:]] == [
        (date(2022, 2, 1), 100_000),
        (date(2022, 3, 10), 100_000),
        (date(2022, 4, 10), 100_000),
    ]


def test_another_rate_and_grace_on_profit_hold_from_their_instalment_on() -> None:
    plan = replace(plan_of(300_000, rate="0.12"), charge_method=ChargeMethod.FLAT)
    first = paid_out(1, START, 300_000)

    slower = course(
        plan, first, RateChanged(key=2, on=date(2022, 3, 1), annual_rate=Decimal("0.06"))
    )
    later = course(plan, first, Rescheduled(key=2, on=date(2022, 2, 1), profit_grace=2))

    assert [row.profit for row in slower.rows[1:]] == [3_000, 1_500, 1_500]
    assert [row.profit for row in later.rows[1:]] == [0, 0, 9_000]


def test_an_order_after_the_last_due_date_changes_nothing() -> None:
    first = paid_out(1, START, 300_000)
    late = RateChanged(key=2, on=date(2023, 3, 1), annual_rate=Decimal("0.5"))

    assert course(plan_of(300_000, rate="0.12"), first, late).rows == (
        course(plan_of(300_000, rate="0.12"), first).rows
    )


def test_overdue_principal_bears_profit_to_the_day_asked_for() -> None:
    plan = replace(plan_of(1_000_000, rate="0.12", count=12), recalculation=Recalculation())
    first = paid_out(1, START, 1_000_000)

    early = course(plan, first, as_of=START)
    late = course(plan, first, as_of=date(2022, 4, 1))
    silent = course(
        replace(plan, recalculation=Recalculation(overdue_bears=False)),
        first,
        as_of=date(2022, 4, 1),
    )

    assert [row.profit for row in late.rows[1:4]] == [10_000] * 3
    assert [row.profit for row in early.rows[1:4]] == [10_000, 9_212, 8_415]
    assert silent.rows == early.rows


def test_a_period_from_signing_starts_there() -> None:
    plan = replace(plan_of(), counted_from=CountedFrom.SIGNING)

    found = course(plan, paid_out(1, date(2022, 1, 5), 100_000))

    assert (found.rows[1].start_on, found.rows[1].due_on) == (START, date(2022, 2, 1))


# openMF/mifosx-e2e-testing (commit 53f6fa0f): 10,000.00 at 1 % a month closed on the 15th day of a
# month of 31 days.
@pytest.mark.parametrize(
    ("rules", "method", "grace", "profit"),
    [
        (DayRules(), ChargeMethod.DECLINING_BALANCE, Grace(), 4_603),
        (BY_PERIOD, ChargeMethod.DECLINING_BALANCE, Grace(), 4_516),
        (DayRules(), ChargeMethod.FLAT, Grace(), 4_516),
        (DayRules(), ChargeMethod.DECLINING_BALANCE, Grace(profit_payment=1), 0),
    ],
)
def test_an_early_closing_asks_for_the_days_gone_by(
    rules: DayRules, method: ChargeMethod, grace: Grace, profit: int
) -> None:
    plan = replace(
        plan_of(1_000_000, rate="0.12", count=12),
        day_rules=rules,
        charge_method=method,
        grace=grace,
    )
    events = (
        paid_out(1, START, 1_000_000),
        charge(2, START, 10_000, due_on=date(2022, 1, 10)),
        charge(3, START, 7_000, due_on=date(2022, 1, 20)),
    )

    found = closing_early.closure(plan, events, on=date(2022, 1, 15))

    assert (found.principal, found.profit, found.fee, found.penalty) == (
        1_000_000,
        profit,
        0,
        10_000,
    )
    assert found.total == 1_010_000 + profit


def test_an_early_closing_takes_what_was_paid_into_account() -> None:
    plan = plan_of(300_000, rate="0.12")
    events = (
        paid_out(1, START, 300_000),
        Paid(key=2, on=date(2022, 2, 1), amount=1_000),
        charge(3, START, 500, due_on=date(2022, 1, 20)),
    )

    found = closing_early.closure(plan, events, on=date(2022, 2, 15))

    second = course(plan, *events).rows[2]
    by_days = round(second.profit * 14 / 28)
    assert found.profit == (3_000 - 500) + by_days
    assert found.penalty == 0
    assert found.principal == 300_000


def test_of_other_instalments_charges_keep_their_own_order() -> None:
    plan = replace(plan_of(), instalment_rule=InstalmentRule.BY_PERIOD_RATES)

    assert (
        level_lines.charges_from_the_start(plan, [Reversed(key=1, on=START, of=0)]) == frozenset()
    )


def test_the_last_movement_taken_back_stands_at_the_end() -> None:
    found = course(
        plan_of(),
        paid_out(1, START, 100_000),
        Paid(key=2, on=date(2022, 2, 1), amount=33_333),
        Reversed(key=3, on=date(2022, 2, 2), of=2),
    )

    assert [moved.is_reversed for moved in found.transactions] == [False, True]


def test_an_order_before_the_money_is_paid_out_holds_from_the_start() -> None:
    slower = RateChanged(key=1, on=date(2021, 12, 1), annual_rate=Decimal("0.12"))

    found = course(plan_of(300_000, rate="0.24"), slower, paid_out(2, START, 300_000))

    assert found.rows[1].profit == 3_000


def test_the_earlier_of_two_movements_of_a_day_comes_first_though_it_was_taken_back() -> None:
    day = date(2022, 2, 1)
    found = course(
        plan_of(),
        paid_out(1, START, 100_000),
        Paid(key=2, on=day, amount=1_000),
        Paid(key=3, on=day, amount=2_000),
        Paid(key=4, on=date(2022, 3, 1), amount=3_000),
        Reversed(key=5, on=date(2022, 3, 2), of=3),
    )

    assert [moved.key for moved in found.transactions] == [1, 2, 3, 4]


def test_a_charge_is_asked_for_on_its_day_and_no_more_when_it_was_waived() -> None:
    events = (paid_out(1, START, 300_000), charge(2, START, 500, due_on=date(2022, 1, 20)))
    waived = ChargeWaived(key=3, on=date(2022, 1, 16), charge=2)

    on_its_day = closing_early.closure(plan_of(300_000), events, on=date(2022, 1, 20))
    after = closing_early.closure(plan_of(300_000), (*events, waived), on=date(2022, 1, 20))

    assert (on_its_day.penalty, after.penalty) == (500, 0)


def test_what_a_disbursement_did_besides_is_taken_back_with_it() -> None:
    plan = replace(plan_of(), down_payment=DownPayment(percent=Decimal(25), automatic=True))

    found = course(
        plan,
        paid_out(1, START, 60_000),
        paid_out(2, date(2022, 1, 10), 40_000),
        Reversed(key=3, on=date(2022, 1, 11), of=2),
    )

    assert [(moved.kind, moved.is_reversed) for moved in found.transactions] == [
        (TransactionKind.DISBURSEMENT, False),
        (TransactionKind.DOWN_PAYMENT, False),
        (TransactionKind.DISBURSEMENT, True),
        (TransactionKind.DOWN_PAYMENT, True),
    ]
