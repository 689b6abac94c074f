"""Whom ties join owes together, and may not owe more than the limit."""

from itertools import permutations
from uuid import UUID

import pytest

from services.loans.domain import exposure
from services.loans.domain.exposure import Exposures, GroupOwesTooMuch
from shared.money import Money

A, B, C, D, E, F = (UUID(int=number) for number in range(1, 7))
TIES = [(A, B), (B, C), (D, E)]


def jod(amount: str) -> Money:
    return Money.parse(amount, "JOD")


def owing(most: int | None = 1_000_000) -> Exposures:
    return Exposures(
        group_of=exposure.groups(TIES, of=[A, B, F]),
        owed={(A, "JOD"): 400_000, (B, "JOD"): 300_000, (B, "USD"): 99_900, (D, "JOD"): 10},
        most={} if most is None else {"JOD": most},
    )


def test_ties_join_over_others_in_any_order() -> None:
    for order in permutations([*TIES, (C, A)]):
        groups = exposure.groups(order, of=[A, E, F])
        assert groups == {A: {A, B, C}, E: {D, E}, F: {F}}


def test_a_group_owes_what_its_members_owe_in_that_currency() -> None:
    group = owing().of(A, currency="JOD")
    assert [one.borrower_id for one in group.members] == [A, B, C]
    assert group.total == jod("700.000")
    assert owing().of(F, currency="JOD").total == jod("0.000")


def test_the_limit_is_passed_by_the_last_fils() -> None:
    group = owing().of(A, currency="JOD")
    group.require_room(jod("300.000"))
    with pytest.raises(GroupOwesTooMuch) as refused:
        group.require_room(jod("300.001"))
    told = refused.value
    assert (told.number, told.owed, told.together) == (3, jod("700.000"), jod("1000.001"))
    assert told.members == (f"{A}: 400.000 JOD", f"{B}: 300.000 JOD", f"{C}: 0.000 JOD")


def test_what_is_granted_counts_for_the_next_of_the_group() -> None:
    exposures = owing()
    exposures.grant(C, jod("200.000"))
    exposures.of(A, currency="JOD").require_room(jod("100.000"))
    with pytest.raises(GroupOwesTooMuch):
        exposures.of(B, currency="JOD").require_room(jod("100.001"))


def test_without_a_limit_in_its_currency_nothing_is_refused() -> None:
    owing(None).of(A, currency="JOD").require_room(jod("900000.000"))
    owing().of(A, currency="USD").require_room(Money.parse("900000.00", "USD"))
