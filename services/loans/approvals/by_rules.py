"""What do the rules of a product decide by themselves, and whom do they leave to people?"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.applications import queries as application_queries
from services.loans.approvals import queries
from services.loans.approvals.operations import RULES_ID, record_decisions
from services.loans.approvals.queries import Decided
from services.loans.borrowers import queries as borrowers
from services.loans.domain.authority import Outcome
from services.loans.domain.borrower import ConsentPurpose
from services.loans.domain.deciding import File, Proposal
from services.loans.domain.lifecycle import ApplicationStatus
from services.loans.domain.product import Recommendation
from shared import tenancy
from shared.auth import Actor, Role
from shared.errors import RafidError
from shared.ids import ApplicationId, FundId, InstitutionId


def rules_actor(institution_id: InstitutionId) -> Actor:
    """The service that executes the rules of products, as an actor of an institution."""
    return Actor(id=RULES_ID, institution_id=institution_id, roles=frozenset({Role.SERVICE}))


async def decide_by_rules(
    session: AsyncSession,
    application_ids: Sequence[ApplicationId],
    *,
    fund_id: FundId,
    at: datetime,
    on: date,
) -> list[Decided | RafidError | None]:
    """Execute the products' rules: the best line of the menu is approved, or all is rejected.

    Only where the product decides automatically, the borrower has not refused that, and the best
    line is one of this fund; what the rules refer to people, and what is not assessed, is left
    (None). A refusal, such as an amount beyond the authority of the role `service`, leaves the
    application to people too.
    """
    locked = await application_queries.locked_applications(session, application_ids)
    files = await queries.files(session, list(locked.values()))
    assessed = await application_queries.assessments_of(session, list(locked.values()))
    refused = await borrowers.refusing(
        session,
        [row.borrower_id for row in locked.values()],
        purpose=ConsentPurpose.AUTOMATIC_DECISION,
        on=on,
    )
    proposals = {}
    for application_id in application_ids:
        file, _ = files[application_id]
        assessment = assessed.get(application_id)
        if assessment is None or file.status is not ApplicationStatus.ASSESSED:
            continue
        if locked[application_id].borrower_id in refused:
            continue
        line = queries.best_line(assessment, fund_id=fund_id)
        proposal = _by_rules(file, points=assessment.points, line=line, fund_id=fund_id)
        if proposal is not None:
            proposals[application_id] = proposal
    actor = rules_actor(tenancy.institution_of(session))
    decided = await record_decisions(session, list(proposals.values()), at=at, on=on, actor=actor)
    outcomes = dict(zip(proposals, decided, strict=True))
    return [outcomes.get(application_id) for application_id in application_ids]


def _by_rules(file: File, *, points: int, line: int | None, fund_id: FundId) -> Proposal | None:
    if not file.product.policy.is_automatic or file.recommended is Recommendation.REFER:
        return None
    approves = file.recommended is Recommendation.APPROVE
    if approves and line is None:
        return None
    return Proposal(
        application_id=file.application_id,
        outcome=Outcome.APPROVE if approves else Outcome.REJECT,
        reasons=(f"rules of {file.product.code} version {file.product.version}: {points} points",),
        fund_id=fund_id if approves else None,
        menu_line=line if approves else None,
    )
