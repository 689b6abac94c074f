"""Where are the funds said that finance one contract together, and what does each have in it?"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.loans.applications import queries as applications
from services.loans.cofinancing import operations, queries
from services.loans.cofinancing.schemas import SharedOut, SourcesIn, SourcesOut
from services.loans.deps import Db, Today
from shared.auth import Actor, Role, require
from shared.ids import ApplicationId

router = APIRouter(prefix="/loans/v1", tags=["cofinancing"])

MayPropose = Annotated[Actor, require(Role.OFFICER)]
MayReadApplications = Annotated[Actor, require(Role.OFFICER, Role.APPROVER, Role.AUDITOR)]
MayRead = Annotated[
    Actor,
    require(Role.OFFICER, Role.APPROVER, Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR),
]


@router.put("/applications/{application_id}/sources")
async def propose_sources(
    application_id: UUID, body: SourcesIn, db: Db, actor: MayPropose, today: Today
) -> SourcesOut:
    """Say which funds finance an application together; said again, the new word holds.

    Whoever says so does not decide on the application. The approval names the first fund, and
    reserves the part of each, all or none.
    """
    parts = [source.part() for source in body.sources]
    wanted = ApplicationId(application_id)
    async with db.begin() as session:
        row = await operations.propose_sources(session, wanted, parts, on=today, actor=actor)
        sources = (await queries.sources_of(session, [wanted]))[wanted]
    return SourcesOut.of(application_id, sources, principal=row.amount_minor, currency=row.currency)


@router.get("/applications/{application_id}/sources")
async def read_sources(application_id: UUID, db: Db, actor: MayReadApplications) -> SourcesOut:
    """Read which funds finance an application; empty where one fund does."""
    wanted = ApplicationId(application_id)
    async with db() as session:
        row = await applications.application(session, wanted, actor=actor)
        found = await queries.sources_of(session, [wanted])
    return SourcesOut.of(
        application_id, found.get(wanted), principal=row.amount_minor, currency=row.currency
    )


@router.get("/contracts/{contract_id}/sources")
async def read_shared(contract_id: UUID, db: Db, actor: MayRead) -> SharedOut:
    """Read what each fund has in a contract. One that a single fund finances has none of these."""
    async with db(snapshot=True) as session:
        plan, currency = await queries.plan_of(session, contract_id, actor=actor)
        totals = await queries.totals_of(session, [contract_id])
    (of_contract,) = totals.values()
    return SharedOut.of(contract_id, plan, totals=of_contract, currency=currency)
