"""What is each account called in a statement, and in which order do they stand?"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from services.loans.domain import chart, own_accounts
from services.loans.domain.chart import AccountClass, FundKind
from services.loans.domain.own_chart import ChartLine, OwnChart
from shared.ids import FundId

NAMES: Final = {
    account.code: (account.name_ar, account.name_fr, account.name_en) for account in chart.CHART
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One account of a fund over a period, in minor units; opening is debit less credit."""

    fund_id: FundId
    fund_kind: FundKind
    code: str
    account_class: AccountClass
    currency: str
    opening: int
    debits: int
    credits: int

    @property
    def moved(self) -> int:
        """What the period added, debit positive."""
        return self.debits - self.credits

    @property
    def closing(self) -> int:
        """What is on the account at the end, debit positive."""
        return self.opening + self.moved


@dataclass(frozen=True, slots=True)
class Heading:
    """What a row is called: its number in the institution's chart, or our code, and its names."""

    number: str | None
    code: str
    name_ar: str
    name_fr: str
    name_en: str
    account_class: AccountClass
    level: int = 0
    is_heading: bool = False


class Titles:
    """What rows are called, and in which order they stand: the chart's, else the codes'."""

    def __init__(self, own: OwnChart | None) -> None:
        self._own = own
        self._chains: dict[str, tuple[Heading, ...]] = {}
        self._order: dict[Heading, int] = {}
        if own is not None:
            above = {line.number: line.parent for line in own.lines}
            headings = {line.parent for line in own.lines}
            by_number: dict[str, Heading] = {}
            for place, line in enumerate(own.lines):
                heading = _heading(
                    line, level=_level(line.number, above), is_heading=line.number in headings
                )
                by_number[line.number] = heading
                self._order[heading] = place
            for number in above:
                self._chains[number] = tuple(by_number[one] for one in _chain(number, above))

    def of(self, one: Balance) -> tuple[Heading, ...]:
        """The row of an account, and those above it."""
        line = None if self._own is None else self._own.line_of(one.code, fund_kind=one.fund_kind)
        if line is not None:
            return self._chains[line.number]
        number = own_accounts.number_of(one.code)
        names = NAMES.get(one.code, (number or one.code,) * 3)
        return (Heading(number, one.code, *names, one.account_class),)

    def ordered(self, headings: Iterable[Heading]) -> list[Heading]:
        """Rows in the order of the chart, then those without a number by class and code."""
        last = len(self._order)
        return sorted(
            headings,
            key=lambda one: (self._order.get(one, last), _CLASS_ORDER[one.account_class], one.code),
        )


def _heading(line: ChartLine, *, level: int, is_heading: bool) -> Heading:
    return Heading(
        line.number,
        line.number,
        line.name_ar,
        line.name_fr,
        line.name_en,
        line.account_class,
        level,
        is_heading,
    )


def _chain(number: str, above: Mapping[str, str | None]) -> Iterator[str]:
    one: str | None = number
    while one is not None:
        yield one
        one = above[one]


def _level(number: str, above: Mapping[str, str | None]) -> int:
    return sum(1 for _ in _chain(number, above)) - 1


_CLASS_ORDER: Final = {one: place for place, one in enumerate(AccountClass)}
