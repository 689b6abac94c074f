"""Loans are graded beside those of their branch and group; what went back was not paid."""

import random
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain import early_warning
from services.loans.domain.early_warning import Running
from tests.builders import an_id


def loan(number: int, *, branch: str = "north", group: str | None = None) -> Running:
    return Running(
        contract_id=UUID(int=number),
        branch_id=an_id(branch),
        group_id=None if group is None else an_id(group),
    )


@st.composite
def books(draw: st.DrawFn) -> list[Running]:
    """Up to sixty loans of four branches and three groups, whose members borrow anywhere."""
    return [
        loan(
            number,
            branch=draw(st.sampled_from("abcd")),
            group=draw(st.sampled_from([None, "one", "two", "three"])),
        )
        for number in range(draw(st.integers(0, 60)))
    ]


@given(book=books(), most=st.integers(1, 20), seed=st.randoms(use_true_random=False))
def test_every_loan_has_one_part_with_its_group_where_that_fits(
    book: list[Running], most: int, seed: random.Random
) -> None:
    parts = early_warning.parts_of(book, most=most)
    shuffled = list(book)
    seed.shuffle(shuffled)

    assert sorted(one.contract_id for part in parts for one in part) == [
        one.contract_id for one in book
    ]
    assert all(0 < len(part) <= most for part in parts)
    assert early_warning.parts_of(shuffled, most=most) == parts
    for group in {one.group_id for one in book} - {None}:
        size = sum(one.group_id == group for one in book)
        holding = [part for part in parts if any(one.group_id == group for one in part)]
        assert size > most or len(holding) == 1


def test_groups_share_a_part_while_they_fit() -> None:
    sizes = {1: 3, 2: 3, 3: 2}
    book = [
        Running(
            contract_id=UUID(int=10 * group + n), branch_id=an_id("a"), group_id=UUID(int=group)
        )
        for group, size in sizes.items()
        for n in range(size)
    ]

    assert [len(part) for part in early_warning.parts_of(book, most=5)] == [3, 5]
    assert [len(part) for part in early_warning.parts_of(book, most=6)] == [6, 2]
    assert [len(part) for part in early_warning.parts_of(book, most=2)] == [2, 1, 2, 1, 2]


@given(book=books(), per_officer=st.integers(0, 30))
def test_the_load_of_a_branch_is_what_its_officers_can_look_after(
    book: list[Running], per_officer: int
) -> None:
    officers = {an_id("a"): 2, an_id("b"): 1, an_id("elsewhere"): 9}
    bounds = early_warning.bounds_of(book, officers=officers, per_officer=per_officer)

    lent_from = {one.branch_id for one in book}
    assert bounds == {
        branch: count * per_officer for branch, count in officers.items() if branch in lent_from
    }


@pytest.mark.parametrize(
    ("moved", "left"),
    [
        ([], []),
        ([(1, 100), (5, 50), (6, -70)], [(1, 80)]),
        ([(1, 100), (1, 20), (3, 5)], [(1, 120), (3, 5)]),
        ([(1, 100), (2, -100)], []),
        ([(1, 100), (2, -130), (3, 10)], [(3, 10)]),
        ([(2, -40), (2, 100)], [(2, 60)]),
    ],
)
def test_what_went_back_is_taken_off_the_newest_before_it(
    moved: list[tuple[int, int]], left: list[tuple[int, int]]
) -> None:
    dated = [(date(2026, 3, day), minor) for day, minor in moved]

    assert early_warning.netted(dated) == [(date(2026, 3, day), minor) for day, minor in left]


@pytest.mark.parametrize(
    ("today", "end"),
    [
        (date(2026, 11, 22), date(2026, 10, 31)),
        (date(2026, 1, 1), date(2025, 12, 31)),
        (date(2024, 3, 31), date(2024, 2, 29)),
    ],
)
def test_the_month_before_ended_on_its_last_day(today: date, end: date) -> None:
    assert early_warning.last_month_end(today) == end
