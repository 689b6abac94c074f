"""A policy that is no loan is refused by name, whatever it would cost to reckon it."""

import json
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from services.scoring.domain.simulation import reviewing
from services.scoring.domain.simulation.outcomes import LegalCap
from services.scoring.domain.simulation.policy import PolicyContradicts
from services.scoring.domain.simulation.reading import book_from
from services.scoring.domain.simulation.reviewing import Plan
from services.scoring.reviews import operations, page, paper
from services.scoring.reviews.page import Shown
from services.scoring.reviews.plan_bodies import PlanBody
from shared import printing
from shared.texts import Language
from tests import review_plans

Json = dict[str, Any]


def reckoned(plan: Json, **columns: object) -> Json:
    body = PlanBody.model_validate_json(json.dumps(plan))
    book = review_plans.columns(30) | columns
    return operations.reckoned(body.model_dump(mode="json"), book)


def changed(**rules: object) -> Json:
    return review_plans.plan(policies=[{"name": "other", "changes": [rules]}])


@pytest.mark.parametrize(
    ("member", "rule"),
    [
        ("term", {"set_to": "1000000000"}),
        ("term", {"times": "20", "plus": "2400"}),
        ("grace", {"set_to": "1000000000"}),
        ("annual_rate", {"set_to": "1000000000"}),
        ("amount", {"times": "20"}),  # twelve times over
    ],
)
def test_terms_beyond_sense_are_refused_before_they_are_reckoned(member: str, rule: Json) -> None:
    """A term of a thousand million months would keep the processor for ever."""
    plan = review_plans.plan(policies=[{"name": "other", "changes": [{member: rule}] * 12}])

    with pytest.raises(PolicyContradicts) as refused:
        reckoned(plan)

    assert (refused.value.policy, refused.value.member) == ("other", member)


def test_a_burden_beyond_counting_stands_in_the_last_bin() -> None:
    """An amount of twenty thousand million against an income of hundreds."""
    rule = {"set_to": "1000000000", "times": "20"}

    found = reckoned(changed(amount=rule))["policies"][1]["cases"]["central"]

    assert found["burden"][1] == pytest.approx(4.0, abs=0.01)
    assert found["burden_over"][2] == pytest.approx(1)


def test_the_same_fund_lends_half_as_many_loans_of_twice_the_amount() -> None:
    today, double = reckoned(changed(amount={"times": "2"}))["policies"]
    once, twice = today["cases"]["central"], double["cases"]["central"]

    assert twice["duration"] / once["duration"] == pytest.approx(1, abs=0.1)
    assert twice["loans_a_year"] / once["loans_a_year"] == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    "rules",
    [{}, {"where": {"region": "north"}}, {"annual_rate": {"low": "0.5", "high": "0.1"}}],
)
def test_a_change_that_says_nothing_or_the_contrary_is_refused(rules: Json) -> None:
    with pytest.raises(ValidationError):
        PlanBody.model_validate_json(json.dumps(changed(**rules)))


def test_a_currency_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValidationError):
        PlanBody.model_validate_json(json.dumps(review_plans.plan(currency="XXX")))


def test_a_search_passes_over_terms_that_are_no_loan() -> None:
    """Six months of grace do not fit into every loan; without them there is an answer."""
    wide = review_plans.search(graces=[0, 12], terms=["0.1", "1"], subsidy_most=None)

    (found,) = reckoned(review_plans.plan(searches=[wide]))["searches"]

    assert found["found"]


def test_a_search_without_any_possible_terms_says_so() -> None:
    none = review_plans.search(graces=[12], terms=["0.1"])

    (found,) = reckoned(review_plans.plan(searches=[none]))["searches"]

    assert not found["found"]
    assert found["missed"]["condition"] == "terms"


def test_a_rate_at_the_ceiling_is_lawful_in_the_figures_as_in_the_flags() -> None:
    """0.1 + 0.2 is a little more than 0.3 for a processor, not for a court."""
    columns = review_plans.columns(30)
    columns["annual_rate"] = [0.1 + 0.2] * 30
    plan = PlanBody.model_validate_json(json.dumps(review_plans.plan())).value()
    cap = LegalCap(where={}, basis="nominal", cap=0.3, source="Law 7")
    book = book_from(operations.figures_of(columns), labels=columns["segments"])

    result = reviewing.result_of(
        book,
        plan=Plan(
            costs=plan.costs,
            behaviour=plan.behaviour,
            caps=(cap,),
            segments=(),
            policies=(),
        ),
    )

    assert np.float64(0.1 + 0.2) > cap.cap
    today = result["policies"][0]
    assert (today["is_lawful"], today["cases"]["central"]["above_cap"]) == (True, 0.0)


def test_the_order_of_loans_does_not_move_a_review() -> None:
    columns = review_plans.columns(60)
    turned = {
        name: cells[::-1] if isinstance(cells, list) else {k: v[::-1] for k, v in cells.items()}
        for name, cells in columns.items()
    }

    first, other = reckoned(review_plans.plan(), **columns), reckoned(review_plans.plan(), **turned)

    one, two = (item["policies"][1]["cases"]["central"] for item in (first, other))
    assert two["subsidy"] == pytest.approx(one["subsidy"], rel=1e-12)
    assert first["pareto"] == other["pareto"]


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_thousands_are_no_decimals_in_any_language(language: Language) -> None:
    """`108,550 JOD` is a hundred and eight dinars to whoever reads French."""
    shown = Shown(
        name="Spring",
        currency="JOD",
        status="run",
        result=reckoned(review_plans.plan(searches=[review_plans.search(terms=["0.1"])])),
        input_hash="0" * 64,
    )
    lent = f"{round(shown.result['book']['lent']):,}"

    told = page.page(shown, language=language)

    assert lent not in told
    apart = lent.replace(",", "\u00a0")
    assert f"{apart} JOD" in told
    assert b"%PDF" in printing.printed(paper.sheet(shown, language=language))[:8]
