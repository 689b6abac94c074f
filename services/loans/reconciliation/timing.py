"""Which real accounts of an institution are reconciled by themselves?"""

from datetime import date, datetime, timedelta

from services.loans.payments.desk import PaymentDesk
from services.loans.reconciliation import operations, queries
from shared import logs
from shared.db import TenantDb
from shared.errors import RafidError
from shared.ids import InstitutionId

EVERY = timedelta(hours=6)
_log = logs.logger(__name__)


async def reconcile_all(
    db: TenantDb, desk: PaymentDesk, institution_id: InstitutionId, *, at: datetime, today: date
) -> None:
    """Reconcile the accounts whose turn it is, as their owners; one that fails stops no other.

    Its turn comes with a new file, and every six hours for what is booked and grows old.
    """
    async with db() as session:
        accounts = await queries.due(session, before=at - EVERY)
    for account_id in accounts:
        try:
            async with db.begin() as session:
                plan = await queries.plan(session, account_id)
                await operations.reconcile(
                    session, account_id, today=today, at=at, actor_id=plan.owner_id
                )
            await operations.tell_payments(db, desk, institution_id, money_account_id=account_id)
        except RafidError as error:
            _log.warning("an account waits", account_id=str(account_id), why=error.slug())
