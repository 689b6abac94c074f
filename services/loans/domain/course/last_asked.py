"""Is anything left for the last open instalment, when all before it are paid as due?"""

from collections.abc import Sequence

from services.loans.domain.course import periods_model
from services.loans.domain.course.periods_model import Period
from services.loans.domain.course.rounding import whole
from shared.money import Rounding


class LastAsked:
    """What the last open instalment asks, found again after every payment.

    The balance is carried from period to period as it is, but no further than to a period from
    which on nothing was paid and no profit waits for a place. There the least balance that still
    leaves something for the last one is known: more balance, or profit that waits, never leaves
    less. What was paid of those periods must not change but for `touched`, the last of them of
    which anything was paid. Worked: two instalments of 100 at 1 % a period leave something from a
    balance of 100 on (99 with the profit of 1 is the first instalment, and nothing is left).
    """

    __slots__ = ("last", "least", "periods", "rates", "rounding", "touched")

    def __init__(
        self,
        periods: Sequence[Period],
        rates: Sequence[tuple[int, int]],
        last: int,
        rounding: Rounding,
    ) -> None:
        self.periods, self.rates, self.last, self.rounding = periods, rates, last, rounding
        self.touched = max((at for at in range(last) if periods[at].paid), default=-1)
        self.least = self._least()

    def _least(self) -> list[int]:
        """From which balance on something is left for the last one, period by period."""
        found = [0] * (self.last + 1)
        wanted = found[self.last] = self._before(self.last, self.periods[self.last].paid + 1)
        for at in range(self.last - 1, self.touched, -1):
            asked = max(self.periods[at].asked, 0)
            wanted = found[at] = max(self._before(at, wanted + asked), wanted)
        return found

    def _before(self, at: int, after: int) -> int:
        """The least balance that is with the profit of its period no less than an amount."""
        top, bottom = self.rates[at]
        balance = after * bottom // (top + bottom)
        while balance + whole(balance * top, bottom, self.rounding) >= after:
            balance -= 1
        while balance + whole(balance * top, bottom, self.rounding) < after:
            balance += 1
        return balance

    def is_nothing(self, at: int, balance: int, earned: int) -> bool:
        """Whether nothing is left: a period is reached with a balance, and has earned so much."""
        for place in range(at, self.last):
            period = self.periods[place]
            _, principal, unplaced, _ = periods_model.tally_of(period, earned)
            balance += period.paid_principal - principal
            following = place + 1
            if not unplaced and following > self.touched and balance >= self.least[following]:
                return False
            top, bottom = self.rates[following]
            earned = whole(max(balance, 0) * top, bottom, self.rounding) + unplaced
        return balance + earned <= self.periods[self.last].paid
