"""What do the books say in the shape of AAOIFI FAS 28 (murabaha), 37 (waqf) and 39 (zakah)?

Every figure is a sum of accounts of the journal; each report ends with the same accounts as the
ledger has them, so that whoever reads it can add it up. They are shaped after the standards and
not audited for them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.loans.domain.chart import AccountClass
from shared.money import Money

DEFERRED_SALES = frozenset({"murabaha"})
MONEY = ("cash", "wallet", "bank")
GROWS_BY_DEBIT = frozenset({AccountClass.ASSET, AccountClass.EXPENSE})
NET = frozenset({AccountClass.EQUITY, AccountClass.INCOME, AccountClass.EXPENSE})
CLASSES = (
    "fuqara",
    "masakin",
    "amilin",
    "muallafa",
    "riqab",
    "gharimin",
    "fi_sabilillah",
    "ibn_al_sabil",
)


class Standard(StrEnum):
    """The standard after which a report is shaped."""

    MURABAHA = "AAOIFI FAS 28"
    WAQF = "AAOIFI FAS 37"
    ZAKAH = "AAOIFI FAS 39"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What one account of a fund held before a period, and its debits and credits within it.

    Debits are positive, `credits` too; `kind` is that of the entries, `mode` that of the contract
    or of the product that was closed, `zakat_class` that of the grant, where there is one.
    """

    code: str
    account_class: AccountClass
    kind: str
    mode: str | None
    zakat_class: str | None
    opening: Money
    debits: Money
    credits: Money

    @property
    def net(self) -> Money:
        """Debits less credits of the period."""
        return self.debits - self.credits

    @property
    def closing(self) -> Money:
        """What the account holds in the end, debit positive."""
        return self.opening + self.net


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A figure with its name and the accounts that it is the sum of."""

    code: str
    amount: Money
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Figures under a heading; where they add up, the last one is their sum."""

    code: str
    lines: tuple[Line, ...]

    def line(self, code: str) -> Money:
        """The amount of one line by its code."""
        return next(line.amount for line in self.lines if line.code == code)


@dataclass(frozen=True, slots=True)
class Books:
    """The accounts of one fund over a period."""

    moves: Sequence[Moved]
    currency: str

    def sum(
        self, *codes: str, part: Callable[[Moved], Money], where: Callable[[Moved], bool]
    ) -> Money:
        """The sum of a part of these accounts over the moves that are asked for."""
        found = (part(one) for one in self.moves if one.code in codes and where(one))
        return Money.total(found, self.currency)

    def of_class(self, *classes: AccountClass) -> tuple[str, ...]:
        """The codes of the accounts of some classes, in order."""
        return tuple(sorted({one.code for one in self.moves if one.account_class in classes}))


def murabaha(moves: Sequence[Moved], *, currency: str) -> tuple[Section, ...]:
    """Receivables, goods, deferred and recognised profit of sales with deferred payment.

    After FAS 28: receivables are shown less the profit that is deferred and the allowance. Sold at
    22,960.00 with 2,460.00 deferred, six instalments paid: net receivable is what is left of the
    price less what of the mark-up is not earned. Each account is shown again with the part that
    other modes have, and what the ledger has.
    """
    books = Books(moves, currency)

    def ours(one: Moved) -> bool:
        return one.mode in DEFERRED_SALES

    def closing(*codes: str) -> Money:
        return books.sum(*codes, part=lambda one: one.closing, where=ours)

    owed, profit = closing("loans"), closing("profit_receivable")
    deferred, allowance = -closing("deferred_profit"), -closing("loss_allowance")
    receivables = Section(
        code="receivables",
        lines=(
            Line(code="cost_owed", amount=owed, accounts=("loans",)),
            Line(code="profit_owed", amount=profit, accounts=("profit_receivable",)),
            Line(code="less_deferred_profit", amount=-deferred, accounts=("deferred_profit",)),
            Line(code="less_allowance", amount=-allowance, accounts=("loss_allowance",)),
            Line(code="receivables_net", amount=owed + profit - deferred - allowance),
        ),
    )
    earned = -books.sum("profit_income", part=lambda one: one.net, where=ours)
    late = -books.sum("charity", part=lambda one: one.net, where=ours)
    income = Section(
        code="income",
        lines=(
            Line(code="profit_recognised", amount=earned, accounts=("profit_income",)),
            Line(code="late_to_charity", amount=late, accounts=("charity",)),
        ),
    )
    return (
        receivables,
        _rolled("inventory", "goods", books, where=ours),
        _rolled("deferred_profit", "deferred_profit", books, where=ours, is_debit=False),
        income,
        *(
            _reconciled(code, books, where=ours)
            for code in ("loans", "profit_receivable", "deferred_profit", "goods", "profit_income")
        ),
    )


