"""Where are projects financed by a person, the state and a bank together?"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.deps import Db, IdempotencyKey, Now, Today
from services.loans.domain import days
from services.loans.domain.borrower import phone_number
from services.loans.domain.journal import Channel
from services.loans.financing_files import operations, paying_out, queries
from services.loans.financing_files.paying_out import OverWallet
from services.loans.financing_files.schemas import (
    FileIn,
    FileLineOut,
    FileOut,
    MoveIn,
    OwnShareIn,
    PayOutIn,
)
from services.loans.financing_files.tables import FinancingFileRow
from services.loans.funds.queries import country as country_of
from services.loans.payments.desk import PaymentDesk
from services.loans.payments.router import RAIL
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.ids import PaymentId
from shared.schemas import PageOut
from shared.web import PageQuery

router = APIRouter(prefix="/loans/v1/financing-files", tags=["financing files"])

MayOpen = Annotated[Actor, require(Role.OFFICER)]
MayPayOut = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayRead = Annotated[
    Actor,
    require(Role.OFFICER, Role.APPROVER, Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR),
]


@router.post("", status_code=201, response_model=FileOut)
async def open_file(
    body: FileIn, db: Db, actor: MayOpen, today: Today, key: IdempotencyKey
) -> Response:
    """Open a file on applications of one person; their parts are those of the rule of the day."""

    async def work(session: AsyncSession) -> FileOut:
        row = await operations.open_file(session, body.opening(), on=today, actor=actor)
        return await _told(session, row)

    target = "POST /loans/v1/financing-files"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.get("")
async def list_financing_files(db: Db, actor: MayRead, page: PageQuery) -> PageOut[FileLineOut]:
    """List financing files, a page at a time."""
    async with db() as session:
        rows = await queries.files(session, actor=actor, page=page)
    kept, following = page.cut(rows, key=lambda row: row.file_id)
    return PageOut(items=[FileLineOut.of(row) for row in kept], next=following)


@router.get("/{file_id}")
async def read_financing_file(file_id: UUID, db: Db, actor: MayRead) -> FileOut:
    """Read who bears what of the cost, by which rule, and what is owed per leg and in all."""
    async with db(snapshot=True) as session:
        return await _told(session, await queries.file(session, file_id, actor=actor))


@router.post("/{file_id}/own-shares", status_code=201, response_model=FileOut)
async def show_own_share(
    file_id: UUID, body: OwnShareIn, db: Db, actor: MayOpen, today: Today, key: IdempotencyKey
) -> Response:
    """Keep what the person shows of the own share, with the hash of its paper."""
    shown_on = body.shown_on or today
    days.require_come(shown_on, member="shown_on", today=today)

    async def work(session: AsyncSession) -> FileOut:
        row = await operations.show_own_share(
            session,
            file_id,
            kind=body.kind,
            amount=body.amount.money(),
            evidence=body.evidence,
            on=shown_on,
            actor=actor,
        )
        return await _told(session, row)

    target = f"POST /loans/v1/financing-files/{file_id}/own-shares"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/{file_id}/signature", status_code=201, response_model=FileOut)
async def sign_file(
    file_id: UUID, body: MoveIn, db: Db, actor: MayOpen, today: Today, now: Now, key: IdempotencyKey
) -> Response:
    """Sign every leg of a file, or none."""

    async def work(session: AsyncSession) -> FileOut:
        row = await operations.sign_file(
            session, file_id, on=body.on or today, at=now, actor=actor, today=today
        )
        return await _told(session, row)

    target = f"POST /loans/v1/financing-files/{file_id}/signature"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/{file_id}/disbursement", status_code=201, response_model=FileOut)
async def pay_out_file(
    *,
    file_id: UUID,
    body: PayOutIn,
    request: Request,
    db: Db,
    actor: MayPayOut,
    today: Today,
    key: IdempotencyKey,
    later: BackgroundTasks,
) -> Response:
    """Pay every leg out, or none: the whole own share must be there, every leg signed."""
    on = body.on or today
    days.require_come(on, member="on", today=today)
    desk: PaymentDesk = request.app.state.payments
    set_out: list[PaymentId] = []
    if body.channel is Channel.WALLET:
        desk.require(RAIL)

    async def work(session: AsyncSession) -> FileOut:
        wallet = None
        if body.channel is Channel.WALLET:
            phone = phone_number(body.phone or "", country=await country_of(session))
            sealed = desk.sealer.seal(actor.institution_id, phone.encode())
            wallet = OverWallet(rail=RAIL, phone_sealed=sealed)
        row, payments = await paying_out.pay_out_file(
            session, file_id, on=on, actor=actor, channel=body.channel, wallet=wallet
        )
        set_out.extend(payments)
        return await _told(session, row)

    target = f"POST /loans/v1/financing-files/{file_id}/disbursement"
    answer = await idempotency.run_once(
        db, target, body=body, actor_id=actor.id, key=key, work=work
    )
    for payment_id in set_out:
        later.add_task(desk.send, actor.institution_id, payment_id)
    answer.background = later
    return answer


@router.post("/{file_id}/withdrawal", status_code=201, response_model=FileOut)
async def withdraw_file(
    file_id: UUID, body: MoveIn, db: Db, actor: MayOpen, today: Today, key: IdempotencyKey
) -> Response:
    """Give a file up that is not paid out; its applications are free again."""
    on = body.on or today
    days.require_come(on, member="on", today=today)

    async def work(session: AsyncSession) -> FileOut:
        row = await operations.withdraw_file(session, file_id, on=on, actor=actor)
        return await _told(session, row)

    target = f"POST /loans/v1/financing-files/{file_id}/withdrawal"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


async def _told(session: AsyncSession, row: FinancingFileRow) -> FileOut:
    return FileOut.of(await queries.standing(session, row))
