"""What do financing files look like on the wire?"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from sqlalchemy import Row

from services.loans.domain.financing_structure import Leg, Opening
from services.loans.domain.journal import Channel
from services.loans.financing_files.queries import Standing
from services.loans.financing_files.tables import FinancingFileRow, OwnShareRow
from shared.ids import ApplicationId
from shared.money import Money
from shared.schemas import Body, Day, MoneyBody

Word = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]
LegName = Literal["state", "bank"]


class LegIn(Body):
    """An application that finances a part of the cost."""

    leg: LegName
    application_id: UUID


class FileIn(Body):
    """A project's cost, the scheme and what its rule asks for, and the loans that finance it.

    What the loans leave of the cost is the person's own share.
    """

    borrower_id: UUID
    cost: MoneyBody
    scheme: Word
    purpose: Word | None = None
    client_status: Word | None = None
    area: Word | None = None
    legs: Annotated[tuple[LegIn, ...], Field(min_length=1, max_length=2)]

    @model_validator(mode="after")
    def _names_each_leg_once(self) -> Self:
        if len({one.leg for one in self.legs}) < len(self.legs):
            raise ValueError("each leg once")
        return self

    def opening(self) -> Opening:
        """Give the file as the operation takes it."""
        told = {
            name: value
            for name in ("scheme", "purpose", "client_status", "area")
            if (value := getattr(self, name)) is not None
        }
        legs = {Leg(one.leg): ApplicationId(one.application_id) for one in self.legs}
        return Opening(borrower_id=self.borrower_id, cost=self.cost.money(), told=told, legs=legs)


class OwnShareIn(Body):
    """What is shown of the own share, and the SHA-256 of the paper that shows it.

    An amount below zero takes back what was shown by mistake.
    """

    kind: Literal["paid_in", "in_kind"]
    amount: MoneyBody
    evidence: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    shown_on: Day | None = None


class MoveIn(Body):
    """On which day; without one today."""

    on: Day | None = None


class PayOutIn(MoveIn):
    """On which day, and how: in cash or over the bank at once, or to the person's wallet now."""

    channel: Channel = Channel.CASH
    phone: Annotated[str, Field(min_length=5, max_length=40)] | None = None

    @model_validator(mode="after")
    def _fits_its_channel(self) -> Self:
        is_wallet = self.channel is Channel.WALLET
        if is_wallet != (self.phone is not None):
            raise ValueError("a phone is given for a wallet, and only for one")
        if is_wallet and self.on is not None:
            raise ValueError("the wallet says on which day it paid")
        return self


class OwnShareOut(Body):
    """One movement of what is shown."""

    kind: str
    amount: MoneyBody
    shown_on: date
    evidence: str
    actor_id: UUID

    @classmethod
    def of(cls, row: OwnShareRow) -> Self:
        """Write a movement."""
        return cls(
            kind=row.kind,
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            shown_on=row.shown_on,
            evidence=row.evidence,
            actor_id=row.actor_id,
        )


class LegOut(Body):
    """A leg with its contract, once there is one: what it lent, what was paid, what is owed."""

    leg: str
    application_id: UUID
    application_status: str
    contract_id: UUID | None
    reference: str
    contract_status: str | None
    fund_id: UUID | None
    amount: MoneyBody
    share: Decimal
    disbursed: MoneyBody
    paid: MoneyBody
    outstanding_principal: MoneyBody
    owed: MoneyBody
    oldest_open_due_on: date | None


class FileOut(Body):
    """A file: who bears what of the cost, by which rule, and what is owed per leg and in all."""

    file_id: UUID
    reference: str
    status: str
    borrower_id: UUID
    opened_on: date
    cost: MoneyBody
    own_share: MoneyBody
    own_share_shown: MoneyBody
    own_shares: list[OwnShareOut]
    legs: list[LegOut]
    owed: MoneyBody
    fact: dict[str, Any]

    @classmethod
    def of(cls, standing: Standing) -> Self:
        """Write a file with its legs."""
        row = standing.row

        def money(minor: int | None) -> MoneyBody:
            return MoneyBody.of(Money(minor or 0, row.currency))

        legs = [_leg(one, row=row) for one in standing.legs]
        return cls(
            file_id=row.file_id,
            reference=row.reference,
            status=row.status,
            borrower_id=row.borrower_id,
            opened_on=row.opened_on,
            cost=money(row.cost_minor),
            own_share=money(row.own_minor),
            own_share_shown=money(sum(one.amount_minor for one in standing.own)),
            own_shares=[OwnShareOut.of(one) for one in standing.own],
            legs=legs,
            owed=money(sum(_owed(one) for one in standing.legs)),
            fact=row.fact,
        )


class FileLineOut(Body):
    """A file in a list."""

    file_id: UUID
    reference: str
    status: str
    borrower_id: UUID
    cost: MoneyBody
    opened_on: date

    @classmethod
    def of(cls, row: FinancingFileRow) -> Self:
        """Write a file."""
        return cls(
            file_id=row.file_id,
            reference=row.reference,
            status=row.status,
            borrower_id=row.borrower_id,
            cost=MoneyBody.of(Money(row.cost_minor, row.currency)),
            opened_on=row.opened_on,
        )


def _owed(leg: Row[Any]) -> int:
    """What is still to be paid on a leg: all its instalments less what was paid and given up."""
    if not leg.disbursed_minor:
        return 0
    owed: int = (leg.due_minor or 0) - leg.paid_minor - leg.written_off_minor
    return max(owed, 0)


def _leg(leg: Row[Any], *, row: FinancingFileRow) -> LegOut:
    def money(minor: int | None) -> MoneyBody:
        return MoneyBody.of(Money(minor or 0, row.currency))

    amount = leg.principal_minor if leg.principal_minor is not None else leg.asked_minor
    return LegOut(
        leg=leg.leg,
        application_id=leg.application_id,
        application_status=leg.asked,
        contract_id=leg.contract_id,
        reference=leg.reference or leg.application_reference,
        contract_status=leg.status,
        fund_id=leg.fund_id,
        amount=money(amount),
        share=(Decimal(amount) / row.cost_minor).quantize(Decimal("0.000001")),
        disbursed=money(leg.disbursed_minor),
        paid=money(leg.paid_minor),
        outstanding_principal=money(leg.outstanding_principal_minor),
        owed=money(_owed(leg)),
        oldest_open_due_on=leg.oldest_open_due_on,
    )
