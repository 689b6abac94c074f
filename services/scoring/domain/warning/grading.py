"""Which loans can the officers look after this month? The worst first, never more than that."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from shared.errors import Kind, RafidError


class CapacityImpossible(RafidError):
    """The capacity of the officers is no capacity"""

    kind = Kind.RULE
    service = "scoring"
    detail = "The share looked after and its red part lie between 0 and 1; {value} does not."
    value: Decimal


class Grade(StrEnum):
    """Red and amber are looked after this month, red first; green is not."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What officers can look after: a share of the loans graded, and at most so many a branch.

    A branch that is not named has no bound of its own. `red_part` of the load is red.
    """

    share: Decimal = Decimal("0.10")
    red_part: Decimal = Decimal("0.5")
    by_branch: Mapping[UUID, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise CapacityImpossible beyond 0 to 1."""
        for value in (self.share, self.red_part):
            if not 0 <= value <= 1:
                raise CapacityImpossible(value=value)

    def load(self, loans: int) -> int:
        """Return how many of so many loans are looked after, rounded down. Of 47 a tenth: 4."""
        return int((self.share * loans).to_integral_value(ROUND_FLOOR))

    def reds(self, load: int) -> int:
        """Return how many of the load are red, rounded up. Worked: 0.5 of 5: 3."""
        return int((self.red_part * load).to_integral_value(ROUND_CEILING))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A loan with its points (more is safer); `is_told` where there is a reason to give."""

    loan_id: UUID
    branch_id: UUID | None
    points: int
    is_told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A loan's place, 1 for the worst, and its grade."""

    loan_id: UUID
    rank: int
    grade: Grade


def graded(scored: Sequence[Scored], *, capacity: Capacity, as_of: date) -> tuple[Placed, ...]:
    """Rank the loans and grade them; the order in which they came changes nothing.

    The fewest points first; among equals the order is drawn by a hash of day and loan, so that
    no loan is always last. Who has nothing to be told stays green. Worked: 20 loans, a tenth
    looked after, half of it red: one red, one amber, 18 green.
    """
    ordered = sorted(scored, key=lambda item: (item.points, _lot(item.loan_id, as_of)))
    load, taken = capacity.load(len(ordered)), Counter[UUID | None]()
    alerts: list[UUID] = []
    for item in ordered:
        if len(alerts) == load:
            break
        bound = capacity.by_branch.get(item.branch_id) if item.branch_id is not None else None
        if item.is_told and (bound is None or taken[item.branch_id] < bound):
            alerts.append(item.loan_id)
            taken[item.branch_id] += 1
    red = capacity.reds(len(alerts))
    grades = {loan: Grade.RED if i < red else Grade.AMBER for i, loan in enumerate(alerts)}
    return tuple(
        Placed(loan_id=item.loan_id, rank=rank, grade=grades.get(item.loan_id, Grade.GREEN))
        for rank, item in enumerate(ordered, start=1)
    )


def _lot(loan_id: UUID, as_of: date) -> bytes:
    return sha256(as_of.isoformat().encode() + loan_id.bytes).digest()
