"""How does a clause come to hold a fund, and how does it end?

One person writes it with its words and source, another approves it. A clause is never edited: one
that follows it takes its place from a day on, or lifts it. What contradicts is found here.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.clauses import queries
from services.loans.clauses.queries import Written
from services.loans.clauses.tables import ClauseDecisionRow, ClauseRow, RegionRow
from services.loans.domain import claiming, clashing
from services.loans.domain.chart import FundKind
from services.loans.domain.clashing import Law
from services.loans.domain.clauses import Clause, ClauseKind, Quoted, Rule
from services.loans.domain.regions import plain
from services.loans.institutions import operations as institutions
from services.loans.institutions.names import Names
from services.loans.rulebook import queries as rulebook_queries
from shared import feed, ids, rulebook, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import FundId
from shared.quiet_events import ClauseApproved

Outcome = Literal["approved", "rejected"]


class ClauseDecided(RafidError):
    """Somebody has decided on the clause already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The clause {reference} is {outcome} already; write another."
    reference: str
    outcome: str


class ClauseMakerDecides(RafidError):
    """Nobody approves a clause of their own writing"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "Whoever wrote the clause {reference} cannot decide on it."
    reference: str


class ClauseNotFollowed(RafidError):
    """The clause cannot be followed by this one"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = (
        "{reference} is approved for this fund, not followed yet and begins before {starts_on},"
        " or it cannot be followed then."
    )
    reference: str
    starts_on: date


class RegionKnown(RafidError):
    """The region is in the tree already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The region {region} is in the tree; a place in it never changes."
    region: str


class RegionMalformed(RafidError):
    """The region has no code"""

    kind = Kind.RULE
    service = "loans"
    detail = "A code of a region is made of letters and digits; {region} has none."
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A clause as somebody writes it."""

    fund_id: UUID
    kind: ClauseKind
    rule: Rule
    quoted: Quoted
    valid_from: date
    valid_through: date | None = None
    spares_agreed: bool = False
    succeeds_id: UUID | None = None


async def enter_region(
    session: AsyncSession, *, code: str, above: str | None, names: Names, actor: Actor
) -> RegionRow:
    """Enter a region below one that is there, for good. Raises RegionKnown, ClauseRegionUnknown."""
    known = await queries.regions(session)
    upper = None if above is None else plain(above)
    if not plain(code):
        raise RegionMalformed(region=code)
    if upper is not None and not known.knows(upper):
        raise clashing.ClauseRegionUnknown(region=upper)
    statement = (
        upsert(RegionRow)
        .values(
            institution_id=tenancy.institution_of(session),
            code=plain(code),
            above_code=upper,
            name_ar=names.ar,
            name_fr=names.fr,
            name_en=names.en,
            actor_id=actor.id,
        )
        .on_conflict_do_nothing()
        .returning(RegionRow)
    )
    row: RegionRow | None = await session.scalar(statement)
    if row is None:
        raise RegionKnown(region=plain(code))
    return row


async def propose(session: AsyncSession, draft: Draft, *, on: date, actor: Actor) -> Written:
    """Write a clause that waits for a second person.

    Raises ClauseFundUnknown, ClauseMalformed, ClauseNeverHolds, ClauseNotFollowed,
    ClauseRegionUnknown, ClauseContradicts, ClauseUnlawful.
    """
    fund = await queries.fund(session, draft.fund_id)
    reference = await institutions.next_reference(session, kind="CL", year=on.year)
    clause = Clause(
        clause_id=ids.new(),
        fund_id=FundId(draft.fund_id),
        reference=reference,
        kind=draft.kind,
        rule=draft.rule,
        quoted=draft.quoted,
        valid_from=draft.valid_from,
        valid_through=draft.valid_through,
        spares_agreed=draft.spares_agreed,
    )
    clashing.require_currency(clause, currency=fund.currency)
    await _require_good(
        session, clause, follows=draft.succeeds_id, fund_kind=FundKind(fund.kind), on=on
    )
    quoted = draft.quoted
    session.add(
        ClauseRow(
            institution_id=tenancy.institution_of(session),
            clause_id=clause.clause_id,
            fund_id=draft.fund_id,
            reference=reference,
            kind=draft.kind.value,
            rule=draft.rule.to_json(),
            words=quoted.text,
            language=quoted.language,
            source=quoted.source,
            dated_on=quoted.dated_on,
            whose=quoted.whose.value,
            valid_from=draft.valid_from,
            valid_through=draft.valid_through,
            spares_agreed=draft.spares_agreed,
            succeeds_id=draft.succeeds_id,
            actor_id=actor.id,
        )
    )
    await session.flush()
    return await queries.written(session, clause.clause_id)


