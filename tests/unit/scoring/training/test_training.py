"""A card is learned from a file: what tells enters, what leaks or contradicts does not."""

import numpy as np
import pytest

from services.scoring.domain import card_form, scorecard
from services.scoring.domain.card_form import (
    CardMalformed,
    CharacteristicKnownTooLate,
    CharacteristicProtected,
)
from services.scoring.domain.documents import DocumentMalformed
from services.scoring.domain.training import card as cards
from services.scoring.domain.training import columns, fairness, fitting, logistic, validation
from services.scoring.domain.training.columns import CellUnreadable, ColumnAbsent, ColumnBlank
from services.scoring.domain.training.fitting import LeakSuspected, Method, NothingTells
from services.scoring.domain.training.spec import spec_of
from services.scoring.domain.training.validation import Plan, Trained
from tests import trainings
from tests.trainings import DOWN, MADE_UP_COLUMNS, NONE, UP, Json


def trained(texts: dict[str, list[str]], document: Json) -> Trained:
    spec = spec_of(document)
    columns.check_columns(list(texts), spec=spec)
    return validation.train(
        columns.asked_of(texts, spec=spec),
        bad=columns.bad_of(texts, spec=spec),
        audited=columns.audited_of(texts, spec=spec),
        spec=spec,
        training={"rows": len(texts["default"])},
        plan=Plan(repeats=1),
        step=lambda _: None,
    )


def made_up_spec(**changes: object) -> Json:
    return trainings.spec_document(MADE_UP_COLUMNS, target="default") | changes


def test_the_card_is_sound_ranks_well_and_states_the_risk_it_found() -> None:
    found = trained(trainings.made_up(3000), made_up_spec())

    card = card_form.scorecard_of(found.document)
    held_out = found.validation["held_out"]
    assert {item.id for item in card.characteristics} == {"income", "debts", "place"}
    assert held_out["auc_mean"] > 0.75
    assert held_out["calibration_error"] < 0.04
    assert held_out["auc_low"] < held_out["auc_mean"] < held_out["auc_high"]


def test_the_same_file_gives_the_same_card_to_the_letter() -> None:
    one = trained(trainings.made_up(), made_up_spec())
    other = trained(trainings.made_up(), made_up_spec())

    assert card_form.hash_of(one.document) == card_form.hash_of(other.document)
    assert one.validation == other.validation


def test_many_loans_at_once_get_the_points_that_each_gets_alone() -> None:
    texts = trainings.made_up()
    spec = spec_of(made_up_spec())
    card = card_form.scorecard_of(trained(texts, made_up_spec()).document)
    texts["place"][0], texts["place"][1], texts["income"][2] = "unheard of", "", ""

    at_once = cards.totals(card, columns.asked_of(texts, spec=spec))

    for i in range(100):
        values = {name: texts[name][i] or None for name in MADE_UP_COLUMNS}
        if i == 0:
            continue
        assert scorecard.score(card, values=values).points == at_once[i]


def test_more_income_never_costs_points_on_the_learned_card() -> None:
    card = card_form.scorecard_of(trained(trainings.made_up(), made_up_spec()).document)
    income = next(item for item in card.characteristics if item.id == "income")

    points = [income.points_of(str(value)) for value in np.linspace(0, 10, 40)]

    assert points == sorted(points)


def test_a_protected_trait_is_audited_and_never_scored() -> None:
    found = trained(trainings.made_up(), made_up_spec(audit=[{"name": "sex", "column": "sex"}]))
    with pytest.raises(CharacteristicProtected):
        spec_of(trainings.spec_document({"sex": NONE}, target="default"))

    audit = found.validation["fairness"][0]
    assert {group["name"] for group in audit["groups"]} == {"f", "m"}
    assert "sex" not in {item["id"] for item in found.document["characteristics"]}


def test_two_files_that_differ_in_sex_alone_have_the_same_card() -> None:
    texts = trainings.made_up()
    turned = texts | {"sex": ["m" if value == "f" else "f" for value in texts["sex"]]}
    document = made_up_spec(audit=[{"name": "sex", "column": "sex"}])

    assert trained(texts, document).document == trained(turned, document).document


def test_a_suspiciously_strong_column_waits_for_a_review() -> None:
    texts = trainings.made_up()
    texts["after"] = [f"{int(value)}" for value in texts["default"]]
    asked = {**MADE_UP_COLUMNS, "after": DOWN}
    document = trainings.spec_document(asked, target="default")
    for item in document["characteristics"]:
        if item["id"] != "after":
            continue
        item["review"] = None

    with pytest.raises(LeakSuspected) as refused:
        trained(texts, document)

    assert refused.value.characteristic == "after"


@pytest.mark.parametrize("known_at", ["signature", "disbursement", "repayment", "closing"])
def test_what_is_known_after_the_decision_cannot_enter(known_at: str) -> None:
    document = made_up_spec(characteristics=[trainings.asked("Term", UP, known_at=known_at)])

    with pytest.raises(CharacteristicKnownTooLate):
        spec_of(document)


def test_a_column_that_tells_nothing_is_left_out_by_name() -> None:
    texts = trainings.made_up(2000)
    random = np.random.default_rng(9)
    texts["noise"] = [f"{value:.3f}" for value in random.uniform(size=2000)]
    texts["fixed"] = ["4"] * 2000
    asked = {**MADE_UP_COLUMNS, "noise": UP, "fixed": UP}

    found = trained(texts, trainings.spec_document(asked, target="default"))

    dropped = {item["id"]: item.get("dropped") for item in found.validation["characteristics"]}
    assert dropped["noise"] == "tells_little"
    assert dropped["fixed"] == "constant"


