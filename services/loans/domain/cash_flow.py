"""What comes in and goes out month by month, and what will signed contracts pay?

Told beside the ordinary month of an application: twelve months of which the first is the one
after payment, what is saved, and contracts that the loan is repaid from.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal

from services.loans.domain.household import Household, check_not_negative
from shared.errors import Kind, RafidError
from shared.money import Money

MONTHS = 12


class SeasonIncomplete(RafidError):
    """A season is told for twelve months"""

    kind = Kind.RULE
    service = "loans"
    detail = "{told} months were told; a year has twelve, the first is the one after payment."
    told: int


class VerifiedAboveTold(RafidError):
    """More income is proven for a month than was told"""

    kind = Kind.RULE
    service = "loans"
    detail = "For month {month} an income of {verified} is proven, and {told} is told."
    month: int
    verified: Money
    told: Money


class ReceiptListedTwice(RafidError):
    """A payment under a signed contract is listed twice"""

    kind = Kind.RULE
    service = "loans"
    detail = "What {proof} pays in month {month} is listed more than once."
    proof: str
    month: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month of the year; `verified_income` is what somebody has proven of its income."""

    other_income: Money
    sales: Money
    business_costs: Money
    household_costs: Money
    debt_service: Money
    verified_income: Money | None = None

    @classmethod
    def ordinary(cls, household: Household) -> "Month":
        """Give a month that is as every other."""
        return cls(**{one.name: getattr(household, one.name) for one in fields(household)})


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedContract:
    """What a contract that is signed will pay, in which month from the payment on.

    `delay_months` later and less `discount` is what is counted on; `proof` names the paper.
    """

    month: int
    amount: Money
    proof: str
    delay_months: int = 1
    discount: Decimal = Decimal("0.20")


@dataclass(frozen=True, slots=True, kw_only=True)
class CashFlow:
    """What is told beside the ordinary month; `saved` is what is there on the first day.

    Raises SeasonIncomplete, VerifiedAboveTold, ReceiptListedTwice, HouseholdNegative.
    """

    months: tuple[Month, ...] = ()
    saved: Money | None = None
    contracts: tuple[SignedContract, ...] = ()

    def __post_init__(self) -> None:
        if self.months and len(self.months) != MONTHS:
            raise SeasonIncomplete(told=len(self.months))
        for member, amount in self._amounts():
            check_not_negative(member, amount)
        for number, month in enumerate(self.months, start=1):
            told = month.other_income + month.sales
            if month.verified_income is not None and month.verified_income > told:
                raise VerifiedAboveTold(month=number, verified=month.verified_income, told=told)
        receipts = Counter((one.proof, one.month) for one in self.contracts)
        for (proof, month_), count in receipts.items():
            if count > 1:
                raise ReceiptListedTwice(proof=proof, month=month_)

    @property
    def currencies(self) -> set[str]:
        """The currencies of all amounts."""
        return {amount.currency for _, amount in self._amounts()}

    def year(self, household: Household) -> tuple[Month, ...]:
        """Give the twelve months; where none were told each is as the ordinary one."""
        return self.months or (Month.ordinary(household),) * MONTHS

    def _amounts(self) -> Iterator[tuple[str, Money]]:
        for month in self.months:
            for member in fields(month):
                value = getattr(month, member.name)
                if value is not None:
                    yield member.name, value
        if self.saved is not None:
            yield "saved", self.saved
        for contract in self.contracts:
            yield "amount", contract.amount
