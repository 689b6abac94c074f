"""How are the rules of closing given, and how is a close booked?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.closing import queries
from services.loans.closing.queries import Book
from services.loans.closing.tables import (
    ClosingPolicyRow,
    DayCloseBookRow,
    DayCloseFigureRow,
    DayCloseRow,
)
from services.loans.domain import day_close
from services.loans.domain.closing_policy import ClosingPolicy
from services.loans.domain.day_close import Figure, Place, Stock
from services.loans.ledger import operations as ledger
from services.loans.ledger.operations import Posting
from shared import ids, tenancy
from shared.errors import Kind, RafidError
from shared.ids import EntryId, FundId


class LaterDayClosed(RafidError):
    """A later day is closed already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = (
        "{asked} lies before {closed}, the last day closed: what changed shows in the next close."
    )
    asked: date
    closed: date


class ClosedMeanwhile(RafidError):
    """The day was closed by another run meanwhile"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Run {run} came first; nothing was booked twice. Ask again."
    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a portfolio looked like at the end of a day, as it was known at a moment."""

    day: date
    known_at: datetime
    figures: Mapping[Place, Figure]


async def give_policy(
    session: AsyncSession,
    policy: ClosingPolicy,
    *,
    fund_id: FundId | None,
    starts_on: date,
    actor_id: UUID,
) -> ClosingPolicyRow:
    """Give rules of closing from a day on; days closed before stay as they were closed."""
    row = ClosingPolicyRow(
        institution_id=tenancy.institution_of(session),
        policy_id=ids.new(),
        fund_id=fund_id,
        starts_on=starts_on,
        members=policy.to_json(),
        actor_id=actor_id,
    )
    session.add(row)
    await session.flush()
    return row


async def refuse_earlier(session: AsyncSession, *, day: date) -> None:
    """Refuse a day that lies before the last one closed, or in a closed period.

    Raises LaterDayClosed, PeriodClosed.
    """
    last = await queries.last_close(session)
    if last is not None and day < last.day:
        raise LaterDayClosed(asked=day, closed=last.day)
    await ledger.refuse_closed(session, day=day)


async def book_close(session: AsyncSession, found: Found, *, actor_id: UUID) -> DayCloseRow:
    """Keep what was found, and book what differs from what the closes before have booked.

    Of two closes at the same time one comes first; the other books nothing and says so.
    Raises LaterDayClosed, PeriodClosed, ClosedMeanwhile.
    """
    await refuse_earlier(session, day=found.day)
    last = await queries.last_close(session)
    if last is not None and last.known_at >= found.known_at:
        raise ClosedMeanwhile(run=last.run)
    run = 1 if last is None else last.run + 1
    before = {} if last is None else await queries.stocks(session, run=last.run)
    after = _stocks(found.figures)
    book_ids = {book: ids.new() for book in sorted({*before, *after}, key=str)}
    postings = await _postings(
        session, before, after, book_ids=book_ids, actor_id=actor_id, on=found.day
    )
    row = DayCloseRow(
        institution_id=tenancy.institution_of(session),
        run=run,
        day=found.day,
        known_at=found.known_at,
        contracts=sum(figure.contracts for figure in found.figures.values()),
        entries=len(postings),
        actor_id=actor_id,
    )
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as error:
        raise ClosedMeanwhile(run=run) from error
    await _keep(session, row, found.figures, after, book_ids=book_ids)
    await ledger.post_all(session, postings)
    return row


def _stocks(figures: Mapping[Place, Figure]) -> dict[Book, Stock]:
    stocks: dict[Book, Stock] = {}
    for place, figure in figures.items():
        book = place.fund_id, place.product_id
        stocks[book] = stocks.get(book, Stock()) + figure.stock
    return stocks


async def _postings(
    session: AsyncSession,
    before: Mapping[Book, Stock],
    after: Mapping[Book, Stock],
    *,
    book_ids: Mapping[Book, UUID],
    actor_id: UUID,
    on: date,
) -> list[Posting]:
    funds, modes = await queries.funds(session), await queries.modes(session)
    return [
        Posting(entry=entry, actor_id=actor_id, source_id=book_id, entry_id=EntryId(ids.new()))
        for book, book_id in book_ids.items()
        for entry in day_close.entries(
            before.get(book, Stock()),
            after.get(book, Stock()),
            fund=funds[book[0]],
            on=on,
            mode_of_finance=modes.get(book[1], ""),
        )
    ]


async def _keep(
    session: AsyncSession,
    row: DayCloseRow,
    figures: Mapping[Place, Figure],
    after: Mapping[Book, Stock],
    *,
    book_ids: Mapping[Book, UUID],
) -> None:
    funds = await queries.funds(session)
    key = {"institution_id": row.institution_id, "run": row.run}
    books = [
        {
            **key,
            "fund_id": book[0],
            "product_id": book[1],
            "currency": funds[book[0]].currency,
            "book_id": book_id,
            **_stock(after.get(book, Stock())),
        }
        for book, book_id in book_ids.items()
    ]
    if books:
        await session.execute(insert(DayCloseBookRow), books)
    if figures:
        await session.execute(
            insert(DayCloseFigureRow),
            [{**key, **_place(place), **_figure(one)} for place, one in figures.items()],
        )


def _place(place: Place) -> dict[str, object]:
    return {
        "fund_id": place.fund_id,
        "product_id": place.product_id,
        "currency": place.currency,
        "bucket_from": place.bucket_from,
        "stage": int(place.stage),
        "is_restructured": place.is_restructured,
    }


def _figure(figure: Figure) -> dict[str, object]:
    return {
        "contracts": figure.contracts,
        "outstanding_minor": figure.outstanding,
        "earned_minor": figure.earned,
        "suspended_minor": figure.suspended,
        "expected_loss_minor": figure.expected_loss,
        "minimum_minor": figure.minimum,
        **_stock(figure.stock),
    }


def _stock(stock: Stock) -> dict[str, object]:
    return {
        "receivable_minor": stock.receivable,
        "unearned_minor": stock.unearned,
        "allowance_minor": stock.allowance,
    }
