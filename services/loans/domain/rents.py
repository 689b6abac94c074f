"""Which rents hold once goods could not be used, were damaged or lost, or were bought ahead?

A rent pays for the days of its period: from the due date before it to its own. What is settled of
an instalment stays as it was paid; what falls away is taken off its open part, and what was paid of
it beyond that is owed back (AAOIFI Sharia Standards 9 and 12).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from services.loans.domain import allocation
from services.loans.domain.schedule import Instalment, totals
from services.loans.domain.terms import Component
from shared.money import Money
from shared.periods import Period

WHOLE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The instalments in force, what was paid on them, and from which day the first one runs.

    `agreed` are the rents as signed, by due date: what the days of a period are worth, whatever
    has been taken off since.
    """

    instalments: Sequence[Instalment]
    paid: Money
    since: date
    order: Sequence[Component]
    agreed: Mapping[date, Instalment]

    @property
    def zero(self) -> Money:
        """Nothing, in the currency of the rents."""
        return self.paid * 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What is left of the rents, and what fell away: `cost` and `rent` of what was open.

    `cost_back` and `rent_back` were paid already: they are owed back.
    """

    instalments: tuple[Instalment, ...]
    cost: Money
    rent: Money
    cost_back: Money
    rent_back: Money

    @property
    def back(self) -> Money:
        """All that is owed back."""
        return self.cost_back + self.rent_back


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One instalment: its period, its rent as signed, and how much of it is open."""

    due: Instalment
    start: date
    agreed: Instalment
    open_cost: Money
    open_rent: Money

    @property
    def days(self) -> int:
        return max((self.due.due_on - self.start).days, 1)

    def gone(self, on: date) -> Decimal:
        """Which part of the period lies before a day."""
        return Decimal(max((min(on, self.due.due_on) - self.start).days, 0)) / self.days

    def unusable(self, spans: Sequence[Period]) -> Decimal:
        """Which part of the period lies in some days that do not overlap each other."""
        return (
            Decimal(sum(overlap(self.start, self.due.due_on, span) for span in spans)) / self.days
        )


def without_days(
    lease: Lease,
    *,
    unusable: Sequence[Period],
    before: Sequence[Period] = (),
    fair_rent: Money | None = None,
) -> Cut:
    """The rents without the days on which the goods could not be used.

    A rent of 287.500 JOD, of which 250.000 wears the goods off, for a month of 30 days, broken for
    6 of them: 57.500 falls away, 50.000 of it cost. Paid already, 57.500 is owed back. `before`
    are days that were taken off earlier. With a `fair_rent` no day that was used costs more: ten
    rents of 287.500 paid, fair 260.000: 275.000 is owed back.
    """
    cuts = [_cut(row, unusable, before, fair_rent) for row in _rows(lease)]
    sums = [Money.total((cut[1][part] for cut in cuts), lease.paid.currency) for part in range(4)]
    return Cut(
        instalments=tuple(cut[0] for cut in cuts),
        cost=sums[0],
        rent=sums[1],
        cost_back=sums[2],
        rent_back=sums[3],
    )


def _cut(
    row: _Row, unusable: Sequence[Period], before: Sequence[Period], fair_rent: Money | None
) -> tuple[Instalment, tuple[Money, Money, Money, Money]]:
    kept = WHOLE - row.unusable(before)
    left = kept - row.unusable(unusable)
    whole = row.agreed.principal + row.agreed.profit
    gone = whole.times(kept) - whole.times(left)
    cost = row.agreed.principal.times(kept) - row.agreed.principal.times(left)
    rent = gone - cost
    if fair_rent is not None:
        rent += max(whole.times(left) - fair_rent.times(left), gone * 0)
    rent_off = min(rent, row.open_rent)
    rent_back = min(rent - rent_off, row.due.profit - row.open_rent)
    cost += rent - rent_off - rent_back
    cost_off = min(cost, row.open_cost)
    cost_back = min(cost - cost_off, row.due.principal - row.open_cost)
    smaller = replace(
        row.due, principal=row.due.principal - cost_off, profit=row.due.profit - rent_off
    )
    return smaller, (cost_off, rent_off, cost_back, rent_back)