def waqf(moves: Sequence[Moved], *, currency: str) -> tuple[Section, ...]:
    """Corpus, yield, the trustee's share, what reached those it is for, and what is left.

    After FAS 37: a corpus endowed for good and one for a time stand apart from the yield, and the
    net assets are what is owned less what is owed and less what goes back to its founders.
    """
    books = Books(moves, currency)
    spent = set(books.of_class(AccountClass.EXPENSE)) - {"nazir_fee", "grants"}
    earned = books.of_class(AccountClass.INCOME)
    income = -books.sum(*earned, part=_net, where=_all)
    costs = books.sum(*spent, part=_net, where=_all)
    nazir = books.sum("nazir_fee", part=_net, where=_all)
    given = books.sum("grants", part=_net, where=_all)
    assets = books.sum(*books.of_class(AccountClass.ASSET), part=_closing, where=_all)
    returnable = -books.sum("temporary_corpus", part=_closing, where=_all)
    liabilities = set(books.of_class(AccountClass.LIABILITY)) - {"temporary_corpus"}
    owed = -books.sum(*liabilities, part=_closing, where=_all)
    equity = -books.sum(*books.of_class(*NET), part=_closing, where=_all)
    corpus = -books.sum("fund_balance", part=_closing, where=_all)
    return (
        _rolled("permanent_corpus", "fund_balance", books, where=_all, is_debit=False),
        _rolled("temporary_corpus", "temporary_corpus", books, where=_all, is_debit=False),
        Section(
            code="yield",
            lines=(
                *_each(earned, books, sign=-1),
                *_each(sorted(spent), books, sign=-1),
                Line(code="yield_net", amount=income - costs),
                Line(code="nazir_share", amount=-nazir, accounts=("nazir_fee",)),
                Line(code="distributed", amount=-given, accounts=("grants",)),
                Line(code="yield_kept", amount=income - costs - nazir - given),
            ),
        ),
        _rolled("reserve", "loss_reserve", books, where=_all, is_debit=False),
        Section(
            code="net_assets",
            lines=(
                *_stock(books, AccountClass.ASSET),
                Line(code="assets", amount=assets),
                Line(code="liabilities", amount=-owed, accounts=tuple(sorted(liabilities))),
                Line(code="returnable_corpus", amount=-returnable, accounts=("temporary_corpus",)),
                Line(code="net_assets", amount=assets - owed - returnable),
                Line(code="of_it_corpus", amount=corpus, accounts=("fund_balance",)),
                Line(code="of_it_yield_and_reserve", amount=equity - corpus),
            ),
        ),
    )


