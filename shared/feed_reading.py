"""What was told, in its order; and does the chain of its hashes hold?"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import feed, tenancy
from shared.ids import InstitutionId

MEDIA_TYPE: Final = "application/cloudevents+json"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

READ = """
    select f.number, f.numbered_at, e.event_id, e.type, e.subject_id, e.data, e.recorded_at
    from feed_entry f join event e
      on e.institution_id = f.institution_id and e.event_id = f.event_id
    where f.institution_id = :institution_id and {chosen}
    order by f.number limit :limit
"""
AFTER = text(READ.format(chosen="f.number > :after"))
THESE = text(READ.format(chosen="f.number = any(cast(:numbers as bigint[]))"))
HEAD = text("""
    select number, numbered_at from feed_entry where institution_id = :institution_id
    order by number desc limit 1
""")


async def read(session: AsyncSession, *, after: int, limit: int, source: str) -> dict[str, object]:
    """Return the numbered events after `after` as CloudEvents 1.0 envelopes, and the head."""
    institution_id = tenancy.institution_of(session)
    values = {"institution_id": institution_id, "after": after, "limit": limit}
    rows = (await session.execute(AFTER, values)).all()
    newest = (await session.execute(HEAD, {"institution_id": institution_id})).first()
    return {
        "events": [_numbered(row, institution_id, source) for row in rows],
        "next": rows[-1].number if rows else after,
        "head": newest.number if newest else 0,
        "known_at": newest.numbered_at.isoformat() if newest else None,
    }


async def read_these(
    session: AsyncSession, numbers: Sequence[int], *, source: str
) -> dict[int, dict[str, object]]:
    """Return the envelopes of some numbers, by number."""
    institution_id = tenancy.institution_of(session)
    values = {"institution_id": institution_id, "numbers": list(numbers), "limit": len(numbers)}
    rows = (await session.execute(THESE, values)).all()
    return {row.number: _numbered(row, institution_id, source) for row in rows}


async def head(session: AsyncSession) -> int:
    """Return the newest number, 0 where nothing was told yet."""
    values = {"institution_id": tenancy.institution_of(session)}
    return await session.scalar(HEAD, values) or 0


def envelope(
    *,
    event_id: UUID,
    source: str,
    event_type: str,
    subject_id: UUID,
    institution_id: InstitutionId,
    recorded_at: datetime,
    data: object,
) -> dict[str, object]:
    """Write a fact as an envelope of CloudEvents 1.0; one of the feed has its number beside."""
    return {
        "specversion": "1.0",
        "id": str(event_id),
        "source": f"/{source}",
        "type": event_type,
        "subject": str(subject_id),
        "time": recorded_at.isoformat(),
        "datacontenttype": "application/json",
        "institutionid": str(institution_id),
        "data": data,
    }


def _numbered(row: Any, institution_id: InstitutionId, source: str) -> dict[str, object]:
    written = envelope(
        event_id=row.event_id,
        source=source,
        event_type=row.type,
        subject_id=row.subject_id,
        institution_id=institution_id,
        recorded_at=row.recorded_at,
        data=row.data,
    )
    return {**written, "sequence": row.number, "knownat": row.numbered_at.isoformat()}


LINKS = text("""
    select f.number, f.hash, e.event_id, e.type, e.subject_id, e.data::text as data, e.recorded_at
    from feed_entry f left join event e
      on e.institution_id = f.institution_id and e.event_id = f.event_id
    where f.institution_id = :institution_id and f.number > :after
    order by f.number limit :limit
""")


async def first_broken_link(session: AsyncSession) -> tuple[int, int | None]:
    """Hash the whole feed of the session's institution again.

    Returns how many links were looked at, and the number of the first that does not fit, if one
    does not: a number that is missing, or an event that is not what it was.
    """
    number, previous = 0, b""
    values = {"institution_id": tenancy.institution_of(session), "limit": feed.BATCH}
    while rows := (await session.execute(LINKS, {**values, "after": number})).all():
        for row in rows:
            number += 1
            if row.number != number or row.type is None:
                return number, number
            moment = (row.recorded_at - EPOCH) // EPOCH.resolution
            parts = (row.event_id, row.type, row.subject_id, moment, row.data)
            digest = hashlib.sha256("|".join(map(str, parts)).encode()).digest()
            previous = feed.link_hash(previous, number, digest)
            if previous != row.hash:
                return number, number
    return number, None
