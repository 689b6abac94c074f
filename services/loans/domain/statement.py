"""What moved on a contract in a period, what did each movement pay, and what is owed at its end?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from services.loans.domain import replay
from services.loans.domain.allocation import Allocation
from services.loans.domain.replay import ContractState, Movement, MovementKind, Sums
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import Terms
from shared.errors import Kind, RafidError
from shared.money import Money
from shared.periods import MIN_DAY, Period

LINES_MAX = 1_000
ONE_DAY = timedelta(days=1)


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
class Stood:
    """Where a contract stood at the end of a day: what had moved, and the instalments that held."""

    sums: Sums
    instalments: tuple[Instalment, ...]

    def state(self, terms: Terms, *, as_of: date) -> ContractState:
        """Give everything one may ask of the contract on the day."""
        return replay.state_of(terms, instalments=self.instalments, sums=self.sums, as_of=as_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What changed: the parts it paid, negative where they were taken back, and what is owed then.

    Without a movement the agreement itself changed on the day: an order gave the contract other
    instalments, or gave principal up.
    """

    on: date
    movement: Movement | None
    parts: Allocation
    balance: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A contract over a period: as it stood on the eve, what changed, as it stands on the last day.

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


def span(first_on: date, *, last_on: date) -> Period:
    """The days of a statement, both included; its eve too must be a day that anybody may name.

    Worked: from the first day that may be named, 1 January 1900, it begins on the second. Raises
    `PeriodReversed`.
    """
    return Period(max(first_on, MIN_DAY + ONE_DAY), last_on + ONE_DAY)


def days_of(period: Period, *, changes: Sequence[date]) -> tuple[date, ...]:
    """The days whose end a statement needs: the eve, those of the changes, the last one."""
    eve, last = period.start - ONE_DAY, period.end - ONE_DAY
    return tuple(sorted({eve, last, *(day for day in changes if day in period)}))


def statement(
    terms: Terms,
    *,
    stood: Mapping[date, Stood],
    movements: Sequence[Movement],
    period: Period,
    known_at: datetime,
) -> Statement:
    """Tell a period of a contract, movement by movement in the order of their value dates.

    `stood` gives the end of each of `days_of`, as the contract itself answers it. Each line is
    the difference between two states; what the movements of a day do not explain is a line of its
    own, so that a statement can never tell another story than the contract. Worked: 1,200.00 paid
    out on 1 March in twelve of 100.00, 150.00 paid on 10 April; April opens with 1,200.00, its one
    line pays 150.00 of principal and it closes with 1,050.00. Raises `StatementTooLong`.
    """
    known = {one.movement_id: one for one in movements if one.known_at <= known_at}
    heard = sorted(
        (one for one in known.values() if one.effective_on in period),
        key=lambda one: (one.effective_on, one.known_at, one.movement_id),
    )
    if len(heard) > LINES_MAX:
        raise StatementTooLong(lines=len(heard), most=LINES_MAX)
    of_day = {day: list(many) for day, many in groupby(heard, key=lambda one: one.effective_on)}
    eve, *days = sorted(stood)
    held = stood[eve]
    opening = before = held.state(terms, as_of=eve)
    lines: list[Line] = []
    for day in days:
        for movement in of_day.get(day, ()):
            held = replace(held, sums=_moved(held.sums, movement, known))
            after = held.state(terms, as_of=day)
            lines.append(_line(before, after, on=day, movement=movement))
            before = after
        held = stood[day]
        after = held.state(terms, as_of=day)
        line = _line(before, after, on=day, movement=None)
        if after.paid != before.paid or after.outstanding_principal != before.outstanding_principal:
            lines.append(line)
        before = after
    return Statement(period=period, opening=opening, lines=tuple(lines), closing=before)


def _line(
    before: ContractState, after: ContractState, *, on: date, movement: Movement | None
) -> Line:
    parts = replay.correction(before, after=after)
    return Line(on=on, movement=movement, parts=parts, balance=after.outstanding_principal)


def _moved(sums: Sums, movement: Movement, known: Mapping[UUID, Movement]) -> Sums:
    """Add a movement to what had moved; a reversal takes off what it undoes."""
    undone = known.get(movement.reverses) if movement.reverses else None
    kind, amount = movement.kind, movement.amount
    if kind is MovementKind.REVERSAL:
        kind, amount = undone.kind if undone else MovementKind.REPAYMENT, -amount
    if kind is MovementKind.DISBURSEMENT:
        return replace(sums, disbursed=sums.disbursed + amount)
    if kind is MovementKind.SURPLUS_REFUND:
        return replace(sums, refunded=sums.refunded + amount)
    return replace(sums, paid=sums.paid + amount)


def owed(state: ContractState) -> Money:
    """All that is still to be paid on the agreed instalments, due or not."""
    return Money.total((due.total for due in state.open_dues), state.disbursed.currency)


def require_lent(state: ContractState, *, reference: str) -> None:
    """Raise `NothingLent` where no money was paid out: a balance of nothing is no balance."""
    if not state.disbursed.is_positive:
        raise NothingLent(reference=reference, as_of=state.as_of)


def require_settled(state: ContractState, *, reference: str) -> None:
    """Raise `NothingLent`, or `StillOwed` where one minor unit is still to pay.

    Capital that is out without a schedule, as in a mudaraba, is owed though nothing is due.
    """
    require_lent(state, reference=reference)
    left = max(owed(state), state.outstanding_principal)
    if not state.is_closed or left.is_positive:
        raise StillOwed(reference=reference, as_of=state.as_of, owed=left)
