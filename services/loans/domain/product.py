"""What does the institution offer, and does an application keep within it?"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, Generic, TypeVar
from uuid import UUID

from services.loans.domain import opinion as opinions
from services.loans.domain.amortisation import Amortisation
from services.loans.domain.charging import Charging
from services.loans.domain.chart import FundKind
from services.loans.domain.contradictions import TermsInvalid
from services.loans.domain.dating import Dating
from services.loans.domain.drawing import Drawing
from services.loans.domain.early import EarlySettlement
from services.loans.domain.fees import Fee
from services.loans.domain.modes import MODES
from services.loans.domain.opinion import OpinionRules
from services.loans.domain.price import Price
from services.loans.domain.savings import Savings
from services.loans.domain.terms import (
    ALLOCATION_ORDER,
    AS_USUAL,
    ChargeMethod,
    Component,
    Frequency,
    ModeOfFinance,
    ResidueRule,
    Terms,
)
from shared.calendar import MovingRule
from shared.errors import Kind, RafidError
from shared.ids import ProductId
from shared.money import Money, Rounding
from shared.periods import DayCount, MonthEndRule

INSTALMENTS_A_YEAR: Final = {
    Frequency.DAILY: 360,
    Frequency.WEEKLY: 52,
    Frequency.BIWEEKLY: 26,
    Frequency.TWICE_A_MONTH: 24,
    Frequency.MONTHLY: 12,
    Frequency.QUARTERLY: 4,
    Frequency.HALF_YEARLY: 2,
    Frequency.YEARLY: 1,
}
MONTHS_IN_YEAR: Final = 12
TERM_MONTHS_MAX: Final = 120
GRACE_MONTHS_MAX: Final = 24

# Any two days in order: the limits of a product are tried as terms before dates are known.
_A_DAY, _A_LATER_DAY = date(2000, 1, 1), date(2000, 2, 1)


class LimitsInvalid(RafidError):
    """The limits of a product are not in order"""

    kind = Kind.RULE
    service = "loans"
    detail = "The limits of {member} must be least, usual and most, in this order."
    member: str


class OutsideProduct(RafidError):
    """The product is not offered on these terms"""

    kind = Kind.RULE
    service = "loans"
    detail = "{member} is {value}; the product {product_code} offers {least} to {most}."
    member: str
    value: str
    product_code: str
    least: str
    most: str


class ProductNotOffered(RafidError):
    """The product is no longer offered"""

    kind = Kind.RULE
    service = "loans"
    detail = "New applications for the product {product_code} are not taken."
    product_code: str


class TermNotWholeInstalments(RafidError):
    """The term does not hold a whole number of instalments"""

    kind = Kind.RULE
    service = "loans"
    detail = "{term_months} months cannot be paid {frequency} in whole instalments."
    term_months: int
    frequency: str


class PolicyUnclear(RafidError):
    """The rules of decision contradict each other"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "Rejection ends where approval begins or before, and what is decided automatically"
        " needs the points from which it is approved."
    )


class Recommendation(StrEnum):
    """What the product's rules make of an assessment; a person may override with a reason."""

    APPROVE = "approve"
    REFER = "refer"
    REJECT = "reject"


