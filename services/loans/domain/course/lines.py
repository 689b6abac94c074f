"""What does one instalment ask for, and what was paid of it, when?"""

from datetime import date

from services.loans.domain.terms import Component

PRINCIPAL, PROFIT, FEE, PENALTY = range(4)
PLACE = {
    Component.PRINCIPAL: PRINCIPAL,
    Component.PROFIT: PROFIT,
    Component.FEE: FEE,
    Component.PENALTY: PENALTY,
}


class Line:
    """An instalment while a course is being computed; amounts by part in one order.

    `is_added` is an instalment after the last agreed one, for charges or amounts that are owed
    once more. A line is settled on the day of the payment after which nothing was left.
    """

    __slots__ = (
        "asked",
        "credited",
        "credited_profit",
        "due",
        "in_advance",
        "is_added",
        "is_down_payment",
        "is_settled",
        "late",
        "paid",
        "settled_on",
        "start",
        "waived",
        "written_off",
    )

    def __init__(
        self, start: date, due: date, *, is_down_payment: bool = False, is_added: bool = False
    ) -> None:
        self.start = start
        self.due = due
        self.is_down_payment = is_down_payment
        self.is_added = is_added
        self.asked = [0, 0, 0, 0]
        self.paid = [0, 0, 0, 0]
        self.waived = [0, 0, 0, 0]
        self.written_off = [0, 0, 0, 0]
        self.credited = 0
        self.credited_profit = 0
        self.in_advance = 0
        self.late = 0
        self.is_settled = False
        self.settled_on: date | None = None

    def open_of(self, part: int) -> int:
        """What is still to be paid of a part, never below zero."""
        left = self.asked[part] - self.paid[part] - self.waived[part] - self.written_off[part]
        return max(left, 0)

    @property
    def open(self) -> int:
        """What is still to be paid."""
        return sum(self.open_of(part) for part in range(4))

    @property
    def total(self) -> int:
        """All that it asks for."""
        return sum(self.asked)

    @property
    def is_regular(self) -> bool:
        """Whether it is one of the agreed instalments."""
        return not self.is_down_payment and not self.is_added

    def pay(self, part: int, on: date, amount: int) -> int:
        """Pay a part with at most an amount; gives what was used."""
        used = min(self.open_of(part), amount)
        if used > 0:
            self.paid[part] += used
            if on < self.due:
                self.in_advance += used
            elif on > self.due:
                self.late += used
        self.is_settled = self.open == 0
        self.settled_on = on if self.is_settled else None
        return max(used, 0)

    def note(self, on: date) -> None:
        """After amounts have changed: is it settled by that, or open again?"""
        nothing_left = self.open == 0
        if nothing_left and not self.is_settled:
            self.is_settled, self.settled_on = True, on
        elif self.is_settled and not nothing_left:
            self.is_settled, self.settled_on = False, None
