"""Which terms are best for borrowers while the fund stays whole? Found, not guessed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise, product

from services.scoring.domain.simulation.outcomes import Outcome, Review, Totals, outcome_of
from services.scoring.domain.simulation.policy import (
    Case,
    Change,
    Policy,
    PolicyContradicts,
    Rule,
)
from shared.errors import Kind, RafidError

RATES_TRIED = 7
HALVINGS = 14

_Others = tuple[float, int, str | None]


class SearchFoundNothing(RafidError):
    """No terms within the bounds keep every condition"""

    kind = Kind.RULE
    service = "scoring"
    detail = "Of {tried} combinations none keeps {condition}; the nearest misses it by {miss}."
    tried: int
    condition: str
    miss: str


class Aim(StrEnum):
    """What is sought, as little or as much of it as the conditions leave."""

    LOWEST_COST = "lowest_cost"
    LOWEST_BURDEN = "lowest_burden"
    LOWEST_SUBSIDY = "lowest_subsidy"
    MOST_LOANS = "most_loans"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What must hold: the most of each, as shares; None where anything goes.

    `subsidy` 0 keeps the fund whole.
    """

    subsidy: float | None = 0.0
    burden_over_40: float | None = None
    expected_loss: float | None = None
    above_cap: float | None = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What may be tried: a range of factors on today's rate, factors on terms, months of grace.

    And how often is paid: each of `frequencies`; None is as often as today.
    """

    where: Mapping[str, str]
    rate_low: float = 0.0
    rate_high: float = 2.0
    terms: tuple[float, ...] = (0.75, 1.0, 1.25, 1.5, 2.0)
    graces: tuple[int, ...] = (0,)
    frequencies: tuple[str | None, ...] = (None,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The best policy, what it does, and how many were run to find it."""

    rules: Policy
    outcome: Outcome
    runs: int


def best_policy(
    review: Review, *, aim: Aim, conditions: Conditions, bounds: Bounds, case: Case
) -> Found:
    """Return the best factor of the rate for each term, grace and frequency, and the best of those.

    For each of them seven rates are tried; where the conditions begin or cease to hold
    between two of them, the place is narrowed by halving. A best point between two rates that
    both hold is not sought. Worked: with the subsidy at most 0 the lowest cost is at the rate
    where the book just carries itself. Raises SearchFoundNothing.
    """
    found: list[tuple[float, Policy, Outcome]] = []
    nearest: tuple[float, str] | None = None
    runs = 0

    def holds(rate: float, others: _Others) -> bool:
        nonlocal runs, nearest
        runs += 1
        rules = _policy(bounds.where, rate, *others)
        try:
            outcome = outcome_of(review, rules=rules, case=case)
        except PolicyContradicts:  # such terms are no loans: nothing that could be found
            return False
        condition, miss = _miss(outcome.whole, conditions)
        if miss <= 0:
            found.append((_value(outcome.whole, aim), rules, outcome))
        elif nearest is None or miss < nearest[0]:
            nearest = (miss, condition)
        return miss <= 0

    span = bounds.rate_high - bounds.rate_low
    for others in product(bounds.terms, bounds.graces, bounds.frequencies):
        rates = [bounds.rate_low + span * i / (RATES_TRIED - 1) for i in range(RATES_TRIED)]
        keeps = [holds(rate, others) for rate in rates]
        for (low, at_low), (high, at_high) in pairwise(zip(rates, keeps, strict=True)):
            if at_low == at_high:
                continue
            bad, good = (high, low) if at_low else (low, high)
            for _ in range(HALVINGS):
                middle = (bad + good) / 2
                bad, good = (bad, middle) if holds(middle, others) else (middle, good)
    if not found:
        miss, condition = nearest or (0.0, "terms")
        raise SearchFoundNothing(tried=runs, condition=condition, miss=f"{miss:.4f}")
    _, rules, outcome = min(found, key=lambda item: (item[0], item[1].name))
    return Found(rules=rules, outcome=outcome, runs=runs)


def _policy(
    where: Mapping[str, str], rate: float, term: float, grace: int, frequency: str | None
) -> Policy:
    """Write what is tried; a term as today has no rule: one would round weeks to months."""
    is_as_today = term == 1 and frequency is None
    change = Change(
        where=where,
        annual_rate=Rule(times=rate),
        term=None if is_as_today else Rule(times=term, low=1),
        grace=Rule(plus=float(grace)) if grace else None,
        frequency=frequency,
    )
    name = f"rate x {rate:.4f}, term x {term:g}, grace + {grace}, {frequency or 'as today'}"
    return Policy(name=name, changes=(change,))


def _value(totals: Totals, aim: Aim) -> float:
    return {
        Aim.LOWEST_COST: totals.total_cost,
        Aim.LOWEST_BURDEN: totals.burden_over[1],
        Aim.LOWEST_SUBSIDY: totals.subsidy,
        Aim.MOST_LOANS: -totals.loans_a_year,
    }[aim]


def _miss(totals: Totals, conditions: Conditions) -> tuple[str, float]:
    """Return the condition that is missed most, and by how much; at most 0 where all hold."""
    limits = {
        "subsidy": (totals.subsidy, conditions.subsidy),
        "burden_over_40": (totals.burden_over[1], conditions.burden_over_40),
        "expected_loss": (totals.expected_loss, conditions.expected_loss),
        "above_cap": (totals.above_cap, conditions.above_cap),
    }
    misses = {name: value - limit for name, (value, limit) in limits.items() if limit is not None}
    if not misses:
        return "subsidy", 0.0
    worst = max(misses, key=lambda name: misses[name])
    return worst, misses[worst]
