"""What has come in of a real account: files, statements, lines, layouts?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.bank_statements.tables import (
    StatementFaultRow,
    StatementFileRow,
    StatementLayoutRow,
    StatementLineRow,
    StatementPartRow,
)
from shared import tenancy
from shared.errors import Kind, RafidError
from shared.schemas import Page


class StatementFileUnknown(RafidError):
    """There is no such file"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No statement file has the id {file_id}."
    file_id: UUID


class LayoutUnknown(RafidError):
    """Nobody has said how this provider writes"""

    kind = Kind.RULE
    service = "loans"
    detail = "The real account {money_account_id} has no layout for tables."
    money_account_id: UUID


async def layout(session: AsyncSession, money_account_id: UUID) -> StatementLayoutRow:
    """Return the newest layout of a real account. Raises LayoutUnknown."""
    row = await find_layout(session, money_account_id)
    if row is None:
        raise LayoutUnknown(money_account_id=money_account_id)
    return row


async def find_layout(session: AsyncSession, money_account_id: UUID) -> StatementLayoutRow | None:
    """Return the newest layout of a real account, or None."""
    statement = select(StatementLayoutRow).where(
        StatementLayoutRow.institution_id == tenancy.institution_of(session),
        StatementLayoutRow.money_account_id == money_account_id,
    )
    row: StatementLayoutRow | None = await session.scalar(
        statement.order_by(StatementLayoutRow.version.desc()).limit(1)
    )
    return row


async def find_file(
    session: AsyncSession, money_account_id: UUID, *, digest: str
) -> StatementFileRow | None:
    """Return the file of this content that came for a real account, or None."""
    row: StatementFileRow | None = await session.scalar(
        select(StatementFileRow).where(
            StatementFileRow.institution_id == tenancy.institution_of(session),
            StatementFileRow.money_account_id == money_account_id,
            StatementFileRow.digest == digest,
        )
    )
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDetail:
    """A file with its statements and its faults; `taken` counts the lines it brought first."""

    row: StatementFileRow
    parts: Sequence[StatementPartRow]
    faults: Sequence[StatementFaultRow]
    taken: int


TAKEN = text("""
    select count(*) from statement_line
    where institution_id = :institution_id and file_id = :file_id
""")


async def file(session: AsyncSession, file_id: UUID) -> FileDetail:
    """Return a file with everything that was read in it. Raises StatementFileUnknown."""
    institution_id = tenancy.institution_of(session)
    row = await session.get(StatementFileRow, (institution_id, file_id))
    if row is None:
        raise StatementFileUnknown(file_id=file_id)
    values = {"institution_id": institution_id, "file_id": file_id}
    parts = await session.scalars(
        select(StatementPartRow).filter_by(**values).order_by(StatementPartRow.number)
    )
    faults = await session.scalars(
        select(StatementFaultRow).filter_by(**values).order_by(StatementFaultRow.number)
    )
    taken: int = (await session.execute(TAKEN, values)).scalar_one()
    return FileDetail(row=row, parts=parts.all(), faults=faults.all(), taken=taken)


async def files(
    session: AsyncSession, money_account_id: UUID, *, page: Page
) -> Sequence[StatementFileRow]:
    """Return the files of a real account in the order in which they came."""
    statement = select(StatementFileRow).where(
        StatementFileRow.institution_id == tenancy.institution_of(session),
        StatementFileRow.money_account_id == money_account_id,
    )
    if page.after is not None:
        statement = statement.where(StatementFileRow.file_id > page.after)
    statement = statement.order_by(StatementFileRow.file_id).limit(page.limit + 1)
    return (await session.scalars(statement)).all()


async def lines(
    session: AsyncSession,
    money_account_id: UUID,
    *,
    since: date | None,
    until: date | None,
    page: Page,
) -> Sequence[StatementLineRow]:
    """Return the lines of a real account booked between two days, in the order they came."""
    statement = select(StatementLineRow).where(
        StatementLineRow.institution_id == tenancy.institution_of(session),
        StatementLineRow.money_account_id == money_account_id,
    )
    if since is not None:
        statement = statement.where(StatementLineRow.booked_on >= since)
    if until is not None:
        statement = statement.where(StatementLineRow.booked_on <= until)
    if page.after is not None:
        statement = statement.where(StatementLineRow.line_id > page.after)
    statement = statement.order_by(StatementLineRow.line_id).limit(page.limit + 1)
    return (await session.scalars(statement)).all()


CLOSED_BEFORE = text("""
    select p.closing_minor from statement_part p
    join statement_file f on f.institution_id = p.institution_id and f.file_id = p.file_id
    where p.institution_id = :institution_id and f.money_account_id = :money_account_id
      and p.told = 'statement' and p.closing_minor is not null and p.closed_on < :closed_on
    order by p.closed_on desc, p.file_id desc, p.number desc limit 1
""")


async def closed_before(
    session: AsyncSession, money_account_id: UUID, *, closed_on: date
) -> int | None:
    """Return what the last statement before a day closed with, in minor units, or None."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "money_account_id": money_account_id,
        "closed_on": closed_on,
    }
    row: Row[Any] | None = (await session.execute(CLOSED_BEFORE, values)).first()
    return None if row is None else int(row.closing_minor)
