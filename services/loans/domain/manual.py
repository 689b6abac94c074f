"""What may be booked by hand, and what never?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.loans.domain import chart, own_accounts
from services.loans.domain.chart import AccountClass, FundKind
from services.loans.domain.funding import FundExhausted
from services.loans.domain.journal import EntryKind, JournalEntry, Line
from services.loans.domain.own_chart import OwnChart
from shared.errors import Kind, RafidError, Sentence
from shared.ids import FundId
from shared.money import CurrencyMismatch, Money

LINES_MAX: Final = 50

_OF_CONTRACTS: Final = Sentence(
    "it is what contracts owe or hold, and moves by a payment, an order or a step of a contract"
)
_OF_RECEIPTS: Final = Sentence(
    "it is what the fund was given, and moves by a receipt or by an order that takes one back"
)
_OF_OTHERS: Final = Sentence(
    "it is what the fund holds for others, and is paid out by its own way alone"
)
_OF_CLOSES: Final = Sentence("the close of a day books it, and would count it twice")
_OF_EVENTS: Final = Sentence(
    "it follows from what happened; a cost or yield of another sort has a number of its own"
)
UNKNOWN: Final = Sentence("the institution's chart has no account for entries under it")
FORBIDDEN: Final[Mapping[str, Sentence]] = {
    **dict.fromkeys(
        (
            "loans",
            "goods",
            "goods_due",
            "partnerships",
            "profit_receivable",
            "deferred_profit",
            "guarantee_claims",
            "guarantee_received",
        ),
        _OF_CONTRACTS,
    ),
    **dict.fromkeys(("fund_balance", "lender_payable", "temporary_corpus"), _OF_RECEIPTS),
    **dict.fromkeys(chart.OWED, _OF_OTHERS),
    **dict.fromkeys(
        ("profit_accrued", "profit_unearned", "loss_allowance", "provision_expense"), _OF_CLOSES
    ),
}
"""Why an account of ours is not for entries by hand; any other of ours follows from events."""


class ManualAccountForbidden(RafidError):
    """The account is not for entries by hand"""

    kind = Kind.RULE
    service = "loans"
    detail = "{account} cannot be booked by hand: {reason}."
    account: str
    reason: Sentence


class ManualFundForbidden(RafidError):
    """Nothing is booked by hand in such a fund"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "{fund_code} is a fund of {fund_kind}: zakat is spent on its eight classes and, within its"
        " cap, on those who collect it, each by its own way."
    )
    fund_code: str
    fund_kind: FundKind


class ManualMovesMoneyOnly(RafidError):
    """The entry only moves money from one place to another"""

    kind = Kind.RULE
    service = "loans"
    detail = "Move it by an order on the fund (channel_transfer); an entry by hand says what for."


class EquityNotAlone(RafidError):
    """Own equity was given against something else"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The lines on equity differ by {difference}: money comes into a fund by a receipt, which"
        " says whose it is; by hand, equity moves to equity only."
    )
    difference: Money


class BelowFloor(RafidError):
    """The corpus would fall below its floor"""

    kind = Kind.RULE
    service = "loans"
    detail = "{fund_code} would own {after}; its corpus of {floor} stands."
    fund_code: str
    after: Money
    floor: Money


class OwnDebtExceeded(RafidError):
    """More is taken off a debt than is owed"""

    kind = Kind.RULE
    service = "loans"
    detail = "{fund_code} owes {owed} on {account}; {requested} cannot be taken off it."
    fund_code: str
    account: str
    owed: Money
    requested: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a fund holds when an entry is about to be booked.

    `held` is on each account of money and each debt of its own, debit positive; `free` is what is
    at hand less what is owed to others and claimed by applications; `net_assets` is what the fund
    owns.
    """

    fund_code: str
    held: Mapping[str, Money]
    free: Money
    net_assets: Money
    floor: Money


