"""What was agreed for a contract, in the plain numbers that its course is computed from?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

from services.loans.domain.terms import ChargeMethod, Component
from shared.money import Rounding
from shared.periods import MonthEndRule


class Unit(StrEnum):
    """In what a distance between two due dates is counted."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


class InstalmentRule(StrEnum):
    """How the instalments of a declining balance are found.

    `by_period_rates`: the annuity of the exact rates of the periods, found anew from the balance
    whenever money is paid out or a rate changes (module `model`).
    `fixed_level`: one annuity of a rounded regular rate, fixed for the whole term; only the last
    instalment gives way (modules `level…`).
    """

    BY_PERIOD_RATES = "by_period_rates"
    FIXED_LEVEL = "fixed_level"


class Amortisation(StrEnum):
    """What is equal from one instalment to the next."""

    EQUAL_INSTALMENTS = "equal_instalments"
    EQUAL_PRINCIPAL = "equal_principal"


class YearLength(StrEnum):
    """By how many days a year's rate is divided."""

    DAYS_360 = "360"
    DAYS_364 = "364"
    DAYS_365 = "365"
    ACTUAL = "actual"


class MonthLength(StrEnum):
    """How many days of profit a month bears: always 30, or those of the calendar."""

    DAYS_30 = "30"
    ACTUAL = "actual"


class LeapRule(StrEnum):
    """Which days count over 366 where the year's length is actual.

    `by_calendar_year`: each part of a period over the length of the year it lies in.
    `february_29_only`: 366 for a period that holds 29 February, 365 for every other.
    """

    BY_CALENDAR_YEAR = "by_calendar_year"
    FEBRUARY_29_ONLY = "february_29_only"


class CountedOver(StrEnum):
    """Whether profit is counted day by day or in whole instalment periods."""

    DAYS = "days"
    PERIODS = "periods"


class CountedFrom(StrEnum):
    """From which day the due dates are counted."""

    DISBURSEMENT = "disbursement"
    SIGNING = "signing"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRules:
    """How days become a share of the year's rate.

    `partial_periods` matters with `CountedOver.PERIODS` only: may a part of a period bear its
    share of the period's profit? `first_day_bears` counts the day of disbursement in and the due
    date out; otherwise a period is its days after the start, the due date included.
    """

    year: YearLength = YearLength.ACTUAL
    month: MonthLength = MonthLength.ACTUAL
    leap: LeapRule = LeapRule.BY_CALENDAR_YEAR
    over: CountedOver = CountedOver.DAYS
    partial_periods: bool = True
    first_day_bears: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grace:
    """How many of the first periods are eased, and of what.

    `principal`: no principal falls due. `profit_payment`: profit is earned but falls due with the
    first instalment after. `profit_free`: no profit is earned. `everything`: the first due date
    lies that many periods later, the amounts stay.
    """

    principal: int = 0
    profit_payment: int = 0
    profit_free: int = 0
    everything: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DownPayment:
    """A percentage of every disbursement that is due again on the same day.

    `automatic`: the disbursement pays it at once, without a payment of its own.
    """

    percent: Decimal
    automatic: bool = False


class Rest(StrEnum):
    """Up to when an overdue principal bears profit in what is shown as due."""

    DAILY = "daily"
    WITH_INSTALMENT = "with_instalment"


class PayoffProfit(StrEnum):
    """Up to when a payoff costs profit: to its day, or to the end of the running period."""

    TO_DAY = "to_day"
    TO_DUE_DATE = "to_due_date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalculation:
    """Profit follows the days on which principal was really outstanding.

    An early payment bears profit to its day only; principal past due keeps bearing profit when
    `overdue_bears`.
    """

    rest: Rest = Rest.DAILY
    payoff: PayoffProfit = PayoffProfit.TO_DAY
    overdue_bears: bool = True


class Standing(StrEnum):
    """How an instalment stands to the day of a payment."""

    PAST_DUE = "past_due"
    DUE = "due"
    IN_ADVANCE = "in_advance"


class Advance(StrEnum):
    """Which later instalments a payment in advance pays."""

    NEXT = "next"
    LAST = "last"
    NEXT_THEN_LAST = "next_then_last"
    SPREAD = "spread"


class PaymentKind(StrEnum):
    """Why money, or credit that stands for money, came in."""

    REPAYMENT = "repayment"
    DOWN_PAYMENT = "down_payment"
    GOODWILL_CREDIT = "goodwill_credit"
    MERCHANT_REFUND = "merchant_refund"
    PAYOUT_REFUND = "payout_refund"
    PROFIT_REFUND = "profit_refund"
    PROFIT_WAIVER = "profit_waiver"
    CHARGE_ADJUSTMENT = "charge_adjustment"
    RECOVERY = "recovery"


Slot = tuple[Standing, Component]

PARTS_DEFAULT = (Component.PENALTY, Component.FEE, Component.PROFIT, Component.PRINCIPAL)


