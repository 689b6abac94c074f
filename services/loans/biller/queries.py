"""Which account is meant, what is due on it, and what became of a request to pay?"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.biller.tables import BillCallbackRow, BillRequestRow
from services.loans.payments.tables import PaymentRow
from shared import tenancy
from shared.errors import Kind, RafidError

MADE = ("pending", "completed", "failed")


class LoanAccountUnknown(RafidError):
    """No account is known by these identifiers

    Or more than one is; or it lies in a branch that you do not see.
    """

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "Nothing, or more than one contract, is known here by {kinds}."
    kinds: tuple[str, ...]


class BillUnknown(RafidError):
    """There is no such bill"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "The account has no bill {bill_reference} now; ask for its bills."
    bill_reference: str


class RequestUnknown(RafidError):
    """There is no such request of yours"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No request of yours is known by {correlation_id}."
    correlation_id: str


class EntryUnknown(RafidError):
    """There is no such entry"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No entry of an account that you see has the reference {reference}."
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """By what an account is sought; None asks nothing. `branch_ids` None: every branch."""

    contract_id: UUID | None = None
    account: str | None = None
    consumer: str | None = None
    phone: str | None = None
    branch_ids: Collection[UUID] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A contract as payers know it."""

    contract_id: UUID
    reference: str
    currency: str
    status: str
    signed_on: date
    borrower_id: UUID
    borrower_reference: str
    name_ar: str | None
    name_latin: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which part of a list is asked for, of which instants."""

    limit: int
    offset: int
    since: datetime | None = None
    until: datetime | None = None


ACCOUNTS = text("""
    select c.contract_id, c.reference, c.currency::text as currency, c.status, c.signed_on,
      c.borrower_id, b.reference as borrower_reference, b.name_ar, b.name_latin
    from contract c
    join borrower b on b.institution_id = c.institution_id and b.borrower_id = c.borrower_id
    where c.institution_id = :institution_id
      and (cast(:contract_id as uuid) is null or c.contract_id = :contract_id)
      and (cast(:account as text) is null or c.reference = :account)
      and (cast(:consumer as text) is null or b.reference = :consumer)
      and (cast(:phone as text) is null or exists (
        select from borrower_phone t where t.institution_id = b.institution_id
          and t.borrower_id = b.borrower_id and t.number = :phone))
      and (cast(:branch_ids as uuid[]) is null or c.branch_id = any(:branch_ids))
    order by c.status <> 'active', c.contract_id limit 2
""")


async def accounts(session: AsyncSession, sought: Sought) -> list[Account]:
    """Return the contracts that are meant, running ones first; two at most."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_id": sought.contract_id,
        "account": sought.account,
        "consumer": sought.consumer,
        "phone": sought.phone,
        "branch_ids": None if sought.branch_ids is None else list(sought.branch_ids),
    }
    rows = (await session.execute(ACCOUNTS, values)).mappings()
    return [Account(**row) for row in rows]


ON_THE_WAY = text("""
    select coalesce(sum(p.amount_minor), 0) from payment p
    where p.institution_id = :institution_id and p.contract_id = :contract_id
      and p.direction = 'inbound' and p.status in ('requested', 'accepted', 'completed')
      and p.booked_at is null and not exists (
        select from repayment r
        where r.institution_id = p.institution_id and r.payment_id = p.payment_id)
