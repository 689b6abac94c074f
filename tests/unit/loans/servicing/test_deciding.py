"""What is left when an order is taken back?"""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.loans.domain.chart import FundKind
from services.loans.domain.journal import EntryKind
from services.loans.domain.lifecycle import ContractEvent, ContractStatus
from services.loans.domain.servicing import deciding
from services.loans.domain.servicing.deciding import History
from services.loans.domain.servicing.orders import Asked, OrderKind, WaivedPart
from services.loans.domain.servicing.refusals import (
    LaterOrderStands,
    OrderDayNotPossible,
    OrderNotStanding,
    ReversalOfReversal,
)
from shared.ids import EntryId
from tests.builders import an_id
from tests.unit.loans.servicing.standings import decide, free, order, order_id, stand, step

K = OrderKind
RESCHEDULE = order(K.RESCHEDULE, instalments=6, first_due_on=date(2026, 4, 15))
CHARGE = order(K.CHARGE, part=WaivedPart.PENALTY, amount_minor=500)


def reversal(name: str, on: date = date(2026, 3, 20)) -> Asked:
    return order(K.REVERSAL, on, order_id=order_id(name))


def test_taking_an_order_back_restores_every_balance() -> None:
    standing = free(kind=FundKind.WAQF)
    written = decide(standing, order(K.WRITE_OFF))
    kept = replace(step("one", order(K.WRITE_OFF)), entry_id=EntryId(an_id("entry")))
    back = decide(written.after, reversal("one"), kept)

    assert back.after == replace(standing, shape=standing.shape)
    assert back.difference == -written.difference
    assert back.event is ContractEvent.REVERSE_WRITE_OFF
    assert back.entry is not None
    assert back.entry.kind is EntryKind.REVERSAL
    assert back.entry.reverses_entry_id == an_id("entry")


def test_an_older_order_is_taken_back_from_under_a_later_one() -> None:
    standing = free(kind=FundKind.WAQF)
    charged = decide(standing, CHARGE).after
    spread = decide(charged, RESCHEDULE, step("one", CHARGE)).after
    steps = (step("one", CHARGE), step("two", RESCHEDULE))
    back = decide(spread, reversal("one"), *steps).after

    assert back.shape == decide(standing, RESCHEDULE).after.shape


def test_what_a_later_order_rests_on_is_not_taken_back() -> None:
    written = decide(stand(), order(K.WRITE_OFF)).after
    recovered = decide(written, order(K.RECOVERY, amount_minor=5)).after
    steps = (step("one", order(K.WRITE_OFF)), step("two", order(K.RECOVERY, amount_minor=5)))
    with pytest.raises(LaterOrderStands) as refused:
        decide(recovered, reversal("one"), *steps)
    assert refused.value.order_id == order_id("one")
    assert refused.value.later_order_id == order_id("two")


def test_an_order_not_in_force_is_not_taken_back() -> None:
    with pytest.raises(OrderNotStanding):
        decide(stand(), reversal("never given"))


@pytest.mark.parametrize("kind", [K.REVERSAL, K.DISBURSEMENT_REVERSAL])
def test_a_reversal_is_not_reversed(kind: OrderKind) -> None:
    members: dict[str, Any] = {"order_id": an_id("x")} if kind is K.REVERSAL else {}
    with pytest.raises(ReversalOfReversal) as refused:
        decide(stand(), reversal("one"), step("one", order(kind, **members)))
    assert refused.value.order_kind is kind


def test_an_order_is_taken_back_on_no_day_before_it_counted() -> None:
    charged = decide(stand(), CHARGE).after
    with pytest.raises(OrderDayNotPossible) as refused:
        decide(charged, reversal("one", date(2026, 3, 19)), step("one", CHARGE))
    assert refused.value.earliest == date(2026, 3, 20)


def test_repayments_that_came_after_an_order_stay_when_it_goes() -> None:
    spread = decide(stand(received=34002), RESCHEDULE).after
    later = replace(spread, received=50_000)
    back = decide(later, reversal("one"), step("one", RESCHEDULE, received=34002)).after

    assert back.shape == stand().shape
    assert back.paid == 50_000
    assert back.portions == stand(received=50_000).portions


def test_the_weight_of_an_order_is_what_it_gives_up_or_what_stands_out() -> None:
    waiver = order(K.WAIVER, part=WaivedPart.PROFIT, amount_minor=700)
    assert deciding.weight(decide(stand(), waiver), asked=waiver) == 700
    assert deciding.weight(decide(stand(), RESCHEDULE), asked=RESCHEDULE) == 100_000
    write_off = order(K.WRITE_OFF)
    assert deciding.weight(decide(stand(), write_off), asked=write_off) == 100_000


def test_a_fold_of_no_orders_is_what_was_signed() -> None:
    standing = stand()
    assert deciding.fold(standing, history=History(origin=standing.shape)) == standing.shape


def test_a_contract_paid_out_again_forgets_the_payout_taken_back() -> None:
    undone = step("one", order(K.DISBURSEMENT_REVERSAL))
    charged = decide(free(kind=FundKind.WAQF), CHARGE, undone)
    back = decide(charged.after, reversal("two"), undone, step("two", CHARGE))

    assert back.after.status is ContractStatus.ACTIVE
    assert not back.after.shape.is_undone


def test_taking_back_a_payoff_weighs_the_money_that_goes_out_again() -> None:
    payoff = order(K.PAYOFF)
    settled = decide(free(kind=FundKind.WAQF), payoff).after
    assert settled.outstanding == 0
    back = decide(settled, reversal("one"), step("one", payoff))

    assert deciding.weight(back, asked=reversal("one")) == 1_200_000


def test_taking_back_a_write_off_and_a_recovery_weighs_what_comes_back() -> None:
    write_off, recovery = order(K.WRITE_OFF), order(K.RECOVERY, amount_minor=700)
    written = decide(free(kind=FundKind.WAQF), write_off).after
    back = decide(written, reversal("one"), step("one", write_off))
    assert deciding.weight(back, asked=reversal("one")) == 1_200_000

    recovered = decide(written, recovery).after
    steps = (step("one", write_off), step("two", recovery))
    unrecovered = decide(recovered, reversal("two"), *steps)
    assert deciding.weight(unrecovered, asked=reversal("two")) == 700
