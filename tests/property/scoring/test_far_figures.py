"""Figures from a fils to a billion in one run break no rule, no bound and no machine."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain.assignment import reasons, solving, valuing
from services.scoring.domain.assignment.problem import BASE, Fund, broken
from services.scoring.domain.assignment.valuing import Lot, Run, Source, Waiting, Weights

TODAY = date(2026, 11, 22)
AMOUNTS = st.integers(0, 12).flatmap(lambda power: st.integers(10**power, 2 * 10**power))
SHARES = st.sampled_from([0, 1, BASE // 20, BASE // 2, BASE])
POINTS = st.sampled_from([0, 1, BASE, 1_000 * BASE])
NAMES = ("a", "b", "c")


@st.composite
def sources(draw: Callable[..., Any], name: str) -> Source:
    budget = draw(st.just(0) | AMOUNTS)
    due = TODAY + timedelta(days=draw(st.integers(-400, 400)))
    return Source(
        rules=Fund(
            id=name,
            budget=budget,
            shares=draw(st.dictionaries(st.just("women"), SHARES, max_size=1)),
            sector_share_max=draw(st.none() | SHARES),
            loss_share_max=draw(st.none() | SHARES),
        ),
        cost=draw(SHARES),
        lots=(Lot(amount=budget, spend_by=due),) if budget and draw(st.booleans()) else (),
    )


@st.composite
def runs(draw: Callable[..., Any]) -> Run:
    names = NAMES[: draw(st.integers(1, 3))]
    eligible = st.frozensets(st.sampled_from(names))
    return Run(
        as_of=TODAY,
        currency="JOD",
        unit=draw(st.sampled_from([1, 1_000])),
        weights=Weights(
            social={"poverty": draw(POINTS)},
            cost=draw(POINTS),
            urgency=draw(POINTS),
            near_days=draw(st.sampled_from([1, 90, 3_660])),
        ),
        waiting=tuple(
            Waiting(
                id=f"{i}",
                amount=draw(AMOUNTS),
                applied_on=TODAY,
                sector=draw(st.sampled_from("xy")),
                traits=draw(st.frozensets(st.just("women"))),
                loss=draw(SHARES),
                social={"poverty": draw(POINTS)},
                eligible=(may := draw(eligible)),
                reasons=dict.fromkeys(set(names) - may, "closed"),
            )
            for i in range(draw(st.integers(1, 20)))
        ),
        sources=tuple(draw(sources(name)) for name in names),
    )


@given(runs())
@settings(max_examples=60, deadline=None)
def test_whatever_the_figures_a_sound_proposal_comes_out(run: Run) -> None:
    problem = valuing.problem_of(run)

    solution = solving.solve(problem)

    assert broken(problem, solution.chosen) == []
    assert 0 <= solution.value <= solution.bound < float("inf")
    for fund in reasons.fund_lines(problem, solution):
        assert fund.left >= 0
        assert fund.one_more >= -1e-9
    for line in reasons.lines_of(problem, solution):
        assert (line.fund is None) == bool(line.refusals)
        assert "outbid" not in {refusal.code for refusal in line.refusals}


@given(st.lists(st.integers(0, 500), max_size=6), st.integers(0, 4_000))
@settings(max_examples=60)
def test_lots_are_spent_wholly_before_later_ones(amounts: list[int], spent: int) -> None:
    lots = [Lot(amount=each, spend_by=TODAY + timedelta(days=i % 3))
            for i, each in enumerate(amounts)]  # fmt: skip

    taken = valuing.oldest_first(lots, spent=spent)

    assert sum(part for _, part in taken) == min(spent, sum(amounts))
    assert all(0 <= part <= lot.amount for lot, part in taken)
    unfinished = [lot.spend_by for lot, part in taken if part < lot.amount]
    assert all(lot.spend_by <= min(unfinished, default=TODAY + timedelta(days=9))
               for lot, part in taken if part)  # fmt: skip
