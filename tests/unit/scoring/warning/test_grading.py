"""Grades follow the capacity of officers, and alerts end as they can."""

from collections import Counter
from decimal import Decimal

import pytest

from services.scoring.domain import card_form, scorecard
from services.scoring.domain.scorecard import Source
from services.scoring.domain.warning import grading, opinions, outcomes, signals
from services.scoring.domain.warning.grading import Capacity, CapacityImpossible, Grade, Scored
from services.scoring.domain.warning.opinions import SignalUnknown
from services.scoring.domain.warning.outcomes import (
    AlertOutcome,
    AlertOutcomeRefused,
    LoanNotAlerted,
)
from services.scoring.warnings import governing
from shared import ids
from tests.running_loans import AS_OF, loan

NORTH, SOUTH = ids.new(), ids.new()


def scored(points: list[int], **more: object) -> list[Scored]:
    fields = {"branch_id": NORTH, "is_told": True} | more
    return [Scored(loan_id=ids.new(), points=p, **fields) for p in points]  # type: ignore[arg-type]


def grades(items: list[Scored], capacity: Capacity) -> list[Grade]:
    placed = {p.loan_id: p for p in grading.graded(items, capacity=capacity, as_of=AS_OF)}
    return [placed[item.loan_id].grade for item in items]


def test_of_twenty_loans_one_is_red_and_one_amber() -> None:
    found = grades(scored(list(range(20))), Capacity())

    assert found == [Grade.RED, Grade.AMBER, *[Grade.GREEN] * 18]


@pytest.mark.parametrize(("loans", "load"), [(0, 0), (9, 0), (10, 1), (47, 4), (50, 5)])
def test_the_load_is_rounded_down(loans: int, load: int) -> None:
    assert Capacity().load(loans) == load


def test_a_branch_at_its_bound_leaves_its_place_to_the_next() -> None:
    north, south = scored([1, 2, 3]), scored([4, 5, 6], branch_id=SOUTH)
    capacity = Capacity(share=Decimal("0.5"), by_branch={NORTH: 1})
    found = grades([*north, *south], capacity)

    assert [grade is not Grade.GREEN for grade in found] == [True, False, False, True, True, False]


def test_who_has_nothing_to_be_told_stays_green() -> None:
    found = grades(scored([1, 2], is_told=False), Capacity(share=Decimal(1)))

    assert found == [Grade.GREEN, Grade.GREEN]


def test_among_equals_the_draw_changes_with_the_day_and_not_with_the_order() -> None:
    items = scored([5] * 10)
    one = grading.graded(items, capacity=Capacity(), as_of=AS_OF)
    again = grading.graded(items[::-1], capacity=Capacity(), as_of=AS_OF)
    firsts = {
        grading.graded(items, capacity=Capacity(), as_of=AS_OF.replace(day=day))[0].loan_id
        for day in range(1, 29)
    }

    assert one == again
    assert len(firsts) > 3


@pytest.mark.parametrize("share", ["-0.1", "1.1"])
def test_a_capacity_beyond_all_loans_is_refused(share: str) -> None:
    with pytest.raises(CapacityImpossible):
        Capacity(share=Decimal(share))
    with pytest.raises(CapacityImpossible):
        Capacity(red_part=Decimal(share))


ALLOWED = {
    None: {"contacted", "rescheduled", "paid", "false_alarm"},
    "contacted": {"rescheduled", "paid", "false_alarm"},
    "rescheduled": {"paid"},
    "paid": set(),
    "false_alarm": set(),
}


@pytest.mark.parametrize("earlier", ALLOWED)
@pytest.mark.parametrize("later", AlertOutcome)
def test_an_alert_ends_only_as_it_can(earlier: str | None, later: AlertOutcome) -> None:
    after = None if earlier is None else AlertOutcome(earlier)
    if later.value in ALLOWED[earlier]:
        outcomes.check_outcome(later, grade=Grade.AMBER, after=after)
        return
    with pytest.raises(AlertOutcomeRefused):
        outcomes.check_outcome(later, grade=Grade.AMBER, after=after)


def test_a_green_loan_was_no_alert() -> None:
    with pytest.raises(LoanNotAlerted):
        outcomes.check_outcome(AlertOutcome.PAID, grade=Grade.GREEN, after=None)


def test_the_built_in_card_is_sound_and_gives_a_sound_loan_full_points() -> None:
    card = card_form.scorecard_of(governing.built_in())
    opinions.check_card(card)
    sound = signals.signals_of(signals.known_of(loan(), as_of=AS_OF))
    score = scorecard.score(card, values=sound)

    assert card.points_max == 100
    assert score.points == 97, "only the burden, which nobody has found out, costs points"
    assert [reason.characteristic for reason in score.reasons] == ["burden"]


def test_a_loan_is_not_alerted_for_what_nobody_knows() -> None:
    card = card_form.scorecard_of(governing.built_in())
    found = opinions.opinions_of([loan(), loan(days=3)], card=card, as_of=AS_OF)
    capacity = Capacity(share=Decimal(1), red_part=Decimal(0))
    warned = opinions.graded(found, capacity=capacity, as_of=AS_OF)

    assert Counter(item.grade for item in warned) == {Grade.AMBER: 1, Grade.GREEN: 1}


def test_a_card_of_applications_grades_no_running_loan() -> None:
    document = dict(governing.built_in())
    first, *others = document["characteristics"]
    document["characteristics"] = [first | {"source": Source.APPLICATION.value}, *others]

    with pytest.raises(SignalUnknown):
        opinions.check_card(card_form.scorecard_of(document))
