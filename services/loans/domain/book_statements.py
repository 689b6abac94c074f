"""What do trial balance, income statement and balance sheet say, fund by fund?

All three are sums over the same balances of accounts, in minor units of one currency each: what
was on an account before a period (`opening`), what was debited and credited in it. Nothing is
closed at the end of a year: the result is computed, of earlier years and of this one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.loans.domain.book_headings import Balance, Heading, Titles
from services.loans.domain.chart import AccountClass
from services.loans.domain.own_chart import OwnChart
from shared.ids import FundId


class Section(StrEnum):
    """A part of a statement."""

    ASSETS = "assets"
    LIABILITIES = "liabilities"
    EQUITY = "equity"
    RESULT_EARLIER = "result_of_earlier_years"
    RESULT_OF_YEAR = "result_of_the_year"
    INCOME = "income"
    EXPENSES = "expenses"
    RESULT = "result"


CLASSES: Final[Mapping[Section, AccountClass]] = {
    Section.ASSETS: AccountClass.ASSET,
    Section.LIABILITIES: AccountClass.LIABILITY,
    Section.EQUITY: AccountClass.EQUITY,
    Section.INCOME: AccountClass.INCOME,
    Section.EXPENSES: AccountClass.EXPENSE,
}
GROWS_BY_DEBIT: Final = frozenset({AccountClass.ASSET, AccountClass.EXPENSE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a statement: what it is called, its amount, what it was then, and each fund's."""

    heading: Heading
    amount: int
    by_fund: Mapping[FundId, int]
    compared: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A section with its rows and its total, which headings do not count to."""

    section: Section
    rows: tuple[Row, ...]
    amount: int
    by_fund: Mapping[FundId, int]
    compared: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A statement in one currency: never one sum over two."""

    currency: str
    parts: tuple[Part, ...]

    def part(self, section: Section) -> Part:
        """The part of a section."""
        return next(part for part in self.parts if part.section is section)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """A row of the trial balance: what was there, what moved, what is there, debit positive."""

    heading: Heading
    opening: int
    debits: int
    credits: int
    by_fund: Mapping[FundId, int]

    @property
    def closing(self) -> int:
        """Debit less credit at the end."""
        return self.opening + self.debits - self.credits


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialBlock:
    """The trial balance in one currency; its totals count no heading."""

    currency: str
    rows: tuple[TrialRow, ...]
    opening: int
    debits: int
    credits: int


Measure = Callable[[Balance], int]


def income_statement(
    balances: Sequence[Balance],
    *,
    own: OwnChart | None = None,
    compared: Sequence[Balance] | None = None,
) -> tuple[Block, ...]:
    """What a period earned and cost, by currency: income less expenses is the result.

    Fees of 50 and rent of 20 in the period: income 50, expenses 20, result 30.
    """
    return tuple(
        Block(
            currency=currency,
            parts=(
                _part(Section.INCOME, now, then, own=own, measure=_added),
                _part(Section.EXPENSES, now, then, own=own, measure=_added),
                _result(Section.RESULT, now, then, measure=_added),
            ),
        )
        for currency, now, then in _by_currency(balances, compared)
    )


def balance_sheet(
    balances: Sequence[Balance],
    *,
    own: OwnChart | None = None,
    compared: Sequence[Balance] | None = None,
) -> tuple[Block, ...]:
    """What there is at the end of a period that begins with the year, and whose it is.

    Assets are liabilities and equity and the result, of earlier years (what income and expenses
    held before the period) and of this year (what the period added): received 1,000, earned 30,
    lent 400: assets 1,030 (cash 630, loans 400), equity 1,000, result of the year 30.
    """
    standing = (Section.ASSETS, Section.LIABILITIES, Section.EQUITY)
    return tuple(
        Block(
            currency=currency,
            parts=(
                *(_part(one, now, then, own=own, measure=_closing) for one in standing),
                _result(Section.RESULT_EARLIER, now, then, measure=_opening),
                _result(Section.RESULT_OF_YEAR, now, then, measure=_added),
            ),
        )
        for currency, now, then in _by_currency(balances, compared)
    )


def difference(block: Block) -> int:
    """Assets less liabilities, equity and result of a balance sheet: 0 in books that balance."""
    return block.part(Section.ASSETS).amount - sum(
        part.amount for part in block.parts if part.section is not Section.ASSETS
    )


