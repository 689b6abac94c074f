"""What do disbursements look like on the wire?"""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.loans.disbursements.tables import DisbursementRow
from services.loans.domain.journal import Channel
from services.loans.payments.schemas import PaymentOut
from services.loans.payments.tables import PaymentRow
from shared.money import Money
from shared.schemas import Body, MoneyBody


class DisbursementIn(Body):
    """A signed contract to pay out, whole: cash on a day (today), or to a phone's wallet now."""

    channel: Channel = Channel.CASH
    disbursed_on: date | None = None
    phone: Annotated[str, Field(min_length=5, max_length=40)] | None = None

    @model_validator(mode="after")
    def _fits_its_channel(self) -> Self:
        is_wallet = self.channel is Channel.WALLET
        if is_wallet != (self.phone is not None):
            raise PydanticCustomError("phone", "a phone is given for a wallet, and only for one")
        if is_wallet and self.disbursed_on is not None:
            raise PydanticCustomError("disbursed_on", "the wallet says on which day it paid")
        return self


class DisbursementOut(Body):
    """A loan paid out; `paid` is what the borrower got, less a fee kept back."""

    disbursement_id: UUID
    contract_id: UUID
    amount: MoneyBody
    fee_kept: MoneyBody
    paid: MoneyBody
    disbursed_on: date
    channel: Channel
    payment_id: UUID | None

    @classmethod
    def of(cls, row: DisbursementRow) -> Self:
        """Write a disbursement."""
        amount = Money(row.amount_minor, row.currency)
        fee_kept = Money(row.fee_kept_minor, row.currency)
        return cls(
            disbursement_id=row.disbursement_id,
            contract_id=row.contract_id,
            amount=MoneyBody.of(amount),
            fee_kept=MoneyBody.of(fee_kept),
            paid=MoneyBody.of(amount - fee_kept),
            disbursed_on=row.disbursed_on,
            channel=Channel(row.channel),
            payment_id=row.payment_id,
        )


class PayoutOut(Body):
    """What came of the request: booked at once, or a payment on its way."""

    disbursement: DisbursementOut | None
    payment: PaymentOut | None

    @classmethod
    def booked(cls, row: DisbursementRow) -> Self:
        """Write a loan that was paid out at once."""
        return cls(disbursement=DisbursementOut.of(row), payment=None)

    @classmethod
    def under_way(cls, row: PaymentRow) -> Self:
        """Write a payment that has set out."""
        return cls(disbursement=None, payment=PaymentOut.of(row))


class DisbursementsOut(Body):
    """What was paid out on a contract."""

    items: list[DisbursementOut]
