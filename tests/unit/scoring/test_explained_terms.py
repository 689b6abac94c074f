"""The page for the applicant says how terms are paid, why none fit, and who has to decide."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.scoring.assessments.tables import AssessmentRow
from services.scoring.domain import assessment
from services.scoring.explanations import wording
from services.scoring.explanations.schemas import ExplanationOut
from shared.printing import Sheet
from shared.texts import LANGUAGES, Language
from tests.scoring_cases import (
    amount,
    conventional_product,
    expert_card,
    make_inputs,
    make_request,
)

CARD = expert_card()
LEAN = ("500", "0", "300", "600", "1500", "2400", "3000", "2400", "1500", "1600", "900", "500")


def page(language: Language = "en", **changes: Any) -> Sheet:
    inputs = make_inputs(**changes)
    row = AssessmentRow(
        assessment_id=UUID(int=1),
        application_id=UUID(int=2),
        assessed_at=datetime(2026, 4, 1, tzinfo=UTC),
        inputs=inputs,
        opinion=dict(assessment.opinion_of(inputs, card=CARD)),
    )
    return wording.page(ExplanationOut.of(row, card=CARD, language=language), language=language)


def labels(sheet: Sheet) -> list[str]:
    return [str(label) for label, _, _ in sheet.facts]


def harvest(**changes: Any) -> dict[str, Any]:
    """Two months bring nothing: equal instalments of 4,000 are too much, others are not."""
    home = {
        "other_income": amount("350.000"),
        "business_costs": amount("100.000"),
        "household_costs": amount("250.000"),
        "debt_service": amount("0.000"),
    }
    months = [home | {"sales": amount(f"{text}.000")} for text in LEAN]
    told = {"amount": amount("4000.000"), "season": {"months": months, "buffer": amount("0.000")}}
    return told | {"product": conventional_product(seasonal=True, **changes)}


def test_equal_months_are_a_month() -> None:
    assert "A month" in labels(page())
    assert "Paid" not in labels(page())


def test_what_is_paid_by_the_quarter_is_not_called_a_month() -> None:
    told = page(product=conventional_product(frequencies=["quarterly"], grace_months_max=0))

    assert "A month" not in labels(told)
    assert ("Paid", "quarterly") in [(label, value) for label, value, _ in told.facts]


@pytest.mark.parametrize(
    ("language", "largest"),
    [("en", "Largest instalment"), ("fr", "Plus grande échéance"), ("ar", "أكبر قسط")],
)
def test_instalments_by_season_are_said_to_be(language: Language, largest: str) -> None:
    told = page(language, **harvest(grace_months_max=0))

    assert largest in labels(told)
    paid = str(told.facts[-1][1])
    assert (
        paid
        == {
            "en": "monthly, following the season",
            "fr": "mensuel, selon la saison",
            "ar": "شهريا، بحسب الموسم",
        }[language]
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"product": conventional_product(amount_min=amount("4000.000"))}, wording.OUTSIDE),
        (
            {"household": make_request()["household"] | {"household_costs": amount("1250.000")}},
            wording.TOO_MUCH,
        ),
        (
            {"price": make_request()["price"] | {"annual_rate_ceiling": "0.05"}},
            wording.TOO_DEAR,
        ),
        (
            {"price": make_request()["price"] | {"operating_cost": amount("500.000")}},
            wording.NOT_CARRIED,
        ),
    ],
    ids=["outside", "too much", "too dear", "not carried"],
)
def test_where_nothing_fits_it_is_said_why(changes: dict[str, Any], why: str) -> None:
    said = [list(page(language, **changes).paragraphs) for language in LANGUAGES]

    assert str(why) in said[LANGUAGES.index("en")]
    assert len({tuple(map(str, each)) for each in said}) == len(LANGUAGES)


def test_where_terms_fit_nothing_is_said_of_others() -> None:
    assert list(page().paragraphs) == []


def test_who_refuses_a_program_reads_that_a_person_decides() -> None:
    (said,) = page(refuses_automation=True).paragraphs

    assert "a person decides" in str(said)
