"""Where are borrowers registered and read? Every reading is recorded."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.loans.borrowers import operations, queries
from services.loans.borrowers.schemas import (
    AccessOut,
    BorrowerIn,
    BorrowerOut,
    ConsentBody,
    DocumentBody,
    GuarantorIn,
    WholeBorrowerOut,
)
from services.loans.deps import Db, Today
from services.loans.domain import duplicates
from services.loans.domain.borrower import AccessPurpose
from services.loans.institutions import queries as institutions
from shared.auth import Actor, Role, require
from shared.ids import BorrowerId
from shared.schemas import PageOut, Text
from shared.web import PageQuery

router = APIRouter(tags=["borrowers"])

MayRegister = Annotated[Actor, require(Role.OFFICER, Role.INTEGRATOR)]
MayRead = Annotated[Actor, require(Role.OFFICER, Role.APPROVER, Role.AUDITOR)]
MayAudit = Annotated[Actor, require(Role.AUDITOR)]
Name = Annotated[Text | None, Query(min_length=1, max_length=200)]


@router.post("/loans/v1/borrowers", status_code=201)
async def register_borrower(
    body: BorrowerIn, db: Db, actor: MayRegister, today: Today
) -> BorrowerOut:
    """Register a borrower; who may be registered already is refused with the candidates."""
    async with db.begin() as session:
        country = (await institutions.institution(session)).country
        new = body.new_borrower(country=country)
        row = await operations.register_borrower(session, new, on=today, actor=actor)
    return BorrowerOut.of(row)


@router.get("/loans/v1/borrowers")
async def list_borrowers(
    db: Db, page: PageQuery, actor: MayRead, purpose: AccessPurpose, name: Name = None
) -> PageOut[BorrowerOut]:
    """List borrowers within reach, by a name in whatever spelling if one is given."""
    name_key = None if name is None else duplicates.name_key(name)
    async with db.begin() as session:
        found = await queries.borrowers(session, actor=actor, page=page, name_key=name_key)
        rows, following = page.cut(found, key=lambda row: row.borrower_id)
        shown = [row.borrower_id for row in rows]
        await operations.record_access(session, shown, purpose=purpose, actor=actor)
    return PageOut(items=[BorrowerOut.of(row) for row in rows], next=following)


@router.get("/loans/v1/borrowers/{borrower_id}")
async def read_borrower(
    borrower_id: UUID, db: Db, actor: MayRead, purpose: AccessPurpose
) -> WholeBorrowerOut:
    """Read everything about one borrower, for a purpose that is recorded."""
    async with db.begin() as session:
        whole = await queries.whole_borrower(session, BorrowerId(borrower_id), actor=actor)
        await operations.record_access(session, [borrower_id], purpose=purpose, actor=actor)
    return WholeBorrowerOut.of_whole(whole)


@router.get("/loans/v1/borrowers/{borrower_id}/access-records")
async def list_access_records(
    borrower_id: UUID, db: Db, page: PageQuery, actor: MayAudit
) -> PageOut[AccessOut]:
    """List who read about a borrower, when and for what."""
    async with db() as session:
        await queries.borrower(session, BorrowerId(borrower_id), actor=actor)
        found = await queries.access_records(session, BorrowerId(borrower_id), page=page)
    rows, following = page.cut(found, key=lambda row: row.access_id)
    return PageOut(items=[AccessOut.of(row) for row in rows], next=following)


@router.post("/loans/v1/borrowers/{borrower_id}/consents", status_code=201)
async def record_consent(
    borrower_id: UUID, body: ConsentBody, db: Db, actor: MayRegister
) -> ConsentBody:
    """Record what a borrower allows or takes back; earlier words stay as they were."""
    async with db.begin() as session:
        await operations.record_consent(
            session, body.consent(), borrower_id=BorrowerId(borrower_id), actor=actor
        )
    return body


@router.post("/loans/v1/borrowers/{borrower_id}/documents", status_code=201)
async def add_document(
    borrower_id: UUID, body: DocumentBody, db: Db, actor: MayRegister
) -> DocumentBody:
    """Keep another identity document of a borrower."""
    async with db.begin() as session:
        document = body.document(country=(await institutions.institution(session)).country)
        await operations.add_document(
            session, document, borrower_id=BorrowerId(borrower_id), actor=actor
        )
    return body.model_copy(update={"country": document.country})


@router.post("/loans/v1/borrowers/{borrower_id}/guarantors", status_code=201)
async def add_guarantor(
    borrower_id: UUID, body: GuarantorIn, db: Db, actor: MayRegister, today: Today
) -> GuarantorIn:
    """Let a registered person answer for a borrower; saying it twice has one effect."""
    async with db.begin() as session:
        await operations.add_guarantor(
            session,
            BorrowerId(body.borrower_id),
            borrower_id=BorrowerId(borrower_id),
            on=today,
            actor=actor,
        )
    return body
