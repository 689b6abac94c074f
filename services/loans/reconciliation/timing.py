"""Which real accounts of an institution are reconciled by themselves?"""

from datetime import date, datetime

from services.loans.payments.desk import PaymentDesk
from services.loans.reconciliation import operations, queries
from shared import logs
from shared.db import TenantDb
from shared.errors import RafidError
from shared.ids import InstitutionId

_log = logs.logger(__name__)


async def reconcile_all(
    db: TenantDb, desk: PaymentDesk, institution_id: InstitutionId, *, at: datetime, today: date
) -> None:
    """Reconcile every account that has a plan, as its owner; one that fails stops no other."""
    async with db() as session:
        planned = await queries.planned(session)
    for account_id in planned:
        try:
            async with db.begin() as session:
                plan = await queries.plan(session, account_id)
                await operations.reconcile(
                    session, account_id, today=today, at=at, actor_id=plan.owner_id
                )
            await operations.tell_payments(db, desk, institution_id, money_account_id=account_id)
        except RafidError as error:
            _log.warning("an account waits", account_id=str(account_id), why=error.slug())
