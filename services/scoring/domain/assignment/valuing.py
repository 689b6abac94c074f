"""What is it worth to finance this application from that fund? In points, by published weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.scoring.domain.assignment.problem import (
    BASE,
    Applicant,
    AssignmentContradicts,
    Fund,
    Problem,
)
from shared.errors import Sentence

EARMARKED = "earmarked"  # the one reason that a run finds itself
MOST_COUNTED = (2**63 - 1) // (4 * BASE)  # minor units times millionths stay whole numbers
MOST_NEAR = 2  # urgency doubles over one span after the deadline, and rests there


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How points are given, in millionths of a point.

    `social` is points for one of each measure; `cost` and `urgency` are points for one unit of
    the currency: lost with expected cost, won with money whose deadline is near. Money counts as
    near from `near_days` before its deadline.
    """

    social: Mapping[str, int]
    cost: int = 0
    urgency: int = 0
    near_days: int = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """A part of a fund's money that has to be spent by a day (zakat within its period)."""

    amount: int
    spend_by: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An application that waits: minor units and millionths.

    `social` is how much of each measure it has; `traits` are read by the shares and earmarks of
    funds alone. Each fund of the run is either among `eligible` or has its code in `reasons`.
    """

    id: str
    amount: int
    applied_on: date
    sector: str
    traits: frozenset[str]
    loss: int
    social: Mapping[str, int]
    eligible: frozenset[str]
    reasons: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A fund as the run sees it: its rules, what its money costs, what it is earmarked for.

    `cost` is the expected cost of its money as a share of an amount. Where `only_sectors` names
    any, an application is in one of them; it has every one of `only_traits`.
    """

    rules: Fund
    cost: int = 0
    only_sectors: frozenset[str] = frozenset()
    only_traits: frozenset[str] = frozenset()
    lots: tuple[Lot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """All that a run is made from. `unit` is how many minor units one unit of the currency has."""

    as_of: date
    currency: str
    unit: int
    weights: Weights
    waiting: tuple[Waiting, ...]
    sources: tuple[Source, ...] = field(default=())


def value_of(item: Waiting, source: Source, *, weights: Weights, as_of: date, unit: int) -> float:
    """Value an application in a fund: social weight, less expected cost, plus urgency; in points.

    v = sum of weight x measure + amount x (urgency x nearness of the fund - cost x (PD x LGD + the
    cost of the fund's money)), by `+ - * /` on floats in this order, alike on every machine.

    Worked: poverty 0.8 at 3 points, a woman at 1, two jobs at 0.5 are 4.4; 1,500 at a loss of 0.06
    cost 90, at 0.01 a unit 0.9 points; 4,000 of the fund's 10,000 have 30 of 90 days left, so it
    is near by 0.4 x 2/3, and 1,500 at 0.003 a unit win 1.2: 4.7 points.
    """
    social = sum(weights.social.get(name, 0) * much for name, much in sorted(item.social.items()))
    near = weights.urgency / BASE * nearness(source, as_of=as_of, near_days=weights.near_days)
    cost = weights.cost / BASE * ((item.loss + source.cost) / BASE)
    return social / (BASE * BASE) + item.amount / unit * (near - cost)


def nearness(source: Source, *, as_of: date, near_days: int) -> float:
    """Say how near the deadlines of a fund's money are: 0 far, 1 all due today, at most 2.

    Each lot counts by its share of the budget, (near_days - days left) / near_days of it.

    Worked: a lot of 4,000 of 10,000 with 30 of 90 days left: 0.4 x 60/90 = 0.2667.
    """
    if not source.rules.budget:
        return 0.0
    days = sum(
        lot.amount * min(max(near_days - (lot.spend_by - as_of).days, 0), MOST_NEAR * near_days)
        for lot in source.lots
    )
    return days / (near_days * source.rules.budget)


def oldest_first(lots: Sequence[Lot], *, spent: int) -> list[tuple[Lot, int]]:
    """Say how much of each lot is spent when the money due first goes first (minor units).

    Worked: lots of 40 by June and 60 by July, 70 spent: 40 and 30.
    """
    found, left = [], spent
    for lot in sorted(lots, key=lambda each: (each.spend_by, each.amount)):
        taken = min(lot.amount, left)
        found.append((lot, taken))
        left -= taken
    return found


def problem_of(run: Run) -> Problem:
    """Write a run as what is solved, ordered by ids so that the order of a list changes nothing.

    Raises AssignmentContradicts.
    """
    sources = sorted(run.sources, key=lambda source: source.rules.id)
    for source in sources:
        _check_source(source)
    names = {source.rules.id for source in sources}
    return Problem(
        applicants=tuple(
            _applicant(item, sources, names, run)
            for item in sorted(run.waiting, key=lambda item: item.id)
        ),
        funds=tuple(source.rules for source in sources),
    )


def _applicant(item: Waiting, sources: Sequence[Source], names: set[str], run: Run) -> Applicant:
    _check_waiting(item, names)
    reasons = dict(item.reasons)
    eligible = {}
    for source in sources:
        name = source.rules.id
        if name not in item.eligible:
            continue
        if _is_outside(item, source):
            reasons[name] = EARMARKED
            continue
        eligible[name] = value_of(item, source, weights=run.weights, as_of=run.as_of, unit=run.unit)
    return Applicant(
        id=item.id,
        amount=item.amount,
        applied_on=item.applied_on,
        sector=item.sector,
        traits=item.traits,
        loss=item.loss,
        eligible=eligible,
        reasons=reasons,
    )


def _is_outside(item: Waiting, source: Source) -> bool:
    is_other_sector = bool(source.only_sectors) and item.sector not in source.only_sectors
    return is_other_sector or not source.only_traits <= item.traits


def _check_waiting(item: Waiting, names: set[str]) -> None:
    told = set(item.reasons)
    fault = None
    if item.amount > MOST_COUNTED:
        fault = Sentence("its amount is beyond what is counted")
    elif not item.eligible | told <= names:
        fault = Sentence("it names a fund not in the run")
    elif item.eligible & told:
        fault = Sentence("a fund may finance it and may not")
    elif item.eligible | told != names:
        fault = Sentence("it does not say of every fund whether it may finance it")
    if fault is not None:
        raise AssignmentContradicts(subject=item.id, fault=fault)


def _check_source(source: Source) -> None:
    fund = source.rules
    if any(lot.amount <= 0 for lot in source.lots):
        raise AssignmentContradicts(
            subject=fund.id, fault=Sentence("a part with a deadline is not above 0")
        )
    if sum(lot.amount for lot in source.lots) > max(fund.budget, 0):
        raise AssignmentContradicts(
            subject=fund.id, fault=Sentence("the parts with a deadline are more than its budget")
        )
