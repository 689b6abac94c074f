"""What comes in and goes out of a household in an ordinary month?"""

from dataclasses import dataclass, fields

from shared.errors import Kind, RafidError
from shared.money import Money


class HouseholdNegative(RafidError):
    """Household figures and contributions are not negative"""

    kind = Kind.RULE
    service = "loans"
    detail = "{member} is {amount}; it cannot be below zero."
    member: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """What comes in and goes out in an ordinary month; none of it is negative."""

    other_income: Money
    sales: Money
    business_costs: Money
    household_costs: Money
    debt_service: Money

    def __post_init__(self) -> None:
        for member in fields(self):
            check_not_negative(member.name, getattr(self, member.name))


def check_not_negative(member: str, amount: Money) -> None:
    """Raise `HouseholdNegative` for an amount below zero."""
    if amount.is_negative:
        raise HouseholdNegative(member=member, amount=amount)
