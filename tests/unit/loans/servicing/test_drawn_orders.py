"""Orders on what is drawn and held: set off, ended, a tranche of several taken back."""

from dataclasses import replace

import pytest

from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.servicing import deciding
from services.loans.domain.servicing.orders import OrderKind, OrderMemberWrong, WaivedPart
from services.loans.domain.servicing.refusals import (
    BeyondWhatIsThere,
    HasMoved,
    LaterOrderStands,
    OrderChangesNothing,
    OrderNotForState,
    ReversalOfReversal,
)
from tests.unit.loans.servicing.standings import decide, free, order, order_id, stand, step

K = OrderKind


def test_savings_pay_like_money_and_come_out_of_their_own_account() -> None:
    asked = order(K.SET_OFF, amount_minor=20_000)
    decided = decide(stand(), asked)
    assert asked.purse == "savings"
    assert decided.entry is not None
    lines = {line.account_code: line.amount.minor for line in decided.entry.lines}
    assert lines == {"savings": 20_000, "loans": -19_000, "profit_income": -1_000}
    assert decided.after.paid == 20_000
    assert deciding.weight(decided, asked=asked) == 20_000


def test_a_set_off_taken_back_gives_the_savings_back() -> None:
    asked = order(K.SET_OFF, amount_minor=20_000)
    after = decide(stand(), asked).after
    back = decide(after, order(K.REVERSAL, order_id=order_id("one")), step("one", asked))
    assert back.after.shape == stand().shape
    assert back.entry is not None
    assert back.entry.amount_of("savings").minor == -20_000
    assert back.entry.amount_of("cash").minor == 0


def test_no_more_is_set_off_than_is_owed() -> None:
    owed = stand().owed
    assert decide(stand(), order(K.SET_OFF, amount_minor=owed)).after.owed == 0
    with pytest.raises(BeyondWhatIsThere):
        decide(stand(), order(K.SET_OFF, amount_minor=owed + 1))
    with pytest.raises(OrderMemberWrong):
        order(K.SET_OFF)
    signed = stand(status=ContractStatus.SIGNED)
    with pytest.raises(OrderNotForState):
        decide(signed, order(K.SET_OFF, amount_minor=1))


def test_a_drawing_is_ended_once_while_something_may_be_drawn_and_for_good() -> None:
    drawing = stand(undrawn=40_000)
    decided = decide(drawing, order(K.END_DRAWING))
    assert (decided.entry, decided.event) == (None, None)
    assert decided.after.shape.rows == drawing.shape.rows
    assert deciding.weight(decided, asked=order(K.END_DRAWING)) == drawing.outstanding
    with pytest.raises(OrderChangesNothing):
        decide(stand(), order(K.END_DRAWING))
    ended = step("one", order(K.END_DRAWING))
    with pytest.raises(ReversalOfReversal):
        decide(drawing, order(K.REVERSAL, order_id=order_id("one")), ended)


def test_of_several_tranches_the_last_is_taken_back_whatever_was_paid() -> None:
    paid = free(received=300_000, payouts=2)
    assert decide(paid, order(K.DISBURSEMENT_REVERSAL)).after.shape.is_undone
    with pytest.raises(HasMoved):
        decide(free(received=300_000, payouts=1), order(K.DISBURSEMENT_REVERSAL))
    given_up = replace(paid, shape=replace(paid.shape, written_off=1))
    with pytest.raises(OrderNotForState):
        decide(replace(given_up, status=ContractStatus.WRITTEN_OFF), order(K.DISBURSEMENT_REVERSAL))
    with pytest.raises(HasMoved):
        decide(given_up, order(K.DISBURSEMENT_REVERSAL))


def test_a_contribution_that_paid_with_the_payout_goes_back_with_it() -> None:
    only = free(received=120_000, contributed=120_000)
    assert decide(only, order(K.DISBURSEMENT_REVERSAL)).after.shape.is_undone
    with pytest.raises(HasMoved) as refused:
        decide(free(received=120_001, contributed=120_000), order(K.DISBURSEMENT_REVERSAL))
    assert refused.value.paid.minor == 1


def test_what_a_payoff_took_in_stays_when_an_earlier_order_would_have_made_it_more() -> None:
    """A waiver taken back under a payoff would book money that never came."""
    waiver = order(K.WAIVER, part=WaivedPart.PROFIT, amount_minor=900)
    waived = decide(stand(), waiver).after
    paid_off = decide(waived, order(K.PAYOFF), step("one", waiver)).after
    steps = (step("one", waiver), step("two", order(K.PAYOFF)))
    with pytest.raises(LaterOrderStands) as refused:
        decide(paid_off, order(K.REVERSAL, order_id=order_id("one")), *steps)
    assert refused.value.later_order_id == order_id("two")
    last = decide(paid_off, order(K.REVERSAL, order_id=order_id("two")), *steps)
    assert last.after.shape == waived.shape


def test_a_set_off_under_a_payoff_stays_until_the_payoff_is_taken_back() -> None:
    taken = order(K.SET_OFF, amount_minor=20_000)
    after = decide(stand(), taken).after
    paid_off = decide(after, order(K.PAYOFF), step("one", taken)).after
    steps = (step("one", taken), step("two", order(K.PAYOFF)))
    with pytest.raises(LaterOrderStands):
        decide(paid_off, order(K.REVERSAL, order_id=order_id("one")), *steps)