def test_nothing_to_learn_from_is_said() -> None:
    texts = trainings.made_up()
    texts["noise"] = [str(i % 7) for i in range(len(texts["default"]))]

    with pytest.raises(NothingTells):
        trained(texts, trainings.spec_document({"noise": UP}, target="default"))


def test_a_copy_beside_its_original_does_not_turn_its_sign() -> None:
    random = np.random.default_rng(0)
    income = random.uniform(size=2000)
    bad = random.uniform(size=2000) < 0.6 - 0.5 * income
    woe = income - income.mean()
    against = -woe + random.normal(scale=0.01, size=2000)

    intercept, slopes, left = logistic.fit_signed(
        np.column_stack([woe, against]), bad=bad, ridge=1.0
    )

    assert left == [0]
    assert slopes[0] < 0
    assert intercept < 0


def test_the_fit_is_where_the_penalised_likelihood_is_flat() -> None:
    random = np.random.default_rng(4)
    design = random.normal(size=(500, 3))
    bad = random.uniform(size=500) < 1 / (1 + np.exp(-(design @ [1.0, -0.5, 0.0] - 0.4)))

    intercept, slopes = logistic.fit(design, bad=bad, ridge=2.0)

    chance = 1 / (1 + np.exp(-(intercept + design @ slopes)))
    assert (bad - chance).sum() == pytest.approx(0, abs=1e-6)
    assert design.T @ (bad - chance) == pytest.approx(2.0 * slopes, abs=1e-6)


def test_without_columns_the_intercept_is_the_odds_of_the_file() -> None:
    bad = np.arange(1000) < 300
    intercept, slopes = logistic.fit(np.empty((1000, 0)), bad=bad, ridge=1.0)

    assert intercept == pytest.approx(-0.847298, abs=1e-6)
    assert len(slopes) == 0


def test_folds_part_every_loan_once_with_the_same_share_of_bad() -> None:
    bad = np.arange(100) < 30
    parts = fitting.folds(bad, parts=5, seed=3)

    assert sorted(np.concatenate(parts)) == list(range(100))
    assert {int(bad[part].sum()) for part in parts} == {6}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"income": ["abc", *["1"] * 599]}, CellUnreadable),
        ({"income": ["inf", *["1"] * 599]}, CellUnreadable),
        ({"income": [""] * 600}, ColumnBlank),
        ({"place": [" "] * 600}, ColumnBlank),
    ],
)
def test_an_unreadable_column_is_named(change: Json, error: type[Exception]) -> None:
    with pytest.raises(error):
        trained(trainings.made_up() | change, made_up_spec())


def test_an_absent_column_is_named_with_those_that_are_there() -> None:
    texts = trainings.made_up()
    del texts["debts"]

    with pytest.raises(ColumnAbsent) as refused:
        trained(texts, made_up_spec())

    assert refused.value.column == "debts"
    assert "income" in refused.value.columns


@pytest.mark.parametrize(
    "change",
    [
        {"approve_share": "1.0"},
        {"points": {"double_every": 0, "points": 600, "odds": "20"}},
        {"method": {"prebins": 1, "bins_max": 6, "share_min": "0.05", "ridge": "1",
                    "iv_min": "0.02", "iv_leak": "0.5"}},
        {"characteristics": [trainings.asked("income", UP), trainings.asked("income", UP)]},
        {"characteristics": [trainings.asked("income", "sideways")]},
        {"characteristics": [trainings.asked("income", UP, known_at="some day")]},
        {"target": {"column": "default"}},
    ],
)  # fmt: skip
def test_a_specification_that_contradicts_itself_is_refused(change: Json) -> None:
    with pytest.raises((CardMalformed, DocumentMalformed)):
        spec_of(made_up_spec(**change))


def test_the_fairness_audit_compares_groups_and_leaves_small_ones_out() -> None:
    score = np.array([10.0] * 100 + [10.0] * 72 + [0.0] * 28 + [10.0] * 5)
    groups = np.array(["one"] * 100 + ["other"] * 100 + ["few"] * 5)
    bad = np.array([i % 5 == 0 for i in range(205)])

    found = fairness.audit(
        "place", groups=groups, score=score, pd=np.full(205, 0.2), bad=bad, floor=5
    )

    assert found.approval_ratio == pytest.approx(0.72)
    assert found.flags == ("approval_ratio",)
    assert found.left_out == {"few": 5}
    assert all(group.calibration == pytest.approx(1.0) for group in found.groups)


def test_a_number_is_parted_into_named_bands() -> None:
    bands = fairness.groups_of(np.array([24.0, 25, 39, 40]), cuts=(25, 40))

    assert list(bands) == ["<25", "25-<40", "25-<40", ">=40"]


def test_a_method_is_part_of_the_specification() -> None:
    method = {"prebins": 10, "bins_max": 3, "share_min": "0.10", "ridge": "2",
              "iv_min": "0.01", "iv_leak": "2"}  # fmt: skip
    spec = spec_of(made_up_spec(method=method))

    assert spec.method.rules.bins_max == 3
    assert spec.method != Method()
    found = trained(trainings.made_up(2000), made_up_spec(method=method))
    assert all(len(item["bins"]) <= 3 for item in found.validation["characteristics"])
