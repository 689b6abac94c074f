"""A grid is sound or refused, and the same answers always have the same result."""

import copy
from datetime import date
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from services.scoring.domain.card_form import CharacteristicProtected
from services.scoring.domain.documents import DocumentMalformed
from services.scoring.domain.grids import form, judging
from services.scoring.domain.grids.form import CriterionIsCredit, Grid, GridMalformed
from services.scoring.domain.grids.judging import (
    Answer,
    AnswerOfOtherForm,
    AnswerTwice,
    CriterionUnknown,
    Evidence,
    Mark,
    Why,
)
from services.scoring.grids import operations

DAY = date(2026, 4, 1)
TEXTS = {"ar": "سؤال", "fr": "Question", "en": "Question"}


def criterion(name: str, weight: str, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": name,
        "area": "production",
        "weight": weight,
        "passes_at": "0.5",
        "must": False,
        "evidence": ["record"],
        "scale": {"kind": "number", "zero_at": "20", "full_at": "100"},
        "question": TEXTS,
        "hint": TEXTS,
    }
    return body | changes


def document(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "grid_id": "workshop",
        "version": "1.0.0",
        "kind": "diagnosis",
        "passes_at": "0.60",
        "title": TEXTS,
        "criteria": [
            criterion("output", "60"),
            criterion("permit", "40", scale={"kind": "yes_no"}, area="rights", must=True),
        ],
    }
    return body | changes


def grid(**changes: Any) -> Grid:
    return form.grid_of(document(**changes))


def proven(name: str, value: Any, *, until: date | None = None) -> Answer:
    evidence = (Evidence(kind="record", reference="file:1", valid_until=until),)
    return Answer(criterion=name, value=value, evidence=evidence)


def marks(answers: list[Answer], on: date = DAY) -> tuple[Mark, str, dict[str, str]]:
    result = judging.judge(grid(), answers, on=on)
    return (
        result.mark,
        str(result.points),
        {one.criterion.id: one.why.value for one in result.criteria},
    )


def test_weights_shares_and_areas_add_up() -> None:
    """Nothing at 20 and all at 100: 60 is a half, so 30 of 60 points, and 40 for the permit."""
    result = judging.judge(
        grid(), [proven("output", Decimal(60)), proven("permit", value=True)], on=DAY
    )
    assert result.mark is Mark.PASS
    assert [result.points, result.open_points] == [70, 0]
    assert result.areas == {"production": 30, "rights": 40}


@pytest.mark.parametrize(
    ("answers", "mark", "points"),
    [
        ([], Mark.TO_COMPLETE, 0),
        ([proven("output", Decimal(100))], Mark.TO_COMPLETE, 60),
        ([proven("permit", value=False)], Mark.FAIL, 0),
        ([proven("output", Decimal(0)), proven("permit", value=True)], Mark.FAIL, 40),
        ([Answer(criterion="output", value=Decimal(100))], Mark.TO_COMPLETE, 0),
        ([proven("output", Decimal(40)), proven("permit", value=True)], Mark.FAIL, 55),
    ],
)
def test_it_fails_waits_or_passes(answers: list[Answer], mark: Mark, points: int) -> None:
    result = judging.judge(grid(), answers, on=DAY)
    assert result.mark is mark
    assert int(result.points) == points


def test_each_criterion_says_why() -> None:
    expired = [proven("output", Decimal(90), until=date(2026, 3, 31)), proven("permit", value=True)]
    assert marks(expired) == (
        Mark.TO_COMPLETE,
        "40.000000",
        {"output": Why.EVIDENCE_EXPIRED, "permit": Why.REACHED},
    )
    assert marks(expired, on=date(2026, 3, 31))[0] is Mark.PASS
    bare = [Answer(criterion="output", value=Decimal(90)), proven("permit", value=False)]
    assert marks(bare)[2] == {"output": Why.EVIDENCE_MISSING, "permit": Why.BELOW}
    assert marks([])[2] == {"output": Why.NO_ANSWER, "permit": Why.NO_ANSWER}


