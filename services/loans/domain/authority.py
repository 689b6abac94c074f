"""Who may approve how much, and has everyone needed done so?"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared.errors import Kind, RafidError
from shared.ids import FundId, ProductId
from shared.money import Money


class Outcome(StrEnum):
    """What an approver decided."""

    APPROVE = "approve"
    REJECT = "reject"
    RETURN = "return"


class MakerIsChecker(RafidError):
    """Nobody decides on an application of their own making"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "Whoever submitted or corrected the application cannot decide on it."


class DuplicateApproval(RafidError):
    """One person approves at one level only"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "This person has already approved the application at level {level}."
    level: int


class RoleLacksAuthority(RafidError):
    """This role may not decide at the level the application has reached"""

    kind = Kind.FORBIDDEN
    service = "loans"
    detail = "Level {level} is decided by the role {role}."
    level: int
    role: str


class NoAuthorityLevel(RafidError):
    """No level of approval reaches this amount"""

    kind = Kind.RULE
    service = "loans"
    detail = "No level of approval is set for {amount}; the highest reaches {highest}."
    amount: Money
    highest: Money | None


class AlreadyDecided(RafidError):
    """Every needed level has decided"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The application has already been decided."


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityLevel:
    """One step of approval, as data: a role that may decide up to an amount.

    `product_id` and `fund_id` narrow it; None means every product, every fund.
    """

    level: int
    role: str
    max_amount: Money
    product_id: ProductId | None = None
    fund_id: FundId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one person decided at one level; decisions are kept in the order they were taken."""

    level: int
    outcome: Outcome
    actor_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """One part of a decision over many: its amount, and what narrows the levels for it."""

    amount: Money
    product_id: ProductId
    fund_id: FundId | None


def levels_needed(
    amount: Money,
    *,
    product_id: ProductId,
    fund_id: FundId | None,
    levels: Sequence[AuthorityLevel],
) -> tuple[AuthorityLevel, ...]:
    """The levels that must approve, lowest first: up to the first whose limit holds the amount.

    The narrowest set of levels speaks alone: one for this product and fund, else for this product,
    else for this fund, else for all. With level 1 up to 5,000 and level 2 up to 20,000 an amount
    of 8,000 needs both, 5,000 needs level 1 only. Levels in another currency do not count.
    Raises `NoAuthorityLevel`.
    """
    speaking = sorted(
        _narrowest(
            [level for level in levels if level.max_amount.currency == amount.currency],
            product_id=product_id,
            fund_id=fund_id,
        ),
        key=lambda level: level.level,
    )
    for position, level in enumerate(speaking, start=1):
        if amount <= level.max_amount:
            return tuple(speaking[:position])
    highest = max((level.max_amount for level in speaking), default=None)
    raise NoAuthorityLevel(amount=amount, highest=highest)


def levels_needed_for_all(
    parts: Sequence[Weighed], *, levels: Sequence[AuthorityLevel]
) -> list[tuple[AuthorityLevel, ...]]:
    """The levels that must approve each part of one decision over many, lowest first.

    Each part asks its own levels for the total in its currency, and then every level that another
    part asks for: all are decided in step. With level 1 up to 5,000 and level 2 up to 20,000 ten
    parts of 800 need both. Raises `NoAuthorityLevel`.
    """
    totals: dict[str, Money] = {}
    for part in parts:
        currency = part.amount.currency
        totals[currency] = totals.get(currency, Money.zero(currency)) + part.amount
    asked: dict[tuple[str, ProductId, FundId | None], dict[int, AuthorityLevel]] = {}
    keys = [(part.amount.currency, part.product_id, part.fund_id) for part in parts]
    for key in dict.fromkeys(keys):
        currency, product_id, fund_id = key
        needed = levels_needed(
            totals[currency], product_id=product_id, fund_id=fund_id, levels=levels
        )
        asked[key] = {level.level: level for level in needed}
    every = {number: level for own in asked.values() for number, level in own.items()}
    together = {key: every | own for key, own in asked.items()}
    return [tuple(together[key][number] for number in sorted(every)) for key in keys]


def this_round(decisions: Sequence[Decision]) -> tuple[Decision, ...]:
    """The decisions since the application was last returned: a correction starts afresh."""
    start = 0
    for position, decision in enumerate(decisions, start=1):
        if decision.outcome is Outcome.RETURN:
            start = position
    return tuple(decisions[start:])


def next_level(
    needed: Sequence[AuthorityLevel], *, decisions: Sequence[Decision]
) -> AuthorityLevel | None:
    """The lowest level that has not approved in this round; None when all have, or one refused."""
    current = this_round(decisions)
    if any(decision.outcome is Outcome.REJECT for decision in current):
        return None
    approved = {decision.level for decision in current if decision.outcome is Outcome.APPROVE}
    return next((level for level in needed if level.level not in approved), None)


def level_to_decide(
    needed: Sequence[AuthorityLevel],
    *,
    decisions: Sequence[Decision],
    actor_id: UUID,
    roles: Collection[str],
    maker_ids: Collection[UUID],
) -> AuthorityLevel:
    """The level at which this person may decide now.

    `maker_ids` are all who submitted or corrected the application. Raises `MakerIsChecker`,
    `DuplicateApproval`, `RoleLacksAuthority`, `AlreadyDecided`.
    """
    if actor_id in maker_ids:
        raise MakerIsChecker
    level = next_level(needed, decisions=decisions)
    if level is None:
        raise AlreadyDecided
    for decision in this_round(decisions):
        if decision.actor_id == actor_id:
            raise DuplicateApproval(level=decision.level)
    if level.role not in roles:
        raise RoleLacksAuthority(level=level.level, role=level.role)
    return level


def is_approved(needed: Sequence[AuthorityLevel], *, decisions: Sequence[Decision]) -> bool:
    """Whether every needed level has approved in this round and none refused."""
    refused = any(decision.outcome is Outcome.REJECT for decision in this_round(decisions))
    return not refused and next_level(needed, decisions=decisions) is None


def _narrowest(
    levels: Sequence[AuthorityLevel], *, product_id: ProductId, fund_id: FundId | None
) -> list[AuthorityLevel]:
    for product, fund in ((product_id, fund_id), (product_id, None), (None, fund_id), (None, None)):
        found = [level for level in levels if level.product_id == product and level.fund_id == fund]
        if found:
            return found
    return []
