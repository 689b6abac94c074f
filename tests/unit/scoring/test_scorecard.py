"""What a scorecard does with an application: points, grade, chance of default, reasons."""

from decimal import Decimal

import pytest

from services.scoring.domain import card_form, scorecard
from services.scoring.domain.scorecard import (
    Advice,
    CharacteristicUnreadable,
    LogOdds,
    PdTable,
    Value,
)
from tests.scoring_cases import a_card, a_choice, a_number, expert_card


def points_of(value: Value, *, name: str = "months_in_business") -> int:
    card = card_form.scorecard_of(a_card(a_number(), a_choice()))
    item = next(item for item in card.characteristics if item.id == name)
    return item.points_of(value)


def test_a_bin_holds_its_lower_bound_and_not_its_upper() -> None:
    assert points_of(Decimal("5.999")) == 0
    assert points_of(Decimal(6)) == 4
    assert points_of(Decimal("23.999999")) == 4
    assert points_of(Decimal(24)) == 10
    assert points_of(Decimal(-3)) == 0


def test_a_number_written_as_text_counts_like_the_number() -> None:
    assert points_of("24.0") == points_of(Decimal(24)) == 10


def test_what_is_unknown_has_points_of_its_own() -> None:
    assert points_of(None) == 3


def test_a_truth_value_is_the_level_yes_or_no() -> None:
    assert points_of(value=True, name="training_done") == 6
    assert points_of("no", name="training_done") == points_of(value=False, name="training_done")


@pytest.mark.parametrize("value", ["twelve", True, "NaN", "Infinity", ""])
def test_a_number_that_is_none_is_refused(value: Value) -> None:
    with pytest.raises(CharacteristicUnreadable) as refused:
        points_of(value)

    assert refused.value.characteristic == "months_in_business"
    assert refused.value.expected == "a number"


def test_a_level_the_card_does_not_know_is_refused_with_those_it_knows() -> None:
    with pytest.raises(CharacteristicUnreadable) as refused:
        points_of("perhaps", name="training_done")

    assert refused.value.expected == "yes, no"


def test_a_card_may_have_a_bin_for_any_other_level() -> None:
    bins = [{"levels": ["food"], "points": 3}, {"levels": ["*"], "points": 2}]
    card = card_form.scorecard_of(a_card(a_choice("sector", bins=bins)))

    assert card.characteristics[0].points_of("pottery") == 2


def test_the_score_is_the_sum_and_the_grade_its_range() -> None:
    card = card_form.scorecard_of(a_card(a_number(), a_choice()))

    score = scorecard.score(card, values={"months_in_business": "30", "training_done": False})

    assert (score.points, score.points_max) == (11, 16)
    assert (score.grade, score.advice) == ("A", Advice.OFFER)
    assert (score.pd, score.pd_basis) == (Decimal("0.050"), "assumed")
    assert [item.value for item in score.contributions] == ["30", "no"]


def test_a_score_below_every_other_grade_has_the_last() -> None:
    card = card_form.scorecard_of(a_card(a_number(missing=-5)))

    score = scorecard.score(card, values={})

    # -5 points lie under the last floor, 0: the last grade still holds them
    assert (score.points, score.grade, score.pd) == (-5, "B", Decimal("0.200"))


def test_values_the_card_does_not_ask_for_change_nothing() -> None:
    card = card_form.scorecard_of(a_card(a_number()))

    plain = scorecard.score(card, values={"months_in_business": "3"})
    more = scorecard.score(card, values={"months_in_business": "3", "shoe_size": "44"})

    assert plain == more


def test_reasons_are_the_largest_losses_first() -> None:
    card = card_form.scorecard_of(a_card(a_choice(), a_number()))

    score = scorecard.score(card, values={"months_in_business": "3", "training_done": "no"})

    assert [(reason.characteristic, reason.lost) for reason in score.reasons] == [
        ("months_in_business", 10),
        ("training_done", 5),
    ]
    assert score.reasons[0].text["fr"] == "Activité récente"
    assert score.reasons[0].hint["en"] == "Show earlier work"


def test_a_characteristic_at_its_best_is_no_reason() -> None:
    card = card_form.scorecard_of(a_card(a_choice(), a_number()))

    score = scorecard.score(card, values={"months_in_business": "99", "training_done": "yes"})

    assert score.reasons == ()


def test_equal_losses_stand_in_the_order_of_the_card_and_four_are_the_most() -> None:
    names = [f"question_{letter}" for letter in "edcba"]
    card = card_form.scorecard_of(a_card(*(a_number(name) for name in names)))

    score = scorecard.score(card, values=dict.fromkeys(names, "1"))

    assert [reason.characteristic for reason in score.reasons] == names[:4]


def test_an_unknown_value_is_told_as_unknown_and_not_as_bad() -> None:
    card = card_form.scorecard_of(a_card(a_number()))

    reason = scorecard.score(card, values={}).reasons[0]

    assert reason.text == {
        "ar": "غير معروف: الخبرة",
        "fr": "Inconnu : Ancienneté",
        "en": "Time in this work?",
    }
    assert reason.lost == 7


def test_a_table_gives_the_chance_of_the_range_a_score_falls_in() -> None:
    table = PdTable(floors=(0, 10), pds=(Decimal("0.2"), Decimal("0.05")))

    assert table.pd(9) == Decimal("0.2")
    assert table.pd(10) == Decimal("0.05")
    assert table.pd(-1) == Decimal("0.2")


def test_points_of_log_odds_double_the_odds_every_twenty() -> None:
    scale = LogOdds(double_every=20, points=600, odds=Decimal(20))

    odds = [(1 - scale.pd(score)) / scale.pd(score) for score in (580, 600, 620)]

    assert [round(value, 1) for value in odds] == [Decimal(10), Decimal(20), Decimal(40)]


def test_the_expert_card_gives_a_hundred_points_to_the_best_application() -> None:
    card = expert_card()
    best: dict[str, Value] = {}
    for item in card.characteristics:
        if item.levels is not None:
            best[item.id] = max(item.levels, key=item.levels.__getitem__)
        elif item.points[0] > item.points[-1]:
            best[item.id] = Decimal(0)
        else:
            best[item.id] = item.cuts[-1]

    score = scorecard.score(card, values=best)

    assert (score.points, score.points_max, score.grade) == (100, 100, "A")
    assert score.reasons == ()
