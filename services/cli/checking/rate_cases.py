"""Does a published yearly rate come out of our functions, within the tolerance it states?"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final, cast

from services.cli.checking.reading import Malformed, Node, Unsupported, refuse_unknown
from shared import rates
from shared.money import Money, TooManyDecimals
from shared.periods import add_months
from shared.rates import Convention, Elapsed, Flow
from shared.unit_periods import Unit

FORMAT: Final = "apr-case/1"
CURRENCY: Final = "JOD"  # a rate is the same in every currency; this one has three decimals
UNITS: Final[Mapping[str, Unit]] = {
    "week": "week",
    "semimonth": "half_month",
    "month": "month",
    "year": "year",
    "term": "month",
}
CONVENTIONS: Final[Mapping[str, Convention]] = {
    "EU_EFFECTIVE": "eu",
    "EFFECTIVE_ACT_365": "act/365",
    "EFFECTIVE_ACT_365_25": "act/365.25",
    "US_ACTUARIAL": "us",
}
CASE_MEMBERS: Final = frozenset(
    {"id", "format", "source", "tags", "currency", "convention", "unit_period", "time_basis"}
    | {"advances", "payments", "expected", "tolerance", "verified", "verified_how", "note"}
)
ENTRY_MEMBERS: Final = frozenset({"amount", "date", "t", "repeat", "unit_periods", "fraction"})
TENTH: Final = Decimal("0.1")
REPETITIONS_MAX: Final = 10_000

Entries = list[tuple[int, Node]]


def difference(case: Node) -> str:
    """Give the difference between the stated rate and ours, nothing where there is none.

    Raises `Malformed`, `Unsupported`, and the errors of `rates`.
    """
    refuse_unknown(case, CASE_MEMBERS)
    refuse_unknown(case["expected"], {"apr_percent", "apr_percent_one_decimal"})
    theirs = case["expected"]["apr_percent"].number()
    tolerance = case["tolerance"].number()
    ours = rate_of(case) * 100
    if abs(ours - theirs) > tolerance:
        return f"apr_percent: theirs {theirs}, ours {ours:f} (tolerance {tolerance:f})"
    published = case["expected"].get("apr_percent_one_decimal")
    if published is not None:
        shown = ours.quantize(TENTH, rounding=ROUND_HALF_UP)
        if shown != published.number():
            return f"apr_percent_one_decimal: theirs {published.text()}, ours {shown}"
    return ""


def rate_of(case: Node) -> Decimal:
    """Give the yearly rate of a case by its convention, as a fraction."""
    named = case["convention"].text()
    convention = CONVENTIONS.get(named)
    if convention is None:
        raise Unsupported(f"convention {named}")
    entries: Entries = [(1, entry) for entry in case["advances"].items()]
    entries += [(-1, entry) for entry in case["payments"].items()]
    if not entries:
        raise Malformed("there is neither an advance nor a payment")
    for _, entry in entries:
        refuse_unknown(entry, ENTRY_MEMBERS)
    for member, found in _WAYS.items():
        if all(entry.get(member) is not None for _, entry in entries):
            return found(case, convention, entries)
    raise Unsupported("amounts with different kinds of time")


def _by_unit_periods(case: Node, convention: Convention, entries: Entries) -> Decimal:
    if convention != "us":
        raise Unsupported(f"unit periods under {case['convention'].text()}")
    flows = []
    for sign, entry in entries:
        if entry.get("repeat") is not None:
            raise Unsupported("repetition in unit periods")
        part = entry["fraction"].quotient() if entry.get("fraction") else Fraction()
        flows.append(
            Flow(
                amount=sign * entry["amount"].number(),
                compounded=Decimal(entry["unit_periods"].whole()),
                simple=Decimal(part.numerator) / part.denominator,
            )
        )
    per_year = case["unit_period"]["per_year"].quotient()
    return rates.actuarial_rate(flows, units_per_year=per_year)


def _by_elapsed(case: Node, convention: Convention, entries: Entries) -> Decimal:
    if convention == "us":
        raise Unsupported("stated times under US_ACTUARIAL")
    year_days = rates.YEAR_DAYS.get(convention)
    flows: list[tuple[Elapsed, Decimal]] = []
    for sign, entry in entries:
        first = _elapsed(entry["t"])
        if year_days is not None and (first.months or first.weeks or first.year_days != year_days):
            raise Unsupported(f"months, weeks or another year under {case['convention'].text()}")
        amount = sign * entry["amount"].number()
        flows.extend(
            (replace(first, months=first.months + months, weeks=first.weeks + weeks), amount)
            for months, weeks in _repeated(entry)
        )
    return rates.rate_of_elapsed(flows)


def _by_dates(case: Node, convention: Convention, entries: Entries) -> Decimal:
    flows: list[tuple[date, Money]] = []
    for sign, entry in entries:
        first = entry["date"].day()
        amount = _money(sign * entry["amount"].number())
        flows.extend(
            (add_months(first, months) + timedelta(weeks=weeks), amount)
            for months, weeks in _repeated(entry)
        )
    unit, multiple = _unit(case)
    return rates.effective_annual_rate(flows, convention=convention, unit=unit, multiple=multiple)


_WAYS: Final[Mapping[str, Callable[[Node, Convention, Entries], Decimal]]] = {
    "unit_periods": _by_unit_periods,
    "t": _by_elapsed,
    "date": _by_dates,
}


def _money(amount: Decimal) -> Money:
    try:
        return Money.parse(format(amount, "f"), CURRENCY)
    except TooManyDecimals:
        raise Unsupported("dated amounts with more than three decimals") from None


def _unit(case: Node) -> tuple[Unit, int]:
    stated = case.get("unit_period")
    if stated is None:
        return "month", 1
    named = stated["unit"].text()
    if named not in UNITS:
        raise Unsupported(f"unit period {named}")
    multiple = stated.get("multiple")
    return UNITS[named], 1 if multiple is None else multiple.whole()


def _elapsed(stated: Node) -> Elapsed:
    refuse_unknown(stated, {"months", "weeks", "days", "year_days"})
    whole = {
        name: cast("Node", stated.get(name)).whole()
        for name in ("months", "weeks", "days")
        if stated.get(name) is not None
    }
    year_days = stated.get("year_days")
    length = Decimal(365) if year_days is None else year_days.number()
    if length <= 0:
        raise Malformed(f"{stated.place}.year_days is not a length of a year")
    return Elapsed(**whole, year_days=length)


def _repeated(entry: Node) -> Iterator[tuple[int, int]]:
    """Give how many months and weeks after the first each repetition stands."""
    repeat = entry.get("repeat")
    if repeat is None:
        yield 0, 0
        return
    refuse_unknown(repeat, {"count", "every_months", "every_weeks"})
    months, weeks = repeat.get("every_months"), repeat.get("every_weeks")
    count = repeat["count"].whole()
    if count > REPETITIONS_MAX:
        raise Unsupported(f"more than {REPETITIONS_MAX} repetitions")
    for number in range(count):
        yield (
            number * (months.whole() if months else 0),
            number * (weeks.whole() if weeks else 0),
        )
