"""How does a day's mail go out: at a decent hour, each message once, none that may have gone?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.loans.domain.reminding import Letter, ReminderChannel, ReminderState
from services.loans.institutions import queries as institutions
from services.loans.payments.sealing import Sealer
from services.loans.reminders import planning, queries
from services.loans.reminders.messengers import AddressTurnedDown, Messenger, NotHandedOver
from services.loans.reminders.tables import ReminderRow
from shared import clock, leases, logs
from shared.db import TenantDb

LEASE: Final = "reminders"
SENT_AT_ONCE: Final = 100
LOST_AFTER: Final = timedelta(minutes=5)
"""A message that was begun so long ago and never noted down may have left."""

_log = logs.logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """By which ways this installation writes, and what seals the words."""

    messengers: Mapping[ReminderChannel, Messenger] = field(default_factory=dict)
    sealer: Sealer


async def remind(db: TenantDb, post: Post, *, now: datetime) -> int:
    """Plan today's messages once and send what waits, outside the quiet hours; return how many.

    What was planned for an earlier day is sent no more.
    """
    async with db() as session:
        row = await queries.policy(session)
        zone = clock.zone((await institutions.institution(session)).timezone)
    local = now.astimezone(zone)
    if row is None or planning.policy_of(row).is_quiet(local.time()):
        return 0
    async with leases.held(db, LEASE) as is_ours:
        if not is_ours:
            return 0
        async with db.begin() as session:
            await planning.plan_day(session, row, today=local.date(), sealer=post.sealer, at=now)
        sent = 0
        for reminder_id, letter, channel in await _begun(db, post, now=now, local=local):
            state, fault = await _handed_over(post, reminder_id, letter, channel)
            await _note(db, reminder_id, state, fault, at=now)
            sent += state is ReminderState.SENT
        return sent


async def _begun(
    db: TenantDb, post: Post, *, now: datetime, local: datetime
) -> list[tuple[UUID, Letter, ReminderChannel]]:
    """Mark what is sent now as begun, before it is sent: from then on it may have left."""
    begun = []
    async with db.begin() as session:
        for row in await queries.open_reminders(session, most=SENT_AT_ONCE):
            channel = ReminderChannel(row.channel)
            if row.state == ReminderState.SENDING:
                if now - (row.tried_at or now) >= LOST_AFTER:
                    _end(row, ReminderState.UNKNOWN, at=now)
            elif row.day < local.date():
                _end(row, ReminderState.EXPIRED, at=now)
            elif channel in post.messengers:
                row.state, row.tried_at = ReminderState.SENDING.value, now
                begun.append((row.reminder_id, planning.opened(row, sealer=post.sealer), channel))
    return begun


async def _handed_over(
    post: Post, reminder_id: UUID, letter: Letter, channel: ReminderChannel
) -> tuple[ReminderState, str | None]:
    try:
        await post.messengers[channel].send(reminder_id, letter)
    except NotHandedOver as error:
        return ReminderState.PLANNED, type(error.__cause__).__name__
    except AddressTurnedDown:
        return ReminderState.REFUSED, "address_refused"
    except Exception as error:  # noqa: BLE001 - whatever it was, the message may have left
        _log.warning("a reminder may have left", reminder_id=str(reminder_id), fault=repr(error))
        return ReminderState.UNKNOWN, type(error).__name__
    return ReminderState.SENT, None


async def _note(
    db: TenantDb, reminder_id: UUID, state: ReminderState, fault: str | None, *, at: datetime
) -> None:
    async with db.begin() as session:
        row = await queries.reminder(session, reminder_id)
        row.fault = fault
        if state is ReminderState.PLANNED:
            row.state = state.value
        else:
            _end(row, state, at=at)


def _end(row: ReminderRow, state: ReminderState, *, at: datetime) -> None:
    row.state, row.ended_at = state.value, at
