"""An adopted review has a mark each month, due when its day is over everywhere."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain.review_marks import due_marks

ADOPTED = date(2026, 1, 31)


def test_marks_are_counted_from_the_day_of_adoption_and_not_from_each_other() -> None:
    marks = due_marks(ADOPTED, months=4, over=date(2027, 1, 1), kept=())

    assert marks == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]


@pytest.mark.parametrize(
    ("over", "months", "count"),
    [
        (date(2026, 2, 27), 12, 0),
        (date(2026, 2, 28), 12, 1),
        (date(2026, 7, 30), 12, 5),
        (date(2026, 7, 31), 12, 6),
        (date(2030, 1, 1), 12, 12),
        (date(2030, 1, 1), 0, 0),
        (date(2026, 1, 31), 12, 0),
    ],
)
def test_a_mark_is_due_when_its_day_is_over(over: date, months: int, count: int) -> None:
    assert len(due_marks(ADOPTED, months=months, over=over, kept=())) == count


def test_what_was_looked_at_is_not_asked_again_and_a_gap_is_made_up() -> None:
    kept = {date(2026, 2, 28), date(2026, 4, 30), date(2026, 4, 12)}

    assert due_marks(ADOPTED, months=3, over=date(2027, 1, 1), kept=kept) == [date(2026, 3, 31)]


@settings(max_examples=80, deadline=None)
@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(0, 36),
    st.dates(date(2020, 1, 1), date(2034, 1, 1)),
)
def test_marks_are_after_the_adoption_each_once_and_none_to_come(
    adopted_on: date, months: int, over: date
) -> None:
    marks = due_marks(adopted_on, months=months, over=over, kept=())

    assert len(marks) == len(set(marks)) <= months
    assert marks == sorted(marks)
    assert all(adopted_on < mark <= over for mark in marks)
    assert due_marks(adopted_on, months=months, over=over, kept=marks) == []
