"""Is a flat profit shared over level instalments as published, through grace and orders?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from services.loans.domain.course import level, level_flat
from services.loans.domain.course.level import Change
from services.loans.domain.course.plan import (
    Grace,
    Recalculation,
)
from services.loans.domain.terms import ChargeMethod
from tests.unit.loans.course.levels import BY_PERIOD, given_of, plan_of


# apache/fineract, integration tests of instalment multiples: 1,250.00 at 12 % flat in 3 months.
def test_a_flat_instalment_is_round_and_its_principal_gives_way() -> None:
    plan = replace(
        plan_of(125_000, count=3, start=date(2023, 1, 1)),
        charge_method=ChargeMethod.FLAT,
        instalment_multiple=100,
        day_rules=BY_PERIOD,
    )

    assert level_flat.instalments(plan, given_of(plan)) == [
        (41_650, 1_250),
        (41_650, 1_250),
        (41_700, 1_250),
    ]


# apache/fineract, Loan.feature: 1,500.00 at 7 % flat by days over 365, 1 January to 1 April 2025.
def test_a_flat_profit_by_days_is_that_of_the_whole_term() -> None:
    plan = replace(
        plan_of(150_000, rate="0.07", count=3, start=date(2025, 1, 1)),
        charge_method=ChargeMethod.FLAT,
    )

    assert level_flat.instalments(plan, given_of(plan)) == [(50_000, 863)] * 3


def test_a_flat_rate_of_the_whole_term_is_shared_out() -> None:
    plan = replace(
        plan_of(100_000, rate="0.10", count=3),
        charge_method=ChargeMethod.FLAT,
        rate_is_for_term=True,
    )

    rows = level_flat.instalments(plan, given_of(plan))

    assert [profit for _, profit in rows] == [3_333, 3_333, 3_334]


def test_a_flat_profit_eased_at_the_start_is_asked_later() -> None:
    plan = replace(
        plan_of(300_000, count=3),
        charge_method=ChargeMethod.FLAT,
        day_rules=BY_PERIOD,
        grace=Grace(principal=1, profit_payment=1, profit_free=0),
    )

    assert level_flat.instalments(plan, given_of(plan)) == [
        (0, 0),
        (150_000, 6_000),
        (150_000, 3_000),
    ]


def test_a_period_free_of_profit_bears_none() -> None:
    flat = replace(
        plan_of(300_000, count=3),
        charge_method=ChargeMethod.FLAT,
        day_rules=BY_PERIOD,
        grace=Grace(profit_free=1),
    )
    declining = replace(flat, charge_method=ChargeMethod.DECLINING_BALANCE)

    assert [profit for _, profit in level_flat.instalments(flat, given_of(flat))] == [
        0,
        3_000,
        3_000,
    ]
    assert level.instalments(declining, given_of(declining))[0][1] == 0


# apache/fineract, LoanReschedule.feature: 3,000.00 at 12 % flat, 6 % from the second instalment on.
def test_a_flat_profit_follows_a_new_rate_and_a_new_count() -> None:
    plan = replace(plan_of(300_000, count=3), charge_method=ChargeMethod.FLAT, day_rules=BY_PERIOD)
    slower = replace(given_of(plan), changes=[Change(number=1, annual_rate=Decimal("0.06"))])
    longer = replace(given_of(replace(plan, instalments=4)), changes=[Change(number=1, extra=1)])

    assert level_flat.instalments(plan, slower) == [(100_000, 3_000), *[(100_000, 1_500)] * 2]
    assert [row[0] for row in level_flat.instalments(plan, longer)] == [
        100_000,
        66_667,
        66_667,
        66_666,
    ]


def test_a_flat_tranche_changes_no_instalment_before_it_where_profit_follows_days() -> None:
    plan = replace(
        plan_of(150_000, rate="0.07", count=3, start=date(2025, 1, 1)),
        charge_method=ChargeMethod.FLAT,
        day_rules=BY_PERIOD,
        recalculation=Recalculation(),
    )
    drawn = ((date(2025, 1, 1), 100_000), (date(2025, 2, 15), 50_000))

    rows = level_flat.instalments(plan, given_of(plan, drawn=drawn))

    assert rows == [(33_333, 875), (50_000, 875), (66_667, 875)]


def test_profit_put_off_to_the_end_falls_due_with_the_last() -> None:
    plan = replace(
        plan_of(300_000, count=3),
        charge_method=ChargeMethod.FLAT,
        day_rules=BY_PERIOD,
        grace=Grace(profit_payment=5),
    )

    assert [profit for _, profit in level_flat.instalments(plan, given_of(plan))] == [0, 0, 9_000]
