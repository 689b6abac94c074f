"""The routes of collection sheets: what to collect on a day, and the money that came back."""

import hashlib
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request, Response

from services.loans.borrowers import operations as borrowers
from services.loans.collections import queries, wording
from services.loans.collections.queries import SheetFilter
from services.loans.collections.schemas import (
    CollectionIn,
    CollectionOut,
    CollectionSheetOut,
    LineAsked,
    LineOutcomeOut,
)
from services.loans.deps import Db, IdempotencyKey, Today
from services.loans.domain import collection_sheet, days
from services.loans.domain.borrower import AccessPurpose
from services.loans.domain.collecting import ReceiveRepayment
from services.loans.domain.journal import Channel
from services.loans.institutions import queries as institutions
from services.loans.papers import spreadsheet
from services.loans.papers.documents import WordsOut
from services.loans.papers.printing import Printer
from services.loans.repayments.batch import Answer, Outcome, RepaymentBook
from services.loans.repayments.schemas import RepaymentOut
from shared import idempotency, printing, problems
from shared.auth import Actor, Role, require
from shared.idempotency import IdempotencyKeyReused
from shared.ids import BranchId, ContractId
from shared.money import Money
from shared.schemas import Day, MoneyBody, ProblemOut
from shared.texts import Language
from shared.web import AskedLanguage, NamedLanguage, request_id_of

router = APIRouter(prefix="/loans/v1/collection-sheets", tags=["collections"])

MayRead = Annotated[Actor, require(Role.OFFICER, Role.APPROVER, Role.AUDITOR)]
MayReceive = Annotated[Actor, require(Role.OFFICER, Role.INTEGRATOR)]
Form = Literal["json", "pdf", "xlsx"]
FORMS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in (printing.MEDIA_TYPE, spreadsheet.MEDIA_TYPE)
        }
    }
}


@router.get("", response_model=CollectionSheetOut, responses=FORMS)
async def read_collection_sheet(
    request: Request,
    db: Db,
    actor: MayRead,
    today: Today,
    language: NamedLanguage,
    on: Day | None = None,
    branch_id: UUID | None = None,
    group_id: UUID | None = None,
    officer_id: UUID | None = None,
    form: Annotated[Form | None, Query(alias="format")] = None,
) -> Response | CollectionSheetOut:
    """Tell who owes what on a day: late, due that day, and both; by branch, group or officer.

    What was paid until now is taken off. The borrowers on the sheet are recorded as read about.
    """
    day = on or today
    wanted = SheetFilter(
        on=day,
        branch_id=branch_id,
        group_id=group_id,
        officer_id=officer_id,
        branch_ids=actor.branch_ids,
    )
    async with db.begin() as session:
        found = await queries.open_contracts(session, wanted)
        sheet = CollectionSheetOut.of(found, on=day)
        shown = [line.borrower.borrower_id for line in sheet.lines]
        await borrowers.record_access(session, shown, purpose=AccessPurpose.CONTACT, actor=actor)
        lender = await institutions.institution(session)
        branch = None
        if branch_id is not None:
            branch = await institutions.branch(session, BranchId(branch_id))
    kind = _form(form, request)
    if kind == "json":
        return sheet
    if kind == "xlsx":
        content, media_type = wording.workbook(sheet, language=language), spreadsheet.MEDIA_TYPE
    else:
        printer: Printer = request.app.state.printer
        names = WordsOut(ar=lender.name_ar, fr=lender.name_fr, en=lender.name_en)
        place = "" if branch is None else str(getattr(branch, f"name_{language}"))
        said = wording.page(sheet, lender=names, place=place, language=language)
        content, media_type = await printer.pdf(said), printing.MEDIA_TYPE
    headers = {
        "Content-Disposition": f'inline; filename="collection-{day.isoformat()}.{kind}"',
        "Content-Language": language,
    }
    return Response(content, media_type=media_type, headers=headers)


@router.post("")
async def receive_collection(
    request: Request,
    body: CollectionIn,
    actor: MayReceive,
    today: Today,
    asked: AskedLanguage,
    key: IdempotencyKey,
) -> CollectionOut:
    """Receive the money of a whole sheet, line by line; its lines must add up to the cash.

    A line that cannot be received is refused alone and says why; the others stand. The key and
    the contract name a line: sent again, corrected or cut short, no line is received twice.
    """
    received_on = body.received_on or today
    days.require_come(received_on, member="received_on", today=today)
    brought = body.brought()
    stated = body.total.money()
    collection_sheet.require_agreement(brought, stated=stated)
    commands = []
    for line in body.lines:
        one = LineAsked(
            contract_id=line.contract_id,
            amount=line.amount,
            received_on=received_on,
            channel=body.channel,
        )
        target = f"collection sheet {key} {line.contract_id}"
        kept = idempotency.Request.of(
            actor_id=actor.id, key=_line_key(key, line.contract_id), target=target, body=one
        )
        commands.append(
            ReceiveRepayment(
                contract_id=ContractId(line.contract_id),
                amount=line.amount.money(),
                received_on=received_on,
                today=today,
                channel=Channel(body.channel),
                actor_id=actor.id,
                branch_ids=actor.branch_ids,
                key=kept.key,
                request_hash=kept.hash,
            )
        )
    book: RepaymentBook = request.app.state.repayment_book
    outcomes = await book.receive(actor.institution_id, commands)
    instance = request_id_of(request)
    lines = [
        _told(number, command.contract_id, _named(outcome, key), language=asked, instance=instance)
        for number, (command, outcome) in enumerate(zip(commands, outcomes, strict=True), start=1)
    ]
    refused = Money.total(
        (one.amount for one, told in zip(brought, lines, strict=True) if told.outcome == "refused"),
        stated.currency,
    )
    return CollectionOut(
        received=MoneyBody.of(stated - refused), refused=MoneyBody.of(refused), lines=lines
    )


def _named(outcome: Outcome, key: str) -> Outcome:
    """Tell of the key that the caller knows where a line was sent before with another content."""
    return IdempotencyKeyReused(key=key) if isinstance(outcome, IdempotencyKeyReused) else outcome


def _told(
    number: int, contract_id: UUID, outcome: Outcome, *, language: Language, instance: str
) -> LineOutcomeOut:
    """Say what became of one line."""
    if isinstance(outcome, Answer):
        return LineOutcomeOut(
            line=number,
            contract_id=contract_id,
            outcome="repeated" if outcome.repeated else "received",
            repayment=RepaymentOut.model_validate_json(outcome.body),
        )
    problem = problems.of_error(outcome, language=language).body(instance=instance)
    return LineOutcomeOut(
        line=number,
        contract_id=contract_id,
        outcome="refused",
        problem=ProblemOut.model_validate(orjson.loads(problem)),
    )


def _line_key(key: str, contract_id: UUID) -> str:
    """Name a line of a sheet: by the sheet's key, hashed to a bounded length, and its contract."""
    return f"{hashlib.sha256(key.encode()).hexdigest()}/{contract_id}"


def _form(form: Form | None, request: Request) -> Form:
    accepted = request.headers.get("accept", "")
    if form is not None:
        return form
    if printing.MEDIA_TYPE in accepted:
        return "pdf"
    return "xlsx" if spreadsheet.MEDIA_TYPE in accepted else "json"
