"""What do the rarer parts of terms look like on the wire?"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field

from services.loans.domain import amortisation, charging, dating, drawing, early, savings
from services.loans.domain.amortisation import (
    Advance,
    Amortisation,
    AmortisationKind,
    LevelRule,
    RoundedWhen,
    Shortfall,
)
from services.loans.domain.charging import (
    ChargeBasis,
    Charging,
    FlatRule,
    LeapRule,
    OddPeriodRule,
    RateChange,
    RateKind,
    Recalculation,
)
from services.loans.domain.dating import CalendarKind, Dating, Season
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.early import EarlySettlement, RebateRule, Spread
from services.loans.domain.savings import Savings
from shared.money import Money, Rounding
from shared.schemas import Body, MoneyBody

Rate = Annotated[Decimal, Field(ge=0, le=10, max_digits=8, decimal_places=6)]
Percent = Annotated[Decimal, Field(ge=0, le=100, decimal_places=6)]
Growth = Annotated[Decimal, Field(ge=Decimal("-0.5"), le=1, decimal_places=6)]
Count = Annotated[int, Field(ge=0, le=charging.EASED_MAX)]
Weight = Annotated[int, Field(ge=0, le=amortisation.WEIGHT_MAX)]
MonthAndDay = Annotated[tuple[int, int], Field(examples=[[9, 1]])]
Template = Annotated[str, Field(max_length=40, examples=sorted(dating.TEMPLATES))]


class PartBody(Body):
    """A part of terms: members of the same names as the domain's value, which checks them."""

    part: ClassVar[type]

    def value(self) -> Any:
        """Give the part as the domain knows it. Raises `TermsInvalid`."""
        return self.part(
            **{field.name: _domain(getattr(self, field.name)) for field in fields(self.part)}
        )

    @classmethod
    def of(cls, part: object) -> Self:
        """Write a part; amounts as money, numbers as they are."""
        return cls(**{field.name: _member(getattr(part, field.name)) for field in fields(cls.part)})


class AmortisationBody(PartBody):
    """How the principal is spread, and to what instalments are rounded."""

    part: ClassVar[type] = Amortisation
    kind: AmortisationKind = AmortisationKind.EQUAL_INSTALMENTS
    weights: Annotated[tuple[Weight, ...], Field(max_length=amortisation.WEIGHTS_MAX)] = ()
    instalment: MoneyBody | None = None
    balloon: MoneyBody | None = None
    balloon_percent: Percent | None = None
    growth: Growth = Decimal(0)
    growth_every: Annotated[int, Field(ge=1, le=amortisation.WEIGHTS_MAX)] = 1
    multiple: MoneyBody | None = None
    multiple_rounding: Rounding = "half_even"
    final_multiple: MoneyBody | None = None
    final_rounding: Rounding = "half_even"
    unit: MoneyBody | None = None
    level: LevelRule = LevelRule.PERIOD_RATES
    rounded: RoundedWhen = RoundedWhen.EACH_STEP
    shortfall: Shortfall = Shortfall.REFUSE
    advance: Advance = Advance.NEXT_DUES


class RateChangeBody(PartBody):
    """From this day on the rate is another."""

    part: ClassVar[type] = RateChange
    on: date
    annual_rate: Rate


class ChargingBody(PartBody):
    """How much of a year's rate each period bears."""

    part: ClassVar[type] = Charging
    basis: ChargeBasis = ChargeBasis.USUAL
    leap_rule: LeapRule = LeapRule.BY_CALENDAR_YEAR
    year_of_days: int = 360
    rate_kind: RateKind = RateKind.NOMINAL
    odd_period: OddPeriodRule = OddPeriodRule.DAY_COUNT
    flat: FlatRule = FlatRule.SHARED
    profit_free: Count = 0
    profit_grace: Count = 0
    moratorium: Count = 0
    rate_changes: Annotated[tuple[RateChangeBody, ...], Field(max_length=60)] = ()
    recalculation: Recalculation = Recalculation.NONE


