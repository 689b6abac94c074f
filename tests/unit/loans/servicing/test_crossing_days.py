"""What if money or an order counts from a day on which a course was just spread anew, or before?"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain.course.events import ChargedBack, ChargedOff, ReAged
from services.loans.domain.course.plan import (
    PARTS_DEFAULT,
    Advance,
    Allocation,
    AllocationRule,
    ChargeOff,
    CountedOver,
    DownPayment,
    Grace,
    PayoffProfit,
    Recalculation,
    Rest,
    Unit,
    in_standing_order,
)
from services.loans.domain.course.results import Row
from services.loans.domain.course.spreading import CourseNotBegun
from services.loans.domain.servicing import course_rows
from services.loans.domain.servicing.life import Life, Ordered, PaidOut, Received
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason
from tests.builders import an_id, make_loan
from tests.courses import BY_MONTH, course_of, day, make_plan, out, paid
from tests.unit.loans.servicing.test_course_effects import ANEW

TERMS = make_loan(instalments=12, charging=ANEW)
OUT = PaidOut(key="out", on=date(2026, 1, 15), amount=100_000)
DAY = date(2026, 4, 4)
BACKWARDS = in_standing_order(tuple(reversed(PARTS_DEFAULT)))
SPREADS = (OrderKind.RESCHEDULE, OrderKind.RE_AGE)
CHANGES: tuple[tuple[OrderKind, dict[str, object]], ...] = (
    (OrderKind.RATE_CHANGE, {"annual_rate": Decimal("0.5")}),
    (OrderKind.RE_AMORTISE, {}),
    (OrderKind.PROFIT_PAUSE, {"until_on": DAY + timedelta(days=20)}),
    (OrderKind.PAYMENT_HOLIDAY, {"periods": 1}),
)


def ordered(name: str, kind: OrderKind, on: date, **members: Any) -> Ordered:
    asked = Asked(kind=kind, effective_on=on, reason=OrderReason.AGREEMENT, **members)
    return Ordered(order_id=an_id(name), asked=asked)


def spread(kind: OrderKind, on: date = DAY, name: str = "spread") -> Ordered:
    return ordered(name, kind, on, instalments=3, first_due_on=date(2026, 7, 2))


def rows(*entered: Any) -> list[Row]:
    course = Life(terms=TERMS, entered=(OUT, *entered)).course()
    return [row for row in course.rows if row.number is not None]


def asks(found: list[Row]) -> list[tuple[date, int, int]]:
    return [(row.due_on, row.principal, row.profit) for row in found if row.principal]


def test_another_rate_on_the_day_of_a_reschedule_is_borne_by_the_new_instalments_alone() -> None:
    """The instalment that the reschedule ended asks nothing: all that it asked was moved on.

    Profit of the first: 1 % of 1,000.00 twice, 19 of 31 days of it, one day and then two months
    and 28 of 30 days at 50 % a year: 10.00 + 10.00 + 7.47 + 122.22.
    """
    change = ordered("rate", OrderKind.RATE_CHANGE, DAY, annual_rate=Decimal("0.5"))

    assert asks(rows(spread(OrderKind.RESCHEDULE), change)) == [
        (date(2026, 7, 2), 24_929, 14_969),
        (date(2026, 8, 2), 36_770, 3_128),
        (date(2026, 9, 2), 38_301, 1_596),
    ]


@pytest.mark.parametrize("kind", SPREADS)
@pytest.mark.parametrize(("other", "members"), CHANGES)
@pytest.mark.parametrize("days", [-20, -1, 0, 1, 20])
def test_whatever_is_ordered_around_the_day_of_a_new_spreading_no_principal_is_lost(
    kind: OrderKind, other: OrderKind, members: dict[str, object], days: int
) -> None:
    crossing = ordered("other", other, DAY + timedelta(days=days), **members)

    found = rows(spread(kind), crossing)

    assert sum(row.principal for row in found) == 100_000
    assert min(row.profit for row in found) >= 0


@pytest.mark.parametrize("days", [-15, 0, 1, 30, 300])
def test_a_tranche_paid_out_around_a_re_age_is_owed_once(days: int) -> None:
    half = replace(OUT, amount=50_000)
    tranche = PaidOut(key="more", on=DAY + timedelta(days=days), amount=50_000)
    entered = (half, spread(OrderKind.RE_AGE), tranche)

    course = Life(terms=TERMS, entered=entered).course()

    assert sum(row.principal for row in course.rows) == 100_000


@pytest.mark.parametrize("kind", SPREADS)
def test_new_instalments_are_not_eased_although_the_first_ones_were(kind: OrderKind) -> None:
    """Grace was for the first instalments; a re-age within it ends it."""
    terms = replace(TERMS, principal_grace=6)
    entered = (
        OUT,
        spread(kind, date(2026, 1, 20)),
        ordered("rate", OrderKind.RATE_CHANGE, date(2026, 1, 25), annual_rate=Decimal("0.2")),
    )

    course = Life(terms=terms, entered=entered).course()
    asked = [row.principal + row.profit for row in course.rows if row.principal]

    assert len(asked) == 3
    assert max(asked) - min(asked) <= 2
    assert sum(row.principal for row in course.rows) == 100_000


@pytest.mark.parametrize("before", [1, 5, 40])
def test_money_that_came_before_the_loan_was_paid_out_pays_as_on_its_day(before: int) -> None:
    early = Received(key=an_id("early"), on=OUT.on - timedelta(days=before), amount=8_885)
    then = replace(early, on=OUT.on)
    later = Received(key=an_id("later"), on=date(2026, 3, 1), amount=900)

    found = rows(early, later)

    assert asks(found) == asks(rows(then, later))
    assert sum(row.principal_paid + row.profit_paid for row in found) == 9_785
    life = Life(terms=TERMS, entered=(OUT, early, later))
    assert course_rows.lost_of(life.course(), paid=9_785) == 0


def test_nothing_is_spread_anew_before_the_first_instalment_has_begun() -> None:
    """Paid out on 1 January, a course whose first period starts a month later."""
    plan = make_plan(grace=Grace(everything=1), recalculation=Recalculation())
    order = ReAged(
        key="re-aged",
        on=day("01-20"),
        starts_on=day("03-01"),
        every=1,
        unit=Unit.MONTHS,
        instalments=3,
    )

    with pytest.raises(CourseNotBegun) as refused:
        course_of(plan, out(), order, out(2_000, day("01-25"), key="more"))

    assert (refused.value.on, refused.value.begins_on) == (day("01-20"), day("02-01"))
    assert course_of(plan, out(), replace(order, on=day("02-01"))).outstanding > 10_000


def test_a_claim_after_a_charge_off_of_nothing_is_owed_once() -> None:
    """All was paid and the instalments were taken together: none runs on the day."""
    plan = make_plan(
        annual_rate=Decimal("0.36"),
        instalments=2,
        every=2,
        unit=Unit.WEEKS,
        first_due_on=day("03-11"),
        day_rules=replace(BY_MONTH, over=CountedOver.PERIODS, partial_periods=False),
        instalment_multiple=100,
        down_payment=DownPayment(percent=Decimal("33.3"), automatic=True),
        recalculation=Recalculation(rest=Rest.WITH_INSTALMENT, payoff=PayoffProfit.TO_DUE_DATE),
        allocation=Allocation(rule=AllocationRule(order=BACKWARDS, advance=Advance.LAST)),
        charge_off=ChargeOff.ALL_DUE,
    )
    lost = ChargedOff(key="lost", on=day("02-22"))
    claim = ChargedBack(key="claim", on=day("02-26"), of="paid 02-21", amount=50)

    course = course_of(plan, out(5_000, day("01-31")), paid(3_333, "02-21"), lost, claim)

    assert (course.outstanding, course.overpaid) == (50, 0)
    assert sum(row.paid for row in course.rows) == 5_033
