"""How does a provider's file come in: once, each of its lines once, and what is wrong said?"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.accounting import operations as accounting
from services.loans.accounting import queries as accounts
from services.loans.accounting.tables import MoneyAccountRow
from services.loans.bank_files import camt, mt940
from services.loans.bank_statements import queries
from services.loans.bank_statements.tables import (
    StatementFaultRow,
    StatementFileRow,
    StatementLayoutRow,
    StatementLineRow,
    StatementPartRow,
)
from services.loans.domain import statement_layout
from services.loans.domain.account_statement import (
    BadLine,
    Entry,
    Finding,
    Reach,
    Statement,
    StatementDoesNotAdd,
    StatementFormat,
    Told,
    keys_of,
    require_sum,
)
from services.loans.domain.statement_layout import StatementLayout
from services.loans.payments.sealing import Sealer
from services.loans.takeover import sheets
from shared import ids, tenancy
from shared.errors import Kind, RafidError


class StatementOfOtherAccount(RafidError):
    """The statement is of another account"""

    kind = Kind.RULE
    service = "loans"
    detail = "It tells of {told} in {told_currency}; the real account is {number} in {currency}."
    told: str
    told_currency: str
    number: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A file as it came, for one real account."""

    money_account_id: UUID
    format: StatementFormat
    content: bytes

    @property
    def digest(self) -> str:
        """What names its content for good."""
        return hashlib.sha256(self.content).hexdigest()


async def set_layout(
    session: AsyncSession, money_account_id: UUID, layout: StatementLayout, *, actor_id: UUID
) -> StatementLayoutRow:
    """Say how the provider of a real account writes; the same again is nothing new.

    Raises MoneyAccountUnknown.
    """
    await accounts.money_account(session, money_account_id)
    before = await queries.find_layout(session, money_account_id)
    told = _plain(layout)
    if before is not None and before.layout == told:
        return before
    row = StatementLayoutRow(
        institution_id=tenancy.institution_of(session),
        money_account_id=money_account_id,
        version=1 if before is None else before.version + 1,
        layout=told,
        actor_id=actor_id,
    )
    session.add(row)
    await session.flush()
    return row


def layout_of(row: StatementLayoutRow) -> StatementLayout:
    """Give a kept layout as it was told."""
    members = dict(row.layout)
    for name in ("words_in", "words_out", "states_booked"):
        members[name] = frozenset(members[name])
    return StatementLayout(**members)


def _plain(layout: StatementLayout) -> dict[str, Any]:
    return {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in asdict(layout).items()
    }


async def take(
    session: AsyncSession, sealer: Sealer, incoming: Incoming, *, today: date, actor_id: UUID
) -> tuple[UUID, bool]:
    """Take a file in; gives its id, and whether it is new: the same file twice is once.

    Lines that an earlier file brought are not brought again. A closing balance becomes what the
    provider says was on the real account. Sums that do not fit are kept as findings. Raises
    MoneyAccountUnknown, BankFileUnreadable, StatementOfOtherAccount, LayoutUnknown,
    StatementColumnMissing, FileUnreadable, WorkbookRefused, DayNotYet, StatementBeforeOpening.
    """
    account = await accounts.money_account(session, incoming.money_account_id)
    known = await queries.find_file(session, account.money_account_id, digest=incoming.digest)
    if known is not None:
        return known.file_id, False
    statements, version = await _read(session, incoming, account)
    file_id = ids.new()
    made = await session.scalar(
        upsert(StatementFileRow)
        .values(
            institution_id=account.institution_id,
            file_id=file_id,
            money_account_id=account.money_account_id,
            digest=incoming.digest,
            format=incoming.format.value,
            layout_version=version,
            content_sealed=sealer.seal(tenancy.institution_of(session), incoming.content),
            entries=sum(len(_booked(one)) for one in statements),
            actor_id=actor_id,
        )
        .on_conflict_do_nothing()
        .returning(StatementFileRow.file_id)
    )
    if made is None:  # another upload of the same file was first, and is there by now
        return await take(session, sealer, incoming, today=today, actor_id=actor_id)
    for number, one in enumerate(statements, start=1):
        await _keep_part(session, one, account=account, file_id=file_id, number=number)
    await _keep_lines(session, sealer, statements, account=account, file_id=file_id)
    bad = [line for one in statements for line in one.bad_lines]
    await _keep_faults(session, sealer, bad, file_id=file_id)
    for one in statements:
        if one.told is Told.STATEMENT and one.closing is not None and one.closed_on is not None:
            await accounting.state_balance(
                session,
                account.money_account_id,
                stated_on=one.closed_on,
                balance=one.closing,
                digest=incoming.digest,
                today=today,
                actor_id=actor_id,
            )
    return file_id, True


