"""Where are the facts of the rulebook read, given by an institution, and approved?"""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.loans.deps import Db, Today
from services.loans.domain.lawful import Book, Standing, Used
from services.loans.rulebook import operations, queries
from services.loans.rulebook.schemas import FactOut, FactsOut, FactUseOut, OverrideIn, OverrideOut
from shared import rulebook
from shared.auth import Actor, Role, require
from shared.rulebook import Fact
from shared.rulebook.forms import FactMalformed
from shared.schemas import Day, PageOut
from shared.web import PageQuery

router = APIRouter(prefix="/loans/v1/rulebook", tags=["rulebook"])

MayGive = Annotated[Actor, require(Role.ADMINISTRATOR, Role.FUNDS_MANAGER)]
MayRead = Annotated[
    Actor, require(*(role for role in Role if role not in {Role.DONOR, Role.SERVICE}))
]
TopicAsked = Annotated[str | None, Query(pattern=r"^[a-z][a-z_]{0,39}$")]
PlaceAsked = Annotated[str | None, Query(pattern=r"^[A-Z]{2}(-[A-Z]{2,10})?$")]

# What a page on a country should say, and says by name where nothing was read.
EXPECTED = (
    "cost_cap",
    "disclosure",
    "early_settlement",
    "fee_cap",
    "holiday",
    "late_charge",
    "loan_ceiling",
    "minimum_provision",
    "rate_cap",
    "term_ceiling",
    "waqf_law",
    "weekend",
    "zakat_regime",
)


@router.get("/facts")
async def read_rulebook_facts(
    db: Db,
    _actor: MayRead,
    today: Today,
    country: PlaceAsked = None,
    on: Day | None = None,
    topic: TopicAsked = None,
) -> FactsOut:
    """Read every fact of a place on a day, with its source and how sure it is.

    A topic on which the rulebook knows nothing there is named as silent: nothing is made up.
    """
    day = on or today
    async with db() as session:
        book = await queries.book(session, on=day)
    place = country or book.country
    facts = [_seen(fact, on=day) for fact in _facts(book, place=place, topic=topic, on=day)]
    spoken = {one.topic for one in facts}
    asked = EXPECTED if topic is None else (topic,)
    return FactsOut(
        country=place,
        on=day,
        items=facts,
        silent_on=[name for name in asked if name not in spoken],
    )


@router.post("/overrides", status_code=201)
async def propose_override(body: OverrideIn, db: Db, actor: MayGive, today: Today) -> OverrideOut:
    """Propose a fact of the institution's own, with its source; it waits for another person."""
    try:
        fact = body.fact()
    except ValueError:
        raise FactMalformed(topic=body.topic, member="ends_on", value=str(body.ends_on)) from None
    async with db.begin() as session:
        return _out(await operations.propose(session, fact, actor=actor), today=today)


@router.post("/overrides/{override_id}/approval", status_code=201)
async def approve_override(override_id: UUID, db: Db, actor: MayGive, today: Today) -> OverrideOut:
    """Approve a fact that another person proposed; it holds from now on."""
    async with db.begin() as session:
        decided = await operations.decide(
            session, override_id, outcome="approved", year=today.year, actor=actor
        )
    return _out(decided, today=today)


@router.post("/overrides/{override_id}/rejection", status_code=201)
async def reject_override(override_id: UUID, db: Db, actor: MayGive, today: Today) -> OverrideOut:
    """Reject a fact that another person proposed."""
    async with db.begin() as session:
        decided = await operations.decide(
            session, override_id, outcome="rejected", year=today.year, actor=actor
        )
    return _out(decided, today=today)


@router.get("/overrides")
async def list_overrides(
    db: Db, _actor: MayRead, page: PageQuery, today: Today
) -> PageOut[OverrideOut]:
    """List what was proposed, approved and rejected."""
    async with db() as session:
        found = await queries.proposals(session, page=page)
    kept, following = page.cut(found, key=lambda one: one.row.override_id)
    return PageOut[OverrideOut](items=[_out(one, today=today) for one in kept], next=following)


@router.get("/uses/{subject_id}")
async def read_uses(
    subject_id: UUID, db: Db, _actor: MayRead, page: PageQuery
) -> PageOut[FactUseOut]:
    """Read the facts that an application, decision, contract, product or order rested on."""
    async with db() as session:
        found = await queries.uses(session, subject_id, page=page)
    kept, following = page.cut(found, key=lambda row: row.use_id)
    return PageOut[FactUseOut](items=[FactUseOut.of(row) for row in kept], next=following)


def _facts(book: Book, *, place: str, topic: str | None, on: date) -> list[Fact]:
    """Facts of a place or a part of it: in force, or past where that matters; own ones first."""
    return [
        fact
        for fact in (*book.overrides, *rulebook.FACTS)
        if topic in (None, fact.topic)
        and (fact.is_of(place) or (fact.country or "").startswith(f"{place}-"))
        and (fact.country is not None or fact.topic in {topic, *EXPECTED})
        and (fact.is_in_force(on) or (fact.is_over(on) and fact.when_past != "ends"))
    ]


def _seen(fact: Fact, *, on: date) -> FactOut:
    return FactOut.of(Used(fact=fact, standing=_standing(fact, on=on)))


def _standing(fact: Fact, *, on: date) -> Standing:
    if fact.is_over(on):
        return Standing.PAST
    if fact.is_published:
        return Standing.NOT_GIVEN
    return Standing.POSSIBLE if fact.conditions else Standing.IN_FORCE


def _out(proposed: queries.Proposed, *, today: date) -> OverrideOut:
    return OverrideOut.of(proposed, standing=_standing(proposed.fact, on=today))
