"""What is known of policies, contacts, what is due on a day, and messages?"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.borrowers.queries import in_reach
from services.loans.borrowers.tables import BorrowerRow
from services.loans.domain.reminding import ReminderState
from services.loans.reminders.tables import (
    ReminderContactRow,
    ReminderDayRow,
    ReminderPolicyRow,
    ReminderRow,
)
from shared import tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.schemas import Page


class ReminderDayUnknown(RafidError):
    """Nobody was to be reminded yet on that day"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No messages were planned on {day}."
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDue:
    """A due date of a contract with what is open up to it, in minor units."""

    borrower_id: UUID
    reference: str
    currency: str
    due_on: date
    open_minor: int
    name_ar: str | None
    name_latin: str | None


# A position knows its oldest open due, so that whoever is ahead is left aside without his dues.
OPEN_DUES = text("""
    with told as (
      select c.borrower_id, c.reference, c.currency::text as currency, b.name_ar, b.name_latin,
        d.due_on,
        sum(sum(d.principal_minor + d.profit_minor + d.fee_minor + d.penalty_minor)) over (
          partition by c.contract_id order by d.due_on
        ) - p.paid_principal_minor - p.paid_profit_minor - p.paid_fee_minor
          - p.paid_penalty_minor - p.surplus_minor as open_minor
      from position p
      join contract c on c.institution_id = p.institution_id and c.contract_id = p.contract_id
      join borrower b on b.institution_id = c.institution_id and b.borrower_id = c.borrower_id
      join instalment d on d.institution_id = p.institution_id
        and d.contract_id = p.contract_id and d.generation = p.generation and d.due_on <= :last
      where p.institution_id = :institution_id and c.status = 'active'
        and p.oldest_open_due_on <= :last
      group by c.contract_id, c.borrower_id, c.reference, c.currency, b.name_ar, b.name_latin,
        d.due_on, p.paid_principal_minor, p.paid_profit_minor, p.paid_fee_minor,
        p.paid_penalty_minor, p.surplus_minor
    )
    select * from told t where t.due_on >= :first and t.open_minor > 0
    and not exists (
      select from reminder r where r.institution_id = :institution_id
        and r.borrower_id = t.borrower_id and r.due_on = t.due_on and r.step = :step
    )
    order by t.borrower_id, t.due_on, t.reference
""")


async def open_dues(
    session: AsyncSession, *, step: str, first: date, last: date
) -> Sequence[OpenDue]:
    """Give what is open of the due dates in a span, those told of already left out."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "step": step,
        "first": first,
        "last": last,
    }
    rows = (await session.execute(OPEN_DUES, values)).all()
    return [
        OpenDue(
            borrower_id=row.borrower_id,
            reference=row.reference,
            currency=row.currency,
            due_on=row.due_on,
            open_minor=int(row.open_minor),
            name_ar=row.name_ar,
            name_latin=row.name_latin,
        )
        for row in rows
    ]


async def policy(session: AsyncSession) -> ReminderPolicyRow | None:
    """Give the newest policy."""
    row = ReminderPolicyRow
    query = select(row).order_by(row.recorded_at.desc(), row.policy_id.desc()).limit(1)
    return (await session.scalars(query)).one_or_none()


async def contacts(
    session: AsyncSession, borrower_ids: Collection[UUID]
) -> dict[UUID, ReminderContactRow]:
    """Give how each borrower wants to be reminded, of those who said it."""
    row = ReminderContactRow
    query = select(row).where(row.borrower_id.in_(set(borrower_ids)))
    found = await session.scalars(query.order_by(row.recorded_at, row.contact_id))
    return {contact.borrower_id: contact for contact in found}


async def planned_day(session: AsyncSession, day: date) -> ReminderDayRow | None:
    """Give a day that was planned."""
    query = select(ReminderDayRow).where(ReminderDayRow.day == day)
    return (await session.scalars(query)).one_or_none()


async def open_reminders(session: AsyncSession, *, most: int) -> Sequence[ReminderRow]:
    """Give messages that are planned or on their way, oldest day first, those of others passed."""
    row = ReminderRow
    query = (
        select(row)
        .where(row.state.in_([ReminderState.PLANNED, ReminderState.SENDING]))
        .order_by(row.day, row.reminder_id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).all()


async def reminder(session: AsyncSession, reminder_id: UUID) -> ReminderRow:
    """Give a message, locked."""
    query = select(ReminderRow).where(ReminderRow.reminder_id == reminder_id).with_for_update()
    return (await session.scalars(query)).one()


async def reminders(
    session: AsyncSession, *, day: date | None, borrower_id: UUID | None, page: Page, actor: Actor
) -> Sequence[ReminderRow]:
    """Give messages to borrowers in the actor's reach, of a day or a borrower if named.

    One more than the page holds.
    """
    query = (
        select(ReminderRow)
        .join(BorrowerRow, BorrowerRow.borrower_id == ReminderRow.borrower_id)
        .where(*in_reach(BorrowerRow.branch_id, actor=actor))
        .order_by(ReminderRow.reminder_id)
    )
    if day is not None:
        query = query.where(ReminderRow.day == day)
    if borrower_id is not None:
        query = query.where(ReminderRow.borrower_id == borrower_id)
    if page.after is not None:
        query = query.where(ReminderRow.reminder_id > page.after)
    return (await session.scalars(query.limit(page.limit + 1))).all()