def test_a_scale_may_fall_and_never_leaves_its_ends() -> None:
    falling = criterion("output", "60", scale={"kind": "number", "zero_at": "20", "full_at": "2"})
    (item, _) = grid(criteria=[falling, criterion("other", "40")]).criteria
    shares = [judging.share_of(item, Decimal(text)) for text in ("25", "20", "11", "2", "-5")]
    assert shares == [0, 0, Decimal("0.5"), 1, 1]


def test_the_order_of_answers_does_not_matter() -> None:
    answers = [proven("output", Decimal("71.3")), proven("permit", value=True)]
    results = [judging.judge(grid(), one, on=DAY).plain() for one in permutations(answers)]
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("answers", "refusal"),
    [
        ([proven("colour", value=True)], CriterionUnknown),
        ([proven("output", Decimal(1)), proven("output", Decimal(2))], AnswerTwice),
        ([proven("output", value=True)], AnswerOfOtherForm),
        ([proven("permit", Decimal(1))], AnswerOfOtherForm),
        ([proven("output", "much")], AnswerOfOtherForm),
    ],
)
def test_answers_that_do_not_fit_are_refused(answers: list[Answer], refusal: type) -> None:
    with pytest.raises(refusal):
        judging.judge(grid(), answers, on=DAY)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"criteria": [criterion("output", "99")]}, GridMalformed),
        ({"criteria": [criterion("output", "50"), criterion("output", "50")]}, GridMalformed),
        ({"criteria": [criterion("output", "0"), criterion("b", "100")]}, GridMalformed),
        ({"criteria": [criterion("output", "100", passes_at="0")]}, GridMalformed),
        ({"criteria": [criterion("output", "100", passes_at="1.1")]}, GridMalformed),
        ({"criteria": [criterion("output", "100", evidence=["No code"])]}, GridMalformed),
        (
            {
                "criteria": [
                    criterion(
                        "output", "100", scale={"kind": "number", "zero_at": "5", "full_at": "5"}
                    )
                ]
            },
            GridMalformed,
        ),
        (
            {
                "criteria": [
                    criterion("output", "100", scale={"kind": "choice", "shares": {"one": "1"}})
                ]
            },
            GridMalformed,
        ),
        ({"criteria": [criterion("a", "100"), criterion("b", "1e-999999")]}, GridMalformed),
        ({"criteria": [criterion("output", "100", passes_at="0.5000001")]}, GridMalformed),
        ({"version": "1.0"}, GridMalformed),
        ({"kind": "credit"}, DocumentMalformed),
        ({"title": {"en": "Only English"}}, DocumentMalformed),
        ({"criteria": [criterion("owner_sex", "100")]}, CharacteristicProtected),
        ({"criteria": [criterion("religion", "100")]}, CharacteristicProtected),
    ],
)
def test_an_unsound_grid_is_refused(changes: dict[str, Any], refusal: type) -> None:
    with pytest.raises(refusal):
        grid(**changes)


def test_no_criterion_is_a_characteristic_of_the_card() -> None:
    with pytest.raises(CriterionIsCredit):
        form.grid_of(document(), credit={"output"})


def test_the_hash_is_that_of_the_whole_document() -> None:
    other = copy.deepcopy(document())
    other["criteria"][0]["hint"] = TEXTS | {"fr": "Autre"}
    assert form.grid_of(other).hash != grid().hash == grid().hash


def test_only_what_moved_is_told() -> None:
    before = judging.judge(
        grid(), [proven("output", Decimal(60)), proven("permit", value=True)], on=DAY
    ).plain()
    after = judging.judge(
        grid(), [proven("output", Decimal(80)), proven("permit", value=True)], on=DAY
    ).plain()
    assert judging.changes(before, before) == []
    assert judging.changes(before, after) == [
        {
            "criterion": "output",
            "earlier": {"mark": "pass", "share": "0.500000"},
            "later": {"mark": "pass", "share": "0.750000"},
        }
    ]


def test_the_ready_grids_are_sound_and_of_every_kind() -> None:
    grids = [form.grid_of(one) for one in operations.ready()]
    assert {one.kind for one in grids} == set(form.GridKind)
    assert all(item.evidence for one in grids for item in one.criteria)
