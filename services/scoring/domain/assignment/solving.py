"""Which pairs serve most under the rules? A relaxation, rounded and filled; exact while small."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.scoring.domain.assignment.problem import (
    BASE,
    AssignmentContradicts,
    Problem,
    Rule,
    broken,
)
from shared.errors import Sentence

EXACT_BELOW = 1_000
NODE_PAIRS = 20_000  # so many pairs times nodes: a limit that is the same on every machine
GAP = 1e-6
WHOLE = 1 - 1e-6

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """Chosen pairs by their places, what they are worth, and the most that any could be.

    `one_more` is the value that one more minor unit in a fund would bring.
    """

    chosen: tuple[int, ...]
    value: float
    bound: float
    method: str
    one_more: Mapping[str, float]

    @property
    def gap(self) -> float:
        """How far the value may lie below the best, as a share of the bound."""
        return (self.bound - self.value) / self.bound if self.bound > 0 else 0.0


def solve(problem: Problem, *, exact_below: int = EXACT_BELOW) -> Solution:
    """Choose pairs: each application once at most, no rule broken, the value as high as found.

    The linear relaxation gives the bound and the worth of one more unit; its whole pairs are
    kept, what then breaks a rule is taken out (least worth first), and what is left is filled in
    by value per unit. Below `exact_below` applications a branch and bound is tried too, exact
    until its limit of nodes (about 20,000 pairs x nodes), and the better of both is taken. Among
    applications alike in all but their day, those that wait longest are served.

    Worked: two applications of 60 worth 5 and 4, a fund of 100: the first, value 5, bound 5 + 4 x
    40/60.
    """
    if not len(problem.pairs):
        return Solution(chosen=(), value=0.0, bound=0.0, method="none", one_more=_nothing(problem))
    relaxed, bound, one_more = _relaxed(problem)
    chosen = _filled(problem, _repaired(problem, _whole(problem, relaxed)))
    method = "rounded"
    if len(problem.applicants) < exact_below:
        exact = _exact(problem)
        if exact is not None:
            exact = _filled(problem, _repaired(problem, exact))
            if _worth(problem, exact) > _worth(problem, chosen):
                chosen, method = exact, "exact"
    chosen = _earliest(problem, chosen)
    return Solution(
        chosen=tuple(int(place) for place in np.sort(chosen)),
        value=_worth(problem, chosen),
        bound=max(bound, _worth(problem, chosen)),
        method=method,
        one_more=one_more,
    )


def _nothing(problem: Problem) -> dict[str, float]:
    return {fund.id: 0.0 for fund in problem.funds}


def _worth(problem: Problem, chosen: Places) -> float:
    return float(problem.pairs.value[chosen].sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Program:
    """Rules over pairs, then "once at most" for each application, as a linear program.

    After the pairs stand switches, one for each share that was missed before the run: off, nothing
    that weighs on the share is chosen; on, the share is met again. `scales` are those of the rules,
    which come first.
    """

    matrix: Any
    limits: Floats
    scales: list[int]
    switches: int


def _program(problem: Problem) -> _Program:
    from scipy import sparse  # noqa: PLC0415 - large, and needed by this job only

    pairs, may = problem.pairs, _possible(problem)
    rules = [(rule, np.where(may, weights, 0)) for rule, weights in problem.rules]
    scales = [max(int(np.abs(weights).max()), 1) for _, weights in rules]
    scaled = [weights / scale for (_, weights), scale in zip(rules, scales, strict=True)]
    missed = [place for place, (rule, _) in enumerate(rules) if rule.limit < 0]
    once = sparse.csr_array(
        (np.ones(len(pairs)), (pairs.applicant, np.arange(len(pairs)))),
        shape=(len(problem.order), len(pairs)),
    )
    limits = [max(rule.limit, 0) / scale for (rule, _), scale in zip(rules, scales, strict=True)]
    left = sparse.vstack(
        [
            *(sparse.csr_array(row[None, :]) for row in scaled),
            once,
            *(sparse.csr_array(np.maximum(scaled[place], 0)[None, :]) for place in missed),
        ],
        format="csr",
    )
    right = sparse.lil_array((left.shape[0], len(missed)))
    for number, place in enumerate(missed):
        right[place, number] = -rules[place][0].limit / scales[place]
        right[len(rules) + len(problem.order) + number, number] = -max(
            float(np.maximum(scaled[place], 0).sum()), 1.0
        )
    matrix = sparse.hstack([left, right], format="csr") if missed else left
    return _Program(
        matrix=matrix,
        limits=np.array([*limits, *np.ones(len(problem.order)), *np.zeros(len(missed))]),
        scales=scales,
        switches=len(missed),
    )


def _possible(problem: Problem) -> Flags:
    """Say which pairs could be chosen at all: worth something, and within a rule on their own."""
    may = problem.pairs.value > 0
    for rule, weights in problem.rules:
        if not (weights < 0).any():  # nothing else could make room for it
            may &= (weights <= 0) | (weights <= rule.limit)
    return may


def _relaxed(problem: Problem) -> tuple[Floats, float, dict[str, float]]:
    from scipy import optimize  # noqa: PLC0415 - as above

    program, may = _program(problem), _possible(problem)
    most = np.append(may.astype(np.float64), np.ones(program.switches))
    worth = float(problem.pairs.value.max(initial=1.0, where=may))
    found = optimize.linprog(
        _costs(problem, may, worth=worth, switches=program.switches),
        A_ub=program.matrix,
        b_ub=program.limits,
        bounds=np.stack([np.zeros(len(most)), most], axis=1),
        method="highs",
    )
    if found.x is None:
        raise AssignmentContradicts(
            subject=Sentence("the run"),
            fault=Sentence("its figures lie too far apart to be solved"),
        )
    one_more = _nothing(problem)
    sector_shares = {fund.id: fund.sector_share_max or 0 for fund in problem.funds}
    scales = np.array(program.scales)
    marginals = -found.ineqlin.marginals[: len(scales)] * worth / scales
    for (rule, _), marginal in zip(problem.rules, marginals, strict=True):
        if rule.code == "budget":
            one_more[rule.fund] += float(marginal)
        elif rule.code == "sector_share":  # its limit is a share of the budget
            one_more[rule.fund] += float(marginal) * sector_shares[rule.fund] / BASE
    return np.asarray(found.x)[: len(may)], -float(found.fun) * worth, one_more


def _costs(problem: Problem, may: Flags, *, worth: float, switches: int) -> Floats:
    return np.append(np.where(may, -problem.pairs.value / worth, 0.0), np.zeros(switches))


def _exact(problem: Problem) -> Places | None:
    from scipy import optimize  # noqa: PLC0415 - as above

    program, may = _program(problem), _possible(problem)
    most = np.append(may.astype(np.float64), np.ones(program.switches))
    worth = float(problem.pairs.value.max(initial=1.0, where=may))
    found = optimize.milp(
        _costs(problem, may, worth=worth, switches=program.switches),
        constraints=optimize.LinearConstraint(program.matrix, ub=program.limits),
        integrality=np.ones(len(most)),
        bounds=optimize.Bounds(0, most),
        options={"node_limit": max(1, NODE_PAIRS // len(problem.pairs)), "mip_rel_gap": GAP},
    )
    if found.x is None:
        return None
    return np.flatnonzero(found.x[: len(may)] > 0.5)  # noqa: PLR2004 - 0 or 1


def _whole(problem: Problem, relaxed: Floats) -> Places:
    worth = problem.pairs.value > 0
    return np.flatnonzero((relaxed > WHOLE) & worth)


def _repaired(problem: Problem, chosen: Places) -> Places:
    """Take pairs out until no rule is broken: of each broken rule the least worth per relief."""
    kept = chosen
    while rules := broken(problem, kept):
        weights = dict(problem.rules)[rules[0]]
        heavy = kept[weights[kept] > 0]
        order = heavy[np.argsort(problem.pairs.value[heavy] / weights[heavy], kind="stable")]
        over = int(weights[kept].sum()) - rules[0].limit
        relief = np.cumsum(weights[order])
        taken = order[: int(np.searchsorted(relief, over)) + 1]
        kept = np.setdiff1d(kept, taken, assume_unique=True)
    return kept


def _filled(problem: Problem, chosen: Places) -> Places:
    """Add what still fits, by value per unit, as long as anything does."""
    pairs = problem.pairs
    amounts = np.array([item.amount for item in problem.order])[pairs.applicant]
    density = pairs.value / amounts
    order = np.lexsort((np.arange(len(pairs)), -density))
    by_fund: dict[str, list[tuple[Rule, Places]]] = {}
    for rule, weights in problem.rules:
        by_fund.setdefault(rule.fund, []).append((rule, weights))
    used = {rule: int(weights[chosen].sum()) for rule, weights in problem.rules}
    served = set(pairs.applicant[chosen].tolist())
    added = list(chosen.tolist())
    for place in order.tolist():
        if pairs.value[place] <= 0:
            break
        if pairs.applicant[place] in served:
            continue
        rows = by_fund[problem.funds[pairs.fund[place]].id]
        if all(
            weights[place] <= 0 or used[rule] + int(weights[place]) <= rule.limit
            for rule, weights in rows
        ):
            for rule, weights in rows:
                used[rule] += int(weights[place])
            served.add(pairs.applicant[place])
            added.append(place)
    return np.array(sorted(added), dtype=np.int64)


def _earliest(problem: Problem, chosen: Places) -> Places:
    """Hand what was chosen among applications alike to those first in order; no rule moves."""
    pairs = problem.pairs
    fund_of = dict(zip(pairs.applicant[chosen].tolist(), pairs.fund[chosen].tolist(), strict=True))
    place_of = {
        (a, f): i
        for i, (a, f) in enumerate(zip(pairs.applicant.tolist(), pairs.fund.tolist(), strict=True))
    }
    alike: dict[object, list[int]] = {}
    for i, item in enumerate(problem.order):
        key = (item.amount, item.sector, item.traits, item.loss, frozenset(item.eligible.items()))
        alike.setdefault(key, []).append(i)
    kept = []
    for members in alike.values():
        served = sorted(fund_of[i] for i in members if i in fund_of)
        kept += [place_of[i, f] for i, f in zip(members, served, strict=False)]
    return np.array(sorted(kept), dtype=np.int64)
