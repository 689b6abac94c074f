"""What comes in and goes out month by month, what is owed elsewhere, what will surely be paid?

Told beside the ordinary month of an application: twelve months of which the first is the one
after payment, debts elsewhere one by one, and signed contracts that the loan is repaid from.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum

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


class DebtListedTwice(RafidError):
    """A debt elsewhere is listed twice"""

    kind = Kind.RULE
    service = "loans"
    detail = "{lender} is listed more than once by the same source; add up what it is paid."
    lender: str


class DebtNotYet(RafidError):
    """A debt elsewhere is told as of a day to come"""

    kind = Kind.RULE
    service = "loans"
    detail = "The debt to {lender} is told as of {as_of}; today is {today}."
    lender: str
    as_of: date
    today: date


class ReceiptListedTwice(RafidError):
    """A payment under a signed contract is listed twice"""

    kind = Kind.RULE
    service = "loans"
    detail = "What {proof} pays in month {month} is listed more than once."
    proof: str
    month: int


class DebtSource(StrEnum):
    """Who tells of a debt elsewhere."""

    DECLARED = "declared"
    BUREAU = "bureau"


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
class OtherDebt:
    """What another lender is paid a month, who tells so, and as of when."""

    source: DebtSource
    lender: str
    monthly: Money
    as_of: date


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

    Raises SeasonIncomplete, VerifiedAboveTold, DebtListedTwice, ReceiptListedTwice,
    HouseholdNegative.
    """

    months: tuple[Month, ...] = ()
    saved: Money | None = None
    debts: tuple[OtherDebt, ...] = ()
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
        lenders = Counter((one.source, one.lender.casefold().strip()) for one in self.debts)
        for debt in self.debts:
            if lenders[debt.source, debt.lender.casefold().strip()] > 1:
                raise DebtListedTwice(lender=debt.lender)
        receipts = Counter((one.proof, one.month) for one in self.contracts)
        for (proof, month_), count in receipts.items():
            if count > 1:
                raise ReceiptListedTwice(proof=proof, month=month_)

    @property
    def has_season(self) -> bool:
        """Whether months are to be reckoned one by one."""
        return bool(self.months or self.contracts or self.saved is not None)

    @property
    def currencies(self) -> set[str]:
        """The currencies of all amounts."""
        return {amount.currency for _, amount in self._amounts()}

    def year(self, household: Household) -> tuple[Month, ...]:
        """Give the twelve months; where none were told each is as the ordinary one."""
        return self.months or (Month.ordinary(household),) * MONTHS

    def check_days(self, *, on: date) -> None:
        """Raise DebtNotYet for a debt that is told as of a day to come."""
        for debt in self.debts:
            if debt.as_of > on:
                raise DebtNotYet(lender=debt.lender, as_of=debt.as_of, today=on)

    def _amounts(self) -> Iterator[tuple[str, Money]]:
        for month in self.months:
            for member in fields(month):
                value = getattr(month, member.name)
                if value is not None:
                    yield member.name, value
        if self.saved is not None:
            yield "saved", self.saved
        for debt in self.debts:
            yield "monthly", debt.monthly
        for contract in self.contracts:
            yield "amount", contract.amount