def zakah(moves: Sequence[Moved], *, currency: str) -> tuple[Section, ...]:
    """Where zakat came from, to which classes it went, what its work cost, and what is left.

    After FAS 39: opening + sources - uses = undistributed, which is what is held or lent less what
    is owed. 400,000.000 collected, 48,200.000 for its work, 300,000.000 given: 51,800.000 left.
    """
    books = Books(moves, currency)
    opening = -books.sum(*books.of_class(*NET), part=lambda one: one.opening, where=_all)
    received = -books.sum("fund_balance", part=_net, where=_all)
    gains = books.of_class(AccountClass.INCOME)
    other = -books.sum(*gains, part=_net, where=_all)
    given = [
        Line(
            code=f"to_{name or 'no_class'}",
            amount=books.sum("grants", part=_net, where=_of_class(name)),
            accounts=("grants",),
        )
        for name in (*CLASSES, None)
    ]
    grants = books.sum("grants", part=_net, where=_all)
    amil = books.sum("amil_costs", part=_net, where=_all)
    rest = tuple(sorted(set(books.of_class(AccountClass.EXPENSE)) - {"grants", "amil_costs"}))
    spent = books.sum(*rest, part=_net, where=_all)
    closing = opening + received + other - grants - amil - spent
    assets = books.sum(*books.of_class(AccountClass.ASSET), part=_closing, where=_all)
    liabilities = books.of_class(AccountClass.LIABILITY)
    owed = -books.sum(*liabilities, part=_closing, where=_all)
    held = books.sum(*MONEY, part=_closing, where=_all)
    return (
        Section(
            code="sources",
            lines=(
                Line(code="undistributed_before", amount=opening),
                Line(code="zakat_received", amount=received, accounts=("fund_balance",)),
                Line(code="other_sources", amount=other, accounts=gains),
                Line(code="sources", amount=opening + received + other),
            ),
        ),
        Section(
            code="uses",
            lines=(
                *(one for one in given if one.amount.minor or one.code != "to_no_class"),
                Line(code="given", amount=grants, accounts=("grants",)),
                Line(code="amil_costs", amount=amil, accounts=("amil_costs",)),
                *_each(rest, books, sign=1),
                Line(code="uses", amount=grants + amil + spent),
            ),
        ),
        Section(
            code="undistributed",
            lines=(
                Line(code="undistributed", amount=closing),
                Line(code="held", amount=held, accounts=MONEY),
                Line(code="lent_and_else", amount=assets - held),
                Line(code="liabilities", amount=-owed, accounts=liabilities),
                Line(code="held_and_lent_less_owed", amount=assets - owed),
            ),
        ),
    )


def _rolled(
    code: str,
    account: str,
    books: Books,
    *,
    where: Callable[[Moved], bool],
    is_debit: bool = True,
) -> Section:
    """Opening, what came to an account, what left it, closing."""
    opening = books.sum(account, part=lambda one: one.opening, where=where)
    debits = books.sum(account, part=lambda one: one.debits, where=where)
    credited = books.sum(account, part=lambda one: one.credits, where=where)
    came, left = (debits, credited) if is_debit else (credited, debits)
    opened = opening if is_debit else -opening
    lines = (
        Line(code="opening", amount=opened, accounts=(account,)),
        Line(code="came", amount=came, accounts=(account,)),
        Line(code="left", amount=-left, accounts=(account,)),
        Line(code="closing", amount=opened + came - left, accounts=(account,)),
    )
    return Section(code=code, lines=lines)


def _reconciled(account: str, books: Books, *, where: Callable[[Moved], bool]) -> Section:
    """One account: what the report has of it, what other modes have, what the ledger has."""
    here = books.sum(account, part=_closing, where=where)
    whole = books.sum(account, part=_closing, where=_all)
    lines = (
        Line(code="in_this_report", amount=here, accounts=(account,)),
        Line(code="elsewhere", amount=whole - here, accounts=(account,)),
        Line(code="in_the_ledger", amount=whole, accounts=(account,)),
    )
    return Section(code=f"account_{account}", lines=lines)


def _each(codes: Iterable[str], books: Books, *, sign: int) -> tuple[Line, ...]:
    """What each account moved in the period, those that did not move left out."""
    found = []
    for code in codes:
        moved = books.sum(code, part=_net, where=_all)
        if moved.minor:
            signed = moved if sign > 0 else -moved
            found.append(Line(code=f"account_{code}", amount=signed, accounts=(code,)))
    return tuple(found)


def _stock(books: Books, account_class: AccountClass) -> tuple[Line, ...]:
    """What each account of a class holds in the end, those that hold nothing left out."""
    found = []
    for code in books.of_class(account_class):
        held = books.sum(code, part=_closing, where=_all)
        if held.minor:
            found.append(Line(code=f"account_{code}", amount=held, accounts=(code,)))
    return tuple(found)


def _of_class(name: str | None) -> Callable[[Moved], bool]:
    return lambda one: one.zakat_class == name


def _net(one: Moved) -> Money:
    return one.net


def _closing(one: Moved) -> Money:
    return one.closing


def _all(one: Moved) -> bool:
    return bool(one.code)
