"""How does one person propose, and another decide?"""

from typing import Literal
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.agreements import queries
from services.loans.agreements.tables import AgreementDecisionRow, AgreementProposalRow
from services.loans.domain.authority import Outcome
from shared import ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError

Proposed = Literal["agreement", "figure", "draw_down", "rate", "payment", "change"]


class ProposalNotFound(RafidError):
    """Nothing of this id waits for a decision"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "There is nothing of the id {proposal_id} to decide on."
    proposal_id: UUID


class ProposalDecided(RafidError):
    """Somebody has decided already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "On {proposal_id} somebody has decided: {outcome}."
    proposal_id: UUID
    outcome: str


class ProposerDecides(RafidError):
    """Nobody decides on what they proposed"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "Whoever proposed or booked {proposal_id} cannot decide on it."
    proposal_id: UUID


async def propose(session: AsyncSession, kind: Proposed, *, actor: Actor) -> UUID:
    """Let something wait for another person; return its id."""
    row = AgreementProposalRow(
        institution_id=tenancy.institution_of(session),
        proposal_id=ids.new(),
        kind=kind,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return row.proposal_id


async def decide(
    session: AsyncSession, proposal_id: UUID, *, kind: Proposed, outcome: Outcome, actor: Actor
) -> bool:
    """Keep what another person says; return whether it is approved.

    Raises ProposalNotFound, ProposerDecides, ProposalDecided.
    """
    row = await queries.find_proposal(session, proposal_id)
    if row is None or row.kind != kind:
        raise ProposalNotFound(proposal_id=proposal_id)
    if row.actor_id == actor.id:
        raise ProposerDecides(proposal_id=proposal_id)
    kept = await session.execute(
        insert(AgreementDecisionRow)
        .values(
            institution_id=row.institution_id,
            proposal_id=proposal_id,
            outcome=outcome.value,
            proposer_id=row.actor_id,
            actor_id=actor.id,
        )
        .on_conflict_do_nothing()
        .returning(AgreementDecisionRow.proposal_id)
    )
    if kept.first() is None:
        before = await queries.find_decision(session, proposal_id)
        raise ProposalDecided(
            proposal_id=proposal_id, outcome=before.outcome if before else outcome.value
        )
    await session.execute(
        update(AgreementProposalRow)
        .where(
            AgreementProposalRow.institution_id == row.institution_id,
            AgreementProposalRow.proposal_id == proposal_id,
        )
        .values(decided_at=func.clock_timestamp())
    )
    return outcome is Outcome.APPROVE
