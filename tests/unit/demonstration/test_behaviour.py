"""How borrowers repay: every way of it, by the instalments they agreed."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from random import Random

import pytest

from services.demonstration import behaviour
from services.demonstration.behaviour import Payment, Temper
from services.loans.domain import schedule
from services.loans.domain.schedule import Instalment
from shared.money import Money
from tests.builders import make_qard, money

PAID_OUT = date(2025, 1, 15)
FAR = date(2027, 1, 1)


def chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - a made history


def twelve() -> tuple[Instalment, ...]:
    return schedule.schedule(
        make_qard(
            principal=money("1200.000"),
            disbursed_on=PAID_OUT,
            first_due_on=date(2025, 2, 15),
        )
    )


def paid(kind: Temper, *, seed: int = 3, until: date = FAR) -> tuple[Payment, ...]:
    return behaviour.payments(
        chance(seed), kind=kind, instalments=twelve(), paid_out_on=PAID_OUT, until=until
    )


def right(payments: Sequence[Payment]) -> list[Payment]:
    return [payment for payment in payments if not payment.is_mistake]


def total(payments: Sequence[Payment]) -> Money:
    return sum((one.amount for one in right(payments)), start=money("0.000"))


@pytest.mark.parametrize("kind", sorted(set(Temper) - {Temper.STOPS}))
@pytest.mark.parametrize("seed", range(20))
def test_who_does_not_stop_pays_exactly_what_was_agreed_in_the_end(kind: Temper, seed: int) -> None:
    assert total(paid(kind, seed=seed)) == money("1200.000")


@pytest.mark.parametrize("seed", range(20))
def test_who_stops_pays_a_part_at_most(seed: int) -> None:
    assert total(paid(Temper.STOPS, seed=seed)) <= money("800.000")


def test_who_is_prompt_pays_within_days_of_the_due_date() -> None:
    for payment, due in zip(right(paid(Temper.PROMPT)), twelve(), strict=True):
        assert -4 <= (payment.received_on - due.due_on).days <= 3


def test_who_is_late_is_never_a_month_late() -> None:
    last_due = twelve()[-1].due_on

    late = right(paid(Temper.LATE))

    assert (late[-1].received_on - last_due).days <= 26 + 9
    assert late[0].received_on > twelve()[0].due_on


@pytest.mark.parametrize("seed", range(5))
def test_who_halts_is_more_than_a_month_late_at_times(seed: int) -> None:
    days = sorted(payment.received_on for payment in right(paid(Temper.HALTING, seed=seed)))
    latest = max((day - due.due_on).days for day, due in zip(days, twelve(), strict=True))

    assert latest > 0


@pytest.mark.parametrize("seed", range(10))
def test_who_prepays_ends_early_by_one_large_payment(seed: int) -> None:
    payments = right(paid(Temper.PREPAYS, seed=seed))

    assert payments[-1].amount > money("100.000")
    assert payments[-1].received_on < twelve()[-1].due_on


def test_one_instalment_can_be_prepaid_too() -> None:
    one = twelve()[:1]

    payments = behaviour.payments(
        chance(1), kind=Temper.PREPAYS, instalments=one, paid_out_on=PAID_OUT, until=FAR
    )

    assert total(payments) == one[0].total


def test_nothing_is_paid_after_the_day_the_history_ends() -> None:
    until = date(2025, 6, 1)

    payments = paid(Temper.PROMPT, until=until)

    assert payments
    assert all(payment.received_on <= until for payment in payments)


def test_nothing_is_paid_before_the_money_went_out() -> None:
    late = date(2025, 2, 14)

    payments = behaviour.payments(
        chance(2), kind=Temper.PROMPT, instalments=twelve(), paid_out_on=late, until=FAR
    )

    assert min(payment.received_on for payment in payments) > late


@pytest.mark.parametrize("kind", Temper)
def test_payments_are_numbered_in_the_order_of_their_days(kind: Temper) -> None:
    payments = paid(kind, seed=11)

    assert [payment.number for payment in payments] == list(range(1, len(payments) + 1))
    assert all(one.received_on <= other.received_on for one, other in pairwise(payments))


def test_now_and_then_a_payment_is_entered_twice() -> None:
    many = [payment for seed in range(200) for payment in paid(Temper.PROMPT, seed=seed)]
    wrong = [payment for payment in many if payment.is_mistake]

    assert 0 < len(wrong) < len(many) * 0.02
    assert all(payment.amount == money("100.000") for payment in wrong)


def test_most_are_prompt_and_a_few_stop() -> None:
    rng = chance(1)
    drawn = Counter(behaviour.temper(rng, soundness=0.5) for _ in range(5_000))

    assert drawn[Temper.PROMPT] > 0.65 * 5_000
    assert 0 < drawn[Temper.STOPS] < 0.08 * 5_000
    assert set(drawn) == set(Temper)


def test_the_weaker_a_case_the_more_trouble() -> None:
    def troubles(soundness: float) -> int:
        rng = chance(1)
        return sum(
            behaviour.temper(rng, soundness=soundness) in behaviour.TROUBLE for _ in range(2_000)
        )

    assert troubles(0.1) > troubles(0.5) > troubles(0.9)


def test_the_chances_are_a_whole() -> None:
    assert sum(behaviour.CHANCES.values()) == pytest.approx(1)


def test_a_day_after_the_last_due_date_is_in_the_future_of_the_schedule() -> None:
    assert twelve()[-1].due_on + timedelta(days=70) < FAR
