"""How does an institution read the rulebook, with its own facts in it?"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal
from uuid import UUID

from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain.lawful import Book
from services.loans.rulebook.tables import FactUseRow, OverrideDecisionRow, OverrideRow
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.rulebook import Condition, Fact, forms
from shared.rulebook.worlds import PART
from shared.schemas import Page

OWN_FACTS_MAX = 2_000

# One row for each fact id: the last that was approved.
IN_FORCE = text("""
    select i.country, o.fact::text as fact
    from institution i
    left join (
      select distinct on (p.fact_id) p.institution_id, p.fact_id, p.fact
      from rulebook_override p
      join rulebook_decision d
        on d.institution_id = p.institution_id and d.override_id = p.override_id
      where p.institution_id = :institution_id and d.outcome = 'approved'
      order by p.fact_id, d.recorded_at desc, p.override_id desc
    ) o on o.institution_id = i.institution_id
    where i.institution_id = :institution_id
    order by o.fact_id
""")


class OverrideUnknown(RafidError):
    """No such proposal for the rulebook"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "There is no override {override_id} of the rulebook."
    override_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A proposal with what was said of it, if anything was."""

    row: OverrideRow
    decision: OverrideDecisionRow | None

    @property
    def state(self) -> Literal["proposed", "approved", "rejected"]:
        """Where the proposal stands."""
        if self.decision is None:
            return "proposed"
        return "approved" if self.decision.outcome == "approved" else "rejected"

    @property
    def fact(self) -> Fact:
        """The fact that was proposed."""
        return _fact(json.dumps(self.row.fact, sort_keys=True))


async def own_facts(session: AsyncSession) -> tuple[str, tuple[Fact, ...]]:
    """The institution's country, and the facts of its own that were approved."""
    values = {"institution_id": tenancy.institution_of(session)}
    rows = (await session.execute(IN_FORCE, values)).all()
    if not rows:
        raise LookupError("the transaction's institution does not exist")
    return rows[0].country, tuple(_fact(row.fact) for row in rows if row.fact is not None)


async def book(session: AsyncSession, *, on: date) -> Book:
    """The rulebook as the institution reads it on a day, with what it says of itself that day."""
    country, facts = await own_facts(session)
    return as_read(country, facts, on=on)


def as_read(country: str, facts: Sequence[Fact], *, on: date) -> Book:
    """The book that facts of an institution make on a day: its part of the country is its place."""
    told: dict[str, Condition] = {}
    for fact in facts:
        if fact.topic == forms.INSTITUTION and fact.is_in_force(on):
            told |= {
                name: said for name, said in fact.members.items() if isinstance(said, str | bool)
            }
    part = told.pop(PART, None)
    place = country if part is None else f"{country}-{part}"
    return Book(country=place, overrides=tuple(facts), told=told)


async def proposed(session: AsyncSession, override_id: UUID) -> Proposed:
    """Give one proposal. Raises OverrideUnknown."""
    statement = _proposals(session).where(OverrideRow.override_id == override_id)
    row = (await session.execute(statement)).first()
    if row is None:
        raise OverrideUnknown(override_id=override_id)
    return Proposed(row=row[0], decision=row[1])


async def proposals(session: AsyncSession, *, page: Page) -> list[Proposed]:
    """Give proposals in the order of their ids, one more than the page."""
    statement = _proposals(session).order_by(OverrideRow.override_id).limit(page.limit + 1)
    if page.after is not None:
        statement = statement.where(OverrideRow.override_id > page.after)
    return [Proposed(row=row[0], decision=row[1]) for row in await session.execute(statement)]


async def uses(session: AsyncSession, subject_id: UUID, *, page: Page) -> list[FactUseRow]:
    """Give the facts that were used for a subject, in the order in which they were."""
    statement = select(FactUseRow).where(
        FactUseRow.institution_id == tenancy.institution_of(session),
        FactUseRow.subject_id == subject_id,
    )
    if page.after is not None:
        statement = statement.where(FactUseRow.use_id > page.after)
    return list(await session.scalars(statement.order_by(FactUseRow.use_id).limit(page.limit + 1)))


def _proposals(session: AsyncSession) -> Select[OverrideRow, OverrideDecisionRow]:
    matches = (OverrideDecisionRow.institution_id == OverrideRow.institution_id) & (
        OverrideDecisionRow.override_id == OverrideRow.override_id
    )
    return (
        select(OverrideRow, OverrideDecisionRow)
        .outerjoin(OverrideDecisionRow, matches)
        .where(OverrideRow.institution_id == tenancy.institution_of(session))
    )


@lru_cache(maxsize=4_096)
def _fact(written: str) -> Fact:
    """One fact for one text, so that calendars computed with it are found again."""
    return Fact.from_json(json.loads(written), is_own=True)
