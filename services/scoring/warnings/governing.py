"""How does a card of warnings come in, and how is it taken into use by a second person?"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain import card_form
from services.scoring.domain.scorecard import Scorecard
from services.scoring.domain.warning import opinions
from services.scoring.models.operations import (
    ADD_TENANT,
    PromoterIsRegistrar,
    ScorecardVersionTaken,
)
from services.scoring.warnings import queries
from services.scoring.warnings.tables import WarningCardRow
from shared import tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError

BUILT_IN = Path(__file__).parent / "cards" / "expert-warning-v1.json"


class WarningCardWaits(RafidError):
    """Nobody has taken this card of warnings into use"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{card_id} {version} waits for the approval of a second person."
    card_id: str
    version: str


async def register_card(
    session: AsyncSession, document: Mapping[str, object], *, actor: Actor, at: datetime
) -> WarningCardRow:
    """Register a version; it waits for a second person. The same document changes nothing.

    Raises what `card_form.scorecard_of` raises, SignalUnknown, ScorecardVersionTaken.
    """
    card = card_form.scorecard_of(document)
    opinions.check_card(card)
    ours = built_in()
    names = (card.card_id, card.version)
    if names == (ours["card_id"], ours["version"]) and card.hash != card_form.hash_of(ours):
        raise ScorecardVersionTaken(card_id=card.card_id, version=card.version)
    institution_id = tenancy.institution_of(session)
    await session.execute(ADD_TENANT, {"institution_id": institution_id})
    statement = (
        insert(WarningCardRow)
        .values(
            institution_id=institution_id,
            card_id=card.card_id,
            version=card.version,
            hash=card.hash,
            document=document,
            registered_by=actor.id,
            registered_at=at,
        )
        .on_conflict_do_nothing()
    )
    await session.execute(statement)
    row = await queries.card(session, card_id=card.card_id, version=card.version)
    if row.hash != card.hash:
        raise ScorecardVersionTaken(card_id=card.card_id, version=card.version)
    return row


async def approve_card(
    session: AsyncSession, *, card_id: str, version: str, actor: Actor, at: datetime
) -> WarningCardRow:
    """Take a version into use; approved already, nothing changes.

    Raises ScorecardNotFound, PromoterIsRegistrar.
    """
    row = await queries.card(session, card_id=card_id, version=version, is_locked=True)
    if row.registered_by == actor.id:
        raise PromoterIsRegistrar(card_id=card_id, version=version)
    if row.approved_by is None:
        row.approved_by, row.approved_at = actor.id, at
        await session.flush()
    return row


async def card_in_use(session: AsyncSession, *, card_id: str, version: str) -> Scorecard:
    """Return a version that may grade. Raises ScorecardNotFound, WarningCardWaits."""
    row = await queries.card(session, card_id=card_id, version=version)
    if row.approved_by is None and row.hash != card_form.hash_of(built_in()):
        raise WarningCardWaits(card_id=card_id, version=version)
    return _read(row.hash, orjson.dumps(row.document, option=orjson.OPT_SORT_KEYS))


@cache
def built_in() -> Mapping[str, Any]:
    """Return the card that ships with Rafid; it needs no approval."""
    document: dict[str, Any] = json.loads(BUILT_IN.read_text(encoding="utf-8"))
    return document


@lru_cache(maxsize=16)
def _read(_hash: str, document: bytes) -> Scorecard:
    return card_form.scorecard_of(orjson.loads(document))
