"""What is left to pay after a loss, and what do level instalments ask after orders and tranches?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain.course import level_flat
from services.loans.domain.course.events import (
    ChargedBack,
    ChargedOff,
    Event,
    ReAmortised,
    WrittenOff,
)
from services.loans.domain.course.level import Change
from services.loans.domain.course.plan import (
    ChargeOff,
    DownPayment,
    InstalmentRule,
    Plan,
    Recalculation,
)
from services.loans.domain.course.results import TransactionKind
from services.loans.domain.terms import ChargeMethod
from tests.courses import course_of, day, following_days, make_plan, out, paid, shares
from tests.unit.loans.course.levels import BY_PERIOD, START, given_of, plan_of

# 1,200.00 at 12 % flat in six months: 200.00 and 12.00 each.
FLAT = replace(plan_of(120_000, count=6), charge_method=ChargeMethod.FLAT, day_rules=BY_PERIOD)


def level(**changes: Any) -> Plan:
    return following_days(instalment_rule=InstalmentRule.FIXED_LEVEL, **changes)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (ChargedOff(key="it", on=day("03-15")), TransactionKind.CHARGE_OFF),
        (WrittenOff(key="it", on=day("03-15")), TransactionKind.WRITE_OFF),
        (ReAmortised(key="it", on=day("03-15")), TransactionKind.RE_AMORTISE),
    ],
)
@pytest.mark.parametrize("plan", [make_plan(), following_days()])
def test_a_loss_and_an_order_are_told_with_what_they_took(
    plan: Plan, event: Event, kind: TransactionKind
) -> None:
    told = course_of(plan, out(), event, as_of="03-15").transactions[-1]

    assert (told.kind, told.on) == (kind, day("03-15"))
    assert told.amount == told.principal + told.profit > 0


@pytest.mark.parametrize(("plan", "profit"), [(make_plan(), 18), (following_days(), 22)])
def test_without_further_profit_instalments_stay_as_high_and_are_principal(
    plan: Plan, profit: int
) -> None:
    """14 of the 31 days of March: of 0.39 as agreed, of 0.49 by the days."""
    plan = replace(plan, charge_off=ChargeOff.NO_FURTHER_PROFIT)
    off = ChargedOff(key="off", on=day("03-15"))

    course = course_of(plan, out(), paid(1701, "02-01"), off, as_of="03-15")

    last = 10_000 - 1643 - 1652 - (1701 - profit) - 2 * 1701
    assert shares(course) == [
        (1643, 58), (1652, 49), (1701 - profit, profit), (1701, 0), (1701, 0), (last, 0),
    ]  # fmt: skip


def test_what_is_written_off_is_open_no_more_on_any_line() -> None:
    off = WrittenOff(key="off", on=day("03-15"))

    course = course_of(make_plan(), out(), paid(1800, "02-01"), off, as_of="03-15")

    assert [row.outstanding for row in course.rows[1:]] == [0] * 6
    assert [row.settled_on for row in course.rows[1:]] == [day("02-01"), *[day("03-15")] * 5]
    assert sum(row.written_off for row in course.rows) == 10_205 - 1800


def test_money_claimed_back_is_asked_with_the_next_level_instalment() -> None:
    back = ChargedBack(key="back", on=day("02-10"), of="paid 02-01", amount=300)

    bare = course_of(level(), out(), paid(1701, "02-01"), as_of="02-15")
    more = course_of(level(), out(), paid(1701, "02-01"), back, as_of="02-15")

    assert [row.principal for row in more.rows[1:]] == [
        row.principal + (300 if row.number == 2 else 0) for row in bare.rows[1:]
    ]


def test_a_down_payment_in_two_parts_leaves_the_instalments_of_one() -> None:
    plan = level(down_payment=DownPayment(percent=Decimal(20)))
    later = (paid(1500, "02-10"), paid(1500, "03-10"))

    whole = course_of(plan, out(), paid(2000, "01-01", "down"), *later, as_of="04-15")
    parts = (paid(1500, "01-01", "first"), paid(500, "01-05", "rest"))
    twice = course_of(plan, out(), *parts, *later, as_of="04-15")

    assert shares(twice) == shares(whole)
    assert shares(whole)[1:4] == [(1314, 47), (1320, 41), (1328, 33)]


def test_instalments_added_twice_share_what_is_left_each_time() -> None:
    plan = replace(FLAT, instalments=9)
    orders = (Change(number=2, extra=2), Change(number=4, extra=1))

    found = level_flat.instalments(plan, replace(given_of(plan), changes=orders))

    principals = [principal for principal, _ in found]
    assert principals == [20_000] * 2 + [13_333] * 2 + [10_667] * 4 + [10_666]
    assert [profit for _, profit in found] == [1_200] * 9


@pytest.mark.parametrize(
    ("recalculation", "principals"),
    [
        (None, [20_000] * 6),
        (Recalculation(), [10_000, 10_000, 20_000, 20_000, 20_000, 40_000]),
    ],
)
def test_a_later_tranche_waits_for_its_day_only_where_profit_is_counted_anew(
    recalculation: Recalculation | None, principals: list[int]
) -> None:
    plan = replace(FLAT, recalculation=recalculation)
    given = given_of(plan, drawn=((START, 60_000), (date(2023, 1, 15), 60_000)))

    assert [principal for principal, _ in level_flat.instalments(plan, given)] == principals


@pytest.mark.parametrize("multiple", [2, 5, 100])
def test_flat_instalments_are_multiples_after_an_order_too(multiple: int) -> None:
    plan = replace(FLAT, principal=100_001, instalments=7, instalment_multiple=multiple)
    given = given_of(plan)
    orders = (Change(number=2, principal_grace=1), Change(number=4, annual_rate=Decimal("0.2")))

    for changes in ((), orders):
        found = level_flat.instalments(plan, replace(given, changes=changes))
        whole = [sum(one) for one in found[:-1] if one[0]]
        assert [amount % multiple for amount in whole] == [0] * len(whole)
        assert sum(principal for principal, _ in found) == 100_001
