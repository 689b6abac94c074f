"""Which scorecards does an institution have, and which one judges?"""

from functools import lru_cache

import orjson
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain import card_form
from services.scoring.domain.lifecycle import CardStatus
from services.scoring.domain.scorecard import Scorecard
from services.scoring.models.tables import ScorecardChangeRow, ScorecardVersionRow
from shared import tenancy
from shared.errors import Kind, RafidError

VERSIONS_MAX = 500
CHAMPION_TRIES = 3
SHADOWS_MAX = 5  # a further one is refused: each costs every opinion its time


class ScorecardNotFound(RafidError):
    """There is no such version of a scorecard"""

    kind = Kind.NOT_FOUND
    service = "scoring"
    detail = "No scorecard {card_id} of version {version} is registered."
    card_id: str
    version: str


class ChampionMoved(RafidError):
    """Other versions were promoted meanwhile"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "Read the scorecards and send the change again if it still holds."


async def find_champion(session: AsyncSession) -> ScorecardVersionRow | None:
    """The version that judges; None before the first one is adopted."""
    return (await session.execute(_champion(session))).scalar_one_or_none()


async def scorecard_version(
    session: AsyncSession, *, card_id: str, version: str
) -> ScorecardVersionRow:
    """One version of a card. Raises ScorecardNotFound."""
    return await _one(session, card_id, version, is_locked=False)


async def locked_scorecard_version(
    session: AsyncSession, *, card_id: str, version: str
) -> ScorecardVersionRow:
    """One version of a card, locked until the transaction ends. Raises ScorecardNotFound."""
    return await _one(session, card_id, version, is_locked=True)


async def champion(session: AsyncSession) -> ScorecardVersionRow:
    """The version that judges, where one was adopted before."""
    return (await session.execute(_champion(session))).scalar_one()


async def locked_champion(session: AsyncSession) -> ScorecardVersionRow:
    """The version that judges, locked until the transaction ends. Raises ChampionMoved.

    Whoever waited for a champion that was superseded meanwhile finds nothing the first time,
    and its follower when asking again.
    """
    for _ in range(CHAMPION_TRIES):
        query = _champion(session).with_for_update().execution_options(populate_existing=True)
        found = (await session.execute(query)).scalar_one_or_none()
        if found is not None:
            return found
    raise ChampionMoved


async def shadows(session: AsyncSession) -> list[ScorecardVersionRow]:
    """The versions that are tried beside the champion, in the order of their names."""
    query = (
        select(ScorecardVersionRow)
        .where(
            ScorecardVersionRow.institution_id == tenancy.institution_of(session),
            ScorecardVersionRow.status == CardStatus.SHADOW.value,
        )
        .order_by(ScorecardVersionRow.card_id, ScorecardVersionRow.version)
        .limit(SHADOWS_MAX)
    )
    return list((await session.execute(query)).scalars())


async def scorecard_versions(session: AsyncSession) -> list[ScorecardVersionRow]:
    """Every version, the newest first."""
    query = (
        select(ScorecardVersionRow)
        .where(ScorecardVersionRow.institution_id == tenancy.institution_of(session))
        .order_by(ScorecardVersionRow.registered_at.desc(), ScorecardVersionRow.version.desc())
        .limit(VERSIONS_MAX)
    )
    return list((await session.execute(query)).scalars())


async def changes_of(
    session: AsyncSession, *, card_id: str, version: str
) -> list[ScorecardChangeRow]:
    """The history of a version, the oldest first."""
    query = (
        select(ScorecardChangeRow)
        .where(
            ScorecardChangeRow.institution_id == tenancy.institution_of(session),
            ScorecardChangeRow.card_id == card_id,
            ScorecardChangeRow.version == version,
        )
        .order_by(ScorecardChangeRow.change)
    )
    return list((await session.execute(query)).scalars())


def scorecard_of(row: ScorecardVersionRow) -> Scorecard:
    """The row's card as the domain knows it; a document is read once and kept by its hash."""
    return _read(row.hash, orjson.dumps(row.document, option=orjson.OPT_SORT_KEYS))


@lru_cache(maxsize=64)
def _read(_hash: str, document: bytes) -> Scorecard:
    return card_form.scorecard_of(orjson.loads(document))


def _champion(session: AsyncSession) -> Select[ScorecardVersionRow]:
    return select(ScorecardVersionRow).where(
        ScorecardVersionRow.institution_id == tenancy.institution_of(session),
        ScorecardVersionRow.status == CardStatus.CHAMPION.value,
    )


async def _one(
    session: AsyncSession, card_id: str, version: str, *, is_locked: bool
) -> ScorecardVersionRow:
    query = select(ScorecardVersionRow).where(
        ScorecardVersionRow.institution_id == tenancy.institution_of(session),
        ScorecardVersionRow.card_id == card_id,
        ScorecardVersionRow.version == version,
    )
    if is_locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise ScorecardNotFound(card_id=card_id, version=version)
    return row
