"""The routes of reminders: when, how one wants to be told, what became of each message."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.loans.borrowers import queries as borrowers
from services.loans.deps import Db
from services.loans.institutions import queries as institutions
from services.loans.payments.sealing import Sealer
from services.loans.reminders import operations, queries
from services.loans.reminders.queries import ReminderDayUnknown
from services.loans.reminders.schemas import (
    ReminderContactIn,
    ReminderDayOut,
    ReminderOut,
    ReminderPolicyBody,
    ReminderPolicyOut,
)
from shared.auth import Actor, Role, require
from shared.ids import BorrowerId
from shared.schemas import Day, PageOut
from shared.web import PageQuery

router = APIRouter(prefix="/loans/v1", tags=["reminders"])

MayRule = Annotated[Actor, require(Role.ADMINISTRATOR)]
MayRead = Annotated[Actor, require(Role.OFFICER, Role.AUDITOR, Role.ADMINISTRATOR)]
MayRegister = Annotated[Actor, require(Role.OFFICER, Role.INTEGRATOR)]


@router.post("/reminder-policies", status_code=201)
async def set_reminder_policy(
    body: ReminderPolicyBody, db: Db, actor: MayRule
) -> ReminderPolicyBody:
    """Say when borrowers are reminded from now on; who has not allowed contact never is."""
    policy = body.policy()
    async with db.begin() as session:
        row = await operations.set_policy(session, policy, language=body.language, actor=actor)
    return ReminderPolicyBody.of(row)


@router.get("/reminder-policies/current")
async def read_reminder_policy(db: Db, _actor: MayRead) -> ReminderPolicyOut:
    """Read when borrowers are reminded; without a policy nobody is."""
    async with db() as session:
        row = await queries.policy(session)
    return ReminderPolicyOut(policy=None if row is None else ReminderPolicyBody.of(row))


@router.post("/borrowers/{borrower_id}/reminder-contact", status_code=204)
async def set_reminder_contact(
    borrower_id: UUID, body: ReminderContactIn, request: Request, db: Db, actor: MayRegister
) -> Response:
    """Keep how a borrower wants to be reminded; the newest wish counts."""
    sealer: Sealer = request.app.state.payments.sealer
    async with db.begin() as session:
        await borrowers.borrower(session, BorrowerId(borrower_id), actor=actor)
        country = (await institutions.institution(session)).country
        await operations.set_contact(
            session,
            body.wish(),
            borrower_id=BorrowerId(borrower_id),
            country=country,
            sealer=sealer,
            actor=actor,
        )
    return Response(status_code=204)


@router.get("/reminders")
async def list_reminders(
    db: Db,
    page: PageQuery,
    actor: MayRead,
    day: Day | None = None,
    borrower_id: UUID | None = None,
) -> PageOut[ReminderOut]:
    """List messages, of a day or a borrower if named."""
    async with db() as session:
        found = await queries.reminders(
            session, day=day, borrower_id=borrower_id, page=page, actor=actor
        )
    rows, following = page.cut(found, key=lambda row: row.reminder_id)
    return PageOut(items=[ReminderOut.of(row) for row in rows], next=following)


@router.get("/reminders/days/{day}")
async def read_reminder_day(day: Day, db: Db, _actor: MayRead) -> ReminderDayOut:
    """Read how many were told on a day, and how many were not, by what was wanting."""
    asked: date = day
    async with db() as session:
        row = await queries.planned_day(session, asked)
    if row is None:
        raise ReminderDayUnknown(day=asked)
    return ReminderDayOut.of(row)
