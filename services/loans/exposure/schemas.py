"""What do limits and the sums of connected groups look like on the wire?"""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from services.loans.domain.exposure import Connected, TieKind
from services.loans.exposure.tables import ExposureLimitRow
from shared.money import Money
from shared.schemas import Body, MoneyBody

CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class ExposureLimitIn(Body):
    """What a connected group may owe from a day on; without `max_amount` the limit is lifted."""

    currency: CurrencyCode
    max_amount: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    ties: Annotated[frozenset[TieKind], Field(min_length=1)] = frozenset(TieKind)
    effective_on: date

    def most(self) -> Money | None:
        """Read the amount. Raises what `Money.parse` raises."""
        amount = Money.parse(self.max_amount or "0", self.currency)
        return None if self.max_amount is None else amount


class ExposureLimitOut(Body):
    """A limit, from the day on which it holds."""

    exposure_limit_id: UUID
    currency: str
    max_amount: MoneyBody | None
    ties: list[TieKind]
    effective_on: date
    actor_id: UUID

    @classmethod
    def of(cls, row: ExposureLimitRow) -> Self:
        """Write a row."""
        most = row.max_amount_minor
        return cls(
            exposure_limit_id=row.exposure_limit_id,
            currency=row.currency,
            max_amount=None if most is None else MoneyBody.of(Money(most, row.currency)),
            ties=[TieKind(tie) for tie in row.ties],
            effective_on=row.effective_on,
            actor_id=row.actor_id,
        )


class OwedOut(Body):
    """What one member owes, or will."""

    borrower_id: UUID
    owed: MoneyBody


class ExposureOut(Body):
    """What the borrowers connected with one owe together, and what they may."""

    borrower_id: UUID
    members: list[OwedOut]
    total: MoneyBody
    max_amount: MoneyBody | None
    room: MoneyBody | None

    @classmethod
    def of(cls, group: Connected, *, borrower_id: UUID) -> Self:
        """Write a group; nothing is left where it owes more than it may by now."""
        room = None
        if group.most is not None:
            room = max(group.most - group.total, Money.zero(group.most.currency))
        return cls(
            borrower_id=borrower_id,
            members=[
                OwedOut(borrower_id=one.borrower_id, owed=MoneyBody.of(one.amount))
                for one in group.members
            ],
            total=MoneyBody.of(group.total),
            max_amount=None if group.most is None else MoneyBody.of(group.most),
            room=None if room is None else MoneyBody.of(room),
        )
