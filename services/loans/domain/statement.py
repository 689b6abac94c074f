"""What moved on a contract in a period, what did each movement pay, and what is owed at its end?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.loans.domain import replay
from services.loans.domain.allocation import Allocation
from services.loans.domain.replay import ContractState, Movement
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Terms
from shared.errors import Kind, RafidError
from shared.money import Money
from shared.periods import Period

LINES_MAX = 1_000


class StatementTooLong(RafidError):
    """The statement would be too long"""

    kind = Kind.RULE
    service = "loans"
    detail = "{lines} movements lie in these days; ask for a shorter period, with at most {most}."
    lines: int
    most: int


class StillOwed(RafidError):
    """The contract is not settled"""

    kind = Kind.RULE
    service = "loans"
    detail = "On {as_of} there is {owed} still to pay on contract {reference}."
    reference: str
    as_of: date
    owed: Money


class NothingLent(RafidError):
    """Nothing was paid out on the contract"""

    kind = Kind.RULE
    service = "loans"
    detail = "By {as_of} nothing was paid out on contract {reference}: there is nothing to certify."
    reference: str
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One movement with what it changed: the parts it paid and the principal owed after it.

    `parts` are the difference that the movement makes to all before it, negative for a reversal.
    """

    movement: Movement
    parts: Allocation
    balance: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A contract over a period: as it stood on the eve, what moved, as it stands on the last day.

    `opening` plus the parts of all lines is `closing`, to the minor unit.
    """

    period: Period
    opening: ContractState
    lines: tuple[Line, ...]
    closing: ContractState

    @property
    def paid(self) -> Allocation:
        """What was paid in the period, reversals taken off."""
        return replay.correction(self.opening, after=self.closing)


def statement(
    terms: Terms,
    *,
    instalments: Sequence[Instalment],
    movements: Sequence[Movement],
    period: Period,
    known_at: datetime,
) -> Statement:
    """Tell a period of a contract, movement by movement in the order of their value dates.

    Each line is the difference between two replays, so that a statement can never tell another
    story than the contract itself. Worked: 1,200.00 paid out on 1 March in twelve of 100.00,
    150.00 paid on 10 April; April opens with 1,200.00, its one line pays 150.00 of principal and
    it closes with 1,050.00. Raises `StatementTooLong`, and what `replay` raises.
    """
    heard = sorted(
        (one for one in movements if one.known_at <= known_at and one.effective_on < period.end),
        key=lambda one: (one.effective_on, one.known_at, one.movement_id),
    )
    first = sum(one.effective_on < period.start for one in heard)
    if len(heard) - first > LINES_MAX:
        raise StatementTooLong(lines=len(heard) - first, most=LINES_MAX)

    def state(count: int, as_of: date) -> ContractState:
        return replay.replay(
            terms,
            instalments=instalments,
            movements=heard[:count],
            as_of=as_of,
            known_at=known_at,
        )

    opening = before = state(first, period.start - timedelta(days=1))
    lines = []
    for count, movement in enumerate(heard[first:], start=first + 1):
        after = state(count, movement.effective_on)
        parts = replay.correction(before, after=after)
        lines.append(Line(movement=movement, parts=parts, balance=after.outstanding_principal))
        before = after
    return Statement(
        period=period,
        opening=opening,
        lines=tuple(lines),
        closing=state(len(heard), period.end - timedelta(days=1)),
    )


def owed(state: ContractState) -> Money:
    """All that is still to be paid on the agreed instalments, due or not."""
    return Money.total((due.total for due in state.open_dues), state.disbursed.currency)


def require_lent(state: ContractState, *, reference: str) -> None:
    """Raise `NothingLent` where no money was paid out: a balance of nothing is no balance."""
    if not state.disbursed.is_positive:
        raise NothingLent(reference=reference, as_of=state.as_of)


def require_settled(state: ContractState, *, reference: str) -> None:
    """Raise `NothingLent`, or `StillOwed` where one minor unit is still to pay."""
    require_lent(state, reference=reference)
    if not state.is_closed:
        raise StillOwed(reference=reference, as_of=state.as_of, owed=owed(state))
