"""Who bears a loss of a lending waqf, and is the loss to be expected covered?

The order is security, guarantors, the pool of the participants, the reserve, later yield; the
borrower is never charged more for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.loans.domain.waqf import Books
from services.loans.domain.waqf_deed import Deed, LossBase
from shared.errors import Kind, RafidError
from shared.money import Money


class Bearer(StrEnum):
    """Who bears a loss, the first first."""

    SECURITY = "security"
    GUARANTORS = "guarantors"
    TABARRU = "tabarru"
    RESERVE = "reserve"
    LATER_YIELD = "later_yield"


class NothingLost(RafidError):
    """No loss of the contract is left to be covered"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "Of the contract {contract} {lost} was lost and {covered} is covered already."
    contract: str
    lost: Money
    covered: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """The loss to be expected of a waqf that lends, and what is kept against it."""

    base: LossBase
    expected: Money
    reserve: Money
    tabarru: Money

    @property
    def short(self) -> Money:
        """What reserve and pool lack; none where they reach the expected loss."""
        kept = self.reserve + self.tabarru
        return max(self.expected - kept, Money.zero(kept.currency))


def borne(loss: Money, *, held: Mapping[Bearer, Money]) -> dict[Bearer, Money]:
    """Divide a loss over who bears it, each to what he holds, the first wholly before the next.

    20,000 lost, security 5,000, guarantor 4,000, pool 3,000, reserve 6,000: later yield bears
    2,000. What later yield bears is missing from the corpus until then.
    """
    left = loss
    found: dict[Bearer, Money] = {}
    for bearer in Bearer:
        part = left if bearer is Bearer.LATER_YIELD else min(left, held.get(bearer, left - left))
        found[bearer] = part
        left -= part
    return found


def given_back(lost: Money, *, bore: Mapping[Bearer, Money]) -> dict[Bearer, Money]:
    """What goes back to who bore a loss of which a part was recovered, the last of them first.

    Pool 30 and reserve 60 bore 90, of which 20 stay lost: 60 to the reserve, 10 to the pool. No
    more than they bore goes back to them.
    """
    still = borne(max(lost, lost - lost), held=bore)
    return {bearer: part - still[bearer] for bearer, part in bore.items()}


def cover(books: Books, *, deed: Deed, also_lent: Money | None = None) -> Cover:
    """The loss to be expected by the deed's rate of its base, against reserve and pool.

    A pool of 500,000 of which 460,000 is lent, 3 %: 15,000 of the pool, or 13,800 of what is
    lent; with 9,000 in the reserve the first is short by 6,000, the second by 4,800.
    """
    lent = books.lent if also_lent is None else books.lent + also_lent
    base = books.floor if deed.loss_base is LossBase.POOL else lent
    return Cover(
        base=deed.loss_base,
        expected=base.times(deed.loss_rate, rounding="up"),
        reserve=books.reserve,
        tabarru=books.tabarru,
    )
