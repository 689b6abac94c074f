"""What do promises, money that comes for instalments, and rates look like on the wire?"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.loans.agreements.schemas import Digest, plain
from services.loans.agreements.tables import (
    AgreementChangeRow,
    AgreementMoveRow,
    ExchangeRateRow,
    PledgeRow,
)
from services.loans.domain.agreement_exchange import Rate
from services.loans.domain.journal import Channel
from shared.money import Money
from shared.schemas import Body, Day, MoneyBody

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["USD"])]


class Nothing(Body):
    """A request that says all by its path."""


class PledgeIn(Body):
    """A promise to a fund, with the paper that says so."""

    fund_id: UUID
    donor_id: UUID
    amount: MoneyBody
    pledged_on: date
    expires_on: date | None = None
    evidence: Digest

    @model_validator(mode="after")
    def _ends_later(self) -> Self:
        if self.expires_on is not None and self.expires_on <= self.pledged_on:
            raise PydanticCustomError("expires_on", "the pledge ends before it begins")
        return self


class PledgeOut(Body):
    """A promise; `agreed` is what of it became agreements in force. None of it is money."""

    pledge_id: UUID
    reference: str
    fund_id: UUID
    donor_id: UUID
    amount: MoneyBody
    agreed: MoneyBody
    pledged_on: date
    expires_on: date | None
    withdrawn_on: date | None
    state: Literal["open", "agreed", "withdrawn", "expired"]

    @classmethod
    def of(cls, row: PledgeRow, *, agreed_minor: int, on: date) -> Self:
        """Write a pledge as it stands on a day."""
        state: Literal["open", "agreed", "withdrawn", "expired"] = "open"
        if row.withdrawn_on is not None:
            state = "withdrawn"
        elif agreed_minor:
            state = "agreed"
        elif row.expires_on is not None and on >= row.expires_on:
            state = "expired"
        return cls(
            pledge_id=row.pledge_id,
            reference=row.reference,
            fund_id=row.fund_id,
            donor_id=row.donor_id,
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            agreed=MoneyBody.of(Money(agreed_minor, row.currency)),
            pledged_on=row.pledged_on,
            expires_on=row.expires_on,
            withdrawn_on=row.withdrawn_on,
            state=state,
        )


class InstalmentReceiptIn(Body):
    """Money that came for an instalment in the fund's currency; without a day, today."""

    amount: MoneyBody
    received_on: date | None = None
    channel: Channel = Channel.BANK


class ExchangeIn(Body):
    """Money that came in the giver's currency, and what the bank credited of it."""

    paid: MoneyBody
    credited: MoneyBody
    received_on: date | None = None
    channel: Channel = Channel.BANK


class MatchIn(Body):
    """A receipt that was booked before, and what of it stands for the instalment."""

    receipt_id: UUID
    amount: MoneyBody


class CancellationIn(Body):
    """What of an instalment comes no more, with the giver's paper."""

    amount: MoneyBody
    evidence: Digest


class PostponementIn(CancellationIn):
    """What of an instalment comes on another day, with the giver's paper."""

    due_on: Day


class ChangeOut(Body):
    """What of an instalment is to come no more, or on another day; another person approves it."""

    change_id: UUID
    agreement_id: UUID
    number: int
    amount: MoneyBody
    due_on: date | None

    @classmethod
    def of(cls, row: AgreementChangeRow) -> Self:
        """Write a change."""
        return cls(
            change_id=row.change_id,
            agreement_id=row.agreement_id,
            number=row.number,
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            due_on=row.due_on,
        )


class MoveOut(Body):
    """What came for an instalment, or comes no more.

    `booked` is what of the receipt stands for it, in the fund's currency; `credited` and
    `difference` are told of an exchange, at the rate named.
    """

    move_id: UUID
    agreement_id: UUID
    number: int
    kind: Literal["match", "unmatch", "cancel"]
    amount: MoneyBody
    booked: MoneyBody
    credited: MoneyBody | None
    difference: MoneyBody | None
    rate_id: UUID | None
    receipt_id: UUID | None
    reverses_move_id: UUID | None

    @classmethod
    def of(cls, row: AgreementMoveRow, *, fund_currency: str) -> Self:
        """Write a movement."""
        credited, difference = None, None
        if row.credited_minor is not None:
            credited = MoneyBody.of(Money(row.credited_minor, fund_currency))
            difference = MoneyBody.of(Money(row.credited_minor - row.fund_minor, fund_currency))
        return cls(
            move_id=row.move_id,
            agreement_id=row.agreement_id,
            number=row.number,
            kind=_kind(row.kind),
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            booked=MoneyBody.of(Money(row.fund_minor, fund_currency)),
            credited=credited,
            difference=difference,
            rate_id=row.rate_id,
            receipt_id=row.receipt_id,
            reverses_move_id=row.reverses_move_id,
        )


def _kind(text: str) -> Literal["match", "unmatch", "cancel"]:
    kinds: dict[str, Literal["match", "unmatch", "cancel"]] = {
        "match": "match",
        "unmatch": "unmatch",
        "cancel": "cancel",
    }
    return kinds[text]


class RateIn(Body):
    """What one unit of `base` is worth in `quote` on a day, by a source."""

    base: Currency
    quote: Currency
    on: date
    rate: Annotated[Decimal, Field(gt=0, max_digits=21, decimal_places=12)]
    source: Annotated[str, Field(min_length=1, max_length=300)]

    def value(self) -> Rate:
        """Give the rate. Raises RateNotPossible."""
        return Rate(
            base=self.base, quote=self.quote, on=self.on, rate=self.rate, source=self.source
        )


class RateOut(Body):
    """A rate of the table."""

    rate_id: UUID
    base: str
    quote: str
    on: date
    rate: Decimal
    source: str

    @classmethod
    def of(cls, row: ExchangeRateRow) -> Self:
        """Write a rate."""
        return cls(
            rate_id=row.rate_id,
            base=row.base,
            quote=row.quote,
            on=row.rated_on,
            rate=plain(row.rate),
            source=row.source,
        )
