"""What do orders look like on the wire?"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.loans.domain.amortisation import Advance
from services.loans.domain.authority import Outcome
from services.loans.domain.course.events import OpenProfit
from services.loans.domain.course.plan import ChargeOff
from services.loans.domain.journal import Channel
from services.loans.domain.servicing.late_fees import LateFee
from services.loans.domain.servicing.orders import (
    Asked,
    OrderKind,
    OrderReason,
    WaivedPart,
)
from services.loans.domain.servicing.payoff import Quote
from services.loans.servicing.outcomes import FundOrder, FundOrderKind, Given, Part, Relief
from shared import problems
from shared.money import CurrencyMismatch, Money
from shared.schemas import LATER, Body, MoneyBody
from shared.texts import Language

Rate = Annotated[Decimal, Field(ge=0, le=10, max_digits=8, decimal_places=6)]
Count = Annotated[int, Field(ge=1, le=600)]
MANY = 1_000


class OrderTerms(Body):
    """What is ordered, from which day, why, and the members that the kind takes."""

    kind: OrderKind
    effective_on: date | None = None
    reason: OrderReason
    amount: MoneyBody | None = None
    part: WaivedPart | None = None
    due_on: date | None = None
    periods: Annotated[int, Field(ge=1, le=60)] | None = None
    instalments: Count | None = None
    first_due_on: date | None = None
    grace: Annotated[int, Field(ge=0, le=600)] | None = None
    annual_rate: Rate | None = None
    until_on: date | None = None
    open_profit: OpenProfit | None = None
    further_profit: ChargeOff | None = None
    effect: Advance | None = None
    channel: Channel | None = None
    granted: Annotated[MoneyBody | None, LATER] = None
    fee_code: Annotated[str | None, LATER, Field(min_length=1, max_length=60)] = None
    late_due_on: Annotated[date | None, LATER] = None

    def asked(self, *, today: date, **more: UUID | None) -> Asked:
        """Give the order as the domain knows it. Raises `OrderMemberWrong`."""
        return Asked(
            kind=self.kind,
            effective_on=self.effective_on or today,
            reason=self.reason,
            amount_minor=None if self.amount is None else self.amount.money().minor,
            part=self.part,
            due_on=self.due_on,
            periods=self.periods,
            instalments=self.instalments,
            first_due_on=self.first_due_on,
            grace=self.grace,
            annual_rate=self.annual_rate,
            until_on=self.until_on,
            open_profit=self.open_profit,
            further_profit=self.further_profit,
            effect=self.effect,
            channel=self.channel,
            granted_minor=None if self.granted is None else self.granted.money().minor,
            fee_code=self.fee_code,
            late_due_on=self.late_due_on,
            **more,
        )

    def require_currency(self, currency: str) -> None:
        """Raise `CurrencyMismatch` for an amount in another currency than the contract's."""
        for said in (self.amount, self.granted):
            if said is not None and said.currency != currency:
                raise CurrencyMismatch(left=currency, right=said.currency)


class OrderIn(OrderTerms):
    """An order on one contract; without a day it counts from today."""

    repayment_id: UUID | None = None
    borrower_id: UUID | None = None
    new_contract_id: UUID | None = None

    def order(self, *, today: date) -> Asked:
        """Give the order as the domain knows it. Raises `OrderMemberWrong`."""
        return self.asked(
            today=today,
            repayment_id=self.repayment_id,
            borrower_id=self.borrower_id,
            new_contract_id=self.new_contract_id,
        )


class ReliefIn(OrderTerms):
    """One order on many contracts; `dry_run` tells what it would do and writes nothing."""

    contract_ids: Annotated[list[UUID], Field(min_length=1, max_length=MANY)]
    dry_run: bool = False


class ApprovalIn(Body):
    """What an approver decides on an order."""

    outcome: Literal[Outcome.APPROVE, Outcome.REJECT]


class OrderReversalIn(Body):
    """Why an order is taken back; without a day it counts from today."""

    reason: OrderReason
    effective_on: date | None = None


class OrderOut(Body):
    """An order and what became of it: proposed, rejected, in_force or reversed."""

    order_id: UUID
    contract_id: UUID
    batch_id: UUID | None
    kind: OrderKind
    reason: OrderReason
    effective_on: date
    members: dict[str, Any]
    reverses_order_id: UUID | None
    weight: MoneyBody
    state: str
    approvals: int
    entry_id: UUID | None
    generation: int | None
    recorded_at: datetime

    @classmethod
    def of(cls, given: Given) -> Self:
        """Write an order."""
        row, state = given.row, given.state
        return cls(
            order_id=row.order_id,
            contract_id=row.contract_id,
            batch_id=row.batch_id,
            kind=OrderKind(row.kind),
            reason=OrderReason(row.reason),
            effective_on=row.effective_on,
            members=row.members,
            reverses_order_id=row.reverses_order_id,
            weight=MoneyBody.of(Money(row.weight_minor, row.currency)),
            state=state.state,
            approvals=state.approvals,
            entry_id=state.entry_id,
            generation=state.generation,
            recorded_at=row.recorded_at,
        )


class RefusalOut(Body):
    """Why a contract is left out: the problem's type, title and detail, with its members."""

    type: str
    title: str
    detail: str
    members: dict[str, Any]


