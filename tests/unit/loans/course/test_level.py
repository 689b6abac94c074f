"""Do level instalments come out as published, and keep their sums whatever was agreed?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain.course import level, level_flat
from services.loans.domain.course.level import Change
from services.loans.domain.course.plan import (
    Amortisation,
    CountedOver,
    DayRules,
    Grace,
    MonthLength,
    Plan,
    Unit,
    YearLength,
)
from services.loans.domain.terms import ChargeMethod
from tests.unit.loans.course.levels import BY_PERIOD, START, given_of, plan_of


def found(plan: Plan, **changes: object) -> list[tuple[int, int]]:
    return level.instalments(plan, replace(given_of(plan), **changes))  # type: ignore[arg-type]


# apache/fineract, LoanRepayment.feature (commit 7923d9e6): 5,000.00 at 12 % in 18 months, daily
# over 365, instalments in whole units.
def test_the_annuity_of_months_of_30_days_holds_while_real_days_bear() -> None:
    rows = found(replace(plan_of(), instalment_multiple=100))

    assert rows[:4] == [(25_568, 4_932), (25_665, 4_835), (25_926, 4_574), (26_608, 3_892)]
    assert [sum(row) for row in rows[:-1]] == [30_500] * 17
    assert rows[-1] == (29_938, 295)


# The same file: six periods of grace on principal, three of them on profit, by whole months.
def test_grace_puts_principal_and_profit_off() -> None:
    plan = replace(
        plan_of(),
        instalment_multiple=100,
        day_rules=BY_PERIOD,
        grace=Grace(principal=6, profit_payment=3),
    )
    rows = found(plan)

    assert rows[:7] == [
        (0, 0),
        (0, 0),
        (0, 0),
        (0, 20_000),
        (0, 5_000),
        (0, 5_000),
        (39_400, 5_000),
    ]
    assert rows[-1] == (44_266, 443)


# openMF/mifosx-e2e-testing (commit 53f6fa0f), workbook 4491: 10,000.00 at 12 % in 12 weeks.
def test_a_week_is_one_of_fifty_two() -> None:
    plan = replace(
        plan_of(1_000_000, count=12, start=date(2015, 1, 2)), unit=Unit.WEEKS, day_rules=BY_PERIOD
    )
    rows = found(plan)

    assert rows[:2] == [(82_281, 2_308), (82_471, 2_118)]
    assert rows[-1] == (84_390, 195)


# The same workbooks: nothing repaid by 1 April 2015, profit counted anew on what is overdue.
@pytest.mark.parametrize(
    ("rules", "first_four"),
    [
        (BY_PERIOD, [(78_849, 10_000), (78_849, 10_000), (78_849, 10_000), (81_214, 7_635)]),
        (DayRules(), [(78_580, 10_192), (79_567, 9_205), (78_580, 10_192), (81_244, 7_528)]),
    ],
)
def test_principal_past_due_keeps_bearing_profit(
    rules: DayRules, first_four: list[tuple[int, int]]
) -> None:
    plan = replace(plan_of(1_000_000, count=12, start=date(2015, 1, 1)), day_rules=rules)

    assert found(plan, overdue_to=date(2015, 4, 1))[:4] == first_four


def test_overdue_principal_bears_no_more_than_is_unpaid() -> None:
    plan = replace(plan_of(1_000_000, count=12, start=date(2015, 1, 1)), day_rules=BY_PERIOD)

    paid = found(plan, overdue_to=date(2015, 4, 1), paid=[(date(2015, 1, 1), 10**9)])

    assert paid == found(plan)


# apache/fineract, ClientLoanIntegrationTest: amounts are multiples of 100, equal principal.
def test_equal_principal_in_a_currency_of_hundreds() -> None:
    plan = replace(
        plan_of(10_000_000, rate="0.24", count=24, start=date(2014, 6, 2)),
        amortisation=Amortisation.EQUAL_PRINCIPAL,
        currency_multiple=100,
        day_rules=BY_PERIOD,
    )
    rows = found(plan)

    assert rows[:3] == [(416_700, 200_000), (416_700, 191_700), (416_700, 183_300)]
    assert rows[-1] == (415_900, 8_300)


def test_without_profit_tranches_are_spread_as_one() -> None:
    plan = plan_of(150_000, rate="0", count=3)
    drawn = ((START, 75_000), (date(2023, 1, 15), 75_000))

    assert level.instalments(plan, given_of(plan, drawn=drawn)) == [(50_000, 0)] * 3


def test_a_tranche_bears_from_its_day_and_the_instalment_stays_that_of_the_agreed_sum() -> None:
    plan = replace(plan_of(300_000, count=3), day_rules=DayRules(over=CountedOver.PERIODS))
    drawn = ((START, 200_000), (date(2022, 11, 16), 100_000))

    rows = level.instalments(plan, given_of(plan, drawn=drawn))

    # 2,000.00 for the month and 1,000.00 for 15 of its 30 days, at 1 %.
    assert rows[0] == (102_007 - 2_500, 2_500)
    assert sum(rows[1]) == 102_007


def test_without_partial_periods_a_tranche_bears_from_the_start_of_its_period() -> None:
    rules = DayRules(over=CountedOver.PERIODS, partial_periods=False)
    plan = replace(plan_of(300_000, count=3), day_rules=rules)
    drawn = ((START, 200_000), (date(2022, 11, 16), 100_000))

    rows = level.instalments(plan, given_of(plan, drawn=drawn))

    assert rows[0][1] == 3_000


@pytest.mark.parametrize(
    ("change", "rows"),
    [
        # apache/fineract, LoanReschedule.feature: two instalments more from the second on.
        (Change(number=1, extra=2), [(100_000, 0), *[(50_000, 0)] * 4]),
        (Change(number=1, principal_grace=1), [(100_000, 0), (0, 0), (200_000, 0)]),
    ],
)
def test_an_order_spreads_what_is_left_anew(change: Change, rows: list[tuple[int, int]]) -> None:
    plan = plan_of(300_000, rate="0", count=3)
    longer = given_of(replace(plan, instalments=3 + change.extra))

    assert level.instalments(plan, replace(longer, changes=[change])) == rows


def test_another_rate_holds_from_its_instalment_on() -> None:
    plan = replace(plan_of(300_000, count=3), day_rules=BY_PERIOD)

    rows = found(plan, changes=[Change(number=1, annual_rate=Decimal("0.24"))])

    assert rows[0] == found(plan)[0]
    left = 300_000 - rows[0][0]
    assert rows[1][1] == round(Fraction(left, 50))
    assert sum(principal for principal, _ in rows) == 300_000


def test_profit_put_off_by_an_order_falls_due_after_it() -> None:
    plan = replace(plan_of(300_000, count=4), day_rules=BY_PERIOD)
    as_agreed = found(plan)

    rows = found(plan, changes=[Change(number=1, profit_grace=2)])

    assert [profit for _, profit in rows[1:3]] == [0, 0]
    assert sum(profit for _, profit in rows) == sum(profit for _, profit in as_agreed)


@pytest.mark.parametrize(
    ("rules", "rate"),
    [
        (DayRules(), Fraction(12 * 30, 36_500)),
        (DayRules(year=YearLength.DAYS_360), Fraction(12 * 30, 36_000)),
        (DayRules(over=CountedOver.PERIODS), Fraction(1, 100)),
        (DayRules(year=YearLength.DAYS_360, month=MonthLength.DAYS_30), Fraction(1, 100)),
    ],
)
def test_a_regular_month_bears_by_its_rule(rules: DayRules, rate: Fraction) -> None:
    assert level.regular_rate(replace(plan_of(), day_rules=rules)) == rate


def test_periods_of_days_are_counted_over_the_year_in_either_way() -> None:
    plan = replace(plan_of(), unit=Unit.DAYS, every=5, day_rules=BY_PERIOD)

    assert level.regular_rate(plan) == Fraction(12 * 5, 36_500)


def test_amounts_round_as_the_plan_says() -> None:
    half_up = replace(plan_of(), rounding="half_up")

    assert level.whole(Fraction(5, 2), plan_of()) == 2
    assert level.whole(Fraction(5, 2), half_up) == 3
    assert level.whole(Fraction(149), plan_of(), multiple=100) == 100


@given(
    principal=st.integers(1_000, 10**9),
    rate=st.integers(0, 60),
    count=st.integers(1, 40),
    grace=st.integers(0, 5),
    multiple=st.sampled_from([1, 100]),
    method=st.sampled_from([ChargeMethod.FLAT, ChargeMethod.DECLINING_BALANCE]),
    amortisation=st.sampled_from(list(Amortisation)),
    rules=st.sampled_from([DayRules(), BY_PERIOD, DayRules(month=MonthLength.DAYS_30)]),
)
def test_the_principals_sum_to_the_loan_and_nothing_is_negative(
    *,
    principal: int,
    rate: int,
    count: int,
    grace: int,
    multiple: int,
    method: ChargeMethod,
    amortisation: Amortisation,
    rules: DayRules,
) -> None:
    plan = replace(
        plan_of(principal, rate=str(Decimal(rate) / 100), count=count),
        charge_method=method,
        amortisation=amortisation,
        instalment_multiple=multiple,
        day_rules=rules,
        grace=Grace(principal=min(grace, count - 1), profit_payment=min(grace, count - 1)),
    )
    is_flat = method is ChargeMethod.FLAT

    rows = (level_flat if is_flat else level).instalments(plan, given_of(plan))

    assert len(rows) == count
    assert sum(row[0] for row in rows) == principal
    assert min(row[0] for row in rows) >= 0
    if not is_flat or multiple == 1:
        assert min(row[1] for row in rows[:-1] or [(0, 0)]) >= 0


def test_a_rate_of_the_whole_term_is_shared_by_its_periods() -> None:
    plan = replace(plan_of(rate="0.10", count=4), rate_is_for_term=True)

    assert level.regular_rate(plan) == Fraction(1, 40)


def test_more_principal_grace_than_instalments_leaves_all_to_the_last() -> None:
    plan = replace(plan_of(300_000, rate="0", count=3), grace=Grace(principal=3))

    assert found(plan) == [(0, 0), (0, 0), (300_000, 0)]


@pytest.mark.parametrize(
    ("unit", "over", "rate"),
    [
        (Unit.WEEKS, CountedOver.DAYS, Fraction(12 * 7, 36_500)),
        (Unit.YEARS, CountedOver.DAYS, Fraction(12 * 360, 36_500)),
        (Unit.YEARS, CountedOver.PERIODS, Fraction(12, 100)),
        (Unit.DAYS, CountedOver.DAYS, Fraction(12, 36_500)),
    ],
)
def test_a_regular_period_of_each_unit_bears_its_days(
    unit: Unit, over: CountedOver, rate: Fraction
) -> None:
    plan = replace(plan_of(), unit=unit, day_rules=DayRules(over=over))

    assert level.regular_rate(plan) == rate


def test_without_profit_the_parts_are_multiples_and_with_it_equal_principal_is_not() -> None:
    free = replace(plan_of(100_000, rate="0", count=3), instalment_multiple=100)
    equal = replace(
        plan_of(100_000, count=3),
        instalment_multiple=100,
        amortisation=Amortisation.EQUAL_PRINCIPAL,
    )

    assert [principal for principal, _ in found(free)] == [33_300, 33_300, 33_400]
    assert [principal for principal, _ in found(equal)] == [33_333, 33_333, 33_334]


def test_less_than_agreed_paid_out_at_once_has_its_own_instalment() -> None:
    plan = replace(plan_of(300_000, count=3), day_rules=BY_PERIOD)

    rows = level.instalments(plan, given_of(plan, drawn=((START, 100_000),)))

    assert [sum(row) for row in rows[:2]] == [34_002, 34_002]


def test_what_is_paid_out_on_the_start_of_a_period_bears_all_of_it() -> None:
    plan = replace(plan_of(300_000, count=3), day_rules=BY_PERIOD)
    drawn = ((START, 200_000), (date(2022, 12, 1), 100_000))

    rows = level.instalments(plan, given_of(plan, drawn=drawn))

    assert rows[0][1] == 2_000
    assert rows[1][1] == round(Fraction(300_000 - rows[0][0], 100))
