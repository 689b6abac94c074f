"""The routes of statements: bring a provider's file in, read its lines, say how it is written."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.loans.bank_statements import operations, queries
from services.loans.bank_statements.operations import Incoming
from services.loans.bank_statements.schemas import (
    StatementFileDetailOut,
    StatementFileIn,
    StatementFileOut,
    StatementLayoutIn,
    StatementLayoutOut,
    StatementLineOut,
)
from services.loans.deps import Db, Today
from services.loans.payments.desk import PaymentDesk
from services.loans.payments.sealing import Sealer
from shared.auth import Actor, Role, require
from shared.schemas import Day, PageOut
from shared.web import PageQuery

router = APIRouter(prefix="/loans/v1", tags=["bank statements"])
FILES_PATH = "/loans/v1/statement-files"

MayRead = Annotated[Actor, require(Role.AUDITOR, Role.FUNDS_MANAGER, Role.ADMINISTRATOR)]
MayBring = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayDescribe = Annotated[Actor, require(Role.ADMINISTRATOR)]


@router.post("/statement-layouts", status_code=201)
async def set_layout(body: StatementLayoutIn, db: Db, actor: MayDescribe) -> StatementLayoutOut:
    """Say how the provider of a real account writes its tables; files to come are read so."""
    layout = body.layout.layout()
    async with db.begin() as session:
        row = await operations.set_layout(session, body.money_account_id, layout, actor_id=actor.id)
        return StatementLayoutOut.of(row)


@router.get("/statement-layouts/{money_account_id}")
async def read_layout(money_account_id: UUID, db: Db, actor: MayRead) -> StatementLayoutOut:
    """Read how the provider of a real account writes its tables."""
    async with db() as session:
        return StatementLayoutOut.of(await queries.layout(session, money_account_id))


@router.post("/statement-files", status_code=201)
async def bring_file(
    body: StatementFileIn,
    request: Request,
    response: Response,
    db: Db,
    actor: MayBring,
    today: Today,
) -> StatementFileDetailOut:
    """Bring in a camt, an MT940 or a table; the same file again changes nothing (200).

    What cannot be read of a table stands in `faults` with its line and stops no other line. A
    file of XML or MT940 is whole or refused.
    """
    incoming = Incoming(
        money_account_id=body.money_account_id, format=body.format, content=body.content
    )
    sealer = _sealer(request)
    async with db.begin() as session:
        file_id, is_new = await operations.take(
            session, sealer, incoming, today=today, actor_id=actor.id
        )
        found = await queries.file(session, file_id)
    response.status_code = 201 if is_new else 200
    return StatementFileDetailOut.of_detail(found, sealer=sealer, is_new=is_new)


@router.get("/statement-files")
async def list_statement_files(
    money_account_id: UUID, db: Db, actor: MayRead, page: PageQuery
) -> PageOut[StatementFileOut]:
    """List the files of a real account in the order in which they came."""
    async with db() as session:
        rows = await queries.files(session, money_account_id, page=page)
    kept, cursor = page.cut(rows, key=lambda row: row.file_id)
    return PageOut(items=[StatementFileOut.of(row) for row in kept], next=cursor)


@router.get("/statement-files/{file_id}")
async def read_statement_file(
    file_id: UUID, request: Request, db: Db, actor: MayRead
) -> StatementFileDetailOut:
    """Read what was in a file: its statements with their findings, its lines in quarantine."""
    async with db() as session:
        found = await queries.file(session, file_id)
    return StatementFileDetailOut.of_detail(found, sealer=_sealer(request), is_new=False)


@router.get("/statement-lines")
async def list_lines(
    money_account_id: UUID,
    request: Request,
    db: Db,
    actor: MayRead,
    page: PageQuery,
    since: Day | None = None,
    until: Day | None = None,
) -> PageOut[StatementLineOut]:
    """List the booked lines of a real account, each once, whichever files told it."""
    async with db() as session:
        rows = await queries.lines(session, money_account_id, since=since, until=until, page=page)
    kept, cursor = page.cut(rows, key=lambda row: row.line_id)
    sealer = _sealer(request)
    return PageOut(items=[StatementLineOut.of(row, sealer=sealer) for row in kept], next=cursor)


def _sealer(request: Request) -> Sealer:
    desk: PaymentDesk = request.app.state.payments
    return desk.sealer
