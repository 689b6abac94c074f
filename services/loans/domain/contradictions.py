"""What is wrong with terms that contradict each other?"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from operator import attrgetter

from shared.errors import Kind, RafidError
from shared.money import Money

COUNTED_ANEW: Mapping[str, tuple[object, ...]] = {
    "mode_of_finance": ("conventional",),
    "charge_method": ("declining_balance",),
    "charging.rate_kind": ("nominal",),
    "charging.odd_period": ("day_count",),
    "amortisation.rounded": ("each_step",),
    "amortisation.shortfall": ("refuse",),
    "amortisation.advance": ("next_dues",),
    "amortisation.unit_minor": (1,),
}
"""What terms must say where every payment counts the profit anew."""


class TermsInvalid(RafidError):
    """The terms contradict each other or pass a limit"""

    kind = Kind.RULE
    service = "loans"
    detail = "The member {member} cannot be {value} here."
    member: str
    value: str


class GraceTooLong(RafidError):
    """The grace is as long as the loan"""

    kind = Kind.RULE
    service = "loans"
    detail = "{member} is {grace}; of {instalments} instalments it may ease {most} at most."
    member: str
    grace: int
    instalments: int
    most: int


class DateBeforeDisbursement(RafidError):
    """A day of the agreement lies before the money is paid out"""

    kind = Kind.RULE
    service = "loans"
    detail = "{member} is {day}; it must lie after the disbursement on {disbursed_on}."
    member: str
    day: date
    disbursed_on: date


class MultipleTooLarge(RafidError):
    """Instalments cannot be rounded to a multiple larger than they are"""

    kind = Kind.RULE
    service = "loans"
    detail = "An instalment of {instalment} cannot be rounded to a multiple of {multiple}."
    multiple: Money
    instalment: Money


class RecalculationNotForThis(RafidError):
    """Profit cannot be counted anew at each payment on these terms"""

    kind = Kind.RULE
    service = "loans"
    detail = "With {member} {value} profit is agreed with the schedule and never counted anew."
    member: str
    value: str


class RateAboveCap(RafidError):
    """The rate is above what the law of the country allows"""

    kind = Kind.RULE
    service = "loans"
    detail = "The rate {annual_rate} a year is above {cap}, the highest allowed by {fact}."
    annual_rate: Decimal
    cap: Decimal
    fact: str


def refuse_first(owner: object, conditions: dict[str, bool], *, within: str = "") -> None:
    """Raise `TermsInvalid` for the first member whose condition does not hold."""
    for member, holds in conditions.items():
        if not holds:
            value = getattr(owner, member)
            name = f"{within}.{member}" if within else member
            raise TermsInvalid(member=name, value=shown(value))


def refuse_recalculation(terms: object) -> None:
    """Raise `RecalculationNotForThis` for terms whose payments cannot count the profit anew.

    It is interest on real days, so a Sharia-bound price never is; and what a period bears must be
    the balance, a nominal rate and its days, rounded at each step.
    """
    for member, lawful in COUNTED_ANEW.items():
        value = attrgetter(member)(terms)
        if value not in lawful:
            raise RecalculationNotForThis(member=member, value=shown(value))
    if not attrgetter("annual_rate")(terms):
        raise RecalculationNotForThis(member="annual_rate", value="0")


def shown(value: object) -> str:
    """Write a value as it stands in a problem: lists by their members, nothing as "none".

    Of a part of terms the members that are not as usual: "days 1, 15".
    """
    if isinstance(value, tuple):
        return ", ".join(shown(each) for each in value) or "none"
    if not is_dataclass(value) or isinstance(value, (Money, type)):
        return "none" if value is None else str(value)
    told = [(field, getattr(value, field.name)) for field in fields(value)]
    unusual = [f"{field.name} {shown(one)}" for field, one in told if one != field.default]
    return ", ".join(unusual) or "as usual"


def is_within(value: Decimal, low: Decimal | int, high: Decimal | int) -> bool:
    """Whether a number is finite and lies within, ends included."""
    return value.is_finite() and low <= value <= high
