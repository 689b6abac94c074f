"""How does a version of a scorecard come in, move on and end?"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid5

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain import card_form, lifecycle
from services.scoring.domain.card_form import CardMalformed
from services.scoring.domain.lifecycle import CardEvent, CardStatus
from services.scoring.domain.scorecard import Source
from services.scoring.models import queries
from services.scoring.models.queries import SHADOWS_MAX
from services.scoring.models.tables import ScorecardChangeRow, ScorecardVersionRow
from shared import feed, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError, Sentence
from shared.events import ScorecardStatusChanged

# The first row of an institution in this schema: from then on the sequencer looks after it.
ADD_TENANT = text(
    "insert into tenant (institution_id) values (:institution_id) on conflict do nothing"
)
BUILT_IN = Path(__file__).parent / "cards" / "expert-v1.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """Why a version is moved on, in words and in figures."""

    reason: str | None = None
    evidence: dict[str, Any] | None = None


NO_GROUNDS = Grounds()


class ScorecardVersionTaken(RafidError):
    """This version of the scorecard is registered with another content"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "{card_id} {version} is registered already; give the changed card another version."
    card_id: str
    version: str


class PromoterIsRegistrar(RafidError):
    """A scorecard is promoted by another person than the one who registered it"""

    kind = Kind.FORBIDDEN
    service = "scoring"
    detail = "{card_id} {version} has to be promoted by somebody who did not register it."
    card_id: str
    version: str


class ShadowsFull(RafidError):
    """As many cards as may be tried are in shadow"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = (
        "{most} versions score in shadow already; retire one before {card_id} {version} is tried."
    )
    card_id: str
    version: str
    most: int


async def champion(session: AsyncSession, *, actor: Actor, at: datetime) -> ScorecardVersionRow:
    """Return the version that judges; the first time the built-in expert card is adopted.

    Two first calls at once adopt it once.
    """
    found = await queries.find_champion(session)
    if found is not None:
        return found
    document = _built_in()
    statement = (
        insert(ScorecardVersionRow)
        .values(**_columns(session, document, CardStatus.CHAMPION, actor, at))
        .on_conflict_do_nothing()
        .returning(ScorecardVersionRow)
    )
    row = (await session.execute(statement)).scalar_one_or_none()
    if row is None:
        return await queries.champion(session)
    await session.execute(ADD_TENANT, {"institution_id": row.institution_id})
    await _record(session, row, actor=actor, at=at)
    return row


async def register_scorecard(
    session: AsyncSession, document: Mapping[str, object], *, actor: Actor, at: datetime
) -> ScorecardVersionRow:
    """Register a version as a draft; the same document again changes nothing.

    Raises what `card_form.scorecard_of` raises, and ScorecardVersionTaken.
    """
    card = card_form.scorecard_of(document)
    for item in card.characteristics:
        if item.source is Source.LOAN:
            fault = Sentence("it reads a running loan, no application")
            raise CardMalformed(place=item.id, fault=fault)
    await champion(session, actor=actor, at=at)
    statement = (
        insert(ScorecardVersionRow)
        .values(**_columns(session, document, CardStatus.DRAFT, actor, at))
        .on_conflict_do_nothing()
        .returning(ScorecardVersionRow)
    )
    row = (await session.execute(statement)).scalar_one_or_none()
    if row is None:
        known = await queries.scorecard_version(session, card_id=card.card_id, version=card.version)
        if known.hash != card.hash:
            raise ScorecardVersionTaken(card_id=card.card_id, version=card.version)
        return known
    await _record(session, row, actor=actor, at=at)
    return row


async def change_status(
    session: AsyncSession,
    *,
    card_id: str,
    version: str,
    event: CardEvent,
    grounds: Grounds = NO_GROUNDS,
    actor: Actor,
    at: datetime,
) -> ScorecardVersionRow:
    """Move a version on; promoting one retires the champion before it, its grounds are kept.

    Raises ScorecardNotFound, ChampionMoved, CardTransitionRefused, ShadowsFull,
    PromoterIsRegistrar.
    """
    await queries.scorecard_version(session, card_id=card_id, version=version)
    reigning = await queries.locked_champion(session)
    row = await queries.locked_scorecard_version(session, card_id=card_id, version=version)
    lifecycle.next_status(CardStatus(row.status), event=event)
    if event is CardEvent.TRY_IN_SHADOW and len(await queries.shadows(session)) >= SHADOWS_MAX:
        raise ShadowsFull(card_id=card_id, version=version, most=SHADOWS_MAX)
    if event is CardEvent.PROMOTE:
        if row.registered_by == actor.id:
            raise PromoterIsRegistrar(card_id=card_id, version=version)
        await _move(session, reigning, CardEvent.SUPERSEDE, actor=actor, at=at)
    await _move(session, row, event, actor=actor, at=at, grounds=grounds)
    return row


async def _move(
    session: AsyncSession,
    row: ScorecardVersionRow,
    event: CardEvent,
    *,
    actor: Actor,
    at: datetime,
    grounds: Grounds = NO_GROUNDS,
) -> None:
    row.status = lifecycle.next_status(CardStatus(row.status), event=event).value
    row.changes += 1
    await _record(session, row, actor=actor, at=at, grounds=grounds)


async def _record(
    session: AsyncSession,
    row: ScorecardVersionRow,
    *,
    actor: Actor,
    at: datetime,
    grounds: Grounds = NO_GROUNDS,
) -> None:
    session.add(
        ScorecardChangeRow(
            institution_id=row.institution_id,
            card_id=row.card_id,
            version=row.version,
            change=row.changes,
            status=row.status,
            actor_id=actor.id,
            changed_at=at,
            reason=grounds.reason,
            evidence=grounds.evidence,
        )
    )
    await session.flush()
    subject_id = uuid5(row.institution_id, f"{row.card_id} {row.version}")
    await feed.publish(
        session,
        ScorecardStatusChanged(card_id=row.card_id, version=row.version, status=row.status),
        subject_id=subject_id,
    )


def _columns(
    session: AsyncSession,
    document: Mapping[str, object],
    status: CardStatus,
    actor: Actor,
    at: datetime,
) -> dict[str, object]:
    return {
        "institution_id": tenancy.institution_of(session),
        "card_id": document["card_id"],
        "version": document["version"],
        "hash": card_form.hash_of(document),
        "document": document,
        "status": status.value,
        "changes": 1,
        "registered_by": actor.id,
        "registered_at": at,
    }


@cache
def _built_in() -> Mapping[str, Any]:
    document: dict[str, Any] = json.loads(BUILT_IN.read_text(encoding="utf-8"))
    return document
