"""What must a borrower save with the loan, and what do they have back?"""

from dataclasses import dataclass
from decimal import Decimal

from services.loans.domain.contradictions import is_within, refuse_first
from shared.errors import Kind, RafidError
from shared.money import Money, Rounding

PERCENT = 100


class SavingsBearNoInterest(RafidError):
    """Savings bear no interest on a contract that follows Sharia"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "In the mode {mode} savings cannot earn {annual_rate} a year: agree on a share of the"
        " profit that is declared, or on nothing."
    )
    mode: str
    annual_rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Savings:
    """Compulsory savings: the borrower's own money, held until the last instalment is due.

    `upfront_percent` of the principal is put in on the day of disbursement; with each instalment
    `each` (an amount) or `each_percent` (of the principal). They are agreed and told with the cost
    of the loan, and lie in an account of the fund that owes them back (`holdings`). They earn
    nothing, or `annual_rate` (a fraction a year; never where the contract follows Sharia), or
    `profit_share_percent` of the profit that is declared. Raises `TermsInvalid`.
    """

    upfront_percent: Decimal = Decimal(0)
    each: Money | None = None
    each_percent: Decimal | None = None
    annual_rate: Decimal = Decimal(0)
    profit_share_percent: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        each, percent = self.each, self.each_percent
        refuse_first(
            self,
            {
                "upfront_percent": is_within(self.upfront_percent, 0, PERCENT - 1),
                "each": each is None or (each.minor > 0 and percent is None),
                "each_percent": percent is None
                or (is_within(percent, 0, PERCENT) and bool(percent)),
                "annual_rate": is_within(self.annual_rate, 0, 1),
                "profit_share_percent": is_within(self.profit_share_percent, 0, PERCENT)
                and not (self.profit_share_percent and self.annual_rate),
            },
            within="savings",
        )

    @property
    def is_asked(self) -> bool:
        """Whether anything must be saved at all."""
        return bool(self.upfront_percent or self.each or self.each_percent)

    def require_no_interest(self, *, mode: str) -> None:
        """Raise `SavingsBearNoInterest` where a rate is agreed for them: money for money."""
        if self.annual_rate:
            raise SavingsBearNoInterest(mode=mode, annual_rate=self.annual_rate)

    def upfront(self, principal: Money, *, rounding: Rounding = "half_even") -> Money:
        """Give what is put in at disbursement: 10 % of 1,000.000 JOD is 100.000 JOD."""
        return principal.times(self.upfront_percent.scaleb(-2), rounding=rounding)

    def with_each(self, principal: Money, *, rounding: Rounding = "half_even") -> Money:
        """Give what is put in with each instalment: 1 % of 1,000.000 JOD is 10.000 JOD."""
        if self.each is not None:
            return self.each
        percent = self.each_percent or Decimal(0)
        return principal.times(percent.scaleb(-2), rounding=rounding)
