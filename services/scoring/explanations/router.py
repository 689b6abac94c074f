"""Where is an opinion explained to the person whom it is about? As JSON or as one page."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.scoring.assessments import queries
from services.scoring.deps import Db
from services.scoring.explanations import wording
from services.scoring.explanations.schemas import ExplanationOut
from services.scoring.models import queries as models
from shared import printing
from shared.auth import Actor, Role, require
from shared.desk import PDF, AtDesk
from shared.errors import Kind, RafidError
from shared.ids import AssessmentId
from shared.web import NamedLanguage

router = APIRouter(tags=["assessments"])

MayRead = Annotated[Actor, require(Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.SERVICE)]


class PrinterBusy(RafidError):
    """The page could not be printed in time"""

    kind = Kind.UNAVAILABLE
    service = "scoring"
    detail = "Printing took longer than {seconds} seconds; ask again, or ask for it as JSON."
    seconds: int


class Printer(printing.Printer):
    """The printer of scoring."""

    @staticmethod
    def busy(seconds: int) -> RafidError:
        """Refuse in the name of scoring."""
        return PrinterBusy(seconds=seconds)


@router.get(
    "/scoring/v1/assessments/{assessment_id}/explanation",
    response_model=ExplanationOut,
    responses=PDF,
)
async def explain(
    assessment_id: UUID,
    db: Db,
    language: NamedLanguage,
    actor: MayRead,
    desk: AtDesk,
) -> Response | ExplanationOut:
    """Explain an opinion: at most four reasons, ways to a better one, and terms that fit.

    No figure of the household is in it, so it may be handed to a bank that shares the file.
    """
    async with db() as session:
        row = await queries.assessment(session, AssessmentId(assessment_id), actor=actor)
        kept = await models.scorecard_version(
            session, card_id=row.card_id, version=row.card_version
        )
    paper = ExplanationOut.of(row, card=models.scorecard_of(kept), language=language)
    return await desk.hand_out(paper, say=wording.page, name=f"opinion-{assessment_id}")
