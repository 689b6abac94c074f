"""Where does a table of a case first differ from ours, cell by cell?"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Protocol

from services.cli.checking.plans import Scale
from services.cli.checking.reading import Malformed, Node, Unsupported
from services.loans.domain.course.results import (
    MOVES_NO_PRINCIPAL,
    Course,
    CourseStatus,
    Row,
    Transaction,
)
from services.loans.domain.course.results import TransactionKind as Kind

Cell = int | date | None

COLUMNS: Final[Mapping[str, Callable[[Row], Cell]]] = {
    "nr": lambda row: row.number,
    "days": lambda row: (row.due_on - row.start_on).days if row.start_on else None,
    "from_date": lambda row: row.start_on,
    "due_date": lambda row: row.due_on,
    "paid_date": lambda row: row.settled_on,
    "balance": lambda row: row.balance,
    "principal": lambda row: row.principal,
    "interest": lambda row: row.profit,
    "fees": lambda row: row.fee,
    "penalties": lambda row: row.penalty,
    "due": lambda row: row.due,
    "paid": lambda row: row.paid,
    "paid_in_advance": lambda row: row.paid_in_advance,
    "paid_late": lambda row: row.paid_late,
    "waived": lambda row: row.waived,
    "outstanding": lambda row: row.outstanding,
}
SUMMED: Final = frozenset(COLUMNS) - {"nr", "days", "from_date", "due_date", "paid_date", "balance"}
WITHOUT_AMOUNT: Final = frozenset({"nr", "days"})
TWO_COLUMNS: Final = frozenset({"nr", "principal", "interest"})
MOVEMENT_COLUMNS: Final[Mapping[str, Callable[[Transaction], Cell]]] = {
    "transaction_date": lambda moved: moved.on,
    "amount": lambda moved: moved.amount,
    "principal": lambda moved: moved.principal,
    "interest": lambda moved: moved.profit,
    "fees": lambda moved: moved.fee,
    "penalties": lambda moved: moved.penalty,
    "loan_balance": lambda moved: 0 if moved.kind in MOVES_NO_PRINCIPAL else moved.balance,
}
MOVEMENTS: Final[Mapping[str, Kind]] = {
    "Disbursement": Kind.DISBURSEMENT,
    "Repayment (at time of disbursement)": Kind.CHARGES_AT_DISBURSEMENT,
    "Repayment": Kind.REPAYMENT,
    "Down Payment": Kind.DOWN_PAYMENT,
    "Goodwill Credit": Kind.GOODWILL_CREDIT,
    "Merchant Issued Refund": Kind.MERCHANT_REFUND,
    "Payout Refund": Kind.PAYOUT_REFUND,
    "Interest Refund": Kind.PROFIT_REFUND,
    "Interest Payment Waiver": Kind.PROFIT_WAIVER,
    "Charge Adjustment": Kind.CHARGE_ADJUSTMENT,
    "Waive loan charges": Kind.CHARGE_WAIVER,
    "Recovery Repayment": Kind.RECOVERY,
    "Chargeback": Kind.CHARGEBACK,
    "Credit Balance Refund": Kind.CREDIT_REFUND,
    "Charge-off": Kind.CHARGE_OFF,
    "Close (as written-off)": Kind.WRITE_OFF,
    "Re-age": Kind.RE_AGE,
    "Re-amortize": Kind.RE_AMORTISE,
}
# Profit earned but not paid is an entry of the lender's books in aggregate, no movement of the
# contract: the course has none, and these lines of a case are left out of the comparison.
ACCRUALS: Final = frozenset({"Accrual", "Accrual Activity", "Accrual Adjustment"})
STATUSES: Final[Mapping[str, CourseStatus]] = {
    "SUBMITTED_AND_PENDING_APPROVAL": CourseStatus.PENDING,
    "APPROVED": CourseStatus.PENDING,
    "ACTIVE": CourseStatus.ACTIVE,
    "OVERPAID": CourseStatus.OVERPAID,
    "CLOSED_OBLIGATIONS_MET": CourseStatus.PAID_OFF,
    "CLOSED_WRITTEN_OFF": CourseStatus.WRITTEN_OFF,
}


class Compare(Protocol):
    """What compares a case with ours, a checkpoint after the other."""

    def __call__(self, checkpoint: Node, *, two_columns_only: bool) -> str:
        """Give the first difference, nothing where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What one checkpoint of a case states, beside the names of its columns.

    `hidden` are the payments that went with a disbursement when it was undone.
    """

    checkpoint: Node
    columns: tuple[str, ...]
    movement_columns: tuple[str, ...]
    scale: Scale
    two_columns_only: bool = False
    hidden: frozenset[Hashable] = frozenset()

    def difference(self, course: Course, *, as_of: date) -> str:
        """Give the first difference, nothing where there is none."""
        difference = self._rows(course) or self._totals(course)
        if difference or self.two_columns_only:
            return difference
        return self._movements(course) or self._standing(course, as_of)

    def _rows(self, course: Course) -> str:
        stated = self.checkpoint.get("rows")
        if stated is None:
            return ""
        unknown = [name for name in self.columns if name not in COLUMNS]
        if unknown:
            raise Unsupported(f"column {unknown[0]}")
        rows = [cells_of(row, self.columns) for row in stated.items()]
        ours = _paired(rows, course.rows)
        if isinstance(ours, str):
            return ours
        named = [name for name in self.columns if not self.two_columns_only or name in TWO_COLUMNS]
        for theirs, row in zip(rows, ours, strict=True):
            for name in named:
                cell, mine = theirs[name], COLUMNS[name](row)
                settled = name == "paid_date" and row.number is not None
                if cell.value is None and not settled:
                    continue
                if self._read(cell, name) != mine:
                    place = f"row {row.number or 'of disbursement'} due {row.due_on}"
                    return f"{place} {name}: theirs {cell.value}, ours {self._shown(mine, name)}"
        return ""

    def _totals(self, course: Course) -> str:
        stated = self.checkpoint.get("totals")
        if stated is None:
            return ""
        for name in stated.members():
            if name not in SUMMED:
                raise Unsupported(f"totals.{name}")
            ours = sum(int(str(COLUMNS[name](row))) for row in course.rows)
            counts = not self.two_columns_only or name in TWO_COLUMNS
            if counts and self.scale.minor(stated[name]) != ours:
                return f"total {name}: theirs {stated[name].value}, ours {self._shown(ours, name)}"
        return ""

    def _movements(self, course: Course) -> str:
        stated = self.checkpoint.get("transactions")
        if stated is None:
            return ""
        lines = [cells_of(line, self.movement_columns) for line in stated.items()]
        lines = [line for line in lines if line["transaction_type"].text() not in ACCRUALS]
        moved = [line for line in course.transactions if not self._is_forgotten(line)]
        for theirs, mine in zip(lines, moved, strict=False):
            if difference := self._movement(theirs, mine):
                return difference
        if len(lines) != len(moved):
            return f"transactions: theirs {len(lines)}, ours {len(moved)}"
        return ""

    def _is_forgotten(self, moved: Transaction) -> bool:
        """Whether the sources drop it from their lists: an undone disbursement, what went too."""
        undone = {Kind.DISBURSEMENT, Kind.CHARGES_AT_DISBURSEMENT}
        return moved.is_reversed and (moved.kind in undone or moved.key in self.hidden)

    def _movement(self, theirs: Mapping[str, Node], mine: Transaction) -> str:
        word = theirs["transaction_type"].text()
        if word not in MOVEMENTS:
            raise Unsupported(f"transaction {word}")
        place = f"{word} of {theirs['transaction_date'].value}"
        if MOVEMENTS[word] is not mine.kind:
            return f"transaction {place}: ours is {mine.kind} of {mine.on}"
        for name, cell in theirs.items():
            if name == "transaction_type" or cell.value is None:
                continue
            if name not in MOVEMENT_COLUMNS:
                raise Unsupported(f"transaction column {name}")
            found = MOVEMENT_COLUMNS[name](mine)
            if self._read(cell, name) != found:
                shown = self._shown(found, name)
                return f"transaction {place} {name}: theirs {cell.value}, ours {shown}"
        return ""

    def _standing(self, course: Course, as_of: date) -> str:
        overdue = sum(row.outstanding for row in course.rows if row.due_on < as_of)
        figures = {
            "total_outstanding": course.outstanding,
            "overpaid": course.overpaid,
            "total_overdue": overdue,
        }
        for name, ours in figures.items():
            stated = self.checkpoint.get(name)
            if stated is not None and self.scale.minor(stated) != ours:
                return f"{name}: theirs {stated.value}, ours {self._shown(ours, name)}"
        return self._status(course)

    def _status(self, course: Course) -> str:
        closed = self.checkpoint.get("closed_all_obligations_met")
        if closed is not None and closed.flag() != (course.status is CourseStatus.PAID_OFF):
            return f"closed_all_obligations_met: theirs {closed.value}, ours {course.status}"
        status = self.checkpoint.get("loan_status")
        if status is None:
            return ""
        if status.text() not in STATUSES:
            raise Unsupported(f"loan_status {status.text()}")
        if STATUSES[status.text()] is not course.status:
            return f"loan_status: theirs {status.text()}, ours {course.status}"
        return ""

    def _read(self, cell: Node, name: str) -> Cell:
        if cell.value is None:
            return None
        if name in WITHOUT_AMOUNT:
            return cell.whole()
        return cell.day() if name.endswith("date") else self.scale.minor(cell)

    def _shown(self, cell: Cell, name: str) -> str:
        if isinstance(cell, int) and name not in WITHOUT_AMOUNT:
            return str(Decimal(cell).scaleb(-self.scale.decimals))
        return str(cell)


def cells_of(line: Node, columns: Sequence[str]) -> dict[str, Node]:
    """Give the cells of a row by the names of their columns."""
    cells = line.items()
    if len(cells) != len(columns):
        raise Malformed(f"{line.place} has {len(cells)} cells for {len(columns)} columns")
    return dict(zip(columns, cells, strict=True))


def _paired(rows: Sequence[Mapping[str, Node]], ours: Sequence[Row]) -> list[Row] | str:
    """Give the rows of ours that stand beside the stated ones, or why there are none.

    Where the stated numbers run from 1 without a gap all rows are stated; else they are a choice.
    Disbursements stand beside disbursements and instalments beside instalments: which of the two
    comes first on one day is told differently by the same source.
    """
    if not rows:
        return []
    numbers = [row["nr"].value for row in rows if row["nr"].value is not None]
    if numbers != list(range(1, len(numbers) + 1)):
        by_number = {row.number: row for row in ours if row.number is not None}
        missing = [number for number in numbers if number not in by_number]
        if missing or len(numbers) != len(rows):
            return f"row {missing[0] if missing else 'of disbursement'}: ours has none"
        return [by_number[int(str(number))] for number in numbers]
    states_disbursements = len(numbers) != len(rows)
    ours = [row for row in ours if states_disbursements or row.number is not None]
    if len(ours) != len(rows):
        return f"rows: theirs {len(rows)}, ours {len(ours)}"
    instalments = [row for row in ours if row.number is not None]
    paid_out = [row for row in ours if row.number is None]
    if len(instalments) != len(numbers):
        return f"rows: theirs {len(numbers)} instalments, ours {len(instalments)}"
    return [paid_out.pop(0) if row["nr"].value is None else instalments.pop(0) for row in rows]


def names_of(case: Node, member: str, *, needed: Sequence[str]) -> tuple[str, ...]:
    """Give the names of the cells of each row, for a case; some must be among them, if any are."""
    names = tuple(name.text() for name in case.listed(member))
    for name in needed if names else ():
        if name not in names:
            raise Malformed(f"{member} has no {name}")
    return names
