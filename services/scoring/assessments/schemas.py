"""How is a kept opinion written in the reader's language?"""

from datetime import UTC
from typing import Any

from services.scoring.assessments.tables import AssessmentRow
from services.scoring.domain.menu import RejectionCode
from shared import texts
from shared.texts import Language

INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"

# Why terms were rejected, as a sentence; the figures are filled in.
SENTENCES: dict[RejectionCode, str] = {
    RejectionCode.AMOUNT_BELOW_MINIMUM: "{asked} is less than the product's least amount, {limit}.",
    RejectionCode.AMOUNT_ABOVE_MAXIMUM: "{asked} is more than the product's most, {limit}.",
    RejectionCode.TERM_BELOW_MINIMUM: (
        "{asked} months are fewer than the product's shortest term, {limit}."
    ),
    RejectionCode.TERM_ABOVE_MAXIMUM: (
        "{asked} months are more than the product's longest term, {limit}."
    ),
    RejectionCode.GRACE_ABOVE_MAXIMUM: (
        "{asked} months of grace are more than the product gives, {limit}."
    ),
    RejectionCode.RATE_ABOVE_CEILING: (
        "The effective rate of {effective} is above the legal ceiling of {ceiling}."
    ),
    RejectionCode.TOO_HIGH_INSTALMENT: (
        "The instalment of {instalment} is above what can be paid a month, {capacity}."
    ),
    RejectionCode.BELOW_BREAK_EVEN: (
        "At the highest rate allowed {needed} would be missing; {available} may be given."
    ),
    RejectionCode.SUBSIDY_EXHAUSTED: (
        "This qard would cost its fund {needed}; the fund may bear {available}."
    ),
}


def document_of(row: AssessmentRow, *, language: Language) -> dict[str, Any]:
    """Write a row as the body of `AssessmentOut`, sentences in one language.

    The figures go out as they were kept, letter by letter.
    """
    opinion = row.opinion
    rejected = [
        {**item, "text": _sentence(item["code"], item["figures"], language)}
        for item in opinion["rejected"]
    ]
    return {
        **opinion,
        "assessment_id": str(row.assessment_id),
        "application_id": str(row.application_id),
        "rejected": rejected,
        "best": opinion["menu"][0] if opinion["menu"] else None,
        "assessed_at": row.assessed_at.astimezone(UTC).strftime(INSTANT),
    }


def _sentence(code: str, figures: dict[str, str], language: Language) -> str:
    template = texts.translate(SENTENCES[RejectionCode(code)], language=language, service="scoring")
    return template.format_map(figures)
