"""Whatever is earned, decided and asked for, no more is purified than is tainted and there."""

from dataclasses import dataclass, field
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import journal, purifying
from services.loans.domain.chart import AccountNotInChart, FundAccounts, FundKind
from services.loans.domain.journal import Channel, JournalEntry
from services.loans.domain.purifying import CharityExhausted, PurificationTooLarge, Tainted
from shared import ids
from shared.ids import FundId
from shared.money import Money

DAY = date(2026, 6, 1)
FUND = FundAccounts(fund_id=FundId(ids.new()), kind=FundKind.STATE, currency="JOD")
ACCOUNT = "profit_income"
AMOUNTS = st.integers(-5, 1_000)
STEPS = st.lists(
    st.tuples(st.sampled_from(("earn", "give_back", "purify", "pay")), AMOUNTS), max_size=40
)


def jod(minor: int) -> Money:
    return Money(minor, "JOD")


@dataclass
class Books:
    """A fund in cash alone, with one case decided of it."""

    decided: int
    entries: list[JournalEntry] = field(default_factory=list)
    done: int = 0

    def of(self, code: str) -> Money:
        return Money.total((entry.amount_of(code) for entry in self.entries), "JOD")

    @property
    def tainted(self) -> Tainted:
        return Tainted(decided=jod(self.decided), done=jod(self.done), income=-self.of(ACCOUNT))

    def earn(self, minor: int) -> None:
        """Profit is paid, or paid back where the amount is below zero."""
        if minor:
            lines = {"cash": jod(minor), ACCOUNT: jod(-minor)}
            self.entries.append(journal._entry(journal.EntryKind.REPAYMENT, DAY, FUND, lines))

    def purify(self, minor: int) -> bool:
        try:
            purifying.require_purifiable(jod(minor), tainted=self.tainted, account_code=ACCOUNT)
        except PurificationTooLarge:
            return False
        self.entries.append(
            purifying.purification_entry(jod(minor), fund=FUND, account_code=ACCOUNT, booked_on=DAY)
        )
        self.done += minor
        return True

    def pay(self, minor: int) -> bool:
        owed, held = -self.of("charity"), self.of("cash")
        try:
            purifying.require_payable(jod(minor), owed=owed, held=held, channel=Channel.CASH)
        except CharityExhausted:
            return False
        self.entries.append(
            purifying.payment_entry(jod(minor), fund=FUND, channel=Channel.CASH, booked_on=DAY)
        )
        return True


@given(st.integers(0, 2_000), STEPS)
@settings(max_examples=200)
def test_no_more_is_purified_than_decided_nor_paid_than_purified(
    decided: int, steps: list[tuple[str, int]]
) -> None:
    books, paid = Books(decided=decided), 0
    for step, minor in steps:
        before = books.tainted
        if step == "earn":
            books.earn(abs(minor))
        elif step == "give_back":
            books.earn(-min(abs(minor), max(0, before.income.minor)))
        elif step == "purify":
            fits = 0 < minor <= min(before.decided.minor - before.done.minor, before.income.minor)
            assert books.purify(minor) is fits
        elif books.pay(minor):
            paid += minor

        assert 0 <= books.done <= decided
        assert not (-books.of(ACCOUNT)).is_negative
        assert 0 <= paid <= books.done
        assert -books.of("charity") == jod(books.done - paid)
        totals = journal.balances(books.entries)
        assert sum(totals.values()) == 0


@given(st.integers(1, 1_000), st.integers(0, 999), st.integers(0, 1_000))
def test_what_may_still_be_moved_is_the_lesser_of_what_was_decided_and_what_is_there(
    decided: int, done: int, income: int
) -> None:
    tainted = Tainted(decided=jod(decided), done=jod(done), income=jod(income))

    assert tainted.most == jod(max(0, min(decided - done, income)))
    over = tainted.most + jod(1)
    with pytest.raises(PurificationTooLarge):
        purifying.require_purifiable(over, tainted=tainted, account_code=ACCOUNT)


def test_five_hundred_decided_and_three_done_leave_what_was_earned() -> None:
    tainted = Tainted(decided=jod(500_000), done=jod(300_000), income=jod(150_000))

    assert str(tainted.most) == "150.000"


def test_a_fund_without_such_income_has_nothing_to_purify() -> None:
    zakat = FundAccounts(fund_id=FundId(ids.new()), kind=FundKind.ZAKAT, currency="JOD")

    with pytest.raises(AccountNotInChart):
        purifying.purification_entry(jod(1), fund=zakat, account_code=ACCOUNT, booked_on=DAY)
