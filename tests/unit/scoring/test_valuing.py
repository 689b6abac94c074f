"""Is an application worth what the published weights say, and nothing that they do not say?"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.scoring.domain.assignment import reasons, solving, valuing
from services.scoring.domain.assignment.problem import BASE, AssignmentContradicts, Fund
from services.scoring.domain.assignment.valuing import Lot, Run, Source, Waiting, Weights

TODAY = date(2026, 11, 22)
WEIGHTS = Weights(
    social={"poverty": 3 * BASE, "women": BASE, "jobs": BASE // 2}, cost=10_000, urgency=3_000
)


def source(name: str = "f", *, budget: int = 10_000_000, **more: Any) -> Source:
    own = {key: more.pop(key) for key in ("cost", "only_sectors", "only_traits", "lots")
           if key in more}  # fmt: skip
    return Source(rules=Fund(id=name, budget=budget, **more), **own)


def waiting(name: str = "a", **changed: Any) -> Waiting:
    usual = Waiting(
        id=name,
        amount=1_500_000,
        applied_on=TODAY,
        sector="trade",
        traits=frozenset(),
        loss=60_000,
        social={"poverty": 800_000, "women": BASE, "jobs": 2 * BASE},
        eligible=frozenset({"f"}),
        reasons={},
    )
    return replace(usual, **changed)


def run_of(*items: Waiting, sources: tuple[Source, ...] = ()) -> Run:
    return Run(
        as_of=TODAY,
        currency="JOD",
        unit=1_000,
        weights=WEIGHTS,
        waiting=items,
        sources=sources or (source(),),
    )


def value(item: Waiting, fund: Source, weights: Weights = WEIGHTS) -> float:
    return valuing.value_of(item, fund, weights=weights, as_of=TODAY, unit=1_000)


def dated(days: int, amount: int = 4_000_000, name: str = "f") -> Source:
    return source(name, lots=(Lot(amount=amount, spend_by=TODAY + timedelta(days=days)),))


def test_the_worked_number_is_what_comes_out() -> None:
    # 0.8 x 3 + 1 + 2 x 0.5 = 4.4; 1,500 x 0.06 x 0.01 = 0.9; 1,500 x 0.003 x 0.4 x 60/90 = 1.2
    assert value(waiting(), dated(30)) == pytest.approx(4.7, abs=1e-12)
    assert value(waiting(), source()) == pytest.approx(3.5, abs=1e-12)


def test_the_cost_of_the_funds_money_is_an_expected_cost_too() -> None:
    assert value(waiting(), source(cost=40_000)) == pytest.approx(4.4 - 1_500 * 0.1 * 0.01)


def test_a_trait_without_a_weight_is_worth_nothing() -> None:
    marked = waiting(traits=frozenset({"women", "youth"}), social={"rural": BASE})

    assert value(marked, source()) == pytest.approx(-0.9)


def test_a_measure_counts_once_by_its_own_weight_alone() -> None:
    poor, poorer = (waiting(social={"poverty": much}) for much in (500_000, 600_000))

    assert value(poorer, source()) - value(poor, source()) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("days", "near"),
    [(91, 0.0), (90, 0.0), (45, 0.2), (0, 0.4), (-45, 0.6), (-90, 0.8), (-4_000, 0.8)],
)
def test_money_is_the_nearer_the_older_it_is_and_never_more_than_twice(
    days: int, near: float
) -> None:
    assert valuing.nearness(dated(days), as_of=TODAY, near_days=90) == pytest.approx(near)


def test_a_fund_without_money_has_nothing_urgent() -> None:
    assert valuing.nearness(source(budget=0), as_of=TODAY, near_days=90) == 0


def test_the_fund_with_the_older_money_is_chosen() -> None:
    item = waiting(eligible=frozenset({"near", "far"}))
    funds = (dated(80, name="far"), dated(10, name="near"))
    problem = valuing.problem_of(run_of(item, sources=funds))

    found = reasons.lines_of(problem, solving.solve(problem))

    assert [line.fund for line in found] == ["near"]


def test_what_is_due_first_is_spent_first() -> None:
    june, july = Lot(amount=40, spend_by=date(2026, 6, 30)), Lot(amount=60, spend_by=TODAY)

    assert valuing.oldest_first((july, june), spent=70) == [(june, 40), (july, 30)]
    assert valuing.oldest_first((july, june), spent=0) == [(june, 0), (july, 0)]
    assert valuing.oldest_first((july, june), spent=500) == [(june, 40), (july, 60)]


@pytest.mark.parametrize(
    ("earmark", "is_open"),
    [
        ({"only_sectors": frozenset({"trade"})}, True),
        ({"only_sectors": frozenset({"farming"})}, False),
        ({"only_traits": frozenset({"youth"})}, True),
        ({"only_traits": frozenset({"youth", "women"})}, False),
    ],
)
def test_earmarked_money_serves_its_purpose_alone(
    earmark: dict[str, Any],
    is_open: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    item = waiting(traits=frozenset({"youth"}))
    problem = valuing.problem_of(run_of(item, sources=(source(**earmark),)))

    (line,) = reasons.lines_of(problem, solving.solve(problem))

    told = [(refusal.code, refusal.of) for refusal in line.refusals]
    assert line.fund == ("f" if is_open else None)
    assert told == ([] if is_open else [("not_eligible", valuing.EARMARKED)])


def test_the_order_of_the_lists_changes_nothing() -> None:
    items = tuple(waiting(f"a{i}", eligible=frozenset({"f", "g"})) for i in range(4))
    funds = (source("f", budget=3_000_000), source("g", budget=1_500_000))

    one = valuing.problem_of(run_of(*items, sources=funds))
    two = valuing.problem_of(run_of(*reversed(items), sources=funds[::-1]))

    assert reasons.lines_of(one, solving.solve(one)) == reasons.lines_of(two, solving.solve(two))


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"amount": 0}, "its amount is not above 0"),
        ({"amount": valuing.MOST_COUNTED + 1}, "its amount is beyond what is counted"),
        ({"eligible": frozenset({"f", "x"})}, "it names a fund not in the run"),
        ({"reasons": {"x": "closed"}}, "it names a fund not in the run"),
        ({"reasons": {"f": "closed"}}, "a fund may finance it and may not"),
        ({"eligible": frozenset()}, "it does not say of every fund whether it may finance it"),
    ],
)
def test_an_application_that_contradicts_the_run_is_named(
    changed: dict[str, Any], fault: str
) -> None:
    with pytest.raises(AssignmentContradicts) as refused:
        valuing.problem_of(run_of(waiting(**changed)))

    assert (refused.value.subject, refused.value.fault) == ("a", fault)


@pytest.mark.parametrize(
    ("fund", "fault"),
    [
        (source(budget=-1), "its budget is below 0"),
        (source(shares={"women": BASE + 1}), "a share lies outside 0 and 1"),
        (dated(10, amount=10_000_001), "the parts with a deadline are more than its budget"),
        (dated(10, amount=0), "a part with a deadline is not above 0"),
        (source(budget=valuing.MOST_COUNTED + 1), "its budget is beyond what is counted"),
    ],
)
def test_a_fund_that_contradicts_itself_is_named(fund: Source, fault: str) -> None:
    with pytest.raises(AssignmentContradicts) as refused:
        valuing.problem_of(run_of(waiting(), sources=(fund,)))

    assert (refused.value.subject, refused.value.fault) == ("f", fault)


def test_the_largest_amounts_are_counted_without_a_slip() -> None:
    rich = source(budget=valuing.MOST_COUNTED, shares={"women": BASE // 2}, loss_share_max=BASE)
    items = [
        waiting(name, amount=valuing.MOST_COUNTED // 2, loss=BASE, traits=traits,
                social={"poverty": 1_000 * BASE * BASE})
        for name, traits in (("a", frozenset({"women"})), ("b", frozenset()), ("c", frozenset()))
    ]  # fmt: skip
    problem = valuing.problem_of(run_of(*items, sources=(rich,)))

    (fund,) = reasons.fund_lines(problem, solving.solve(problem))

    assert fund.amount == 2 * (valuing.MOST_COUNTED // 2)
    assert fund.trait_amounts == {"women": valuing.MOST_COUNTED // 2}
