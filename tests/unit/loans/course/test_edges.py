"""Does a course hold where days, amounts and events meet at their edges?"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.loans.domain.course import fold
from services.loans.domain.course.events import (
    ChargedBack,
    ChargedOff,
    CreditRefunded,
    OpenProfit,
    ProfitPaused,
    RateChanged,
    ReAged,
    ReAmortised,
    Rescheduled,
    TrancheExpected,
    WrittenOff,
)
from services.loans.domain.course.fold import CourseStatus
from services.loans.domain.course.plan import (
    Advance,
    Allocation,
    AllocationRule,
    Charge,
    ChargeBasis,
    ChargeOff,
    ChargeWhen,
    DownPayment,
    PaymentKind,
    PayoffProfit,
    Plan,
    Recalculation,
    Unit,
)
from services.loans.domain.terms import Component
from tests.courses import START, course_of, day, fee, following_days, make_plan, out, paid, shares

LAST = Allocation(rule=AllocationRule(advance=Advance.LAST))
TO_DUE = Recalculation(payoff=PayoffProfit.TO_DUE_DATE)


def test_instalments_may_lie_years_apart() -> None:
    plan = make_plan(unit=Unit.YEARS, instalments=2)

    course = course_of(plan, out())

    assert [row.due_on for row in course.rows[1:]] == [date(2025, 1, 1), date(2026, 1, 1)]
    assert course.rows[1].profit == 700


def test_a_charge_of_every_tranche_is_taken_with_each() -> None:
    charge = Charge(
        code="tranche",
        when=ChargeWhen.AT_EACH_TRANCHE,
        basis=ChargeBasis.OF_DISBURSEMENT,
        value=Decimal(1),
    )
    plan = make_plan(charges=(charge,))

    course = course_of(plan, out(6000), out(4000, day("02-10"), key="second"))

    assert [row.fee for row in course.rows if row.number is None] == [60, 40]


def test_a_charge_of_the_plan_may_stand_with_every_instalment_or_on_its_date() -> None:
    each = Charge(code="visit", when=ChargeWhen.EACH_INSTALMENT, value=Decimal(15))
    plan = make_plan(charges=(each,))

    assert [row.fee for row in course_of(plan, out()).rows[1:]] == [15] * 6


def test_two_tranches_after_the_last_due_date_share_one_instalment() -> None:
    course = course_of(
        make_plan(), out(), out(500, day("08-10"), key="a"), out(300, day("08-10"), key="b")
    )

    assert course.rows[-1].principal == 800


def test_a_loan_that_comes_back_at_once_has_nothing_to_spread() -> None:
    plan = make_plan(down_payment=DownPayment(percent=Decimal(100), automatic=True))

    course = course_of(plan, out())

    assert course.status is CourseStatus.PAID_OFF
    assert sum(row.principal for row in course.rows) == 10_000


@pytest.mark.parametrize("plan", [make_plan(), following_days()])
def test_money_that_came_before_the_loan_pays_of_it_once_it_is_paid_out(plan: Plan) -> None:
    early = replace(paid(1000, "01-01"), on=START - timedelta(days=5))

    course = course_of(plan, out(), early)

    assert sum(row.paid for row in course.rows) == 1000
    assert 9000 < course.outstanding <= 9205


def test_a_payoff_to_the_due_date_after_an_instalment_was_paid_early_asks_its_profit_too() -> None:
    plan = make_plan(recalculation=TO_DUE)
    events = (out(), paid(1701, "01-10"))

    amount = fold.payoff(plan, events, on=day("01-20"))
    course = course_of(plan, *events, paid(amount, "01-20"), as_of="01-20")

    assert course.status is CourseStatus.PAID_OFF
    assert 10_000 < 1701 + amount <= 10_058


def test_a_payment_after_the_last_due_date_is_no_payoff_of_a_running_period() -> None:
    plan = make_plan(recalculation=TO_DUE)
    amount = fold.payoff(plan, [out()], on=day("08-10"))

    course = course_of(plan, out(), paid(amount, "08-10"), as_of="08-10")

    assert course.status is CourseStatus.PAID_OFF


def test_profit_earned_after_the_last_open_instalment_is_asked_with_it() -> None:
    plan = following_days(allocation=LAST)
    events = (out(), *(paid(1701, f"0{month}-01") for month in (2, 3, 4)), paid(3402, "04-02"))

    early = course_of(plan, *events, as_of="04-02")
    late = course_of(plan, *events, as_of="06-15")

    assert early.rows[4].settled_on is None
    assert late.rows[4].profit > early.rows[4].profit
    assert sum(row.principal for row in late.rows) == 10_000


def test_what_is_owed_once_more_on_the_first_day_of_a_period_is_seen_by_a_payment_before() -> None:
    back = ChargedBack(key="back", on=day("03-01"), of="paid 02-01", amount=500)

    course = course_of(
        following_days(), out(), paid(1701, "02-01"), back, paid(900, "03-01"), as_of="03-01"
    )

    assert sum(row.principal for row in course.rows) == 10_500
    assert course.rows[2].paid == 900


def test_a_charge_back_in_a_pause_bears_nothing_while_it_lasts() -> None:
    pause = ProfitPaused(key="pause", on=day("02-10"), until=day("03-31"))
    back = ChargedBack(key="back", on=day("02-15"), of="paid 02-01", amount=500)
    credits_first = Allocation(credits=(Component.PROFIT, Component.PRINCIPAL))

    course = course_of(
        following_days(allocation=credits_first), out(), paid(1701, "02-01"), pause, back
    )

    assert course.rows[2].profit == 13 + 58
    assert sum(row.principal for row in course.rows) == 10_000 + 442


def test_re_ageing_after_a_charge_back_spreads_what_it_made_owed() -> None:
    credits_first = Allocation(credits=(Component.PROFIT, Component.PRINCIPAL))
    back = ChargedBack(key="back", on=day("02-01"), of="paid 02-01", amount=1000)
    later = replace(back, key="later", on=day("04-10"), amount=100)
    order = ReAged(
        key="order", on=day("02-01"), starts_on=day("03-01"), every=1, unit=Unit.MONTHS,
        instalments=4,
    )  # fmt: skip

    for plan in (following_days(), following_days(allocation=credits_first)):
        course = course_of(plan, out(), paid(1701, "02-01"), back, order, later, as_of="04-10")

        assert sum(row.principal for row in course.rows) >= 10_900
        assert course.rows[-1].balance == 0


def test_re_ageing_from_the_very_first_day_replaces_all_instalments() -> None:
    order = ReAged(
        key="order", on=START, starts_on=day("02-15"), every=1, unit=Unit.MONTHS, instalments=3
    )

    for plan in (make_plan(), following_days()):
        course = course_of(plan, out(), order)

        assert course.rows[-1].due_on == day("04-15")
        assert sum(row.principal for row in course.rows) == 10_000


def test_re_ageing_after_the_last_due_date_starts_where_the_course_had_ended() -> None:
    order = ReAged(
        key="order", on=day("08-10"), starts_on=day("09-01"), every=1, unit=Unit.MONTHS,
        instalments=3,
    )  # fmt: skip

    for plan in (make_plan(), following_days()):
        course = course_of(plan, out(), order, as_of="08-10")

        assert course.rows[-1].due_on == day("11-01")
        assert sum(row.principal for row in course.rows) == 10_000


def test_a_rate_change_over_a_disbursement_day_and_a_tranche_keep_the_principal() -> None:
    change = RateChanged(key="rate", on=day("02-15"), annual_rate=Decimal("0.2"))
    pause = ProfitPaused(key="pause", on=day("02-20"), until=day("02-25"))

    course = course_of(
        following_days(), out(), change, pause, out(3000, day("03-10"), key="b"), as_of="03-10"
    )

    assert sum(row.principal for row in course.rows) == 13_000


def test_a_tranche_after_a_rate_rest_and_payments_keeps_the_principal() -> None:
    pause = ProfitPaused(key="pause", on=day("01-05"), until=day("01-20"))

    course = course_of(
        following_days(), out(), pause, paid(4000, "01-25"), out(3000, day("01-28"), key="b"),
        paid(9000, "02-15"), as_of="06-15",
    )  # fmt: skip

    assert sum(row.principal for row in course.rows) == 13_000
    assert sum(row.paid for row in course.rows) == 13_000


def test_a_tranche_that_is_expected_later_is_told_until_its_day() -> None:
    expected = TrancheExpected(key="more", on=day("03-10"), amount=2000)

    waiting = course_of(make_plan(), out(), expected, as_of="02-01")
    pending = course_of(make_plan(), expected)

    assert [row.balance for row in waiting.rows if row.number is None] == [10_000, 2000]
    assert [row.balance for row in pending.rows if row.number is None] == [10_000, 2000]


def test_what_comes_in_after_a_write_off_is_a_recovery_and_no_surplus() -> None:
    gone = WrittenOff(key="gone", on=day("03-01"))

    course = course_of(
        make_plan(), out(), gone, paid(700, "04-01", kind=PaymentKind.RECOVERY), as_of="04-01"
    )

    assert (course.status, course.overpaid) == (CourseStatus.WRITTEN_OFF, 0)
    assert course.transactions[-1].amount == 700


def test_a_charge_off_after_the_last_due_date_finds_nothing_running() -> None:
    plan = make_plan(charge_off=ChargeOff.ALL_DUE)
    lost = ChargedOff(key="lost", on=day("08-10"))

    course = course_of(plan, out(), lost, as_of="08-10")

    assert shares(course) == shares(course_of(make_plan(), out()))


def test_a_charge_off_of_a_paid_running_instalment_leaves_it_paid() -> None:
    plan = make_plan(charge_off=ChargeOff.NO_FURTHER_PROFIT)
    lost = ChargedOff(key="lost", on=day("01-20"))

    course = course_of(plan, out(), paid(1701, "01-10"), lost, fee("5", "08-01"), as_of="01-20")

    assert course.rows[1].outstanding == 0
    assert sum(row.principal for row in course.rows) == 10_000


def test_all_due_takes_up_what_was_paid_in_advance() -> None:
    plan = make_plan(charge_off=ChargeOff.ALL_DUE)
    lost = ChargedOff(key="lost", on=day("01-20"))

    course = course_of(plan, out(), paid(3000, "01-10"), lost, as_of="01-20")

    assert course.rows[1].due_on == day("01-20")
    assert course.rows[1].principal == 10_000
    assert course.rows[1].paid_in_advance == 3000


def test_profit_past_due_with_nothing_to_come_stays_where_it_is() -> None:
    order = ReAmortised(key="order", on=day("09-15"), profit=OpenProfit.SPREAD_PAYABLE)

    course = course_of(following_days(), out(), as_of="09-15")
    after = course_of(following_days(), out(), order, as_of="09-15")

    assert after.outstanding == course.outstanding


def test_a_reschedule_of_no_instalment_changes_nothing() -> None:
    order = Rescheduled(key="order", on=day("09-01"), due_on=day("10-01"))

    assert shares(course_of(make_plan(), out(), order)) == shares(course_of(make_plan(), out()))


def test_more_instalments_from_a_day_before_the_course_find_nothing_to_change() -> None:
    order = Rescheduled(key="order", on=START, extra_instalments=1)

    course = course_of(make_plan(), out(), order)

    assert len(course.rows) == 8
    assert sum(row.principal for row in course.rows) == 10_000


def test_a_credit_paid_back_after_the_last_due_date_is_a_further_instalment() -> None:
    refund = CreditRefunded(key="refund", on=day("08-10"), amount=250)

    course = course_of(following_days(), out(), paid(10_026, "01-15"), refund, as_of="08-10")

    assert course.rows[-1].due_on == day("08-10")
    assert course.outstanding == 250


def test_a_first_period_may_be_counted_from_a_day_before_the_money_came() -> None:
    plan = make_plan(regular_from=START, annual_rate=Decimal("0.0999"), principal=19_222)

    course = course_of(plan, out(19_222, day("01-15")))

    assert (course.rows[1].start_on, course.rows[1].due_on) == (day("01-15"), day("02-01"))
    assert shares(course)[:2] == [(3197, 88), (3152, 133)]


def test_an_instalment_that_is_paid_keeps_its_charge_when_others_are_counted_anew() -> None:
    each = Charge(
        code="each",
        when=ChargeWhen.EACH_INSTALMENT,
        basis=ChargeBasis.OF_PRINCIPAL,
        value=Decimal(1),
    )
    plan = make_plan(charges=(each,))

    course = course_of(
        plan, out(), paid(1717, "02-01"), out(6000, day("02-10"), key="b"), as_of="02-10"
    )

    assert course.rows[1].fee == 16
    assert course.rows[3].fee > 20


def test_profit_after_the_last_open_instalment_counts_to_the_day_of_a_payment() -> None:
    silent = Recalculation(overdue_bears=False)
    plan = make_plan(recalculation=silent, allocation=LAST)
    events = (out(), *(paid(1701, f"0{month}-01") for month in (2, 3)), paid(5103, "03-02"))

    course = course_of(plan, *events, paid(100, "06-15"), as_of="06-15")

    assert sum(row.principal for row in course.rows) == 10_000
    assert course.outstanding == sum(row.principal + row.profit for row in course.rows) - 8605
