"""No history of a fund's entries loses a unit, its owner, its floor, or what zakat forbids.

Receipts, loans, repayments, write-offs and recoveries, and what takes any of them back, are booked
as the domain books them; every unit is moved beside them by hand, one by one, as a token.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import fund_account, fund_rules, funding, journal, lineage, pool_reading
from services.loans.domain.allocation import Allocation
from services.loans.domain.chart import AccountClass, AccountNotInChart, FundAccounts, FundKind
from services.loans.domain.chart import accounts_of as chart_of
from services.loans.domain.fund_account import FundAccount, Moved
from services.loans.domain.funding import FinancingRule, Fund, FundExhausted, Verdict
from services.loans.domain.journal import JournalEntry
from services.loans.domain.lineage import HAND, Flow, Lines, Move, Place, Policy, Spot, Stretch
from services.loans.domain.pools import Pool
from services.loans.domain.terms import ModeOfFinance
from shared import ids
from shared.ids import ContractId, EntryId, FundId
from shared.money import Money
from tests.property.loans.test_lineage_properties import (
    CONTRACTS,
    LOST,
    RECEIPTS,
    SOURCES,
    YIELDS,
    Tokens,
    answered,
)

DAY = date(2026, 1, 1)
TAGS = (None, "women", "wells")
"""The tag of each of the three receipts, and of each of the three contracts."""
WAYS = ("receive", "receive", "lend", "lend", "repay", "repay", "lose", "recover", "undo")
WISHES = st.lists(
    st.tuples(st.sampled_from(WAYS), st.integers(0, 2), st.integers(1, 40), st.integers(0, 9)),
    max_size=25,
)
Wish = tuple[str, int, int, int]
BOUND_RULE = FinancingRule(verdict=Verdict.ALLOWED, source="a fatwa")
SAID = fund_rules.sources()


@dataclass
class Book:
    """The entries of one fund, told by lines and by tokens; `is_tagged` keeps its money apart."""

    kind: FundKind
    is_tagged: bool = False
    floor: int = 0
    tokens: Tokens = field(default_factory=Tokens)
    lines: Lines = field(default_factory=Lines)
    moves: list[Move] = field(default_factory=list)
    pool: Pool = field(default_factory=Pool)
    pieces: defaultdict[Spot, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    debits: Counter[str] = field(default_factory=Counter)
    moved: list[Moved] = field(default_factory=list)
    undoable: list[tuple[JournalEntry, int]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    owned_before_lending: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.accounts = FundAccounts(fund_id=FundId(ids.new()), kind=self.kind, currency="JOD")

    def hand(self, which: int) -> Spot:
        return lineage.hand_of(TAGS[which] if self.is_tagged else None)

    def held(self, spot: Spot) -> int:
        return len(self.tokens.standing[spot])

    def contract_id(self, which: int) -> ContractId:
        return ContractId(CONTRACTS[which].owner)

    def do(self, wish: Wish, on: date) -> None:
        way, which, amount, extra = wish
        if way == "receive":
            entry = journal.receipt_entry(Money(amount, "JOD"), fund=self.accounts, received_on=on)
            return self.book(entry, which, [(RECEIPTS[which], self.hand(which), amount)])
        if way == "lend":
            return self.lend(which, amount, on)
        if way == "repay":
            return self.repay(which, amount, extra, on)
        if way == "lose":
            return self.lose(which, amount, on)
        if way == "recover":
            return self.recover(which, amount, on)
        return self.undo(amount, on)

    def lend(self, which: int, amount: int, on: date) -> None:
        """Lend what the money of the contract's tag bears, and what the fund's rules let."""
        free = Money(self.held(self.hand(which)), "JOD")
        fund = Fund(
            fund_id=self.accounts.fund_id,
            code="F",
            kind=self.kind,
            currency="JOD",
            floor=Money(self.floor, "JOD"),
        )
        purse = fund_account.purse_of(self.debits)
        refusals = funding.check(
            fund,
            mode=ModeOfFinance.QARD,
            amount=Money(amount, "JOD"),
            bears_fee=False,
            product_fund_kinds=frozenset(FundKind),
            rule=BOUND_RULE,
            net_assets=Money(purse.total, "JOD"),
            sources=SAID,
        )
        assert bool(refusals) is (purse.total < self.floor)
        none = Money.zero("JOD")
        try:
            funding.require_available(
                fund, requested=Money(amount, "JOD"), cash=free, reserved=none, committed=none
            )
        except FundExhausted:
            self.refused["exhausted"] += 1
            assert amount > self.held(self.hand(which))
            return
        if refusals:
            self.refused["floor"] += 1
            return
        self.owned_before_lending.append(purse.total)
        entry = journal.disbursement_entry(
            Money(amount, "JOD"),
            fund=self.accounts,
            disbursed_on=on,
            contract_id=self.contract_id(which),
        )
        self.book(entry, which, [(self.hand(which), CONTRACTS[which], amount)])

    def repay(self, which: int, amount: int, extra: int, on: date) -> None:
        principal = min(amount, self.held(CONTRACTS[which]))
        if not principal:
            return
        none = Money.zero("JOD")
        whole = Allocation(
            principal=Money(principal, "JOD"),
            profit=Money(extra, "JOD"),
            fee=none,
            penalty=none,
            surplus=none,
        )
        try:
            entry = journal.repayment_entry(
                whole, fund=self.accounts, received_on=on, contract_id=self.contract_id(which)
            )
        except AccountNotInChart:
            assert (self.kind, extra > 0) == (FundKind.ZAKAT, True)
            self.refused["profit on zakat"] += 1
            return
        flows = [(YIELDS[which], self.hand(which), extra)] if extra else []
        self.book(entry, which, [*flows, (CONTRACTS[which], self.hand(which), principal)])

    def lose(self, which: int, amount: int, on: date) -> None:
        lost = min(amount, self.held(CONTRACTS[which]))
        if lost:
            entry = journal.write_off_entry(
                Money(lost, "JOD"),
                fund=self.accounts,
                written_off_on=on,
                contract_id=self.contract_id(which),
            )
            self.book(entry, which, [(CONTRACTS[which], LOST[which], lost)])

    def recover(self, which: int, amount: int, on: date) -> None:
        found = min(amount, self.held(LOST[which]))
        if found:
            line = journal.Line(
                account_code="cash", fund_id=self.accounts.fund_id, amount=Money(found, "JOD")
            )
            back = journal.Line(
                account_code="recovery", fund_id=self.accounts.fund_id, amount=Money(-found, "JOD")
            )
            entry = JournalEntry(
                kind=journal.EntryKind.RECOVERY,
                occurred_on=on,
                lines=(line, back),
                contract_id=self.contract_id(which),
            )
            self.book(entry, which, [(LOST[which], self.hand(which), found)])

    def undo(self, chosen: int, on: date) -> None:
        """Take an entry back, if what it moved is where it moved it."""
        if not self.undoable:
            return
        place = chosen % len(self.undoable)
        entry, which = self.undoable[place]
        opposite = journal.reversal_entry(entry, entry_id=EntryId(ids.new()), reversed_on=on)
        flows = self.flows(opposite, which)
        needed: Counter[Spot] = Counter()
        for flow in flows:
            needed[flow.source] += flow.amount
        if any(units > self.held(spot) for spot, units in needed.items() if spot not in SOURCES):
            return
        del self.undoable[place]
        self.book(opposite, which, [(flow.source, flow.target, flow.amount) for flow in flows])
        self.undoable.pop()

    def flows(self, entry: JournalEntry, which: int) -> list[Flow]:
        return lineage.flows_of(
            [(line.account_code, line.amount.minor) for line in entry.lines],
            contract_id=entry.contract_id,
            receipt_id=RECEIPTS[which].owner,
            hand=self.hand(which),
        )

    def book(
        self, entry: JournalEntry, which: int, expected: Sequence[tuple[Spot, Spot, int]]
    ) -> None:
        """Book an entry; its flows must be those that whoever reads it would expect."""
        flows = self.flows(entry, which)
        assert [(flow.source, flow.target, flow.amount) for flow in flows] == list(expected)
        for line in entry.lines:
            self.debits[line.account_code] += line.amount.minor
        for flow in flows:
            self.tokens.do(flow)
            self._mix(flow, entry.occurred_on)
            self.moved.append(
                Moved(
                    source=flow.source.place,
                    target=flow.target.place,
                    kind=entry.kind,
                    is_reversal=entry.reverses_entry_id is not None,
                    amount=flow.amount,
                )
            )
        self.moves += self.lines.lay(flows, number=len(self.moved))
        self.undoable.append((entry, which))

    def _mix(self, flow: Flow, day: date) -> None:
        out = {Place.CONTRACT, Place.LOST}
        known = flow.source if flow.source.place in out else flow.target
        flow = Flow(source=_bare(flow.source), target=_bare(flow.target), amount=flow.amount)
        parts = self.pool.lay(flow, day=day, pieces=self.pieces[known])
        if flow.source.place in out and flow.target.place in out:
            for part in parts:
                assert part.version is not None
                held = self.pieces[flow.target]
                held[part.version] = held.get(part.version, 0) + part.amount


def _bare(spot: Spot) -> Spot:
    return HAND if spot.place is Place.HAND else spot


def told(kind: FundKind, wishes: Sequence[Wish], *, is_tagged: bool, floor: int = 0) -> Book:
    book = Book(kind=kind, is_tagged=is_tagged, floor=floor)
    for number, wish in enumerate(wishes):
        book.do(wish, DAY + timedelta(days=number // 2))
        require_true(book)
    return book


def require_true(book: Book) -> None:
    """What must hold after every step, whatever it was."""
    assert sum(book.debits.values()) == 0
    account = FundAccount(
        opening=fund_account.Purse(),
        closing=fund_account.purse_of(book.debits),
        parts=fund_account.parts_of(book.moved),
        headings=fund_account.headings_of({code: -sum_ for code, sum_ in book.debits.items()}),
    )
    assert account.gaps == (0, 0, 0)
    at_hand = sum(
        len(units) for spot, units in book.tokens.standing.items() if spot.place is Place.HAND
    )
    assert account.closing.at_hand == at_hand >= 0
    if book.pool.versions:
        assert book.pool.versions[-1].carried == at_hand
    known = pool_reading.standing(book.pool.versions)
    out: Counter[int] = Counter()
    for pieces in book.pieces.values():
        out.update(pieces)
    assert {number: units for number, units in known.items() if units} == {
        number: units for number, units in out.items() if units
    }


@pytest.mark.parametrize("kind", [FundKind.WAQF, FundKind.ZAKAT, FundKind.COMMERCIAL])
@pytest.mark.parametrize("policy", [Policy.FIFO, Policy.TAG])
@given(wishes=WISHES)
@settings(max_examples=25, deadline=None)
def test_every_unit_is_found_from_both_ends(
    kind: FundKind, policy: Policy, wishes: list[Wish]
) -> None:
    book = told(kind, wishes, is_tagged=policy is Policy.TAG)
    for source in SOURCES:
        given_ = Stretch(source, 0, book.lines.counts[source].left)
        assert answered(lineage.whereabouts([given_]), book.moves) == book.tokens.where(source)
    for spot in {*CONTRACTS, *LOST, *map(book.hand, range(3))}:
        count = book.lines.counts[spot]
        standing = Stretch(spot, count.left, count.came - count.left)
        expected: Counter[Spot] = Counter(
            unit[0][0]  # type: ignore[index]
            for unit in book.tokens.standing[spot]
        )
        assert answered(lineage.origins([standing]), book.moves) == dict(expected)


@given(wishes=WISHES, floor=st.integers(0, 60))
@settings(max_examples=50, deadline=None)
def test_no_loan_leaves_a_waqf_that_is_below_its_floor(wishes: list[Wish], floor: int) -> None:
    book = told(FundKind.WAQF, wishes, is_tagged=False, floor=floor)
    assert all(owned >= floor for owned in book.owned_before_lending)
    lent = len(book.owned_before_lending)
    assert lent + book.refused.total() == sum(way == "lend" for way, *_ in wishes)


@given(wishes=WISHES)
@settings(max_examples=50, deadline=None)
def test_zakat_earns_nothing_whatever_is_paid(wishes: list[Wish]) -> None:
    book = told(FundKind.ZAKAT, wishes, is_tagged=False)
    income = {
        one.code
        for one in chart_of(FundKind.ZAKAT)
        if one.account_class is AccountClass.INCOME and one.code != "recovery"
    }
    assert not {code for code, minor in book.debits.items() if minor and code in income}
    assert not any(moved.source is Place.YIELD for moved in book.moved)