""")


async def on_the_way(session: AsyncSession, contract_id: UUID) -> int:
    """Return what was asked for or has arrived on a contract and is not booked, in minor units."""
    values = {"institution_id": tenancy.institution_of(session), "contract_id": contract_id}
    return int((await session.execute(ON_THE_WAY, values)).scalar_one())


async def request(
    session: AsyncSession, request_id: UUID, *, lock: bool = False
) -> BillRequestRow | None:
    """Return a request, locked if asked, or None."""
    statement = select(BillRequestRow).where(
        BillRequestRow.institution_id == tenancy.institution_of(session),
        BillRequestRow.request_id == request_id,
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row: BillRequestRow | None = await session.scalar(statement)
    return row


async def request_of_payment(session: AsyncSession, payment_id: UUID) -> BillRequestRow:
    """Return the request that a payment was made of."""
    statement = select(BillRequestRow).where(
        BillRequestRow.institution_id == tenancy.institution_of(session),
        BillRequestRow.payment_id == payment_id,
    )
    return (await session.scalars(statement)).one()


async def own_request(
    session: AsyncSession,
    *,
    client_id: UUID,
    request_id: UUID | None = None,
    correlation_id: UUID | None = None,
) -> BillRequestRow:
    """Return a client's own request by our id or by theirs; raises RequestUnknown."""
    statement = select(BillRequestRow).where(
        BillRequestRow.institution_id == tenancy.institution_of(session),
        BillRequestRow.client_id == client_id,
        BillRequestRow.request_id == request_id
        if correlation_id is None
        else BillRequestRow.correlation_id == correlation_id,
    )
    row = await session.scalar(statement)
    if row is None:
        raise RequestUnknown(correlation_id=str(request_id or correlation_id))
    return row


async def open_requests(session: AsyncSession, *, before: UUID, limit: int) -> Sequence[UUID]:
    """Return requests without an end that came before an id was made, in their order."""
    statement = (
        select(BillRequestRow.request_id)
        .where(
            BillRequestRow.institution_id == tenancy.institution_of(session),
            BillRequestRow.status.in_(("received", "pending")),
            BillRequestRow.request_id < before,
        )
        .order_by(BillRequestRow.request_id)
    )
    return (await session.scalars(statement.limit(limit))).all()


async def payments(
    session: AsyncSession,
    *,
    client_id: UUID,
    contract_id: UUID,
    bill_reference: str | None,
    window: Window,
) -> tuple[int, Sequence[BillRequestRow]]:
    """Return how many payments a client made on a contract or a bill, and a part, newest first."""
    asked = select(BillRequestRow).where(
        BillRequestRow.institution_id == tenancy.institution_of(session),
        BillRequestRow.client_id == client_id,
        BillRequestRow.contract_id == contract_id,
        BillRequestRow.status.in_(MADE),
    )
    if bill_reference is not None:
        asked = asked.where(BillRequestRow.bill_reference == bill_reference)
    if window.since is not None:
        asked = asked.where(BillRequestRow.received_at >= window.since)
    if window.until is not None:
        asked = asked.where(BillRequestRow.received_at <= window.until)
    count = await _count(session, asked)
    newest = asked.order_by(BillRequestRow.received_at.desc(), BillRequestRow.request_id.desc())
    rows = await session.scalars(newest.offset(window.offset).limit(window.limit))
    return count, rows.all()


async def _count(session: AsyncSession, asked: Select[Any]) -> int:
    counted = select(func.count()).select_from(asked.order_by(None).subquery())
    return (await session.execute(counted)).scalar_one()


