"""How is a course told as rows, transactions and a status?"""

from collections.abc import Sequence
from dataclasses import replace

from services.loans.domain.course.events import Disbursed, Event
from services.loans.domain.course.lines import Line
from services.loans.domain.course.plan import InstalmentRule
from services.loans.domain.course.results import (
    MOVES_NO_PRINCIPAL,
    Course,
    CourseStatus,
    Row,
    Transaction,
    TransactionKind,
)
from services.loans.domain.course.standing import Entry, Standing


def course_of(standing: Standing, events: Sequence[Event]) -> Course:
    """The course as it stands."""
    paid_out = any(isinstance(event, Disbursed) for event in events)
    outstanding = sum(line.open for line in standing.lines)
    return Course(
        rows=tuple(_rows(standing)),
        transactions=tuple(_transactions(standing)) if paid_out else (),
        status=_status(standing, paid_out=paid_out, outstanding=outstanding),
        outstanding=outstanding,
        overpaid=standing.overpaid,
    )


def _status(standing: Standing, *, paid_out: bool, outstanding: int) -> CourseStatus:
    if not paid_out:
        return CourseStatus.PENDING
    if standing.is_written_off:
        return CourseStatus.WRITTEN_OFF
    if outstanding:
        return CourseStatus.ACTIVE
    return CourseStatus.OVERPAID if standing.overpaid else CourseStatus.PAID_OFF


def _rows(standing: Standing) -> list[Row]:
    """Instalments by due date; a disbursement stands before the instalments due after its day."""
    found: list[Row] = []
    balance, paid_out = 0, _paid_out(standing)
    lines = [line for line in standing.lines if not (line.is_added and line.total == 0)]
    is_level = standing.plan.instalment_rule is InstalmentRule.FIXED_LEVEL
    for number, line in enumerate(lines, start=1):
        while paid_out and (
            paid_out[0].due_on < line.due
            or (paid_out[0].due_on == line.due and (_comes_after(line) or is_level))
        ):
            paid = paid_out.pop(0)
            balance += paid.balance
            found.append(paid)
        balance += line.credited - line.asked[0]
        row = _row(standing, line, number, balance)
        found.append(replace(row, settled_on=None) if standing.is_expected_only else row)
    return found + paid_out


def _comes_after(line: Line) -> bool:
    """Whether it asks for what was paid out on its own day."""
    return line.is_down_payment or line.start == line.due


def _paid_out(standing: Standing) -> list[Row]:
    """What was paid out, and the tranches still expected: they bear nothing until they come."""
    rows = [_disbursement_row(standing, event) for event in standing.disbursed]
    rows += [
        Row(number=None, start_on=None, due_on=on, balance=amount)
        for on, amount in standing.expected
    ]
    return sorted(rows, key=lambda row: row.due_on)


def _disbursement_row(standing: Standing, event: Disbursed) -> Row:
    fee = standing.fees_paid_out.get(event.key, 0)
    return Row(
        number=None,
        start_on=None,
        due_on=event.on,
        balance=event.amount,
        fee=fee,
        fee_paid=fee,
    )


def _row(standing: Standing, line: Line, number: int, balance: int) -> Row:
    start = line.start
    if standing.plan.regular_from is not None:
        start = max(start, standing.disbursed[0].on)
    return Row(
        number=number,
        start_on=start,
        due_on=line.due,
        balance=max(balance, 0),
        principal=line.asked[0],
        profit=line.asked[1],
        fee=line.asked[2],
        penalty=line.asked[3],
        principal_paid=line.paid[0],
        profit_paid=line.paid[1],
        fee_paid=line.paid[2],
        penalty_paid=line.paid[3],
        waived=sum(line.waived),
        written_off=sum(line.written_off),
        paid_in_advance=line.in_advance,
        paid_late=line.late,
        settled_on=line.settled_on if line.is_settled else None,
        is_down_payment=line.is_down_payment,
    )


_ADDING = {TransactionKind.CHARGEBACK, TransactionKind.CREDIT_REFUND}


def _transactions(standing: Standing) -> list[Transaction]:
    """Every movement with the principal outstanding after it."""
    found: list[Transaction] = []
    balance = 0
    for entry in standing.entries:
        balance = max(balance + _change(entry), 0)
        found.append(
            Transaction(
                key=entry.key,
                on=entry.on,
                kind=entry.kind,
                amount=entry.amount,
                principal=entry.parts[0],
                profit=entry.parts[1],
                fee=entry.parts[2],
                penalty=entry.parts[3],
                surplus=entry.surplus,
                balance=balance,
            )
        )
    return found


def _change(entry: Entry) -> int:
    if entry.kind is TransactionKind.DISBURSEMENT:
        return entry.amount - entry.covered
    if entry.kind in _ADDING:
        return entry.parts[0] - entry.covered
    return 0 if entry.kind in MOVES_NO_PRINCIPAL else -entry.parts[0]
