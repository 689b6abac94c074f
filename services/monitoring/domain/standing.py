"""Where does one contract stand on a day, given what was agreed and what was paid?

The rule is loans' own: money paid is a waterfall over the agreed instalments. This is a small
second implementation of it, because services never import each other; a contract test compares
the two.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate, pairwise

from shared.money import Money

COMPONENTS = ("fee", "profit", "principal")
PENALTY = "penalty"
"""An order may name it; no instalment has a late amount when it is signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One agreed instalment, in minor units of the agreement's currency."""

    due_on: date
    principal_minor: int
    profit_minor: int = 0
    fee_minor: int = 0

    def __post_init__(self) -> None:
        if min(self.principal_minor, self.profit_minor, self.fee_minor) < 0:
            raise ValueError("an instalment has no negative part")

    @property
    def total_minor(self) -> int:
        """What falls due together."""
        return self.principal_minor + self.profit_minor + self.fee_minor

    def part(self, component: str) -> int:
        """The part of the instalment that a component names."""
        return {
            "principal": self.principal_minor,
            "profit": self.profit_minor,
            "fee": self.fee_minor,
        }[component]


@dataclass(frozen=True, slots=True, kw_only=True)
class Portions:
    """How a sum paid stands in the contract, in minor units; what is too much is surplus."""

    principal_minor: int
    profit_minor: int
    fee_minor: int
    surplus_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A contract on a day: principal still with the borrower, and how late the oldest due is."""

    outstanding: Money
    days_past_due: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The instalments of a contract as signed, in order of their due dates.

    `allocation_order` says which part of an instalment money fills first.
    """

    currency: str
    dues: tuple[Due, ...]
    allocation_order: tuple[str, ...] = COMPONENTS
    _totals: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _principals: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named = [component for component in self.allocation_order if component != PENALTY]
        if sorted(named) != sorted(COMPONENTS):
            raise ValueError(f"an allocation order names {COMPONENTS}, each once")
        object.__setattr__(self, "allocation_order", tuple(named))
        if any(a.due_on > b.due_on for a, b in pairwise(self.dues)):
            raise ValueError("instalments stand in the order of their due dates")
        totals = accumulate((due.total_minor for due in self.dues), initial=0)
        principals = accumulate((due.principal_minor for due in self.dues), initial=0)
        object.__setattr__(self, "_totals", tuple(totals))
        object.__setattr__(self, "_principals", tuple(principals))

    def _filled(self, paid_minor: int) -> int:
        """How many instalments, from the first, a sum fills completely."""
        return bisect_right(self._totals, max(paid_minor, 0)) - 1


def portions(agreement: Agreement, *, paid_minor: int) -> Portions:
    """Pour a sum over the instalments: the first, then the second, and so on.

    Within an instalment the parts fill in the agreement's order. Beyond the last is surplus,
    owed back to the borrower. Example: instalments of 100 principal + 10 profit each; 130 paid
    fills the first (100 + 10), then 10 of profit and 10 of principal of the second:
    principal 110, profit 20.
    """
    paid = max(paid_minor, 0)
    filled = agreement._filled(paid)  # noqa: SLF001 - same module, same value
    parts = dict.fromkeys(COMPONENTS, 0)
    for due in agreement.dues[:filled]:
        for component in COMPONENTS:
            parts[component] += due.part(component)
    rest = paid - agreement._totals[filled]  # noqa: SLF001 - same module
    if filled < len(agreement.dues):
        for component in agreement.allocation_order:
            taken = min(rest, agreement.dues[filled].part(component))
            parts[component] += taken
            rest -= taken
    return Portions(
        principal_minor=parts["principal"],
        profit_minor=parts["profit"],
        fee_minor=parts["fee"],
        surplus_minor=rest,
    )


def principal_paid(agreement: Agreement, *, paid_minor: int) -> int:
    """The principal part of `portions`, in minor units, without walking the instalments."""
    paid = max(paid_minor, 0)
    filled = agreement._filled(paid)  # noqa: SLF001 - same module
    principal = agreement._principals[filled]  # noqa: SLF001 - same module
    if filled == len(agreement.dues):
        return principal
    rest = paid - agreement._totals[filled]  # noqa: SLF001 - same module
    for component in agreement.allocation_order:
        taken = min(rest, agreement.dues[filled].part(component))
        if component == "principal":
            return principal + taken
        rest -= taken
    return principal


def oldest_unpaid(agreement: Agreement, *, paid_minor: int, as_of: date) -> date | None:
    """The earliest due date before `as_of` of which any part is unpaid; None if there is none.

    A due is late from the day after its date: an instalment due on 1 March is not late on it.
    """
    filled = agreement._filled(paid_minor)  # noqa: SLF001 - same module
    if filled == len(agreement.dues):
        return None
    due_on = agreement.dues[filled].due_on
    return due_on if due_on < as_of else None


def standing(
    agreement: Agreement, *, disbursed_minor: int, paid_minor: int, as_of: date
) -> Standing:
    """A contract on `as_of`: outstanding = disbursed - principal paid; days late since the oldest.

    Sums are of movements with a value date up to `as_of`. Example: 1,000 paid out in ten
    instalments of 100 from 1 February, 250 paid: outstanding 750; on 31 May the instalment of
    1 April (50 of it unpaid) is 60 days late. Source of the day count: CGAP, Definitions of
    Selected Financial Terms (2003), "portfolio at risk".
    """
    outstanding = disbursed_minor - principal_paid(agreement, paid_minor=paid_minor)
    late_since = oldest_unpaid(agreement, paid_minor=paid_minor, as_of=as_of)
    is_late = late_since is not None and outstanding > 0
    return Standing(
        outstanding=Money(max(outstanding, 0), agreement.currency),
        days_past_due=(as_of - late_since).days if is_late and late_since else 0,
    )
