"""The routes of the GSMA Mobile Money API 1.2 that a biller serves; its form, not ours.

An account stands in a path by one identifier or by up to three (`domain/account_identifiers.py`).
The list operations answer arrays, as the standard's text and its own test cases do.
"""

from collections.abc import Sequence
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, BackgroundTasks, Depends, Request, Response
from starlette.convertors import StringConvertor, register_url_convertor

from services.loans.biller import credentials, deciding, messages, queries, refusals
from services.loans.biller.deciding import Target
from services.loans.biller.desk import BillDesk
from services.loans.biller.headers import (
    TheirHeads,
    TheirWindow,
    correlation_id_of,
)
from services.loans.biller.messages import Json
from services.loans.biller.queries import EntryUnknown, RequestUnknown
from services.loans.biller.refusals import NoBalanceHere
from services.loans.borrowers import operations as borrowers
from services.loans.deps import Db, Today
from services.loans.domain import account_identifiers
from services.loans.domain.borrower import AccessPurpose
from services.loans.domain.lifecycle import ContractStatus
from services.loans.institutions import queries as institutions
from shared.auth import Actor, Role, require
from shared.clock import Clock
from shared.web import language_of

PREFIX: Final = "/loans/gsma/v1.2/mm"


class _AccountConvertor(StringConvertor):
    regex = account_identifiers.FORM


register_url_convertor("gsma_account", _AccountConvertor())

router = APIRouter(
    prefix=PREFIX,
    tags=["gsma"],
    include_in_schema=False,
    dependencies=[Depends(credentials.identified)],
)
ACCOUNT: Final = "/accounts/{account:gsma_account}"
MayAsk = Annotated[Actor, require(Role.INTEGRATOR)]


def _desk(request: Request) -> BillDesk:
    desk: BillDesk = request.app.state.bills
    return desk


def _answer(
    request: Request,
    body: Json | Sequence[Json],
    *,
    status: int = 200,
    available: int | None = None,
) -> Response:
    clock: Clock = request.app.state.clock
    headers = {"X-Date": messages.instant(clock.now())}
    if available is not None:
        headers["X-Records-Available-Count"] = str(available)
        headers["X-Records-Returned-Count"] = str(len(body))
    return Response(orjson.dumps(body), status, headers=headers, media_type="application/json")


@router.get("/heartbeat")
async def tell_health(request: Request, actor: MayAsk, heads: TheirHeads, db: Db) -> Response:
    """Say that we serve; where the database does not answer, that is the standard's 503."""
    async with db() as session:
        await institutions.institution(session)
    return _answer(request, {"serviceStatus": "available"})


@router.get(f"{ACCOUNT}/accountname")
async def show_name(
    account: str, request: Request, actor: MayAsk, heads: TheirHeads, db: Db
) -> Response:
    """Give the name of an account's borrower; the reading is recorded."""
    async with db.begin() as session:
        found = await deciding.account_of(session, account, actor=actor)
        await borrowers.record_access(
            session, [found.borrower_id], purpose=AccessPurpose.PAYMENT, actor=actor
        )
    return _answer(request, messages.account_name(found))


@router.get(f"{ACCOUNT}/status")
async def show_status(
    account: str, request: Request, actor: MayAsk, heads: TheirHeads, db: Db, today: Today
) -> Response:
    """Say whether an account takes payments: its contract runs, and something is open on it."""
    async with db() as session:
        found = await deciding.account_of(session, account, actor=actor)
        owed = await deciding.open_on(session, found, today=today)
    takes = found.status == ContractStatus.ACTIVE and owed.whole.is_positive
    return _answer(request, messages.account_status(found.status, takes=takes))


@router.get(f"{ACCOUNT}/balance")
async def refuse_balance(
    account: str, request: Request, actor: MayAsk, heads: TheirHeads, db: Db
) -> Response:
    """Refuse: a loan holds no money that could be drawn on."""
    async with db() as session:
        await deciding.account_of(session, account, actor=actor)
    raise NoBalanceHere


@router.get(f"{ACCOUNT}/statemententries")
async def list_entries(
    account: str,
    request: Request,
    actor: MayAsk,
    heads: TheirHeads,
    db: Db,
    window: TheirWindow,
) -> Response:
    """List what was paid out and paid back on an account, the newest first."""
    status = request.query_params.get("transactionStatus", "completed")
    async with db() as session:
        found = await deciding.account_of(session, account, actor=actor)
        count, rows = await queries.entries(
            session,
            found.contract_id,
            window=window,
            kind=request.query_params.get("displayType"),
        )
    if status != "completed":  # what is not complete is no entry
        count, rows = 0, []
    return _answer(request, [messages.entry(row) for row in rows], available=count)


@router.get("/statemententries/{reference}")
async def show_entry(
    reference: str, request: Request, actor: MayAsk, heads: TheirHeads, db: Db
) -> Response:
    """Give one entry."""
    entry_id = messages.own_id(reference)
    async with db() as session:
        found = entry_id and await queries.entry(session, entry_id, branch_ids=actor.branch_ids)
    if not found:
        raise EntryUnknown(reference=reference[:256])
    return _answer(request, messages.entry(found))


