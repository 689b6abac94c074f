"""Which parts of which instalments does a payment pay?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from services.loans.domain.course.lines import PLACE, Line
from services.loans.domain.course.plan import Advance, AllocationRule, Direction
from services.loans.domain.course.plan import Standing as Stand
from services.loans.domain.course.standing import Standing
from services.loans.domain.terms import Component


class Used(NamedTuple):
    """What a part of a line took, and whether the line turned out to ask for nothing."""

    amount: int
    asks_nothing: bool = False


PayPart = Callable[[Line, Stand, Component, int], Used]
"""Pays a part of a line with at most an amount."""


@dataclass(slots=True)
class Payment:
    """Money on a day that pays by a rule until nothing is left or nothing is open.

    `parts` gathers what each part got (principal, profit, fee, penalty), `left` is what is left. A
    line that takes nothing is `stuck` until another one has taken something.
    """

    standing: Standing
    rule: AllocationRule
    on: date
    left: int
    pay: PayPart
    parts: list[int]
    skipped: set[int] = field(default_factory=set)
    stuck: set[int] = field(default_factory=set)

    def allocate(self) -> int:
        """Pay by the order of the rule; gives what is left.

        Horizontal: group by group (past due, due, in advance), in each the earliest open instalment
        with all its parts, then the next one. Vertical: slot by slot, each over all instalments.
        Worked: 30 for two instalments of 10 + 5 past due, principal before profit: 10, 5, 10, 5.
        """
        if self.standing.plan.allocation.direction is Direction.VERTICAL:
            for stand, part in self.rule.order:
                self._pay_slot(stand, part)
            return self.left
        grouped: dict[Stand, list[Component]] = {}
        for stand, part in self.rule.order:
            grouped.setdefault(stand, []).append(part)
        for stand, of_group in grouped.items():
            if stand is Stand.IN_ADVANCE and self.standing.plan.allocation.charges_by_own_date:
                self._pay_charges_by_own_date(grouped.get(Stand.DUE, []))
            self._pay_group(stand, of_group)
        return self.left

    def _pay_charges_by_own_date(self, of_due: Sequence[Component]) -> None:
        """Pay the charges whose own date has come, of instalments that are still ahead."""
        for line in self.standing.lines:
            for part in of_due:
                place = PLACE[part]
                due = sum(
                    charge.amount
                    for charge in self.standing.charged.values()
                    if charge.line is line
                    and charge.part == place
                    and charge.due_on is not None
                    and charge.due_on <= self.on < line.due
                )
                wanted = min(max(due - line.paid[place], 0), self.left)
                if wanted:
                    self._take(line, Stand.DUE, part, wanted)

    def _pay_group(self, stand: Stand, of_group: Sequence[Component]) -> None:
        lines = self.standing.lines
        self.skipped.clear()
        self.stuck.clear()
        while self.left > 0:
            before, chosen = self.left, self._chosen(stand)
            if not chosen:
                return
            for part in of_group:
                for line, portion in zip(chosen, _shares(self.left, len(chosen)), strict=True):
                    self._take(line, stand, part, portion)
            if all(line.is_settled for line in reversed(lines)):
                return
            if self.left < before:
                self.stuck.clear()
            else:
                self.stuck.update(map(id, chosen))

    def _pay_slot(self, stand: Stand, part: Component) -> None:
        place, before = PLACE[part], -1
        while self.left > 0 and self.left != before:
            before = self.left
            lines = self.standing.lines
            open_lines = [line for line in lines if line.open_of(place) > 0]
            chosen = list(_standing_so(open_lines, stand, self.on))
            if stand is Stand.IN_ADVANCE:
                chosen = _ahead(chosen, self.rule.advance, self.on)
            else:
                chosen = chosen[:1]
            for line, portion in zip(chosen, _shares(self.left, len(chosen)), strict=True):
                self._take(line, stand, part, portion)

    def _take(self, line: Line, stand: Stand, part: Component, portion: int) -> None:
        used = self.pay(line, stand, part, portion)
        if used.asks_nothing:
            self.skipped.add(id(line))
        self.parts[PLACE[part]] += used.amount
        self.left -= used.amount

    def _chosen(self, stand: Stand) -> Sequence[Line]:
        unsettled = (
            line
            for line in self.standing.lines
            if not line.is_settled and id(line) not in self.stuck
        )
        standing_so = _standing_so(unsettled, stand, self.on)
        advance = self.rule.advance
        if stand is not Stand.IN_ADVANCE or advance is Advance.NEXT:
            first = next(standing_so, None)
            return () if first is None else (first,)
        ahead = list(standing_so)
        if advance is Advance.SPREAD or not self.standing.follows_days:
            return _ahead(ahead, advance, self.on)
        running = [line for line in ahead if line.start <= self.on]
        if advance is Advance.NEXT_THEN_LAST and running:
            return running
        return [line for line in self.standing.lines if self._may_be_last(line)][-1:]

    def _may_be_last(self, line: Line) -> bool:
        """Where profit follows the days, an instalment that asks for nothing may ask again."""
        if line.due <= self.on or id(line) in self.stuck:
            return False
        return not line.is_settled or (line.total == 0 and id(line) not in self.skipped)


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


def _standing_so(lines: Iterator[Line] | Sequence[Line], stand: Stand, on: date) -> Iterator[Line]:
    for line in lines:
        if stand is Stand.PAST_DUE:
            fits = line.due < on
        elif stand is Stand.DUE:
            fits = line.due == on
        else:
            fits = line.due > on
        if fits:
            yield line


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
