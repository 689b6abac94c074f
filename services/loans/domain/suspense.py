"""What becomes of money on a statement that no payment explains? It is owed, and never income."""

from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.loans.domain.chart import SUSPENSE, FundAccounts
from services.loans.domain.journal import Channel, EntryKind, JournalEntry, Line
from shared.errors import Kind, RafidError
from shared.money import CurrencyMismatch, Money

AGES: Final = (1, 7, 30)
"""After how many days suspense is older than it should be, and asked about again."""


class SuspenseEnded(RafidError):
    """The money does not wait any more"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The money of the line {line_id} was moved out of suspense already."
    line_id: UUID


class SuspenseStandsElsewhere(RafidError):
    """The money stands in another real account"""

    kind = Kind.RULE
    service = "loans"
    detail = "What the fund {fund_id} holds as {channel} does not stand in the account {code}."
    fund_id: UUID
    channel: Channel
    code: str


class Age(StrEnum):
    """How long money has stood in suspense: up to 1, 7, 30 days, or longer."""

    FRESH = "up_to_1"
    WEEK = "up_to_7"
    MONTH = "up_to_30"
    OLD = "over_30"


def age_of(arrived_on: date, *, today: date) -> Age:
    """How old money in suspense is: of 1 March, on 8 March 7 days old, it is `up_to_7`."""
    days = (today - arrived_on).days
    for age, limit in zip((Age.FRESH, Age.WEEK, Age.MONTH), AGES, strict=True):
        if days <= limit:
            return age
    return Age.OLD


def arrival_entry(
    amount: Money, *, fund: FundAccounts, arrived_on: date, channel: Channel
) -> JournalEntry:
    """Money came that nobody explains: Dr bank 45.000, Cr suspense 45.000."""
    return _entry(fund, arrived_on, {channel.value: amount, SUSPENSE: -amount})


def release_entry(
    amount: Money, *, fund: FundAccounts, moved_on: date, channel: Channel
) -> JournalEntry:
    """Money leaves suspense: Dr suspense 45.000, Cr bank 45.000.

    It goes back to its sender; or a repayment books the same money into the fund of its contract
    (Dr bank 45.000, Cr loans), so that the real account is as it was.
    """
    return _entry(fund, moved_on, {SUSPENSE: amount, channel.value: -amount})


def _entry(fund: FundAccounts, on: date, moved: dict[str, Money]) -> JournalEntry:
    for amount in moved.values():
        if amount.currency != fund.currency:
            raise CurrencyMismatch(left=fund.currency, right=amount.currency)
    return JournalEntry(
        kind=EntryKind.SUSPENSE,
        occurred_on=on,
        lines=tuple(
            Line(account_code=fund.account(code), fund_id=fund.fund_id, amount=amount)
            for code, amount in moved.items()
        ),
    )
