"""What do the agreed fees for late instalments ask of a contract on a day?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain.fees import Fee, FeeBase, FeeKind, FeeWhen
from services.loans.domain.servicing import late_fees
from services.loans.domain.servicing.deciding import History, Step
from services.loans.domain.servicing.late_fees import (
    LateFee,
    LateFeeAsked,
    LateFeeNotAgreed,
    NotPaidLate,
)
from services.loans.domain.servicing.orders import OrderKind, OrderMemberWrong, WaivedPart
from services.loans.domain.servicing.shape import Standing
from tests.builders import make_loan, money
from tests.unit.loans.servicing.standings import history, order, stand, step

FIRST, SECOND, THIRD = date(2026, 2, 15), date(2026, 3, 15), date(2026, 4, 15)
TWO_PERCENT = Fee(
    code="late",
    kind=FeeKind.PERCENT,
    when=FeeWhen.OVERDUE,
    percent=Decimal(2),
    of=FeeBase.PRINCIPAL_AND_PROFIT,
)
FLAT = Fee(code="visit", kind=FeeKind.FLAT, when=FeeWhen.OVERDUE, amount=money("3.00", "USD"))
FILE = Fee(
    code="file", kind=FeeKind.FLAT, when=FeeWhen.FIRST_INSTALMENT, amount=money("1.00", "USD")
)


def standing(*fees: Fee) -> Standing:
    """1,000.00 at 12 % in twelve instalments of 88.85, nothing paid by now."""
    return stand(make_loan(instalments=12, fees=(*fees, FILE)))


def charged(name: str, due_on: date) -> Step:
    asked = order(
        OrderKind.CHARGE,
        part=WaivedPart.PENALTY,
        amount_minor=1,
        fee_code=name,
        late_due_on=due_on,
    )
    return step(f"{name} {due_on}", asked)


def amount(
    found: Standing,
    *,
    code: str = "late",
    due_on: date = FIRST,
    on: date = SECOND,
    paid: int = 0,
    before: History | None = None,
) -> int:
    return late_fees.amount(
        found,
        LateFee(code=code, due_on=due_on, amount=0),
        history=before or history(found),
        paid_by={due_on: paid},
        on=on,
    )


@pytest.mark.parametrize(
    ("fee", "asked"),
    [
        (TWO_PERCENT, 178),
        (replace(TWO_PERCENT, of=FeeBase.PROFIT), 20),
        (replace(TWO_PERCENT, of=FeeBase.PRINCIPAL), 158),
        (replace(FLAT, code="late"), 300),
    ],
)
def test_a_fee_is_counted_on_the_instalment_as_agreed_whatever_was_paid_of_it(
    fee: Fee, asked: int
) -> None:
    assert amount(standing(fee)) == asked
    assert amount(standing(fee), paid=8_000) == asked


def test_an_instalment_paid_by_its_day_is_not_late_and_one_a_unit_short_is() -> None:
    found = standing(TWO_PERCENT)
    whole = found.shape.rows[0].total
    with pytest.raises(NotPaidLate) as refused:
        amount(found, paid=whole)
    assert (refused.value.due_on, refused.value.on) == (FIRST, SECOND)
    assert amount(found, paid=whole - 1) == 178


def test_what_was_paid_late_stays_late_though_nothing_is_open_today() -> None:
    found = standing(TWO_PERCENT)
    settled = replace(found, received=found.shape.rows[0].total)
    assert amount(settled, paid=0) == 178


@pytest.mark.parametrize("on", [date(2026, 2, 14), FIRST])
def test_on_its_own_day_an_instalment_is_not_late_yet(on: date) -> None:
    with pytest.raises(NotPaidLate):
        amount(standing(TWO_PERCENT), on=on)
    assert amount(standing(TWO_PERCENT), on=date(2026, 2, 16)) == 178


def test_a_day_on_which_nothing_fell_due_asks_nothing() -> None:
    with pytest.raises(NotPaidLate):
        amount(standing(TWO_PERCENT), due_on=date(2026, 2, 16))


@pytest.mark.parametrize("code", ["file", "visit"])
def test_only_a_fee_agreed_for_late_instalments_is_asked(code: str) -> None:
    with pytest.raises(LateFeeNotAgreed) as refused:
        amount(standing(TWO_PERCENT), code=code)
    assert refused.value.code == code


def test_a_fee_is_asked_once_for_an_instalment() -> None:
    found = standing(TWO_PERCENT, FLAT)
    before = history(found, charged("late", FIRST))
    with pytest.raises(LateFeeAsked) as refused:
        amount(found, before=before)
    assert (refused.value.code, refused.value.due_on) == ("late", FIRST)
    assert amount(found, code="visit", before=before) == 300, "another fee"
    assert amount(found, due_on=SECOND, on=THIRD, before=before) == 178, "another instalment"


def test_what_is_still_to_be_asked_is_told_fee_by_fee() -> None:
    found = standing(TWO_PERCENT, FLAT, replace(TWO_PERCENT, code="none", of=FeeBase.PROFIT))
    first = found.shape.rows[0]
    before = history(found, charged("visit", SECOND))
    told = late_fees.asked(
        found,
        history=before,
        paid_by={FIRST: first.total, SECOND: first.total},
        on=date(2026, 4, 1),
    )
    assert [(one.code, one.due_on, one.amount) for one in told] == [
        ("late", SECOND, 178),
        ("none", SECOND, 18),
    ]
    assert late_fees.past_due_days(found, on=date(2026, 4, 1)) == (FIRST, SECOND)
    assert late_fees.past_due_days(found, on=SECOND) == (FIRST,)


@pytest.mark.parametrize(
    ("members", "member"),
    [
        ({}, "amount_minor"),
        ({"fee_code": "late"}, "late_due_on"),
        ({"late_due_on": FIRST, "amount_minor": 5}, "late_due_on"),
        ({"fee_code": "late", "late_due_on": FIRST, "part": WaivedPart.FEE}, "fee_code"),
        ({"amount_minor": 5, "part": WaivedPart.PROFIT}, "part"),
    ],
)
def test_a_charge_is_a_sum_or_an_agreed_fee(members: dict[str, Any], member: str) -> None:
    with pytest.raises(OrderMemberWrong, match=f"the member {member} is wrong"):
        order(OrderKind.CHARGE, **{"part": WaivedPart.PENALTY, **members})


def test_a_sum_of_ones_own_needs_two_and_an_agreed_fee_one() -> None:
    free = order(OrderKind.CHARGE, part=WaivedPart.PENALTY, amount_minor=5)
    agreed = order(OrderKind.CHARGE, part=WaivedPart.PENALTY, fee_code="late", late_due_on=FIRST)

    assert (free.is_approved, agreed.is_approved) == (True, False)
