"""What do changes of the agreement make of the instalments still to come?"""

from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain.course.events import (
    OpenProfit,
    ProfitPaused,
    RateChanged,
    ReAged,
    ReAmortised,
    Rescheduled,
    Reversed,
)
from services.loans.domain.course.plan import DownPayment, Unit
from services.loans.domain.terms import ChargeMethod
from tests.courses import (
    START,
    course_of,
    day,
    fee,
    following_days,
    make_plan,
    out,
    paid,
    shares,
)


def rate(text: str, on: date) -> RateChanged:
    return RateChanged(key=f"rate {on}", on=on, annual_rate=Decimal(text))


def aged(
    on: str, starts_on: str, count: int = 6, profit: OpenProfit = OpenProfit.AS_AGREED
) -> ReAged:
    return ReAged(
        key="re-aged",
        on=day(on),
        starts_on=day(starts_on),
        every=1,
        unit=Unit.MONTHS,
        instalments=count,
        profit=profit,
    )


def test_another_rate_finds_the_instalments_anew_from_its_period_on() -> None:
    course = course_of(following_days(), out(), rate("0.04", day("02-02")), as_of="01-15")

    asked = [principal + profit for principal, profit in shares(course)]
    assert asked[0] == 1701
    assert len(set(asked[1:5])) == 1
    assert 1671 < asked[1] < 1701


def test_a_rate_from_the_first_day_holds_for_all_instalments() -> None:
    course = course_of(make_plan(), out(), rate("0", START), as_of="01-15")

    assert sum(profit for _, profit in shares(course)) == 0
    assert [principal for principal, _ in shares(course)] == [1667] * 5 + [1665]


def test_a_rate_after_the_last_due_date_changes_nothing() -> None:
    course = course_of(make_plan(), out(), rate("0.5", day("09-01")), as_of="09-01")

    assert shares(course) == shares(course_of(make_plan(), out()))


def test_a_rate_of_a_flat_loan_bears_on_what_is_still_to_come() -> None:
    plan = make_plan(charge_method=ChargeMethod.FLAT, annual_rate=Decimal("0.12"), instalments=4)

    course = course_of(plan, out(), rate("0.24", day("03-01")), as_of="01-15")

    assert sum(profit for _, profit in shares(course)) > 400
    assert sum(principal for principal, _ in shares(course)) == 10_000


def test_while_profit_rests_the_instalment_stays_and_the_last_one_shrinks() -> None:
    pause = ProfitPaused(key="pause", on=day("02-10"), until=day("03-10"))

    course = course_of(following_days(), out(), pause, as_of="01-15")

    asked = [principal + profit for principal, profit in shares(course)]
    assert asked[:5] == [1701] * 5
    assert asked[5] < 1700
    assert shares(course)[1][1] == 13  # 8 of the 29 days of February


def test_a_pause_from_the_day_after_a_periods_first_leaves_that_day_its_profit() -> None:
    pause = ProfitPaused(key="pause", on=day("01-02"), until=day("01-10"))

    assert shares(course_of(following_days(), out(), pause))[0] == (1658, 43)


def test_a_pause_over_whole_periods_leaves_them_without_profit() -> None:
    pause = ProfitPaused(key="pause", on=day("02-01"), until=day("04-01"))

    profits = [profit for _, profit in shares(course_of(make_plan(), out(), pause))]

    assert profits[1:3] == [0, 0]


def test_a_rate_after_a_pause_keeps_instalments_as_if_profit_had_never_rested() -> None:
    pause = ProfitPaused(key="pause", on=day("02-05"), until=day("02-15"))

    course = course_of(make_plan(), out(), pause, rate("0.07", day("02-21")))

    asked = [principal + profit for principal, profit in shares(course)]
    assert asked[:5] == [1701] * 5


def test_a_pause_of_no_period_changes_nothing() -> None:
    pause = ProfitPaused(key="pause", on=day("09-01"), until=day("09-10"))

    assert shares(course_of(make_plan(), out(), pause)) == shares(course_of(make_plan(), out()))


def test_a_new_due_date_moves_the_later_ones_and_the_last_takes_the_cost() -> None:
    order = Rescheduled(key="order", on=day("02-01"), due_on=day("03-01"))

    course = course_of(following_days(), out(), order)

    assert [row.due_on for row in course.rows[1:4]] == [day("03-01"), day("04-01"), day("05-01")]
    assert [row.due for row in course.rows[1:]] == [1701] * 5 + [1760]


def test_more_instalments_find_them_all_anew() -> None:
    order = Rescheduled(key="order", on=day("03-15"), extra_instalments=2)

    course = course_of(make_plan(), out(), order, as_of="03-15")

    assert len(course.rows) == 9
    assert course.rows[-1].due_on == day("09-01")
    assert sum(row.principal for row in course.rows) == 10_000


def test_re_ageing_without_profit_spreads_what_is_open_over_new_instalments() -> None:
    plan = make_plan(
        principal=100_000,
        annual_rate=Decimal(0),
        instalments=3,
        every=15,
        unit=Unit.DAYS,
        down_payment=DownPayment(percent=Decimal(25), automatic=True),
    )

    course = course_of(plan, out(100_000), aged("02-20", "03-01"), as_of="02-20")

    assert [row.principal for row in course.rows[1:]] == [25_000, 0, 0, 0] + [12_500] * 6
    assert course.rows[-1].due_on == day("08-01")
    assert course.rows[2].settled_on == day("02-20")
    assert course.transactions[-1].principal == 75_000


