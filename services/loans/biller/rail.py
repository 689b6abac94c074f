"""Has the money of a bill payment come? Its provider said so; it still has to fit when it is taken.

Between acceptance and taking, a contract may have been settled in cash or given up. Then the
payment fails, its provider is told why, and gives the money back to the payer.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.biller import deciding, operations, queries, refusals
from services.loans.biller.messages import read_payment
from services.loans.biller.queries import Sought
from services.loans.biller.tables import BillRequestRow
from services.loans.domain import bills
from services.loans.domain.paying import News
from services.loans.payments.sealing import Sealer
from services.loans.rails.protocol import CallbackRefused, Message, Order
from services.loans.rails.sandbox import understood
from shared import problems
from shared.clock import Clock
from shared.db import Database
from shared.errors import RafidError
from shared.ids import InstitutionId, PaymentId
from shared.money import Money

REFUSED: Final = "refused_when_taken"


class BillRail:
    """Stands for all mobile-money providers that pay bills: what they asked is what they say."""

    name = operations.RAIL

    def __init__(self, database: Database, *, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    async def request_transfer(self, order: Order) -> Message:
        """Take what came, or fail it."""
        return await self.ask_status(order.institution_id, order.payment_id, on=order.on)

    async def ask_status(
        self, institution_id: InstitutionId, payment_id: PaymentId, *, on: date
    ) -> Message:
        """Say that the money has come, or that it cannot be taken any more."""
        async with self._database.begin(institution_id) as session:
            row = await queries.request_of_payment(session, payment_id)
            _, body = operations.message_of(row, self._sealer)
            asked = read_payment(body)
            amount = asked.amount()
            if row.error is None:
                await self._try(session, row, amount=amount, today=on)
            day = await deciding.paid_on(session, asked.request_date, today=on)
            return understood(_said(row, payment_id, amount=amount, on=day))

    async def _try(
        self, session: AsyncSession, row: BillRequestRow, *, amount: Money, today: date
    ) -> None:
        """Note the refusal of a payment that does not fit any more."""
        try:
            (account,) = await queries.accounts(session, Sought(contract_id=row.contract_id))
            deciding.require_running(account, amount=amount)
            found = await deciding.open_on(session, account, today=today)
            bills.require_payable(amount, most=found.whole, due=found.whole, in_full=False)
        except RafidError as refused:
            problem = problems.of_error(refused, language="en")
            error = refusals.error_object(problem, at=self._clock.now())
            await operations.note_refusal(session, row, error=error)

    def read_callback(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Message:
        """Refuse: a provider of this standard asks by its own routes."""
        del headers, body, now
        raise CallbackRefused

    def read_kept(self, body: bytes) -> Message:
        """Read again what was made of a request."""
        return understood(body)


def _said(row: BillRequestRow, payment_id: PaymentId, *, amount: Money, on: date) -> bytes:
    news = News.COMPLETED if row.error is None else News.FAILED
    return orjson.dumps(
        {
            "message_id": f"{row.request_id}-{news}",
            "institution_id": str(row.institution_id),
            "payment_id": str(payment_id),
            "status": news.value,
            "amount": str(amount),
            "currency": amount.currency,
            "provider_reference": row.reference or str(row.correlation_id or row.request_id),
            "reason_code": None if row.error is None else REFUSED,
            "occurred_on": on.isoformat(),
        }
    )
