"""What repayments look like on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from services.loans.domain.amortisation import Advance
from services.loans.repayments.tables import RepaymentRow
from shared.money import Money
from shared.schemas import LATER, Body, MoneyBody


class RepaymentIn(Body):
    """Money received from a borrower; without a day it came today.

    `effect` says what is done with what is paid ahead; without one, what the terms say.
    """

    amount: MoneyBody
    received_on: date | None = None
    channel: Literal["cash", "wallet"] = "cash"
    effect: Annotated[Advance | None, LATER] = None


class ReversalIn(Body):
    """Why a repayment is taken back; codes only, no words about a person."""

    reason: Literal["wrong_contract", "wrong_amount", "not_received", "duplicate"]


class RepaymentOut(Body):
    """What became of the money: its portions, and what is still owed of the principal."""

    repayment_id: UUID
    contract_id: UUID
    amount: MoneyBody
    received_on: date
    principal: MoneyBody
    profit: MoneyBody
    fee: MoneyBody
    penalty: MoneyBody
    surplus: MoneyBody
    outstanding_principal: MoneyBody
    contract_closed: bool


class RepaymentItemOut(Body):
    """A repayment as it stands in the contract's list."""

    repayment_id: UUID
    contract_id: UUID
    entry_id: UUID
    amount: MoneyBody
    received_on: date
    channel: str
    principal: MoneyBody
    profit: MoneyBody
    fee: MoneyBody
    penalty: MoneyBody
    surplus: MoneyBody
    reverses_repayment_id: UUID | None
    reversal_reason: str | None
    recorded_at: datetime

    @classmethod
    def of(cls, row: RepaymentRow) -> "RepaymentItemOut":
        """Write a row."""

        def money(minor: int) -> MoneyBody:
            return MoneyBody.of(Money(minor, row.currency))

        return cls(
            repayment_id=row.repayment_id,
            contract_id=row.contract_id,
            entry_id=row.entry_id,
            amount=money(row.amount_minor),
            received_on=row.received_on,
            channel=row.channel,
            principal=money(row.principal_minor),
            profit=money(row.profit_minor),
            fee=money(row.fee_minor),
            penalty=money(row.penalty_minor),
            surplus=money(row.surplus_minor),
            reverses_repayment_id=row.reverses_repayment_id,
            reversal_reason=row.reversal_reason,
            recorded_at=row.recorded_at,
        )
