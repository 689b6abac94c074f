"""Who is connected with whom, what do they owe together, and may they owe more?

A connected group is whom ties join, directly or over others: who belongs to a family, group or
enterprise is connected with it, and who answers for a borrower is connected with him. What a group
owes is what is outstanding, what is signed and not yet paid out, and what is approved and not yet
signed. The notion is that of the Basel Committee, "Supervisory framework for measuring and
controlling large exposures" (2014), paragraphs 19 to 28; which ties count and how much may be owed
is the institution's own choice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from shared.errors import Kind, RafidError
from shared.money import Money


class TieKind(StrEnum):
    """What connects two borrowers."""

    MEMBER = "member"
    GUARANTOR = "guarantor"


class GroupOwesTooMuch(RafidError):
    """The connected group would owe more than it may"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The {number} borrowers connected with this one owe {owed}; with {asked} more they would"
        " owe {together}, and {most} is the most: {members}."
    )
    number: int
    owed: Money
    asked: Money
    together: Money
    most: Money
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What one member of a group owes, or will."""

    borrower_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A borrower's group with what each member owes, and what it may owe; None: no limit."""

    members: tuple[Owed, ...]
    total: Money
    most: Money | None

    def require_room(self, asked: Money) -> None:
        """Raise `GroupOwesTooMuch` where the group may not owe so much more.

        Worked: three members owe 400, 300 and nothing, and 1,000 is the most: 300 more passes,
        and 301 is refused with the ids of the three and their sums.
        """
        if self.most is None or self.total + asked <= self.most:
            return
        raise GroupOwesTooMuch(
            number=len(self.members),
            owed=self.total,
            asked=asked,
            together=self.total + asked,
            most=self.most,
            members=tuple(f"{one.borrower_id}: {one.amount.to_text()}" for one in self.members),
        )


@dataclass(slots=True, kw_only=True)
class Exposures:
    """What the groups of some borrowers owe in each currency, and what is granted meanwhile."""

    group_of: Mapping[UUID, frozenset[UUID]]
    owed: dict[tuple[UUID, str], int] = field(default_factory=dict)
    most: Mapping[str, int] = field(default_factory=dict)

    def of(self, borrower_id: UUID, *, currency: str) -> Connected:
        """Give a borrower's group; alone where nothing ties him."""
        group = self.group_of.get(borrower_id, frozenset({borrower_id}))
        members = tuple(
            Owed(borrower_id=one, amount=Money(self.owed.get((one, currency), 0), currency))
            for one in sorted(group)
        )
        most = self.most.get(currency)
        return Connected(
            members=members,
            total=Money.total((one.amount for one in members), currency),
            most=None if most is None else Money(most, currency),
        )

    def grant(self, borrower_id: UUID, amount: Money) -> None:
        """Count what is granted now for those who are asked about after."""
        key = borrower_id, amount.currency
        self.owed[key] = self.owed.get(key, 0) + amount.minor


def groups(ties: Iterable[tuple[UUID, UUID]], *, of: Iterable[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Join whom ties connect; the order of the ties does not matter.

    Worked: A-B, B-C and D-E, asked of A and F: A is with B and C, F is alone.
    """
    found: dict[UUID, set[UUID]] = {}
    for left, right in ties:
        one, other = found.get(left, {left}), found.get(right, {right})
        joined = one | other
        for each in joined:
            found[each] = joined
    return {one: frozenset(found.get(one, {one})) for one in of}
