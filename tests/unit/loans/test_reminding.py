"""Nobody is written to at night, twice, or in words that leave something open."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain import reminding
from services.loans.domain.reminding import (
    DuePart,
    NobodyReminded,
    ReminderPolicy,
    ReminderStep,
)
from shared import texts
from shared.texts import LANGUAGES
from tests.builders import money

TODAY = date(2026, 6, 10)


def policy(
    before: int | None = 3, after: int | None = 1, quiet: tuple[str, str] = ("20:00", "08:00")
) -> ReminderPolicy:
    return ReminderPolicy(
        before_days=before,
        after_days=after,
        quiet_from=time.fromisoformat(quiet[0]),
        quiet_until=time.fromisoformat(quiet[1]),
    )


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("07:59", "quiet"),
        ("08:00", "awake"),
        ("19:59", "awake"),
        ("20:00", "quiet"),
        ("00:00", "quiet"),
    ],
)
def test_quiet_hours_span_midnight(at: str, expected: str) -> None:
    assert policy().is_quiet(time.fromisoformat(at)) is (expected == "quiet")


@given(at=st.times(), one=st.times(), other=st.times())
def test_turned_round_the_hours_are_the_rest_of_the_day(at: time, one: time, other: time) -> None:
    if one != other:
        there = ReminderPolicy(before_days=1, after_days=None, quiet_from=one, quiet_until=other)
        back = ReminderPolicy(before_days=1, after_days=None, quiet_from=other, quiet_until=one)
        assert there.is_quiet(at) is not back.is_quiet(at)


def test_a_day_from_and_until_alike_is_never_quiet() -> None:
    assert not policy(quiet=("08:00", "08:00")).is_quiet(time(8))


def test_the_worked_days() -> None:
    assert policy().spans(TODAY) == {
        ReminderStep.BEFORE: (date(2026, 6, 10), date(2026, 6, 13)),
        ReminderStep.AFTER: (date(2026, 6, 2), date(2026, 6, 9)),
    }
    assert policy(after=None).spans(TODAY).keys() == {ReminderStep.BEFORE}
    assert policy(before=None).spans(TODAY).keys() == {ReminderStep.AFTER}


@given(before=st.integers(0, 30), after=st.integers(1, 60), offset=st.integers(-90, 90))
def test_a_due_date_is_spoken_of_from_one_side_at_a_time(
    before: int, after: int, offset: int
) -> None:
    due_on = TODAY + timedelta(days=offset)
    spans = policy(before, after).spans(TODAY)
    sides = [step for step, (first, last) in spans.items() if first <= due_on <= last]
    assert sides == ([ReminderStep.BEFORE] if 0 <= offset <= before else []) + (
        [ReminderStep.AFTER] if -after - 7 <= offset <= -after else []
    )


def test_a_policy_that_reminds_nobody_is_refused() -> None:
    with pytest.raises(NobodyReminded):
        policy(None, None)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", ReminderStep)
def test_a_letter_names_every_loan_its_amount_and_the_day(
    language: texts.Language, step: ReminderStep
) -> None:
    parts = [
        DuePart(reference="L-1", open=money("100.000")),
        DuePart(reference="L-2", open=money("7.250")),
    ]
    found = reminding.letter(
        step,
        parts,
        address="+962791234567",
        names={"name": "سعاد", "institution": "مؤسسة"},
        day="2026-06-13",
        say=texts.sayer("loans", language=language),
    )
    for expected in ("L-1", "100.000 JOD", "L-2", "7.250 JOD", "2026-06-13", "سعاد", "مؤسسة"):
        assert expected in found.text
    assert "{" not in found.text + found.subject
    said = texts.sayer("loans", language=language)(reminding.SENTENCES[step])
    assert (said == reminding.SENTENCES[step]) is (language == "en")
