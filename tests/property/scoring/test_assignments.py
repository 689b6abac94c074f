"""No assignment breaks a rule, none is better than its bound, and more money never serves less."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain.assignment import reasons, solving
from services.scoring.domain.assignment.problem import (
    BASE,
    Applicant,
    AssignmentContradicts,
    Fund,
    Given,
    Problem,
    broken,
)

FUNDS = ("waqf", "women", "zakat")


@st.composite
def given_before(draw: Callable[..., Any]) -> dict[str, Given]:
    """What a fund gave before the run: to women more or less than their share, and to a sector."""
    total = draw(st.integers(0, 300))
    to_women, to_sector = draw(st.integers(0, total)), draw(st.integers(0, total))
    return {
        "women": Given(total=total, of={"women": to_women}),
        "sector": Given(total=total, of={"x": to_sector}),
    }


@st.composite
def problems(draw: Callable[..., Any], most: int = 6) -> Problem:
    names = FUNDS[: draw(st.integers(1, 3))]
    funds = tuple(
        Fund(
            id=name,
            budget=draw(st.integers(0, 400)),
            shares=draw(st.dictionaries(st.just("women"), st.integers(0, BASE), max_size=1)),
            given=draw(st.just({}) | given_before()),
            sector_share_max=draw(st.none() | st.integers(0, BASE)),
            loss_share_max=draw(st.none() | st.integers(0, 200_000)),
        )
        for name in names
    )
    applicants = tuple(
        Applicant(
            id=f"a{i}",
            amount=draw(st.integers(1, 150)),
            applied_on=date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 3))),
            sector=draw(st.sampled_from("xy")),
            traits=draw(st.sampled_from([frozenset(), frozenset({"women"})])),
            loss=draw(st.integers(0, 200_000)),
            eligible=draw(st.dictionaries(st.sampled_from(names), st.integers(-2, 20).map(float))),
        )
        for i in range(draw(st.integers(0, most)))
    )
    return Problem(applicants=applicants, funds=funds)


def best_of_all(problem: Problem) -> float:
    """The highest value of any assignment that breaks nothing, by trying every one."""
    pairs = problem.pairs
    choices = [
        [None, *(i for i in range(len(pairs)) if pairs.applicant[i] == place)]
        for place in range(len(problem.order))
    ]
    found = [[c for c in choice if c is not None] for choice in product(*choices)]
    return max(float(pairs.value[c].sum()) for c in found if not broken(problem, c))


@given(problems(most=9))
def test_no_rule_is_broken_and_nobody_is_served_twice(problem: Problem) -> None:
    for exact_below in (0, 1_000):
        found = solving.solve(problem, exact_below=exact_below)

        served = [int(problem.pairs.applicant[place]) for place in found.chosen]
        assert broken(problem, found.chosen) == []
        assert len(served) == len(set(served))
        assert found.value <= found.bound + 1e-6
        for fund in problem.funds:
            spent = sum(
                problem.order[int(problem.pairs.applicant[place])].amount
                for place in found.chosen
                if problem.funds[int(problem.pairs.fund[place])].id == fund.id
            )
            assert spent <= fund.budget


@given(problems(most=5))
@settings(max_examples=60)
def test_a_small_run_is_as_good_as_the_best_of_all(problem: Problem) -> None:
    assert solving.solve(problem).value == pytest.approx(best_of_all(problem), abs=1e-4)


@given(problems(most=5), st.integers(0, 2), st.integers(1, 300))
@settings(max_examples=60)
def test_more_money_never_serves_less(problem: Problem, place: int, more: int) -> None:
    at = place % len(problem.funds)
    richer = replace(
        problem,
        funds=tuple(
            replace(fund, budget=fund.budget + more) if i == at else fund
            for i, fund in enumerate(problem.funds)
        ),
    )

    before, after = solving.solve(problem), solving.solve(richer)

    assert after.value >= before.value - 1e-4
    assert after.bound >= before.bound - 1e-4


@given(problems(), st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_other_names_and_another_order_give_the_same_value(problem: Problem, random: Any) -> None:
    renamed = [replace(item, id=f"z{len(item.id) * 7 - i}") for i, item in
               enumerate(problem.applicants)]  # fmt: skip
    random.shuffle(renamed)
    other = replace(problem, applicants=tuple(renamed))

    one, two = solving.solve(problem), solving.solve(other)

    assert one.value == pytest.approx(two.value, abs=1e-6)
    assert one.bound == pytest.approx(two.bound, abs=1e-6)


@given(problems(), st.integers(1, 5), st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_among_applications_alike_those_that_wait_longest_are_served(
    problem: Problem, count: int, random: Any
) -> None:
    twins = [
        replace(item, id=f"{item.id}-{i}", applied_on=item.applied_on + timedelta(days=i))
        for item in problem.applicants[:1]
        for i in range(1, count + 1)
    ]
    random.shuffle(twins)
    crowded = replace(problem, applicants=(*twins, *problem.applicants))

    solution = solving.solve(crowded)

    assert broken(crowded, solution.chosen) == []
    lines = {line.application: line.fund for line in reasons.lines_of(crowded, solution)}
    served = [lines[f"a0{suffix}"] is not None
              for suffix in ("", *(f"-{i}" for i in range(1, count + 1)))
              if f"a0{suffix}" in lines]  # fmt: skip
    assert served == sorted(served, reverse=True)


@given(problems(most=8))
def test_every_refusal_names_a_rule_that_really_binds(problem: Problem) -> None:
    solution = solving.solve(problem)
    places = {
        (problem.order[int(a)].id, problem.funds[int(f)].id): i
        for i, (a, f) in enumerate(zip(problem.pairs.applicant, problem.pairs.fund, strict=True))
    }

    for line in reasons.lines_of(problem, solution):
        assert (line.fund is None) == bool(line.refusals)
        for refusal in line.refusals:
            place = places.get((line.application, refusal.fund))
            if refusal.code == "not_eligible":
                assert place is None
            elif refusal.code == "value_not_positive":
                assert place is not None
                assert problem.pairs.value[place] <= 0
            else:
                assert place is not None
                named = {
                    (rule.fund, rule.code, rule.of)
                    for rule in broken(problem, [*solution.chosen, place])
                }
                assert (refusal.fund, refusal.code, refusal.of) in named


def test_the_worked_example_serves_the_better_and_bounds_the_rest() -> None:
    day = date(2026, 1, 1)
    problem = Problem(
        applicants=tuple(
            Applicant(
                id=name, amount=60, applied_on=day, sector="x", traits=frozenset(), loss=0,
                eligible={"waqf": value},
            )
            for name, value in (("one", 5.0), ("other", 4.0))
        ),
        funds=(Fund(id="waqf", budget=100),),
    )  # fmt: skip

    found = solving.solve(problem)

    assert found.value == 5
    assert found.bound == pytest.approx(5 + 4 * 40 / 60)
    assert found.one_more["waqf"] == pytest.approx(4 / 60)
    served, waiting = sorted(reasons.lines_of(problem, found), key=lambda line: line.fund is None)
    assert (served.application, served.fund) == ("one", "waqf")
    assert [refusal.code for refusal in waiting.refusals] == ["budget"]
    [fund] = reasons.fund_lines(problem, found)
    assert (fund.count, fund.amount, fund.left) == (1, 60, 40)


def test_a_share_for_women_holds_where_men_are_worth_more() -> None:
    people = [("m1", 9.0, False), ("m2", 8.0, False), ("w1", 1.0, True)]
    problem = Problem(
        applicants=tuple(
            Applicant(
                id=name, amount=50, applied_on=date(2026, 1, 1), sector="x", loss=0,
                traits=frozenset({"women"} if is_woman else ()), eligible={"women": value},
            )
            for name, value, is_woman in people
        ),
        funds=(Fund(id="women", budget=100, shares={"women": 500_000}),),
    )  # fmt: skip

    lines = {line.application: line for line in reasons.lines_of(problem, solving.solve(problem))}

    assert lines["w1"].fund == "women"
    assert lines["m1"].fund == "women"
    assert [refusal.code for refusal in lines["m2"].refusals] == ["budget"]


def run_of(people: list[tuple[str, float, bool]], *, shares: dict[str, int], given: Given) -> Any:
    """A fund of 200 with least shares, and 50 asked by each: name, value, and whether a woman."""
    return Problem(
        applicants=tuple(
            Applicant(
                id=name, amount=50, applied_on=date(2026, 1, 1), sector="x", loss=0,
                traits=frozenset({"women"} if is_woman else ()), eligible={"women": value},
            )
            for name, value, is_woman in people
        ),
        funds=(Fund(id="women", budget=200, shares=shares, given={"women": given}),),
    )  # fmt: skip


def served(problem: Problem) -> tuple[set[str], dict[str, list[str]]]:
    """Who is financed, and by which codes the others are refused."""
    lines = reasons.lines_of(problem, solving.solve(problem))
    return (
        {line.application for line in lines if line.fund},
        {line.application: [one.code for one in line.refusals] for line in lines if not line.fund},
    )


HALF = {"women": 500_000}
PEOPLE = [("m1", 9.0, False), ("m2", 8.0, False), ("w1", 1.0, True), ("w2", 1.0, True)]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (Given(), {"m1", "m2", "w1", "w2"}),
        (Given(total=100, of={"women": 100}), {"m1", "m2", "w1", "w2"}),
        (Given(total=100, of={"women": 50}), {"m1", "m2", "w1", "w2"}),
        (Given(total=100, of={"women": 25}), {"m1", "w1", "w2"}),
        (Given(total=100, of={"women": 0}), {"w1", "w2"}),
        (Given(total=1_000, of={"women": 0}), {"w1", "w2"}),
    ],
)
def test_a_least_share_counts_what_the_fund_gave_before(before: Given, expected: set[str]) -> None:
    """Half for women: what men got before is made up first, and whoever may not yet is told why."""
    financed, refused = served(run_of(PEOPLE, shares=HALF, given=before))

    assert financed == expected
    assert all(codes == ["trait_share"] for codes in refused.values())
    assert set(refused) == {name for name, *_ in PEOPLE} - expected


def test_women_who_were_given_more_before_leave_room_for_men() -> None:
    men = [("m1", 9.0, False), ("m2", 8.0, False)]

    assert served(run_of(men, shares=HALF, given=Given()))[0] == set()
    before = Given(total=50, of={"women": 50})
    assert served(run_of(men, shares=HALF, given=before))[0] == {"m1"}


def test_a_share_missed_before_is_missed_on_rather_than_nobody_served() -> None:
    """It cannot be met by this run: the woman is served, and no man beside her."""
    people = [("m1", 9.0, False), ("w1", 1.0, True)]
    financed, refused = served(
        run_of(people, shares=HALF, given=Given(total=10_000, of={"women": 0}))
    )

    assert (financed, refused) == ({"w1"}, {"m1": ["trait_share"]})


def test_a_cap_on_a_sector_counts_what_the_sector_got_before() -> None:
    """A quarter of 200 and the 200 given before is 100; 60 of it went to the sector already."""
    fund = Fund(
        id="women", budget=200, sector_share_max=250_000,
        given={"sector": Given(total=200, of={"x": 60})},
    )  # fmt: skip
    problem = replace(run_of(PEOPLE, shares={}, given=Given()), funds=(fund,))
    financed, refused = served(problem)

    assert financed == set(), "40 are left for the sector, and each asks 50"
    assert {code for codes in refused.values() for code in codes} == {"sector_share"}
    richer = replace(problem, funds=(replace(fund, given={}, sector_share_max=500_000),))
    assert served(richer)[0] == {"m1", "m2"}


@pytest.mark.parametrize(
    "given",
    [
        Given(total=-1),
        Given(total=10, of={"women": 11}),
        Given(total=10, of={"women": -1}),
        Given(total=2**62),
    ],
)
def test_what_cannot_have_been_given_is_refused(given: Given) -> None:
    with pytest.raises(AssignmentContradicts):
        run_of(PEOPLE, shares=HALF, given=given)


@pytest.mark.parametrize(
    "change",
    [
        {"funds": (Fund(id="waqf", budget=-1),)},
        {"funds": (Fund(id="waqf", budget=1, shares={"women": BASE + 1}),)},
        {"funds": (Fund(id="waqf", budget=1), Fund(id="waqf", budget=2))},
        {"funds": (Fund(id="other", budget=1),)},
        {"funds": (Fund(id="waqf", budget=2**62),)},
    ],
)
def test_a_run_that_contradicts_itself_is_refused(change: dict[str, Any]) -> None:
    person = Applicant(
        id="a", amount=5, applied_on=date(2026, 1, 1), sector="x", traits=frozenset(), loss=0,
        eligible={"waqf": 1.0},
    )  # fmt: skip
    sound = Problem(applicants=(person,), funds=(Fund(id="waqf", budget=10),))

    with pytest.raises(AssignmentContradicts):
        replace(sound, **change)
    with pytest.raises(AssignmentContradicts):
        replace(sound, applicants=(replace(person, amount=0),))
    with pytest.raises(AssignmentContradicts):
        replace(sound, applicants=(person, person))