def after_damage(lease: Lease, *, loss: Money, on: date) -> tuple[Instalment, ...]:
    """The instalments after a part of our share was lost: what is open falls in proportion.

    Worked: 50,000 open in five parts of 10,000 with rents of 1,500 to 300, loss 15,000 on the
    first day of the first period: five parts of 7,000 with 1,050 to 210. Rents of days before the
    loss stay; after the loss of all nothing else is owed.
    """
    rows = _rows(lease)
    owed = Money.total((row.open_cost for row in rows), lease.paid.currency)
    left = max(owed - loss, lease.zero)
    weights = [row.open_cost.minor for row in rows]
    parts = left.split(weights) if any(weights) else tuple(row.open_cost for row in rows)
    factor = Decimal(left.minor) / owed.minor if owed.minor else WHOLE
    smaller = []
    for row, part in zip(rows, parts, strict=True):
        gone = row.gone(on)
        rent = row.open_rent.times(gone + (WHOLE - gone) * factor)
        smaller.append(_with_open(row, part, rent))
    return tuple(smaller)


def after_purchase(
    lease: Lease, *, bought: Money, on: date, rates: Mapping[date, Decimal]
) -> tuple[Instalment, ...]:
    """The instalments once more of our share is bought than was planned by a day.

    The purchase is an instalment of its own on that day; the planned ones stay until all is
    bought, so the last ones fall away, and each later rent is counted on the share that is ours
    at the beginning of its period; that of the running period on its days before and after.
    `rates` are the rents of a share of one, by due date. 70,000 MRU ours, 10,000 planned a quarter
    at 3 %, 10,000 bought beside it on a due date: rents of 1,800, 1,500, … instead of 2,100,
    1,800, …
    """
    rows = [row for row in _rows(lease) if row.due.due_on > on]
    done = [due for due in lease.instalments if due.due_on <= on]
    opening = Money.total((row.due.principal for row in rows), lease.paid.currency)
    before, share = opening, opening - bought
    later: list[Instalment] = []
    for row in rows:
        part = min(row.due.principal, share)
        gone = row.gone(on)
        rate = rates.get(row.due.due_on, _rate(row.due, before))
        rent = Money.rounded(
            (before.decimal * gone + share.decimal * (WHOLE - gone)) * rate, share.currency
        )
        later.append(replace(row.due, principal=part, profit=min(rent, row.due.profit)))
        before, share = before - row.due.principal, share - part
    now = Instalment(
        number=0, due_on=on, principal=bought, profit=lease.zero, fee=lease.zero, penalty_minor=0
    )
    return numbered([*done, now, *(due for due in later if due.total.minor)])


def settled_by(lease: Lease, *, on: date) -> tuple[Money, Money]:
    """What fell due up to a day, and what was paid beyond it: an overdue rent is below 0."""
    fallen = Money.total(
        (due.total for due in lease.instalments if due.due_on <= on), lease.paid.currency
    )
    return fallen, lease.paid - fallen


def numbered(instalments: Sequence[Instalment]) -> tuple[Instalment, ...]:
    """The instalments in the order of their days, numbered from 1."""
    in_order = sorted(instalments, key=lambda one: one.due_on)
    return tuple(replace(one, number=number) for number, one in enumerate(in_order, start=1))


def overlap(start: date, end: date, span: Period) -> int:
    """How many days of a period, its last day out, lie in a span: 6 of 30."""
    return max((min(end, span.end) - max(start, span.start)).days, 0)


def _rows(lease: Lease) -> list[_Row]:
    currency = lease.paid.currency
    still = allocation.open_parts(
        lease.paid.minor,
        instalments=totals(lease.instalments),
        order=allocation.order_of(lease.order),
    )
    rows, start = [], lease.since
    for due, parts in zip(lease.instalments, still, strict=True):
        rows.append(
            _Row(
                due=due,
                start=start,
                agreed=lease.agreed.get(due.due_on, due),
                open_cost=Money(parts[0], currency),
                open_rent=Money(parts[1], currency),
            )
        )
        start = max(start, due.due_on)
    return rows


def _with_open(row: _Row, cost: Money, rent: Money) -> Instalment:
    """The instalment with other open parts; what is settled of it stays."""
    due = row.due
    return replace(
        due,
        principal=due.principal - row.open_cost + cost,
        profit=due.profit - row.open_rent + rent,
    )


def _rate(due: Instalment, opening: Money) -> Decimal:
    return due.profit.decimal / opening.decimal if opening.minor else Decimal(0)