def in_standing_order(parts: tuple[Component, ...]) -> tuple[Slot, ...]:
    """Past due before due before in advance, the parts in one order within each."""
    return tuple((standing, part) for standing in Standing for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationRule:
    """In which order a payment pays, and what becomes of what is paid in advance."""

    order: tuple[Slot, ...] = field(default=in_standing_order(PARTS_DEFAULT))
    advance: Advance = Advance.NEXT


class Direction(StrEnum):
    """Instalment by instalment (`horizontal`) or component by component (`vertical`)."""

    HORIZONTAL = "horizontal"
    VERTICAL = "vertical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """The order of payment as data: one rule for every kind, and others for some kinds.

    `credits` is the order in which a payment taken back is charged again, by what it had paid;
    None charges all of it as principal. With `charges_by_own_date` a charge is due from its own
    date on, and is paid by the order for what is due, although its instalment is still ahead.
    """

    rule: AllocationRule = field(default_factory=AllocationRule)
    by_kind: Mapping[PaymentKind, AllocationRule] = field(
        default_factory=lambda: MappingProxyType({})
    )
    direction: Direction = Direction.HORIZONTAL
    credits: tuple[Component, ...] | None = None
    charges_by_own_date: bool = False

    def rule_of(self, kind: PaymentKind) -> AllocationRule:
        """The rule that a payment of this kind follows."""
        return self.by_kind.get(kind, self.rule)


class ChargeOff(StrEnum):
    """What a charge-off does to the instalments not yet due."""

    AS_AGREED = "as_agreed"
    NO_FURTHER_PROFIT = "no_further_profit"
    ALL_DUE = "all_due"


class ChargeWhen(StrEnum):
    """When an agreed charge falls due."""

    AT_DISBURSEMENT = "at_disbursement"
    AT_EACH_TRANCHE = "at_each_tranche"
    EACH_INSTALMENT = "each_instalment"
    ON_DATE = "on_date"


class ChargeBasis(StrEnum):
    """What a charge is counted on: itself, or a percentage of something."""

    FLAT = "flat"
    OF_PRINCIPAL = "of_principal"
    OF_PROFIT = "of_profit"
    OF_PRINCIPAL_AND_PROFIT = "of_principal_and_profit"
    OF_DISBURSEMENT = "of_disbursement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A fee or penalty: `value` is minor units when flat, else a percentage (`Decimal("1")`)."""

    code: str
    when: ChargeWhen
    basis: ChargeBasis = ChargeBasis.FLAT
    value: Decimal
    is_penalty: bool = False
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """An instalment that was agreed as it is, however its parts were found.

    `years` is the length of its period, where profit is counted anew at each payment; where a
    change of the rate was agreed within it, `parts` are its first days, last days and lengths.
    """

    start_on: date
    due_on: date
    principal: int
    profit: int
    fee: int = 0
    is_down_payment: bool = False
    years: Fraction | None = None
    parts: tuple[tuple[date, date, Fraction], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that the course of a contract needs besides what happens to it.

    Amounts are minor units, `annual_rate` is a fraction a year (`Decimal("0.07")`; for
    `rate_is_for_term` a fraction of the whole term). `instalments` due dates lie `every` `unit`
    apart, counted from `starts_on`, or from the first disbursement when `counted_from` says so;
    `regular_from` is an earlier day from which dates and the first period's length are counted.
    `first_due_on` makes the first period short or long; `periods` states all of them instead.
    `instalment_multiple` is what an instalment is rounded to (1: the minor unit).
    With `agreed` the instalments are given: none is computed until an order changes the agreement;
    with `recalculation` as well, the profit within them follows the payments from the first day,
    at the rates agreed for later days (`rate_changes`). Paid out in parts, `agreed_after` are the
    instalments as of each payout, the last of them `agreed`: those that are due hold as they were.
    `tranches` are (date, amount) expected at signing; the first real disbursement ends them.
    """

    principal: int
    annual_rate: Decimal
    instalments: int
    every: int
    unit: Unit
    starts_on: date
    signed_on: date
    charge_method: ChargeMethod = ChargeMethod.DECLINING_BALANCE
    rate_is_for_term: bool = False
    instalment_rule: InstalmentRule = InstalmentRule.BY_PERIOD_RATES
    amortisation: Amortisation = Amortisation.EQUAL_INSTALMENTS
    counted_from: CountedFrom = CountedFrom.DISBURSEMENT
    first_due_on: date | None = None
    regular_from: date | None = None
    periods: tuple[tuple[date, date], ...] = ()
    last_due_on: date | None = None
    month_end_rule: MonthEndRule = "clamp"
    day_rules: DayRules = field(default_factory=DayRules)
    grace: Grace = field(default_factory=Grace)
    rounding: Rounding = "half_even"
    currency_multiple: int = 1
    instalment_multiple: int = 1
    down_payment: DownPayment | None = None
    recalculation: Recalculation | None = None
    allocation: Allocation = field(default_factory=Allocation)
    charges: tuple[Charge, ...] = ()
    tranches: tuple[tuple[date, int], ...] = ()
    profit_refunded_on: frozenset[PaymentKind] = frozenset()
    charge_off: ChargeOff = ChargeOff.AS_AGREED
    agreed: tuple[Agreed, ...] = ()
    agreed_after: tuple[tuple[Agreed, ...], ...] = ()
    rate_changes: tuple[tuple[date, Decimal], ...] = ()
