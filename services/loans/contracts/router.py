"""The routes of contracts: try out, sign, read as of any day, tell in words."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.approvals import queries as approvals
from services.loans.contracts import cancelling, operations, queries, summary
from services.loans.contracts.operations import Signing
from services.loans.contracts.queries import ContractFilter
from services.loans.contracts.schemas import (
    AgreementOut,
    CancellationIn,
    ContractDetailOut,
    ContractIn,
    ContractOut,
    PreviewIn,
    ScheduleOut,
    SignedOut,
    StateOut,
)
from services.loans.contracts.tables import ContractRow
from services.loans.deps import Db, IdempotencyKey, Now, Today
from services.loans.domain import agreement, days, disclosure, replay
from services.loans.domain.agreement import Agreement
from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.modes import MODES
from services.loans.domain.product import Asked
from services.loans.domain.schedule import Instalment
from services.loans.ledger import queries as ledger
from services.loans.products import queries as products
from services.loans.rulebook import queries as rulebook
from services.loans.rulings.schemas import RulingOut
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.ids import ApplicationId, FundId, ProductId
from shared.schemas import Day, Instant, Page, PageOut
from shared.web import NamedLanguage, PageQuery

router = APIRouter(prefix="/loans/v1/contracts", tags=["contracts"])

MaySign = Annotated[Actor, require(Role.OFFICER)]
MayCancel = Annotated[Actor, require(Role.FUNDS_MANAGER)]
MayRead = Annotated[
    Actor,
    require(
        Role.OFFICER,
        Role.APPROVER,
        Role.FUNDS_MANAGER,
        Role.AUDITOR,
        Role.ADMINISTRATOR,
        Role.INTEGRATOR,
    ),
]


@router.post("/previews")
async def preview(body: PreviewIn, db: Db, actor: MayRead, today: Today) -> AgreementOut:
    """Try a loan out: what would be signed, to the last unit; nothing is stored."""
    async with db() as session:
        offered = await products.product(
            session, ProductId(body.product_id), version=body.product_version
        )
        book = await rulebook.book(session, on=body.signed_on or today)
    asked = Asked(
        amount=body.amount.money(),
        term_months=body.term_months,
        grace_months=body.grace_months,
        annual_rate=body.annual_rate,
    )
    return AgreementOut.of(
        agreement.agree(
            offered,
            asked=asked,
            on=body.signed_on or today,
            first_due_on=body.first_due_on,
            country=book.country,
            book=book,
        )
    )


@router.post("", status_code=201, response_model=SignedOut)
async def sign(
    body: ContractIn, db: Db, actor: MaySign, today: Today, now: Now, key: IdempotencyKey
) -> Response:
    """Sign an approved application: terms and instalments are frozen, the fund is committed."""
    signed_on = body.signed_on or today
    days.require_come(signed_on, member="signed_on", today=today)
    signing = Signing(
        application_id=ApplicationId(body.application_id),
        signed_on=signed_on,
        fund_id=None if body.fund_id is None else FundId(body.fund_id),
        first_due_on=body.first_due_on,
        tag=body.tag,
    )

    async def work(session: AsyncSession) -> SignedOut:
        row = await operations.sign_contract(session, signing, actor=actor, at=now)
        decided_on = await approvals.decided_on(session, signing.application_id)
        days.require_decided(signed_on, decided_on=decided_on or signed_on)
        facts = await rulebook.uses(session, row.contract_id, page=Page())
        return SignedOut.of(row, agreed=await _agreed(session, row), uses=facts)

    return await idempotency.run_once(
        db, "POST /loans/v1/contracts", body=body, actor_id=actor.id, key=key, work=work
    )


@router.post("/{contract_id}/cancellation", status_code=201, response_model=ContractOut)
async def cancel(
    contract_id: UUID,
    body: CancellationIn,
    db: Db,
    actor: MayCancel,
    today: Today,
    key: IdempotencyKey,
) -> Response:
    """Cancel a signed contract that was not paid out: its fund has the money back."""

    async def work(session: AsyncSession) -> ContractOut:
        row = await cancelling.cancel_contract(
            session, contract_id, reason=body.reason, on=today, actor=actor
        )
        return ContractOut.of(row)

    target = f"POST /loans/v1/contracts/{contract_id}/cancellation"
    return await idempotency.run_once(db, target, body=body, actor_id=actor.id, key=key, work=work)


@router.get("")
async def list_contracts(
    db: Db,
    actor: MayRead,
    page: PageQuery,
    status: ContractStatus | None = None,
    fund_id: UUID | None = None,
    borrower_id: UUID | None = None,
) -> PageOut[ContractOut]:
    """List the contracts of the branches the actor sees, a page at a time.

    `status` says what was done with a contract; whether it is late or paid off is computed from
    its movements and stands in its state.
    """
    wanted = ContractFilter(
        status=status,
        fund_id=fund_id,
        borrower_id=borrower_id,
        branch_ids=actor.branch_ids,
    )
    async with db() as session:
        rows = await queries.contracts(session, wanted=wanted, page=page)
    kept, cursor = page.cut(rows, key=lambda row: row.contract_id)
    return PageOut[ContractOut](items=[ContractOut.of(row) for row in kept], next=cursor)


@router.get("/{contract_id}")
async def read_contract(
    contract_id: UUID,
    db: Db,
    actor: MayRead,
    today: Today,
    as_of: Day | None = None,
    known_at: Instant | None = None,
) -> ContractDetailOut:
    """Read a contract on a day, as the books knew it at an instant; both default to now.

    A day to come tells what would be late then if nothing were paid.
    """
    async with db(snapshot=True) as session:
        row = await _seen(session, contract_id, actor=actor)
        moment = await ledger.moment_of(session, as_of=as_of, known_at=known_at, today=today)
        position = await queries.stood(session, contract_id, moment=moment)
        status = await queries.status(session, row, moment=moment)
        agreed = await _agreed(session, row, as_of=moment.as_of, known_at=moment.known_at)
        version = (row.product_id, row.product_version)
        ruling = await products.ruling_of(session, version, known_at=moment.known_at)
    terms = queries.terms_of(row)
    state = replay.state_of(
        terms,
        instalments=agreed,
        sums=replay.sums_of(position, currency=row.currency),
        as_of=moment.as_of,
    )
    if not MODES[terms.mode_of_finance].IS_DEBT or status == ContractStatus.SIGNED:
        state = replay.in_goods(state)
    return ContractDetailOut(
        contract=ContractOut.of(row, status=status),
        state=StateOut.of(state, known_at=moment.known_at),
        ruling=None if ruling is None else RulingOut.of(ruling, on=moment.as_of),
    )


@router.get("/{contract_id}/schedule")
async def read_schedule(
    contract_id: UUID,
    db: Db,
    actor: MayRead,
    today: Today,
    as_of: Day | None = None,
    known_at: Instant | None = None,
) -> ScheduleOut:
    """Read the instalments as agreed on a day, as the books knew it; both default to now."""
    async with db(snapshot=True) as session:
        row = await _seen(session, contract_id, actor=actor)
        moment = await ledger.moment_of(session, as_of=as_of, known_at=known_at, today=today)
        agreed = await _agreed(session, row, as_of=moment.as_of, known_at=moment.known_at)
    return ScheduleOut.of(row, agreed=agreed, moment=moment)


@router.get(
    "/{contract_id}/summary",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def read_summary(
    contract_id: UUID,
    db: Db,
    actor: MayRead,
    language: NamedLanguage,
) -> PlainTextResponse:
    """Read the contract in words, in the language of `lang` or of Accept-Language."""
    async with db() as session:
        row = await _seen(session, contract_id, actor=actor)
        agreed = await _agreed(session, row)
    terms = queries.terms_of(row)
    whole = Agreement(
        terms=terms,
        instalments=agreed,
        disclosure=disclosure.disclose(terms, instalments=agreed),
    )
    text = summary.written(
        whole, reference=row.reference, signed_on=row.signed_on, language=language
    )
    return PlainTextResponse(text, headers={"Content-Language": language})


async def _seen(session: AsyncSession, contract_id: UUID, *, actor: Actor) -> ContractRow:
    branch_ids: Collection[UUID] | None = actor.branch_ids
    return await queries.contract(session, contract_id, branch_ids=branch_ids)


async def _agreed(
    session: AsyncSession,
    row: ContractRow,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> tuple[Instalment, ...]:
    found = await queries.instalments(
        session, [row.contract_id], currency=row.currency, as_of=as_of, known_at=known_at
    )
    return found[row.contract_id]
