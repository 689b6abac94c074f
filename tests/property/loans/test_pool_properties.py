"""Shares of mixed money, worked out in whole numbers, stay beside those of exact fractions."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import pool_reading, pools
from services.loans.domain.lineage import HAND, Flow, Place, Spot
from services.loans.domain.pools import Pool

DAY = date(2026, 1, 1)
RECEIPTS = [Spot(Place.RECEIPT, UUID(int=number)) for number in range(1, 4)]
CONTRACTS = [Spot(Place.CONTRACT, UUID(int=number)) for number in range(1, 4)]
LOST = [Spot(Place.LOST, spot.owner) for spot in CONTRACTS]
WAYS = [
    *((source, HAND) for source in RECEIPTS),
    *((HAND, contract) for contract in CONTRACTS),
    *((HAND, contract) for contract in CONTRACTS),
    *((contract, HAND) for contract in CONTRACTS),
    *zip(CONTRACTS, LOST, strict=True),
    *((lost, HAND) for lost in LOST),
]
UNIT = 1_000_000
WISHES = st.lists(
    st.tuples(st.sampled_from(WAYS), st.integers(1, 9 * UNIT), st.integers(0, 1)), max_size=30
)
Wish = tuple[tuple[Spot, Spot], int, int]
Mixture = dict[int, Fraction]
"""Exact units by the step at which they came."""


@dataclass
class Mixing:
    """The same history by mixing exact fractions, each step a mixture of its own."""

    hand: Mixture = field(default_factory=dict)
    draws: defaultdict[Spot, list[Mixture]] = field(default_factory=lambda: defaultdict(list))

    def able(self, flow: Flow) -> int:
        if flow.source.place is Place.RECEIPT:
            return flow.amount
        if flow.source == HAND:
            return min(flow.amount, int(sum(self.hand.values())))
        return min(flow.amount, int(sum(sum(one.values()) for one in self.draws[flow.source])))

    def do(self, flow: Flow, step: int) -> None:
        if flow.source.place is Place.RECEIPT:
            self.hand[step] = self.hand.get(step, Fraction(0)) + flow.amount
            return
        if flow.source == HAND:
            self.draws[flow.target].append(taken(self.hand, Fraction(flow.amount)))
            return
        left = Fraction(flow.amount)
        for draw in self.draws[flow.source]:
            part = taken(draw, min(left, sum(draw.values(), Fraction(0))))
            left -= sum(part.values(), Fraction(0))
            if flow.target == HAND:
                for came_in, units in part.items():
                    self.hand[came_in] = self.hand.get(came_in, Fraction(0)) + units
            else:
                self.draws[flow.target].append(part)

    def where(self, came_in: int) -> dict[Spot, Fraction]:
        found = {HAND: self.hand.get(came_in, Fraction(0))}
        for spot, draws in self.draws.items():
            found[spot] = sum((one.get(came_in, Fraction(0)) for one in draws), Fraction(0))
        return found


def taken(mixture: Mixture, amount: Fraction) -> Mixture:
    whole = sum(mixture.values(), Fraction(0))
    part = {step: units * amount / whole for step, units in mixture.items()} if whole else {}
    for step, units in part.items():
        mixture[step] -= units
    return part


@dataclass
class Told:
    """A pool, with the pieces of each spot and what came in each version."""

    pool: Pool = field(default_factory=Pool)
    pieces: defaultdict[Spot, pools.Pieces] = field(default_factory=lambda: defaultdict(dict))
    came: defaultdict[int, dict[Spot, int]] = field(default_factory=lambda: defaultdict(dict))

    def do(self, flow: Flow, day: date) -> list[pools.Part]:
        known = flow.source if flow.source.place not in {*pools.SOURCES, Place.HAND} else None
        spot = known or flow.target
        parts = self.pool.lay(flow, day=day, pieces=self.pieces[spot])
        if known and flow.target != HAND:
            for part in parts:
                assert part.version is not None
                held = self.pieces[flow.target]
                held[part.version] = held.get(part.version, 0) + part.amount
        if flow.source.place is Place.RECEIPT:
            version = self.pool.versions[-1].number
            here = self.came[version]
            here[flow.source] = here.get(flow.source, 0) + flow.amount
        return parts


def balanced(pool: Pool) -> Iterator[bool]:
    """Whether what comes to each version leaves it or is carried on."""
    before = 0
    for version in pool.versions:
        into = before + version.came + sum(version.returned.values())
        yield into == version.drawn + version.paid_back + version.carried
        before = version.carried


def told(wishes: Sequence[Wish], *, apart: bool) -> tuple[Mixing, Told, list[Flow]]:
    """Tell a history twice; `apart` puts each step on a day of its own."""
    mixing, book, done, day = Mixing(), Told(), list[Flow](), DAY
    for (source, target), amount, later in wishes:
        able = mixing.able(Flow(source=source, target=target, amount=amount))
        if not able:
            continue
        flow = Flow(source=source, target=target, amount=able)
        day += timedelta(days=1 if apart else later)
        mixing.do(flow, len(done))
        done.append(flow)
        assert sum(part.amount for part in book.do(flow, day)) == able
        assert all(balanced(book.pool))
    return mixing, book, done


@given(WISHES)
@settings(max_examples=60)
def test_the_share_of_each_receipt_is_that_of_exact_fractions(wishes: list[Wish]) -> None:
    mixing, book, done = told(wishes, apart=True)
    versions, near = book.pool.versions, len(done) + 1
    for step, flow in enumerate(done):
        if flow.source.place is not Place.RECEIPT:
            continue
        rest = pool_reading.whereabouts(versions, {step: flow.amount})
        exact = mixing.where(step)
        assert rest.at_hand + sum(rest.out.values()) == flow.amount
        assert abs(rest.at_hand - exact[HAND]) <= near
        out = sum((units for spot, units in exact.items() if spot != HAND), Fraction(0))
        assert abs(sum(rest.out.values()) - out) <= near


@given(WISHES)
@settings(max_examples=60)
def test_each_contract_s_money_names_the_days_it_came_on(wishes: list[Wish]) -> None:
    mixing, book, done = told(wishes, apart=True)
    for spot in (*CONTRACTS, *LOST):
        held = {version: units for version, units in book.pieces[spot].items() if units}
        origin = pool_reading.origins(book.pool.versions, held)
        assert sum(origin.came.values()) == sum(held.values())
        assert origin.owed == 0
        for step in range(len(done)):
            exact = mixing.where(step).get(spot, Fraction(0))
            assert abs(origin.came.get(step, 0) - exact) <= len(done) + 1


@given(WISHES)
@settings(max_examples=60)
def test_days_shared_by_many_steps_lose_no_unit(wishes: list[Wish]) -> None:
    _, book, _ = told(wishes, apart=False)
    versions = book.pool.versions
    out: defaultdict[int, int] = defaultdict(int)
    for pieces in book.pieces.values():
        for version, units in pieces.items():
            out[version] += units
    assert pool_reading.standing(versions) == {one.number: out[one.number] for one in versions}
    assert all(units >= 0 for units in out.values())
    for number, members in book.came.items():
        for amount in members.values():
            rest = pool_reading.whereabouts(versions, {number: amount})
            assert rest.at_hand + sum(rest.out.values()) == amount
            assert set(rest.out) <= {version for version, units in out.items() if units}
    again = pool_reading.lent_again(versions)
    assert all(0 <= again[one.number] <= max(one.drawn, 0) for one in versions)


@given(
    st.integers(0, 10**12),
    st.lists(st.integers(0, 10**9), min_size=1, max_size=12).filter(any),
)
def test_whole_shares_are_all_of_it_and_less_than_one_unit_off(
    amount: int, weights: list[int]
) -> None:
    parts = pools.shares(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(amount * weight, sum(weights))) < 1
