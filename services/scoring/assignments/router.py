"""Where is a run asked for, read, approved and rejected?"""

import asyncio
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.assignments import operations, queries
from services.scoring.assignments.asking import AssignmentRunIn, DecisionIn
from services.scoring.assignments.schemas import LineOut, RunFileOut, RunOut, WorthOut
from services.scoring.assignments.tables import AssignmentRunRow
from services.scoring.deps import Db, Now, tenant_db
from services.scoring.deps import now as moment
from shared import long_bodies
from shared.auth import Actor, Role, require
from shared.db import TenantDb
from shared.errors import Kind, RafidError
from shared.hot_route import NotOrdinaryError, hot_route
from shared.schemas import PageOut
from shared.texts import Language
from shared.web import NamedLanguage, PageQuery, language_of

router = APIRouter(tags=["assignments"])

RUNS_PATH = "/scoring/v1/assignment-runs"

MAKE = require(Role.FUNDS_MANAGER, Role.SERVICE)
MayMake = Annotated[Actor, MAKE]
MayDecide = Annotated[Actor, require(Role.APPROVER, Role.FUNDS_MANAGER)]
MayRead = Annotated[Actor, require(Role.APPROVER, Role.FUNDS_MANAGER, Role.AUDITOR, Role.SERVICE)]


class RunSpansBranches(RafidError):
    """A run of the assignment spans every branch"""

    kind = Kind.FORBIDDEN
    service = "scoring"
    detail = "It is made, read and decided by whoever may see all branches."


async def make_run(
    body: AssignmentRunIn, db: Db, now: Now, language: NamedLanguage, actor: MayMake
) -> RunFileOut:
    """Propose a fund for each waiting application; the same input has one run for good."""
    _check_scope(actor)
    run, words = await asyncio.to_thread(body.run), body.spoken()
    input_hash = await asyncio.to_thread(operations.hash_of, run, words=words)
    async with db() as session:
        row = await queries.find_run(session, input_hash=input_hash)
    if row is None:
        made = await asyncio.to_thread(operations.solved, run, words=words)
        async with db.begin() as session:
            row = await operations.keep_run(session, made, actor=actor, at=now)
    async with db() as session:
        return await _file(session, row, language)


async def _make_read_in_parts(request: Request) -> Response:
    """Read the parameters of `make_run` by hand, its applications some at a time, and call it."""
    actor = await MAKE.dependency(request)
    if request.url.query:
        raise NotOrdinaryError
    body = await long_bodies.read(AssignmentRunIn, await request.body(), member="applications")
    db = tenant_db(request, actor)
    made = await make_run(body, db, moment(request), language_of(request), actor)
    return Response(made.model_dump_json(), 201, media_type="application/json")


router.add_api_route(
    RUNS_PATH,
    make_run,
    methods=["POST"],
    status_code=201,
    response_model=RunFileOut,
    route_class_override=hot_route(_make_read_in_parts),
)


@router.get(RUNS_PATH)
async def list_runs(db: Db, page: PageQuery, actor: MayRead) -> PageOut[RunOut]:
    """List runs in the order in which they were made."""
    _check_scope(actor)
    async with db() as session:
        rows = await queries.runs(session, page=page)
    items, following = page.cut(rows, key=lambda row: row.run_id)
    return PageOut(items=[RunOut.of(row) for row in items], next=following)


@router.get(RUNS_PATH + "/latest/worth")
async def read_worth(fund_id: Annotated[UUID, Query()], db: Db, actor: MayRead) -> WorthOut:
    """Read what one more unit in a fund would have brought, by the newest approved run."""
    _check_scope(actor)
    async with db() as session:
        run, fund = await queries.worth_of(session, fund_id)
    return WorthOut(
        fund_id=fund.fund_id,
        run_id=run.run_id,
        as_of=run.as_of,
        currency=run.currency,
        one_more=f"{fund.one_more:f}",
    )


@router.get(RUNS_PATH + "/{run_id}")
async def read_run(run_id: UUID, db: Db, language: NamedLanguage, actor: MayRead) -> RunFileOut:
    """Read a run with its funds, and whether its applications changed meanwhile."""
    _check_scope(actor)
    async with db() as session:
        return await _file(session, await queries.run(session, run_id), language)


@router.get(RUNS_PATH + "/{run_id}/lines")
async def list_lines(
    run_id: UUID, db: Db, page: PageQuery, language: NamedLanguage, actor: MayRead
) -> PageOut[LineOut]:
    """List what a run proposes for each application, by the applications' ids."""
    _check_scope(actor)
    async with db() as session:
        run = await queries.run(session, run_id)
        rows = await queries.lines_of(session, run_id, page=page)
    items, following = page.cut(rows, key=lambda row: row.application_id)
    return PageOut(items=[LineOut.of(row, run, language) for row in items], next=following)


@router.post(RUNS_PATH + "/{run_id}/approve")
async def approve_run(
    run_id: UUID, body: DecisionIn, db: Db, now: Now, language: NamedLanguage, actor: MayDecide
) -> RunFileOut:
    """Approve a run that somebody else made, unless its applications changed meanwhile."""
    return await _decided(run_id, body, db, now, language, actor, is_approved=True)


@router.post(RUNS_PATH + "/{run_id}/reject")
async def reject_run(
    run_id: UUID, body: DecisionIn, db: Db, now: Now, language: NamedLanguage, actor: MayDecide
) -> RunFileOut:
    """Reject a run that somebody else made."""
    return await _decided(run_id, body, db, now, language, actor, is_approved=False)


async def _decided(
    run_id: UUID,
    body: DecisionIn,
    db: TenantDb,
    now: datetime,
    language: Language,
    actor: Actor,
    *,
    is_approved: bool,
) -> RunFileOut:
    _check_scope(actor)
    async with db.begin() as session:
        row = await operations.decide_run(
            session, run_id, is_approved=is_approved, note=body.note, actor=actor, at=now
        )
        return await _file(session, row, language)


async def _file(session: AsyncSession, row: AssignmentRunRow, language: Language) -> RunFileOut:
    funds = await queries.funds_of(session, row.run_id)
    moved = await queries.moved_of(session, row) if row.status == "proposed" else []
    return RunFileOut.whole(row, funds, moved, language=language)


def _check_scope(actor: Actor) -> None:
    if actor.branch_ids is not None:
        raise RunSpansBranches
