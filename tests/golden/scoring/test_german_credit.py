"""The expert card on a thousand real applications it was not made from."""

import json
from collections import Counter
from decimal import Decimal

import pytest

from services.scoring.domain import affordability, assessment, case, pricing, scorecard
from services.scoring.domain.pricing import Shape
from shared.clients.scoring import AssessmentRequest
from tests.golden.scoring import german_credit
from tests.golden.scoring.german_credit import Line
from tests.scoring_cases import expert_card

CARD = expert_card()

needs_file = pytest.mark.skipif(
    not german_credit.FILE.exists(), reason=f"no {german_credit.FILE.name} beside the project"
)


def points_of(line: Line) -> int:
    """The points alone, without the menu: as `assessment.opinion_of` finds them."""
    inputs = AssessmentRequest.model_validate_json(json.dumps(line.request)).model_dump(mode="json")
    read = case.case_of(inputs)
    shape = Shape(
        charge_method=read.limits.charge_method,
        annual_rate=read.limits.annual_rate_default,
        term_months=read.asked.term_months,
    )
    instalment = read.asked.amount.times(pricing.instalment_factor(shape), rounding="ceiling")
    capacity = affordability.capacity(read.household, policy=read.policy)
    burden = affordability.burden(capacity, instalment=instalment)
    values = {
        **read.characteristics,
        "debt_service_share": burden.debt_service_share,
        "stressed_cover": burden.stressed_cover,
    }
    return scorecard.score(CARD, values=values).points


def test_auc_counts_pairs_and_half_of_ties() -> None:
    assert german_credit.auc([(3, False), (1, False), (2, True)]) == Decimal("0.5")
    assert german_credit.auc([(3, False), (2, True)]) == 1
    assert german_credit.auc([(2, False), (2, True)]) == Decimal("0.5")


def test_the_mapping_names_only_characteristics_of_the_card_and_codes_it_knows() -> None:
    known = {item.id: item for item in CARD.characteristics}
    rules = german_credit.mapping()["fields"]

    for name, rule in rules.items():
        if name.startswith("characteristics."):
            for value in rule["codes"].values():
                known[name.partition(".")[2]].points_of(value)


def test_the_mapping_takes_no_protected_column() -> None:
    text = german_credit.MAPPING.read_text(encoding="utf-8")
    fields = json.dumps(german_credit.mapping()["fields"])

    assert "personal_status" not in fields
    assert "foreign_worker" not in fields
    assert "Groemping" in text


@needs_file
def test_every_line_is_an_application_and_the_card_ranks_better_than_chance(
    capsys: pytest.CaptureFixture[str],
) -> None:
    read = list(german_credit.lines())
    scores = [(points_of(line), line.is_bad) for line in read]

    measured = german_credit.auc(scores)

    with capsys.disabled():
        print(f"\nAUC of the expert card on the German credit data: {measured:.4f}")  # noqa: T201
    assert len(read) == 1000
    assert Counter(line.is_bad for line in read) == {False: 700, True: 300}
    assert measured > Decimal("0.5")


@needs_file
def test_the_short_way_to_the_points_is_the_same_as_the_whole_opinion() -> None:
    for line in list(german_credit.lines())[:5]:
        request = AssessmentRequest.model_validate_json(json.dumps(line.request))
        opinion = assessment.opinion_of(request.model_dump(mode="json"), card=CARD)

        assert opinion["points"] == points_of(line)
