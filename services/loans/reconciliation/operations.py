"""How is a real account reconciled: judged in its turn, with unexplained money put aside?"""

from collections import Counter
from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.accounting import queries as accounting
from services.loans.accounting.tables import MoneyAccountRow
from services.loans.domain import suspense
from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.journal import Channel
from services.loans.domain.paying import News
from services.loans.domain.reconciling import Plan, Reconciled
from services.loans.domain.suspense import SuspenseStandsElsewhere
from services.loans.funds import queries as fund_queries
from services.loans.ledger import operations as ledger
from services.loans.ledger import queries as ledger_queries
from services.loans.ledger.operations import Posting
from services.loans.payments import stated
from services.loans.payments.desk import PaymentDesk
from services.loans.reconciliation import judging, queries
from services.loans.reconciliation.judging import Subject
from services.loans.reconciliation.tables import (
    ReconciliationPlanRow,
    ReconciliationTurnRow,
    SuspenseItemRow,
)
from shared import ids, logs, tenancy
from shared.db import TenantDb
from shared.errors import Kind, RafidError
from shared.ids import EntryId, FundId, InstitutionId, PaymentId
from shared.money import Money

_log = logs.logger(__name__)

NOT_ON_STATEMENT = "not_on_statement"


class ReconciliationBegun(RafidError):
    """The account is reconciled already"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "It is reconciled since {since}, and what was said since then stands."
    since: date


async def set_plan(
    session: AsyncSession, money_account_id: UUID, plan: Plan, *, actor_id: UUID
) -> ReconciliationPlanRow:
    """Say how a real account is reconciled; the first day is fixed from the first time on.

    Raises MoneyAccountUnknown, SuspenseStandsElsewhere, ReconciliationBegun.
    """
    account = await accounting.money_account(session, money_account_id)
    await require_placed(session, account, fund_id=plan.fund_id)
    before = await queries.find_plan(session, money_account_id)
    if before is not None and before.since != plan.since:
        raise ReconciliationBegun(since=before.since)
    row = ReconciliationPlanRow(
        institution_id=account.institution_id,
        money_account_id=money_account_id,
        version=1 if before is None else before.version + 1,
        fund_id=plan.fund_id,
        since=plan.since,
        owner_id=plan.owner_id,
        fee_share=plan.fee_share,
        actor_id=actor_id,
    )
    session.add(row)
    await session.flush()
    await session.execute(
        upsert(ReconciliationTurnRow)
        .values(institution_id=account.institution_id, money_account_id=money_account_id)
        .on_conflict_do_nothing()
    )
    return row


async def require_placed(session: AsyncSession, account: MoneyAccountRow, *, fund_id: UUID) -> None:
    """Refuse a fund whose money does not stand in a real account."""
    placed = await accounting.find_money_account_of(
        session, fund_id=fund_id, channel=account.channel
    )
    if placed is None or placed.money_account_id != account.money_account_id:
        raise SuspenseStandsElsewhere(
            fund_id=FundId(fund_id), channel=Channel(account.channel), code=account.code
        )


TURN = text("""
    update reconciliation_turn set turns = turns + 1, ran_at = coalesce(:at, ran_at)
    where institution_id = :institution_id and money_account_id = :money_account_id
""")


async def take_turn(
    session: AsyncSession, money_account_id: UUID, *, at: datetime | None = None
) -> ReconciliationPlanRow:
    """Wait until nobody else judges the account, and keep others out; a run says when it is.

    Raises NotReconciled.
    """
    values = {
        "institution_id": tenancy.institution_of(session),
        "money_account_id": money_account_id,
        "at": at,
    }
    await session.execute(TURN, values)
    return await queries.plan(session, money_account_id)


async def reconcile(
    session: AsyncSession, money_account_id: UUID, *, today: date, at: datetime, actor_id: UUID
) -> Reconciled:
    """Judge a real account and put aside what came and nobody explains; again is nothing new.

    What was settled stays; what was open is looked at again, so that a later file or booking
    settles it. Raises NotReconciled.
    """
    plan = await take_turn(session, money_account_id, at=at)
    bench = await judging.laid_out(session, plan)
    unexplained = await judging.judge(session, bench)
    await bench.keep(session)
    await hold(
        session,
        [bench.subjects[line_id] for line_id in unexplained],
        plan=plan,
        today=today,
        actor_id=actor_id,
    )
    said = Counter(str(one["outcome"]) for one in bench.written)
    return Reconciled(said=said, held=len(unexplained))


async def hold(
    session: AsyncSession,
    lines: Collection[Subject],
    *,
    plan: ReconciliationPlanRow,
    today: date,
    actor_id: UUID,
) -> None:
    """Put the money of lines into suspense, on the day it came or the first open one since."""
    if not lines:
        return
    account = await accounting.money_account(session, plan.money_account_id)
    fund = await accounts_of(session, plan.fund_id)
    opens = await first_open(session)
    postings, rows = [], []
    for line in lines:
        arrived_on = max(min(line.day, today), opens)
        entry = suspense.arrival_entry(
            line.amount, fund=fund, arrived_on=arrived_on, channel=Channel(account.channel)
        )
        entry_id = EntryId(ids.new())
        postings.append(
            Posting(entry=entry, actor_id=actor_id, source_id=line.subject_id, entry_id=entry_id)
        )
        rows.append(
            {
                "institution_id": plan.institution_id,
                "line_id": line.subject_id,
                "money_account_id": plan.money_account_id,
                "fund_id": plan.fund_id,
                "currency": line.amount.currency,
                "amount_minor": line.amount.minor,
                "arrived_on": line.day,
                "entry_id": entry_id,
            }
        )
    await ledger.post_all(session, postings)
    await session.execute(insert(SuspenseItemRow), rows)


async def accounts_of(session: AsyncSession, fund_id: UUID) -> FundAccounts:
    """Give what entries of a fund are built on."""
    fund = await fund_queries.fund_by_id(session, fund_id)
    return FundAccounts(
        fund_id=FundId(fund.fund_id), kind=FundKind(fund.kind), currency=fund.currency
    )


async def first_open(session: AsyncSession) -> date:
    """Give the first day on which anything can still be posted."""
    closed_through = await ledger_queries.closed_through(session)
    return date.min if closed_through is None else closed_through + timedelta(days=1)


async def tell_payments(
    db: TenantDb, desk: PaymentDesk, institution_id: InstitutionId, *, money_account_id: UUID
) -> int:
    """Tell payments that wait what a statement says of them for certain; gives how many.

    A line that names a payment says it has arrived; two persons who found it missing on a closed
    statement say it has not. Each is kept and heard like a message of its provider, so that
    whatever comes first counts and the rest repeats or contradicts.
    """
    async with db() as session:
        rows = await queries.certain(session, money_account_id)
    for row in rows:
        message = stated.message(
            institution_id,
            PaymentId(row.payment_id),
            news=News.COMPLETED if row.has_arrived else News.FAILED,
            message_id=f"{stated.KIND} {row.told_by}",
            occurred_on=row.on_day,
            amount=Money(row.amount_minor, row.currency),
            provider_reference=row.provider_reference,
            reason_code=None if row.has_arrived else NOT_ON_STATEMENT,
        )
        try:
            await desk.hear(message, rail=row.rail, kind=stated.KIND)
        except RafidError as error:  # it is kept, and booked when it can be: none starves others
            _log.warning("a payment waits", payment_id=str(row.payment_id), why=error.slug())
    return len(rows)