@router.get(f"{ACCOUNT}/bills")
async def list_bills(
    account: str,
    request: Request,
    actor: MayAsk,
    heads: TheirHeads,
    db: Db,
    today: Today,
    window: TheirWindow,
) -> Response:
    """List the instalments that are there to be paid, or were, the newest first."""
    async with db() as session:
        found = await deciding.account_of(session, account, actor=actor)
        zone = (await institutions.institution(session)).timezone
        owed = await deciding.open_on(session, found, today=today)
    written = [(deciding.midnight(bill.issued_on, zone=zone), bill) for bill in owed.bills]
    asked = [
        messages.bill(bill, created=created)
        for created, bill in written
        if (window.since is None or created >= window.since)
        and (window.until is None or created <= window.until)
    ]
    part = asked[window.offset : window.offset + window.limit]
    return _answer(request, part, available=len(asked))


@router.post(f"{ACCOUNT}/bills/{{bill}}/payments")
async def pay_bill(
    account: str,
    bill: str,
    request: Request,
    actor: MayAsk,
    heads: TheirHeads,
    later: BackgroundTasks,
) -> Response:
    """Take a payment of one bill of an account."""
    target = Target(account=account, bill=bill)
    return await _pay(request, actor, target, heads=heads, later=later)


@router.post(f"{ACCOUNT}/bills/payments")
async def pay_account(
    account: str, request: Request, actor: MayAsk, heads: TheirHeads, later: BackgroundTasks
) -> Response:
    """Take a payment on an account that names no bill: the oldest due is paid first."""
    target = Target(account=account, bill=None)
    return await _pay(request, actor, target, heads=heads, later=later)


@router.post("/bills/{bill}/payments")
async def pay_by_bill(
    bill: str, request: Request, actor: MayAsk, heads: TheirHeads, later: BackgroundTasks
) -> Response:
    """Take a payment of a bill that names its account itself."""
    target = Target(account=None, bill=bill)
    return await _pay(request, actor, target, heads=heads, later=later)


async def _pay(
    request: Request,
    actor: Actor,
    target: Target,
    *,
    heads: TheirHeads,
    later: BackgroundTasks,
) -> Response:
    """Keep, decide, answer: pending, or the end for who waits for it (`Prefer: wait=…`)."""
    desk = _desk(request)
    body = await request.body()
    request_id = await desk.take(actor, target, body, heads=heads, language=language_of(request))
    if heads.waits:
        row = await desk.finish_soon(actor.institution_id, request_id)
    else:
        row = await desk.read(actor.institution_id, request_id)
    if row.status == "failed":
        answer = refusals.answer(row.error or {})
    elif row.status == "completed":
        answer = _answer(request, await desk.outcome(actor.institution_id, row), status=201)
    else:
        answer = _answer(request, messages.request_state(row), status=202)
    later.add_task(desk.finish_and_tell, actor.institution_id, request_id)
    answer.background = later
    return answer


@router.get(f"{ACCOUNT}/bills/{{bill}}/payments")
async def list_bill_payments(
    account: str,
    bill: str,
    request: Request,
    actor: MayAsk,
    heads: TheirHeads,
    db: Db,
    window: TheirWindow,
) -> Response:
    """List what the asking program paid on one bill of an account."""
    return await _payments(request, actor, Target(account=account, bill=bill), db=db, window=window)


@router.get(f"{ACCOUNT}/bills/payments")
async def list_account_payments(
    account: str,
    request: Request,
    actor: MayAsk,
    heads: TheirHeads,
    db: Db,
    window: TheirWindow,
) -> Response:
    """List what the asking program paid on an account, whether it named a bill or not."""
    return await _payments(request, actor, Target(account=account, bill=None), db=db, window=window)


@router.get("/bills/{bill}/payments")
async def list_payments_by_bill(
    bill: str,
    request: Request,
    actor: MayAsk,
    heads: TheirHeads,
    db: Db,
    window: TheirWindow,
) -> Response:
    """List what the asking program paid on a bill."""
    return await _payments(request, actor, Target(account=None, bill=bill), db=db, window=window)


async def _payments(
    request: Request, actor: Actor, target: Target, *, db: Db, window: TheirWindow
) -> Response:
    async with db() as session:
        account = await deciding.target_account(session, target, actor=actor)
        count, rows = await queries.payments(
            session,
            client_id=actor.id,
            contract_id=account.contract_id,
            bill_reference=target.bill,
            window=window,
        )
    written = await _desk(request).written(actor.institution_id, rows)
    return _answer(request, written, available=count)


@router.get("/requeststates/{server_correlation_id}")
async def show_request_state(
    server_correlation_id: str, request: Request, actor: MayAsk, heads: TheirHeads, db: Db
) -> Response:
    """Say where a request stands, by our id of it."""
    asked = correlation_id_of(server_correlation_id)
    if asked is None:
        raise RequestUnknown(correlation_id=server_correlation_id[:256])
    async with db() as session:
        row = await queries.own_request(session, client_id=actor.id, request_id=asked)
    return _answer(request, messages.request_state(row))


@router.get("/responses/{client_correlation_id}")
async def show_response(
    client_correlation_id: str, request: Request, actor: MayAsk, heads: TheirHeads, db: Db
) -> Response:
    """Say where the answer to a request is found, by the id its sender gave it."""
    asked = correlation_id_of(client_correlation_id)
    if asked is None:
        raise RequestUnknown(correlation_id=client_correlation_id[:256])
    async with db() as session:
        row = await queries.own_request(session, client_id=actor.id, correlation_id=asked)
    return _answer(request, {"link": f"/requeststates/{row.request_id}"})
