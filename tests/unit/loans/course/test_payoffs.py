"""Does a payoff settle to the minor unit, and what of a plan counts before and beside it?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain.course import fold
from services.loans.domain.course.plan import (
    AllocationRule,
    DownPayment,
    PaymentKind,
    in_standing_order,
)
from services.loans.domain.course.results import TransactionKind
from services.loans.domain.servicing.life import Received
from services.loans.domain.terms import Component
from tests.courses import START, course_of, day, fee, following_days, make_plan, out, paid, shares
from tests.unit.loans.course.test_one_step import RATE, lived

DOWN = DownPayment(percent=Decimal(25), automatic=True)


@pytest.mark.parametrize(
    ("on", "asked"),
    [
        (date(2025, 12, 15), 162_953),
        (date(2025, 12, 16), 162_961),
        (date(2026, 1, 10), 163_155),
        (date(2026, 1, 15), 163_194),
        (date(2026, 1, 26), 163_194),
    ],
)
def test_what_is_open_is_what_settles_when_the_last_instalment_was_emptied(
    on: date, asked: int
) -> None:
    """Behind for long at 40 %, then at 3 %: 964 of principal bear 2.41 in the last month."""
    life = lived(
        [("2025-11-14", 10_415), ("2025-11-14", RATE)],
        instalments=24,
        rate="0.4",
        day_count="30u/360",
    )

    owed = life.payoff(on=on)
    off = life.entering(Received(key="off", on=on, amount=owed)).course()
    short = life.entering(Received(key="off", on=on, amount=owed - 1)).course()

    assert owed == asked == life.course(as_of=on).outstanding
    assert (off.outstanding, off.overpaid) == (0, 0)
    assert short.outstanding == 1


def test_a_payoff_asks_fees_and_penalties_besides() -> None:
    bare = fold.payoff(following_days(), [out()], on=day("01-16"))
    penalty = fee("70", "01-11", code="late", is_penalty=True)

    asked = fold.payoff(following_days(), [out(), fee("30", "01-10"), penalty], on=day("01-16"))

    assert asked == bare + 30 + 70


def test_a_loan_paid_off_after_its_last_due_date_asks_nothing_more() -> None:
    events = [out(), paid(20_000, "07-10")]

    assert fold.payoff(following_days(), events, on=day("07-20")) == 0


@pytest.mark.parametrize(("multiple", "asked"), [(1, 2_501), (2, 2_500), (5, 2_500)])
def test_a_down_payment_is_a_multiple_of_what_instalments_are(multiple: int, asked: int) -> None:
    """25 % of 100.04 is 25.01."""
    plan = make_plan(principal=10_004, instalment_multiple=multiple, down_payment=DOWN)

    assert course_of(plan, out(10_004)).rows[1].principal == asked


def test_a_down_payment_is_told_by_the_payout_that_paid_it() -> None:
    course = course_of(make_plan(down_payment=DOWN), out())

    told = [(one.key, one.kind, one.amount) for one in course.transactions[1:]]

    assert told == [(("out", "down_payment"), TransactionKind.DOWN_PAYMENT, 2_500)]


def test_before_the_payout_nothing_is_paid_and_nothing_is_late() -> None:
    """The course is what is expected, however late the day: no down payment, no more profit."""
    expected = course_of(following_days(down_payment=DOWN), as_of="05-01")
    paid_out = course_of(following_days(down_payment=DOWN), out(), as_of="01-01")

    assert sum(row.paid for row in expected.rows) == 0
    assert shares(expected) == shares(paid_out)
    assert expected.outstanding == paid_out.outstanding + 2_500


def test_before_the_payout_nothing_is_settled() -> None:
    plan = make_plan(
        annual_rate=Decimal(0), instalments=3, down_payment=replace(DOWN, percent=Decimal(100))
    )

    assert [row.settled_on for row in course_of(plan).rows] == [None] * 5
    assert course_of(plan, out()).rows[1].settled_on == START


def test_a_charge_entered_late_is_due_from_its_own_day() -> None:
    """Due on 10 January and entered in March: what came on 1 February has paid it first."""
    course = course_of(
        make_plan(), out(), paid(1_701, "02-01"), fee("50", "01-10", entered="03-15"), as_of="03-15"
    )

    first = course.rows[1]

    assert (first.fee_paid, first.profit_paid, first.principal_paid) == (50, 58, 1_593)


def test_of_what_is_too_much_a_later_tranche_is_covered_and_nothing_more() -> None:
    course = course_of(make_plan(), out(), paid(10_500, "01-05"), out(300, day("08-10"), key="two"))

    later = course.rows[-1]

    assert (later.principal, later.paid, course.overpaid) == (300, 295, 0)


def test_money_of_another_kind_pays_by_its_own_rule() -> None:
    principal_first = AllocationRule(
        order=in_standing_order((Component.PRINCIPAL, Component.PROFIT))
    )
    plan = make_plan()
    by_kind = {PaymentKind.GOODWILL_CREDIT: principal_first}
    given = paid(1_000, "02-01", "given", PaymentKind.GOODWILL_CREDIT)

    course = course_of(
        replace(plan, allocation=replace(plan.allocation, by_kind=by_kind)), out(), given
    )

    assert (course.rows[1].principal_paid, course.rows[1].profit_paid) == (1_000, 0)
