"""Where is the proof of an account's day read, as JSON or printed?"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.loans.deps import Db, Today
from services.loans.institutions import queries as institutions
from services.loans.ledger import queries as ledger
from services.loans.reconciliation import proving, wording
from services.loans.reconciliation.proof_schemas import AccountProofOut
from shared.auth import Actor, Role, require
from shared.desk import PDF, AtDesk
from shared.schemas import Day, Instant

router = APIRouter(prefix="/loans/v1/reconciliation", tags=["reconciliation"])

MayRead = Annotated[
    Actor, require(Role.APPROVER, Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR)
]


@router.get("/days/{money_account_id}", response_model=AccountProofOut, responses=PDF)
async def prove_day(
    money_account_id: UUID,
    db: Db,
    _actor: MayRead,
    today: Today,
    desk: AtDesk,
    *,
    as_of: Day | None = None,
    known_at: Instant | None = None,
) -> Response | AccountProofOut:
    """Read what a provider says was on an account, what the books say, and what differs.

    Proved on the last day that a statement closed by the day asked for; with the instant that
    both sides are known at, the answer stays the same.
    """
    day = as_of or today
    async with db(snapshot=True) as session:
        cut = await ledger.cut_of(session, as_of=day, known_at=known_at)
        proved = await proving.prove(session, money_account_id, cut=cut)
        institution = await institutions.institution(session)
    paper = AccountProofOut.of(proved, institution=institution, as_of=day, known_at=cut.known_at)
    return await desk.hand_out(paper, say=wording.report, name=f"proof-{paper.code}-{day}")