class PartOut(Body):
    """What becomes of an order over many contracts on one of them."""

    contract_id: UUID
    weight: MoneyBody | None
    order: OrderOut | None
    refused: RefusalOut | None

    @classmethod
    def of(cls, part: Part, *, language: Language) -> Self:
        """Write one part."""
        refused = None
        if part.refused is not None:
            told = problems.of_error(part.refused, language=language)
            refused = RefusalOut(
                type=told.type,
                title=told.title,
                detail=told.detail,
                members=dict(told.members),
            )
        weight = Money(part.weight_minor, part.currency) if part.currency else None
        return cls(
            contract_id=part.contract_id,
            weight=None if weight is None else MoneyBody.of(weight),
            order=None if part.given is None else OrderOut.of(part.given),
            refused=refused,
        )


class ReliefOut(Body):
    """An order over many contracts with its parts; without an id it was a dry run."""

    batch_id: UUID | None
    parts: list[PartOut]

    @classmethod
    def of(cls, relief: Relief, *, language: Language) -> Self:
        """Write the order."""
        return cls(
            batch_id=None if relief.row is None else relief.row.batch_id,
            parts=[PartOut.of(part, language=language) for part in relief.parts],
        )


class PayoffOut(Body):
    """What settles a contract on a day, and what is then not asked for."""

    contract_id: UUID
    on: date
    principal: MoneyBody
    profit: MoneyBody
    fee: MoneyBody
    penalty: MoneyBody
    total: MoneyBody
    profit_given_up: MoneyBody
    fee_given_up: MoneyBody

    @classmethod
    def of(cls, quote: Quote, *, contract_id: UUID, currency: str) -> Self:
        """Write a quote."""

        def money(minor: int) -> MoneyBody:
            return MoneyBody.of(Money(minor, currency))

        return cls(
            contract_id=contract_id,
            on=quote.on,
            principal=money(quote.principal),
            profit=money(quote.profit),
            fee=money(quote.fee),
            penalty=money(quote.penalty),
            total=money(quote.total),
            profit_given_up=money(quote.profit_given_up),
            fee_given_up=money(quote.fee_given_up),
        )


class LateFeeOut(Body):
    """What an agreed fee asks for an instalment that is or was paid late."""

    fee_code: str
    late_due_on: date
    amount: MoneyBody


class LateFeesOut(Body):
    """What agreed fees ask on a day for late instalments, and no order in force has charged."""

    contract_id: UUID
    on: date
    items: list[LateFeeOut]

    @classmethod
    def of(cls, fees: Sequence[LateFee], *, contract_id: UUID, on: date, currency: str) -> Self:
        """Write the fees."""
        items = [
            LateFeeOut(
                fee_code=fee.code,
                late_due_on=fee.due_on,
                amount=MoneyBody.of(Money(fee.amount, currency)),
            )
            for fee in fees
        ]
        return cls(contract_id=contract_id, on=on, items=items)


class FundOrderIn(Body):
    """An order on a fund: take a receipt back, or move money from one account to another.

    Without a `target` money goes from cash to the wallet, and from elsewhere to cash.
    """

    kind: FundOrderKind
    reason: OrderReason
    effective_on: date | None = None
    receipt_id: UUID | None = None
    amount: MoneyBody | None = None
    source: Channel | None = None
    target: Annotated[Channel | None, LATER] = None

    @model_validator(mode="after")
    def _has_what_its_kind_takes(self) -> Self:
        taken = {"receipt_id"}
        if self.kind is FundOrderKind.CHANNEL_TRANSFER:
            taken = {"amount", "source"}
        given = {
            name for name in ("receipt_id", "amount", "source") if getattr(self, name) is not None
        }
        if given != taken:
            raise ValueError(f"{self.kind} takes {sorted(taken)}")
        if self.target is not None and (self.receipt_id or self.target is self.moved_from()):
            raise ValueError("money is moved from one account to another")
        return self

    def receipt(self) -> UUID:
        """Give the receipt to be taken back."""
        if self.receipt_id is None:
            raise TypeError("the receipt was checked when the body was read")
        return self.receipt_id

    def moved(self) -> Money:
        """Give what is to be moved. Raises `AmountTooLarge`."""
        if self.amount is None:
            raise TypeError("the amount was checked when the body was read")
        return self.amount.money()

    def moved_from(self) -> Channel:
        """Give the account that the money leaves."""
        return self.source or Channel.CASH

    def moved_to(self) -> Channel:
        """Give the account that the money comes to."""
        usual = Channel.WALLET if self.moved_from() is Channel.CASH else Channel.CASH
        return self.target or usual


class FundOrderOut(Body):
    """An order on a fund and what became of it."""

    order_id: UUID
    fund_id: UUID
    kind: FundOrderKind
    reason: OrderReason
    effective_on: date
    receipt_id: UUID | None
    amount: MoneyBody
    source: Channel
    target: Channel | None
    state: str
    entry_id: UUID | None

    @classmethod
    def of(cls, order: FundOrder) -> Self:
        """Write an order on a fund."""
        row = order.row
        return cls(
            order_id=row.order_id,
            fund_id=row.fund_id,
            kind=FundOrderKind(row.kind),
            reason=OrderReason(row.reason),
            effective_on=row.effective_on,
            receipt_id=row.receipt_id,
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            source=Channel(row.source),
            target=None if row.target is None else Channel(row.target),
            state=order.state,
            entry_id=None if order.decision is None else order.decision.entry_id,
        )