def account_of(asked: str, *, own: OwnChart | None, fund_kind: FundKind) -> str:
    """The code of the account that a line names: a place of money, or a number of the chart.

    `5210` that opens an own expense is `own_expense_5210`; a number under which nothing but the
    cash of the fund's kind stands is `cash`. Raises `ManualAccountForbidden` with the reason.
    """
    if asked in chart.MONEY:
        return asked
    if asked in _OURS:
        raise ManualAccountForbidden(account=asked, reason=reason_of(asked))
    line = None if own is None else own.numbered(asked)
    if line is None or own is None:
        raise ManualAccountForbidden(account=asked, reason=UNKNOWN)
    if line.own_code is not None:
        return line.own_code
    codes = [
        one.code for one in line.accounts if own.line_of(one.code, fund_kind=fund_kind) is line
    ]
    if len(codes) == 1 and codes[0] in chart.MONEY:
        return codes[0]
    reason = reason_of(codes[0]) if codes else UNKNOWN
    raise ManualAccountForbidden(account=asked, reason=reason)


def reason_of(code: str) -> Sentence:
    """Why an account of ours is not for entries by hand."""
    return FORBIDDEN.get(code, _OF_EVENTS)


def entry_of(
    lines: Sequence[tuple[str, Money]],
    *,
    fund_id: FundId,
    fund_code: str,
    fund_kind: FundKind,
    currency: str,
    occurred_on: date,
) -> JournalEntry:
    """The entry of lines (account code, debit positive), as far as they say alone.

    Rent of 300.000 out of the bank: Dr own_expense_6120 300.000, Cr bank 300.000. Own equity
    moves against own equity only. Raises ManualFundForbidden, CurrencyMismatch, UnbalancedEntry,
    EmptyEntry, ManualMovesMoneyOnly, EquityNotAlone.
    """
    if fund_kind is FundKind.ZAKAT:
        raise ManualFundForbidden(fund_code=fund_code, fund_kind=fund_kind)
    for _, amount in lines:
        if amount.currency != currency:
            raise CurrencyMismatch(left=currency, right=amount.currency)
    entry = JournalEntry(
        kind=EntryKind.MANUAL,
        occurred_on=occurred_on,
        lines=tuple(
            Line(account_code=code, fund_id=fund_id, amount=amount) for code, amount in lines
        ),
    )
    if all(line.account_code in chart.MONEY for line in entry.lines):
        raise ManualMovesMoneyOnly
    equity = Money.total(
        (
            line.amount
            for line in entry.lines
            if own_accounts.class_of(line.account_code) is AccountClass.EQUITY
        ),
        currency,
    )
    if not equity.is_zero:
        raise EquityNotAlone(difference=equity)
    return entry


def require_covered(entry: JournalEntry, *, standing: Standing) -> None:
    """Refuse an entry that takes more money than there is, or what is promised or owed to others.

    Of 1,000.000 at hand with 900.000 committed, rent of 100.001 is refused: 100.000 is free. What
    makes the fund poorer also keeps its corpus above the floor; a debt is paid as far as it is
    owed. Raises `FundExhausted`, `OwnDebtExceeded`, `BelowFloor`.
    """
    zero = Money.zero(standing.free.currency)
    for code in chart.MONEY:
        left = -entry.amount_of(code)
        held = standing.held.get(code, zero)
        if left.is_positive and left > held:
            raise FundExhausted(fund_code=standing.fund_code, requested=left, available=held)
    _require_owed(entry, standing=standing)
    taken = -free_change(entry)
    if taken.is_positive and taken > standing.free:
        raise FundExhausted(fund_code=standing.fund_code, requested=taken, available=standing.free)
    after = standing.net_assets - taken
    if taken.is_positive and after < standing.floor:
        raise BelowFloor(fund_code=standing.fund_code, after=after, floor=standing.floor)


def _require_owed(entry: JournalEntry, *, standing: Standing) -> None:
    zero = Money.zero(standing.free.currency)
    for code in sorted({one.account_code for one in entry.lines if _is_debt(one.account_code)}):
        requested, owed = entry.amount_of(code), max(-standing.held.get(code, zero), zero)
        if requested > owed:
            raise OwnDebtExceeded(
                fund_code=standing.fund_code, account=code, owed=owed, requested=requested
            )


def _is_debt(code: str) -> bool:
    return own_accounts.class_of(code) is AccountClass.LIABILITY


def free_change(entry: JournalEntry) -> Money:
    """What an entry adds to what is at hand and nobody else's: money less own debts."""
    return Money.total(
        (
            line.amount
            for line in entry.lines
            if line.account_code in chart.MONEY or _is_debt(line.account_code)
        ),
        entry.lines[0].amount.currency,
    )


_OURS: Final = frozenset(account.code for account in chart.CHART)
