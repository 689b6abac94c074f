"""How are statements read: which balances, at which cut, in whose numbers, beside which others?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.accounting import queries
from services.loans.accounting.queries import Numbering
from services.loans.domain import book_periods, book_statements
from services.loans.domain.book_headings import Balance
from services.loans.domain.book_periods import BookPeriod
from services.loans.domain.book_statements import Block, TrialBlock
from services.loans.funds.tables import FundRow
from services.loans.ledger import queries as ledger
from services.loans.ledger.queries import Cut
from shared.errors import Kind, RafidError
from shared.ids import FundId


class Numbers(StrEnum):
    """In whose numbers a statement is written."""

    OWN = "own"
    HOUSE = "house"


class SpanBackwards(RafidError):
    """The statement ends before it begins"""

    kind = Kind.RULE
    service = "loans"
    detail = "{until} lies before {starts_on}."
    starts_on: date
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The days of a statement, both included."""

    starts_on: date
    until: date

    def __post_init__(self) -> None:
        if self.until < self.starts_on:
            raise SpanBackwards(starts_on=self.starts_on, until=self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of the books: which days, as known when, which fund, in whose numbers."""

    span: Span
    compared: Span | None = None
    known_at: datetime | None = None
    fund_id: FundId | None = None
    numbers: Numbers = Numbers.OWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the books answer, with what the answer rests on."""

    question: Question
    known_at: datetime | None
    numbering: Numbering | None
    funds: Sequence[FundRow]
    blocks: tuple[Block, ...] = ()
    trial: tuple[TrialBlock, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    now: list[Balance]
    then: list[Balance] | None
    told: Told


async def year_of(session: AsyncSession, day: date) -> BookPeriod:
    """Return the year of the books in which a day lies."""
    policy = await queries.policy(session)
    month = 1 if policy is None else policy.year_starts_month
    return book_periods.year_of(day, year_starts_month=month)


async def trial_balance(session: AsyncSession, question: Question) -> Told:
    """Read opening, debits, credits and closing of every account over the days asked for."""
    read = await _read(session, question)
    own = None if read.told.numbering is None else read.told.numbering.own
    return _with(read.told, trial=book_statements.trial_balance(read.now, own=own))


async def income_statement(session: AsyncSession, question: Question) -> Told:
    """Read what was earned and what it cost over the days asked for."""
    read = await _read(session, question)
    own = None if read.told.numbering is None else read.told.numbering.own
    blocks = book_statements.income_statement(read.now, own=own, compared=read.then)
    return _with(read.told, blocks=blocks)


async def balance_sheet(session: AsyncSession, question: Question) -> Told:
    """Read what there is on the last day asked for, and whose it is; the days begin the year."""
    read = await _read(session, question)
    own = None if read.told.numbering is None else read.told.numbering.own
    blocks = book_statements.balance_sheet(read.now, own=own, compared=read.then)
    return _with(read.told, blocks=blocks)


async def _read(session: AsyncSession, question: Question) -> _Read:
    cut = await ledger.cut_of(session, as_of=question.span.until, known_at=question.known_at)
    now = await queries.balances(
        session, starts_on=question.span.starts_on, cut=cut, fund_id=question.fund_id
    )
    then = None
    if question.compared is not None:
        then = await queries.balances(
            session,
            starts_on=question.compared.starts_on,
            cut=Cut(as_of=question.compared.until, known_at=cut.known_at),
            fund_id=question.fund_id,
        )
    wanted = question.numbers is Numbers.OWN
    return _Read(
        now=now,
        then=then,
        told=Told(
            question=question,
            known_at=cut.known_at,
            numbering=await queries.numbering(session) if wanted else None,
            funds=await queries.funds(session),
        ),
    )


def _with(
    told: Told, *, blocks: tuple[Block, ...] = (), trial: tuple[TrialBlock, ...] = ()
) -> Told:
    return Told(
        question=told.question,
        known_at=told.known_at,
        numbering=told.numbering,
        funds=told.funds,
        blocks=blocks,
        trial=trial,
    )
