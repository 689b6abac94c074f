"""What does a product say of the profit of a client who settles early?"""

from dataclasses import dataclass
from enum import StrEnum

from services.loans.domain.contradictions import refuse_first

COUNT_MAX = 24


class RebateRule(StrEnum):
    """Who decides how much profit falls away.

    `voluntary`: the creditor may give a rebate and has not agreed to beforehand. `clause`: all
    unearned profit falls away, by the contract. `full`: all the profit agreed is owed.
    `cost_of_next_months`: the creditor keeps at most the cost of some months more.
    `first_instalments_then_principal`: the first instalments are paid whole, then the principal
    alone.
    """

    VOLUNTARY = "voluntary"
    CLAUSE = "clause"
    FULL = "full"
    NEXT_MONTHS = "cost_of_next_months"
    FIRST_INSTALMENTS = "first_instalments_then_principal"


class Spread(StrEnum):
    """How the profit is earned over time, as the accounting policy of the product says."""

    EFFECTIVE = "effective"
    SUM_OF_DIGITS = "sum_of_digits"
    STRAIGHT_LINE = "straight_line"


COUNTED = frozenset({RebateRule.NEXT_MONTHS, RebateRule.FIRST_INSTALMENTS})


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlySettlement:
    """The rule of a product, frozen into its contracts; the law of a country comes before it.

    `rule` None leaves it to the mode of finance. `count` are the months or instalments of the two
    rules that count them. `spread` says how profit is earned: by the effective rate, the rule of
    78, or evenly. Raises `TermsInvalid`.
    """

    rule: RebateRule | None = None
    spread: Spread = Spread.EFFECTIVE
    count: int = 0

    def __post_init__(self) -> None:
        counts = self.rule in COUNTED
        refuse_first(
            self,
            {"count": 1 <= self.count <= COUNT_MAX if counts else self.count == 0},
            within="early_settlement",
        )
