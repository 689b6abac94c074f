"""What does a message about a payment change? Unknown is not failed, and late news is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.ids import PaymentId
from shared.money import Money


class Direction(StrEnum):
    """Whether money goes to a borrower or comes from one."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


class PaymentStatus(StrEnum):
    """Where a payment stands. Only `completed` and `failed` are definite."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    FAILED = "failed"
    REVERSED = "reversed"


class News(StrEnum):
    """What a rail says of a payment; `pending` says nothing, `unknown` never heard of it."""

    PENDING = "pending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    FAILED = "failed"
    REVERSED = "reversed"


class Outcome(StrEnum):
    """What became of the news: it moved the payment, repeated what was known, came too late or
    said nothing, or contradicts what is known and is kept for a person.
    """

    MOVED = "moved"
    REPEATED = "repeated"
    IGNORED = "ignored"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One message of a rail, understood: about which payment, what, and when it was so there."""

    payment_id: PaymentId
    news: News
    message_id: str
    occurred_on: date
    amount: Money | None = None
    provider_reference: str | None = None
    reason_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a message does: its outcome and the status after it."""

    outcome: Outcome
    status: PaymentStatus


_S, _N = PaymentStatus, News
_OPEN = (_S.REQUESTED, _S.ACCEPTED)

MOVES: Mapping[tuple[PaymentStatus, News], PaymentStatus] = {
    (_S.REQUESTED, _N.ACCEPTED): _S.ACCEPTED,
    **{(status, _N.COMPLETED): _S.COMPLETED for status in _OPEN},
    **{(status, _N.FAILED): _S.FAILED for status in _OPEN},
    (_S.COMPLETED, _N.REVERSED): _S.REVERSED,
}
_CONTRADICTIONS = frozenset(
    {
        (_S.COMPLETED, _N.FAILED),
        (_S.FAILED, _N.COMPLETED),
        (_S.FAILED, _N.REVERSED),
        (_S.REQUESTED, _N.REVERSED),
        (_S.ACCEPTED, _N.REVERSED),
    }
)


def hear(status: PaymentStatus, *, amount: Money, told: Told, is_booked: bool = False) -> Heard:
    """What a message does to a payment of this status and amount.

    requested + completed moves to completed; completed + accepted came late and is ignored;
    completed + completed repeats; failed + completed contradicts and is kept as a difference, as
    is another amount. What is booked already is never undone by a message: a reversal of it is
    a difference that a person resolves.
    """
    if told.amount is not None and told.amount != amount:
        return Heard(outcome=Outcome.DIFFERENCE, status=status)
    if told.news.value == status.value:
        return Heard(outcome=Outcome.REPEATED, status=status)
    after = MOVES.get((status, told.news))
    if (status, told.news) in _CONTRADICTIONS or (after is _S.REVERSED and is_booked):
        return Heard(outcome=Outcome.DIFFERENCE, status=status)
    if after is None:
        return Heard(outcome=Outcome.IGNORED, status=status)
    return Heard(outcome=Outcome.MOVED, status=after)