def trial_balance(
    balances: Sequence[Balance], *, own: OwnChart | None = None
) -> tuple[TrialBlock, ...]:
    """Every account that was moved or holds something, by currency.

    Worked: cash opened at 100, was debited 50 and credited 30, and closes at 120.
    """
    blocks = []
    for currency, now, _ in _by_currency(balances, None):
        titles = Titles(own)
        opening, closing = _sums(now, titles, _opening), _sums(now, titles, _closing)
        debits, credits_ = _sums(now, titles, _debits), _sums(now, titles, _credits)
        rows = (
            TrialRow(
                heading=heading,
                opening=sum(opening[heading].values()),
                debits=sum(debits[heading].values()),
                credits=sum(credits_[heading].values()),
                by_fund=_said(closing[heading]),
            )
            for heading in titles.ordered(opening)
        )
        blocks.append(
            TrialBlock(
                currency=currency,
                rows=tuple(row for row in rows if row.opening or row.debits or row.credits),
                opening=sum(map(_opening, now)),
                debits=sum(map(_debits, now)),
                credits=sum(map(_credits, now)),
            )
        )
    return tuple(blocks)


def _part(
    section: Section,
    now: Sequence[Balance],
    then: Sequence[Balance] | None,
    *,
    own: OwnChart | None,
    measure: Measure,
) -> Part:
    account_class = CLASSES[section]
    sign = 1 if account_class in GROWS_BY_DEBIT else -1

    def amount(one: Balance) -> int:
        return sign * measure(one)

    mine = [one for one in now if one.account_class is account_class]
    before = [one for one in then or () if one.account_class is account_class]
    titles = Titles(own)
    sums, earlier = _sums(mine, titles, amount), _sums(before, titles, amount)
    rows = (
        Row(
            heading=heading,
            amount=sum(sums[heading].values()),
            by_fund=_said(sums[heading]),
            compared=None if then is None else sum(earlier[heading].values()),
        )
        for heading in titles.ordered({**sums, **earlier})
    )
    return Part(
        section=section,
        rows=tuple(row for row in rows if row.amount or row.compared or row.by_fund),
        amount=sum(map(amount, mine)),
        by_fund=_of_funds(mine, amount),
        compared=None if then is None else sum(map(amount, before)),
    )


def _result(
    section: Section,
    now: Sequence[Balance],
    then: Sequence[Balance] | None,
    *,
    measure: Measure,
) -> Part:
    """What was earned less what it cost: credits of income and expenses less their debits."""

    def amount(one: Balance) -> int:
        return -measure(one)

    mine = [one for one in now if one.account_class in _TEMPORARY]
    before = [one for one in then or () if one.account_class in _TEMPORARY]
    return Part(
        section=section,
        rows=(),
        amount=sum(map(amount, mine)),
        by_fund=_of_funds(mine, amount),
        compared=None if then is None else sum(map(amount, before)),
    )


def _by_currency(
    balances: Sequence[Balance], compared: Sequence[Balance] | None
) -> Iterator[tuple[str, list[Balance], list[Balance] | None]]:
    for currency in sorted({one.currency for one in (*balances, *(compared or ()))}):
        yield (
            currency,
            [one for one in balances if one.currency == currency],
            None if compared is None else [one for one in compared if one.currency == currency],
        )


def _sums(
    balances: Iterable[Balance], titles: Titles, measure: Measure
) -> defaultdict[Heading, dict[FundId, int]]:
    sums: defaultdict[Heading, dict[FundId, int]] = defaultdict(dict)
    for one in balances:
        minor = measure(one)
        for heading in titles.of(one):
            of_funds = sums[heading]
            of_funds[one.fund_id] = of_funds.get(one.fund_id, 0) + minor
    return sums


def _of_funds(balances: Iterable[Balance], measure: Measure) -> dict[FundId, int]:
    sums: defaultdict[FundId, int] = defaultdict(int)
    for one in balances:
        sums[one.fund_id] += measure(one)
    return _said(sums)


def _said(by_fund: Mapping[FundId, int]) -> dict[FundId, int]:
    return {fund_id: minor for fund_id, minor in by_fund.items() if minor}


def _opening(one: Balance) -> int:
    return one.opening


def _debits(one: Balance) -> int:
    return one.debits


def _credits(one: Balance) -> int:
    return one.credits


def _added(one: Balance) -> int:
    return one.moved


def _closing(one: Balance) -> int:
    return one.closing


_TEMPORARY: Final = frozenset({AccountClass.INCOME, AccountClass.EXPENSE})
