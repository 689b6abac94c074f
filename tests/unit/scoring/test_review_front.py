"""Who is unbeaten among all policies of a review, and what today's terms give up beside them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain.simulation import comparing, reviewing
from services.scoring.reviews import front
from services.scoring.reviews.plan_bodies import PlanBody
from tests import review_plans
from tests.books import a_book

Json = dict[str, Any]
FIGURES = st.tuples(*[st.sampled_from([0.0, 0.1, 0.2])] * 3, st.sampled_from([0.1, 0.2]))
POLICIES = st.lists(
    st.tuples(FIGURES, st.sampled_from([100.0, 200.0]), st.booleans()), min_size=1, max_size=9
)


def policy(name: str, figures: tuple[float, ...], loans: float, *, lawful: bool = True) -> Json:
    cost, subsidy, burden, loss = figures
    totals = {
        "total_cost": cost, "subsidy": subsidy, "burden_over": (0.9, burden, 0.0),
        "expected_loss": loss, "loans_a_year": loans,
    }  # fmt: skip
    cases = dict.fromkeys(("low", "central", "high"), totals)
    return {"name": name, "cases": cases, "is_lawful": lawful, "segments": {}}


def result(*policies: Json) -> Json:
    return {"policies": list(policies)}


def made(found: list[tuple[tuple[float, ...], float, bool]]) -> Json:
    names = ["today", *(f"p{place}" for place in range(1, len(found)))]
    return result(
        *(
            policy(name, figures, loans, lawful=lawful)
            for name, (figures, loans, lawful) in zip(names, found, strict=True)
        )
    )


def weighed(item: Json) -> tuple[float, ...]:
    totals = item["cases"]["central"]
    return (
        totals["total_cost"], totals["subsidy"], totals["burden_over"][1],
        totals["expected_loss"], -totals["loans_a_year"],
    )  # fmt: skip


def worse(one: Json, other: Json) -> bool:
    """Whether the other is at least as good in everything, and better in something."""
    mine, theirs = weighed(one), weighed(other)
    return theirs != mine and all(b <= a for a, b in zip(mine, theirs, strict=True))


@settings(max_examples=120, deadline=None)
@given(POLICIES)
def test_the_set_is_of_all_policies_and_of_nobody_else(found: Any) -> None:
    review = made(found)
    policies = review["policies"]
    of = front.front_of(review)

    expected = {
        item["name"] for item in policies if not any(worse(item, other) for other in policies)
    }
    assert {s.policy["name"] for s in of.standings if not s.is_second} == expected
    assert (of.of, of.unbeaten) == (len(policies), len(expected))
    lawful = [item for item in policies if item["is_lawful"]]
    second = {
        item["name"] for item in lawful if not any(worse(item, other) for other in lawful)
    } - expected
    assert {s.policy["name"] for s in of.standings if s.is_second} == second
    assert all(policies[s.number - 1] is s.policy for s in of.standings)


@settings(max_examples=80, deadline=None)
@given(POLICIES)
def test_given_up_is_only_what_a_lawful_policy_brings(found: Any) -> None:
    review = made(found)
    of = front.front_of(review)
    lawful = [item for item in review["policies"] if item["is_lawful"]]
    by_name = {item["name"]: item for item in review["policies"]}

    assert bool(of.regrets) is bool(lawful)
    for place, regret in enumerate(of.regrets):
        best = min(weighed(item)[place] for item in lawful)
        if by_name["today"]["is_lawful"]:
            assert regret.given_up >= 0
        if regret.policy != "today":
            assert by_name[regret.policy]["is_lawful"]
            assert weighed(by_name[regret.policy])[place] == best
        else:
            assert weighed(by_name["today"])[place] <= best
    if of.better is not None:
        assert by_name[of.better]["is_lawful"]
        assert worse(by_name["today"], by_name[of.better])
    else:
        assert not any(worse(by_name["today"], item) for item in lawful)


def test_a_lawful_policy_that_only_an_unlawful_one_beats_is_not_lost() -> None:
    review = result(
        policy("today", (0.3, 0.1, 0.3, 0.1), 100),
        policy("lawful", (0.2, 0.1, 0.3, 0.1), 100),
        policy("unlawful", (0.1, 0.1, 0.3, 0.1), 100, lawful=False),
    )

    of = front.front_of(review)

    assert [(s.policy["name"], s.is_second) for s in of.standings] == [
        ("unlawful", False),
        ("lawful", True),
    ]
    assert of.better == "lawful"
    assert (of.regrets[0].policy, of.regrets[0].best) == ("lawful", 0.2)
    assert of.regrets[0].given_up == pytest.approx(0.1)


def test_what_beats_today_stands_before_the_cheapest() -> None:
    review = result(
        policy("today", (0.3, 0.1, 0.3, 0.1), 100),
        policy("cheap", (0.1, 0.2, 0.3, 0.1), 100),
        policy("better", (0.25, 0.1, 0.3, 0.1), 120),
    )

    of = front.front_of(review)

    assert [(s.policy["name"], s.is_better) for s in of.standings] == [
        ("better", True),
        ("cheap", False),
    ]
    assert of.standings[1].gains["subsidy"] == pytest.approx(-0.1)
    assert of.standings[0].gains["loans_a_year"] == pytest.approx(20)


@pytest.mark.parametrize(
    ("name", "gain", "written"),
    [
        ("total_cost", 0.0123, "\u22121.2 %"),
        ("total_cost", -0.0123, "+1.2 %"),
        ("loans_a_year", 20, "+20"),
        ("loans_a_year", -20, "\u221220"),
        ("expected_loss", 0.0001, ""),
        ("expected_loss", -1e-17, ""),
    ],
)
def test_a_difference_has_the_sign_of_the_figure_not_of_the_gain(
    name: str, gain: float, written: str
) -> None:
    assert front.difference(name, gain) == written


def test_a_review_of_a_hundred_policies_names_them_all() -> None:
    """Not only those that a table or a chart has room for."""
    policies = [
        {"name": f"rate {n}", "changes": [{"annual_rate": {"times": f"{0.5 + n / 100}"}}]}
        for n in range(100)
    ]
    body = PlanBody.model_validate(review_plans.plan(policies=policies, compared_by=[], caps=[]))
    found = reviewing.result_of(a_book(30), plan=body.value())

    of = front.front_of(found)

    assert of.of == 101
    assert [s.policy["name"] for s in of.standings if not s.is_second] == sorted(
        found["pareto"], key=lambda name: weighed({p["name"]: p for p in found["policies"]}[name])
    )
    assert of.unbeaten > 50


def test_a_chart_keeps_today_the_chosen_one_and_the_set_before_others() -> None:
    good = [policy(f"g{n}", (0.1 * n, 0.5 - 0.1 * n, 0.3, 0.1), 100) for n in range(3)]
    bad = [policy(f"b{n}", (0.9, 0.9, 0.9, 0.9), 1) for n in range(5)]
    review = result(policy("today", (0.8, 0.8, 0.8, 0.8), 2), *bad, *good)
    of = front.front_of(review)

    kept = front.drawn(review, of, chosen="b4", most=5)

    assert [item["name"] for _, item in kept] == ["today", "b4", "g0", "g1", "g2"]
    assert [number for number, _ in kept] == [1, 6, 7, 8, 9]
    assert len(front.drawn(review, of, chosen="b4", most=50)) == 9


def test_figures_that_are_alike_beat_each_other_nowhere() -> None:
    assert comparing.unbeaten({"a": (1.0, 2.0), "b": (1.0, 2.0), "c": (2.0, 2.0)}) == ("a", "b")
    assert not comparing.beats((1.0,), (1.0,))
