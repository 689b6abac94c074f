"""`rafid train --expert`: the committee's card, a blend or a learned one, by the bad loans."""

import json
from pathlib import Path

import pytest

from services.scoring.domain import card_form
from services.scoring.domain.scorecard import LogOdds
from tests import trainings
from tests.scoring_cases import a_card, a_choice, a_number
from tests.trainings import MADE_UP_COLUMNS, Json
from tests.unit.cli.test_train import run

SPEC = trainings.spec_document(MADE_UP_COLUMNS, target="default")
FAST = ("--repeats", "1", "--folds", "2")


def expert(*more: Json) -> Json:
    return a_card(a_number("income"), *more)


def trained(folder: Path, card: Json, *options: str, rows: int = 600) -> tuple[str, Json]:
    (folder / "expert.json").write_text(json.dumps(card), encoding="utf-8")
    options = (*FAST, "--expert", str(folder / "expert.json"), *options)
    ended = run(folder, trainings.made_up(rows), SPEC, *options)
    assert ended.exit_code == 0, ended.output
    return ended.output, json.loads((folder / "out/card.json").read_text(encoding="utf-8"))


def test_under_k_bads_the_experts_card_is_kept_and_it_is_said(tmp_path: Path) -> None:
    said, card = trained(tmp_path, expert(), "--weight", "400")

    assert "the expert's card is kept as it is" in said
    assert card == expert()
    assert not (tmp_path / "out/validation.json").exists()


def test_from_enough_bads_on_the_expert_has_no_part(tmp_path: Path) -> None:
    said, card = trained(tmp_path, expert(), "--enough", "61")

    assert "the expert has no part any more" in said
    assert card["basis"] == "statistical"


def test_between_them_the_card_is_a_blend_that_is_proved(tmp_path: Path) -> None:
    said, card = trained(tmp_path, expert(a_choice()))

    proof = json.loads((tmp_path / "out/validation.json").read_text(encoding="utf-8"))
    weight = 60 / (60 + proof["bad"])
    found = card_form.scorecard_of(card)
    assert card["basis"] == "blend"
    assert card["training"]["blend"] == {
        "weight": f"{weight:.6f}",
        "expert": card_form.hash_of(expert(a_choice())),
        "k": 60,
    }
    assert "The file lacks what the expert asks: training_done." in said
    assert f"the expert's part is {weight:.2f}" in said
    assert [item.id for item in found.characteristics] == [
        "income", "training_done", "debts", "place",
    ]  # fmt: skip
    assert proof["held_out"]["auc_mean"] > 0.75


def test_the_blend_holds_the_cuts_of_both_and_stays_monotone(tmp_path: Path) -> None:
    _, card = trained(tmp_path, expert())

    income = next(item for item in card["characteristics"] if item["id"] == "income")
    cuts = [part["upper"] for part in income["bins"][:-1]]
    points = [part["points"] for part in income["bins"]]
    assert {"6", "24"} <= set(cuts)
    assert points == sorted(points)
    assert points[-1] > points[-2]  # only the expert parts at 24, beyond every loan's income
    assert isinstance(card_form.scorecard_of(card).calibration, LogOdds)


def test_levels_of_both_cards_are_weighed(tmp_path: Path) -> None:
    place = a_choice(
        "place", bins=[{"levels": ["a"], "points": 6}, {"levels": ["z"], "points": 1}], missing=0
    )
    _, card = trained(tmp_path, expert(place))

    found = next(item for item in card["characteristics"] if item["id"] == "place")
    levels = {part["levels"][0]: part["points"] for part in found["bins"]}
    assert {"a", "b", "c", "z", "*"} >= set(levels) >= {"a", "z"}
    assert levels["a"] > levels["z"]


@pytest.mark.parametrize(
    ("card", "problem"),
    [
        (
            a_card(
                a_number(
                    "income",
                    direction="down",
                    bins=[{"upper": "6", "points": 9}, {"lower": "6", "points": 0}],
                )
            ),
            "ExpertContradicted",
        ),
        (a_card(a_choice("income")), "CardsUnlike"),
        (
            a_card(
                a_number("debts", bins=[{"upper": "0", "points": 0}, {"lower": "0", "points": 4}]),
                a_number("income"),
            ),
            "CardsUnlike",
        ),
    ],
)
def test_cards_that_do_not_fit_are_refused(tmp_path: Path, card: Json, problem: str) -> None:
    (tmp_path / "expert.json").write_text(json.dumps(card), encoding="utf-8")
    ended = run(
        tmp_path, trainings.made_up(), SPEC, *FAST, "--expert", str(tmp_path / "expert.json")
    )

    assert ended.exit_code != 0
    assert type(ended.exception).__name__ == problem
    assert not (tmp_path / "out/card.json").exists()
