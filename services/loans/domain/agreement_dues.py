"""What did somebody commit to give a fund, what of it has come, and what is firmly due?

An agreement is cut into instalments. Each is planned; of it some was received, some cancelled,
and the rest is open: planned = received + open + cancelled, always.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from shared.errors import Kind, RafidError
from shared.money import Money

INSTALMENTS_MAX = 120


class InstalmentState(StrEnum):
    """How an instalment of a commitment stands on a day."""

    PLANNED = "planned"
    CONDITION_MET = "condition_met"
    DUE = "due"
    RECEIVED_IN_PART = "received_in_part"
    RECEIVED = "received"
    LATE = "late"
    CANCELLED = "cancelled"


class CommitmentNotWhole(RafidError):
    """The instalments are not the agreement"""

    kind = Kind.RULE
    service = "loans"
    detail = "The agreement is of {total}; its instalments sum to {planned}."
    total: Money
    planned: Money


class CommitmentOutOfOrder(RafidError):
    """An instalment has no possible day or amount"""

    kind = Kind.RULE
    service = "loans"
    detail = (
        "The instalment {number} needs an amount above zero, a day from {earliest} on, and no more"
        " than {most} instalments."
    )
    number: int
    earliest: date
    most: int


class InstalmentOverMatched(RafidError):
    """More was received than the instalment has open"""

    kind = Kind.RULE
    service = "loans"
    detail = "The instalment {number} has {still_open} open; {asked} does not fit it."
    number: int
    still_open: Money
    asked: Money


class InstalmentNotDue(RafidError):
    """The conditions of the instalment are not met"""

    kind = Kind.RULE
    service = "loans"
    detail = "Of the {conditions} conditions of the instalment {number}, {met} are met."
    number: int
    conditions: int
    met: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An instalment as it is agreed; `conditions` is how many results it waits for."""

    number: int
    due_on: date
    amount: Money
    conditions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """An instalment with what became of it: conditions met, received, cancelled."""

    planned: Planned
    met: int
    received: Money
    cancelled: Money

    @classmethod
    def untouched(cls, planned: Planned) -> "Instalment":
        """An instalment to which nothing has happened."""
        zero = Money.zero(planned.amount.currency)
        return cls(planned=planned, met=0, received=zero, cancelled=zero)

    @property
    def open(self) -> Money:
        """What may still come: 1,000.000 planned, 400.000 received, 100.000 cancelled: 500.000."""
        return self.planned.amount - self.received - self.cancelled

    @property
    def is_unconditional(self) -> bool:
        """Whether nothing but the day stands between it and being due."""
        return self.met >= self.planned.conditions


def check(planned: Sequence[Planned], *, total: Money, signed_on: date) -> None:
    """Refuse a schedule that is not the agreement.

    Instalments lie in the order of their days, none before signature, each above nothing, and sum
    to the total. Raises `CommitmentOutOfOrder`, `CommitmentNotWhole`, `CurrencyMismatch`.
    """
    whole = Money.total((one.amount for one in planned), total.currency)
    latest = signed_on
    for number, one in enumerate(planned, start=1):
        in_order = one.number == number <= INSTALMENTS_MAX and one.due_on >= latest
        if not in_order or not one.amount.is_positive:
            raise CommitmentOutOfOrder(number=one.number, earliest=latest, most=INSTALMENTS_MAX)
        latest = one.due_on
    if whole != total or not total.is_positive:
        raise CommitmentNotWhole(total=total, planned=whole)


def rises(planned: Sequence[Planned]) -> bool:
    """Whether each instalment is no smaller than the one before: a graduated increase."""
    return all(one.amount <= other.amount for one, other in pairwise(planned))


def state(one: Instalment, *, on: date, late_after_days: int = 0) -> InstalmentState:
    """How an instalment stands on a day.

    What is all there is received; what has nothing open is cancelled; past its day it is late once
    `late_after_days` have gone by, whatever part of it has come; before its day it is planned, or
    met when its conditions are. Due 1 March, asked on 1 March: due; on 2 March: late.
    """
    if not one.open.is_positive:
        return InstalmentState.RECEIVED if one.received.is_positive else InstalmentState.CANCELLED
    if one.is_unconditional and on > one.planned.due_on + timedelta(days=late_after_days):
        return InstalmentState.LATE
    if one.received.is_positive:
        return InstalmentState.RECEIVED_IN_PART
    if not one.is_unconditional:
        return InstalmentState.PLANNED
    if on >= one.planned.due_on:
        return InstalmentState.DUE
    return InstalmentState.CONDITION_MET if one.planned.conditions else InstalmentState.PLANNED


def overdue(
    instalments: Iterable[Instalment], *, on: date, late_after_days: int = 0
) -> list[tuple[Instalment, int]]:
    """The late instalments with their days past the due date, the oldest first."""
    late = [
        (one, (on - one.planned.due_on).days)
        for one in instalments
        if state(one, on=on, late_after_days=late_after_days) is InstalmentState.LATE
    ]
    return sorted(late, key=lambda each: (each[0].planned.due_on, each[0].planned.number))


def receive(one: Instalment, *, amount: Money) -> Instalment:
    """The instalment after money came for it. Raises `InstalmentNotDue`, `InstalmentOverMatched`.

    Money may come before the day, never before the conditions are met: until then it is a receipt
    like any other, and is matched later.
    """
    planned = one.planned
    if not one.is_unconditional:
        raise InstalmentNotDue(number=planned.number, conditions=planned.conditions, met=one.met)
    if not amount.is_positive or amount > one.open:
        raise InstalmentOverMatched(number=planned.number, still_open=one.open, asked=amount)
    return Instalment(
        planned=planned, met=one.met, received=one.received + amount, cancelled=one.cancelled
    )


def firm(one: Instalment, *, on: date, firm_days: int) -> Money:
    """What of an instalment may be counted on: nothing until its day, nothing after `firm_days`.

    1,000.000 due on 1 March and firm for 30 days, 400.000 received: 600.000 on 15 March, nothing
    on 28 February, on 31 March, or while a condition is not met.
    """
    first = one.planned.due_on
    holds = one.is_unconditional and first <= on < first + timedelta(days=firm_days)
    return one.open if holds else Money.zero(one.open.currency)
