"""What is "best" for a product's menu, and how careful is the opinion on who asks for it?

Every figure is a choice of the institution's committee and stands in the product's version: an
application keeps those under which it was made.
"""

from dataclasses import dataclass, fields
from decimal import Decimal

from shared.errors import Kind, RafidError


class WeightsAllZero(RafidError):
    """No drawback has a weight"""

    kind = Kind.RULE
    service = "loans"
    detail = "All weights of the menu are zero: give one of them a weight, or leave them out."


class LimitWithoutSource(RafidError):
    """A limit of the place names its source"""

    kind = Kind.RULE
    service = "loans"
    detail = "{member} is a limit that others set: say in {source} who, and since when."
    member: str
    source: str = "limits_source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each drawback of a line counts. Raises WeightsAllZero.

    Cost, subsidy and missing amount are shares of the amount, the term counts in years.
    """

    total_cost: Decimal
    burden: Decimal
    subsidy: Decimal
    term_years: Decimal
    amount_missing: Decimal
    term_moved: Decimal

    def __post_init__(self) -> None:
        if not any(getattr(self, one.name) for one in fields(self)):
            raise WeightsAllZero


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """How careful: shares of one, and the least cover of an instalment; None asks nothing.

    `debt_service_outer` is the limit of the place, `lowest_month_share` that of all debts in the
    poorest month's verified income; `limits_source` says whose they are. Raises
    LimitWithoutSource.
    """

    sales_haircut: Decimal = Decimal("0.20")
    income_stress: Decimal = Decimal("0.20")
    cost_stress: Decimal = Decimal("0.10")
    debt_service_limit: Decimal = Decimal("0.40")
    cover_minimum: Decimal = Decimal("1.20")
    stressed_cover_minimum: Decimal = Decimal("1.00")
    debt_service_outer: Decimal | None = None
    lowest_month_share: Decimal | None = None
    month_without_income: bool = False
    limits_source: str | None = None

    def __post_init__(self) -> None:
        for member in ("debt_service_outer", "lowest_month_share"):
            if getattr(self, member) is not None and self.limits_source is None:
                raise LimitWithoutSource(member=member)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionRules:
    """What a product's version asks of the opinion beside its limits and its price.

    `seasonal`: instalments may follow the months. `burden_log_odds` is added to the log odds of
    default for each 0.10 of debt service share, `hazard_ages` are the relative risks of equal
    parts of the term.
    """

    weights: Weights | None = None
    care: Care = Care()
    seasonal: bool = False
    burden_log_odds: Decimal | None = None
    hazard_ages: tuple[Decimal, ...] = ()


AS_USUAL = OpinionRules()