async def lift(
    session: AsyncSession, clause_id: UUID, *, quoted: Quoted, ends_on: date, on: date, actor: Actor
) -> Written:
    """Write that a clause no longer holds from a day on, with the paper that says so.

    It holds until a second person approves. Raises what `propose` raises, ClauseUnknown.
    """
    found = await queries.written(session, clause_id)
    draft = Draft(
        fund_id=found.row.fund_id,
        kind=ClauseKind.LIFTING,
        rule=Rule(),
        quoted=quoted,
        valid_from=ends_on,
        succeeds_id=clause_id,
    )
    return await propose(session, draft, on=on, actor=actor)


async def decide(
    session: AsyncSession, clause_id: UUID, *, outcome: Outcome, on: date, actor: Actor
) -> Written:
    """Approve or reject a clause; the fund's lock holds back every other decision and claim.

    Raises ClauseUnknown, ClauseDecided, ClauseMakerDecides, and what `propose` raises of a clause
    that has come to contradict meanwhile.
    """
    found = await queries.written(session, clause_id)
    fund = await queries.fund(session, found.row.fund_id, is_locked=True)
    found = await queries.written(session, clause_id)
    reference = found.row.reference
    if found.decision is not None:
        raise ClauseDecided(reference=reference, outcome=found.decision.outcome)
    if found.row.actor_id == actor.id:
        raise ClauseMakerDecides(reference=reference)
    if outcome == "approved":
        kind, follows = FundKind(fund.kind), found.row.succeeds_id
        await _require_good(session, found.clause, follows=follows, fund_kind=kind, on=on)
    session.add(
        ClauseDecisionRow(
            institution_id=found.row.institution_id,
            clause_id=clause_id,
            outcome=outcome,
            proposer_id=found.row.actor_id,
            actor_id=actor.id,
        )
    )
    await session.flush()
    if outcome == "approved":
        event = ClauseApproved(
            fund_id=FundId(found.row.fund_id),
            clause_id=clause_id,
            clause_kind=found.row.kind,
            valid_from=found.row.valid_from,
            succeeds_id=found.row.succeeds_id,
        )
        await feed.publish(session, event, subject_id=found.row.fund_id)
    return await queries.written(session, clause_id)


async def _require_good(
    session: AsyncSession, clause: Clause, *, follows: UUID | None, fund_kind: FundKind, on: date
) -> None:
    standing = await queries.standing(session, [clause.fund_id])
    if follows is not None:
        followed = next((one for one in standing if one.clause_id == follows), None)
        taken = {one.row.succeeds_id for one in await queries.approved(session, [clause.fund_id])}
        if followed is None or follows in taken or clause.valid_from <= followed.valid_from:
            written = await queries.written(session, follows)
            raise ClauseNotFollowed(reference=written.row.reference, starts_on=clause.valid_from)
    law = await _law(session, clause, fund_kind=fund_kind, on=on)
    clashing.require_lawful(clause, law=law)
    ages = rulebook.find("youth_age", country=law.country, on=on).members
    clashing.require_clear(
        clause,
        others=[one for one in standing if one.clause_id != follows],
        regions=await queries.regions(session),
        youth=(int(str(ages["least"])), int(str(ages["most"]))),
    )


async def _law(session: AsyncSession, clause: Clause, *, fund_kind: FundKind, on: date) -> Law:
    country = (await rulebook_queries.book(session, on=on)).country
    own = rulebook.find("fund_kind_exists", country=country, on=on, fund_kind=fund_kind.value)
    waqf = rulebook.find("fund_kind_exists", country=country, on=on, fund_kind="waqf")
    named = clause.rule.values if clause.kind is ClauseKind.MODE else ()
    return Law(
        country=country,
        fund_kind=fund_kind,
        is_kind_lawful=own.text == "yes",
        kind_source=own.source.title,
        kind_since=own.in_force_from,
        kind_needs_check=own.needs_check,
        waqf_needs_check=waqf.needs_check,
        waqf_source=None if waqf.text == "yes" else waqf.source.title,
        rules={
            mode: claiming.financing_rule(fund_kind, mode=mode, country=country, on=on)
            for mode in named
        },
    )