Limited = TypeVar("Limited", int, Decimal, Money)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(Generic[Limited]):
    """The least, the usual and the most of one member of the terms."""

    least: Limited
    usual: Limited
    most: Limited

    def hold(self, value: Limited) -> bool:
        """Whether the value lies within, ends included."""
        return self.least <= value <= self.most

    def check(self, member: str) -> None:
        """Raise `LimitsInvalid` unless least <= usual <= most."""
        if not self.least <= self.usual <= self.most:
            raise LimitsInvalid(member=member)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The terms that somebody asks for or offers; `annual_rate` None leaves it to the product."""

    amount: Money
    term_months: int
    grace_months: int
    annual_rate: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The product's rules of decision, as data, on the points of the score.

    From `approve_points_from` the rule says approve, below `reject_points_below` reject, between
    them a person decides. Without figures everything is referred to people. With `is_automatic`
    a named service executes what the rule says, within its own authority.
    """

    approve_points_from: int | None = None
    reject_points_below: int | None = None
    is_automatic: bool = False

    def __post_init__(self) -> None:
        approve, reject = self.approve_points_from, self.reject_points_below
        in_order = approve is None or reject is None or reject <= approve
        if not in_order or (self.is_automatic and approve is None):
            raise PolicyUnclear

    def recommend(self, *, points: int, is_declined: bool, is_feasible: bool) -> Recommendation:
        """What the rules say of a score; what fails a hard rule or every offer is not approved.

        With 60 and 30: 65 points give approve, 45 refer, 29 reject; 65 points without a feasible
        offer give refer, with a failed hard rule reject.
        """
        below = self.reject_points_below is not None and points < self.reject_points_below
        if below or is_declined:
            return Recommendation.REJECT
        passes = self.approve_points_from is not None and points >= self.approve_points_from
        return Recommendation.APPROVE if passes and is_feasible else Recommendation.REFER


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One version of a product: what may be asked for, and on which terms it is lent.

    Every corner of the limits gives lawful terms, or the product does not exist: a qard with a
    rate raises `QardBearsNoProfit`. Raises `LimitsInvalid` and what `Terms` raises.
    """

    product_id: ProductId
    version: int
    code: str
    mode_of_finance: ModeOfFinance
    charge_method: ChargeMethod
    amount: Limits[Money]
    term_months: Limits[int]
    annual_rate: Limits[Decimal]
    grace_months: Limits[int]
    frequency: Frequency
    fund_kinds: frozenset[FundKind]
    price: Price
    fees: tuple[Fee, ...] = ()
    allocation_order: tuple[Component, ...] = ALLOCATION_ORDER
    residue_rule: ResidueRule = ResidueRule.LAST_INSTALMENT
    moving_rule: MovingRule = "none"
    rounding: Rounding = "half_even"
    day_count: DayCount = "30/360"
    month_end_rule: MonthEndRule = "clamp"
    amortisation: Amortisation = AS_USUAL[0]
    charging: Charging = AS_USUAL[1]
    dating: Dating = AS_USUAL[2]
    drawing: Drawing = AS_USUAL[3]
    savings: Savings = AS_USUAL[4]
    early_settlement: EarlySettlement = AS_USUAL[5]
    policy: Policy = Policy()
    opinion: OpinionRules = opinions.AS_USUAL
    least_age_years: int = 0
    is_offered: bool = True
    ruling_id: UUID | None = None

    def __post_init__(self) -> None:
        self.amount.check("amount")
        self.term_months.check("term_months")
        self.annual_rate.check("annual_rate")
        self.grace_months.check("grace_months")
        if not self.fund_kinds:
            raise TermsInvalid(member="fund_kinds", value="none")
        if not 1 <= self.term_months.least <= self.term_months.most <= TERM_MONTHS_MAX:
            raise LimitsInvalid(member="term_months")
        most_grace = min(GRACE_MONTHS_MAX, self.term_months.least - 1)
        if not 0 <= self.grace_months.least <= self.grace_months.most <= most_grace:
            raise LimitsInvalid(member="grace_months")
        for cost in (self.price.operating_cost, self.price.operating_cost_monthly):
            if cost.currency != self.currency or cost.is_negative:
                raise TermsInvalid(member="price", value=f"{cost} {cost.currency}")
        for rate in (self.annual_rate.least, self.annual_rate.most):
            for term in (self.term_months.least, self.term_months.most):
                self._corner(term_months=term, annual_rate=rate)

    @property
    def currency(self) -> str:
        """The currency the product is lent in."""
        return self.amount.least.currency

    @property
    def bears_fee(self) -> bool:
        """Whether any fee is charged."""
        return bool(self.fees)

    def check(self, asked: Asked) -> None:
        """Raise `OutsideProduct` with the member, its value and the limits, or nothing.

        Also raises `TermNotWholeInstalments`: neither seven months nor a grace of one month can be
        paid by quarters.
        """
        if asked.amount.currency != self.currency:
            raise self._outside("currency", asked.amount.currency, self.currency, self.currency)
        self._check_one("amount", asked.amount, self.amount)
        self._check_one("term_months", asked.term_months, self.term_months)
        self._check_one("grace_months", asked.grace_months, self.grace_months)
        if asked.annual_rate is not None:
            self._check_one("annual_rate", asked.annual_rate, self.annual_rate)
        self.instalments(asked.term_months)
        self.grace_instalments(asked.grace_months)

    def check_offered(self) -> None:
        """Raise `ProductNotOffered` when new applications are not taken."""
        if not self.is_offered:
            raise ProductNotOffered(product_code=self.code)

    def terms(self, asked: Asked, *, disbursed_on: date, first_due_on: date, country: str) -> Terms:
        """The whole agreement on these terms.

        Where profit is charged, grace is a number of first instalments of profit alone. A loan
        without profit has nothing to pay meanwhile: its grace lies before `first_due_on`, which
        the caller sets, and its principal is paid in the instalments that remain.
        """
        instalments = self.instalments(asked.term_months)
        grace = self.grace_instalments(asked.grace_months)
        bears_profit = self.charge_method is not ChargeMethod.NONE
        rate = self.annual_rate.usual if asked.annual_rate is None else asked.annual_rate
        return Terms(
            mode_of_finance=self.mode_of_finance,
            charge_method=self.charge_method,
            principal=asked.amount,
            annual_rate=rate,
            instalments=instalments if bears_profit else instalments - grace,
            frequency=self.frequency,
            disbursed_on=disbursed_on,
            first_due_on=first_due_on,
            principal_grace=grace if bears_profit else 0,
            fees=self.fees,
            residue_rule=self.residue_rule,
            moving_rule=self.moving_rule,
            country=country if self.moving_rule != "none" else "",
            allocation_order=self.allocation_order,
            rounding=self.rounding,
            day_count=self.day_count,
            month_end_rule=self.month_end_rule,
            amortisation=self.amortisation,
            charging=self.charging,
            dating=self.dating,
            drawing=self.drawing,
            savings=self.savings,
            early_settlement=self.early_settlement,
        )

    def instalments(self, term_months: int) -> int:
        """How many instalments a term has; see `instalments_in`."""
        return instalments_in(term_months, frequency=self.frequency, every=self.dating.every)

    def grace_instalments(self, grace_months: int) -> int:
        """How many instalments lie within a grace; see `grace_instalments`."""
        return grace_instalments(grace_months, frequency=self.frequency, every=self.dating.every)

    def _corner(self, *, term_months: int, annual_rate: Decimal) -> None:
        asked = Asked(
            amount=self.amount.least,
            term_months=term_months,
            grace_months=self.grace_months.most,
            annual_rate=annual_rate,
        )
        country = "" if self.moving_rule == "none" else "JO"
        terms = self.terms(asked, disbursed_on=_A_DAY, first_due_on=_A_LATER_DAY, country=country)
        MODES[self.mode_of_finance].check_terms(terms)

    def _check_one(self, member: str, value: Limited, limits: Limits[Limited]) -> None:
        if not limits.hold(value):
            raise self._outside(member, str(value), str(limits.least), str(limits.most))

    def _outside(self, member: str, value: str, least: str, most: str) -> OutsideProduct:
        return OutsideProduct(
            member=member, value=value, product_code=self.code, least=least, most=most
        )


def instalments_in(term_months: int, *, frequency: Frequency, every: int = 1) -> int:
    """How many instalments a term holds: 12 months are 12 by month, 4 by quarter, 52 by week.

    By weeks the year counts 52: 3 months are 13 weekly instalments; by days it counts 360. Taking
    `every` second month, 12 months are 6. Raises `TermNotWholeInstalments` where a remainder would
    be left by months or quarters.
    """
    a_year = INSTALMENTS_A_YEAR[frequency]
    whole, rest = divmod(term_months * a_year, MONTHS_IN_YEAR * every)
    by_weeks = frequency in (Frequency.DAILY, Frequency.WEEKLY, Frequency.BIWEEKLY)
    if whole == 0 or (rest and not by_weeks):
        raise TermNotWholeInstalments(term_months=term_months, frequency=frequency.value)
    return whole


def grace_instalments(grace_months: int, *, frequency: Frequency, every: int = 1) -> int:
    """How many instalments lie within the grace: 3 months are 3 by month, 1 by quarter.

    Raises `TermNotWholeInstalments` as a term does; no grace is no instalment.
    """
    if not grace_months:
        return 0
    return instalments_in(grace_months, frequency=frequency, every=every)
