"""What terms may look like when every option may be taken at once."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, get_args

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from services.loans.domain import due_dates, schedule
from services.loans.domain.amortisation import (
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
)
from services.loans.domain.contradictions import (
    DateBeforeDisbursement,
    GraceTooLong,
    MultipleTooLarge,
    TermsInvalid,
)
from services.loans.domain.dating import TEMPLATES, CalendarKind, Dating, Season
from services.loans.domain.drawing import Drawing, Tranche
from services.loans.domain.fees import Fee, FeeBase, FeeKind, FeeWhen
from services.loans.domain.schedule import InstalmentsTooSmall, RepaidTooEarly
from services.loans.domain.spreading import InstalmentBelowProfit
from services.loans.domain.terms import (
    BY_MONTHS,
    ChargeMethod,
    Frequency,
    ModeOfFinance,
    ResidueRule,
    Terms,
)
from shared.calendar import MovingRule
from shared.money import Money, Rounding
from shared.periods import DayCount, MonthEndRule

REFUSALS = (
    TermsInvalid,
    GraceTooLong,
    DateBeforeDisbursement,
    MultipleTooLarge,
    InstalmentsTooSmall,
    InstalmentBelowProfit,
    RepaidTooEarly,
)
DAYS = st.dates(min_value=date(2023, 1, 1), max_value=date(2028, 12, 31))
RATES = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("0.5"), places=4)
LONG = frozenset({Frequency.QUARTERLY, Frequency.HALF_YEARLY, Frequency.YEARLY})
ROUNDINGS = st.sampled_from(get_args(Rounding))


def _sometimes(draw: DrawFn, usual: object, strategy: st.SearchStrategy[Any]) -> Any:
    """The usual value three times of four, so that options meet but not all at once."""
    return draw(strategy) if draw(st.integers(0, 3)) == 0 else usual


@st.composite
def amortisations(draw: DrawFn, principal: int, count: int) -> Amortisation:
    kind = draw(st.sampled_from(AmortisationKind))
    members: dict[str, Any] = {"kind": kind}
    if kind is AmortisationKind.SEASONAL:
        weights = st.lists(st.integers(0, 5), min_size=1, max_size=12).filter(any)
        members["weights"] = tuple(draw(weights))
    if kind is AmortisationKind.GRADUATED:
        members["growth"] = draw(
            st.decimals(min_value=Decimal("-0.1"), max_value=Decimal("0.1"), places=2).filter(bool)
        )
        members["growth_every"] = draw(st.integers(1, 12))
    if kind is AmortisationKind.FIXED_INSTALMENT:
        share = draw(st.integers(60, 180))
        members["instalment"] = Money(max(principal * share // (100 * count), 1), "JOD")
    elif kind is not AmortisationKind.BULLET:
        part = st.decimals(min_value=Decimal(1), max_value=Decimal(60), places=1)
        members["balloon_percent"] = _sometimes(draw, None, part)
        if members["balloon_percent"] is None:
            amounts = st.integers(1, principal // 2).map(lambda minor: Money(minor, "JOD"))
            members["balloon"] = _sometimes(draw, None, amounts)
    multiples = st.sampled_from((50, 100, 1_000)).map(lambda minor: Money(minor, "JOD"))
    rounded = _sometimes(draw, RoundedWhen.EACH_STEP, st.just(RoundedWhen.AFTERWARDS))
    if rounded is RoundedWhen.AFTERWARDS:
        members["final_multiple"] = _sometimes(draw, None, multiples)
    return Amortisation(
        **members,
        multiple=_sometimes(draw, None, multiples),
        multiple_rounding=draw(ROUNDINGS),
        unit=_sometimes(draw, None, st.just(Money(5, "JOD"))),
        level=_sometimes(draw, LevelRule.PERIOD_RATES, st.just(LevelRule.REGULAR_RATE)),
        rounded=rounded,
        shortfall=draw(st.sampled_from(Shortfall)),
    )


@st.composite
def chargings(draw: DrawFn, on: date, count: int, *, bears: bool) -> Charging:
    days = draw(st.lists(st.integers(2, 400), max_size=2, unique=True).map(sorted)) if bears else []
    changes = tuple(
        RateChange(on=on + timedelta(days=day), annual_rate=draw(RATES)) for day in days
    )
    grace = st.integers(0, min(count - 1, 4))
    return Charging(
        basis=draw(st.sampled_from(ChargeBasis)),
        leap_rule=draw(st.sampled_from(LeapRule)),
        year_of_days=draw(st.sampled_from((360, 364, 365))),
        rate_kind=_sometimes(draw, RateKind.NOMINAL, st.just(RateKind.EFFECTIVE)),
        odd_period=draw(st.sampled_from(OddPeriodRule)),
        flat=draw(st.sampled_from(FlatRule)),
        profit_free=_sometimes(draw, 0, grace),
        profit_grace=_sometimes(draw, 0, grace) if bears else 0,
        moratorium=_sometimes(draw, 0, st.integers(1, 3)),
        rate_changes=changes if draw(st.integers(0, 3)) == 0 else (),
    )


@st.composite
def datings(draw: DrawFn, frequency: Frequency, on: date) -> Dating:
    seasons: tuple[Season, ...] = _sometimes(draw, (), st.sampled_from(list(TEMPLATES.values())))
    by_moon = frequency in BY_MONTHS and draw(st.integers(0, 3)) == 0
    return Dating(
        every=_sometimes(draw, 1, st.integers(2, 5))
        if frequency is not Frequency.TWICE_A_MONTH
        else 1,
        calendar=CalendarKind.HIJRI if by_moon else CalendarKind.GREGORIAN,
        days=draw(st.sampled_from([(1, 15), (10, 31), (29, 30)]))
        if frequency is Frequency.TWICE_A_MONTH
        else (),
        anchor_on=_sometimes(draw, None, st.integers(-40, 0).map(lambda day: on + timedelta(day)))
        if frequency is not Frequency.TWICE_A_MONTH and not by_moon
        else None,
        seasons=seasons,
    )


@st.composite
def fees(draw: DrawFn) -> tuple[Fee, ...]:
    found = []
    for number in range(draw(st.integers(0, 3))):
        when = draw(st.sampled_from(FeeWhen))
        base = draw(st.sampled_from(FeeBase))
        if base is FeeBase.OUTSTANDING:
            when = FeeWhen.EACH_INSTALMENT
        found.append(
            Fee(
                code=f"fee {number}",
                kind=FeeKind.PERCENT,
                when=when,
                percent=draw(st.decimals(min_value="0.1", max_value=5, places=1)),
                of=base,
                days_after=draw(st.integers(0, 20)) if when is FeeWhen.ON_DATE else None,
            )
        )
    return tuple(found)


@st.composite
def wide_terms(draw: DrawFn, /, **fixed: Any) -> Terms:
    """Terms of any options that can be agreed on; those that contradict themselves are left out."""
    frequency = draw(st.sampled_from(Frequency))
    count = draw(st.integers(1, 8 if frequency in LONG else 30))
    principal = draw(st.integers(200_000, 20_000_000))
    on = draw(DAYS)
    method = draw(st.sampled_from(ChargeMethod))
    bears = method is not ChargeMethod.NONE
    members: dict[str, Any] = {
        "mode_of_finance": ModeOfFinance.CONVENTIONAL,
        "charge_method": method,
        "principal": Money(principal, "JOD"),
        "annual_rate": draw(RATES) if bears else Decimal(0),
        "instalments": count,
        "frequency": frequency,
        "disbursed_on": on,
        "first_due_on": on + timedelta(days=1),
        "principal_grace": _sometimes(draw, 0, st.integers(0, min(count - 1, 4))) if bears else 0,
        "fees": draw(fees()),
        "rounding": draw(ROUNDINGS),
        "residue_rule": draw(st.sampled_from(ResidueRule)),
        "day_count": draw(st.sampled_from(get_args(DayCount))),
        "moving_rule": draw(st.sampled_from(get_args(MovingRule))),
        "country": draw(st.sampled_from(["TN", "JO", "SA"])),
        "month_end_rule": draw(st.sampled_from(get_args(MonthEndRule))),
        "amortisation": draw(amortisations(principal, count)),
        "charging": draw(chargings(on, count, bears=bears)),
        "dating": draw(datings(frequency, on)),
        "drawing": Drawing(
            tranches=tuple(
                Tranche(on=on + timedelta(days=day), amount=Money(principal // 5, "JOD"))
                for day in _sometimes(draw, [], st.just([9, 40]))
            ),
            down_payment_percent=_sometimes(draw, Decimal(0), st.just(Decimal("12.5"))),
        ),
    }
    try:
        terms = Terms(**members | fixed)
        odd = _sometimes(draw, 0, st.integers(-3, 40))
        first = due_dates.usual_first(terms) + timedelta(days=odd)
        terms = Terms(**members | {"first_due_on": first} | fixed)
        schedule.schedule(terms)
    except REFUSALS:
        assume(False)
        raise
    return terms
