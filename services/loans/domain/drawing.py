"""In which parts is a loan paid out, and what part of each comes back at once?"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from services.loans.domain.contradictions import is_within, refuse_first
from shared.money import Money

TRANCHES_MAX = 60
PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Tranche:
    """A part of the loan that is expected to be paid out on a later day."""

    on: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """How the principal is paid out.

    `tranches` are those after the first, in order; the first is what they leave of the principal.
    `down_payment_percent` of each falls due on the day it is paid out, as an instalment of its own.
    Raises `TermsInvalid`.
    """

    tranches: tuple[Tranche, ...] = ()
    down_payment_percent: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        tranches = self.tranches
        in_order = all(one.on < other.on for one, other in pairwise(tranches))
        positive = all(one.amount.minor > 0 for one in tranches)
        percent = self.down_payment_percent
        refuse_first(
            self,
            {
                "tranches": in_order and positive and len(tranches) <= TRANCHES_MAX,
                "down_payment_percent": is_within(percent, 0, PERCENT) and percent < PERCENT,
            },
            within="drawing",
        )
