"""Does a course hold in the corners that no published case has?"""

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
    ReAged,
)
from services.loans.domain.course.fold import Course
from services.loans.domain.course.plan import (
    Allocation,
    ChargeOff,
    CountedFrom,
    CountedOver,
    DayRules,
    DownPayment,
    InstalmentRule,
    PaymentKind,
    PayoffProfit,
    Plan,
    Recalculation,
    Rest,
    Unit,
)
from services.loans.domain.terms import Component
from tests.courses import START, course_of, day, fee, following_days, make_plan, out, paid, shares

TO_DUE = Recalculation(rest=Rest.WITH_INSTALMENT, payoff=PayoffProfit.TO_DUE_DATE)
PROFIT_FIRST = Allocation(
    credits=(Component.PROFIT, Component.PENALTY, Component.FEE, Component.PRINCIPAL)
)


def principal(course: Course) -> int:
    return sum(row.principal for row in course.rows)


def re_aged(on: str, first: str, count: int, profit: OpenProfit) -> ReAged:
    return ReAged(
        key="re-aged",
        on=day(on),
        starts_on=day(first),
        every=1,
        unit=Unit.MONTHS,
        instalments=count,
        profit=profit,
    )


def test_a_charge_of_an_instalment_that_stays_stays_when_others_are_spread_anew() -> None:
    course = course_of(
        make_plan(),
        out(),
        fee("100", "01-20"),
        fee("50", "05-15"),
        re_aged("03-15", "04-01", 3, OpenProfit.AS_AGREED),
        as_of="03-15",
    )

    fees = {row.due_on: row.fee for row in course.rows if row.fee}
    assert fees == {day("02-01"): 100, day("06-01"): 50}


@pytest.mark.parametrize("until", ["05-31", "12-31"])
def test_a_pause_of_level_instalments_leaves_the_principal_whole(until: str) -> None:
    plan = make_plan(instalment_rule=InstalmentRule.FIXED_LEVEL, every=2)
    paused = ProfitPaused(key="pause", on=day("04-13"), until=day(until))

    agreed = course_of(plan, out())
    course = course_of(plan, out(), paused, as_of="06-01")

    assert principal(course) == principal(agreed) == 10_000
    assert sum(profit for _, profit in shares(course)) < sum(profit for _, profit in shares(agreed))


def test_a_pause_after_everything_fell_due_at_once_changes_nothing() -> None:
    plan = make_plan(charge_off=ChargeOff.ALL_DUE)
    off = ChargedOff(key="off", on=day("02-09"))
    paused = ProfitPaused(key="pause", on=day("02-21"), until=day("04-09"))

    assert course_of(plan, out(), off).rows == course_of(plan, out(), off, paused).rows


def test_a_loan_spread_anew_twice_owes_what_it_owed() -> None:
    first = re_aged("02-15", "03-01", 2, OpenProfit.SPREAD_PAYABLE)
    second = ReAged(
        key="again",
        on=day("03-10"),
        starts_on=day("04-16"),
        every=1,
        unit=Unit.MONTHS,
        instalments=6,
    )

    course = course_of(following_days(), out(), first, second, as_of="03-10")

    assert principal(course) == 10_000
    assert [row.due_on for row in course.rows[-6:]] == [
        day("04-16") if month == 4 else date(2024, month, 16) for month in range(4, 10)
    ]


@pytest.mark.parametrize("plan", [following_days(), make_plan(recalculation=TO_DUE)])
def test_money_before_the_loan_pays_of_it_and_goes_back_whole(plan: Plan) -> None:
    early = paid(1_000, "01-01")
    late_out = out(on=day("01-04"))
    back = ChargedBack(key="back", on=day("01-02"), of=early.key, amount=1_000)

    course = course_of(plan, late_out, early)
    undone = course_of(plan, late_out, early, back)

    assert sum(row.paid for row in course.rows) == 1_000
    assert principal(undone) == 11_000
    assert undone.outstanding - undone.overpaid >= course.outstanding - course.overpaid + 1_000


def test_a_refund_on_the_first_day_has_cost_no_profit() -> None:
    plan = following_days(profit_refunded_on=frozenset({PaymentKind.MERCHANT_REFUND}))
    refund = paid(333, "01-01", kind=PaymentKind.MERCHANT_REFUND)
    later = paid(333, "01-20", kind=PaymentKind.MERCHANT_REFUND)

    kinds = [moved.kind.value for moved in course_of(plan, out(), refund).transactions]
    assert kinds == ["disbursement", "merchant_refund"]
    kinds = [moved.kind.value for moved in course_of(plan, out(), later).transactions]
    assert kinds == ["disbursement", "merchant_refund", "profit_refund"]


def test_a_loan_paid_out_on_its_last_due_date_bears_no_profit() -> None:
    rules = DayRules(over=CountedOver.PERIODS, partial_periods=False)
    plan = make_plan(
        unit=Unit.DAYS, instalments=3, counted_from=CountedFrom.SIGNING, day_rules=rules
    )

    course = course_of(plan, out(on=START + timedelta(days=3)))

    assert principal(course) == 10_000
    assert sum(profit for _, profit in shares(course)) == 0


def test_profit_claimed_back_is_asked_once_when_all_is_spread_anew() -> None:
    plan = following_days(allocation=PROFIT_FIRST)
    back = ChargedBack(key="back", on=day("02-10"), of="paid 02-01", amount=400)
    spread = re_aged("02-20", "03-20", 3, OpenProfit.SPREAD_PAYABLE)
    events = (out(), paid(1_701, "02-01"), back)

    owed = fold.payoff(plan, events, on=day("02-20"))
    course = course_of(plan, *events, spread, as_of="02-20")

    (entry,) = [moved for moved in course.transactions if moved.kind.value == "re_age"]
    assert entry.amount == owed
    assert sum(row.principal + row.profit for row in course.rows[-3:]) == owed


def test_all_that_is_owed_after_the_last_due_date_is_spread() -> None:
    plan = following_days(instalments=2)
    spread = re_aged("04-15", "05-15", 2, OpenProfit.SPREAD_ALL)

    owed = fold.payoff(plan, [out()], on=day("04-15"))
    course = course_of(plan, out(), spread, as_of="04-15")

    assert principal(course) == 10_000
    assert sum(row.principal + row.profit for row in course.rows[-2:]) == owed


def test_a_down_payment_is_not_spread_with_the_rest() -> None:
    plan = make_plan(down_payment=DownPayment(percent=Decimal(10)))
    spread = re_aged("03-15", "04-15", 2, OpenProfit.SPREAD_PAYABLE)

    course = course_of(plan, out(), spread, as_of="03-15")

    assert [row.principal for row in course.rows if row.due_on == START and row.principal] == [1000]
    assert sum(row.principal for row in course.rows[-2:]) == 9_000


@pytest.mark.parametrize("amount", [50, 500, 1_000, 4_000])
def test_a_credit_paid_back_early_never_asks_more_than_is_owed(amount: int) -> None:
    plan = following_days(unit=Unit.YEARS, instalments=6)
    refund = CreditRefunded(key="refund", on=day("02-26"), amount=167)
    more = paid(amount, "10-02", kind=PaymentKind.PROFIT_REFUND)

    course = course_of(plan, out(500), refund, more, as_of="10-02")

    assert principal(course) == 667
    assert all(min(row.principal, row.profit, row.outstanding) >= 0 for row in course.rows)
    assert sum(row.paid for row in course.rows) + course.overpaid == amount