class SeasonBody(PartBody):
    """Days of every year, month and day, in which a percentage of an instalment falls due."""

    part: ClassVar[type] = Season
    calendar: CalendarKind
    first: MonthAndDay
    last: MonthAndDay
    weight: Annotated[int, Field(ge=0, le=dating.WEIGHT_MAX)]


class DatingBody(PartBody):
    """How due dates follow each other; templates name seasons that are ready made."""

    part: ClassVar[type] = Dating
    every: Annotated[int, Field(ge=1, le=dating.EVERY_MAX)] = 1
    calendar: CalendarKind = CalendarKind.GREGORIAN
    days: Annotated[tuple[int, ...], Field(max_length=2)] = ()
    anchor_on: date | None = None
    seasons: Annotated[tuple[SeasonBody, ...], Field(max_length=dating.SEASONS_MAX)] = ()
    templates: Annotated[tuple[Template, ...], Field(max_length=dating.SEASONS_MAX)] = ()

    def value(self) -> Dating:
        """Give the dating with the seasons of its templates. Raises `TermsInvalid`."""
        named = [season for name in self.templates for season in dating.template(name)]
        return Dating(
            every=self.every,
            calendar=self.calendar,
            days=self.days,
            anchor_on=self.anchor_on,
            seasons=(*(season.value() for season in self.seasons), *named),
        )


class TrancheBody(PartBody):
    """A part of the loan that is paid out later."""

    part: ClassVar[type] = Tranche
    on: date
    amount: MoneyBody


class DrawingBody(PartBody):
    """In which parts the loan is paid out, and what part of each comes back at once."""

    part: ClassVar[type] = Drawing
    tranches: Annotated[tuple[TrancheBody, ...], Field(max_length=drawing.TRANCHES_MAX)] = ()
    down_payment_percent: Annotated[Percent, Field(lt=drawing.PERCENT)] = Decimal(0)
    down_payment_first: bool = False
    may_be_less: bool = False
    late_days: Annotated[int, Field(ge=0, le=drawing.LATE_DAYS_MAX)] = 0


class SavingsBody(PartBody):
    """What the borrower must save, and has back with the last instalment."""

    part: ClassVar[type] = Savings
    upfront_percent: Annotated[Percent, Field(lt=savings.PERCENT)] = Decimal(0)
    each: MoneyBody | None = None
    each_percent: Percent | None = None
    annual_rate: Annotated[Decimal, Field(ge=0, le=1, max_digits=7, decimal_places=6)] = Decimal(0)
    profit_share_percent: Percent = Decimal(0)


class SeasonTemplateOut(Body):
    """Seasons that a product may name."""

    name: str
    seasons: list[SeasonBody]

    @classmethod
    def all(cls) -> list[Self]:
        """Give every template there is, by name."""
        return [
            cls(name=name, seasons=[SeasonBody.of(season) for season in seasons])
            for name, seasons in sorted(dating.TEMPLATES.items())
        ]


BODIES: Mapping[type, type[PartBody]] = {
    body.part: body for body in (RateChangeBody, SeasonBody, TrancheBody)
}


def _domain(value: object) -> object:
    if isinstance(value, MoneyBody):
        return value.money()
    if isinstance(value, PartBody):
        return value.value()
    if isinstance(value, tuple):
        return tuple(_domain(each) for each in value)
    return value


def _member(value: object) -> object:
    if isinstance(value, Money):
        return MoneyBody.of(value)
    if isinstance(value, tuple):
        return tuple(_member(each) for each in value)
    body = BODIES.get(type(value))
    return value if body is None else body.of(value)


class EarlySettlementBody(PartBody):
    """What falls away of the profit for who settles early; the law of the country comes first.

    Without a `rule` the mode of finance says it; `count` are its months or instalments.
    """

    part: ClassVar[type] = EarlySettlement
    rule: RebateRule | None = None
    spread: Spread = Spread.EFFECTIVE
    count: Annotated[int, Field(ge=0, le=early.COUNT_MAX)] = 0
