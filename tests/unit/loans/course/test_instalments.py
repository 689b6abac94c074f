"""Are instalments found by the rates of their periods, and does the last one take the residue?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain.course import rounding
from services.loans.domain.course.fold import CourseStatus
from services.loans.domain.course.plan import (
    Charge,
    ChargeWhen,
    CountedFrom,
    CountedOver,
    DayRules,
    DownPayment,
    Grace,
    MonthLength,
    Unit,
    YearLength,
)
from services.loans.domain.terms import ChargeMethod
from shared.money import Rounding
from tests.courses import BY_MONTH, START, course_of, day, make_plan, out, shares

PLAN = make_plan()


def test_six_months_of_a_hundred_are_five_of_17_01_and_a_last_of_17_00() -> None:
    course = course_of(PLAN, out())

    assert [principal + profit for principal, profit in shares(course)] == [1701] * 5 + [1700]
    assert shares(course)[:2] == [(1643, 58), (1652, 49)]
    assert [row.balance for row in course.rows] == [10_000, 8357, 6705, 5043, 3371, 1690, 0]


def test_real_days_of_a_leap_year_bear_their_own_profit() -> None:
    plan = make_plan(
        principal=100_000, annual_rate=Decimal("0.12"), every=5, unit=Unit.DAYS, instalments=4
    )
    plan = replace(plan, day_rules=DayRules())

    assert shares(course_of(plan, out(100_000))) == [
        (24_939, 164), (24_980, 123), (25_021, 82), (25_060, 41),
    ]  # fmt: skip


def test_an_instalment_that_leaves_the_last_far_off_is_levelled() -> None:
    plan = make_plan(annual_rate=Decimal(0), instalments=24, principal=2399)

    asked = [principal for principal, _ in shares(course_of(plan, out(2399)))]

    assert asked == [100] * 23 + [99]


def test_instalments_are_rounded_to_their_multiple_and_never_to_nothing() -> None:
    whole_units = make_plan(annual_rate=Decimal(0), instalments=4, instalment_multiple=100)

    assert [p for p, _ in shares(course_of(whole_units, out(75_000)))] == [18_800] * 3 + [18_600]
    assert [p for p, _ in shares(course_of(whole_units, out(120)))] == [30] * 4


def test_flat_profit_is_counted_on_all_that_was_paid_out() -> None:
    plan = make_plan(charge_method=ChargeMethod.FLAT, annual_rate=Decimal("0.12"), instalments=3)

    course = course_of(plan, out(100_000))

    assert shares(course) == [(33_333, 1000), (33_333, 1000), (33_334, 1000)]


def test_a_later_tranche_of_a_flat_loan_is_spread_over_what_is_still_to_come() -> None:
    plan = make_plan(charge_method=ChargeMethod.FLAT, annual_rate=Decimal("0.12"), instalments=3)

    course = course_of(plan, out(100_000), out(25_000, day("03-01"), key="second"))

    assert shares(course) == [(33_333, 1000), (33_333, 1000), (58_334, 1250)]


@pytest.mark.parametrize(
    ("grace", "expected"),
    [
        (Grace(principal=2), [(0, 100), (0, 100), (2463, 100), (2488, 75), (2513, 50), (2536, 25)]),
        (
            Grace(profit_payment=2),
            [(1725, 0), (1725, 0), (1476, 249), (1674, 51), (1691, 34), (1709, 17)],
        ),
        (
            Grace(profit_free=2),
            [(1694, 0), (1694, 0), (1628, 66), (1644, 50), (1661, 33), (1679, 17)],
        ),
    ],
)  # fmt: skip
def test_grace_eases_the_first_instalments(grace: Grace, expected: list[tuple[int, int]]) -> None:
    plan = make_plan(annual_rate=Decimal("0.12"), grace=grace)

    assert shares(course_of(plan, out())) == expected


def test_grace_on_everything_moves_dates_and_no_amounts() -> None:
    usual = course_of(PLAN, out())
    later = course_of(replace(PLAN, grace=Grace(everything=2)), out())

    assert shares(later) == shares(usual)
    assert later.rows[1].due_on == day("04-01")


def test_a_tranche_is_spread_over_the_instalments_still_to_come() -> None:
    plan = make_plan(annual_rate=Decimal("0.094822"))

    course = course_of(plan, out(), out(10_000, day("03-01"), key="second"))

    assert shares(course) == [
        (1634, 79), (1647, 66), (4131, 132), (4164, 99), (4196, 67), (4228, 33),
    ]  # fmt: skip


def test_a_tranche_within_whole_periods_counts_from_the_start_of_its_period() -> None:
    rules = replace(BY_MONTH, over=CountedOver.PERIODS, partial_periods=False)
    plan = make_plan(annual_rate=Decimal("0.12"), day_rules=rules)
    halves = course_of(plan, out(5000), out(5000, day("01-20"), key="second"))

    assert shares(halves) == shares(course_of(plan, out()))


def test_a_tranche_after_the_last_due_date_is_an_instalment_of_its_own() -> None:
    course = course_of(PLAN, out(), out(5000, day("08-10"), key="late"))

    assert (course.rows[-1].due_on, course.rows[-1].principal) == (day("08-10"), 5000)
    assert sum(row.principal for row in course.rows) == 15_000


def test_a_down_payment_falls_due_on_the_day_of_its_disbursement() -> None:
    plan = make_plan(
        annual_rate=Decimal(0), instalments=3, down_payment=DownPayment(percent=Decimal(25))
    )

    course = course_of(plan, out(40_000))

    assert [(row.due_on, row.principal, row.paid) for row in course.rows[1:3]] == [
        (START, 10_000, 0),
        (day("02-01"), 10_000, 0),
    ]


def test_an_automatic_down_payment_is_paid_by_the_disbursement() -> None:
    plan = make_plan(
        annual_rate=Decimal(0),
        instalments=3,
        instalment_multiple=100,
        down_payment=DownPayment(percent=Decimal("33.3"), automatic=True),
    )

    course = course_of(plan, out(40_000))

    assert course.rows[1].principal == course.rows[1].paid == 13_300
    assert [moved.kind.value for moved in course.transactions] == ["disbursement", "down_payment"]


def test_before_money_is_paid_out_the_course_is_the_expected_one() -> None:
    plan = make_plan(tranches=((START, 5000), (day("02-01"), 5000)))

    course = course_of(plan)

    assert course.status is CourseStatus.PENDING
    assert course.transactions == ()
    assert sum(row.principal for row in course.rows) == 10_000
    assert [row.balance for row in course.rows if row.number is None] == [5000, 5000]


def test_without_tranches_the_whole_principal_is_expected() -> None:
    assert shares(course_of(PLAN)) == shares(course_of(PLAN, out()))


def test_a_tranche_still_expected_is_told_and_bears_nothing() -> None:
    plan = make_plan(tranches=((START, 10_000), (day("03-15"), 5000)))

    waiting = course_of(plan, out(), as_of="02-01")
    missed = course_of(plan, out(), as_of="04-01")

    assert [row.balance for row in waiting.rows if row.number is None] == [10_000, 5000]
    assert [row.balance for row in missed.rows if row.number is None] == [10_000]
    assert shares(waiting) == shares(course_of(PLAN, out()))


def test_due_dates_may_be_counted_from_signing() -> None:
    plan = make_plan(counted_from=CountedFrom.SIGNING, signed_on=date(2023, 12, 31))

    course = course_of(plan, out())

    assert [row.due_on for row in course.rows[1:4]] == [day("01-31"), day("02-29"), day("03-31")]


def test_a_chosen_first_due_date_makes_the_first_period_longer() -> None:
    plan = make_plan(first_due_on=day("02-15"), instalments=2)

    course = course_of(plan, out())

    assert [row.due_on for row in course.rows[1:]] == [day("02-15"), day("03-15")]
    assert course.rows[1].profit == 86  # 100.00 x 7 %/12 x (1 + 14/29) = 0.8649


def test_a_fixed_end_moves_the_last_due_date_alone() -> None:
    plan = make_plan(last_due_on=day("07-20"))

    dues = [row.due_on for row in course_of(plan, out()).rows[1:]]

    assert dues[-2:] == [day("06-01"), day("07-20")]


def test_charges_taken_at_disbursement_stand_with_it() -> None:
    kept = Charge(code="file", when=ChargeWhen.AT_DISBURSEMENT, value=Decimal(1000))
    plan = make_plan(charges=(kept,))

    course = course_of(plan, out())

    assert (course.rows[0].fee, course.rows[0].fee_paid) == (1000, 1000)
    assert course.transactions[1].fee == 1000
    assert course.transactions[1].balance == 10_000


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("half_even", (2, 4, 2)),
        ("half_up", (3, 4, 2)),
        ("half_down", (2, 3, 2)),
        ("up", (3, 4, 3)),
        ("ceiling", (3, 4, 3)),
        ("down", (2, 3, 2)),
        ("floor", (2, 3, 2)),
    ],
)
def test_fractions_round_by_the_rule(rule: Rounding, expected: tuple[int, int, int]) -> None:
    found = tuple(rounding.whole(top, bottom, rule) for top, bottom in ((5, 2), (7, 2), (7, 3)))

    assert found == expected


def test_negative_shares_round_like_their_opposites() -> None:
    assert rounding.shared(-125, 2) == -62
    assert rounding.to_multiple(1701, 1) == 1701
    assert rounding.whole(4, 2) == 2


def test_profit_is_rounded_by_the_rounding_of_the_plan() -> None:
    up = make_plan(rounding="up")
    rules = DayRules(year=YearLength.DAYS_360, month=MonthLength.DAYS_30)
    down = make_plan(rounding="down", day_rules=rules)

    assert shares(course_of(up, out()))[0][1] == 59
    assert shares(course_of(down, out()))[0][1] == 58
