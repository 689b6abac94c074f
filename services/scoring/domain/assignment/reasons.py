"""Why does an application wait, and what does the run say of each fund? In codes and figures."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from services.scoring.domain.assignment.problem import Applicant, Problem, Rule
from services.scoring.domain.assignment.solving import Solution


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why one fund does not finance one application: the rule that it would break.

    `code` is not_eligible (with `of` the fund's own words), value_not_positive, budget,
    sector_share, loss_share, trait_share, or outbid where it would fit but is served elsewhere.
    """

    fund: str
    code: str
    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What the run proposes for one application: a fund, or every fund's reason why not."""

    application: str
    fund: str | None
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FundLine:
    """What the run would do to a fund; amounts in minor units, shares in millionths."""

    fund: str
    count: int
    amount: int
    left: int
    trait_amounts: Mapping[str, int]
    one_more: float


def lines_of(problem: Problem, solution: Solution) -> tuple[Line, ...]:
    """Say of each application, in the order of their days, what is proposed and why not else."""
    pairs = problem.pairs
    chosen = np.array(solution.chosen, dtype=np.int64)
    fund_of = {
        int(pairs.applicant[place]): problem.funds[int(pairs.fund[place])].id for place in chosen
    }
    used = {rule: int(weights[chosen].sum()) for rule, weights in problem.rules}
    place_of = {
        (int(a), int(f)): i
        for i, (a, f) in enumerate(zip(pairs.applicant, pairs.fund, strict=True))
    }
    return tuple(
        Line(
            application=item.id,
            fund=fund_of.get(i),
            refusals=()
            if i in fund_of
            else tuple(
                _refusal(problem, item, fund, place_of.get((i, f)), used)
                for f, fund in enumerate(fund.id for fund in problem.funds)
            ),
        )
        for i, item in enumerate(problem.order)
    )


def fund_lines(problem: Problem, solution: Solution) -> tuple[FundLine, ...]:
    """Say of each fund what it would finance, and what one more unit in it would bring."""
    lines = []
    for f, fund in enumerate(problem.funds):
        served = [
            problem.order[int(problem.pairs.applicant[place])]
            for place in solution.chosen
            if problem.pairs.fund[place] == f
        ]
        amount = sum(item.amount for item in served)
        traits = sorted({trait for item in served for trait in item.traits})
        lines.append(
            FundLine(
                fund=fund.id,
                count=len(served),
                amount=amount,
                left=fund.budget - amount,
                trait_amounts={
                    trait: sum(item.amount for item in served if trait in item.traits)
                    for trait in traits
                },
                one_more=solution.one_more[fund.id],
            )
        )
    return tuple(lines)


def _refusal(
    problem: Problem, item: Applicant, fund: str, place: int | None, used: Mapping[Rule, int]
) -> Refusal:
    if place is None:
        return Refusal(fund=fund, code="not_eligible", of=item.reasons.get(fund, ""))
    if problem.pairs.value[place] <= 0:
        return Refusal(fund=fund, code="value_not_positive", of="")
    for rule, weights in problem.rules:
        weight = int(weights[place]) if rule.fund == fund else 0
        if weight > 0 and used[rule] + weight > rule.limit:
            return Refusal(fund=fund, code=rule.code, of=rule.of)
    return Refusal(fund=fund, code="outbid", of="")
