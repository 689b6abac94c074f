"""The routes of the books: trial balance, statement of an account, closing of a day."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.deps import Db, IdempotencyKey, Today
from services.loans.ledger import operations, queries
from services.loans.ledger.schemas import (
    ClosingIn,
    ClosingOut,
    StatementOut,
    TrialBalanceOut,
)
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.ids import AccountId, FundId
from shared.schemas import Day, Instant

router = APIRouter(prefix="/loans/v1/ledger", tags=["ledger"])

MayRead = Annotated[Actor, require(Role.AUDITOR, Role.FUNDS_MANAGER, Role.ADMINISTRATOR)]
MayClose = Annotated[Actor, require(Role.FUNDS_MANAGER)]

FIRST = (UUID(int=0), 0)
LINE = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9]{1,4}$"  # an entry and its line


@router.get("/trial-balance")
async def read_trial_balance(
    db: Db,
    actor: MayRead,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    fund_id: UUID | None = None,
) -> TrialBalanceOut:
    """Read every account at a cut; debits equal credits in each fund and currency."""
    async with db(snapshot=True) as session:
        cut = await queries.cut_of(session, as_of=as_of, known_at=known_at)
        rows = await queries.trial_balance(
            session, cut=cut, fund_id=None if fund_id is None else FundId(fund_id)
        )
    return TrialBalanceOut.of(rows, cut=cut)


@router.get("/accounts/{account_id}/statement")
async def read_account_statement(
    account_id: UUID,
    db: Db,
    actor: MayRead,
    as_of: Day | None = None,
    known_at: Instant | None = None,
    after: Annotated[str | None, Query(pattern=LINE)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> StatementOut:
    """Read an account's movements in the order of booking, a page at a time."""
    start = FIRST
    if after is not None:
        entry, _, line = after.partition(".")
        start = (UUID(entry), int(line))
    async with db(snapshot=True) as session:
        account = await queries.account(session, AccountId(account_id))
        cut = await queries.cut_of(session, as_of=as_of, known_at=known_at)
        rows = await queries.statement(
            session,
            AccountId(account_id),
            cut=cut,
            after=start,
            limit=limit + 1,
        )
    return StatementOut.of(account_id, account=account, rows=rows, limit=limit)


@router.post("/closings", status_code=201, response_model=ClosingOut)
async def close_books(
    body: ClosingIn, db: Db, actor: MayClose, today: Today, key: IdempotencyKey
) -> Response:
    """Close the books through a day that has passed; nothing is posted on it any more.

    The answer comes when every posting that was on its way at that moment has ended, so that
    what is read afterwards is final.
    """

    async def work(session: AsyncSession) -> ClosingOut:
        row = await operations.close_books(
            session, through=body.through, today=today, actor_id=actor.id
        )
        return ClosingOut(closing_id=row.closing_id, closed_through=row.closed_through)

    answer = await idempotency.run_once(
        db, "closing", body=body, actor_id=actor.id, key=key, work=work
    )
    await operations.until_ended(db)
    return answer
