"""No history of receipts, grants and costs passes the cap or the cash, on any day of it."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain.zakat import ageing, eligibility, grants, nisab
from services.loans.domain.zakat.ageing import Layer, Level, Limits, Received
from services.loans.domain.zakat.classes import ZakatClass
from services.loans.domain.zakat.costs import AmilCapExceeded, Room
from services.loans.domain.zakat.eligibility import Circumstances, Eligibility
from services.loans.domain.zakat.grants import Asked, GrantAboveNeed, PaidTo
from services.loans.domain.zakat.rules import Base, Line
from shared.money import Money
from shared.rulebook import Fact, Source

START = date(2026, 1, 1)
LIMITS = Limits(notice=180, warning=270, urgent=330, most=354)
AMOUNTS = st.integers(1, 100_000)
DAYS = st.integers(0, 400)
EVENTS = st.lists(
    st.tuples(st.sampled_from(["receive", "cost", "grant", "take_back"]), DAYS, AMOUNTS),
    max_size=60,
)


def jod(minor: int) -> Money:
    return Money(minor, "JOD")


@dataclass
class Pool:
    """A fund of zakat that decides by the rules and books nothing else."""

    share: Decimal
    receipts: list[Received] = field(default_factory=list)
    costs: list[tuple[date, int]] = field(default_factory=list)
    granted: list[tuple[date, int]] = field(default_factory=list)

    def collected(self, on: date) -> int:
        return sum(one.amount.minor for one in self.receipts if one.received_on <= on)

    @property
    def in_hand(self) -> int:
        spent = sum(minor for _, minor in (*self.costs, *self.granted))
        return sum(one.amount.minor for one in self.receipts) - spent

    def receive(self, on: date, minor: int) -> None:
        number = UUID(int=len(self.receipts) + 1)
        self.receipts.append(Received(receipt_id=number, received_on=on, amount=jod(minor)))

    def cost(self, on: date, minor: int) -> None:
        """A cost of a day, later ones included in what is booked, as the books count it."""
        booked = sum(one for _, one in self.costs)
        room = Room(collected=jod(self.collected(on)), booked=jod(booked), share=self.share)
        if minor > self.in_hand:
            return
        try:
            room.require(jod(minor), source="x")
        except AmilCapExceeded as refused:
            minor = min(refused.passes.minor, self.in_hand, minor - 1)
            if not minor:
                return
            room.require(jod(minor), source="x")
        self.costs.append((on, minor))

    def grant(self, on: date, minor: int) -> None:
        if minor <= self.in_hand:
            self.granted.append((on, minor))

    def layers(self, on: date) -> tuple[Layer, ...]:
        return ageing.layers(self.receipts, in_hand=jod(self.in_hand), on=on, limits=LIMITS)


@given(events=EVENTS, percent=st.integers(1, 100))
def test_costs_stay_below_their_share_of_what_came_on_every_day(
    events: list[tuple[str, int, int]], percent: int
) -> None:
    pool = Pool(share=Decimal(percent) / 100)
    for what, day, minor in events:
        on = START + timedelta(days=day)
        if what == "take_back" and pool.granted:
            pool.granted.pop()
        elif what != "take_back":
            getattr(pool, what)(on, minor)
        assert pool.in_hand >= 0
        for seen in {on, *(cost_on for cost_on, _ in pool.costs)}:
            spent = sum(one for cost_on, one in pool.costs if cost_on <= seen)
            assert spent <= pool.collected(seen) * pool.share


@given(events=EVENTS)
def test_what_is_in_hand_is_of_the_newest_receipts_to_the_minor_unit(
    events: list[tuple[str, int, int]],
) -> None:
    pool = Pool(share=Decimal("0.125"))
    for what, day, minor in events:
        if what != "take_back":
            getattr(pool, what)(START + timedelta(days=day), minor)
    found = pool.layers(START + timedelta(days=400))

    assert sum(one.open.minor for one in found) == pool.in_hand
    assert all(0 < one.open.minor <= one.receipt.amount.minor for one in found)
    assert all(one.open == one.receipt.amount for one in found[1:])
    for older, newer in pairwise(found):
        assert older.age_days >= newer.age_days
    if found:
        oldest = found[0].receipt
        kept = {one.receipt.receipt_id for one in found}
        gone = [one for one in pool.receipts if one.receipt_id not in kept]
        assert all(one.received_on <= oldest.received_on for one in gone)
    sums = [ageing.total(found, level=level, currency="JOD").minor for level in Level]
    assert sum(sums) == pool.in_hand


@given(asked=st.lists(AMOUNTS, max_size=30), most=AMOUNTS)
def test_grants_under_one_decision_never_pass_its_limit(asked: list[int], most: int) -> None:
    held = Eligibility(
        eligibility_id=UUID(int=1),
        reference="ZE",
        borrower_id=UUID(int=2),
        zakat_class=ZakatClass.FUQARA,
        decided_on=START,
        expires_on=START + timedelta(days=180),
        limit=jod(most),
    )
    granted = 0
    for minor in asked:
        one = Asked(zakat_class=ZakatClass.FUQARA, amount=jod(minor), paid_to=PaidTo.RECIPIENT)
        free, refused = most - granted, None
        try:
            grants.require_size(one, held=held, granted=jod(granted))
            granted += minor
        except GrantAboveNeed as error:
            refused = error
        assert (refused is None) is (minor <= free)
        assert refused is None or refused.passes == jod(free)
        assert granted <= most


FIGURES = st.integers(0, 1_000_000)


@given(
    persons=st.integers(1, 12),
    figures=st.tuples(FIGURES, FIGURES, FIGURES, FIGURES),
    more=st.integers(1, 1_000_000),
)
def test_more_income_never_makes_a_need_larger(
    persons: int, figures: tuple[int, int, int, int], more: int
) -> None:
    income, aid, assets, debts = figures
    line = Line(
        household=jod(150_000),
        person=jod(40_000),
        fact=Fact(id="l", topic="t", value="x", source=Source(title="committee")),
    )

    def need(earned: int) -> int:
        told = Circumstances(
            persons=persons,
            income=jod(earned),
            aid=jod(aid),
            assets=jod(assets),
            debts_due=jod(debts),
        )
        found = eligibility.propose(
            told, line=line, months=12, poor_below=(1, 2), worse_first=ZakatClass.FUQARA
        )
        needy = {ZakatClass.FUQARA, ZakatClass.MASAKIN} & set(found.classes)
        assert bool(needy) is found.need.is_positive
        assert (ZakatClass.GHARIMIN in found.classes) is found.gap.is_positive
        assert not found.need.is_negative
        return found.need.minor

    assert need(income + more) <= need(income)


@given(
    minor=st.integers(0, 10**12),
    least=st.integers(1, 10**12),
    days=st.integers(0, 800),
    base=st.sampled_from([Base.MONEY_LUNAR, Base.MONEY_SOLAR]),
)
def test_zakat_is_owed_from_nisab_on_after_a_full_year_and_never_more_than_wealth(
    minor: int, least: int, days: int, base: Base
) -> None:
    held_since = START - timedelta(days=days)
    due = nisab.due(
        jod(minor),
        base=base,
        rate=Decimal("0.025"),
        least=jod(least),
        held_since=held_since,
        on=START,
    )
    full = nisab.year_after(held_since, base=base)

    assert 354 <= (full - held_since).days <= 366
    owes = minor >= least and full <= START
    assert due.amount == (jod(minor).times(Decimal("0.025")) if owes else jod(0))
    assert due.amount <= jod(minor)
