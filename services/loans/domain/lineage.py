"""Whose money stands in which contract, and where has it gone since, unit by unit?

A fund's money stands in places: at hand, in a contract, lost, spent. Each spot is a line: the
n-th unit that leaves is the n-th that came (first in, first out). A movement from spot to spot
therefore needs but two numbers, where it starts on the line it leaves and on the line it joins,
and every minor unit can be followed both ways without a row for it. A line may owe units for a
while (money that was taken back after it was lent): the next that come are the ones that left.
"""

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID, uuid5

from services.loans.domain import own_accounts
from services.loans.domain.chart import AccountClass
from shared.errors import Kind, RafidError

NOBODY = UUID(int=0)
"""The owner of a spot that there is but once in a fund."""
TAGS = UUID("6a1c7c1e-7f0b-5d6e-9a53-2f4f0c8b1d10")
"""The name space of the tags by which a fund keeps its money apart."""


class Policy(StrEnum):
    """How a fund's money is followed; fixed at opening."""

    FIFO = "fifo"
    PRO_RATA = "pro_rata"
    TAG = "tag"


class Place(StrEnum):
    """Where units of a fund's money stand, or come from."""

    RECEIPT = "receipt"
    YIELD = "yield"
    CONTRACT = "contract"
    LOST = "lost"
    SPENT = "spent"
    HAND = "hand"


ORDER: Mapping[Place, int] = {place: number for number, place in enumerate(Place)}
"""Of an entry's places the earlier ones are served first."""

PLACES: Mapping[str, Place] = {
    "fund_balance": Place.RECEIPT,
    "lender_payable": Place.RECEIPT,
    "temporary_corpus": Place.RECEIPT,
    "cash": Place.HAND,
    "wallet": Place.HAND,
    "bank": Place.HAND,
    "surplus": Place.HAND,
    "charity": Place.HAND,
    "client_deposit": Place.HAND,
    "savings": Place.HAND,
    "contribution": Place.HAND,
    "tabarru": Place.HAND,
    "suspense": Place.HAND,
    "investments": Place.HAND,
    "loans": Place.CONTRACT,
    "goods": Place.CONTRACT,
    "goods_due": Place.CONTRACT,
    "partnerships": Place.CONTRACT,
    "guarantee_claims": Place.CONTRACT,
    "profit_income": Place.YIELD,
    "fee_income": Place.YIELD,
    "penalty_income": Place.YIELD,
    "profit_accrued": Place.YIELD,
    "profit_unearned": Place.YIELD,
    "profit_receivable": Place.YIELD,
    "deferred_profit": Place.YIELD,
    "investment_income": Place.YIELD,
    "subsidy_income": Place.YIELD,
    "guarantee_fees": Place.YIELD,
    "guarantee_received": Place.YIELD,
    "yield_shared": Place.YIELD,
    "loss_reserve": Place.YIELD,
    "reserve_used": Place.YIELD,
    "corpus_addition": Place.YIELD,
    "exchange_gain": Place.YIELD,
    "write_off": Place.LOST,
    "loss_allowance": Place.LOST,
    "provision_expense": Place.LOST,
    "capital_loss": Place.LOST,
    "recovery": Place.LOST,
    "tabarru_cover": Place.LOST,
    "forgiveness": Place.SPENT,
    "upkeep": Place.SPENT,
    "savings_cost": Place.SPENT,
    "exchange_loss": Place.LOST,
    "grants": Place.SPENT,
    "amil_costs": Place.SPENT,
    "nazir_fee": Place.SPENT,
    "subsidy_expense": Place.SPENT,
    "borrowing_cost": Place.SPENT,
    "guarantee_cost": Place.SPENT,
}
"""The place that each account of the chart counts to.

What a fund owes to borrowers, participants and charity is not the fund's: cash that came for it
changes nothing at hand. Profit counted but not paid moves no money: its accounts are one place.
"""


OWN_PLACES: Mapping[AccountClass, Place] = {
    AccountClass.ASSET: Place.SPENT,
    AccountClass.LIABILITY: Place.HAND,
    AccountClass.EQUITY: Place.YIELD,
    AccountClass.INCOME: Place.YIELD,
    AccountClass.EXPENSE: Place.SPENT,
}
"""The place that an account of the institution's own counts to, by its class.

Own goods (a desk, rent paid ahead) were bought: their money is spent until they are sold again.
What is owed to a third party is not the fund's, as above. Own equity moves against own equity only
(`domain/manual.py`), so that no unit ever comes from there.
"""


