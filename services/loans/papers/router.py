"""The routes of papers: statements, schedules, certificates and receipts, as JSON or as PDF."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contracts
from services.loans.deps import Db, IdempotencyKey, Now, Today, database_of
from services.loans.domain import days, statement
from services.loans.domain.collecting import RepaymentUnknown
from services.loans.institutions import queries as institutions
from services.loans.papers import drafting, operations, queries, wording
from services.loans.papers.documents import (
    CertificateOut,
    DayOut,
    HeadOut,
    PaymentScheduleOut,
    ReceiptOut,
    StandingOut,
    StatementOut,
)
from services.loans.papers.queries import CertificateUnknown
from services.loans.papers.schemas import CertificateIn, CertificateItemOut, CheckOut
from services.loans.repayments.schemas import RepaymentItemOut
from shared import idempotency
from shared.auth import Actor, Role, require
from shared.db import TenantDb
from shared.desk import PDF, AtDesk
from shared.ids import InstitutionId, RepaymentId
from shared.schemas import Day, Instant, PageOut, Text
from shared.web import PageQuery

router = APIRouter(prefix="/loans/v1", tags=["papers"])

MayIssue = Annotated[Actor, require(Role.OFFICER)]
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
Number = Annotated[Text, Path(pattern=r"^[A-Z]{2}-[0-9]{4}-[0-9]{6,12}$")]
Code = Annotated[Text, Query(min_length=1, max_length=64)]
Hash = Annotated[Text, Query(pattern=r"^[0-9a-f]{64}$")]
# The table of codes is not walled: whose transaction it is read in does not matter.
NOBODY = InstitutionId(UUID(int=0))


@router.get("/contracts/{contract_id}/statement", response_model=StatementOut, responses=PDF)
async def read_contract_statement(
    contract_id: UUID,
    db: Db,
    actor: MayRead,
    today: Today,
    desk: AtDesk,
    first_on: Day | None = None,
    last_on: Day | None = None,
    known_at: Instant | None = None,
) -> Response | StatementOut:
    """Tell what moved from `first_on` (signature) to `last_on` (today), both included.

    Opening balance, each movement with its parts, closing balance, what is open and late. With
    `known_at` as the books knew it then: the same question has the same answer for ever, as PDF
    to the byte.
    """
    last = last_on or today
    days.require_come(last, member="last_on", today=today)
    head = await _head(db, contract_id, actor=actor)
    async with db(snapshot=True) as session:
        figures = await drafting.figures(session, contract_id, known_at=known_at, today=today)
        period = statement.span(first_on or figures.row.signed_on, last_on=last)
        told = await drafting.told(session, figures, period=period)
        held = await drafting.held(session, figures, as_of=last)
    paper = StatementOut.of(told, head=head, held=held, known_at=figures.known_at)
    name = f"{head.contract_reference}-statement-{last.isoformat()}"
    return await desk.hand_out(paper, say=wording.statement, name=name)


@router.get(
    "/contracts/{contract_id}/payment-schedule",
    response_model=PaymentScheduleOut,
    responses=PDF,
)
async def read_payment_schedule(
    contract_id: UUID,
    db: Db,
    actor: MayRead,
    today: Today,
    desk: AtDesk,
    as_of: Day | None = None,
    known_at: Instant | None = None,
) -> Response | PaymentScheduleOut:
    """Tell what is to be paid when, by both calendars, as a paper to sign and keep.

    What was agreed on `as_of` (today), with `known_at` as the books knew it then.
    """
    day = as_of or today
    days.require_come(day, member="as_of", today=today)
    head = await _head(db, contract_id, actor=actor)
    async with db(snapshot=True) as session:
        figures = await drafting.figures(session, contract_id, known_at=known_at, today=today)
        held = (await figures.stood(session, day)).instalments
    paper = PaymentScheduleOut.of(held, head=head, as_of=day, known_at=figures.known_at)
    name = f"{head.contract_reference}-schedule"
    return await desk.hand_out(paper, say=wording.schedule, name=name)


@router.get("/repayments/{repayment_id}/receipt", response_model=ReceiptOut, responses=PDF)
async def read_receipt(
    repayment_id: UUID, db: Db, actor: MayRead, today: Today, desk: AtDesk
) -> Response | ReceiptOut:
    """Give the receipt of a repayment, with what is owed at the end of its day."""
    async with db(snapshot=True) as session:
        row = await queries.find_repayment(session, repayment_id)
        if row is None or row.reverses_repayment_id is not None:
            raise RepaymentUnknown(repayment_id=RepaymentId(repayment_id))
        contract = await contracts.contract(session, row.contract_id)
        if actor.branch_ids is not None and contract.branch_id not in actor.branch_ids:
            raise RepaymentUnknown(repayment_id=RepaymentId(repayment_id))
        reversed_by = await queries.reversal_of(session, repayment_id)
        figures = await drafting.figures(session, row.contract_id, known_at=None, today=today)
        state = await figures.state(session, row.received_on)
    head = await _head(db, row.contract_id, actor=actor)
    paper = ReceiptOut(
        head=head,
        known_at=figures.known_at,
        repayment=RepaymentItemOut.of(row),
        on=DayOut.of(row.received_on),
        reversed_by=reversed_by,
        standing=StandingOut.of(state),
    ).sealed()
    name = f"{head.contract_reference}-receipt-{row.received_on.isoformat()}"
    return await desk.hand_out(paper, say=wording.receipt, name=name)


@router.post(
    "/contracts/{contract_id}/certificates", status_code=201, response_model=CertificateOut
)
async def issue_certificate(
    contract_id: UUID,
    body: CertificateIn,
    db: Db,
    actor: MayIssue,
    today: Today,
    now: Now,
    key: IdempotencyKey,
) -> Response:
    """Certify a balance, a settlement, or what was paid in a year; numbered and kept for good.

    Asked twice under one key, it is one certificate: the key keeps it without the borrower's
    name, which is read anew.
    """
    if body.as_of is not None:
        days.require_come(body.as_of, member="as_of", today=today)

    async def work(session: AsyncSession) -> CertificateOut:
        issued = await operations.issue_certificate(
            session, contract_id, body.wish(), actor=actor, today=today, at=now
        )
        return issued.nameless()

    target = f"POST /loans/v1/contracts/{contract_id}/certificates"
    answer = await idempotency.run_once(
        db, target, body=body, actor_id=actor.id, key=key, work=work
    )
    number = CertificateOut.model_validate_json(bytes(answer.body)).number
    async with db() as session:
        kept = await operations.kept_certificate(
            session, await queries.certificate(session, number)
        )
    answer.body = kept.certificate.model_dump_json().encode()
    answer.headers["content-length"] = str(len(answer.body))
    return answer


@router.get("/contracts/{contract_id}/certificates")
async def list_certificates(
    contract_id: UUID, db: Db, actor: MayRead, page: PageQuery
) -> PageOut[CertificateItemOut]:
    """List the certificates issued for a contract in the order of issue."""
    async with db() as session:
        await contracts.contract(session, contract_id, branch_ids=actor.branch_ids)
        rows = await queries.certificates_of(session, contract_id, page=page)
    kept, following = page.cut(rows, key=lambda row: row.certificate_id)
    return PageOut(items=[CertificateItemOut.of(row) for row in kept], next=following)


@router.get(
    "/contracts/{contract_id}/certificates/{number}",
    response_model=CertificateOut,
    responses=PDF,
)
async def read_certificate(
    contract_id: UUID, number: Number, db: Db, actor: MayRead, desk: AtDesk
) -> Response | CertificateOut:
    """Read a certificate as it was issued; print it again, to the byte."""
    async with db() as session:
        await contracts.contract(session, contract_id, branch_ids=actor.branch_ids)
        row = await queries.certificate(session, number)
        if row.contract_id != contract_id:
            raise CertificateUnknown(number=number)
        kept = await operations.kept_certificate(session, row)
    await _head(db, contract_id, actor=actor)
    shown = kept.certificate
    if drafting.MAY_READ_NAMES.isdisjoint(actor.roles):
        shown = shown.nameless()
    return await desk.hand_out(shown, say=wording.certificate, name=shown.number)


@router.get("/papers/{number}")
async def check_paper(
    number: Number, request: Request, institution: Code, sha256: Hash
) -> CheckOut:
    """Check a certificate that somebody shows you: its number, the lender's code and its hash.

    Open to everybody: who knows the hash holds the paper. A number without its own hash is
    answered as if it did not exist.
    """
    database = database_of(request)
    async with database.read(NOBODY) as session:
        institution_id = await institutions.find_institution_id(session, code=institution)
    if institution_id is None:
        raise CertificateUnknown(number=number)
    async with TenantDb(database, institution_id)() as session:
        row = await queries.certificate(session, number)
        if row.sha256.hex() != sha256:
            raise CertificateUnknown(number=number)
        return CheckOut.of(await operations.kept_certificate(session, row))


async def _head(db: TenantDb, contract_id: UUID, *, actor: Actor) -> HeadOut:
    async with db.begin() as session:
        return await drafting.head(session, contract_id, actor=actor)
