"""Where are Sharia boards and their rulings entered, approved, withdrawn and read?"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.deps import Db, Today
from services.loans.domain.chart import FundKind
from services.loans.domain.rulings import RulingState, Topic
from services.loans.domain.terms import ModeOfFinance
from services.loans.rulings import operations, queries
from services.loans.rulings.queries import Entered
from services.loans.rulings.schemas import (
    BoardIn,
    BoardOut,
    EntryOut,
    LeavingIn,
    MemberIn,
    MemberOut,
    RegisterOut,
    RulingIn,
    RulingOut,
    WithdrawalIn,
)
from shared.auth import Actor, Role, require
from shared.schemas import Day, Instant, PageOut
from shared.web import PageQuery

router = APIRouter(prefix="/loans/v1/sharia", tags=["sharia"])

MayEnter = Annotated[Actor, require(Role.ADMINISTRATOR, Role.FUNDS_MANAGER)]
MayBind = Annotated[Actor, require(Role.ADMINISTRATOR)]
MayRead = Annotated[
    Actor, require(*(role for role in Role if role not in {Role.DONOR, Role.SERVICE}))
]


@router.post("/boards", status_code=201)
async def create_board(body: BoardIn, db: Db, actor: MayEnter) -> BoardOut:
    """Enter a board."""
    async with db.begin() as session:
        row = await operations.create_board(
            session, code=body.code, names=body.names.names(), country=body.country, actor=actor
        )
        return BoardOut.of(row, ())


@router.get("/boards")
async def list_boards(db: Db, _actor: MayRead, page: PageQuery) -> PageOut[BoardOut]:
    """List the boards with who sits, or sat, on them."""
    async with db(snapshot=True) as session:
        found = await queries.boards(session, page=page)
        members = await queries.members_of(session, [row.board_id for row in found])
    kept, following = page.cut(found, key=lambda row: row.board_id)
    return PageOut[BoardOut](items=[BoardOut.of(row, members) for row in kept], next=following)


@router.post("/boards/{board_id}/members", status_code=201)
async def seat_member(board_id: UUID, body: MemberIn, db: Db, actor: MayEnter) -> MemberOut:
    """Let a scholar sit on a board."""
    async with db.begin() as session:
        row = await operations.seat_member(
            session,
            board_id,
            name=body.name,
            office=body.office,
            starts_on=body.starts_on,
            actor=actor,
        )
        return MemberOut.of(row)


@router.post("/boards/{board_id}/members/{member_id}/leaving")
async def unseat_member(
    board_id: UUID, member_id: UUID, body: LeavingIn, db: Db, actor: MayEnter
) -> MemberOut:
    """Let a scholar leave a board; what it ruled meanwhile stands."""
    async with db.begin() as session:
        row = await operations.unseat_member(session, board_id, member_id, ends_on=body.ends_on)
        return MemberOut.of(row)


@router.get("/register")
async def read_register(
    db: Db,
    _actor: MayRead,
    today: Today,
    on: Day | None = None,
    known_at: Instant | None = None,
    topic: Topic | None = None,
    mode: ModeOfFinance | None = None,
    fund_kind: FundKind | None = None,
    standing: RulingState | None = None,
) -> RegisterOut:
    """Read the approved rulings as they stand on a day, and as they were known at an instant."""
    day = on or today
    async with db(snapshot=True) as session:
        found = await queries.register(session, known_at=known_at)
        binds = await queries.binds(session)
    kept = [
        ruling
        for ruling in found.values()
        if (topic is None or topic in ruling.scope.topics)
        and (mode is None or mode in ruling.scope.modes)
        and (fund_kind is None or fund_kind in ruling.scope.fund_kinds)
        and standing in {None, ruling.state(day)}
    ]
    return RegisterOut(
        on=day,
        known_at=known_at,
        rulings_bind=binds,
        items=[RulingOut.of(ruling, on=day) for ruling in kept],
    )


@router.post("/rulings", status_code=201)
async def propose_ruling(body: RulingIn, db: Db, actor: MayEnter, today: Today) -> EntryOut:
    """Enter a ruling; it waits for another person."""
    proposal = body.proposal()
    async with db.begin() as session:
        entered = await operations.propose(session, proposal, today=today, actor=actor)
        return await _out(session, entered, today=today)


@router.post("/rulings/{ruling_id}/approval", status_code=201)
async def approve_ruling(ruling_id: UUID, db: Db, actor: MayEnter, today: Today) -> EntryOut:
    """Approve a ruling that another person entered; from now on it is of the register."""
    async with db.begin() as session:
        entered = await operations.decide(
            session, ruling_id, outcome="approved", year=today.year, actor=actor
        )
        return await _out(session, entered, today=today)


@router.post("/rulings/{ruling_id}/rejection", status_code=201)
async def reject_ruling(ruling_id: UUID, db: Db, actor: MayEnter, today: Today) -> EntryOut:
    """Reject a ruling that another person entered."""
    async with db.begin() as session:
        entered = await operations.decide(
            session, ruling_id, outcome="rejected", year=today.year, actor=actor
        )
        return await _out(session, entered, today=today)


@router.post("/rulings/{ruling_id}/withdrawal", status_code=201)
async def withdraw_ruling(
    ruling_id: UUID, body: WithdrawalIn, db: Db, actor: MayEnter, today: Today
) -> EntryOut:
    """Record that the board took its ruling back; nothing rests on it from that day on."""
    async with db.begin() as session:
        entered = await operations.withdraw(
            session,
            ruling_id,
            withdrawn_on=body.withdrawn_on,
            reason=body.reason,
            document_sha256=body.document_sha256,
            today=today,
            actor=actor,
        )
        return await _out(session, entered, today=today)


@router.get("/rulings")
async def list_rulings(db: Db, _actor: MayRead, page: PageQuery, today: Today) -> PageOut[EntryOut]:
    """List what was entered, approved, rejected and withdrawn."""
    async with db(snapshot=True) as session:
        found = await queries.entries(session, page=page)
        kept, following = page.cut(found, key=lambda one: one.row.ruling_id)
        register = await queries.register(session)
    items = [
        EntryOut.of(
            one,
            scope=queries.scope_of(one.row),
            ruling=register.get(one.row.ruling_id),
            on=today,
        )
        for one in kept
    ]
    return PageOut[EntryOut](items=items, next=following)


@router.get("/rulings/{ruling_id}")
async def read_ruling(ruling_id: UUID, db: Db, _actor: MayRead, today: Today) -> EntryOut:
    """Read a ruling with its text, the hash of its paper, and how it stands today."""
    async with db(snapshot=True) as session:
        return await _out(session, await queries.entered(session, ruling_id), today=today)


@router.post("/binding", status_code=201)
async def bind(db: Db, actor: MayBind, today: Today) -> RegisterOut:
    """From now on do nothing that needs a ruling without one of the register; for good."""
    async with db.begin() as session:
        await operations.bind(session)
        found = await queries.register(session)
    items = [RulingOut.of(ruling, on=today) for ruling in found.values()]
    return RegisterOut(on=today, known_at=None, rulings_bind=True, items=items)


async def _out(session: AsyncSession, entered: Entered, *, today: Day) -> EntryOut:
    register = await queries.register(session)
    return EntryOut.of(
        entered,
        scope=queries.scope_of(entered.row),
        ruling=register.get(entered.row.ruling_id),
        on=today,
    )
