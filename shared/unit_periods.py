"""How many units of time lie between two days, counted back, and what part of a unit is left?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from shared.periods import add_months

Unit = Literal["week", "half_month", "month", "year"]

MONTHS_A_YEAR: Final = 12
WEEKS_A_YEAR: Final = 52
DAYS_A_YEAR: Final = 365
_HALF_MONTH_DAYS: Final = 15
_DAYS: Final[Mapping[Unit, int]] = {"week": 7, "half_month": 15, "month": 30, "year": 365}
_PER_YEAR: Final[Mapping[Unit, int]] = {"week": 52, "half_month": 24, "month": 12, "year": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPeriod:
    """So many weeks, half months, months or years, in which instalments follow each other.

    Raises `ValueError` unless the multiple is at least one, and one for a half month and a year.
    """

    unit: Unit = "month"
    multiple: int = 1

    def __post_init__(self) -> None:
        if self.multiple < 1 or (self.multiple > 1 and self.unit in {"half_month", "year"}):
            raise ValueError("a unit period is one half month or year, or some weeks or months")

    @property
    def per_year(self) -> Fraction:
        """How many of them make a year: 24 half months, 26 times two weeks, 4 quarters."""
        return Fraction(_PER_YEAR[self.unit], self.multiple)

    def counted(self, first: date, day: date) -> tuple[int, Fraction]:
        """Count the whole unit periods from a day back to the first, and the part that is left.

        The part is in days over the days of a unit period: a month has 30, a half month 15, a
        week 7, a year 365; months that do not make a whole unit period have 30 days each, and
        the rest of a year that is whole months is in twelfths. 12 CFR 1026 (Regulation Z),
        Appendix J (b)(5). Worked: 23 May to 1 October 1978 is one quarter and 39/90 of one.
        """
        months_whole, end = units_back(first, day, "month")
        rest = (end - first).days
        if self.unit == "half_month":
            halves, rest = divmod(rest, _HALF_MONTH_DAYS)
            return 2 * months_whole + halves, Fraction(rest, _HALF_MONTH_DAYS)
        if self.unit == "month":
            whole, months = divmod(months_whole, self.multiple)
            days = months * _DAYS["month"] + rest
            return whole, Fraction(days, _DAYS["month"] * self.multiple)
        if self.unit == "week":
            length = _DAYS["week"] * self.multiple
            whole, rest = divmod((day - first).days, length)
            return whole, Fraction(rest, length)
        whole, end = units_back(first, day, "year")
        months, start = units_back(first, end, "month")
        if start == first:
            return whole, Fraction(months, MONTHS_A_YEAR)
        return whole, Fraction((end - first).days, DAYS_A_YEAR)


def term_per_year(first: date, last: date) -> Fraction:
    """Give how often a term of at most a year goes into one: by months if whole, else by days.

    12 CFR 1026 (Regulation Z), Appendix J (b)(4)(ii) and (b)(5)(iv).
    Worked: 15 July to 15 January is 12/6, 3 January to 15 September 1978 is 365/255.
    """
    months, rest = units_back(first, last, "month")
    if rest == first and months:
        return Fraction(MONTHS_A_YEAR, months)
    return Fraction(DAYS_A_YEAR, (last - first).days)


def units_back(first: date, day: date, unit: Literal["week", "month", "year"]) -> tuple[int, date]:
    """Give the whole units counted back from a day, and the day on which the rest ends."""
    if unit == "week":
        whole, rest = divmod((day - first).days, _DAYS[unit])
        return whole, first + timedelta(days=rest)
    step = MONTHS_A_YEAR // _PER_YEAR[unit]
    whole = ((day.year - first.year) * MONTHS_A_YEAR + day.month - first.month) // step
    if add_months(first, whole * step) == day:  # 28 February is a month after 31 January
        return whole, first
    if add_months(day, -whole * step) < first:
        whole -= 1
    return whole, add_months(day, -whole * step)


def years_counted(first: date, day: date, unit: Literal["week", "month", "year"]) -> Decimal:
    """Give the time in years: whole units counted back, the days left over 365 or 366.

    It is 366 where the year before the end of those days holds 29 February. Directive
    2014/17/EU, Annex I, remark (c). Worked: 14 days and 18 months are 1.5 + 14/365.
    """
    whole, end = units_back(first, day, unit)
    year_before = add_months(end, -MONTHS_A_YEAR)
    rest = Decimal((end - first).days) / (end - year_before).days
    return Decimal(whole) / _PER_YEAR[unit] + rest
