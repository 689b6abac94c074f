"""Which part of the agreed instalments is settled by what was paid, and which is open?"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from services.loans.domain.allocation import Order

Four = tuple[int, int, int, int]
"""Principal, profit, fee and penalty in minor units."""

NOTHING: Four = (0, 0, 0, 0)


class Row(NamedTuple):
    """One instalment of a generation: its day and its parts in minor units."""

    due_on: date
    principal: int = 0
    profit: int = 0
    fee: int = 0
    penalty: int = 0

    @property
    def parts(self) -> Four:
        """The four components."""
        return (self.principal, self.profit, self.fee, self.penalty)

    @property
    def total(self) -> int:
        """What is to be paid."""
        return self.principal + self.profit + self.fee + self.penalty

    @property
    def is_instalment(self) -> bool:
        """Whether it asks for principal or profit: a charge on a day of its own ends no period."""
        return bool(self.principal or self.profit)

    def less(self, parts: Four) -> "Row":
        """The row without some parts of it."""
        return Row(
            self.due_on,
            self.principal - parts[0],
            self.profit - parts[1],
            self.fee - parts[2],
            self.penalty - parts[3],
        )

    def plus(self, parts: Four) -> "Row":
        """The row with more parts in it."""
        return self.less((-parts[0], -parts[1], -parts[2], -parts[3]))


Rows = tuple[Row, ...]


def sums(rows: Iterable[Row]) -> Four:
    """The components of many rows."""
    principal = profit = fee = penalty = 0
    for row in rows:
        principal += row.principal
        profit += row.profit
        fee += row.fee
        penalty += row.penalty
    return (principal, profit, fee, penalty)


def last_due(rows: Iterable[Row], *, on: date, opened_on: date) -> date:
    """The first day of the period that runs on a day: the last instalment's, or the payout's.

    Instalments on 1 April and 1 June, a charge on 5 April: on 10 April it is 1 April.
    """
    gone = [row.due_on for row in rows if row.is_instalment and row.due_on <= on]
    return max(gone, default=opened_on)


def split(rows: Sequence[Row], *, paid: int, order: Order) -> tuple[Rows, Rows]:
    """The settled and the open part of each row, both in the order of the rows, empty ones kept.

    Worked: rows of 250 + 10 profit twice and 100 paid, profit first: settled (90, 10) and
    (0, 0), open (160, 0) and (250, 10).
    """
    settled, still_open = [], []
    for row in rows:
        taken = [0, 0, 0, 0]
        left = paid
        for position in order:
            taken[position] = min(row.parts[position], max(left, 0))
            left -= taken[position]
        parts = (taken[0], taken[1], taken[2], taken[3])
        settled.append(Row(row.due_on, *parts))
        still_open.append(row.less(parts))
        paid = max(paid - row.total, 0)
    return tuple(settled), tuple(still_open)


def compact(rows: Iterable[Row]) -> Rows:
    """Rows in the order of their days, one a day, without empty ones."""
    by_day: dict[date, Row] = {}
    for row in rows:
        before = by_day.get(row.due_on, Row(row.due_on))
        by_day[row.due_on] = before.plus(row.parts)
    return tuple(by_day[day] for day in sorted(by_day) if any(by_day[day].parts))


def pulled_to(rows: Iterable[Row], *, on: date) -> Rows:
    """Rows that lie after a day, put on that day: what is paid ahead is paid now.

    So nothing that is settled stands behind anything that is open.
    """
    return tuple(row._replace(due_on=min(row.due_on, on)) for row in rows)
