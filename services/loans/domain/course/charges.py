"""On which instalment does a fee or penalty stand, and how much is it?"""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from services.loans.domain.course.events import ChargeWaived, Disbursed
from services.loans.domain.course.lines import FEE, PENALTY, PRINCIPAL, PROFIT, Line
from services.loans.domain.course.plan import Charge, ChargeBasis, ChargeWhen
from services.loans.domain.course.results import TransactionKind
from services.loans.domain.course.rounding import whole
from services.loans.domain.course.standing import ChargeOn, Entry, Standing


def note_agreed(standing: Standing, charge: Charge) -> None:
    """A charge of the plan: with every instalment, or taken with each disbursement."""
    if charge.when is ChargeWhen.EACH_INSTALMENT:
        standing.each_instalment.append(charge)


def add(standing: Standing, key: Hashable, charge: Charge, on: date) -> None:
    """A charge was added: to every instalment, or to the one whose days hold its due date.

    A charge due after the last instalment makes a further one, due on its day.
    """
    part = PENALTY if charge.is_penalty else FEE
    if charge.when is ChargeWhen.EACH_INSTALMENT:
        standing.each_instalment.append(charge)
        refresh_each_instalment(standing)
        return
    line = _line_for(standing, charge.due_on or on)
    amount = _amount(charge, standing)
    line.asked[part] += amount
    line.is_settled, line.settled_on = False, None
    standing.charged[key] = ChargeOn(line, part, amount, charge.due_on)


def place_again(standing: Standing, dropped: Sequence[Line]) -> None:
    """Charges of instalments that are no more stand where their due dates now belong."""
    for key, placed in list(standing.charged.items()):
        if placed.line in dropped:
            line = _line_for(standing, placed.due_on or placed.line.due)
            left = placed.line.open_of(placed.part)
            line.asked[placed.part] += min(left, placed.amount)
            standing.charged[key] = replace(placed, line=line)


def _line_for(standing: Standing, due_on: date) -> Line:
    regular = [line for line in standing.lines if not line.is_down_payment]
    for place, line in enumerate(regular):
        if line.start < due_on <= line.due or (place == 0 and due_on <= line.due):
            return line
    last = regular[-1]
    if last.is_added:
        last.due = due_on
        return last
    line = Line(last.due, due_on, is_added=True)
    standing.put_in(line)
    return line


def _amount(charge: Charge, standing: Standing) -> int:
    if charge.basis is ChargeBasis.FLAT:
        return int(charge.value)
    principal = sum(line.asked[PRINCIPAL] for line in standing.lines)
    profit = sum(line.asked[PROFIT] for line in standing.lines)
    return _percent(charge, principal, profit)


def _percent(charge: Charge, principal: int, profit: int) -> int:
    base = {
        ChargeBasis.OF_PROFIT: profit,
        ChargeBasis.OF_PRINCIPAL_AND_PROFIT: principal + profit,
    }.get(charge.basis, principal)
    exact = Fraction(charge.value) / 100 * base
    return whole(exact.numerator, exact.denominator)


def refresh_each_instalment(standing: Standing) -> None:
    """Charges of every instalment on what the instalment now asks for."""
    if not standing.each_instalment:
        return
    for line in standing.lines:
        if line.is_down_payment or line.is_added or line.is_settled:
            continue
        for part, is_penalty in ((FEE, False), (PENALTY, True)):
            amount = sum(
                int(charge.value)
                if charge.basis is ChargeBasis.FLAT
                else _percent(charge, line.asked[PRINCIPAL], line.asked[PROFIT])
                for charge in standing.each_instalment
                if charge.is_penalty is is_penalty
            )
            if amount:
                line.asked[part] += amount - standing.by_instalment.get((id(line), part), 0)
                standing.by_instalment[id(line), part] = amount


def waive(standing: Standing, event: ChargeWaived) -> None:
    """What is open of a charge is waived."""
    placed = standing.charged.get(event.charge)
    if placed is None:
        return
    amount = min(placed.amount, placed.line.open_of(placed.part))
    placed.line.waived[placed.part] += amount
    placed.line.note(event.on)
    entry = Entry(event.key, event.on, TransactionKind.CHARGE_WAIVER, amount)
    standing.entries.append(entry)


def take_at_disbursement(standing: Standing, event: Disbursed) -> None:
    """Charges kept back from the money paid out, or paid with it: 1 % of 100.00 is 1.00."""
    is_first = len(standing.disbursed) == 1
    total = 0
    for charge in standing.plan.charges:
        if charge.when is ChargeWhen.AT_EACH_TRANCHE or (
            charge.when is ChargeWhen.AT_DISBURSEMENT and is_first
        ):
            flat = charge.basis is ChargeBasis.FLAT
            total += int(charge.value) if flat else _percent(charge, event.amount, 0)
    if total:
        standing.fees_paid_out[event.key] = total
        key = (event.key, "charges")
        entry = Entry(key, event.on, TransactionKind.CHARGES_AT_DISBURSEMENT, total)
        entry.parts[FEE] = total
        standing.entries.append(entry)
