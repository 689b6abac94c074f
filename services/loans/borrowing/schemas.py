"""What do draw-downs, payments to lenders and what is owed to them look like on the wire?"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from services.loans.borrowing.queries import Drawn, Paid, Standing
from services.loans.borrowing.tables import LenderBookingRow, LenderPaymentRow, LenderRateRow
from services.loans.domain.agreement_borrowing import Borrowed, Owed
from services.loans.domain.journal import Channel
from shared.money import Money
from shared.schemas import Body, MoneyBody

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class DrawIn(Body):
    """Money that is asked of a lender."""

    amount: MoneyBody


class DrawReceiptIn(Body):
    """The money of a draw-down came; without a day, today."""

    first_due_on: date
    received_on: date | None = None
    channel: Channel = Channel.BANK


class LenderRateIn(Body):
    """Another rate from a day on, with the lender's paper."""

    effective_on: date
    annual_rate: Annotated[Decimal, Field(gt=0, le=10, max_digits=8, decimal_places=6)]
    evidence: Digest


class LenderRateOut(Body):
    """Another rate, as it was proposed."""

    change_id: UUID
    draw_id: UUID
    effective_on: date
    annual_rate: Decimal

    @classmethod
    def of(cls, row: LenderRateRow) -> Self:
        """Write a change of rate."""
        return cls(
            change_id=row.change_id,
            draw_id=row.draw_id,
            effective_on=row.effective_on,
            annual_rate=Decimal(f"{row.annual_rate.normalize():f}"),
        )


class LenderPaymentIn(Body):
    """Money that shall go back to a lender; without a day, today."""

    amount: MoneyBody
    paid_on: date | None = None
    channel: Channel = Channel.BANK


class LenderShareIn(Body):
    """A profit that was declared from accounts, of which the lender has its share."""

    declared: MoneyBody
    evidence: Digest
    paid_on: date | None = None
    channel: Channel = Channel.BANK


class LenderPaymentOut(Body):
    """A payment to a lender: `principal` and `cost` are told once it has left."""

    payment_id: UUID
    draw_id: UUID
    kind: Literal["repayment", "share"]
    amount: MoneyBody
    declared: MoneyBody | None
    paid_on: date
    channel: Channel
    state: Literal["proposed", "paid", "rejected", "taken_back"]
    principal: MoneyBody
    cost: MoneyBody

    @classmethod
    def of(
        cls, row: LenderPaymentRow, *, bookings: Sequence[LenderBookingRow], outcome: str | None
    ) -> Self:
        """Write a payment with what it was booked as."""
        state: Literal["proposed", "paid", "rejected", "taken_back"] = "proposed"
        if len(bookings) > 1:
            state = "taken_back"
        elif bookings:
            state = "paid"
        elif outcome is not None:
            state = "rejected"
        declared = row.declared_minor
        principal = sum(one.principal_minor for one in bookings)
        cost = sum(one.cost_minor for one in bookings)
        return cls(
            payment_id=row.payment_id,
            draw_id=row.draw_id,
            kind="share" if row.kind == "share" else "repayment",
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            declared=None if declared is None else MoneyBody.of(Money(declared, row.currency)),
            paid_on=row.paid_on,
            channel=Channel(row.channel),
            state=state,
            principal=MoneyBody.of(Money(principal, row.currency)),
            cost=MoneyBody.of(Money(cost, row.currency)),
        )


class LenderInstalmentOut(Body):
    """What a lender is to be paid on a day, as it stands."""

    number: int
    due_on: date
    principal: MoneyBody
    cost: MoneyBody
    paid: MoneyBody
    open: MoneyBody


class OwedOut(Body):
    """What is owed to a lender on a day; `payoff` ends the loan on that day."""

    on: date
    principal: MoneyBody
    due: MoneyBody
    due_cost: MoneyBody
    overdue_since: date | None
    payoff: MoneyBody

    @classmethod
    def of(cls, owed: Owed, *, on: date) -> Self:
        """Write what is owed."""
        return cls(
            on=on,
            principal=MoneyBody.of(owed.principal),
            due=MoneyBody.of(owed.due),
            due_cost=MoneyBody.of(owed.cost),
            overdue_since=owed.overdue_since,
            payoff=MoneyBody.of(owed.payoff),
        )


