"""Which part of the principal falls due with which instalment, and to what is it rounded?"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import get_args

from services.loans.domain.contradictions import is_within, refuse_first
from shared.errors import Kind, RafidError
from shared.money import Money, Rounding

WEIGHT_MAX = 1_000_000
WEIGHTS_MAX = 600
GROWTH_LEAST, GROWTH_MOST = Decimal("-0.5"), Decimal(1)
PERCENT = 100
ROUNDINGS: frozenset[Rounding] = frozenset(get_args(Rounding))


class AmortisationKind(StrEnum):
    """What the instalments have in common.

    `equal_instalments`: principal and profit together are the same each time (the annuity).
    `equal_principal`: the principal is the same, the profit falls with what is outstanding.
    `bullet`: profit alone, the whole principal with the last. `fixed_instalment`: an amount that
    was asked for, the last takes what is left. `graduated`: each step of instalments is larger or
    smaller than the one before by `growth`. `seasonal`: in proportion to `weights`.
    """

    EQUAL_INSTALMENTS = "equal_instalments"
    EQUAL_PRINCIPAL = "equal_principal"
    BULLET = "bullet"
    FIXED_INSTALMENT = "fixed_instalment"
    GRADUATED = "graduated"
    SEASONAL = "seasonal"


class LevelRule(StrEnum):
    """At which rates an equal instalment is found.

    `period_rates`: at the rate of each period as it is. `regular_rate`: at one rate, that of a
    period of regular length (a month is 30 days of the year of the day count); what real days
    bear otherwise is left to the last instalment.
    """

    PERIOD_RATES = "period_rates"
    REGULAR_RATE = "regular_rate"


class RoundedWhen(StrEnum):
    """When amounts are rounded.

    `each_step`: each amount at once, the next period starts from rounded figures (the default).
    `afterwards`: the whole table is found unrounded; then what is due, fees included, is rounded
    to its multiple, profit and fees to minor units, and the principal is the rest.
    """

    EACH_STEP = "each_step"
    AFTERWARDS = "afterwards"


class Shortfall(StrEnum):
    """What becomes of profit above the instalment.

    `refuse`: such terms are refused. `carry`: it falls due with a later instalment and bears
    nothing. `capitalise`: it joins the principal, whose part of the instalment is negative then.
    """

    REFUSE = "refuse"
    CARRY = "carry"
    CAPITALISE = "capitalise"


class Advance(StrEnum):
    """What money paid ahead does: fewer instalments, smaller ones, or the next ones paid."""

    SHORTEN = "shorten"
    REDUCE = "reduce"
    NEXT_DUES = "next_dues"


class ProfitJoinsPrincipal(RafidError):
    """Profit never joins the principal on a contract that follows Sharia"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "In the mode {mode} a debt does not grow by profit that was not paid (OIC Fiqh Academy,"
        " resolution 51 (2/6)): agree on instalments that pay it, or that carry it."
    )
    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Amortisation:
    """How the principal is spread over the instalments.

    `weights` are repeated over the instalments: (0, 0, 1) asks something every third time; their
    unit is arbitrary. `instalment` is the amount of `fixed_instalment`. `balloon` (an amount, or
    `balloon_percent` of the principal) is left for the last instalment. `growth` is a fraction
    (`Decimal("-0.03")`), applied every `growth_every` instalments. Instalments are rounded to a
    `multiple` by `multiple_rounding`, the last or the total to `final_multiple`; every principal,
    profit and fee to a `unit`, the smallest amount that is used (the minor unit if none is named).
    What is paid ahead has the effect of `advance`, unless the payment names another.
    Raises `TermsInvalid`.
    """

    kind: AmortisationKind = AmortisationKind.EQUAL_INSTALMENTS
    weights: tuple[int, ...] = ()
    instalment: Money | None = None
    balloon: Money | None = None
    balloon_percent: Decimal | None = None
    growth: Decimal = Decimal(0)
    growth_every: int = 1
    multiple: Money | None = None
    multiple_rounding: Rounding = "half_even"
    final_multiple: Money | None = None
    final_rounding: Rounding = "half_even"
    unit: Money | None = None
    level: LevelRule = LevelRule.PERIOD_RATES
    rounded: RoundedWhen = RoundedWhen.EACH_STEP
    shortfall: Shortfall = Shortfall.REFUSE
    advance: Advance = Advance.NEXT_DUES

    def __post_init__(self) -> None:
        refuse_first(self, self._shape() | self._amounts(), within="amortisation")

    def _shape(self) -> dict[str, bool]:
        kind, weights = self.kind, self.weights
        in_range = all(0 <= weight <= WEIGHT_MAX for weight in weights)
        has_weights = 0 < len(weights) <= WEIGHTS_MAX and in_range and any(weights)
        graduated = kind is AmortisationKind.GRADUATED
        return {
            "weights": has_weights if kind is AmortisationKind.SEASONAL else not weights,
            "growth": is_within(self.growth, GROWTH_LEAST, GROWTH_MOST)
            and graduated is bool(self.growth),
            "growth_every": 1 <= self.growth_every <= WEIGHTS_MAX
            and (graduated or self.growth_every == 1),
            "multiple_rounding": self.multiple_rounding in ROUNDINGS,
            "final_rounding": self.final_rounding in ROUNDINGS,
        }

    def _amounts(self) -> dict[str, bool]:
        balloon, share = self.balloon, self.balloon_percent
        alone = (AmortisationKind.BULLET, AmortisationKind.FIXED_INSTALMENT)
        may_have_balloon = self.kind not in alone
        fixed = self.kind is AmortisationKind.FIXED_INSTALMENT
        return {
            "instalment": self.instalment is not None and self.instalment.minor > 0
            if fixed
            else self.instalment is None,
            "balloon": balloon is None
            or (may_have_balloon and balloon.minor > 0 and share is None),
            "balloon_percent": share is None
            or (may_have_balloon and is_within(share, 0, PERCENT) and 0 < share < PERCENT),
            "multiple": self.multiple is None or self.multiple.minor > 0,
            "unit": self.unit is None or self.unit.minor > 0,
            "final_multiple": self.final_multiple is None
            or (self.final_multiple.minor > 0 and self.rounded is RoundedWhen.AFTERWARDS),
        }

    def require_no_joining(self, *, mode: str) -> None:
        """Raise `ProfitJoinsPrincipal` where profit that is not paid would bear profit itself."""
        if self.shortfall is Shortfall.CAPITALISE:
            raise ProfitJoinsPrincipal(mode=mode)

    @property
    def amounts(self) -> tuple[Money, ...]:
        """Every amount in it; all are in the currency of the terms."""
        named = (self.instalment, self.balloon, self.multiple, self.final_multiple, self.unit)
        return tuple(amount for amount in named if amount is not None)

    @property
    def unit_minor(self) -> int:
        """The smallest amount that is used, in minor units."""
        return 1 if self.unit is None else self.unit.minor
