"""What of a loan's profit does another fund pay, from when until when, and on which conditions?"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from fractions import Fraction

from services.loans.domain.lifecycle import ContractStatus
from services.loans.domain.schedule import Instalment
from shared.errors import Kind, RafidError
from shared.money import Money

NO_ARREARS = "no_arrears"
"""The condition that is looked at before each payment; others are watched by people."""


class Measure(StrEnum):
    """How much is paid: a share of each profit, or points of the yearly rate."""

    PROFIT_SHARE = "profit_share"
    RATE_POINTS = "rate_points"


class NothingToSubsidise(RafidError):
    """The contract bears no price that could be subsidised"""

    kind = Kind.RULE
    service = "loans"
    detail = "{reference} bears {annual_rate} a year; {part} of it cannot be paid by another fund."
    reference: str
    annual_rate: Decimal
    part: Decimal


class ArrearsStopSubsidy(RafidError):
    """The borrower is late, and the subsidy is for those who are not"""

    kind = Kind.RULE
    service = "loans"
    detail = "An instalment of {oldest} is open: the subsidy of that of {due_on} needs none."
    oldest: date
    due_on: date


class SubsidiesBeyondPrice(RafidError):
    """Subsidies together would pay more than the price"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "With this one {part} of the profit of {reference} would be paid by subsidies of the same"
        " days: all of it is the most."
    )
    reference: str
    part: Decimal


class PriceNoLongerPaid(RafidError):
    """No price is paid for a loan that does not run"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The contract {reference} is {state}: a subsidy pays the price of one that runs."
    reference: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subsidy:
    """A fund's word to pay a part of the price: `part` is 0.5 of the profit, or 0.02 a year.

    `cap` is the most it pays in all. It holds for what falls due from its first day on, before its
    end and before the day on which a condition was lost.
    """

    measure: Measure
    part: Decimal
    starts_on: date
    ends_on: date | None = None
    cap: Money | None = None
    lost_on: date | None = None

    def holds(self, due_on: date) -> bool:
        """Whether what falls due on a day is subsidised."""
        ends = [day for day in (self.ends_on, self.lost_on) if day is not None]
        return self.starts_on <= due_on and all(due_on < day for day in ends)

    def meets(self, other: "Subsidy") -> bool:
        """Whether both hold on some day, were no condition lost."""
        return (other.ends_on is None or self.starts_on < other.ends_on) and (
            self.ends_on is None or other.starts_on < self.ends_on
        )

    def of_profit(self, annual_rate: Decimal) -> Fraction:
        """The part of each profit that is paid: of 18 % a year 2 points are a ninth."""
        of = Decimal(1) if self.measure is Measure.PROFIT_SHARE else annual_rate
        return Fraction(self.part) / Fraction(of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is to be paid of one instalment's profit."""

    number: int
    due_on: date
    amount: Money


def check(subsidy: Subsidy, *, annual_rate: Decimal, reference: str) -> None:
    """Raise `NothingToSubsidise` where there is no rate, or less than the points to be paid."""
    too_much = subsidy.measure is Measure.RATE_POINTS and subsidy.part > annual_rate
    if not annual_rate or too_much:
        raise NothingToSubsidise(reference=reference, annual_rate=annual_rate, part=subsidy.part)


def require_running(state: str, *, reference: str) -> None:
    """Raise `PriceNoLongerPaid` unless the contract runs: given up or over, it bears no price."""
    if state != ContractStatus.ACTIVE:
        raise PriceNoLongerPaid(reference=reference, state=state)


def require_within_price(
    subsidy: Subsidy, *, beside: Iterable[Subsidy], annual_rate: Decimal, reference: str
) -> None:
    """Raise `SubsidiesBeyondPrice` where those that hold on a day with it pay more than all.

    0.6 of the profit, and beside it 5 points of 12 % a year: 0.6 + 0.4167 is above 1.
    """
    together = (subsidy, *(one for one in beside if one.meets(subsidy)))
    part = sum((one.of_profit(annual_rate) for one in together), Fraction(0))
    if part > 1:
        told = Decimal(part.numerator) / Decimal(part.denominator)
        told = told.quantize(Decimal("0.000001"), rounding=ROUND_CEILING)
        raise SubsidiesBeyondPrice(reference=reference, part=told)


def dues(
    subsidy: Subsidy,
    *,
    instalments: Sequence[Instalment],
    annual_rate: Decimal,
    paid: Money,
    on: date,
) -> list[Due]:
    """What is to be paid by a day, oldest first, beyond what is paid already.

    18 % a year, 2 points: of a profit of 45.000 it is 45.000 x 0.02 / 0.18 = 5.000; half of the
    profit is 22.500. With a cap of 100.000 of which 98.000 are paid it is 2.000, and no more.
    The fraction of a minor unit is left to the borrower. What is paid counts against the oldest
    dues, whatever their numbers: a plan that is made anew numbers its instalments anew.
    """
    of = annual_rate if subsidy.measure is Measure.RATE_POINTS else Decimal(1)
    found: list[Due] = []
    entitled = Money.zero(paid.currency)
    for one in instalments:
        if one.due_on > on or not subsidy.holds(one.due_on):
            continue
        exact = (one.profit.minor * subsidy.part / of).to_integral_value(rounding=ROUND_FLOOR)
        entitled += min(Money(int(exact), one.profit.currency), one.profit)
        if subsidy.cap is not None:
            entitled = min(entitled, subsidy.cap)
        if entitled > paid:
            found.append(Due(number=one.number, due_on=one.due_on, amount=entitled - paid))
            paid = entitled
    return found


def require_no_arrears(
    due: Due, *, conditions: Collection[str], oldest_open_due_on: date | None
) -> None:
    """Raise `ArrearsStopSubsidy` where an earlier instalment is open and none may be."""
    oldest = oldest_open_due_on
    if NO_ARREARS in conditions and oldest is not None and oldest < due.due_on:
        raise ArrearsStopSubsidy(oldest=oldest, due_on=due.due_on)