class DrawOut(Body):
    """A draw-down; once its money came, with its instalments and what is owed on a day."""

    draw_id: UUID
    agreement_id: UUID
    reference: str
    amount: MoneyBody
    state: str
    received_on: date | None
    receipt_id: UUID | None
    instalments: list[LenderInstalmentOut]
    owed: OwedOut | None

    @classmethod
    def of(
        cls,
        drawn: Drawn,
        *,
        on: date,
        borrowed: Borrowed | None = None,
        owed: Owed | None = None,
    ) -> Self:
        """Write a draw-down as it stands on a day."""
        row, receipt = drawn.row, drawn.receipt
        return cls(
            draw_id=row.draw_id,
            agreement_id=row.agreement_id,
            reference=row.reference,
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            state=drawn.state,
            received_on=None if receipt is None else receipt.received_on,
            receipt_id=None if receipt is None else receipt.receipt_id,
            instalments=[] if borrowed is None else _instalments(borrowed, on=on),
            owed=None if owed is None else OwedOut.of(owed, on=on),
        )


def _instalments(borrowed: Borrowed, *, on: date) -> list[LenderInstalmentOut]:
    def body(minor: int) -> MoneyBody:
        return MoneyBody.of(Money(minor, borrowed.terms.currency))

    return [
        LenderInstalmentOut(
            number=row.number,
            due_on=row.due_on,
            principal=body(row.principal),
            cost=body(row.profit),
            paid=body(row.paid),
            open=body(row.outstanding),
        )
        for row in borrowed.course(as_of=on).rows
        if row.number is not None
    ]


class LenderDrawOut(Body):
    """What one draw-down of a fund came to, as it is booked: owed = drawn - given back."""

    donor_id: UUID
    agreement_id: UUID
    draw_id: UUID
    reference: str
    received_on: date
    drawn: MoneyBody
    given_back: MoneyBody
    cost: MoneyBody
    owed: MoneyBody


class FundLendersOut(Body):
    """What a fund owes to lenders: booked = owed under agreements + received outside any."""

    fund_id: UUID
    booked: MoneyBody
    owed: MoneyBody
    outside: MoneyBody
    items: list[LenderDrawOut]

    @classmethod
    def of(cls, fund_id: UUID, rows: Sequence[Standing], *, booked: Money) -> Self:
        """Write what a fund owes beside what its books say it owes."""
        owed = Money.total((row.owed for row in rows), booked.currency)
        return cls(
            fund_id=fund_id,
            booked=MoneyBody.of(booked),
            owed=MoneyBody.of(owed),
            outside=MoneyBody.of(booked - owed),
            items=[
                LenderDrawOut(
                    donor_id=row.donor_id,
                    agreement_id=row.agreement_id,
                    draw_id=row.draw_id,
                    reference=row.reference,
                    received_on=row.received_on,
                    drawn=MoneyBody.of(row.drawn),
                    given_back=MoneyBody.of(row.given_back),
                    cost=MoneyBody.of(row.cost),
                    owed=MoneyBody.of(row.owed),
                )
                for row in rows
            ],
        )


class LenderLineOut(Body):
    """One movement between a lender and a fund; `owed` is the principal after it."""

    on: date
    kind: Literal["drawn", "repayment", "share"]
    amount: MoneyBody
    principal: MoneyBody
    cost: MoneyBody
    owed: MoneyBody
    entry_id: UUID | None


class LenderStatementPartOut(Body):
    """One draw-down of a lender through its life until a day."""

    draw_id: UUID
    agreement_id: UUID
    reference: str
    currency: str
    lines: list[LenderLineOut]
    owed: OwedOut

    @classmethod
    def of(cls, drawn: Drawn, *, paid: Sequence[Paid], owed: Owed, on: date) -> Self:
        """Write the movements of a draw-down until a day."""
        row = drawn.row
        left = Money(row.amount_minor, row.currency)
        received_on = row.recorded_at.date() if drawn.receipt is None else drawn.receipt.received_on
        lines = [
            LenderLineOut(
                on=received_on,
                kind="drawn",
                amount=MoneyBody.of(left),
                principal=MoneyBody.of(left),
                cost=MoneyBody.of(Money.zero(row.currency)),
                owed=MoneyBody.of(left),
                entry_id=None,
            )
        ]
        for one in paid:
            if one.paid_on > on:
                continue
            left -= one.principal
            lines.append(
                LenderLineOut(
                    on=one.paid_on,
                    kind="share" if one.kind == "share" else "repayment",
                    amount=MoneyBody.of(one.amount),
                    principal=MoneyBody.of(one.principal),
                    cost=MoneyBody.of(one.cost),
                    owed=MoneyBody.of(left),
                    entry_id=one.entry_id,
                )
            )
        return cls(
            draw_id=row.draw_id,
            agreement_id=row.agreement_id,
            reference=row.reference,
            currency=row.currency,
            lines=lines,
            owed=OwedOut.of(owed, on=on),
        )


class LenderStatementOut(Body):
    """All that moved between a lender and the institution's funds until a day, by what stands."""

    donor_id: UUID
    on: date
    items: list[LenderStatementPartOut]
