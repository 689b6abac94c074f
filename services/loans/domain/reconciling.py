"""What is planned, found and proposed about a real account beside its statements?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a real account is to be reconciled.

    `fund_id` is the fund that holds what nobody explains; `fee_share` is the most that its
    provider keeps of a settlement.
    """

    fund_id: UUID
    since: date
    owner_id: UUID
    fee_share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What a run said anew, by outcome, and how many lines it put into suspense."""

    said: Mapping[str, int]
    held: int


class ProposalKind(StrEnum):
    """What may be proposed: to say that lines are movements, to put a line into suspense, to move
    what stands there into a contract or back, to book a fee, to give a payment up as not made.
    """

    MATCH = "match"
    HOLD = "hold"
    REPAY = "repay"
    RETURN = "return"
    FEE = "fee"
    NOT_PAID = "not_paid"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeBooking:
    """On which account of which fund a fee is an expense, by which paper."""

    fund_id: UUID
    account: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody proposes about lines and movements of one real account, and why."""

    kind: ProposalKind
    reason: str
    lines: Sequence[UUID] = ()
    ours: Sequence[UUID] = ()
    contract_id: UUID | None = None
    fee: FeeBooking | None = None
