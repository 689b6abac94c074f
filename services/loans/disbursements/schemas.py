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
from shared.money import CurrencyMismatch, Money
from shared.schemas import LATER, Body, MoneyBody


class DisbursementIn(Body):
    """A signed contract to pay out: cash on a day (today), or to a phone's wallet now.

    Whole, or its next tranche as agreed; where the terms allow it, in a smaller `amount`. Named
    by its number, a `tranche` is paid out only while it is the next.
    """

    channel: Channel = Channel.CASH
    disbursed_on: date | None = None
    amount: Annotated[MoneyBody | None, LATER] = None
    tranche: Annotated[int | None, Field(ge=1, le=100), LATER] = None
    phone: Annotated[str, Field(min_length=5, max_length=40)] | None = None

    @model_validator(mode="after")
    def _fits_its_channel(self) -> Self:
        is_wallet = self.channel is Channel.WALLET
        if is_wallet != (self.phone is not None):
            raise PydanticCustomError("phone", "a phone is given for a wallet, and only for one")
        if is_wallet and self.disbursed_on is not None:
            raise PydanticCustomError("disbursed_on", "the wallet says on which day it paid")
        return self

    def money(self, *, currency: str) -> Money | None:
        """Give the amount asked for. Raises `CurrencyMismatch` for another currency."""
        if self.amount is None:
            return None
        if self.amount.currency != currency:
            raise CurrencyMismatch(left=currency, right=self.amount.currency)
        return self.amount.money()


class DisbursementOut(Body):
    """A loan paid out, or a tranche of it; `paid` is what the borrower got of it.

    The rest is a fee kept back and what was put into the borrower's savings. One taken back
    follows as a row of negative amounts that names it.
    """

    disbursement_id: UUID
    contract_id: UUID
    amount: MoneyBody
    fee_kept: MoneyBody
    saved: MoneyBody
    paid: MoneyBody
    disbursed_on: date
    channel: Channel
    payment_id: UUID | None
    generation: int | None
    reverses_disbursement_id: UUID | None

    @classmethod
    def of(cls, row: DisbursementRow) -> Self:
        """Write a disbursement."""
        amount = Money(row.amount_minor, row.currency)
        fee_kept = Money(row.fee_kept_minor, row.currency)
        saved = Money(row.saved_minor, row.currency)
        return cls(
            disbursement_id=row.disbursement_id,
            contract_id=row.contract_id,
            amount=MoneyBody.of(amount),
            fee_kept=MoneyBody.of(fee_kept),
            saved=MoneyBody.of(saved),
            paid=MoneyBody.of(amount - fee_kept - saved),
            disbursed_on=row.disbursed_on,
            channel=Channel(row.channel),
            payment_id=row.payment_id,
            generation=row.generation,
            reverses_disbursement_id=row.reverses_disbursement_id,
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
