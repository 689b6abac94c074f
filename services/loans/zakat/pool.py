"""The routes of zakat in hand: what its work costs, how long it lies, whether it is invested."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.deps import Db, IdempotencyKey, Today
from services.loans.funds import queries as funds
from services.loans.zakat import costing
from services.loans.zakat.pool_schemas import (
    AgeingOut,
    CapOut,
    CostIn,
    CostOut,
    InvestmentIn,
    InvestmentOut,
)
from services.loans.zakat.schemas import GrantPaymentIn
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.schemas import Day

router = APIRouter(prefix="/loans/v1/zakat", tags=["zakat"])

MayManage = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayApprove = Annotated[Actor, require(Role.APPROVER, Role.FUNDS_MANAGER)]
MayRead = Annotated[
    Actor,
    require(Role.FUNDS_MANAGER, Role.APPROVER, Role.OFFICER, Role.AUDITOR, Role.ADMINISTRATOR),
]


@router.post("/costs", status_code=201, response_model=CostOut)
async def enter_cost(
    body: CostIn, db: Db, actor: MayManage, today: Today, key: IdempotencyKey
) -> Response:
    """Enter a cost of zakat work that another person will pay; no money moves yet."""

    async def work(session: AsyncSession) -> CostOut:
        return CostOut.of(await costing.enter_cost(session, body.spending(), on=today, actor=actor))

    target = "POST /loans/v1/zakat/costs"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.post("/costs/{cost_id}/payment", status_code=201, response_model=CostOut)
async def pay_cost(  # noqa: PLR0917 - FastAPI passes by name
    cost_id: UUID,
    body: GrantPaymentIn,
    db: Db,
    actor: MayManage,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Pay a cost that another person entered, within its share of what was collected to date."""

    async def work(session: AsyncSession) -> CostOut:
        paid = await costing.pay_cost(
            session, cost_id, on=body.paid_on or today, today=today, actor=actor
        )
        return CostOut.of(paid)

    target = f"POST /loans/v1/zakat/costs/{cost_id}/payment"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.get("/funds/{fund_id}/cap")
async def read_cap(
    fund_id: UUID, db: Db, _actor: MayRead, today: Today, on: Day | None = None
) -> CapOut:
    """Read what zakat work may still cost in a fund, and the rules that say so."""
    day = on or today
    async with db(snapshot=True) as session:
        fund = await funds.fund_by_id(session, fund_id)
        cap = await costing.cap_of(session, fund, on=day)
    return CapOut.of(cap, fund_id=fund_id, on=day)


@router.get("/funds/{fund_id}/ageing")
async def read_ageing(
    fund_id: UUID, db: Db, _actor: MayRead, today: Today, on: Day | None = None
) -> AgeingOut:
    """Read how long the zakat of a fund has lain, receipt by receipt, by both calendars."""
    day = on or today
    async with db(snapshot=True) as session:
        aged = await costing.age(session, fund_id, on=day)
    return AgeingOut.of(aged, fund_id=fund_id, on=day)


@router.post("/investments", status_code=201)
async def propose_investment(
    body: InvestmentIn, db: Db, actor: MayManage, today: Today
) -> InvestmentOut:
    """Propose to invest zakat, with its three checks; refused while urgent cases wait."""
    async with db.begin() as session:
        found = await costing.propose_investment(session, body.placing(), on=today, actor=actor)
    return InvestmentOut.of(found)


@router.post("/investments/{investment_id}/approval", status_code=201)
async def approve_investment(
    investment_id: UUID, db: Db, actor: MayApprove, today: Today
) -> InvestmentOut:
    """Permit an investment that another person proposed; everything is asked anew.

    Nothing is booked: zakat leaves its fund as grants, loans and costs alone.
    """
    async with db.begin() as session:
        found = await costing.approve_investment(session, investment_id, on=today, actor=actor)
    return InvestmentOut.of(found)
