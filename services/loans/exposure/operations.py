"""How is it set what a connected group may owe, and how is it held to at an approval?"""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.exposure import Exposures, TieKind
from services.loans.exposure import queries
from services.loans.exposure.tables import ExposureLimitRow
from shared import ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.money import Money

# Approvals under a limit come one after the other: else two members would each find the room.
ONE_BY_ONE = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")


class LimitBackdated(RafidError):
    """A limit holds from today on or later"""

    kind = Kind.RULE
    service = "loans"
    detail = "It was to hold from {effective_on}; it is {today}."
    effective_on: date
    today: date


class LimitEmpty(RafidError):
    """A limit reaches an amount above zero"""

    kind = Kind.RULE
    service = "loans"
    detail = "A group may not be limited to {most}; leave the amount out to lift the limit."
    most: Money


async def set_limit(
    session: AsyncSession,
    *,
    currency: str,
    most: Money | None,
    ties: Collection[TieKind],
    effective_on: date,
    on: date,
    actor: Actor,
) -> ExposureLimitRow:
    """Set what a connected group may owe from a day on; None lifts it.

    Raises `LimitBackdated`, `LimitEmpty`.
    """
    if most is not None and not most.is_positive:
        raise LimitEmpty(most=most)
    if effective_on < on:
        raise LimitBackdated(effective_on=effective_on, today=on)
    row = ExposureLimitRow(
        institution_id=tenancy.institution_of(session),
        exposure_limit_id=ids.new(),
        currency=currency,
        max_amount_minor=None if most is None else most.minor,
        ties=sorted(tie.value for tie in ties),
        effective_on=effective_on,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return row


async def locked_exposures(
    session: AsyncSession, borrower_ids: Collection[UUID], *, on: date
) -> Exposures:
    """Give what the groups of borrowers owe, so that nobody else approves until this ends.

    Without a limit in force nothing is locked, and nothing looked up.
    """
    limits = await queries.limits(session, on=on)
    if not limits:
        return Exposures(group_of={})
    name = f"exposure {tenancy.institution_of(session)}"
    await session.execute(ONE_BY_ONE, {"name": name})
    return await known_exposures(session, borrower_ids, on=on)


async def known_exposures(
    session: AsyncSession, borrower_ids: Collection[UUID], *, on: date
) -> Exposures:
    """Give what the groups of borrowers owe, by the ties of any limit in force, else by all."""
    limits = await queries.limits(session, on=on)
    ties = {TieKind(tie) for row in limits.values() for tie in row.ties} or set(TieKind)
    most = {code: row.max_amount_minor or 0 for code, row in limits.items()}
    return await queries.exposures(session, borrower_ids, ties=ties, most=most)
