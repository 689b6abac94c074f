"""What was agreed: mode of finance, amount, rate, dates, rounding and order of payment."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from pkgutil import iter_modules
from typing import Self, TypeVar, cast, get_args

from services.loans.domain import freezing
from services.loans.domain.amortisation import ROUNDINGS, Advance, Amortisation, AmortisationKind
from services.loans.domain.charging import ANNUAL_RATE_MAX, Charging
from services.loans.domain.contradictions import (
    DateBeforeDisbursement,
    GraceTooLong,
    RateAboveCap,
    refuse_first,
    refuse_recalculation,
)
from services.loans.domain.dating import CalendarKind, Dating
from services.loans.domain.drawing import Drawing
from services.loans.domain.early import EarlySettlement
from services.loans.domain.fees import Fee, FeeKind, FeeWhen
from services.loans.domain.frozen_terms import PARTS, PartName, TermsJson
from services.loans.domain.savings import Savings
from shared.calendar import MovingRule
from shared.errors import Kind, RafidError
from shared.money import Money, Rounding
from shared.periods import DayCount, MonthEndRule

# The folder says which modes there are: a new one is a new file and no line anywhere else.
_MODES = {found.name for found in iter_modules([str(Path(__file__).parent / "modes")])}
INSTALMENTS_MAX = 600
ANCHOR_DAYS_MAX = 20_000


class ModeOfFinance(StrEnum):
    """The kind of contract between lender and borrower: one word for each module of `modes`.

    Two are named here because the rules of terms name them; the others come to be by their
    module alone (`murabaha.py` is `ModeOfFinance("murabaha")`).
    """

    QARD = "qard"
    CONVENTIONAL = "conventional"
    vars().update({name.upper(): name for name in sorted(_MODES - {"qard", "conventional"})})


def is_sharia_bound(mode: ModeOfFinance) -> bool:
    """Whether a mode follows Sharia: every one but the conventional loan; late amounts of such
    contracts are never income.
    """
    return mode is not ModeOfFinance.CONVENTIONAL


class ChargeMethod(StrEnum):
    """What the profit is counted on: nothing, the outstanding principal, or the whole principal."""

    NONE = "none"
    DECLINING_BALANCE = "declining_balance"
    FLAT = "flat"


class Frequency(StrEnum):
    """How far one due date lies from the next; `Dating.every` takes several steps at once."""

    DAILY = "daily"
    WEEKLY = "weekly"
    BIWEEKLY = "biweekly"
    TWICE_A_MONTH = "twice_a_month"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    YEARLY = "yearly"


BY_MONTHS = frozenset(
    {Frequency.MONTHLY, Frequency.QUARTERLY, Frequency.HALF_YEARLY, Frequency.YEARLY}
)


class ResidueRule(StrEnum):
    """Where the minor units go that equal instalments cannot share.

    `last_instalment`: all instalments are equal, the last takes what is left (the default).
    `largest_remainder`: no two differ by more than one minor unit, the larger ones come last.
    `levelled`: as the first, but an instalment that leaves the last one far off is shifted by
    whole minor units while that brings the last one nearer (at most three times).
    """

    LAST_INSTALMENT = "last_instalment"
    LARGEST_REMAINDER = "largest_remainder"
    LEVELLED = "levelled"


class Component(StrEnum):
    """A part of an instalment, in the order in which `Instalment` carries them."""

    PRINCIPAL = "principal"
    PROFIT = "profit"
    FEE = "fee"
    PENALTY = "penalty"


ALLOCATION_ORDER = (Component.FEE, Component.PROFIT, Component.PRINCIPAL)
"""The usual order. One that leaves out the penalty pays it last of an instalment, so that a late
amount never keeps a borrower from what was agreed.
"""


def is_whole_order(order: tuple[Component, ...]) -> bool:
    """Whether an order names each component once; the penalty may be left out."""
    return sorted({*order, Component.PENALTY}) == sorted(Component) and len(set(order)) == len(
        order
    )


DAY_COUNTS: frozenset[DayCount] = frozenset(get_args(DayCount))
MONTH_END_RULES: frozenset[MonthEndRule] = frozenset(get_args(MonthEndRule))
MOVING_RULES: frozenset[MovingRule] = frozenset(get_args(MovingRule))


class QardBearsNoProfit(RafidError):
    """A qard is repaid as it was lent, without profit"""

    kind = Kind.RULE
    service = "loans"
    detail = "A qard has rate 0 and no charge method; asked were {annual_rate} and {charge_method}."
    annual_rate: str
    charge_method: str


class QardFeeNotCost(RafidError):
    """A fee on a qard may not exceed its documented actual cost"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The fee {code} is a percentage, or is above the documented cost of {documented_cost}"
        " (AAOIFI Sharia Standard 19)."
    )
    code: str
    documented_cost: str


