"""Does a schedule of whole periods, without dates, come out as a case states it?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from services.cli.checking import agreed, tables
from services.cli.checking.reading import Malformed, Node, Unsupported
from services.loans.domain import schedule as schedules
from services.loans.domain.amortisation import AmortisationKind
from services.loans.domain.terms import Terms

MONTHS_A_YEAR: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One instalment of ours, in whole units of the currency."""

    number: int
    start_on: date
    due_on: date
    opening: Decimal
    principal: Decimal
    profit: Decimal
    fee: Decimal

    @property
    def due(self) -> Decimal:
        """All that it asks for."""
        return self.principal + self.profit + self.fee


COLUMNS: Final[Mapping[str, Callable[[Line], Decimal]]] = {
    "opening_balance": lambda line: line.opening,
    "interest": lambda line: line.profit,
    "rent": lambda line: line.profit,
    "profit": lambda line: line.profit,
    "principal": lambda line: line.principal,
    "fees": lambda line: line.fee,
    "due": lambda line: line.due,
    "balance": lambda line: line.opening - line.principal,
}
PLACES: Final[Mapping[str, Callable[[Line], object]]] = {
    "nr": lambda line: line.number,
    "days": lambda line: (line.due_on - line.start_on).days,
    "due_date": lambda line: line.due_on.isoformat(),
    "due_month_day": lambda line: line.due_on.strftime("%m-%d"),
}


def comparing(case: Node) -> tables.Compare:
    """Give what compares a checkpoint of a case with the public schedule of its terms."""
    columns = tables.names_of(case, "schedule_columns", needed=("nr",))

    def compare(checkpoint: Node, *, two_columns_only: bool) -> str:
        stated = checkpoint.get("variant")
        variant = "" if stated is None else stated.text()
        unrounded = variant == agreed.UNROUNDED or _is_unrounded(case["inputs"])
        lines = _lines(case, variant, unrounded=unrounded)
        named = [name for name in columns if not two_columns_only or name in tables.TWO_COLUMNS]
        difference = _rows(checkpoint, columns, named, lines, unrounded=unrounded)
        return difference or _totals(checkpoint, lines, unrounded=unrounded)

    return compare


def _is_unrounded(inputs: Node) -> bool:
    rounding = inputs.get("rounding")
    mode = None if rounding is None else rounding.get("mode")
    return mode is not None and mode.text() == "NONE"


def _lines(case: Node, variant: str, *, unrounded: bool) -> list[Line]:
    """Give our schedule; of a fixed instalment as many lines as repay the loan."""
    terms, told = agreed.terms_of(case, variant=variant), agreed.amounts_of(case, variant=variant)
    if terms.amortisation.kind is AmortisationKind.FIXED_INSTALMENT:
        terms = agreed.with_instalments(terms, schedules.instalments_needed(terms))
    later = sum(tranche.amount.minor for tranche in terms.drawing.tranches)
    opening, start, found = Decimal(terms.principal.minor - later), terms.disbursed_on, []
    for number, (due_on, principal, profit, fee) in enumerate(
        _amounts(terms, unrounded=unrounded), start=1
    ):
        opening += sum(
            tranche.amount.minor for tranche in terms.drawing.tranches if tranche.on == start
        )
        found.append(
            Line(
                number=number,
                start_on=start,
                due_on=due_on,
                opening=told.told(opening),
                principal=told.told(principal),
                profit=told.told(profit),
                fee=told.told(fee),
            )
        )
        opening, start = opening - principal, due_on
    return found


def _amounts(terms: Terms, *, unrounded: bool) -> list[tuple[date, Decimal, Decimal, Decimal]]:
    """Give the due date, principal, profit and fee of each instalment."""
    if unrounded:
        return [
            (line.due_on, line.principal, line.profit, line.fee) for line in schedules.exact(terms)
        ]
    return [
        (line.due_on, line.principal.decimal, line.profit.decimal, line.fee.decimal)
        for line in schedules.schedule(terms)
    ]


def _rows(
    checkpoint: Node,
    columns: Sequence[str],
    named: Sequence[str],
    lines: Sequence[Line],
    *,
    unrounded: bool,
) -> str:
    """Compare the stated rows; those that a source leaves out are not looked for."""
    stated = checkpoint.get("rows")
    for row in [] if stated is None else stated.items():
        cells = tables.cells_of(row, columns)
        number = cells["nr"].whole()
        if not 1 <= number <= len(lines):
            return f"row {number}: ours has {len(lines)}"
        line = lines[number - 1]
        for name in named:
            cell = cells[name]
            if cell.value is None:
                continue
            if name in PLACES:
                if PLACES[name](line) != cell.value:
                    return f"row {number} {name}: theirs {cell.value}, ours {PLACES[name](line)}"
            elif name not in COLUMNS:
                raise Unsupported(f"column {name}")
            elif difference := _amount(cell, COLUMNS[name](line), unrounded=unrounded):
                return f"row {number} {name}: {difference}"
    return ""


def _amount(cell: Node, ours: Decimal, *, unrounded: bool) -> str:
    """Compare to the last digit printed; without rounding that digit may be one off."""
    theirs = cell.number()
    exponent = theirs.as_tuple().exponent
    digit = Decimal(1).scaleb(int(exponent))
    shown = ours.quantize(digit, rounding=ROUND_HALF_UP)
    if shown == theirs or (unrounded and abs(ours - theirs) <= digit):
        return ""
    return f"theirs {theirs}, ours {shown}"


def _totals(checkpoint: Node, lines: Sequence[Line], *, unrounded: bool) -> str:
    stated = checkpoint.get("totals")
    if stated is None:
        return ""
    for name in stated.members():
        if name == "yearly_interest":
            difference = _yearly(stated[name], lines, unrounded=unrounded)
        elif name == "number_of_installments":
            ours = len(lines)
            same = stated[name].whole() == ours
            difference = "" if same else f"theirs {stated[name].value}, ours {ours}"
        elif name == "installment":
            difference = _amount(stated[name], lines[0].due, unrounded=unrounded)
        elif name in COLUMNS and name not in {"opening_balance", "balance"}:
            total = sum((COLUMNS[name](line) for line in lines), Decimal(0))
            difference = _amount(stated[name], total, unrounded=unrounded)
        else:
            raise Unsupported(f"totals.{name}")
        if difference:
            return f"total {name}: {difference}"
    return ""


def _yearly(stated: Node, lines: Sequence[Line], *, unrounded: bool) -> str:
    """Compare the interest of each twelve monthly instalments."""
    for entry in stated.items():
        pair = entry.items()
        if len(pair) != len(("year", "interest")):
            raise Malformed(f"{entry.place} is not a year with its interest")
        year = pair[0].whole()
        of_year = lines[(year - 1) * MONTHS_A_YEAR : year * MONTHS_A_YEAR]
        total = sum((line.profit for line in of_year), Decimal(0))
        if difference := _amount(pair[1], total, unrounded=unrounded):
            return f"year {year}: {difference}"
    return ""
