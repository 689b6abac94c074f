"""How is a kept opinion written in the reader's language?"""

from datetime import UTC
from typing import Any

from services.scoring.assessments.tables import AssessmentRow
from shared.clients import rejections
from shared.texts import Language

INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"


def document_of(row: AssessmentRow, *, language: Language) -> dict[str, Any]:
    """Write a row as the body of `AssessmentOut`, sentences in one language.

    The figures go out as they were kept, letter by letter.
    """
    opinion = row.opinion
    rejected = [
        {
            **item,
            "text": rejections.sentence(item["code"], figures=item["figures"], language=language),
        }
        for item in opinion["rejected"]
    ]
    proposed = opinion.get("proposal")
    if proposed is not None:
        said = rejections.proposal(proposed["code"], figures=proposed["figures"], language=language)
        opinion = {**opinion, "proposal": {**proposed, "text": said}}
    return {
        **opinion,
        "assessment_id": str(row.assessment_id),
        "application_id": str(row.application_id),
        "rejected": rejected,
        "best": opinion["menu"][0] if opinion["menu"] else None,
        "assessed_at": row.assessed_at.astimezone(UTC).strftime(INSTANT),
    }
