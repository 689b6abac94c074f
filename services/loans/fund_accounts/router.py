"""The route of a fund's account over any period: as JSON or as PDF, now or as it was known."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.loans.deps import Db, Today
from services.loans.domain import days, statement
from services.loans.domain.chart import FundKind
from services.loans.fund_accounts import queries, wording
from services.loans.fund_accounts.schemas import FundAccountOut, MeasuresOut
from services.loans.funds import queries as funds
from services.loans.lineage import operations as lineage
from services.loans.lineage import queries as lines
from shared.auth import Actor, Role, require
from shared.desk import PDF, AtDesk
from shared.ids import FundId
from shared.schemas import Day, Instant

router = APIRouter(prefix="/loans/v1", tags=["funds"])

MayRead = Annotated[
    Actor, require(Role.FUNDS_MANAGER, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR)
]


@router.get("/funds/{fund_id}/account", response_model=FundAccountOut, responses=PDF)
async def read_account(
    fund_id: UUID,
    db: Db,
    actor: MayRead,
    today: Today,
    desk: AtDesk,
    first_on: Day | None = None,
    last_on: Day | None = None,
    known_at: Instant | None = None,
) -> Response | FundAccountOut:
    """Tell what a fund's money did from `first_on` (its beginning) to `last_on` (today).

    Both days are included. With `known_at` as the books knew it then. All of it is counted from
    entries that are numbered, so that the same question has the same answer for ever.
    """
    last = last_on or today
    days.require_come(last, member="last_on", today=today)
    await lineage.catch_up(db)
    async with db(snapshot=True) as session:
        fund = await funds.fund_by_id(session, fund_id)
        key = FundId(fund.fund_id)
        told = await lines.told_by(session, as_of=None, known_at=known_at)
        first = first_on or await queries.begun_on(session, key) or last
        period = statement.span(first, last_on=last)
        books = await queries.books(session, key, period=period, through=told.number)
        aged = await queries.aged(session, fund, period=period, through=told.number)
        measures = MeasuresOut.of(
            books,
            aged=aged,
            promised=await queries.promised(session, key, period=period),
            period=period,
            is_zakat=FundKind(fund.kind) is FundKind.ZAKAT,
            through=told.number,
        )
        paper = FundAccountOut.of(
            fund,
            books,
            head=await queries.head(session),
            period=period,
            last_on=last,
            aged=aged,
            claims=await queries.claims(session, key, period=period, at=known_at),
            measures=measures,
            known_at=known_at,
            told=told,
        )
    name = f"fund-{fund.code}-{last.isoformat()}"
    return await desk.hand_out(paper, say=wording.account, name=name)
