"""How long has zakat lain undistributed, receipt by receipt?

What goes out is taken from the oldest receipt first, so what is in hand is of the newest ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from services.loans.domain.zakat import nisab
from shared.money import Money


class Level(StrEnum):
    """How pressing it is to distribute."""

    FRESH = "fresh"
    NOTICE = "notice"
    WARNING = "warning"
    URGENT = "urgent"
    PAST_LIMIT = "past_limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A receipt of zakat that was not taken back."""

    receipt_id: UUID
    received_on: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From which age on each level holds, and the age that none may pass: 180, 270, 330, 354."""

    notice: int
    warning: int
    urgent: int
    most: int

    def level(self, age_days: int) -> Level:
        """The level of an age: on the day of the limit itself it is still urgent."""
        if age_days > self.most:
            return Level.PAST_LIMIT
        steps = ((self.urgent, Level.URGENT), (self.warning, Level.WARNING))
        for least, found in (*steps, (self.notice, Level.NOTICE)):
            if age_days >= least:
                return found
        return Level.FRESH


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What of a receipt is still in hand, how old it is, and by when it must be given.

    `distribute_by` counts days, `lunar_year_ends_on` is the same day of the next Hijri year.
    """

    receipt: Received
    open: Money
    age_days: int
    level: Level
    distribute_by: date
    lunar_year_ends_on: date


def layers(
    receipts: Sequence[Received], *, in_hand: Money, on: date, limits: Limits
) -> tuple[Layer, ...]:
    """What is in hand by receipt, the oldest first; the layers sum to it.

    Received 100 on 1 January, 200 on 1 March, 150 in hand: all of it is of March. What came back
    from borrowers beyond all receipts counts to the oldest day there is.
    """
    left = in_hand
    found: list[Layer] = []
    for receipt in sorted(receipts, key=_order, reverse=True):
        still = min(left, receipt.amount)
        if not still.is_positive:
            continue
        left -= still
        age = (on - receipt.received_on).days
        found.append(
            Layer(
                receipt=receipt,
                open=still,
                age_days=age,
                level=limits.level(age),
                distribute_by=receipt.received_on + timedelta(days=limits.most),
                lunar_year_ends_on=nisab.year_after(receipt.received_on),
            )
        )
    return tuple(reversed(found))


def total(found: Sequence[Layer], *, level: Level, currency: str) -> Money:
    """What is in hand of a level."""
    return Money.total((one.open for one in found if one.level is level), currency)


def _order(receipt: Received) -> tuple[date, UUID]:
    return receipt.received_on, receipt.receipt_id