def test_re_ageing_keeps_what_was_paid_ahead_in_an_instalment_of_its_own() -> None:
    plan = make_plan(annual_rate=Decimal(0), instalments=4)

    course = course_of(plan, out(), paid(4000, "02-01"), aged("02-15", "03-01", 3), as_of="02-15")

    assert [(row.principal, row.paid) for row in course.rows[1:]] == [
        (2500, 2500), (1500, 1500), (2000, 0), (2000, 0), (2000, 0),
    ]  # fmt: skip
    assert course.rows[2].paid_in_advance == 1500


def test_re_ageing_by_the_agreed_rate_carries_the_profit_of_the_days_gone_by() -> None:
    course = course_of(
        following_days(), out(), paid(1701, "02-01"), aged("03-15", "04-01"), as_of="03-15"
    )

    assert shares(course)[:4] == [(1643, 58), (0, 0), (0, 0), (1332, 98)]
    assert [row.due for row in course.rows[5:]] == [1430] * 4 + [1429]
    assert sum(row.principal for row in course.rows) == 10_000


def test_re_ageing_may_spread_all_profit_that_was_still_to_come() -> None:
    course = course_of(
        following_days(),
        out(),
        paid(2500, "02-01"),
        aged("03-15", "04-01", profit=OpenProfit.SPREAD_ALL),
        as_of="03-15",
    )

    assert shares(course)[3:] == [(1260, 24)] * 5 + [(1258, 24)]
    assert (course.rows[2].principal, course.rows[2].paid_in_advance) == (799, 799)


def test_re_ageing_may_spread_no_more_than_the_profit_earned_to_the_day() -> None:
    course = course_of(
        following_days(),
        out(),
        paid(1701, "02-01"),
        fee("12", "05-10"),
        aged("03-15", "04-01", profit=OpenProfit.SPREAD_PAYABLE),
        as_of="03-15",
    )

    assert [row.profit for row in course.rows[4:]] == [12] * 5 + [11]
    assert [row.fee for row in course.rows[4:]] == [2] * 6
    assert sum(row.principal for row in course.rows) == 10_000


def test_re_ageing_spreads_every_part_where_profit_does_not_follow_the_days() -> None:
    course = course_of(
        make_plan(),
        out(),
        paid(1701, "02-01"),
        aged("03-15", "04-01", profit=OpenProfit.SPREAD_ALL),
        as_of="03-15",
    )

    assert sum(row.principal for row in course.rows) == 10_000
    assert sum(row.profit for row in course.rows) == 205
    assert len({row.due for row in course.rows[3:-1]}) == 1


def test_nothing_open_is_not_re_aged() -> None:
    course = course_of(
        make_plan(), out(), paid(10_205, "01-10"), aged("03-15", "04-01"), as_of="03-15"
    )

    assert [moved.kind.value for moved in course.transactions] == ["disbursement", "repayment"]


def test_a_charge_of_a_dropped_instalment_stands_with_the_new_one_of_its_date() -> None:
    plan = make_plan(annual_rate=Decimal(0))

    course = course_of(plan, out(), fee("50", "06-20"), aged("02-15", "03-01", 4), as_of="02-15")

    assert sum(row.fee for row in course.rows) == 50
    assert course.rows[-1].due_on == day("06-20")


def test_a_re_ageing_that_was_undone_leaves_no_trace() -> None:
    order = aged("03-15", "04-01")
    undo = Reversed(key="undo", on=day("03-20"), of=order.key)

    undone = course_of(following_days(), out(), order, undo, as_of="03-20")

    assert undone.rows == course_of(following_days(), out(), as_of="03-20").rows


def test_payments_after_a_re_ageing_pay_the_new_instalments() -> None:
    events = (out(), aged("02-15", "03-01", profit=OpenProfit.SPREAD_ALL))

    course = course_of(following_days(), *events, paid(1740, "03-01"), as_of="03-01")

    assert course.rows[3].paid == course.rows[3].due
    assert sum(row.principal for row in course.rows) == 10_000


def test_re_amortising_spreads_what_is_past_due_over_what_is_to_come() -> None:
    plan = make_plan(
        principal=37_500, annual_rate=Decimal(0), instalments=3, instalment_multiple=100
    )
    order = ReAmortised(key="order", on=day("02-25"))

    course = course_of(plan, out(37_500), order, as_of="02-25")

    assert [row.principal for row in course.rows[1:]] == [0, 18_700, 18_800]
    assert course.transactions[-1].amount == 12_500


@pytest.mark.parametrize("profit", [OpenProfit.AS_AGREED, OpenProfit.SPREAD_PAYABLE])
def test_re_amortising_by_days_asks_the_profit_past_due_with_the_instalments_to_come(
    profit: OpenProfit,
) -> None:
    order = ReAmortised(key="order", on=day("03-15"), profit=profit)

    course = course_of(following_days(), out(), paid(1701, "02-01"), order, as_of="03-15")

    assert shares(course)[1] == (0, 0)
    assert sum(row.principal for row in course.rows) == 10_000
    assert len({row.due for row in course.rows[3:6]}) == 1


def test_nothing_past_due_is_not_re_amortised() -> None:
    order = ReAmortised(key="order", on=day("01-15"))

    course = course_of(make_plan(), out(), order, as_of="01-15")

    assert len(course.transactions) == 1
    assert shares(course) == shares(course_of(make_plan(), out()))


def test_after_the_last_due_date_nothing_can_take_what_is_past_due() -> None:
    order = ReAmortised(key="order", on=day("09-15"))

    course = course_of(make_plan(), out(), order, as_of="09-15")

    assert sum(row.outstanding for row in course.rows) == 10_205
