"""Which parts of which instalments does a payment pay?"""

from collections.abc import Callable, Iterator
from datetime import date

from services.loans.domain.course.lines import PLACE, Line
from services.loans.domain.course.plan import Advance, AllocationRule, Direction, Part
from services.loans.domain.course.plan import Standing as Stand
from services.loans.domain.course.standing import Standing

ROUNDS_PER_LINE = 100

PayPart = Callable[[Line, Stand, Part, int], int]
"""Pays a part of a line with at most an amount, and gives what was used."""


def allocate(
    standing: Standing, rule: AllocationRule, on: date, amount: int, parts: list[int], pay: PayPart
) -> int:
    """Pay by the order of a rule; what each part got is added to `parts`; gives what is left.

    Horizontal: group by group (past due, due, in advance), in each the earliest open instalment
    with all its parts, then the next one. Vertical: slot by slot, each over all instalments.
    Worked: 30 for two instalments of 10 + 5 past due, principal before profit: 10, 5, 10, 5.
    """
    if standing.plan.allocation.direction is Direction.VERTICAL:
        for stand, part in rule.order:
            amount = _vertically(standing, rule, (stand, part), (on, amount), parts, pay)
        return amount
    grouped: dict[Stand, list[Part]] = {}
    for stand, part in rule.order:
        grouped.setdefault(stand, []).append(part)
    for stand, of_group in grouped.items():
        if stand is Stand.IN_ADVANCE and standing.plan.allocation.charges_by_own_date:
            of_due = grouped.get(Stand.DUE, [])
            amount = _charges_by_own_date(standing, of_due, (on, amount), parts, pay)
        if amount > 0:
            amount = _horizontally(standing, rule, (stand, of_group), (on, amount), parts, pay)
    return amount


def _charges_by_own_date(
    standing: Standing,
    of_due: list[Part],
    money: tuple[date, int],
    parts: list[int],
    pay: PayPart,
) -> int:
    """Pay the charges whose own date has come, of instalments that are still ahead."""
    on, amount = money
    for line in standing.lines:
        for part in of_due:
            place = PLACE[part]
            due = sum(
                charge.amount
                for charge in standing.charged.values()
                if charge.line is line
                and charge.part == place
                and charge.due_on is not None
                and charge.due_on <= on < line.due
            )
            wanted = min(max(due - line.paid[place], 0), amount)
            used = pay(line, Stand.DUE, part, wanted) if wanted else 0
            parts[place] += used
            amount -= used
    return amount


def _horizontally(  # noqa: PLR0917
    standing: Standing,
    rule: AllocationRule,
    group: tuple[Stand, list[Part]],
    money: tuple[date, int],
    parts: list[int],
    pay: PayPart,
) -> int:
    (stand, of_group), (on, amount) = group, money
    skipped: set[int] = set()
    for _ in range(ROUNDS_PER_LINE * len(standing.lines)):
        chosen = _chosen(standing, rule.advance, stand, on, skipped)
        if not chosen:
            break
        for part in of_group:
            for line, portion in zip(chosen, _shares(amount, len(chosen)), strict=True):
                used = pay(line, stand, part, portion)
                if used < 0:
                    skipped.add(id(line))
                    used = -1 - used
                parts[PLACE[part]] += used
                amount -= used
        if amount <= 0 or all(line.is_settled for line in standing.lines):
            break
    return amount


def _vertically(  # noqa: PLR0917
    standing: Standing,
    rule: AllocationRule,
    slot: tuple[Stand, Part],
    money: tuple[date, int],
    parts: list[int],
    pay: PayPart,
) -> int:
    (stand, part), (on, amount) = slot, money
    place = PLACE[part]
    while amount > 0:
        candidates = [line for line in standing.lines if line.open_of(place) > 0]
        chosen = list(_standing_so(candidates, stand, on))
        chosen = _ahead(chosen, rule.advance, on) if stand is Stand.IN_ADVANCE else chosen[:1]
        before = amount
        for line, portion in zip(chosen, _shares(amount, len(chosen)), strict=True):
            used = pay(line, stand, part, portion)
            parts[place] += used
            amount -= used
        if amount == before:
            break
    return amount


def _shares(amount: int, count: int) -> list[int]:
    """Equal shares rounded half to even, the rest with the last one."""
    if count <= 1:
        return [amount] * count
    whole, rest = divmod(amount, count)
    if 2 * rest > count or (2 * rest == count and whole & 1):
        whole += 1
    if amount - whole * (count - 1) < 0:
        whole = amount // count
    return [whole] * (count - 1) + [amount - whole * (count - 1)]


def _standing_so(lines: list[Line], stand: Stand, on: date) -> Iterator[Line]:
    for line in lines:
        if (
            (stand is Stand.PAST_DUE and line.due < on)
            or (stand is Stand.DUE and line.due == on)
            or (stand is Stand.IN_ADVANCE and line.due > on)
        ):
            yield line


def _chosen(
    standing: Standing, advance: Advance, stand: Stand, on: date, skipped: set[int]
) -> list[Line]:
    unsettled = [line for line in standing.lines if not line.is_settled]
    if stand is not Stand.IN_ADVANCE:
        return list(_standing_so(unsettled, stand, on))[:1]
    ahead = list(_standing_so(unsettled, stand, on))
    chosen = _ahead(ahead, advance, on)
    if standing.follows_days and advance in (Advance.LAST, Advance.NEXT_THEN_LAST):
        running = [line for line in ahead if line.start <= on]
        if advance is Advance.LAST or not running:
            return [
                line
                for line in standing.lines
                if line.due > on
                and (not line.is_settled or (line.total == 0 and id(line) not in skipped))
            ][-1:]
    return chosen


def _ahead(ahead: list[Line], advance: Advance, on: date) -> list[Line]:
    """Which later instalments are paid: the next, the last, the running then the last, or all."""
    if advance is Advance.SPREAD:
        return ahead
    if advance is Advance.NEXT:
        return ahead[:1]
    if advance is Advance.NEXT_THEN_LAST:
        running = [line for line in ahead if line.start <= on]
        if running:
            return running
    return ahead[-1:]
