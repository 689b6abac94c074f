"""The routes of the portfolio: what is at risk, how late one contract is, the buckets."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.loans.contracts import queries as contracts
from services.loans.deps import Db, Today
from services.loans.domain import days
from services.loans.ledger import queries as ledger
from services.loans.portfolio import operations, queries
from services.loans.portfolio.queries import By
from services.loans.portfolio.schemas import (
    BucketSchemeIn,
    BucketSchemeOut,
    LatenessOut,
    PortfolioOut,
)
from shared.auth import Actor, Role, require
from shared.schemas import Day, Instant

router = APIRouter(prefix="/loans/v1/portfolio", tags=["portfolio"])

MaySet = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayRead = Annotated[Actor, require(Role.APPROVER, Role.FUNDS_MANAGER, Role.AUDITOR)]
MayLook = Annotated[
    Actor,
    require(
        Role.OFFICER,
        Role.APPROVER,
        Role.FUNDS_MANAGER,
        Role.AUDITOR,
        Role.ADMINISTRATOR,
        Role.INTEGRATOR,
    ),
]


@router.get("/at-risk")
async def read_at_risk(
    db: Db,
    actor: MayRead,
    today: Today,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    by: By = By.INSTITUTION,
) -> PortfolioOut:
    """Read what is at risk in the branches the actor sees, on a day, as known at an instant.

    The same two dates give the same answer for ever. Without `known_at` everything booked counts.
    """
    days.require_come(as_of or today, member="as_of", today=today)
    async with db(snapshot=True) as session:
        moment = await ledger.moment_of(session, as_of=as_of, known_at=known_at, today=today)
        scheme = await queries.scheme_at(session, as_of=moment.as_of)
        parts = await queries.at_risk(
            session, by=by, moment=moment, scheme=scheme, branch_ids=actor.branch_ids
        )
    return PortfolioOut.of(parts, by=by, moment=moment, scheme=scheme)


@router.get("/contracts/{contract_id}")
async def read_lateness(
    contract_id: UUID,
    db: Db,
    actor: MayLook,
    today: Today,
    as_of: Day | None = None,
    known_at: Instant | None = None,
) -> LatenessOut:
    """Read how late one contract was on a day, as known at an instant."""
    days.require_come(as_of or today, member="as_of", today=today)
    async with db(snapshot=True) as session:
        moment = await ledger.moment_of(session, as_of=as_of, known_at=known_at, today=today)
        scheme = await queries.scheme_at(session, as_of=moment.as_of)
        row = await contracts.contract(session, contract_id, branch_ids=actor.branch_ids)
        position = await contracts.stood(session, contract_id, moment=moment)
    return LatenessOut.of(row, position, moment=moment, scheme=scheme)


@router.get("/buckets")
async def list_buckets(db: Db, actor: MayRead) -> list[BucketSchemeOut]:
    """List the buckets that were set, the newest first; none: 1-30, 31-60, 61-90 and more."""
    async with db() as session:
        return [BucketSchemeOut.of(row) for row in await queries.schemes(session)]


@router.post("/buckets", status_code=201)
async def set_buckets(body: BucketSchemeIn, db: Db, actor: MaySet, today: Today) -> BucketSchemeOut:
    """Set the buckets that hold from tomorrow on."""
    scheme = body.scheme()
    async with db.begin() as session:
        row = await operations.set_buckets(session, scheme, today=today, actor_id=actor.id)
        return BucketSchemeOut.of(row)
