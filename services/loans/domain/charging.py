"""How much of a year's rate does each period bear?"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from services.loans.domain.contradictions import is_within, refuse_first

ANNUAL_RATE_MAX = Decimal(10)
EASED_MAX = 600
YEARS_OF_DAYS = frozenset({360, 364, 365})


class ChargeBasis(StrEnum):
    """Whether a period of regular length bears a fixed part of the year's rate or its days.

    `usual`: fixed parts by 30/360 (a month 1/12), real days by the other day counts.
    """

    USUAL = "usual"
    PER_PERIOD = "per_period"
    PER_DAY = "per_day"


class LeapRule(StrEnum):
    """How long a year is where days are counted over the actual year.

    `by_calendar_year`: days in leap years over 366, the others over 365; a year starts with
    1 January (ISDA 2006 Definitions, section 4.16(b)). `by_calendar_year_end`: the same with the
    night of 31 December in the new year. `february_29_only`: 366 for a period that holds
    29 February (start excluded, end included), else 365. `year_of_start`: the year in which the
    period starts. `never`: always 365.
    """

    BY_CALENDAR_YEAR = "by_calendar_year"
    BY_CALENDAR_YEAR_END = "by_calendar_year_end"
    FEBRUARY_29_ONLY = "february_29_only"
    YEAR_OF_START = "year_of_start"
    NEVER = "never"


class RateKind(StrEnum):
    """What the year's rate means: a nominal one is divided, an effective one is compounded.

    12 % nominal is 1 % a month; 12 % effective is 1.12^(1/12) - 1 = 0.9489 % a month.
    """

    NOMINAL = "nominal"
    EFFECTIVE = "effective"


class OddPeriodRule(StrEnum):
    """What a first period of another length bears.

    `day_count`: its days by the day count. `share`: a regular period's profit times its days over
    the days of a regular period. `whole`: a regular period's profit.
    """

    DAY_COUNT = "day_count"
    SHARE = "share"
    WHOLE = "whole"


class FlatRule(StrEnum):
    """How the profit of a flat loan is told over its instalments.

    `shared`: the whole is found once and shared equally. `by_period`: each period bears the profit
    of its own length on the whole principal, and principal fills the equal instalment up.
    """

    SHARED = "shared"
    BY_PERIOD = "by_period"


class Recalculation(StrEnum):
    """Whether profit follows the days on which principal was really outstanding.

    `none`: it was agreed with the schedule. `on_payment`: every payment counts it anew, so that
    paying early costs less, and principal past due bears profit on.
    """

    NONE = "none"
    ON_PAYMENT = "on_payment"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateChange:
    """From this day on the rate is another; instalments are found anew from that period on."""

    on: date
    annual_rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Charging:
    """How profit is charged.

    `year_of_days` is the year of a period that is counted in days or weeks and charged per period:
    a week is 7/360, 7/364 (which is 1/52) or 7/365. In the first `profit_free` periods nothing is
    charged. In the first `profit_grace` instalments the profit is earned, and asked with the first
    one after. The first `moratorium` periods bear nothing and have no instalment: the first period
    starts that much after the disbursement. Raises `TermsInvalid`.
    """

    basis: ChargeBasis = ChargeBasis.USUAL
    leap_rule: LeapRule = LeapRule.BY_CALENDAR_YEAR
    year_of_days: int = 360
    rate_kind: RateKind = RateKind.NOMINAL
    odd_period: OddPeriodRule = OddPeriodRule.DAY_COUNT
    flat: FlatRule = FlatRule.SHARED
    profit_free: int = 0
    profit_grace: int = 0
    moratorium: int = 0
    rate_changes: tuple[RateChange, ...] = ()
    recalculation: Recalculation = Recalculation.NONE

    @property
    def follows_payments(self) -> bool:
        """Whether every payment counts the profit anew."""
        return self.recalculation is not Recalculation.NONE

    def __post_init__(self) -> None:
        changes = self.rate_changes
        in_order = all(one.on < other.on for one, other in pairwise(changes))
        rates_hold = all(is_within(one.annual_rate, 0, ANNUAL_RATE_MAX) for one in changes)
        refuse_first(
            self,
            {
                "year_of_days": self.year_of_days in YEARS_OF_DAYS,
                "profit_free": 0 <= self.profit_free <= EASED_MAX,
                "profit_grace": 0 <= self.profit_grace <= EASED_MAX,
                "moratorium": 0 <= self.moratorium <= EASED_MAX,
                "rate_changes": in_order and rates_hold and len(changes) <= EASED_MAX,
            },
            within="charging",
        )
