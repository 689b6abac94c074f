"""Unexplained money: owed, aged, moved against money alone, and never income."""

from datetime import date, timedelta

import pytest

from services.loans.domain.chart import OWED, FundAccounts, FundKind
from services.loans.domain.journal import (
    Channel,
    EntryKind,
    JournalEntry,
    Line,
    SuspenseNotMoney,
    balances,
)
from services.loans.domain.manual import reason_of
from services.loans.domain.suspense import Age, age_of, arrival_entry, release_entry
from shared import ids
from shared.ids import FundId
from shared.money import CurrencyMismatch, Money

FUND = FundAccounts(fund_id=FundId(ids.new()), kind=FundKind.ZAKAT, currency="JOD")
DAY = date(2026, 3, 1)
SUM = Money.parse("45", "JOD")


@pytest.mark.parametrize(
    ("days", "age"),
    [
        (-1, Age.FRESH),
        (1, Age.FRESH),
        (2, Age.WEEK),
        (7, Age.WEEK),
        (8, Age.MONTH),
        (30, Age.MONTH),
        (31, Age.OLD),
    ],
)
def test_the_age_of_money_is_counted_from_the_day_it_came(days: int, age: Age) -> None:
    assert age_of(DAY, today=DAY + timedelta(days=days)) is age


def test_money_arrives_as_a_debt_and_leaves_without_a_trace() -> None:
    came = arrival_entry(SUM, fund=FUND, arrived_on=DAY, channel=Channel.BANK)
    assert (came.amount_of("bank"), came.amount_of("suspense")) == (SUM, -SUM)
    left = release_entry(SUM, fund=FUND, moved_on=DAY, channel=Channel.BANK)
    assert set(balances([came, left]).values()) == {0}


@pytest.mark.parametrize("code", ["profit_income", "fund_balance", "loans", "surplus", "charity"])
def test_suspense_becomes_nothing_but_money(code: str) -> None:
    lines = (
        Line(account_code="suspense", fund_id=FUND.fund_id, amount=SUM),
        Line(account_code=code, fund_id=FUND.fund_id, amount=-SUM),
    )
    for kind in (EntryKind.SUSPENSE, EntryKind.MANUAL, EntryKind.REVERSAL):
        with pytest.raises(SuspenseNotMoney):
            JournalEntry(kind=kind, occurred_on=DAY, lines=lines)


def test_suspense_is_another_s_money_and_not_for_entries_by_hand() -> None:
    assert "suspense" in OWED
    assert reason_of("suspense") == reason_of("surplus")


def test_money_of_another_currency_is_not_held() -> None:
    with pytest.raises(CurrencyMismatch):
        arrival_entry(Money.parse("45", "USD"), fund=FUND, arrived_on=DAY, channel=Channel.BANK)