Part = TypeVar("Part", Amortisation, Charging, Dating, Drawing, Savings, EarlySettlement)
Parts = tuple[Amortisation, Charging, Dating, Drawing, Savings, EarlySettlement]
AS_USUAL: Parts = (Amortisation(), Charging(), Dating(), Drawing(), Savings(), EarlySettlement())


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The whole agreement of one loan; a value that exists is lawful in itself.

    `annual_rate` is a fraction a year (`Decimal("0.18")`), `instalments` their number,
    `principal_grace` how many first instalments carry profit only. `disbursed_on` is the agreed
    day of payment, from which the first period runs. `day_count` "30/360" counts every regular
    month as 1/12 of a year whatever its days; the others count real days. `moving_rule` and
    `country` move a due date off a holiday; profit is counted on the unmoved dates, so a holiday
    costs nobody anything. What is rarer stands in parts of its own: how the principal is spread
    (`amortisation`), what a period bears (`charging`), how dates follow each other (`dating`), in
    which parts the money is paid out (`drawing`), what must be saved (`savings`), and what falls
    away for who settles early (`early_settlement`).

    Raises `TermsInvalid`, `GraceTooLong`, `DateBeforeDisbursement`, `RateAboveCap` (no law allows
    1000 %), `RecalculationNotForThis`, `QardBearsNoProfit`, `QardFeeNotCost`, or
    `CurrencyMismatch` of an amount in it.
    """

    mode_of_finance: ModeOfFinance
    charge_method: ChargeMethod
    principal: Money
    annual_rate: Decimal
    instalments: int
    frequency: Frequency
    disbursed_on: date
    first_due_on: date
    principal_grace: int = 0
    fees: tuple[Fee, ...] = ()
    rounding: Rounding = "half_even"
    residue_rule: ResidueRule = ResidueRule.LAST_INSTALMENT
    day_count: DayCount = "30/360"
    moving_rule: MovingRule = "none"
    country: str = ""
    month_end_rule: MonthEndRule = "clamp"
    allocation_order: tuple[Component, ...] = ALLOCATION_ORDER
    amortisation: Amortisation = AS_USUAL[0]
    charging: Charging = AS_USUAL[1]
    dating: Dating = AS_USUAL[2]
    drawing: Drawing = AS_USUAL[3]
    savings: Savings = AS_USUAL[4]
    early_settlement: EarlySettlement = AS_USUAL[5]

    def __post_init__(self) -> None:
        self._check_limits()
        self._check_choices()
        if self._parts() != AS_USUAL:
            self._check_parts()
            self._check_days()
            if is_sharia_bound(self.mode_of_finance):
                self.savings.require_no_interest(mode=self.mode_of_finance.value)
                self.amortisation.require_no_joining(mode=self.mode_of_finance.value)
        if self.charging.follows_payments:
            refuse_recalculation(self)
        if self.mode_of_finance is ModeOfFinance.QARD:
            self._check_qard()
        for amount in self._amounts():
            _ = self.principal + amount  # another currency raises CurrencyMismatch

    def _parts(self) -> Parts:
        return cast("Parts", tuple(getattr(self, name) for name in PARTS))

    def _amounts(self) -> list[Money]:
        found = [amount for fee in self.fees for amount in (fee.amount, fee.documented_cost)]
        found += [tranche.amount for tranche in self.drawing.tranches]
        return [each for each in (*found, self.savings.each, *self.amortisation.amounts) if each]

    def _check_limits(self) -> None:
        limits = {
            "instalments": 1 <= self.instalments <= INSTALMENTS_MAX,
            "principal": self.principal.minor >= self.instalments >= 1,
            "annual_rate": self.annual_rate.is_finite() and self.annual_rate >= 0,
            "principal_grace": self.principal_grace >= 0,
        }
        refuse_first(self, limits)
        if self.annual_rate > ANNUAL_RATE_MAX:
            raise RateAboveCap(annual_rate=self.annual_rate, cap=ANNUAL_RATE_MAX, fact="Rafid")
        self._check_grace("principal_grace", self.principal_grace)
        self._check_day("first_due_on", self.first_due_on)

    def _check_grace(self, member: str, grace: int) -> None:
        most = self.instalments - 1
        if grace > most:
            raise GraceTooLong(member=member, grace=grace, instalments=self.instalments, most=most)

    def _check_day(self, member: str, day: date) -> None:
        if day <= self.disbursed_on:
            raise DateBeforeDisbursement(member=member, day=day, disbursed_on=self.disbursed_on)

    def _check_parts(self) -> None:
        charging, amortisation = self.charging, self.amortisation
        free = self.charge_method is ChargeMethod.NONE
        declining = self.charge_method is ChargeMethod.DECLINING_BALANCE
        bullet = amortisation.kind is AmortisationKind.BULLET
        hijri = self.dating.calendar is CalendarKind.HIJRI
        twice = self.frequency is Frequency.TWICE_A_MONTH
        paid_later = sum(tranche.amount.minor for tranche in self.drawing.tranches)
        refuse_first(
            self,
            {
                "principal_grace": not (bullet and self.principal_grace),
                "charging": not free or not (charging.rate_changes or charging.profit_grace),
                "amortisation": amortisation.balloon is None
                or amortisation.balloon < self.principal,
                "drawing": not paid_later
                or ((declining or free) and paid_later < self.principal.minor),
                "frequency": not hijri or self.frequency in BY_MONTHS,
                "dating": twice is bool(self.dating.days)
                and not (twice and self.dating.every > 1)
                and self._is_anchored(),
            },
        )
        self._check_grace("charging.profit_grace", charging.profit_grace)

    def _is_anchored(self) -> bool:
        anchor_on = self.dating.anchor_on
        if anchor_on is None:
            return True
        return 0 <= (self.first_due_on - anchor_on).days <= ANCHOR_DAYS_MAX

    def _check_days(self) -> None:
        for change in self.charging.rate_changes:
            self._check_day("charging.rate_changes", change.on)
        for tranche in self.drawing.tranches:
            self._check_day("drawing.tranches", tranche.on)

    def _check_choices(self) -> None:
        free = self.charge_method is ChargeMethod.NONE
        shared_out = self.charge_method is not ChargeMethod.DECLINING_BALANCE
        refuse_first(
            self,
            {
                "annual_rate": not (free and self.annual_rate),
                "principal_grace": not (free and self.principal_grace),
                "residue_rule": shared_out
                or self.residue_rule is not ResidueRule.LARGEST_REMAINDER,
                "rounding": self.rounding in ROUNDINGS,
                "day_count": self.day_count in DAY_COUNTS,
                "month_end_rule": self.month_end_rule in MONTH_END_RULES,
                "moving_rule": self.moving_rule in MOVING_RULES,
                "country": self.moving_rule == "none" or bool(self.country),
                "allocation_order": is_whole_order(self.allocation_order),
                "fees": len({fee.code for fee in self.fees}) == len(self.fees),
                "frequency": self.frequency is not Frequency.TWICE_A_MONTH
                or bool(self.dating.days),
            },
        )
        for fee in self.fees:
            if fee.when is FeeWhen.ON_DATE and fee.day(self.disbursed_on) < self.disbursed_on:
                day = fee.day(self.disbursed_on)
                raise DateBeforeDisbursement(
                    member=f"fees.{fee.code}", day=day, disbursed_on=self.disbursed_on
                )

    def _check_qard(self) -> None:
        if self.annual_rate or self.charge_method is not ChargeMethod.NONE:
            raise QardBearsNoProfit(
                annual_rate=str(self.annual_rate), charge_method=self.charge_method.value
            )
        for fee in self.fees:
            cost = fee.documented_cost
            if fee.kind is FeeKind.PERCENT or fee.amount is None or cost is None:
                raise QardFeeNotCost(code=fee.code, documented_cost=str(cost or 0))
            if fee.amount > cost:
                raise QardFeeNotCost(code=fee.code, documented_cost=str(cost))

    @property
    def servicing(self) -> str:
        """How money is taken: poured over the instalments, also into fewer or smaller ones
        (`advance`), or the whole course folded anew.
        """
        if self.charging.follows_payments:
            return "course"
        pours = self.amortisation.advance is Advance.NEXT_DUES
        return "waterfall" if pours else "advance"

    @property
    def currency(self) -> str:
        """The one currency of the contract."""
        return self.principal.currency

    def to_json(self) -> TermsJson:
        """Plain members, fit for `jsonb`; `from_json` gives an equal value back."""
        members: TermsJson = {
            "mode_of_finance": self.mode_of_finance.value,
            "charge_method": self.charge_method.value,
            "currency": self.currency,
            "principal_minor": self.principal.minor,
            "annual_rate": str(self.annual_rate),
            "instalments": self.instalments,
            "frequency": self.frequency.value,
            "principal_grace": self.principal_grace,
            "disbursed_on": self.disbursed_on.isoformat(),
            "first_due_on": self.first_due_on.isoformat(),
            "fees": [fee.to_json() for fee in self.fees],
            "rounding": self.rounding,
            "residue_rule": self.residue_rule.value,
            "day_count": self.day_count,
            "moving_rule": self.moving_rule,
            "country": self.country,
            "month_end_rule": self.month_end_rule,
            "allocation_order": [component.value for component in self.allocation_order],
        }
        for name, part, usual in zip(PARTS, self._parts(), AS_USUAL, strict=True):
            if part != usual:
                members[name] = freezing.to_json(part)
        return members

    @classmethod
    def from_json(cls, members: object) -> Self:
        """The terms that `to_json` wrote; raises `KeyError` or `ValueError` on anything else."""
        frozen = cast("TermsJson", members)
        currency = frozen["currency"]
        return cls(
            mode_of_finance=ModeOfFinance(frozen["mode_of_finance"]),
            charge_method=ChargeMethod(frozen["charge_method"]),
            principal=Money(frozen["principal_minor"], currency),
            annual_rate=Decimal(frozen["annual_rate"]),
            instalments=frozen["instalments"],
            frequency=Frequency(frozen["frequency"]),
            principal_grace=frozen["principal_grace"],
            disbursed_on=date.fromisoformat(frozen["disbursed_on"]),
            first_due_on=date.fromisoformat(frozen["first_due_on"]),
            fees=tuple(Fee.from_json(fee, currency=currency) for fee in frozen["fees"]),
            rounding=frozen["rounding"],
            residue_rule=ResidueRule(frozen["residue_rule"]),
            day_count=frozen["day_count"],
            moving_rule=frozen["moving_rule"],
            country=frozen["country"],
            month_end_rule=frozen["month_end_rule"],
            allocation_order=tuple(Component(name) for name in frozen["allocation_order"]),
            amortisation=_thawed(Amortisation, frozen, "amortisation"),
            charging=_thawed(Charging, frozen, "charging"),
            dating=_thawed(Dating, frozen, "dating"),
            drawing=_thawed(Drawing, frozen, "drawing"),
            savings=_thawed(Savings, frozen, "savings"),
            early_settlement=_thawed(EarlySettlement, frozen, "early_settlement"),
        )


def _thawed(kind: type[Part], frozen: TermsJson, name: PartName) -> Part:
    members = frozen.get(name)
    return (
        kind()
        if members is None
        else freezing.from_json(kind, members, currency=frozen["currency"])
    )
