"""Where are clauses of funds written, approved, lifted and read?"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.loans.clauses import operations, queries
from services.loans.clauses.operations import Draft
from services.loans.clauses.schemas import ClauseIn, ClauseOut, LiftingIn, RegionIn, RegionOut
from services.loans.deps import Db, Today
from shared.auth import Actor, Role, require
from shared.schemas import Day, PageOut
from shared.web import NamedLanguage, PageQuery

router = APIRouter(prefix="/loans/v1", tags=["clauses"])

MayWrite = Annotated[Actor, require(Role.ADMINISTRATOR, Role.FUNDS_MANAGER)]
MayRead = Annotated[
    Actor, require(*(role for role in Role if role not in {Role.DONOR, Role.SERVICE}))
]


@router.post("/regions", status_code=201)
async def enter_region(body: RegionIn, db: Db, actor: MayWrite) -> RegionOut:
    """Enter a region below one that is there; its place never changes."""
    async with db.begin() as session:
        row = await operations.enter_region(
            session, code=body.code, above=body.above, names=body.names.names(), actor=actor
        )
    return RegionOut.of(row)


@router.get("/regions")
async def list_regions(db: Db, _actor: MayRead) -> list[RegionOut]:
    """List the tree of regions, by code."""
    async with db() as session:
        return [RegionOut.of(row) for row in await queries.listed_regions(session)]


@router.post("/funds/{fund_id}/clauses", status_code=201)
async def propose_clause(
    fund_id: UUID,
    body: ClauseIn,
    db: Db,
    actor: MayWrite,
    today: Today,
    language: NamedLanguage,
) -> ClauseOut:
    """Write a clause of a fund with its words and source; it waits for another person."""
    draft = Draft(
        fund_id=fund_id,
        kind=body.kind,
        rule=body.rule.rule(),
        quoted=body.quoted(),
        valid_from=body.valid_from,
        valid_through=body.valid_through,
        spares_agreed=body.spares_agreed,
        succeeds_id=body.succeeds_id,
    )
    async with db.begin() as session:
        written = await operations.propose(session, draft, on=today, actor=actor)
    return ClauseOut.of(written, language=language)


@router.get("/funds/{fund_id}/clauses")
async def list_clauses(
    fund_id: UUID,
    db: Db,
    _actor: MayRead,
    page: PageQuery,
    language: NamedLanguage,
    on: Day | None = None,
) -> PageOut[ClauseOut]:
    """List a fund's clauses in the order of writing; with `on`, those in force that day."""
    async with db() as session:
        await queries.fund(session, fund_id)
        standing = await queries.standing(session, [fund_id])
        holding = {one.clause_id: one for one in standing if on is None or one.is_in_force(on)}
        among = None if on is None else holding.keys()
        found = await queries.written_of(session, fund_id, page=page, among=among)
    kept, following = page.cut(found, key=lambda one: one.row.clause_id)
    items = [
        ClauseOut.of(
            one,
            language=language,
            valid_through=(
                holding[one.row.clause_id].valid_through if one.row.clause_id in holding else None
            ),
        )
        for one in kept
    ]
    return PageOut[ClauseOut](items=items, next=following)


@router.post("/clauses/{clause_id}/lifting", status_code=201)
async def lift_clause(
    clause_id: UUID,
    body: LiftingIn,
    db: Db,
    actor: MayWrite,
    today: Today,
    language: NamedLanguage,
) -> ClauseOut:
    """Write that a clause ends, with the paper that says so; it holds until another approves."""
    async with db.begin() as session:
        written = await operations.lift(
            session, clause_id, quoted=body.quoted(), ends_on=body.ends_on, on=today, actor=actor
        )
    return ClauseOut.of(written, language=language)


@router.post("/clauses/{clause_id}/approval", status_code=201)
async def approve_clause(
    clause_id: UUID,
    db: Db,
    actor: MayWrite,
    today: Today,
    language: NamedLanguage,
) -> ClauseOut:
    """Approve what another person wrote; it holds on its days."""
    async with db.begin() as session:
        written = await operations.decide(
            session, clause_id, outcome="approved", on=today, actor=actor
        )
    return ClauseOut.of(written, language=language)


@router.post("/clauses/{clause_id}/rejection", status_code=201)
async def reject_clause(
    clause_id: UUID,
    db: Db,
    actor: MayWrite,
    today: Today,
    language: NamedLanguage,
) -> ClauseOut:
    """Reject what another person wrote."""
    async with db.begin() as session:
        written = await operations.decide(
            session, clause_id, outcome="rejected", on=today, actor=actor
        )
    return ClauseOut.of(written, language=language)
