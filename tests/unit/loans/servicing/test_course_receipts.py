"""What does a payment do where it counts the profit anew: its portions, entry, instalments?"""

from dataclasses import replace
from datetime import date

import pytest

from services.loans.domain import allocation, positions
from services.loans.domain.allocation import Portions
from services.loans.domain.charging import Charging, Recalculation
from services.loans.domain.chart import FundKind
from services.loans.domain.collecting import Standing
from services.loans.domain.journal import Channel
from services.loans.domain.servicing import course_receipts, course_rows
from services.loans.domain.servicing.course_receipts import Folded
from services.loans.domain.servicing.life import Life, PaidOut, Received
from services.loans.domain.servicing.refusals import CourseDoesNotFollow
from shared.money import Money
from tests.builders import CONTRACT, make_fund_accounts, make_loan

TERMS = make_loan(
    principal=Money(1_000_000, "USD"),
    instalments=12,
    charging=Charging(recalculation=Recalculation.ON_PAYMENT),
)
LIFE = Life(terms=TERMS, entered=(PaidOut(key="out", on=date(2026, 1, 15), amount=1_000_000),))


def standing_of(life: Life) -> Standing:
    rows = course_rows.rows_of(life.course())
    order = allocation.order_of(TERMS.allocation_order)
    money = [one for one in life.entered if isinstance(one, Received)]
    parts = tuple(row.parts for row in rows)
    paid = allocation.waterfall(sum(one.amount for one in money), instalments=parts, order=order)
    return Standing(
        contract_id=CONTRACT,
        status="active",
        signed_on=date(2026, 1, 15),
        fund=make_fund_accounts(FundKind.COMMERCIAL, "USD"),
        order=order,
        instalments=parts,
        due_on=tuple(row.due_on for row in rows),
        paid=paid,
        version=3,
        closed_through=None,
        disbursed=1_000_000,
        days=positions.days_of(
            [(date(2026, 1, 15), 1_000_000, 0), *((one.on, 0, one.amount) for one in money)]
        ),
        servicing="course",
        sharia_bound=False,
    )


def paid(life: Life, on: date, minor: int) -> Folded:
    money = Received(key=("paid", on), on=on, amount=minor)
    return course_receipts.fold(
        standing_of(life), life=life.entering(money), minor=minor, on=on, channel=Channel.CASH
    )


def test_on_its_due_date_an_instalment_is_paid_as_agreed_and_nothing_changes() -> None:
    folded = paid(LIFE, date(2026, 2, 15), 88_849)

    assert folded.decided.portions == Portions(78_849, 10_000, 0, 0, 0)
    assert folded.rows is None
    assert folded.decided.generations == (1,)
    assert folded.decided.after.version == 4


def test_paid_early_it_bears_profit_to_its_day_and_the_instalments_are_others() -> None:
    folded = paid(LIFE, date(2026, 2, 1), 88_849)

    assert folded.decided.portions == Portions(83_365, 5_484, 0, 0, 0)
    assert folded.rows is not None
    assert folded.rows[0] == (date(2026, 2, 1), 83_365, 5_484, 0, 0)
    assert folded.decided.generations == (2,)
    assert folded.decided.after.generation_from == date(2026, 2, 1)
    assert sum(line.amount.minor for line in folded.decided.entry.lines) == 0


def test_dated_back_every_later_day_stands_on_the_new_instalments() -> None:
    life = LIFE.entering(
        Received(key=1, on=date(2026, 2, 15), amount=88_849),
        Received(key=2, on=date(2026, 3, 15), amount=88_849),
    )

    folded = paid(life, date(2026, 1, 20), 300_000)

    portions = folded.decided.portions
    assert portions.total == 300_000
    assert portions.profit < 0 < portions.principal
    assert [one.valid_from for one in folded.decided.positions] == [
        date(2026, 1, 20),
        date(2026, 2, 15),
        date(2026, 3, 15),
    ]
    assert folded.decided.generations == (2, 2, 2)
    assert folded.decided.positions[-1].outstanding == 1_000_000 - folded.decided.after.paid[0]


def test_the_last_minor_unit_closes_and_more_is_surplus() -> None:
    whole = LIFE.payoff(on=date(2026, 1, 30))

    short, exact, over = (
        paid(LIFE, date(2026, 1, 30), amount).decided for amount in (whole - 1, whole, whole + 5)
    )

    assert (short.closes, exact.closes, over.closes) == (False, True, True)
    assert (exact.portions.surplus, over.portions.surplus) == (0, 5)


def test_a_day_that_is_closed_is_booked_on_the_first_open_one() -> None:
    standing = replace(standing_of(LIFE), closed_through=date(2026, 2, 28))
    money = Received(key="late", on=date(2026, 2, 1), amount=50_000)

    folded = course_receipts.fold(
        standing, life=LIFE.entering(money), minor=50_000, on=money.on, channel=Channel.CASH
    )

    assert folded.decided.entry.occurred_on == date(2026, 3, 1)


def test_taken_back_it_gives_back_what_it_had_paid() -> None:
    life = LIFE.entering(Received(key="one", on=date(2026, 2, 1), amount=88_849))

    folded = course_receipts.fold(
        standing_of(life), life=LIFE, minor=-88_849, on=date(2026, 2, 1), channel=Channel.CASH
    )

    assert folded.decided.portions == Portions(-83_365, -5_484, 0, 0, 0)
    assert folded.decided.after.paid == Portions(0, 0, 0, 0, 0)


def test_money_that_the_course_does_not_hold_is_refused() -> None:
    with pytest.raises(CourseDoesNotFollow):
        course_receipts.fold(
            standing_of(LIFE), life=LIFE, minor=100, on=date(2026, 2, 1), channel=Channel.CASH
        )
