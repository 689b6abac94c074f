"""What is the state of a contract on a day, as the books knew it?"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.loans.domain import replay, schedule
from services.loans.domain.positions import Position, Standing
from services.loans.domain.replay import ContractState, Movement, MovementKind, ReversalUnfounded
from shared.money import CurrencyMismatch, Money
from tests.builders import NOON, an_id, make_qard, money

TERMS = make_qard()  # twelve times 250.000 TND from 15 February 2026
INSTALMENTS = schedule.schedule(TERMS)
LATER = NOON + timedelta(days=400)


def move(name: str, kind: MovementKind, amount: str, on: str, **changes: Any) -> Movement:
    members: dict[str, Any] = {
        "movement_id": an_id(name),
        "kind": kind,
        "amount": money(amount, "TND"),
        "effective_on": date.fromisoformat(on),
        "known_at": NOON,
    }
    return Movement(**members | changes)


def undo(name: str, of: str, amount: str, on: str, **changes: Any) -> Movement:
    return move(name, MovementKind.REVERSAL, amount, on, reverses=an_id(of), **changes)


PAID_OUT = move("out", MovementKind.DISBURSEMENT, "3000", "2026-01-15")
PAID = move("first", MovementKind.REPAYMENT, "300", "2026-02-10")


def state(*movements: Movement, as_of: str, known_at: datetime = LATER) -> ContractState:
    return replay.replay(
        TERMS,
        instalments=INSTALMENTS,
        movements=movements,
        as_of=date.fromisoformat(as_of),
        known_at=known_at,
    )


def test_before_anything_is_paid_out_nothing_is_owed() -> None:
    found = state(as_of="2026-06-01")

    assert found.open_dues == ()
    assert found.next_due is None
    assert found.arrears.total.is_zero
    assert not found.is_closed


def test_what_is_paid_lowers_what_is_outstanding() -> None:
    found = state(PAID_OUT, PAID, as_of="2026-02-20")

    assert found.outstanding_principal == money("2700", "TND")
    assert found.next_due is not None
    assert found.next_due.number == 2
    assert found.next_due.total == money("200", "TND")
    assert found.arrears.total.is_zero


def test_a_payment_counts_from_its_value_date() -> None:
    assert state(PAID_OUT, PAID, as_of="2026-02-09").paid.total.is_zero
    assert state(PAID_OUT, PAID, as_of="2026-02-10").paid.total == money("300", "TND")


def test_a_backdated_payment_changes_answers_only_for_those_who_know_of_it() -> None:
    known_at = NOON + timedelta(days=90)
    backdated = move("late news", MovementKind.REPAYMENT, "250", "2026-02-15", known_at=known_at)

    before = state(PAID_OUT, backdated, as_of="2026-03-01", known_at=NOON)
    after = state(PAID_OUT, backdated, as_of="2026-03-01", known_at=known_at)

    assert before.arrears.days_past_due == 14
    assert after.arrears.days_past_due == 0
    assert replay.correction(before, after=after).total == money("250", "TND")


def test_the_order_of_booking_does_not_matter() -> None:
    second = move("second", MovementKind.REPAYMENT, "120.500", "2026-02-01")

    assert state(PAID_OUT, PAID, second, as_of="2026-04-01") == state(
        second, PAID, PAID_OUT, as_of="2026-04-01"
    )


def test_a_reversed_payment_leaves_the_contract_as_it_was() -> None:
    bounced = undo("bounced", "first", "300", "2026-02-10")

    assert state(PAID_OUT, PAID, bounced, as_of="2026-03-01") == state(PAID_OUT, as_of="2026-03-01")


def test_until_the_day_of_its_reversal_a_payment_stands() -> None:
    bounced = undo("bounced", "first", "300", "2026-02-20")

    assert state(PAID_OUT, PAID, bounced, as_of="2026-02-19").arrears.total.is_zero
    assert state(PAID_OUT, PAID, bounced, as_of="2026-02-20").arrears.days_past_due == 5


def test_a_reversed_disbursement_leaves_nothing_owed() -> None:
    found = state(PAID_OUT, undo("back", "out", "3000", "2026-01-20"), as_of="2026-03-01")

    assert found.outstanding_principal.is_zero
    assert found.open_dues == ()


def test_a_contract_paid_in_full_is_closed() -> None:
    rest = move("rest", MovementKind.REPAYMENT, "2700", "2026-03-01")

    found = state(PAID_OUT, PAID, rest, as_of="2026-03-01")

    assert found.is_closed
    assert found.surplus.is_zero
    assert not state(PAID_OUT, PAID, rest, as_of="2026-02-28").is_closed


def test_too_much_is_surplus_until_it_is_given_back() -> None:
    rest = move("rest", MovementKind.REPAYMENT, "2750", "2026-03-01")
    back = move("back", MovementKind.SURPLUS_REFUND, "50", "2026-03-05")

    assert state(PAID_OUT, PAID, rest, as_of="2026-03-01").surplus == money("50", "TND")
    given_back = state(PAID_OUT, PAID, rest, back, as_of="2026-03-05")
    assert given_back.surplus == Money.zero("TND")
    assert given_back.is_closed


@pytest.mark.parametrize(
    "unfounded",
    [
        (undo("a", "nobody", "300", "2026-02-10"),),
        (undo("a", "first", "299", "2026-02-10"),),
        (undo("a", "first", "300", "2026-02-09"),),
        (undo("a", "first", "300", "2026-02-10"), undo("b", "first", "300", "2026-02-10")),
        (undo("a", "first", "300", "2026-02-10"), undo("b", "a", "300", "2026-02-10")),
        (replace(undo("a", "first", "300", "2026-02-10"), reverses=None),),
        (replace(undo("a", "first", "300", "2026-02-10"), kind=MovementKind.REPAYMENT),),
    ],
)
def test_a_reversal_undoes_one_known_movement_whole_and_once(
    unfounded: tuple[Movement, ...],
) -> None:
    with pytest.raises(ReversalUnfounded):
        state(PAID_OUT, PAID, *unfounded, as_of="2026-03-01")


def test_a_reversal_known_before_its_payment_is_refused() -> None:
    news = move("news", MovementKind.REPAYMENT, "1", "2026-02-10", known_at=LATER)

    with pytest.raises(ReversalUnfounded):
        state(
            PAID_OUT, news, undo("a", "news", "1", "2026-02-10"), as_of="2026-03-01", known_at=NOON
        )


def test_a_movement_in_another_currency_is_refused() -> None:
    foreign = replace(PAID, movement_id=an_id("foreign"), amount=money("1", "USD"))

    with pytest.raises(CurrencyMismatch):
        state(PAID_OUT, foreign, as_of="2026-03-01")


def test_a_position_holds_all_that_a_state_follows_from() -> None:
    expected = state(PAID_OUT, PAID, as_of="2026-03-01")
    position = Position(
        valid_from=date(2026, 2, 10),
        disbursed=3_000_000,
        paid=300_000,
        outstanding=2_700_000,
        oldest_open_due_on=None,
        status=Standing.ACTIVE,
    )

    def told(stood: Position | None) -> ContractState:
        return replay.state_of(
            TERMS,
            instalments=schedule.schedule(TERMS),
            sums=replay.sums_of(stood, currency="TND"),
            as_of=date(2026, 3, 1),
        )

    assert told(position) == expected
    assert told(None).outstanding_principal.is_zero
    given_up = told(replace(position, written_off=700_000))
    assert given_up.outstanding_principal == money("2000.000", "TND")
