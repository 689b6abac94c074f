"""Do refusals of orders over a course carry the very values, and may what is at the edge pass?"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.loans.domain.amortisation import Advance
from services.loans.domain.charging import Recalculation
from services.loans.domain.course.results import Row, Transaction, TransactionKind
from services.loans.domain.servicing import course_effects, course_rows
from services.loans.domain.servicing.life import Received
from services.loans.domain.servicing.orders import OrderKind, WaivedPart
from services.loans.domain.servicing.rows import Row as Instalment
from shared.errors import RafidError
from shared.money import Money
from tests.builders import CONTRACT, an_id
from tests.unit.loans.servicing.test_course_effects import (
    BORROWER,
    FIRST,
    TODAY,
    applied,
    asked,
    lived,
    ordered,
    standing_of,
    undone,
)

LATER = date(2026, 5, 1)
YESTERDAY = TODAY - timedelta(days=1)


def told(refused: Callable[[], object]) -> tuple[str, dict[str, object]]:
    """The name of a refusal, and the values in it."""
    with pytest.raises(RafidError) as found:
        refused()
    error = found.value
    return type(error).__name__, {
        name: getattr(error, name) for name in type(error).__annotations__
    }


_K = OrderKind
REFUSED: list[tuple[Any, str, dict[str, object]]] = [
    (
        asked(_K.ADVANCE, effect=Advance.REDUCE),
        "OrderNotForServicing",
        {
            "order_kind": _K.ADVANCE,
            "contract_id": CONTRACT,
            "recalculation": Recalculation.ON_PAYMENT,
        },
    ),
    (
        asked(_K.RATE_CHANGE, annual_rate=Decimal("0.12")),
        "OrderChangesNothing",
        {"contract_id": CONTRACT, "order_kind": _K.RATE_CHANGE},
    ),
    (
        asked(_K.PAYOFF, on=date(2026, 2, 14)),
        "OrderDayNotPossible",
        {"effective_on": date(2026, 2, 14), "earliest": FIRST.on, "latest": date(2026, 2, 14)},
    ),
    (
        asked(_K.PROFIT_PAUSE, until_on=YESTERDAY),
        "DueDayNotPossible",
        {"due_on": YESTERDAY, "after": TODAY},
    ),
    (
        asked(_K.RE_AGE, instalments=2, first_due_on=TODAY),
        "DueDayNotPossible",
        {"due_on": TODAY, "after": TODAY},
    ),
    (
        asked(_K.RESTRUCTURE, instalments=2, first_due_on=LATER, annual_rate=Decimal(0), grace=1),
        "OrderMemberWrong",
        {
            "order_kind": _K.RESTRUCTURE,
            "member": "grace",
            "taken": ("instalments", "first_due_on", "annual_rate", "grace"),
        },
    ),
    (
        asked(_K.RE_AGE, instalments=92_116, first_due_on=LATER),
        "TooManyInstalments",
        {"open_principal": Money(92_115, "USD"), "instalments": 92_116, "grace": 0},
    ),
]


@pytest.mark.parametrize(("order", "name", "values"), REFUSED)
def test_an_order_is_refused_with_what_it_asked(
    order: Any, name: str, values: dict[str, object]
) -> None:
    assert told(lambda: applied(lived(FIRST), order)) == (name, values)


@pytest.mark.parametrize(
    ("order", "available", "what"),
    [
        (
            asked(_K.CHARGE_BACK, repayment_id=FIRST.key, amount_minor=8_886),
            8_885,
            "left of the repayment",
        ),
        (
            asked(_K.WAIVER, part=WaivedPart.PROFIT, amount_minor=922),
            921,
            "open of what is waived",
        ),
    ],
)
def test_no_more_is_given_up_or_claimed_back_than_is_there(
    order: Any, available: int, what: str
) -> None:
    name, values = told(lambda: applied(lived(FIRST), order))

    assert name == "BeyondWhatIsThere"
    assert {str(value) for value in values.values()} >= {
        str(Money(available, "USD")),
        str(Money(order.amount_minor, "USD")),
    }
    assert what in {getattr(value, "text", str(value)) for value in values.values()}


def test_what_was_overpaid_is_refunded_and_not_claimed_back() -> None:
    """1,500.00 came for 1,000.00 and the profit of a month: of it 1,010.00 can be claimed back."""
    much = Received(key=an_id("much"), on=date(2026, 2, 15), amount=150_000)
    back = asked(_K.CHARGE_BACK, repayment_id=much.key, amount_minor=101_001)

    name, _ = told(lambda: applied(lived(much), back))

    assert name == "BeyondWhatIsThere"
    whole = asked(_K.CHARGE_BACK, repayment_id=much.key, amount_minor=101_000)
    assert applied(lived(much), whole).moved == -101_000


@pytest.mark.parametrize(
    "order",
    [
        asked(_K.PROFIT_PAUSE, until_on=TODAY),
        asked(_K.PAYOFF, on=FIRST.on),
        asked(_K.RE_AGE, instalments=2, first_due_on=TODAY + timedelta(days=1)),
    ],
)
def test_what_is_just_possible_is_done(order: Any) -> None:
    assert applied(lived(FIRST), order).rows


def test_undone_an_order_gives_back_each_sum_of_its_own() -> None:
    order = ordered(_K.PAYOFF, moved=93_036)
    order = replace(order, forgiven=5, written_off=7, recovered=9)
    life = lived(FIRST, order)
    standing = standing_of(life)
    standing = replace(standing, shape=replace(standing.shape, forgiven=5))

    left = course_effects.without(standing, life, order_id=order.order_id, first_borrower=BORROWER)

    assert (left.moved, left.forgiven, left.written_off, left.recovered) == (0,) * 4


def test_an_order_under_what_was_given_up_names_both() -> None:
    later = ordered(_K.CLOSE, "later")
    life = lived(FIRST, ordered(_K.RATE_CHANGE, annual_rate=Decimal("0.06")), later)

    assert told(lambda: undone(life)) == (
        "LaterOrderStands",
        {"order_id": an_id("order"), "later_order_id": an_id("later")},
    )


def test_a_course_that_loses_money_is_refused_with_how_much() -> None:
    """A payoff that a later refund rests on: undone alone, the refund would be of nothing."""
    off = ordered(_K.PAYOFF, moved=200_000)
    refund = ordered(_K.REFUND, "later", amount_minor=90_000, moved=-90_000)
    life = lived(FIRST, off, refund)

    with pytest.raises(RafidError) as refused:
        undone(life)

    error = refused.value
    assert (error.order_id, error.later_order_id) == (an_id("order"), an_id("later"))  # type: ignore[attr-defined]
    cause: Any = error.__cause__
    assert (cause.contract_id, cause.effective_on) == (CONTRACT, TODAY)
    assert cause.missing.minor


AMOUNTS = (
    *("balance", "principal", "profit", "fee", "penalty"),
    *("principal_paid", "profit_paid", "fee_paid", "penalty_paid"),
    *("waived", "written_off", "paid_in_advance", "paid_late"),
)


def course_row(**changes: int) -> Row:
    members: dict[str, Any] = dict.fromkeys(AMOUNTS, 0)
    days = {"number": 1, "start_on": TODAY, "due_on": LATER, "settled_on": None}
    return Row(**(members | days | {"is_down_payment": False} | changes))


@pytest.mark.parametrize(
    ("waived", "left"),
    [(0, (60, 8, 5, 7)), (3, (60, 8, 2, 7)), (5, (60, 8, 0, 7)), (9, (60, 8, 0, 3))],
)
def test_what_is_open_is_less_what_was_paid_and_then_what_was_waived(
    waived: int, left: tuple[int, ...]
) -> None:
    row = course_row(
        principal=100,
        principal_paid=40,
        profit=10,
        profit_paid=2,
        fee=9,
        fee_paid=4,
        penalty=8,
        penalty_paid=1,
        waived=waived,
    )

    assert course_rows.open_of(row) == left


def test_what_is_claimed_back_leaves_the_newest_of_what_was_paid_part_by_part() -> None:
    settled = [Instalment(TODAY, 10, 20, 30, 40), Instalment(LATER, 1, 2, 3, 4)]
    moved = Transaction(
        key=UUID(int=1),
        on=LATER,
        kind=TransactionKind.CHARGEBACK,
        amount=20,
        principal=2,
        profit=4,
        fee=6,
        penalty=8,
    )

    course_rows._take_out(settled, moved)

    assert [row.parts for row in settled] == [(9, 18, 27, 36), (0, 0, 0, 0)]
