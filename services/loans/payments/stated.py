"""What does a closed statement say of a payment, as a message that is kept like any other?"""

from datetime import date
from typing import Final
from uuid import UUID

import orjson

from services.loans.domain.paying import News, Told
from services.loans.rails.protocol import Message
from shared.ids import InstitutionId, PaymentId
from shared.money import Money

KIND: Final = "statement"


def message(
    institution_id: InstitutionId,
    payment_id: PaymentId,
    *,
    news: News,
    message_id: str,
    occurred_on: date,
    amount: Money,
    provider_reference: str | None = None,
    reason_code: str | None = None,
) -> Message:
    """Write what a statement says of a payment; the same again is the same message."""
    members = {
        "institution_id": str(institution_id),
        "payment_id": str(payment_id),
        "news": news.value,
        "message_id": message_id,
        "occurred_on": occurred_on.isoformat(),
        "amount": str(amount),
        "currency": amount.currency,
        "provider_reference": provider_reference,
        "reason_code": reason_code,
    }
    return understood(orjson.dumps(members))


def understood(body: bytes) -> Message:
    """Read again what was written here; nobody else's message is of this kind."""
    members = orjson.loads(body)
    told = Told(
        payment_id=PaymentId(UUID(members["payment_id"])),
        news=News(members["news"]),
        message_id=members["message_id"],
        occurred_on=date.fromisoformat(members["occurred_on"]),
        amount=Money.parse(members["amount"], members["currency"]),
        provider_reference=members["provider_reference"],
        reason_code=members["reason_code"],
    )
    return Message(
        institution_id=InstitutionId(UUID(members["institution_id"])), told=told, body=body
    )
