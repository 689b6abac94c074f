"""Where is it set what a connected group may owe, and read what one owes?"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.loans.borrowers import operations as access
from services.loans.borrowers import queries as borrowers
from services.loans.deps import Db, Today
from services.loans.domain.borrower import AccessPurpose
from services.loans.exposure import operations, queries
from services.loans.exposure.schemas import ExposureLimitIn, ExposureLimitOut, ExposureOut
from shared.auth import Actor, Role, require
from shared.ids import BorrowerId
from shared.schemas import PageOut
from shared.web import PageQuery

router = APIRouter(tags=["exposure"])

MayLimit = Annotated[Actor, require(Role.ADMINISTRATOR)]
MayReadLimits = Annotated[
    Actor, require(Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR)
]
MayRead = Annotated[Actor, require(Role.OFFICER, Role.APPROVER, Role.AUDITOR)]
Currency = Annotated[str, Query(pattern=r"^[A-Z]{3}$")]


@router.post("/loans/v1/exposure-limits", status_code=201)
async def set_exposure_limit(
    body: ExposureLimitIn, db: Db, actor: MayLimit, today: Today
) -> ExposureLimitOut:
    """Set what a connected group may owe from a day on, or lift it; earlier limits stay to read."""
    async with db.begin() as session:
        row = await operations.set_limit(
            session,
            currency=body.currency,
            most=body.most(),
            ties=body.ties,
            effective_on=body.effective_on,
            on=today,
            actor=actor,
        )
    return ExposureLimitOut.of(row)


@router.get("/loans/v1/exposure-limits")
async def list_exposure_limits(
    db: Db, page: PageQuery, _actor: MayReadLimits
) -> PageOut[ExposureLimitOut]:
    """List every limit there is or was."""
    async with db() as session:
        found = await queries.listed_limits(session, page=page)
    rows, following = page.cut(found, key=lambda row: row.exposure_limit_id)
    return PageOut(items=[ExposureLimitOut.of(row) for row in rows], next=following)


@router.get("/loans/v1/borrowers/{borrower_id}/exposure")
async def read_exposure(
    borrower_id: UUID,
    db: Db,
    actor: MayRead,
    today: Today,
    purpose: AccessPurpose,
    currency: Currency,
) -> ExposureOut:
    """Read what the borrowers connected with one owe, member by member; each reading is kept."""
    async with db.begin() as session:
        await borrowers.borrower(session, BorrowerId(borrower_id), actor=actor)
        found = await operations.known_exposures(session, [borrower_id], on=today)
        group = found.of(borrower_id, currency=currency)
        read = [one.borrower_id for one in group.members]
        await access.record_access(session, read, purpose=purpose, actor=actor)
    return ExposureOut.of(group, borrower_id=borrower_id)
