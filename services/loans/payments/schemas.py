"""What do payments look like on the wire?"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.loans.domain.paying import Direction, News, Outcome, PaymentStatus
from services.loans.payments.tables import PaymentRow, PaymentStepRow
from shared.money import Money
from shared.schemas import Body, MoneyBody

Phone = Annotated[str, Field(min_length=5, max_length=40, examples=["+962791234567"])]


class CollectionIn(Body):
    """Money to be asked of a borrower's wallet."""

    amount: MoneyBody
    phone: Phone


class PaymentOut(Body):
    """A payment; `status` is definite only as completed or failed."""

    payment_id: UUID
    direction: Direction
    rail: str
    contract_id: UUID
    amount: MoneyBody
    status: PaymentStatus
    provider_reference: str | None
    reason_code: str | None
    completed_on: date | None
    is_booked: bool

    @classmethod
    def of(cls, row: PaymentRow) -> Self:
        """Write a payment, without the phone."""
        return cls(
            payment_id=row.payment_id,
            direction=Direction(row.direction),
            rail=row.rail,
            contract_id=row.contract_id,
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            status=PaymentStatus(row.status),
            provider_reference=row.provider_reference,
            reason_code=row.reason_code,
            completed_on=row.completed_on,
            is_booked=row.booked_at is not None,
        )


class StepOut(Body):
    """What one message did: a `difference` waits for a person."""

    told: News
    outcome: Outcome
    status: PaymentStatus
    reason_code: str | None
    recorded_at: datetime

    @classmethod
    def of(cls, row: PaymentStepRow) -> Self:
        """Write a step."""
        return cls(
            told=News(row.told),
            outcome=Outcome(row.outcome),
            status=PaymentStatus(row.status),
            reason_code=row.reason_code,
            recorded_at=row.recorded_at,
        )


class PaymentDetailOut(Body):
    """A payment with everything that was said of it."""

    payment: PaymentOut
    steps: list[StepOut]

    @classmethod
    def of(cls, row: PaymentRow, *, steps: Sequence[PaymentStepRow]) -> Self:
        """Write a payment with its steps."""
        return cls(payment=PaymentOut.of(row), steps=[StepOut.of(step) for step in steps])


class ReceivedOut(Body):
    """The message is kept."""

    received: bool = True
