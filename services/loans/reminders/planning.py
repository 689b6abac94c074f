"""Whom does a day ask to be reminded of what, by which way, in which words?"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.borrowers import queries as borrowers
from services.loans.domain import reminding
from services.loans.domain.borrower import ConsentPurpose
from services.loans.domain.reminding import (
    DuePart,
    Letter,
    ReminderChannel,
    ReminderPolicy,
    ReminderState,
    ReminderStep,
)
from services.loans.institutions import queries as institutions
from services.loans.institutions.tables import InstitutionRow
from services.loans.payments.sealing import Sealer
from services.loans.reminders import queries
from services.loans.reminders.queries import OpenDue
from services.loans.reminders.tables import ReminderDayRow, ReminderPolicyRow, ReminderRow
from shared import ids, tenancy, texts
from shared.ids import InstitutionId
from shared.money import Money
from shared.texts import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How a borrower is written to."""

    channel: ReminderChannel
    address: str
    language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a borrower is to be told of one due date."""

    borrower_id: UUID
    due_on: date
    step: ReminderStep
    parts: Sequence[OpenDue]


def policy_of(row: ReminderPolicyRow) -> ReminderPolicy:
    """Give a policy as the domain knows it."""
    return ReminderPolicy(
        before_days=row.before_days,
        after_days=row.after_days,
        quiet_from=row.quiet_from,
        quiet_until=row.quiet_until,
    )


async def plan_day(
    session: AsyncSession, row: ReminderPolicyRow, *, today: date, sealer: Sealer, at: datetime
) -> ReminderDayRow | None:
    """Plan a day's messages; None where another process has planned it."""
    if await queries.planned_day(session, today) is not None:
        return None
    dues = await _dues(session, policy_of(row), today=today)
    named = {due.borrower_id for due in dues}
    consenting = await borrowers.consenting(
        session, named, purpose=ConsentPurpose.CONTACT, on=today
    )
    contacts = await _contacts(session, consenting, row, sealer=sealer)
    told = [due for due in dues if due.borrower_id in contacts]
    planned = (
        upsert(ReminderDayRow)
        .values(
            institution_id=row.institution_id,
            day=today,
            planned=len(told),
            without_consent=len(named - consenting),
            without_address=len(consenting - contacts.keys()),
            planned_at=at,
        )
        .on_conflict_do_nothing()
        .returning(ReminderDayRow)
    )
    kept = (await session.execute(planned)).scalar_one_or_none()
    if kept is not None and told:
        home = await institutions.institution(session)
        values = [_row(due, contacts[due.borrower_id], home, today, sealer) for due in told]
        await session.execute(insert(ReminderRow), values)
    return kept


async def _dues(session: AsyncSession, policy: ReminderPolicy, *, today: date) -> list[Due]:
    found = []
    for step, (first, last) in policy.spans(today).items():
        rows = await queries.open_dues(session, step=step, first=first, last=last)
        for (borrower_id, due_on), parts in groupby(
            rows, lambda row: (row.borrower_id, row.due_on)
        ):
            found.append(Due(borrower_id=borrower_id, due_on=due_on, step=step, parts=list(parts)))
    return found


async def _contacts(
    session: AsyncSession, borrower_ids: set[UUID], row: ReminderPolicyRow, *, sealer: Sealer
) -> dict[UUID, Contact]:
    """Give how each is written to: as he wished, else by text to the first of his phones."""
    institution_id = InstitutionId(tenancy.institution_of(session))
    wished = await queries.contacts(session, borrower_ids)
    phones = await borrowers.phones_of(session, borrower_ids - wished.keys())
    chosen = {
        borrower_id: Contact(
            channel=ReminderChannel(contact.channel),
            address=sealer.opened(institution_id, contact.address_sealed).decode(),
            language=contact.language,
        )
        for borrower_id, contact in wished.items()
    }
    return chosen | {
        borrower_id: Contact(
            channel=ReminderChannel.SMS, address=min(numbers), language=row.language
        )
        for borrower_id, numbers in phones.items()
        if numbers
    }


def _row(
    due: Due, contact: Contact, home: InstitutionRow, today: date, sealer: Sealer
) -> dict[str, Any]:
    written = _letter(due, contact, home)
    institution_id = InstitutionId(home.institution_id)
    return {
        "institution_id": institution_id,
        "reminder_id": ids.new(),
        "borrower_id": due.borrower_id,
        "due_on": due.due_on,
        "step": due.step.value,
        "day": today,
        "channel": contact.channel.value,
        "language": contact.language,
        "letter_sealed": sealer.seal(institution_id, json.dumps(asdict(written)).encode()),
        "state": ReminderState.PLANNED.value,
    }


def opened(row: ReminderRow, *, sealer: Sealer) -> Letter:
    """Give a kept message as it is handed over."""
    plain: Mapping[str, str] = json.loads(
        sealer.opened(InstitutionId(row.institution_id), row.letter_sealed)
    )
    return Letter(**plain)


def _letter(due: Due, contact: Contact, home: InstitutionRow) -> Letter:
    language, first = contact.language, due.parts[0]
    names = [first.name_latin, first.name_ar]
    if language == "ar":
        names.reverse()
    return reminding.letter(
        due.step,
        [
            DuePart(reference=part.reference, open=Money(part.open_minor, part.currency))
            for part in due.parts
        ],
        address=contact.address,
        names={
            "name": next(name for name in [*names, first.reference] if name),
            "institution": getattr(home, f"name_{language}"),
        },
        day=f"{due.due_on.isoformat()} ({texts.hijri(due.due_on, language=language)})",
        say=texts.sayer("loans", language=language),
    )
