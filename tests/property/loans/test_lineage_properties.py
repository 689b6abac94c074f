"""Units followed by two numbers a movement stand where tokens moved one by one stand."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain import lineage
from services.loans.domain.lineage import HAND, Flow, Lines, Move, Place, Spot, Stretch, Tracing

RECEIPTS = [Spot(Place.RECEIPT, UUID(int=number)) for number in range(1, 4)]
CONTRACTS = [Spot(Place.CONTRACT, UUID(int=number)) for number in range(1, 4)]
LOST = [Spot(Place.LOST, spot.owner) for spot in CONTRACTS]
YIELDS = [Spot(Place.YIELD, spot.owner) for spot in CONTRACTS]
SOURCES = [*RECEIPTS, *YIELDS]
WAYS = [
    *((source, HAND) for source in SOURCES),
    *((HAND, source) for source in SOURCES),
    *((HAND, contract) for contract in CONTRACTS),
    *((contract, HAND) for contract in CONTRACTS),
    *zip(CONTRACTS, LOST, strict=True),
    *((lost, HAND) for lost in LOST),
]
WISHES = st.lists(st.tuples(st.sampled_from(WAYS), st.integers(1, 7)), max_size=40)
Token = list[object]
"""A unit that can be told from every other; what it holds is whose it is."""


@dataclass
class Tokens:
    """The same history told by moving every single unit."""

    standing: defaultdict[Spot, deque[Token]] = field(default_factory=lambda: defaultdict(deque))
    given: defaultdict[Spot, int] = field(default_factory=lambda: defaultdict(int))
    back: defaultdict[Spot, list[Token]] = field(default_factory=lambda: defaultdict(list))

    def able(self, flow: Flow) -> int:
        """How many units can really move."""
        if flow.source in SOURCES:
            return flow.amount
        able = min(flow.amount, len(self.standing[flow.source]))
        if flow.target in SOURCES:
            able = min(able, self.given[flow.target] - len(self.back[flow.target]))
        return able

    def do(self, flow: Flow) -> None:
        for _ in range(flow.amount):
            if flow.source in SOURCES:
                unit: Token = [(flow.source, self.given[flow.source])]
                self.given[flow.source] += 1
            else:
                unit = self.standing[flow.source].popleft()
            if flow.target in SOURCES:
                self._give_back(unit, flow.target)
            else:
                self.standing[flow.target].append(unit)

    def _give_back(self, unit: Token, source: Spot) -> None:
        """Who gets it back had given this very unit: it and the one at hand change names."""
        self.back[source].append(unit)
        theirs = (source, len(self.back[source]) - 1)
        (other,) = [one for one in self.all() if one[0] == theirs]
        other[0], unit[0] = unit[0], theirs

    def all(self) -> Iterator[Token]:
        for units in (*self.standing.values(), *self.back.values()):
            yield from units

    def where(self, source: Spot) -> dict[Spot, int]:
        found: defaultdict[Spot, int] = defaultdict(int)
        for spot, units in (*self.standing.items(), *self.back.items()):
            found[spot] += sum(unit[0][0] == source for unit in units)  # type: ignore[index]
        return {spot: number for spot, number in found.items() if number}


def answered(tracing: Tracing, moves: Sequence[Move]) -> dict[Spot, int]:
    """Answer every question from all moves there are."""
    try:
        next(tracing)
        while True:
            tracing.send(moves)
    except StopIteration as end:
        return lineage.sums(end.value)


def told(wishes: Sequence[tuple[tuple[Spot, Spot], int]]) -> tuple[Tokens, Lines, list[Move]]:
    tokens, lines, moves = Tokens(), Lines(), list[Move]()
    for number, ((source, target), amount) in enumerate(wishes, start=1):
        wish = Flow(source=source, target=target, amount=amount)
        flow = Flow(source=source, target=target, amount=tokens.able(wish))
        if flow.amount:
            tokens.do(flow)
            moves += lines.lay([flow], number=number)
    return tokens, lines, moves


@given(WISHES)
def test_every_receipt_s_units_are_found_where_they_stand(
    wishes: list[tuple[tuple[Spot, Spot], int]],
) -> None:
    tokens, lines, moves = told(wishes)
    for source in SOURCES:
        given_ = Stretch(source, 0, lines.counts[source].left)
        assert answered(lineage.whereabouts([given_]), moves) == tokens.where(source)


@given(WISHES)
def test_every_standing_unit_names_who_gave_it(
    wishes: list[tuple[tuple[Spot, Spot], int]],
) -> None:
    tokens, lines, moves = told(wishes)
    for spot in (HAND, *CONTRACTS, *LOST):
        count = lines.counts[spot]
        standing = Stretch(spot, count.left, count.came - count.left)
        expected: defaultdict[Spot, int] = defaultdict(int)
        for unit in tokens.standing[spot]:
            expected[unit[0][0]] += 1  # type: ignore[index]
        assert answered(lineage.origins([standing]), moves) == dict(expected)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([code for code in lineage.PLACES if code != "cash"]),
            st.integers(-50, 50),
        ),
        max_size=8,
    )
)
def test_the_flows_of_an_entry_are_its_changes(lines: list[tuple[str, int]]) -> None:
    whole = [*lines, ("cash", -sum(debit for _, debit in lines))]
    contract_id, receipt_id = UUID(int=1), UUID(int=2)

    flows = lineage.flows_of(whole, contract_id=contract_id, receipt_id=receipt_id)

    changes: defaultdict[Place, int] = defaultdict(int)
    for flow in flows:
        assert flow.amount > 0
        assert flow.source != flow.target
        changes[flow.source.place] -= flow.amount
        changes[flow.target.place] += flow.amount
    expected: defaultdict[Place, int] = defaultdict(int)
    for code, debit in whole:
        expected[lineage.PLACES[code]] += debit
    assert {place: sum_ for place, sum_ in changes.items() if sum_} == {
        place: sum_ for place, sum_ in expected.items() if sum_
    }
