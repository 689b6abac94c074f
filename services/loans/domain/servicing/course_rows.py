"""As which instalments does a course stand, so that the money paid pours over them exactly?

A contract keeps instalments, and the sum paid runs over them from the first. For that to give
what a course says, what each movement paid stands first as instalments of its own, due when it
came or when it was due, whichever is earlier; what is open follows.
"""

from collections import deque
from collections.abc import Iterable
from datetime import date

from services.loans.domain.course.results import Course, Transaction, TransactionKind
from services.loans.domain.course.results import Row as CourseRow
from services.loans.domain.schedule import Instalment
from services.loans.domain.servicing import rows as arithmetic
from services.loans.domain.servicing.rows import NOTHING, Four, Row, Rows
from shared.money import Money

GIVEN_UP = frozenset({TransactionKind.PROFIT_WAIVER, TransactionKind.CHARGE_WAIVER})
PAYS = frozenset(
    {
        TransactionKind.REPAYMENT,
        TransactionKind.DOWN_PAYMENT,
        TransactionKind.GOODWILL_CREDIT,
        TransactionKind.PROFIT_REFUND,
        *GIVEN_UP,
    }
)

Queues = tuple[deque[tuple[date, int]], ...]


def rows_of(course: Course) -> Rows:
    """The instalments of a course: what was paid, movement by movement, then what is open.

    Worked: 1,000.00 at 12 % in 12 months, 100.00 paid on 5 February of the instalment of 88.85
    due on 15 February: rows of 5 February hold all that it paid, the rest follows by due dates.
    """
    return (*settled_of(course), *open_of_course(course))


def settled_of(course: Course) -> Rows:
    """What was paid, movement by movement; what was waived or claimed back is not in it."""
    queues = _paid_of(row for row in course.rows if row.number is not None)
    settled: list[Row] = []
    for moved in course.transactions:
        if moved.kind is TransactionKind.CHARGEBACK:
            _take_out(settled, moved)
        elif moved.kind in PAYS and not moved.is_reversed:
            pieces = _pieces(moved, queues)
            if moved.kind not in GIVEN_UP:
                settled.extend(pieces)
    settled.extend(_left(queues))
    return tuple(row for row in settled if any(row.parts))


def lost_of(course: Course, *, paid: int) -> int:
    """The money that the course does not account for: what was paid, less what it paid and holds.

    Nothing, as a rule. Where a payment is taken back that was claimed back before, its claim
    stands for money that never came.
    """
    return paid - sum(row.total for row in settled_of(course)) - course.overpaid


def open_of_course(course: Course) -> Rows:
    """What is still to be paid, by due dates."""
    return _open(row for row in course.rows if row.number is not None)


def instalments_of(rows: Rows, *, currency: str) -> tuple[Instalment, ...]:
    """The same as numbered instalments with money."""
    return tuple(
        Instalment(
            number=number,
            due_on=row.due_on,
            principal=Money(row.principal, currency),
            profit=Money(row.profit, currency),
            fee=Money(row.fee, currency),
            penalty_minor=row.penalty,
        )
        for number, row in enumerate(rows, start=1)
    )


def _paid_of(rows: Iterable[CourseRow]) -> Queues:
    """What was paid, component by component, in the order of the due dates."""
    queues: Queues = (deque(), deque(), deque(), deque())
    for row in rows:
        paid = (row.principal_paid, row.profit_paid, row.fee_paid, row.penalty_paid)
        for queue, amount in zip(queues, paid, strict=True):
            if amount:
                queue.append((row.due_on, amount))
    return queues


def _pieces(moved: Transaction, queues: Queues) -> list[Row]:
    """What a movement paid, by the due dates that it paid of; ahead of them on its own day."""
    by_day: dict[date, list[int]] = {}
    for place, amount in enumerate((moved.principal, moved.profit, moved.fee, moved.penalty)):
        left = amount
        while left > 0:
            due, there = queues[place].popleft() if queues[place] else (moved.on, left)
            used = min(left, there)
            if there > used:
                queues[place].appendleft((due, there - used))
            by_day.setdefault(min(due, moved.on), [0, 0, 0, 0])[place] += used
            left -= used
    return [Row(day, *by_day[day]) for day in sorted(by_day)]


def _left(queues: Queues) -> list[Row]:
    """What an earlier surplus paid when it fell due: it is in no movement of its own."""
    by_day: dict[date, list[int]] = {}
    for place, queue in enumerate(queues):
        for due, amount in queue:
            by_day.setdefault(due, [0, 0, 0, 0])[place] += amount
    return [Row(day, *by_day[day]) for day in sorted(by_day)]


def _take_out(settled: list[Row], moved: Transaction) -> None:
    """What was charged back is paid no more: it leaves the newest of what was paid."""
    left = [moved.principal, moved.profit, moved.fee, moved.penalty]
    for place in range(len(settled) - 1, -1, -1):
        row = settled[place]
        taken = [min(part, rest) for part, rest in zip(row.parts, left, strict=True)]
        settled[place] = row.less((taken[0], taken[1], taken[2], taken[3]))
        left = [rest - gone for rest, gone in zip(left, taken, strict=True)]
        if not any(left):
            return


def _open(rows: Iterable[CourseRow]) -> Rows:
    found = []
    for row in rows:
        parts = open_of(row)
        if parts != NOTHING:
            found.append(Row(row.due_on, *parts))
    return arithmetic.compact(found)


def open_of(row: CourseRow) -> Four:
    """What is open of each component; what was waived of a charge counts against the charges."""
    principal = row.principal - row.principal_paid
    profit = row.profit - row.profit_paid
    fee, penalty = row.fee - row.fee_paid, row.penalty - row.penalty_paid
    waived = row.waived
    from_fee = min(waived, fee)
    return (principal, profit, fee - from_fee, penalty - (waived - from_fee))
