"""The routes of statements: trial balance, income statement, balance sheet; JSON, sheet, PDF."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.accounting import reading, wording
from services.loans.accounting.reading import Numbers, Question, Span, Told
from services.loans.accounting.statement_schemas import (
    BooksStatementOut,
    BooksTrialBalanceOut,
    table_of,
)
from services.loans.deps import Db, Today
from services.loans.fund_accounts import queries as fund_accounts
from services.loans.papers import spreadsheet
from services.loans.papers.printing import Printer
from services.loans.takeover import sheets
from shared import printing
from shared.auth import Actor, Role, require
from shared.ids import FundId
from shared.schemas import Day, Instant
from shared.web import NamedLanguage

router = APIRouter(prefix="/loans/v1/accounting", tags=["accounting"])

MayRead = Annotated[Actor, require(Role.AUDITOR, Role.FUNDS_MANAGER, Role.ADMINISTRATOR)]
Form = Literal["json", "csv", "xlsx", "pdf"]
CSV = "text/csv; charset=utf-8"
BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
SHEETS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/csv": BINARY,
            spreadsheet.MEDIA_TYPE: BINARY,
            printing.MEDIA_TYPE: BINARY,
        }
    }
}
FORMS = {"csv": "text/csv", "xlsx": spreadsheet.MEDIA_TYPE, "pdf": printing.MEDIA_TYPE}
From = Annotated[Day | None, Query(alias="from")]


class Asking:
    """What every statement is asked with: known when, which fund, whose numbers, in which form."""

    def __init__(
        self,
        request: Request,
        language: NamedLanguage,
        *,
        known_at: Instant | None = None,
        fund_id: UUID | None = None,
        numbers: Numbers = Numbers.OWN,
        form: Annotated[Form | None, Query(alias="format")] = None,
    ) -> None:
        accepted = request.headers.get("accept", "")
        asked = [name for name, media_type in FORMS.items() if media_type in accepted]
        self.form: str = form or (asked[0] if asked else "json")
        self.language = language
        self._app = request.app
        self._known_at = known_at
        self._fund_id = None if fund_id is None else FundId(fund_id)
        self._numbers = numbers

    def question(self, span: Span, *, compared: Span | None = None) -> Question:
        """Give the whole question about these days."""
        return Question(
            span=span,
            compared=compared,
            known_at=self._known_at,
            fund_id=self._fund_id,
            numbers=self._numbers,
        )

    async def head(self, session: AsyncSession) -> Row[Any] | None:
        """Read who writes the paper, where one is asked for."""
        return await fund_accounts.head(session) if self.form == "pdf" else None

    async def hand_out(self, told: Told, *, name: str, head: Row[Any] | None) -> Response:
        """Give a statement as a paper, or as a sheet of texts that starts nothing when opened."""
        if head is None:
            return self._sheet(told, name=name)
        paper = wording.statement(told, name=name, head=head, language=self.language)
        headers = {
            "Content-Disposition": f'inline; filename="{_file(told, name)}.pdf"',
            "Content-Language": self.language,
        }
        printer: Printer = self._app.state.printer
        content = await printer.pdf(paper)
        return Response(content, media_type=printing.MEDIA_TYPE, headers=headers)

    def _sheet(self, told: Told, *, name: str) -> Response:
        header, rows = table_of(told, language=self.language)
        kind = "csv" if self.form == "csv" else "xlsx"
        if kind == "csv":
            content, media_type = sheets.csv_of(list(map(sheets.safe, header)), rows), CSV
        else:
            is_rtl = self.language == "ar"
            content = spreadsheet.written(header, rows, name=name, is_rtl=is_rtl)
            media_type = spreadsheet.MEDIA_TYPE
        headers = {
            "Content-Disposition": f'attachment; filename="{_file(told, name)}.{kind}"',
            "Content-Language": self.language,
        }
        return Response(content, media_type=media_type, headers=headers)


Asked = Annotated[Asking, Depends()]


@router.get("/trial-balance", response_model=BooksTrialBalanceOut, responses=SHEETS)
async def read_books_trial_balance(
    *,
    db: Db,
    _actor: MayRead,
    today: Today,
    asked: Asked,
    starts_on: From = None,
    until: Day | None = None,
) -> BooksTrialBalanceOut | Response:
    """Read every account over some days: opening, debits, credits, closing, each fund's part.

    Without a first day they begin with the year of the books; without a last one they end today.
    """
    last = until or today
    async with db(snapshot=True) as session:
        span = Span(starts_on=starts_on or await _year(session, last), until=last)
        told = await reading.trial_balance(session, asked.question(span))
        head = await asked.head(session)
    if asked.form != "json":
        return await asked.hand_out(told, name="trial-balance", head=head)
    return BooksTrialBalanceOut.of(told)


@router.get("/income-statement", response_model=BooksStatementOut, responses=SHEETS)
async def read_income_statement(
    *,
    db: Db,
    _actor: MayRead,
    today: Today,
    asked: Asked,
    starts_on: From = None,
    until: Day | None = None,
    compared_from: Day | None = None,
    compared_until: Day | None = None,
) -> BooksStatementOut | Response:
    """Read what was earned and what it cost over some days, beside other days if asked for."""
    last = until or today
    async with db(snapshot=True) as session:
        span = Span(starts_on=starts_on or await _year(session, last), until=last)
        compared = None
        if compared_until is not None:
            first = compared_from or await _year(session, compared_until)
            compared = Span(starts_on=first, until=compared_until)
        told = await reading.income_statement(session, asked.question(span, compared=compared))
        head = await asked.head(session)
    if asked.form != "json":
        return await asked.hand_out(told, name="income-statement", head=head)
    return BooksStatementOut.of(told)


@router.get("/balance-sheet", response_model=BooksStatementOut, responses=SHEETS)
async def read_balance_sheet(
    *,
    db: Db,
    _actor: MayRead,
    today: Today,
    asked: Asked,
    as_of: Day | None = None,
    compared_on: Day | None = None,
) -> BooksStatementOut | Response:
    """Read what there is at the end of a day, and whose it is, beside another day if asked for.

    The result is computed, of earlier years and of the day's own: no year is closed by entries.
    """
    day = as_of or today
    async with db(snapshot=True) as session:
        span = Span(starts_on=await _year(session, day), until=day)
        compared = None
        if compared_on is not None:
            compared = Span(starts_on=await _year(session, compared_on), until=compared_on)
        told = await reading.balance_sheet(session, asked.question(span, compared=compared))
        head = await asked.head(session)
    if asked.form != "json":
        return await asked.hand_out(told, name="balance-sheet", head=head)
    return BooksStatementOut.of(told)


def _file(told: Told, name: str) -> str:
    return f"{name}-{told.question.span.until.isoformat()}"


async def _year(session: AsyncSession, day: date) -> date:
    return (await reading.year_of(session, day)).starts_on
