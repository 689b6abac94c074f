"""Is a corpus kept and only realised yield spent, whatever happens in whatever order?"""

import itertools
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import journal, waqf, waqf_books, waqf_entries, waqf_losses, waqf_orders
from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.journal import Channel, JournalEntry
from services.loans.domain.waqf import Books
from services.loans.domain.waqf_books import Accounts
from services.loans.domain.waqf_losses import Bearer
from services.loans.domain.waqf_orders import WaqfOrder, WaqfOrderKind
from shared import ids
from shared.errors import RafidError
from shared.ids import ContractId, FundId
from shared.money import Money
from tests.unit.loans.test_waqf_corpus import deed

ON = date(2026, 11, 1)
DEED = deed()
FUND = FundAccounts(fund_id=FundId(ids.new()), kind=FundKind.WAQF, currency="MAD")
CONTRACT = ContractId(ids.new())


def mad(minor: int) -> Money:
    return Money(minor, "MAD")


@dataclass
class Life:
    """A waqf through its entries; what a rule refuses is not done."""

    entries: list[JournalEntry] = field(default_factory=list)
    granted: int = 0
    came: int = 0

    def books(self) -> Books:
        found: dict[str, int] = {}
        for (_, _, code), minor in journal.balances(self.entries).items():
            found[code] = found.get(code, 0) + minor
        lost = found.get("write_off", 0) + found.get("recovery", 0)
        return waqf_books.books_of(
            Accounts(
                currency="MAD",
                balances=found,
                stated=mad(0),
                has_corpus=True,
                lost=max(lost, 0),
            )
        )

    @property
    def cash(self) -> int:
        return sum(entry.amount_of("cash").minor for entry in self.entries)

    def endow(self, amount: int) -> None:
        self.entries.append(journal.receipt_entry(mad(amount), fund=FUND, received_on=ON))

    def endow_for_a_time(self, amount: int) -> None:
        entry = journal.receipt_entry(mad(amount), fund=FUND, received_on=ON, is_temporary=True)
        self.entries.append(entry)

    def lend(self, amount: int) -> None:
        books = self.books()
        if amount <= self.cash and not books.deficit.is_positive:
            entry = journal.disbursement_entry(
                mad(amount), fund=FUND, disbursed_on=ON, contract_id=CONTRACT
            )
            self.entries.append(entry)

    def lose(self, amount: int) -> None:
        amount = min(amount, self.books().lent.minor)
        if amount:
            entry = journal.write_off_entry(
                mad(amount), fund=FUND, written_off_on=ON, contract_id=CONTRACT
            )
            self.entries.append(entry)

    def earn(self, amount: int) -> None:
        self.came += amount
        given: dict[str, Any] = {"fund": FUND, "on": ON, "channel": Channel.CASH}
        self.entries.append(waqf_entries.yield_entry(mad(amount), **given))

    def give_to_pool(self, amount: int) -> None:
        given: dict[str, Any] = {"fund": FUND, "on": ON, "channel": Channel.CASH}
        self.entries.append(waqf_entries.tabarru_entry(mad(amount), **given))

    def cover(self, _amount: int) -> None:
        books = self.books()
        held = {Bearer.TABARRU: books.tabarru, Bearer.RESERVE: books.reserve}
        parts = waqf_losses.borne(books.unborne, held=held)
        if (parts[Bearer.TABARRU] + parts[Bearer.RESERVE]).is_positive:
            entry = waqf_entries.cover_entry(
                tabarru=parts[Bearer.TABARRU],
                reserve=parts[Bearer.RESERVE],
                fund=FUND,
                on=ON,
                contract_id=CONTRACT,
            )
            self.entries.append(entry)

    def order(self, kind: WaqfOrderKind, amount: int) -> None:
        asked = WaqfOrder(
            kind=kind, on=ON, amount=mad(amount), purpose="education", benefit="a roof"
        )
        if kind in waqf_orders.PAYING and amount > self.cash - self.books().tabarru.minor:
            return
        before = self.books()
        try:
            waqf_orders.require_possible(asked, fund_code="W", deed=DEED, books=before)
        except RafidError:
            return
        entry = waqf_entries.order_entry(asked, fund=FUND)
        assert entry is not None
        self.entries.append(entry)
        after = self.books()
        assert not after.deficit.is_positive, "no order may break the corpus, or find it broken"
        if kind is WaqfOrderKind.DISTRIBUTION:
            self.granted += amount


PLAIN = ("endow", "endow_for_a_time", "lend", "lose", "earn", "give_to_pool", "cover")
ORDERS = (
    WaqfOrderKind.DISTRIBUTION,
    WaqfOrderKind.NAZIR_FEE,
    WaqfOrderKind.RESERVE,
    WaqfOrderKind.GROWTH,
    WaqfOrderKind.UPKEEP,
)
steps = st.lists(
    st.tuples(st.sampled_from(PLAIN + ORDERS), st.integers(1, 100_000)), min_size=1, max_size=40
)


@pytest.mark.rule("W-5")
@pytest.mark.rule("W-1")
@settings(max_examples=150, deadline=None)
@given(steps=steps)
def test_no_history_spends_more_than_came_or_breaks_the_corpus_by_a_payment(
    steps: list[tuple[str, int]],
) -> None:
    life = Life()
    life.endow(500_000)
    for step, amount in steps:
        if step in PLAIN:
            getattr(life, step)(amount)
        else:
            life.order(WaqfOrderKind(step), amount)
        books = life.books()
        assert books.realised.minor == life.came
        spendable = waqf.spendable(books, deed=DEED).minor
        assert spendable >= 0
        assert life.granted + spendable + books.nazir_paid.minor <= life.came
        assert spendable <= max((books.net_assets - books.floor - books.reserve).minor, 0)
        assert books.reserve.minor >= 0
        assert books.deficit.minor <= max(books.unborne.minor, 0), "only losses make a deficit"


@settings(max_examples=60, deadline=None)
@given(
    loss=st.integers(0, 10**9),
    held=st.dictionaries(st.sampled_from(list(Bearer)[:-1]), st.integers(0, 10**9)),
)
def test_a_loss_is_borne_whole_and_nobody_bears_before_the_one_above_is_empty(
    loss: int, held: dict[Bearer, int]
) -> None:
    parts = waqf_losses.borne(mad(loss), held={who: mad(one) for who, one in held.items()})
    assert sum(part.minor for part in parts.values()) == loss
    order = list(Bearer)
    for above, below in itertools.pairwise(order):
        if parts[below].is_positive:
            assert parts[above] == mad(held.get(above, 0))
