"""What is a payer told of money that goes back, comes too much, or comes for an earlier day?"""

from dataclasses import replace
from datetime import date

import pytest

from services.loans.domain import allocation, collecting, receipts
from services.loans.domain.allocation import Portions
from services.loans.domain.collecting import ContractIsClosed
from services.loans.domain.journal import Channel
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Component
from shared.money import Money
from tests.builders import CONTRACT
from tests.unit.loans.test_collecting import (
    DUES,
    REPAYMENT,
    SIGNED,
    TODAY,
    days,
    make_standing,
    moved,
    pay,
    renegotiated,
    take_back,
)


def jod(minor: int) -> Money:
    return Money(minor, "JOD")


def test_a_closed_contract_that_would_owe_again_is_named_with_the_amount() -> None:
    closed = make_standing(status="closed", paid=Portions(1_000, 40, 0, 0, 5))
    with pytest.raises(ContractIsClosed) as refused:
        take_back(closed, 6, SIGNED)
    assert (refused.value.contract_id, refused.value.amount) == (CONTRACT, jod(6))
    collecting.require_may_owe(closed, taken=5)


def test_money_of_a_wallet_is_booked_in_the_wallet() -> None:
    decided = collecting.collect(
        make_standing(), amount=jod(300), received_on=TODAY, channel=Channel.WALLET, today=TODAY
    )
    assert moved(decided) == {"wallet": 300, "loans": -280, "profit_income": -20}


def test_the_payer_is_told_what_was_too_much() -> None:
    decided = pay(make_standing(), 1_052)
    told = receipts.answer(decided, repayment_id=REPAYMENT, received_on=TODAY)
    assert told["surplus"] == {"amount": "0.012", "currency": "JOD"}


def test_a_day_before_the_newest_agreement_stands_on_the_one_that_held_then() -> None:
    """Nothing has moved since the new agreement: its first day has no row of its own."""
    standing = replace(renegotiated(), days=renegotiated().days[:1])
    decided = pay(standing, 260, on=date(2026, 3, 1))

    assert decided.generations == (1,)
    assert days(decided) == [(3, 260, 750, DUES[1])]


def test_what_is_open_keeps_fees_and_late_amounts_apart() -> None:
    agreed = Instalment(
        number=1,
        due_on=DUES[0],
        principal=jod(250),
        profit=jod(10),
        fee=jod(7),
        penalty_minor=3,
    )
    order = (Component.PENALTY, Component.PROFIT, Component.PRINCIPAL, Component.FEE)
    (still_open,) = allocation.dues_at([agreed], paid=jod(1), order=order)
    assert (still_open.fee, still_open.penalty_minor) == (jod(7), 2)
    (still_open,) = allocation.dues_at([agreed], paid=jod(265), order=order)
    assert (still_open.fee, still_open.penalty_minor) == (jod(5), 0)
