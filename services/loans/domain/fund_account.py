"""What did a fund's money do in a period: what was there, came, went out, came back, is there?

Two purses are told beside each other, money at hand and money that borrowers have. Each part
moves one of them, or both; all parts together are the change of both, to the last minor unit.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.loans.domain.journal import EntryKind
from services.loans.domain.lineage import Place, place_of


class Part(StrEnum):
    """What happened to money at hand or with borrowers."""

    RECEIVED = "received"
    GIVEN_BACK = "given_back"
    DISBURSED = "disbursed"
    RETURNED = "returned"
    EARNED = "earned"
    LOST = "lost"
    RECOVERED = "recovered"
    SPENT = "spent"


class Heading(StrEnum):
    """What the accounts of a fund are summed to beside money at hand and with borrowers."""

    RECEIVED = "received"
    YIELD = "yield"
    FEES = "fees"
    LATE = "late"
    EXCHANGE = "exchange"
    LOST = "lost"
    RECOVERED = "recovered"
    GRANTED = "granted"
    FORGIVEN = "forgiven"
    SPENT = "spent"


_OF_CODE: Mapping[str, Heading] = {
    "fee_income": Heading.FEES,
    "guarantee_fees": Heading.FEES,
    "penalty_income": Heading.LATE,
    "exchange_gain": Heading.EXCHANGE,
    "exchange_loss": Heading.EXCHANGE,
    "recovery": Heading.RECOVERED,
    "grants": Heading.GRANTED,
    "forgiveness": Heading.FORGIVEN,
}
_OF_PLACE: Mapping[Place, Heading] = {
    Place.RECEIPT: Heading.RECEIVED,
    Place.YIELD: Heading.YIELD,
    Place.LOST: Heading.LOST,
    Place.SPENT: Heading.SPENT,
}
_PARTS: Mapping[tuple[Place, Place], Part] = {
    (Place.RECEIPT, Place.HAND): Part.RECEIVED,
    (Place.RECEIPT, Place.CONTRACT): Part.RECEIVED,
    (Place.HAND, Place.RECEIPT): Part.GIVEN_BACK,
    (Place.CONTRACT, Place.RECEIPT): Part.GIVEN_BACK,
    (Place.HAND, Place.CONTRACT): Part.DISBURSED,
    (Place.CONTRACT, Place.HAND): Part.RETURNED,
    (Place.HAND, Place.LOST): Part.LOST,
    (Place.CONTRACT, Place.LOST): Part.LOST,
    (Place.LOST, Place.HAND): Part.RECOVERED,
    (Place.LOST, Place.CONTRACT): Part.RECOVERED,
    (Place.HAND, Place.SPENT): Part.SPENT,
    (Place.CONTRACT, Place.SPENT): Part.SPENT,
    (Place.SPENT, Place.HAND): Part.SPENT,
    (Place.SPENT, Place.CONTRACT): Part.SPENT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Units that entries of one kind moved; a reversal counts as the kind that it undoes."""

    source: Place
    target: Place
    kind: str
    is_reversal: bool
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """Money at hand and money with borrowers, in minor units."""

    at_hand: int = 0
    outstanding: int = 0

    @property
    def total(self) -> int:
        """Both together."""
        return self.at_hand + self.outstanding

    def __add__(self, other: "Purse") -> "Purse":
        return Purse(
            at_hand=self.at_hand + other.at_hand, outstanding=self.outstanding + other.outstanding
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FundAccount:
    """A fund over a period. `headings` are credits less debits of all other accounts."""

    opening: Purse
    closing: Purse
    parts: Mapping[Part, Purse]
    headings: Mapping[Heading, int]

    @property
    def gaps(self) -> tuple[int, int, int]:
        """What is missing at hand, with borrowers, and in the headings: none of it may be."""
        moved = sum(self.parts.values(), Purse())
        return (
            self.opening.at_hand + moved.at_hand - self.closing.at_hand,
            self.opening.outstanding + moved.outstanding - self.closing.outstanding,
            self.opening.total + sum(self.headings.values()) - self.closing.total,
        )

    def amount(self, part: Part) -> int:
        """What a part comes to: of what was paid out, all that borrowers owe of it."""
        effect = self.parts.get(part, Purse())
        if part is Part.DISBURSED:
            return effect.outstanding
        if part is Part.RETURNED:
            return effect.at_hand
        return effect.total


def heading_of(code: str) -> Heading | None:
    """The heading of an account; None for money at hand and with borrowers.

    grants -> granted; upkeep -> spent; profit_receivable -> yield; cash -> None.
    """
    return _OF_CODE.get(code) or _OF_PLACE.get(place_of(code))


def parts_of(moves: Iterable[Moved]) -> dict[Part, Purse]:
    """What moves come to, part by part.

    1,000 lent of which 20 were kept back as a fee: disbursed -1,000 at hand, +1,000 with borrowers,
    and earned +20 at hand. Its reversal leaves nothing of either. Money that only changed its name
    (a loss borne by a reserve) moves neither purse and is no part.
    """
    found: defaultdict[Part, Purse] = defaultdict(Purse)
    for moved in moves:
        pair, amount = (moved.source, moved.target), moved.amount
        if moved.is_reversal:
            pair, amount = (moved.target, moved.source), -amount
        if pair == (Place.YIELD, Place.CONTRACT) and moved.kind == EntryKind.DISBURSEMENT:
            found[Part.DISBURSED] += Purse(at_hand=-amount, outstanding=amount)
            found[Part.EARNED] += Purse(at_hand=amount)
            continue
        effect = _effect(pair, amount)
        if effect != Purse():
            found[_PARTS.get(pair, Part.EARNED)] += effect
    return {part: found[part] for part in Part if part in found}


def headings_of(changes: Mapping[str, int]) -> dict[Heading, int]:
    """The credits less debits of accounts, by heading; money at hand and lent is left out."""
    found: defaultdict[Heading, int] = defaultdict(int)
    for code, minor in changes.items():
        heading = heading_of(code)
        if heading is not None:
            found[heading] += minor
    return {heading: found[heading] for heading in Heading}


def purse_of(debits: Mapping[str, int]) -> Purse:
    """What is at hand and with borrowers, by the debits less credits of accounts.

    cash 900, wallet 50, surplus -40, loans 300, fund_balance -1,210: 910 at hand, 300 with
    borrowers.
    """
    sums: defaultdict[Place, int] = defaultdict(int)
    for code, minor in debits.items():
        sums[place_of(code)] += minor
    return Purse(at_hand=sums[Place.HAND], outstanding=sums[Place.CONTRACT])


def _effect(pair: tuple[Place, Place], amount: int) -> Purse:
    source, target = pair
    return Purse(
        at_hand=amount * ((target is Place.HAND) - (source is Place.HAND)),
        outstanding=amount * ((target is Place.CONTRACT) - (source is Place.CONTRACT)),
    )
