"""In which parts is a loan paid out, and what part of each comes back at once?"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from services.loans.domain.contradictions import is_within, refuse_first
from shared.money import Money

TRANCHES_MAX = 60
PERCENT = 100
LATE_DAYS_MAX = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Tranche:
    """A part of the loan that is expected to be paid out on a later day."""

    on: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """How the principal is paid out.

    `tranches` are those after the first, in order; the first is what they leave of the principal.
    `down_payment_percent` of each falls due on the day it is paid out, as an instalment of its own;
    with `down_payment_first` nothing is paid out before that much has come in. A tranche is drawn
    on its day, whole; or within `late_days` after it, or in a smaller amount (`may_be_less`),
    where that is agreed. Raises `TermsInvalid`.
    """

    tranches: tuple[Tranche, ...] = ()
    down_payment_percent: Decimal = Decimal(0)
    down_payment_first: bool = False
    may_be_less: bool = False
    late_days: int = 0

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
                "down_payment_first": bool(percent) or not self.down_payment_first,
                "may_be_less": bool(tranches) or not self.may_be_less,
                "late_days": 0 <= self.late_days <= LATE_DAYS_MAX
                and bool(tranches or not self.late_days),
            },
            within="drawing",
        )
