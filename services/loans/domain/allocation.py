"""Which part of which instalment does a payment pay?

What is paid is a waterfall over the agreed instalments: the sum of everything paid so far fills
instalment 1, then 2, and so on, and within an instalment the components in the order of the terms.
What runs over the last instalment is surplus and belongs to the borrower. The portions of one
payment are therefore waterfall(before + payment) - waterfall(before): the order of booking does
not matter, a reversal is a negative payment, and the sum paid is all the state there is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.loans.domain.schedule import Instalment, totals
from services.loans.domain.terms import ALLOCATION_ORDER, Component
from shared.errors import Kind, RafidError
from shared.money import Money

Parts = tuple[int, int, int, int]
"""Principal, profit, fee and penalty of one instalment in minor units."""

Order = tuple[int, ...]
"""Positions in `Parts`, first paid first."""

_POSITIONS = {component: position for position, component in enumerate(Component)}
DEFAULT_ORDER: Order = (
    *(_POSITIONS[component] for component in ALLOCATION_ORDER),
    _POSITIONS[Component.PENALTY],
)


class ReversedMoreThanPaid(RafidError):
    """More would be reversed than was ever paid"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{paid_minor} minor units were paid; {reversed_minor} cannot be reversed."
    paid_minor: int
    reversed_minor: int


class Portions(NamedTuple):
    """What one payment pays, in minor units; all negative or zero for a reversal."""

    principal: int
    profit: int
    fee: int
    penalty: int
    surplus: int

    @property
    def total(self) -> int:
        """The payment itself: nothing is lost."""
        return self.principal + self.profit + self.fee + self.penalty + self.surplus


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """What one payment pays, as money."""

    principal: Money
    profit: Money
    fee: Money
    penalty: Money
    surplus: Money

    @property
    def total(self) -> Money:
        """The payment itself."""
        parts = (self.principal, self.profit, self.fee, self.penalty, self.surplus)
        return Money.total(parts, self.principal.currency)

    def __neg__(self) -> "Allocation":
        return Allocation(
            principal=-self.principal,
            profit=-self.profit,
            fee=-self.fee,
            penalty=-self.penalty,
            surplus=-self.surplus,
        )

    @classmethod
    def of(cls, portions: Portions, currency: str) -> "Allocation":
        """The same portions as money of one currency."""
        nothing = Money.zero(currency)
        return cls(
            principal=Money(portions.principal, currency) if portions.principal else nothing,
            profit=Money(portions.profit, currency) if portions.profit else nothing,
            fee=Money(portions.fee, currency) if portions.fee else nothing,
            penalty=Money(portions.penalty, currency) if portions.penalty else nothing,
            surplus=Money(portions.surplus, currency) if portions.surplus else nothing,
        )


def order_of(order: Sequence[Component]) -> Order:
    """The order of the terms as positions: fee, profit, principal is (2, 1, 0, 3).

    An order agreed without the penalty pays it last of an instalment.
    """
    named = tuple(_POSITIONS[component] for component in order)
    return named if Component.PENALTY in order else (*named, _POSITIONS[Component.PENALTY])


def allocate(
    payment: int,
    *,
    paid_before: int,
    instalments: Sequence[Parts],
    order: Order = DEFAULT_ORDER,
) -> Portions:
    """The portions of a payment after `paid_before` was paid, all in minor units.

    A negative payment is a reversal and gives negative portions. Worked: instalments of 250 + 10
    profit; 260 paid before; a payment of 300 pays profit 10 and principal 250 of the second and
    profit 10 and principal 30 of the third: (280, 20, 0, 0, 0). Raises `ReversedMoreThanPaid`.
    """
    low, high = paid_before, paid_before + payment
    if payment < 0:
        low, high = high, low
    if low < 0:
        raise ReversedMoreThanPaid(paid_minor=paid_before, reversed_minor=-payment)
    portions = [0, 0, 0, 0]
    floor = 0
    for instalment in instalments:
        if floor >= high:
            break
        ceiling = floor + instalment[0] + instalment[1] + instalment[2] + instalment[3]
        if ceiling > low:
            _pour(portions, instalment, order, low - floor, high - floor)
        floor = ceiling
    principal, profit, fee, penalty = portions
    surplus = max(high - floor, 0) - max(low - floor, 0)
    if payment < 0:
        return Portions(-principal, -profit, -fee, -penalty, -surplus)
    return Portions(principal, profit, fee, penalty, surplus)


def _pour(portions: list[int], instalment: Parts, order: Order, low: int, high: int) -> None:
    """Add to the portions what lies between two levels of one instalment."""
    floor = 0
    for position in order:
        ceiling = floor + instalment[position]
        overlap = min(high, ceiling) - max(low, floor)
        if overlap > 0:
            portions[position] += overlap
        floor = ceiling


def waterfall(paid: int, *, instalments: Sequence[Parts], order: Order = DEFAULT_ORDER) -> Portions:
    """Everything that a sum paid so far has paid."""
    return allocate(paid, paid_before=0, instalments=instalments, order=order)


def open_parts(
    paid: int, *, instalments: Sequence[Parts], order: Order = DEFAULT_ORDER
) -> tuple[Parts, ...]:
    """What each instalment still asks for, in minor units.

    Worked: instalments (250, 10, 0, 0) twice, 100 paid: profit 10 and 90 of the principal are
    paid, so (160, 0, 0, 0) and (250, 10, 0, 0) are open.
    """
    remaining = []
    for instalment in instalments:
        total = sum(instalment)
        taken = [0, 0, 0, 0]
        _pour(taken, instalment, order, 0, min(paid, total))
        remaining.append(
            (
                instalment[0] - taken[0],
                instalment[1] - taken[1],
                instalment[2] - taken[2],
                instalment[3] - taken[3],
            )
        )
        paid = max(paid - total, 0)
    return tuple(remaining)


def dues_at(
    instalments: Sequence[Instalment], *, paid: Money, order: Sequence[Component] = ALLOCATION_ORDER
) -> tuple[Instalment, ...]:
    """The instalments reduced to what is still open of them; the fully paid ones are left out."""
    remaining = open_parts(paid.minor, instalments=totals(instalments), order=order_of(order))
    return tuple(
        Instalment(
            number=agreed.number,
            due_on=agreed.due_on,
            principal=Money(parts[0], paid.currency),
            profit=Money(parts[1], paid.currency),
            fee=Money(parts[2], paid.currency),
            penalty_minor=parts[3],
        )
        for agreed, parts in zip(instalments, remaining, strict=True)
        if any(parts)
    )


def allocate_money(
    payment: Money,
    *,
    paid_before: Money,
    instalments: Sequence[Instalment],
    order: Sequence[Component] = ALLOCATION_ORDER,
) -> Allocation:
    """`allocate` on agreed instalments and money. Raises `CurrencyMismatch` too."""
    _ = payment + paid_before + instalments[0].principal  # one currency, or CurrencyMismatch
    portions = allocate(
        payment.minor,
        paid_before=paid_before.minor,
        instalments=totals(instalments),
        order=order_of(order),
    )
    return Allocation.of(portions, payment.currency)
