"""What is held of a borrower's own money, how much of it must stay, and what books a movement?

Savings and the borrower's own contribution lie in accounts of the fund that owe them back: they
are nobody's income and are never lent. What moves is a row with its sign; a balance is their sum.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from services.loans.domain.chart import FundAccounts
from services.loans.domain.journal import Channel, EntryKind, JournalEntry, Line
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Terms
from shared.errors import Kind, RafidError
from shared.ids import ContractId
from shared.money import Money

YEAR_DAYS = 365
PERCENT = 100
REQUEST_DAYS = 30
"""So long may money be given out that was asked for: then it is asked for anew."""


class Purpose(StrEnum):
    """What money is held for; the value is the code of the account it lies in."""

    SAVINGS = "savings"
    CONTRIBUTION = "contribution"


class HoldingKind(StrEnum):
    """How held money moved.

    `kept_back`: savings put in out of the loan as it was paid out. `set_off`: an order took
    savings against what is owed. `applied`: a contribution paid the down payment of a tranche.
    `earning`: what savings earned was added to them.
    """

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    KEPT_BACK = "kept_back"
    SET_OFF = "set_off"
    APPLIED = "applied"
    EARNING = "earning"
    REVERSAL = "reversal"


class NothingAgreedToHold(RafidError):
    """The contract agrees on no such money"""

    kind = Kind.RULE
    service = "loans"
    detail = "By its terms nothing is put in as {purpose} on the contract {contract_id}."
    purpose: Purpose
    contract_id: ContractId


class HoldingTooLow(RafidError):
    """Less is held than is asked for"""

    kind = Kind.RULE
    service = "loans"
    detail = "{asked} is more than {available}, what may be taken of {held} held as {purpose}."
    purpose: Purpose
    asked: Money
    available: Money
    held: Money


class ContributionBeyond(RafidError):
    """More is contributed than the down payments ask"""

    kind = Kind.RULE
    service = "loans"
    detail = "{asked} is more than the {missing} that down payments still ask."
    asked: Money
    missing: Money


class NothingEarned(RafidError):
    """The savings have earned nothing"""

    kind = Kind.RULE
    service = "loans"
    detail = "On the contract {contract_id} savings have earned nothing until {through_on}."
    contract_id: ContractId
    through_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One movement of held money: positive in, negative out, in minor units."""

    purpose: Purpose
    kind: HoldingKind
    amount: int
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is put in or taken out: why, how much, on which day and through which account.

    `evidence` is the SHA-256 of its receipt.
    """

    purpose: Purpose
    amount: Money
    on: date
    channel: Channel = Channel.CASH
    evidence: str | None = None


def balance(moves: Iterable[Moved], *, purpose: Purpose) -> int:
    """What is held for a purpose: 100 put in and 30 taken leave 70, in minor units."""
    return sum(move.amount for move in moves if move.purpose is purpose)


def savings_due(
    terms: Terms, *, instalments: Sequence[Instalment], paid_out_on: Collection[date], on: date
) -> Money:
    """What the terms ask to be saved by a day, from the first payment out on.

    Of 1,000.000 with 10 % at once and 1 % with each instalment, after two of them: 120.000. What
    falls due on a day of payment out is a down payment: nothing is saved with it.
    """
    savings, rounding = terms.savings, terms.rounding
    gone = sum(1 for due in instalments if due.due_on <= on and due.due_on not in paid_out_on)
    each = savings.with_each(terms.principal, rounding=rounding)
    return savings.upfront(terms.principal, rounding=rounding) + gone * each


def asks_savings(terms: Terms) -> bool:
    """Whether the terms ask for savings at all."""
    return terms.savings.is_asked


def require_agreed(terms: Terms, *, purpose: Purpose, contract_id: ContractId) -> None:
    """Raise `NothingAgreedToHold` where the terms ask for no such money."""
    is_agreed = {
        Purpose.SAVINGS: asks_savings(terms),
        Purpose.CONTRIBUTION: bool(terms.drawing.down_payment_percent),
    }
    if not is_agreed[purpose]:
        raise NothingAgreedToHold(purpose=purpose, contract_id=contract_id)


def require_missing(asked: Money, *, missing: Money) -> None:
    """Raise `ContributionBeyond` for more than the down payments to come still ask."""
    if asked > missing:
        raise ContributionBeyond(asked=asked, missing=missing)


def require_free(asked: Money, *, held: Money, must_stay: Money, purpose: Purpose) -> None:
    """Raise `HoldingTooLow` for more than what is held above what must stay.

    Of 150 held with 120 asked for by now, 30 may be taken; once nothing is owed, all.
    """
    free = max(held - must_stay, Money.zero(held.currency))
    if asked > free:
        raise HoldingTooLow(purpose=purpose, asked=asked, available=free, held=held)


def earned(moves: Sequence[Moved], *, annual_rate: Decimal, through: date) -> int:
    """What savings earn at a rate since they last earned something, days over 365, rounded down.

    100,000 minor units held for 73 days at 5 %: 1,000. A day counts with what is held at its end;
    `through` is the last one counted.
    """
    saved = sorted((one for one in moves if one.purpose is Purpose.SAVINGS), key=lambda one: one.on)
    gone = [one.on + timedelta(days=1) for one in saved if one.kind is HoldingKind.EARNING]
    since = max(gone, default=date.min)
    by_day: dict[date, int] = {}
    for move in saved:
        day = max(move.on, since)
        by_day[day] = by_day.get(day, 0) + move.amount
    days = sorted(day for day in by_day if day <= through)
    held = day_units = 0
    for day, following in pairwise([*days, through + timedelta(days=1)]):
        held += by_day[day]
        day_units += held * (following - day).days
    return int(day_units * annual_rate / YEAR_DAYS)


def shared_profit(declared: Money, *, percent: Decimal) -> Money:
    """The savers' part of a profit that was declared: 40 % of 12.505 is 5.002, rounded down."""
    return declared.times(percent.scaleb(-2), rounding="down")


def moved_entry(
    amount: Money,
    *,
    purpose: Purpose,
    fund: FundAccounts,
    moved_on: date,
    contract_id: ContractId,
    channel: Channel,
) -> JournalEntry:
    """Money put in: Dr cash, Cr what is held; taken out (a negative amount) the other way."""
    moved = {channel.value: amount, purpose.value: -amount}
    return _entry(EntryKind.HOLDING, moved_on, fund, moved, contract_id=contract_id)


def earning_entry(
    amount: Money, *, fund: FundAccounts, earned_on: date, contract_id: ContractId
) -> JournalEntry:
    """What savings earned: Dr cost of savings, Cr savings. Raises `AccountNotInChart`."""
    moved = {"savings_cost": amount, Purpose.SAVINGS.value: -amount}
    return _entry(EntryKind.HOLDING, earned_on, fund, moved, contract_id=contract_id)


def _entry(
    kind: EntryKind,
    occurred_on: date,
    fund: FundAccounts,
    moved: Mapping[str, Money],
    *,
    contract_id: ContractId,
) -> JournalEntry:
    return JournalEntry(
        kind=kind,
        occurred_on=occurred_on,
        lines=tuple(
            Line(account_code=fund.account(code), fund_id=fund.fund_id, amount=amount)
            for code, amount in moved.items()
        ),
        contract_id=contract_id,
    )