async def _read(
    session: AsyncSession, incoming: Incoming, account: MoneyAccountRow
) -> tuple[Sequence[Statement], int | None]:
    """Read the file beside the loop: a large one takes seconds, in which others are answered."""
    if incoming.format is StatementFormat.TABLE:
        row = await queries.layout(session, account.money_account_id)
        table = await asyncio.to_thread(_table, incoming, layout_of(row), account)
        return [table], row.version
    read = camt.read if incoming.format is StatementFormat.CAMT else mt940.read
    statements = await asyncio.to_thread(read, incoming.content)
    for one in statements:
        if _bare(one.account) != _bare(account.number) or one.currency != account.currency:
            raise StatementOfOtherAccount(
                told=one.account,
                told_currency=one.currency,
                number=account.number,
                currency=account.currency,
            )
    return statements, None


def _table(incoming: Incoming, layout: StatementLayout, account: MoneyAccountRow) -> Statement:
    columns, lines = sheets.read(
        incoming.content,
        encoding=layout.encoding,
        delimiter=layout.delimiter,
        header=layout.header_line,
        are_distinct=False,
    )
    return statement_layout.read(
        layout,
        columns=columns,
        lines=lines,
        account=account.number,
        currency=account.currency,
        identification=incoming.digest[:16],
    )


def _bare(number: str) -> str:
    """Give an account's number without the spaces that people read it by."""
    return "".join(number.split()).upper()


def _booked(statement: Statement) -> list[Entry]:
    """Give the entries that are money; a report of the day so far is never final."""
    if statement.told is Told.INTRADAY:
        return []
    return [entry for entry in statement.entries if entry.reach is Reach.BOOKED]


async def _keep_part(
    session: AsyncSession,
    statement: Statement,
    *,
    account: MoneyAccountRow,
    file_id: UUID,
    number: int,
) -> None:
    opening, closing = statement.opening, statement.closing
    session.add(
        StatementPartRow(
            institution_id=account.institution_id,
            file_id=file_id,
            number=number,
            told=statement.told.value,
            identification=statement.identification,
            sequence=statement.sequence,
            currency=statement.currency,
            opening_minor=None if opening is None else opening.minor,
            booked_minor=statement.booked.minor,
            closing_minor=None if closing is None else closing.minor,
            closed_on=statement.closed_on,
            finding=await _finding(session, statement, account=account),
        )
    )
    await session.flush()


async def _finding(
    session: AsyncSession, statement: Statement, *, account: MoneyAccountRow
) -> Finding | None:
    try:
        require_sum(statement)
    except StatementDoesNotAdd:
        return Finding.DOES_NOT_ADD
    if statement.opening is None or statement.closed_on is None:
        return None
    before = await queries.closed_before(
        session, account.money_account_id, closed_on=statement.closed_on
    )
    is_gap = before is not None and before != statement.opening.minor
    return Finding.GAP_BEFORE if is_gap else None


async def _keep_lines(
    session: AsyncSession,
    sealer: Sealer,
    statements: Sequence[Statement],
    *,
    account: MoneyAccountRow,
    file_id: UUID,
) -> None:
    """Keep what is new, in the order of the names: two files at once never wait for each other."""
    entries = [entry for one in statements for entry in _booked(one)]
    named = dict(zip(keys_of(_bare(account.number), entries), entries, strict=True))
    institution_id = tenancy.institution_of(session)
    rows = [
        {
            "institution_id": institution_id,
            "line_id": ids.new(),
            "money_account_id": account.money_account_id,
            "file_id": file_id,
            "number": named[key].number,
            "entry_key": key,
            "booked_on": named[key].booked_on,
            "valued_on": named[key].valued_on,
            "side": named[key].side.value,
            "currency": named[key].amount.currency,
            "amount_minor": named[key].amount.minor,
            "is_reversal": named[key].is_reversal,
            "provider_reference": named[key].provider_reference,
            "own_references": [
                part.own_reference for part in named[key].parts if part.own_reference is not None
            ],
            "told_sealed": sealer.seal(institution_id, _told(named[key])),
        }
        for key in sorted(named)
    ]
    if rows:
        await session.execute(upsert(StatementLineRow).on_conflict_do_nothing(), rows)


def _told(entry: Entry) -> bytes:
    """Write what names people: texts, names and accounts of every payment within the entry."""
    return orjson.dumps(
        {
            "text": entry.text,
            "parts": [{**asdict(part), "amount": part.amount.to_json()} for part in entry.parts],
        }
    )


async def _keep_faults(
    session: AsyncSession, sealer: Sealer, bad: Sequence[BadLine], *, file_id: UUID
) -> None:
    institution_id = tenancy.institution_of(session)
    rows = [
        {
            "institution_id": institution_id,
            "file_id": file_id,
            "number": line.number,
            "code": line.fault.slug(),
            "said_sealed": sealer.seal(institution_id, line.text.encode(errors="replace")),
        }
        for line in bad
    ]
    if rows:
        await session.execute(insert(StatementFaultRow), rows)
