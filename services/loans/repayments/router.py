"""The routes of repayments: receive, take back, list."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.loans.deps import Db, IdempotencyKey, Today, today
from services.loans.domain.collecting import ReceiveRepayment, ReverseRepayment
from services.loans.domain.journal import Channel
from services.loans.repayments import queries
from services.loans.repayments.batch import Answer, RepaymentBook
from services.loans.repayments.schemas import (
    RepaymentIn,
    RepaymentItemOut,
    RepaymentOut,
    ReversalIn,
)
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.batching import Batcher
from shared.hot_route import NotOrdinaryError, hot_route
from shared.ids import ContractId, RepaymentId
from shared.schemas import PageOut
from shared.web import PageQuery

ORDINARY_KEY = re.compile(r"[\x21-\x7e]{1,255}")

router = APIRouter(prefix="/loans/v1", tags=["repayments"])

RECEIVE = require(Role.OFFICER, Role.INTEGRATOR)
MayReceive = Annotated[Actor, RECEIVE]
MayReverse = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayRead = Annotated[
    Actor,
    require(Role.OFFICER, Role.APPROVER, Role.FUNDS_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR),
]


async def receive_repayment(
    contract_id: UUID,
    body: RepaymentIn,
    request: Request,
    actor: MayReceive,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Receive money from a borrower and allocate it; more than is owed is kept as surplus."""
    batcher: Batcher[ReceiveRepayment, Answer] = request.app.state.repayments
    asked = idempotency.Request.of(
        actor_id=actor.id, key=key, target=f"repayment {contract_id}", body=body
    )
    answer = await batcher.submit(
        actor.institution_id,
        ReceiveRepayment(
            contract_id=ContractId(contract_id),
            amount=body.amount.money(),
            received_on=body.received_on or today,
            today=today,
            channel=Channel(body.channel),
            actor_id=actor.id,
            branch_ids=actor.branch_ids,
            key=key,
            request_hash=asked.hash,
            effect=body.effect,
        ),
    )
    return _created(answer)


async def _receive_ordinary(request: Request) -> Response:
    """Read the parameters of `receive_repayment` by hand and call it."""
    key = request.headers.get("idempotency-key", "")
    if not ORDINARY_KEY.fullmatch(key) or request.url.query:
        raise NotOrdinaryError
    actor = await RECEIVE.dependency(request)
    try:
        contract_id = UUID(request.path_params["contract_id"])
    except ValueError:
        raise NotOrdinaryError from None
    body = RepaymentIn.model_validate_json(await request.body())
    day = await today(request, actor)
    return await receive_repayment(contract_id, body, request, actor, day, key)


router.add_api_route(
    "/contracts/{contract_id}/repayments",
    receive_repayment,
    methods=["POST"],
    status_code=201,
    response_model=RepaymentOut,
    route_class_override=hot_route(_receive_ordinary),
)


@router.post("/repayments/{repayment_id}/reversal", status_code=201, response_model=RepaymentOut)
async def reverse_repayment(
    repayment_id: UUID,
    body: ReversalIn,
    request: Request,
    db: Db,
    actor: MayReverse,
    key: IdempotencyKey,
) -> Response:
    """Take a repayment back by its opposite; the contract is as if it had never come."""
    async with db() as session:
        await queries.refuse_subsidised(session, repayment_id)
    book: RepaymentBook = request.app.state.repayment_book
    asked = idempotency.Request.of(
        actor_id=actor.id, key=key, target=f"reversal {repayment_id}", body=body
    )
    answer = await book.reverse(
        actor.institution_id,
        ReverseRepayment(
            repayment_id=RepaymentId(repayment_id),
            reason=body.reason,
            actor_id=actor.id,
            branch_ids=actor.branch_ids,
            key=key,
            request_hash=asked.hash,
        ),
    )
    return _created(answer)


@router.get("/contracts/{contract_id}/repayments")
async def list_repayments(
    contract_id: UUID, db: Db, actor: MayRead, page: PageQuery
) -> PageOut[RepaymentItemOut]:
    """List a contract's repayments and reversals in the order of booking."""
    async with db() as session:
        rows = await queries.repayments_of(
            session, ContractId(contract_id), branch_ids=actor.branch_ids, page=page
        )
    kept, following = page.cut(rows, key=lambda row: row.repayment_id)
    return PageOut(items=[RepaymentItemOut.of(row) for row in kept], next=following)


def _created(answer: Answer) -> Response:
    headers = {"Idempotent-Replayed": "true"} if answer.repeated else None
    return Response(answer.body, 201, headers=headers, media_type="application/json")
