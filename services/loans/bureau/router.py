"""Where does a borrower tell his debts elsewhere; where are they read beside a bureau's word?"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.loans.borrowers import operations as access
from services.loans.borrowers import queries as borrowers
from services.loans.bureau import operations, queries
from services.loans.bureau.schemas import DeclaredIn, KnownDebtsOut
from services.loans.deps import Db, Today
from services.loans.domain.borrower import AccessPurpose
from shared.auth import Actor, Role, require
from shared.ids import BorrowerId

router = APIRouter(tags=["bureau"])

MayDeclare = Annotated[Actor, require(Role.OFFICER, Role.INTEGRATOR)]
MayRead = Annotated[Actor, require(Role.OFFICER, Role.APPROVER, Role.AUDITOR)]
Currency = Annotated[str, Query(pattern=r"^[A-Z]{3}$")]


@router.post("/loans/v1/borrowers/{borrower_id}/debts", status_code=201)
async def declare_debts(
    borrower_id: UUID, body: DeclaredIn, db: Db, actor: MayDeclare, today: Today
) -> DeclaredIn:
    """Keep what a borrower says he owes elsewhere on a day; the newest word counts."""
    async with db.begin() as session:
        await operations.declare_debts(
            session,
            [debt.debt() for debt in body.debts],
            borrower_id=BorrowerId(borrower_id),
            as_of=body.as_of,
            on=today,
            actor=actor,
        )
    return body


@router.get("/loans/v1/borrowers/{borrower_id}/debts")
async def read_debts(
    borrower_id: UUID,
    db: Db,
    actor: MayRead,
    today: Today,
    purpose: AccessPurpose,
    currency: Currency,
) -> KnownDebtsOut:
    """Read both sources side by side, what differs, and what an assessment hears of it."""
    async with db.begin() as session:
        await borrowers.borrower(session, BorrowerId(borrower_id), actor=actor)
        await access.record_access(session, [borrower_id], purpose=purpose, actor=actor)
        known = await queries.known_debts(session, [borrower_id], on=today)
        counted = await queries.other_debts(session, [borrower_id], currency=currency, on=today)
    return KnownDebtsOut.of(
        known[borrower_id],
        borrower_id=borrower_id,
        counted=counted.get(borrower_id, []),
        currency=currency,
        on=today,
    )
