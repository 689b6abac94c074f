"""Of an instalment planned = received + open + cancelled, and it is firm only in its time."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain import agreement_dues
from services.loans.domain.agreement_dues import (
    CommitmentNotWhole,
    CommitmentOutOfOrder,
    Instalment,
    InstalmentNotDue,
    InstalmentOverMatched,
    InstalmentState,
    Planned,
)
from shared.money import CurrencyMismatch, Money

FIRST = date(2026, 3, 1)


def jod(text: str) -> Money:
    return Money.parse(text, "JOD")


def one(text: str = "1000.000", *, conditions: int = 0, number: int = 1) -> Instalment:
    planned = Planned(number=number, due_on=FIRST, amount=jod(text), conditions=conditions)
    return Instalment.untouched(planned)


def test_a_schedule_sums_to_its_agreement() -> None:
    planned = [
        Planned(number=1, due_on=FIRST, amount=jod("400.000")),
        Planned(number=2, due_on=FIRST, amount=jod("600.000")),
    ]
    agreement_dues.check(planned, total=jod("1000.000"), signed_on=FIRST)
    with pytest.raises(CommitmentNotWhole) as caught:
        agreement_dues.check(planned, total=jod("1000.001"), signed_on=FIRST)
    assert caught.value.planned == jod("1000.000")
    assert agreement_dues.rises(planned)
    assert not agreement_dues.rises(list(reversed(planned)))
    with pytest.raises(CurrencyMismatch):
        agreement_dues.check(planned, total=Money.parse("1.00", "USD"), signed_on=FIRST)
    with pytest.raises(CommitmentNotWhole):
        agreement_dues.check([], total=jod("0.000"), signed_on=FIRST)


@pytest.mark.parametrize(
    ("number", "due_on", "text"),
    [
        (2, FIRST, "10.000"),
        (1, FIRST - timedelta(days=1), "10.000"),
        (1, FIRST, "0.000"),
        (1, FIRST, "-10.000"),
    ],
)
def test_an_instalment_out_of_order_is_refused(number: int, due_on: date, text: str) -> None:
    planned = [Planned(number=number, due_on=due_on, amount=jod(text))]
    with pytest.raises(CommitmentOutOfOrder):
        agreement_dues.check(planned, total=jod("10.000"), signed_on=FIRST)


def test_no_more_than_a_hundred_and_twenty_instalments() -> None:
    planned = [Planned(number=n, due_on=FIRST, amount=jod("1.000")) for n in range(1, 122)]
    agreement_dues.check(planned[:120], total=jod("120.000"), signed_on=FIRST)
    with pytest.raises(CommitmentOutOfOrder):
        agreement_dues.check(planned, total=jod("121.000"), signed_on=FIRST)


@pytest.mark.parametrize(
    ("days", "conditions", "met", "received", "cancelled", "expected"),
    [
        (-1, 0, 0, "0.000", "0.000", InstalmentState.PLANNED),
        (-1, 1, 0, "0.000", "0.000", InstalmentState.PLANNED),
        (-1, 1, 1, "0.000", "0.000", InstalmentState.CONDITION_MET),
        (0, 0, 0, "0.000", "0.000", InstalmentState.DUE),
        (0, 2, 1, "0.000", "0.000", InstalmentState.PLANNED),
        (0, 2, 2, "0.000", "0.000", InstalmentState.DUE),
        (5, 0, 0, "0.000", "0.000", InstalmentState.DUE),
        (6, 0, 0, "0.000", "0.000", InstalmentState.LATE),
        (99, 1, 0, "0.000", "0.000", InstalmentState.PLANNED),
        (0, 0, 0, "0.001", "0.000", InstalmentState.RECEIVED_IN_PART),
        (6, 0, 0, "0.001", "0.000", InstalmentState.LATE),
        (6, 0, 0, "1000.000", "0.000", InstalmentState.RECEIVED),
        (6, 0, 0, "400.000", "600.000", InstalmentState.RECEIVED),
        (6, 1, 0, "0.000", "1000.000", InstalmentState.CANCELLED),
    ],
)
def test_the_state_of_an_instalment_follows_from_day_conditions_and_money(
    *,
    days: int,
    conditions: int,
    met: int,
    received: str,
    cancelled: str,
    expected: InstalmentState,
) -> None:
    stood = replace(
        one(conditions=conditions), met=met, received=jod(received), cancelled=jod(cancelled)
    )
    on = FIRST + timedelta(days=days)
    assert agreement_dues.state(stood, on=on, late_after_days=5) is expected


def test_the_overdue_are_told_oldest_first_with_their_days() -> None:
    old = replace(one(), planned=replace(one().planned, due_on=FIRST - timedelta(days=9)))
    paid = replace(one(), received=jod("1000.000"))
    found = agreement_dues.overdue([one(), paid, old], on=FIRST + timedelta(days=1))
    assert [(each.planned.due_on, days) for each, days in found] == [
        (FIRST - timedelta(days=9), 10),
        (FIRST, 1),
    ]


@pytest.mark.requirement("A6.1")
def test_money_fits_what_is_open_and_waits_for_the_conditions() -> None:
    after = agreement_dues.receive(one(), amount=jod("400.000"))
    assert (after.open, after.received) == (jod("600.000"), jod("400.000"))
    for amount in ("600.001", "0.000", "-0.001"):
        with pytest.raises(InstalmentOverMatched):
            agreement_dues.receive(after, amount=jod(amount))
    with pytest.raises(InstalmentNotDue) as caught:
        agreement_dues.receive(one(conditions=2), amount=jod("1.000"))
    assert (caught.value.conditions, caught.value.met) == (2, 0)


@pytest.mark.requirement("A6.5")
def test_what_is_firm_is_open_unconditional_and_in_its_days() -> None:
    stood = replace(one(), received=jod("400.000"))
    firm = {
        days: agreement_dues.firm(stood, on=FIRST + timedelta(days=days), firm_days=30)
        for days in (-1, 0, 29, 30)
    }
    nothing = jod("0.000")
    assert firm == {-1: nothing, 0: jod("600.000"), 29: jod("600.000"), 30: nothing}
    assert agreement_dues.firm(one(conditions=1), on=FIRST, firm_days=30) == nothing
    assert agreement_dues.firm(one(), on=FIRST, firm_days=0) == nothing


@given(
    planned=st.integers(1, 10_000),
    steps=st.lists(st.tuples(st.sampled_from(["come", "gone", "back"]), st.integers(1, 6_000))),
)
def test_whatever_comes_goes_or_ends_planned_is_received_open_and_cancelled(
    planned: int, steps: list[tuple[str, int]]
) -> None:
    stood = one(f"{planned // 1000}.{planned % 1000:03}")
    came: list[Money] = []
    for what, minor in steps:
        amount = Money(minor, "JOD")
        if what == "come":
            try:
                stood = agreement_dues.receive(stood, amount=amount)
            except InstalmentOverMatched:
                assert amount > stood.open
                continue
            came.append(amount)
        elif what == "gone" and amount <= stood.open:
            stood = replace(stood, cancelled=stood.cancelled + amount)
        elif what == "back" and came:
            stood = replace(stood, received=stood.received - came.pop())
        whole = stood.received + stood.open + stood.cancelled
        assert whole == stood.planned.amount
        assert not stood.open.is_negative
        assert stood.received == Money.total(came, "JOD")
