"""What does money held for a contract look like on the wire?"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from services.loans.domain.holdings import Asked, HoldingKind, Purpose
from services.loans.domain.journal import Channel
from services.loans.holdings.tables import HoldingRequestRow, HoldingRow
from shared.money import Money
from shared.schemas import LATER, Body, MoneyBody

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class HoldingIn(Body):
    """Money put in or taken out; without a day it moved today. `sha256` is of its receipt."""

    purpose: Purpose
    amount: MoneyBody
    moved_on: date | None = None
    channel: Channel = Channel.CASH
    sha256: Digest | None = None

    def asked(self, *, today: date) -> Asked:
        """Give what is asked as the operation takes it."""
        return Asked(
            purpose=self.purpose,
            amount=self.amount.money(),
            on=self.moved_on or today,
            channel=self.channel,
            evidence=self.sha256,
        )


class WithdrawalIn(HoldingIn):
    """Money taken out, as another person asked in the request that is named."""

    request_id: Annotated[UUID | None, LATER] = None


class HoldingRequestIn(Body):
    """A withdrawal that is asked for, or a profit that is declared (`earning`): another books it.

    `sha256` is of the paper that asks, or of the accounts.
    """

    kind: Literal[HoldingKind.WITHDRAWAL, HoldingKind.EARNING]
    purpose: Purpose = Purpose.SAVINGS
    amount: MoneyBody
    channel: Channel = Channel.CASH
    sha256: Digest | None = None

    def asked(self, *, today: date) -> Asked:
        """Give what is asked as the operation takes it."""
        return Asked(
            purpose=self.purpose,
            amount=self.amount.money(),
            on=today,
            channel=self.channel,
            evidence=self.sha256,
        )


class EarningIn(Body):
    """What savings earned through a day: by their rate, or their share of a declared profit.

    A profit was declared by another person, in the request that is named.
    """

    through_on: date | None = None
    declared: MoneyBody | None = None
    sha256: Digest | None = None
    request_id: Annotated[UUID | None, LATER] = None


class HoldingReversalIn(Body):
    """Why a movement is taken back; codes only, no words about a person."""

    reason: Literal["wrong_contract", "wrong_amount", "not_received", "duplicate"]


class HoldingOut(Body):
    """One movement of held money; taken out, the amount is negative."""

    holding_id: UUID
    contract_id: UUID
    purpose: Purpose
    kind: HoldingKind
    amount: MoneyBody
    moved_on: date
    channel: Channel | None
    sha256: str | None
    disbursement_id: UUID | None
    order_id: UUID | None
    reverses_holding_id: UUID | None
    request_id: UUID | None
    entry_id: UUID
    recorded_at: datetime

    @classmethod
    def of(cls, row: HoldingRow) -> Self:
        """Write a movement."""
        return cls(
            holding_id=row.holding_id,
            contract_id=row.contract_id,
            purpose=Purpose(row.purpose),
            kind=HoldingKind(row.kind),
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            moved_on=row.moved_on,
            channel=None if row.channel is None else Channel(row.channel),
            sha256=row.evidence,
            disbursement_id=row.disbursement_id,
            order_id=row.order_id,
            reverses_holding_id=row.reverses_holding_id,
            request_id=row.request_id,
            entry_id=row.entry_id,
            recorded_at=row.recorded_at,
        )


class HoldingRequestOut(Body):
    """What one person asked for, for another to book before the day on which it expires."""

    request_id: UUID
    contract_id: UUID
    kind: HoldingKind
    purpose: Purpose
    amount: MoneyBody
    channel: Channel | None
    sha256: str | None
    expires_on: date
    asked_by: UUID
    recorded_at: datetime

    @classmethod
    def of(cls, row: HoldingRequestRow) -> Self:
        """Write a request."""
        return cls(
            request_id=row.request_id,
            contract_id=row.contract_id,
            kind=HoldingKind(row.kind),
            purpose=Purpose(row.purpose),
            amount=MoneyBody.of(Money(row.amount_minor, row.currency)),
            channel=None if row.channel is None else Channel(row.channel),
            sha256=row.evidence,
            expires_on=row.expires_on,
            asked_by=row.actor_id,
            recorded_at=row.recorded_at,
        )


class HoldingsOut(Body):
    """What is held for a contract, what its terms ask for by today, and every movement.

    `requests` were asked for by one person, and another may still book them.
    """

    savings: MoneyBody
    savings_asked: MoneyBody
    contribution: MoneyBody
    contribution_asked: MoneyBody
    items: list[HoldingOut]
    requests: list[HoldingRequestOut]

    @classmethod
    def of(
        cls,
        rows: Sequence[HoldingRow],
        *,
        asked: dict[Purpose, Money],
        held: dict[Purpose, Money],
        requests: Sequence[HoldingRequestRow],
    ) -> Self:
        """Write what is held."""
        return cls(
            savings=MoneyBody.of(held[Purpose.SAVINGS]),
            savings_asked=MoneyBody.of(asked[Purpose.SAVINGS]),
            contribution=MoneyBody.of(held[Purpose.CONTRIBUTION]),
            contribution_asked=MoneyBody.of(asked[Purpose.CONTRIBUTION]),
            items=[HoldingOut.of(row) for row in rows],
            requests=[HoldingRequestOut.of(row) for row in requests],
        )
