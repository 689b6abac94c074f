"""Is the receiver of zakat kin of who paid it, or of who decides, or one of our own?

A tie is declared by a person. Where the receiver bears the name of a payer whose zakat is still in
the fund, or of staff, somebody must have said what the tie is, or that there is none.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared.errors import Kind, RafidError, Sentence


class Relation(StrEnum):
    """What the receiver is to a payer or to a member of staff; unrelated: two of one name."""

    SELF = "self"
    ASCENDANT = "ascendant"
    DESCENDANT = "descendant"
    WIFE = "wife"
    HUSBAND = "husband"
    OTHER_KIN = "other_kin"
    UNRELATED = "unrelated"


class TieNotDeclared(RafidError):
    """Say whether the receiver is who bears the same name"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The receiver {borrower_id}, or one of that household, bears the name of {namesake_id}:"
        " declare the tie, or that they are unrelated."
    )
    borrower_id: UUID
    namesake_id: UUID


class StaffReceives(RafidError):
    """Staff receive no zakat but the wages of zakat work"""

    kind = Kind.RULE
    service = "loans"
    detail = "The receiver {borrower_id} works for the institution."
    borrower_id: UUID


class PayersKin(RafidError):
    """The payer's own family receives nothing of the payer's zakat"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The receiver is the {relation} of the payer {payer}, whose zakat is still in the fund."
        " Source: {source}."
    )
    relation: Relation
    payer: str
    source: Sentence


class TiedToReceiver(RafidError):
    """Nobody decides on a grant to their own family"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "{actor_id} is the {relation} of the receiver: another person decides."
    actor_id: UUID
    relation: Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """The receiver is somebody's kin: a payer's whose money lies in the fund, or a staff's."""

    relation: Relation
    payer: str | None = None
    payer_id: UUID | None = None
    staff_id: UUID | None = None


def require_untied(
    ties: Sequence[Tie],
    *,
    borrower_id: UUID,
    actors: Collection[UUID],
    excluded: Collection[str],
    source: str,
) -> None:
    """Raise where the receiver is staff, a barred relation of a payer, or kin of who decides.

    `excluded` names the relations that a payer's own zakat does not reach. Raises
    `StaffReceives`, `PayersKin`, `TiedToReceiver`.
    """
    for tie in ties:
        if tie.relation is Relation.UNRELATED:
            continue
        if tie.staff_id is not None and tie.relation is Relation.SELF:
            raise StaffReceives(borrower_id=borrower_id)
        barred = tie.relation is Relation.SELF or f"payer_{tie.relation.value}" in excluded
        if tie.payer is not None and barred:
            raise PayersKin(relation=tie.relation, payer=tie.payer, source=Sentence(source))
        if tie.staff_id is not None and tie.staff_id in actors:
            raise TiedToReceiver(actor_id=tie.staff_id, relation=tie.relation)


def require_told(ties: Sequence[Tie], *, namesakes: Collection[UUID], borrower_id: UUID) -> None:
    """Raise `TieNotDeclared` for a payer or staff of the receiver's name of whom nothing is said.

    A tie of any kind is an answer, and so is `unrelated`.
    """
    told = {one for tie in ties for one in (tie.payer_id, tie.staff_id)}
    for namesake in sorted(namesakes):
        if namesake not in told:
            raise TieNotDeclared(borrower_id=borrower_id, namesake_id=namesake)


def require_no_kin(ties: Sequence[Tie], *, actor_id: UUID) -> None:
    """Raise `TiedToReceiver` where who decides is kin of whom it is about, or that person."""
    for tie in ties:
        if tie.staff_id == actor_id and tie.relation is not Relation.UNRELATED:
            raise TiedToReceiver(actor_id=actor_id, relation=tie.relation)