class MoneyWithoutContract(RafidError):
    """Money stands in no contract that is named"""

    kind = Kind.RULE
    service = "loans"
    detail = "An entry moves {amount_minor} on the account {account_code} and names no contract."
    account_code: str
    amount_minor: int


class Spot(NamedTuple):
    """A place with the receipt or contract that it belongs to; `NOBODY` where there is none."""

    place: Place
    owner: UUID = NOBODY


HAND = Spot(Place.HAND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """So many minor units of a fund, from one spot to another; always more than none."""

    source: Spot
    target: Spot
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A flow with where it starts on both lines, and the journal's number of its entry."""

    number: int
    source: Spot
    source_start: int
    target: Spot
    target_start: int
    amount: int


class Stretch(NamedTuple):
    """Units `start` to `start + amount` of a spot's line, in the order in which they came."""

    spot: Spot
    start: int
    amount: int


@dataclass(slots=True)
class Count:
    """How many units came to a spot since ever, and how many left it."""

    came: int = 0
    left: int = 0


@dataclass(slots=True)
class Lines:
    """The lines of one fund as far as they are counted."""

    counts: defaultdict[Spot, Count] = field(default_factory=lambda: defaultdict(Count))

    def lay(self, flows: Iterable[Flow], *, number: int) -> list[Move]:
        """Put the flows of an entry behind what moved before; gives them with their starts."""
        moves = []
        for flow in flows:
            source, target = self.counts[flow.source], self.counts[flow.target]
            moves.append(
                Move(
                    number=number,
                    source=flow.source,
                    source_start=source.left,
                    target=flow.target,
                    target_start=target.came,
                    amount=flow.amount,
                )
            )
            source.left += flow.amount
            target.came += flow.amount
        return moves


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Which moves are wanted next: those that brought these units, or those that took them on."""

    back: bool
    stretches: tuple[Stretch, ...]


Tracing = Generator[Ask, Sequence[Move], list[Stretch]]
"""Yields what it wants looked up, is sent the moves, and returns where the units rest."""


def hand_of(tag: str | None) -> Spot:
    """What is at hand of a fund's money with a tag; without one, of its open money."""
    return HAND if tag is None else Spot(Place.HAND, uuid5(TAGS, tag))


def flows_of(
    lines: Iterable[tuple[str, int]],
    *,
    contract_id: UUID | None,
    receipt_id: UUID | None,
    hand: Spot = HAND,
) -> list[Flow]:
    """The flows of one entry within one fund, whose lines are (account code, debit) and sum to 0.

    A repayment of 110 with 10 of profit (cash 110, loans -100, profit_income -10) is 10 from the
    contract's yield and 100 from the contract to what is at hand. Raises `MoneyWithoutContract`.
    """
    changes: defaultdict[Spot, int] = defaultdict(int)
    for code, debit in lines:
        spot = _spot(code, debit, contract_id=contract_id, receipt_id=receipt_id)
        changes[hand if spot == HAND else spot] += debit
    order = sorted(changes, key=lambda spot: (ORDER[spot.place], spot.owner))
    losing = deque((spot, -changes[spot]) for spot in order if changes[spot] < 0)
    gaining = deque((spot, changes[spot]) for spot in order if changes[spot] > 0)
    flows: list[Flow] = []
    while losing and gaining:
        source, out = losing.popleft()
        target, into = gaining.popleft()
        amount = min(out, into)
        flows.append(Flow(source=source, target=target, amount=amount))
        if out > amount:
            losing.appendleft((source, out - amount))
        if into > amount:
            gaining.appendleft((target, into - amount))
    return flows


def origins(standing: Iterable[Stretch]) -> Tracing:
    """Follow units that stand somewhere back to the receipts and yields that they came from.

    Units that came in by mistake and were given back count as those that left in their place: what
    went out again has touched nobody. Stretches that end elsewhere than at a source were taken
    from a line that still owes them.
    """
    return _followed(tuple(standing), back=True)


def whereabouts(received: Iterable[Stretch]) -> Tracing:
    """Follow units of a receipt or of a yield on to where they stand now.

    What was given back rests at the source itself. Of a receipt of 100 that was lent, came back
    to 40, and of which 10 were lent again: 60 in the first contract, 10 in the second, 30 at hand.
    """
    starts = tuple(received)
    moves = yield Ask(back=True, stretches=starts)
    given_back, kept = split(starts, moves, back=True)
    ahead = yield from _followed(tuple(kept), back=False)
    return [stretch for stretch, _ in given_back] + ahead


def _followed(waiting: tuple[Stretch, ...], *, back: bool) -> Tracing:
    """Step along moves until none leads on. A line's units have each one way in and one out, so
    that units which begin or end somewhere never run in a circle.
    """
    rest: list[Stretch] = []
    while waiting:
        moves = yield Ask(back=back, stretches=waiting)
        moved, stay = split(waiting, moves, back=back)
        rest += stay
        waiting = joined(stretch for _, stretch in moved)
    return rest


def joined(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """The same units in the fewest stretches: neighbours on a line become one."""
    found: list[Stretch] = []
    for stretch in sorted(stretches):
        last = found[-1] if found else None
        if last and (last.spot, last.start + last.amount) == (stretch.spot, stretch.start):
            found[-1] = Stretch(last.spot, last.start, last.amount + stretch.amount)
        else:
            found.append(stretch)
    return tuple(found)


def split(
    stretches: Iterable[Stretch], moves: Iterable[Move], *, back: bool
) -> tuple[list[tuple[Stretch, Stretch]], list[Stretch]]:
    """Part units into those that a move leads on, each with where to, and those that stay.

    `back` looks at the moves that brought them, else at those that took them on.
    """
    by_spot: defaultdict[Spot, list[tuple[int, Stretch]]] = defaultdict(list)
    for move in moves:
        here = Stretch(move.source, move.source_start, move.amount)
        there = Stretch(move.target, move.target_start, move.amount)
        if back:
            here, there = there, here
        by_spot[here.spot].append((here.start, there))
    for known in by_spot.values():
        known.sort(key=itemgetter(0))
    moved: list[tuple[Stretch, Stretch]] = []
    stay: list[Stretch] = []
    for stretch in stretches:
        _part(stretch, by_spot.get(stretch.spot, []), moved=moved, stay=stay)
    return moved, stay


def _part(
    stretch: Stretch,
    known: Sequence[tuple[int, Stretch]],
    *,
    moved: list[tuple[Stretch, Stretch]],
    stay: list[Stretch],
) -> None:
    spot, at, end = stretch.spot, stretch.start, stretch.start + stretch.amount
    first = max(bisect_right(known, at, key=itemgetter(0)) - 1, 0)
    for start, there in known[first:]:
        if start >= end:
            break
        if start + there.amount <= at:
            continue
        if start > at:
            stay.append(Stretch(spot, at, start - at))
            at = start
        amount = min(end, start + there.amount) - at
        moved.append(
            (Stretch(spot, at, amount), Stretch(there.spot, there.start + at - start, amount))
        )
        at += amount
    if at < end:
        stay.append(Stretch(spot, at, end - at))


def sums(stretches: Iterable[Stretch]) -> dict[Spot, int]:
    """How many units rest on each spot, the largest first, equal ones in the order of spots."""
    found: defaultdict[Spot, int] = defaultdict(int)
    for stretch in stretches:
        found[stretch.spot] += stretch.amount
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def place_of(code: str) -> Place:
    """The place that an account counts to: the chart's, or an own one's by its class."""
    own = own_accounts.class_of(code)
    return PLACES[code] if own is None else OWN_PLACES[own]


def _spot(code: str, debit: int, *, contract_id: UUID | None, receipt_id: UUID | None) -> Spot:
    place = place_of(code)
    if place is Place.HAND:
        return HAND
    if place is Place.RECEIPT:
        return Spot(place, receipt_id or NOBODY)
    if place is Place.CONTRACT and contract_id is None:
        raise MoneyWithoutContract(account_code=code, amount_minor=debit)
    return Spot(place, contract_id or NOBODY)
