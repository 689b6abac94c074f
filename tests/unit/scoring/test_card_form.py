"""Which documents are scorecards, and what a card may never ask."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from services.scoring.domain import card_form
from services.scoring.domain.card_form import (
    PROTECTED,
    CardMalformed,
    CharacteristicKnownTooLate,
    CharacteristicProtected,
)
from services.scoring.domain.documents import DocumentMalformed
from services.scoring.domain.scorecard import LogOdds, Source
from tests.scoring_cases import a_card, a_choice, a_number, expert_document


def fault_of(document: dict[str, Any]) -> str:
    with pytest.raises(CardMalformed) as refused:
        card_form.scorecard_of(document)
    return f"{refused.value.place}: {refused.value.fault}"


@pytest.mark.parametrize(
    "name", ["sex", "age", "age_band", "client_gender", "region_of_origin", "religion", "tribe"]
)
def test_a_protected_trait_is_no_characteristic(name: str) -> None:
    with pytest.raises(CharacteristicProtected) as refused:
        card_form.scorecard_of(a_card(a_number(name)))

    assert refused.value.name == name
    assert refused.value.trait in name


def test_a_protected_trait_is_no_level_either() -> None:
    bins = [{"levels": ["other"], "points": 2}, {"levels": ["single_female"], "points": 0}]

    with pytest.raises(CharacteristicProtected):
        card_form.scorecard_of(a_card(a_choice("household_kind", bins=bins)))


@pytest.mark.parametrize("name", ["months_in_business", "wage_earners", "storage", "essex_market"])
def test_a_word_that_only_contains_one_is_allowed(name: str) -> None:
    assert card_form.scorecard_of(a_card(a_number(name))).characteristics[0].id == name


def test_the_expert_card_names_no_protected_trait_anywhere() -> None:
    words = {
        word
        for item in expert_document()["characteristics"]
        for name in (item["id"], *(level for b in item["bins"] for level in b.get("levels", ())))
        for word in name.split("_")
    }

    assert words.isdisjoint(PROTECTED)


@pytest.mark.parametrize("moment", ["signature", "disbursement", "repayment", "closing"])
def test_what_is_known_only_after_the_decision_is_refused(moment: str) -> None:
    with pytest.raises(CharacteristicKnownTooLate) as refused:
        card_form.scorecard_of(a_card(a_number("term_reached", known_at=moment)))

    assert refused.value.known_at == moment


@pytest.mark.parametrize("moment", ["application", "assessment", "decision"])
def test_what_is_known_in_time_is_allowed(moment: str) -> None:
    assert card_form.scorecard_of(a_card(a_number(known_at=moment))).points_max == 10


def test_a_moment_nobody_knows_is_refused() -> None:
    assert "a moment nobody knows" in fault_of(a_card(a_number(known_at="yesterday")))


BINS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "gap": (
        [{"upper": "6", "points": 0}, {"lower": "7", "points": 4}],
        "each bin begins where the one before it ends",
    ),
    "falling": (
        [
            {"upper": "6", "points": 0},
            {"lower": "6", "upper": "5", "points": 1},
            {"lower": "5", "points": 4},
        ],
        "the bounds of the bins rise",
    ),
    "closed below": (
        [{"lower": "0", "upper": "6", "points": 0}, {"lower": "6", "points": 4}],
        "the first bin has no lower bound, the last no upper",
    ),
    "closed above": (
        [{"upper": "6", "points": 0}, {"lower": "6", "upper": "9", "points": 4}],
        "the first bin has no lower bound, the last no upper",
    ),
    "against its direction": (
        [{"upper": "6", "points": 4}, {"lower": "6", "points": 0}],
        "the points run against the direction up",
    ),
}


@pytest.mark.parametrize("case", BINS)
def test_bins_that_do_not_hold_every_number_once_are_refused(case: str) -> None:
    bins, fault = BINS[case]

    assert fault_of(a_card(a_number(bins=bins))).endswith(fault)


def test_points_may_fall_where_the_direction_is_down() -> None:
    bins = [{"upper": "1", "points": 7}, {"lower": "1", "points": 0}]

    card = card_form.scorecard_of(a_card(a_number("other_lenders", direction="down", bins=bins)))

    assert card.characteristics[0].points == (7, 0)


def test_a_level_stands_in_one_bin() -> None:
    bins = [{"levels": ["own"], "points": 3}, {"levels": ["own", "rented"], "points": 1}]

    assert "stands in two bins" in fault_of(a_card(a_choice("housing", bins=bins)))


def test_a_characteristic_stands_once() -> None:
    assert fault_of(a_card(a_number(), a_number())) == "months_in_business: stands twice"


def test_nobody_gains_by_not_telling() -> None:
    assert fault_of(a_card(a_number(missing=11))).endswith("is not better than the best")


def test_the_weights_of_the_groups_are_the_points_that_can_be_reached() -> None:
    assert "the weights" in fault_of(a_card(a_number(), groups={"business": 11}))
    assert "the weights" in fault_of(a_card(a_number(), groups={"business": 10, "luck": 5}))


def test_the_grades_fall_and_reach_to_nothing() -> None:
    up = [
        {"grade": "A", "from": 0, "advice": "offer"},
        {"grade": "B", "from": 10, "advice": "refer"},
    ]
    high = [{"grade": "A", "from": 5, "advice": "offer"}]

    assert "the floors fall" in fault_of(a_card(a_number(), grades=up))
    assert "begins at 0" in fault_of(a_card(a_number(), grades=high))


@pytest.mark.parametrize(
    "table",
    [
        [{"from": 0, "pd": "0.05"}, {"from": 10, "pd": "0.20"}],
        [{"from": 10, "pd": "0.20"}, {"from": 0, "pd": "0.05"}],
        [{"from": 0, "pd": "1.00"}],
        [{"from": 0, "pd": "0"}],
    ],
)
def test_more_points_mean_a_smaller_chance_of_default(table: list[dict[str, Any]]) -> None:
    document = a_card(a_number(), pd={"basis": "assumed", "table": table})

    assert fault_of(document).startswith("pd: more points mean")


def test_a_statistical_card_states_its_scale_instead_of_a_table() -> None:
    scale = {"basis": "calibrated", "double_every": 20, "points": 600, "odds": "20"}

    card = card_form.scorecard_of(a_card(a_number(), pd=scale))

    assert isinstance(card.calibration, LogOdds)
    assert card.pd_basis == "calibrated"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"direction": "sideways"}, "/characteristics/0/direction"),
        ({"source": "rumour"}, "/characteristics/0/source"),
        ({"missing": "3"}, "/characteristics/0/missing"),
        ({"label": {"ar": "س", "fr": "x"}}, "/characteristics/0/label/en"),
        ({"bins": []}, "/characteristics/0/bins"),
    ],
)
def test_a_member_of_another_form_is_named_by_its_path(change: dict[str, Any], path: str) -> None:
    document = a_card(a_number()) | {"characteristics": [a_number(**change)]}

    with pytest.raises(DocumentMalformed) as refused:
        card_form.scorecard_of(document)

    assert refused.value.path == path


def test_the_basis_of_the_chances_is_assumed_or_calibrated() -> None:
    table = [{"from": 0, "pd": "0.1"}]

    with pytest.raises(DocumentMalformed, match=re.escape("assumed | calibrated")):
        card_form.scorecard_of(a_card(a_number(), pd={"basis": "hoped", "table": table}))


def test_the_hash_is_of_the_content_and_not_of_the_order_it_is_written_in() -> None:
    document = a_card(a_number(), a_choice())
    shuffled = dict(reversed(list(document.items())))

    assert card_form.hash_of(document) == card_form.hash_of(shuffled)
    assert card_form.hash_of({**document, "version": "1.0.1"}) != card_form.hash_of(document)


def test_the_expert_card_weighs_its_groups_as_decided() -> None:
    document = expert_document()
    card = card_form.scorecard_of(document)

    assert document["groups"] == {
        "capacity": 35,
        "character": 25,
        "business": 20,
        "stability": 10,
        "contribution": 10,
    }
    assert card.pd_basis == "assumed"
    assert {item.id for item in card.characteristics if item.source is Source.AFFORDABILITY} == {
        "debt_service_share",
        "stressed_cover",
    }


def test_the_expert_card_is_the_one_that_was_released() -> None:
    """A change of its content needs another version, and a new file beside this one."""
    released = json.loads(
        (Path(__file__).parents[2] / "golden/scoring/released_cards.json").read_text()
    )

    assert card_form.hash_of(expert_document()) == released["expert 1.0.0"]
