"""Why terms were not offered is told in each language, also after it was kept elsewhere."""

from typing import Any

import pytest

from services.scoring.domain.refusing import RejectionCode
from shared import texts
from shared.clients import rejections
from shared.clients.scoring_types import AssessmentOut, RejectedOut
from shared.texts import Language


def rejected(**changes: Any) -> RejectedOut:
    return RejectedOut.model_validate(
        {
            "amount": {"amount": "100.000", "currency": "JOD"},
            "term_months": 24,
            "grace_months": 0,
            "annual_rate": None,
            "code": "term_above_maximum",
            "figures": {"asked": "24", "limit": "18"},
            "text": "24 months are more than the product's longest term, 18.",
        }
        | changes
    )


def kept_with(item: RejectedOut) -> AssessmentOut:
    return AssessmentOut.model_construct(rejected=[item])


def test_every_test_that_may_fail_has_its_sentence() -> None:
    assert set(rejections.SENTENCES) == set(RejectionCode)


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_every_sentence_is_told_in_every_language(language: Language) -> None:
    known = texts.catalogue("scoring", language=language)

    assert [text for text in rejections.SENTENCES.values() if text not in known] == []


@pytest.mark.parametrize(
    ("language", "beginning"),
    [("en", "24 months are more"), ("fr", "24 mois"), ("ar", "المدة المطلوبة بالأشهر 24")],
)
def test_a_kept_opinion_is_told_again_in_the_readers_language(
    language: Language, beginning: str
) -> None:
    kept = kept_with(rejected())

    (told,) = rejections.retold(kept, language=language).rejected

    assert told.text.startswith(beginning)
    assert "18" in told.text
    assert told.model_copy(update={"text": kept.rejected[0].text}) == kept.rejected[0]


def test_words_for_a_code_that_is_not_known_stay() -> None:
    kept = kept_with(rejected(code="later_test", text="Too late in the year."))

    assert rejections.retold(kept, language="ar") == kept