async def payment_statuses(session: AsyncSession, payment_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return where payments stand."""
    statement = select(PaymentRow.payment_id, PaymentRow.status).where(
        PaymentRow.institution_id == tenancy.institution_of(session),
        PaymentRow.payment_id.in_(payment_ids),
    )
    return {row.payment_id: row.status for row in await session.execute(statement)}


# Money that moved on contracts: one line a movement. What came by a payment is known by the
# payment's id, which its sender was told.
ENTRIES = """
    select e.*, c.reference as account, b.reference as consumer from (
      select contract_id, case when reverses_repayment_id is null
          then coalesce(payment_id, repayment_id) else repayment_id end as entry_id,
        case when reverses_repayment_id is null then 'repayment' else 'repayment_reversal' end
          as kind, abs(amount_minor) as minor, currency::text as currency,
        received_on as moved_on, recorded_at
      from repayment where institution_id = :institution_id {repayment}
      union all
      select contract_id, disbursement_id, case when reverses_disbursement_id is null
          then 'disbursement' else 'disbursement_reversal' end, abs(amount_minor), currency::text,
        disbursed_on, recorded_at
      from disbursement where institution_id = :institution_id {disbursement}
    ) e
    join contract c on c.institution_id = :institution_id and c.contract_id = e.contract_id
    join borrower b on b.institution_id = :institution_id and b.borrower_id = c.borrower_id
"""
OF_CONTRACT = ENTRIES.format(
    repayment="and contract_id = :contract_id", disbursement="and contract_id = :contract_id"
)
WITHIN = """
    where (cast(:since as timestamptz) is null or e.recorded_at >= :since)
      and (cast(:until as timestamptz) is null or e.recorded_at <= :until)
      and (cast(:kind as text) is null or e.kind = :kind)
"""
PAGE_OF_ENTRIES = text(
    f"{OF_CONTRACT} {WITHIN} order by e.recorded_at desc, e.entry_id desc"
    " offset :offset limit :limit"
)
COUNT_OF_ENTRIES = text(f"select count(*) from ({OF_CONTRACT} {WITHIN}) counted")
ONE_ENTRY = text(
    ENTRIES.format(
        repayment="and (payment_id = :entry_id or repayment_id = :entry_id)",
        disbursement="and disbursement_id = :entry_id",
    )
    + """
    where e.entry_id = :entry_id
      and (cast(:branch_ids as uuid[]) is null or c.branch_id = any(:branch_ids))
"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One movement of money on an account; the amount is without a sign."""

    contract_id: UUID
    entry_id: UUID
    kind: str
    minor: int
    currency: str
    moved_on: date
    recorded_at: datetime
    account: str
    consumer: str


async def entries(
    session: AsyncSession, contract_id: UUID, *, window: Window, kind: str | None
) -> tuple[int, list[Entry]]:
    """Return how many entries a contract has, and a part of them, the newest first."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "contract_id": contract_id,
        "since": window.since,
        "until": window.until,
        "kind": kind,
    }
    count = (await session.execute(COUNT_OF_ENTRIES, values)).scalar_one()
    part = {"limit": window.limit, "offset": window.offset}
    rows = (await session.execute(PAGE_OF_ENTRIES, values | part)).mappings()
    return count, [Entry(**row) for row in rows]


async def entry(
    session: AsyncSession, entry_id: UUID, *, branch_ids: Collection[UUID] | None
) -> Entry | None:
    """Return one entry of a contract in the branches seen, or None."""
    values = {
        "institution_id": tenancy.institution_of(session),
        "entry_id": entry_id,
        "branch_ids": None if branch_ids is None else list(branch_ids),
    }
    row = (await session.execute(ONE_ENTRY, values)).mappings().first()
    return None if row is None else Entry(**row)


async def waiting_callbacks(session: AsyncSession, *, at: datetime, limit: int) -> Sequence[UUID]:
    """Return the requests whose senders are to be told now."""
    statement = (
        select(BillCallbackRow.request_id)
        .where(
            BillCallbackRow.institution_id == tenancy.institution_of(session),
            BillCallbackRow.delivered_at.is_(None),
            BillCallbackRow.given_up_at.is_(None),
            BillCallbackRow.next_at <= at,
        )
        .order_by(BillCallbackRow.next_at)
    )
    return (await session.scalars(statement.limit(limit))).all()


async def locked_callback(
    session: AsyncSession, request_id: UUID, *, at: datetime
) -> BillCallbackRow | None:
    """Lock and return what is to be told now; None where it is told, waits or is another's."""
    statement = (
        select(BillCallbackRow)
        .where(
            BillCallbackRow.institution_id == tenancy.institution_of(session),
            BillCallbackRow.request_id == request_id,
            BillCallbackRow.delivered_at.is_(None),
            BillCallbackRow.given_up_at.is_(None),
            BillCallbackRow.next_at <= at,
        )
        .with_for_update(skip_locked=True)
    )
    row: BillCallbackRow | None = await session.scalar(statement)
    return row


async def callback(session: AsyncSession, request_id: UUID) -> BillCallbackRow:
    """Return what is kept of telling a request's end."""
    key = (tenancy.institution_of(session), request_id)
    return await session.get_one(BillCallbackRow, key)
