"""A card that would judge upside down, crash an opinion, or ask under another name is refused."""

from typing import Any

import pytest

from services.scoring.domain import card_form
from services.scoring.domain.card_form import (
    LARGEST_TEXT,
    CardMalformed,
    CharacteristicProtected,
)
from services.scoring.domain.documents import DocumentMalformed
from shared import texts
from tests.scoring_cases import a_card, a_choice, a_number, expert_document

LADDER = {"basis": "calibrated", "double_every": 20, "points": 600, "odds": "20"}


def refused(document: dict[str, Any]) -> CardMalformed:
    with pytest.raises(CardMalformed) as found:
        card_form.scorecard_of(document)
    return found.value


@pytest.mark.parametrize(
    "wrong",
    [
        {"double_every": 0},
        {"double_every": -20},
        {"double_every": 10**9},
        {"odds": "0"},
        {"odds": "-1"},
        {"odds": "0.0000000001"},
        {"odds": "10000000000"},
    ],
)
def test_a_ladder_without_steps_or_upside_down_is_refused(wrong: dict[str, Any]) -> None:
    """Zero would stop every opinion; below zero more points would mean more risk."""
    assert refused(a_card(a_number(), pd=LADDER | wrong)).place == "pd"
    assert card_form.scorecard_of(a_card(a_number(), pd=LADDER)).calibration.pd(600) < 1


@pytest.mark.parametrize("points", [10**7, -(10**7), 10**30])
def test_points_beyond_a_million_are_refused(points: int) -> None:
    with pytest.raises((CardMalformed, DocumentMalformed)):
        card_form.scorecard_of(a_card(a_number(missing=-abs(points))))
    bins = [{"upper": "6", "points": points}, {"lower": "6", "points": points}]
    with pytest.raises((CardMalformed, DocumentMalformed)):
        card_form.scorecard_of(a_card(a_number(bins=bins)))


def test_a_grade_stands_once() -> None:
    grades = [
        {"grade": "A", "from": 10, "advice": "offer"},
        {"grade": "A", "from": 0, "advice": "decline"},
    ]

    assert str(refused(a_card(a_number(), grades=grades)).fault) == "stands twice"


@pytest.mark.parametrize(
    "name",
    ["age_band", "Age-Band", "ageBand", "age band", "applicantSex", "sexe", "sexe_client", "dob"],
)
def test_a_protected_trait_is_found_however_it_is_written(name: str) -> None:
    with pytest.raises(CharacteristicProtected):
        card_form.scorecard_of(a_card(a_number(name)))


@pytest.mark.parametrize("level", ["femme", "Homme", "أنثى", "ذكر", "married-no-children"])
def test_a_protected_level_is_found_in_three_languages(level: str) -> None:
    bins = [{"levels": [level], "points": 6}, {"levels": ["*"], "points": 1}]

    with pytest.raises(CharacteristicProtected):
        card_form.scorecard_of(a_card(a_choice("household_kind", bins=bins)))


@pytest.mark.parametrize("name", ["Months", "months-open", "خبرة", "1st", "a" * 65, "a b"])
def test_an_id_that_no_answer_could_carry_is_refused(name: str) -> None:
    """An application answers by codes: such a characteristic would be unknown for everybody."""
    with pytest.raises(CardMalformed, match="small Latin letters"):
        card_form.scorecard_of(a_card(a_number(name)))


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("a\x00b", "/note"),
        ("a\ud800b", "/note"),
        ("x" * (LARGEST_TEXT + 1), "/note"),
        (1.5, "/note"),
        (float("inf"), "/note"),
        (2**53, "/note"),
        ({"deep": [1, 0.5]}, "/note/deep/1"),
    ],
)
def test_what_cannot_be_kept_as_it_was_sent_is_refused_at_its_place(
    value: object, path: str
) -> None:
    with pytest.raises(DocumentMalformed) as found:
        card_form.check_kept(a_card(a_number(), note=value))

    assert found.value.path == path


def test_layers_beyond_sense_are_refused() -> None:
    nested: Any = 1
    for _ in range(200):
        nested = [nested]

    with pytest.raises(DocumentMalformed, match="fewer layers"):
        card_form.check_kept({"note": nested})


def test_the_cards_that_ship_can_be_kept() -> None:
    card_form.check_kept(expert_document())


@pytest.mark.parametrize("language", ["ar", "fr"])
@pytest.mark.parametrize(
    "document",
    [
        a_card(a_number(direction="down")),
        a_card(a_number(known_at="yesterday")),
        a_card(a_number(), groups={"business": 11}),
        a_card(
            a_choice("h", bins=[{"levels": ["a"], "points": 6}, {"levels": ["a"], "points": 1}])
        ),
        a_card(a_number(), pd=LADDER | {"odds": "0"}),
        a_card(a_number("Months")),
    ],
)
def test_the_fault_of_a_card_is_told_in_the_readers_language(
    document: dict[str, Any], language: Any
) -> None:
    fault = refused(document)

    told = texts.members(fault, language=language)["fault"]

    assert told != str(fault.fault)
    assert str(told) in texts.render(fault, language=language)[1]
