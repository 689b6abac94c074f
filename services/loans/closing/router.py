"""Where are rules of closing given, days closed, and what closes found read?"""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.closing import operations, queries, running
from services.loans.closing.schemas import (
    ClosedDayOut,
    ClosingPolicyIn,
    ClosingPolicyOut,
    ContractPartOut,
    DayCloseIn,
    DayCloseOut,
)
from services.loans.contracts import queries as contracts
from services.loans.deps import Db, IdempotencyKey, Today
from services.loans.domain import minimum_provision
from services.loans.domain.lawful import Standing, Used
from services.loans.funds.queries import FundNotFound
from services.loans.rulebook import operations as rulebook_uses
from services.loans.rulebook import queries as rulebook
from shared import idempotency
from shared import rulebook as facts
from shared.auth import Actor, Role, require
from shared.ids import FundId
from shared.schemas import Body, Day, Instant

router = APIRouter(prefix="/loans/v1/closing", tags=["closing"])

MayClose = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayRead = Annotated[Actor, require(Role.AUDITOR, Role.FUNDS_MANAGER, Role.ADMINISTRATOR)]


class ClosingPoliciesOut(Body):
    """Every rule of closing, in the order in which they were given."""

    items: list[ClosingPolicyOut]


@router.post("/policies", status_code=201)
async def give_policy(body: ClosingPolicyIn, db: Db, actor: MayClose) -> ClosingPolicyOut:
    """Give rules of closing from a day on: when profit is income, stages, what is set aside."""
    async with db.begin() as session:
        if body.fund_id is not None:
            await _require_fund(session, body.fund_id)
        body.policy(minimums=[])  # buckets in order, before the law is read by them
        used = await _least(session, body)
        policy = body.policy(minimums=_minimums(body, used=used))
        row = await operations.give_policy(
            session,
            policy,
            fund_id=None if body.fund_id is None else FundId(body.fund_id),
            starts_on=body.starts_on,
            actor_id=actor.id,
        )
        await rulebook_uses.record_uses(session, "closing_policy", [(row.policy_id, used)])
        return ClosingPolicyOut.of(row, used=used)


@router.get("/policies")
async def read_policies(db: Db, actor: MayRead) -> ClosingPoliciesOut:
    """Read every rule of closing, in the order in which they were given."""
    async with db() as session:
        rows = await queries.policies(session)
    return ClosingPoliciesOut(items=[ClosingPolicyOut.of(row) for row in rows])


@router.post("/days", status_code=201, response_model=DayCloseOut)
async def close_day(
    body: DayCloseIn, db: Db, actor: MayClose, today: Today, key: IdempotencyKey
) -> Response:
    """Close a day that is over, or close it again: only what has changed since is booked."""

    async def work(session: AsyncSession) -> DayCloseOut:
        found = await running.look_at(db, day=body.day, today=today)
        return DayCloseOut.of(await operations.book_close(session, found, actor_id=actor.id))

    return await idempotency.run_once(
        db, "day close", body=body, actor_id=actor.id, key=key, work=work
    )


@router.get("/days/{day}")
async def read_day(
    day: Day, db: Db, actor: MayRead, known_at: Instant | None = None
) -> ClosedDayOut:
    """Read what the newest close of a day found, or the newest that was known at an instant."""
    async with db(snapshot=True) as session:
        return ClosedDayOut.of_all(*await queries.close_of(session, day, known_at=known_at))


@router.get("/days/{day}/contracts/{contract_id}")
async def read_part(day: Day, contract_id: UUID, db: Db, actor: MayRead) -> ContractPartOut:
    """Read what one contract adds to the figures of a day, as the books know it now."""
    async with db(snapshot=True) as session:
        await contracts.contract(session, contract_id, branch_ids=actor.branch_ids)
        found = await running.part_of(session, contract_id, day=day)
    return ContractPartOut.of(*found, day=day)


async def _require_fund(session: AsyncSession, fund_id: UUID) -> None:
    if FundId(fund_id) not in await queries.funds(session):
        raise FundNotFound(fund_id=fund_id)


async def _least(session: AsyncSession, body: ClosingPolicyIn) -> tuple[Used, ...]:
    """The country's least provision, or the institution's own fact, where there is any."""
    book = await rulebook.book(session, on=body.starts_on)
    found = facts.possible(
        "minimum_provision",
        on=body.starts_on,
        country=book.country,
        told=book.told,
        overrides=book.overrides,
    )
    standing = Standing.POSSIBLE if found.missing else Standing.IN_FORCE
    return tuple(Used(fact=one.fact, standing=standing) for one in found.facts)


def _minimums(body: ClosingPolicyIn, *, used: tuple[Used, ...]) -> list[Decimal]:
    """The minimums asked for, none below the country's; or the country's, the highest of them."""
    if body.minimums is None:
        every = [minimum_provision.floors(one.fact, bucket_days=body.bucket_days) for one in used]
        return [max(shares) for shares in zip(*every, strict=True)]
    for one in used:
        minimum_provision.require(body.minimums, fact=one.fact, bucket_days=body.bucket_days)
    return body.minimums
