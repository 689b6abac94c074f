"""What must a borrower save with the loan, and what do they have back?"""

from dataclasses import dataclass
from decimal import Decimal

from services.loans.domain.contradictions import is_within, refuse_first
from shared.money import Money, Rounding

PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Savings:
    """Compulsory savings: the borrower's own money, held until the last instalment is due.

    `upfront_percent` of the principal is put in on the day of disbursement; with each instalment
    `each` (an amount) or `each_percent` (of the principal). They are agreed and told with the cost
    of the loan; the account they are held in is no part of the loan's books. Raises `TermsInvalid`.
    """

    upfront_percent: Decimal = Decimal(0)
    each: Money | None = None
    each_percent: Decimal | None = None

    def __post_init__(self) -> None:
        each, percent = self.each, self.each_percent
        refuse_first(
            self,
            {
                "upfront_percent": is_within(self.upfront_percent, 0, PERCENT - 1),
                "each": each is None or (each.minor > 0 and percent is None),
                "each_percent": percent is None
                or (is_within(percent, 0, PERCENT) and bool(percent)),
            },
            within="savings",
        )

    def upfront(self, principal: Money, *, rounding: Rounding = "half_even") -> Money:
        """Give what is put in at disbursement: 10 % of 1,000.000 JOD is 100.000 JOD."""
        return principal.times(self.upfront_percent.scaleb(-2), rounding=rounding)

    def with_each(self, principal: Money, *, rounding: Rounding = "half_even") -> Money:
        """Give what is put in with each instalment: 1 % of 1,000.000 JOD is 10.000 JOD."""
        if self.each is not None:
            return self.each
        percent = self.each_percent or Decimal(0)
        return principal.times(percent.scaleb(-2), rounding=rounding)
