"""A whole review: every case, the law by region, searches, and what is refused by name."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from services.scoring.domain.simulation import book as books
from services.scoring.domain.simulation import legality, reading, reviewing
from services.scoring.domain.simulation.book import BookUnreadable
from services.scoring.domain.simulation.outcomes import LegalCap
from services.scoring.domain.simulation.policy import Change, Policy, PolicyContradicts, Rule
from services.scoring.domain.simulation.reading import (
    BookColumnMissing,
    BookColumnsUneven,
    BookEmpty,
    GradeUnknown,
    SegmentTooFine,
    Sources,
)
from services.scoring.domain.simulation.reviewing import (
    CapUnclear,
    ChangeNamesNobody,
    PolicyNamedTwice,
)
from services.scoring.reviews import telling
from services.scoring.reviews.plan_bodies import PlanBody
from tests import review_plans
from tests.books import a_book, a_review, one_loan

FIGURES = {
    "principal": ["1000", "٥٠٠"], "annual_rate": ["24", "0"], "term": ["12", "6"],
    "income": ["500", "300"], "risk": ["A", "B"], "product": ["dear", "qard"],
}  # fmt: skip
SOURCES = Sources(
    members={
        "principal": "principal", "annual_rate": "annual_rate", "term": "term",
        "income": "income", "grade": "risk",
    },
    segments={"product": "product"},
    pd_by_grade={"A": 0.02, "B": 0.08},
    is_percent=True,
)  # fmt: skip


def run(rows: int = 60, **changes: Any) -> dict[str, Any]:
    body = PlanBody.model_validate(review_plans.plan(compared_by=["region"]) | changes)
    return reviewing.result_of(a_book(rows), plan=body.value())


def test_a_file_becomes_a_book() -> None:
    book = reading.book_from_file(FIGURES, sources=SOURCES)

    assert book.principal.tolist() == [1000, 500]
    assert book.annual_rate.tolist() == [0.24, 0]
    assert book.pd.tolist() == [0.02, 0.08]
    assert book.debts.tolist() == [0, 0]
    assert [book.labels["product"][i] for i in book.codes["product"]] == ["dear", "qard"]


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("principal", ["1000", "0"]),
        ("principal", ["1000", "much"]),
        ("principal", ["1000", ""]),
        ("principal", ["1000", "inf"]),
        ("principal", ["1000", "1e300"]),
        ("annual_rate", ["24", "-1"]),
        ("annual_rate", ["24", "2400"]),
        ("term", ["12", "6.5"]),
        ("term", ["12", "1000000000"]),
        ("term", ["12", "nan"]),
        ("income", ["500", "0"]),
    ],
)
def test_an_impossible_loan_is_named_by_its_row(column: str, cells: list[str]) -> None:
    with pytest.raises(BookUnreadable) as refused:
        reading.book_from_file(FIGURES | {column: cells}, sources=SOURCES)

    assert (refused.value.column, refused.value.row, refused.value.count) == (column, 2, 1)


def test_a_file_that_is_no_book_is_refused() -> None:
    with pytest.raises(BookColumnMissing):
        reading.book_from_file({"principal": ["1"]}, sources=SOURCES)
    with pytest.raises(GradeUnknown) as unknown:
        reading.book_from_file(FIGURES | {"risk": ["A", "Z"]}, sources=SOURCES)
    assert (unknown.value.grade, unknown.value.row) == ("Z", 2)
    with pytest.raises(BookEmpty):
        reading.book_from_file({name: [] for name in FIGURES}, sources=SOURCES)


def test_columns_without_a_product_or_a_risk_or_of_other_length_are_refused() -> None:
    figures = {name: np.ones(3) for name in ("principal", "annual_rate", "term", "pd", "income")}
    figures["pd"] = np.full(3, 0.1)
    product = {"product": ["a", "a", "b"]}

    with pytest.raises(BookColumnMissing):
        reading.book_from(figures, labels={})
    with pytest.raises(BookColumnMissing):
        reading.book_from({k: v for k, v in figures.items() if k != "pd"}, labels=product)
    with pytest.raises(BookColumnsUneven):
        reading.book_from(figures, labels={"product": ["a", "b"]})
    with pytest.raises(BookUnreadable):
        reading.book_from(figures | {"count": np.array([1.0, 0.0, 1.0])}, labels=product)
    many = {"product": [str(i) for i in range(300)]}
    with pytest.raises(SegmentTooFine):
        reading.book_from({k: np.full(300, v[0]) for k, v in figures.items()}, labels=many)


def test_a_review_holds_today_every_policy_and_every_case() -> None:
    found = run()

    assert [item["name"] for item in found["policies"]] == ["today", "half", "long", "one rate"]
    assert found["policies"][0]["origin"] == "today"
    for item in found["policies"]:
        assert set(item["cases"]) == {"low", "central", "high"}
        assert set(item["segments"]["region"]) == {"north", "south"}
        low, high = item["cases"]["low"], item["cases"]["high"]
        assert item["name"] == "today" or low["default_rate"] != high["default_rate"]
    assert "half" in found["pareto"]


def test_a_policy_that_breaks_the_law_in_one_region_is_flagged_there() -> None:
    found = {item["name"]: item for item in run()["policies"]}

    assert found["half"]["is_lawful"]
    assert not found["one rate"]["is_lawful"]
    (flag,) = found["one rate"]["caps"]
    assert set(flag["above_by"]["region"]) == {"north"}
    assert flag["above"] == flag["covered"] < 60
    assert flag["highest"] == pytest.approx(0.24)


@pytest.mark.parametrize(
    ("basis", "cap", "above"),
    [
        ("nominal", 0.130766364, 0),
        ("nominal", 0.13, 1),
        ("effective", 0.17, 0),
        ("effective", 0.16, 1),
    ],
)
def test_a_ceiling_is_on_the_rate_that_the_law_means(basis: str, cap: float, above: int) -> None:
    """The worked loan: 13.0766 % nominal, 16.0693 % effective with its fee."""
    caps = (LegalCap(where={}, basis=basis, cap=cap, source="law"),)
    (flag,) = legality.flags_of(a_review(one_loan(), caps=caps), rules=Policy(name="today"))

    assert flag.above == above
    assert flag.is_broken is bool(above)


def test_a_search_answers_under_its_name_and_keeps_the_fund_whole() -> None:
    ceiling = {"where": {}, "basis": "nominal", "cap": "0.45", "source": "law"}
    found = run(caps=[ceiling], searches=[review_plans.search()])

    (asked,) = found["searches"]
    (answer,) = [item for item in found["policies"] if item["name"] == "cheapest"]
    assert asked["found"]
    assert answer["origin"] == "searched"
    assert answer["is_lawful"]
    assert answer["cases"]["central"]["subsidy"] <= 1e-6
    for other in found["policies"][1:-1]:
        totals = other["cases"]["central"]
        if totals["subsidy"] <= 0 and other["is_lawful"] and other["name"] != "long":
            assert answer["cases"]["central"]["total_cost"] <= totals["total_cost"] + 1e-6


def test_a_search_without_an_answer_says_what_it_misses() -> None:
    found = run(searches=[review_plans.search(burden_over_40_most="0", rate_high="0.5")])

    (asked,) = found["searches"]
    assert not asked["found"]
    assert asked["missed"]["condition"] in {"burden_over_40", "subsidy"}
    assert "cheapest" not in [item["name"] for item in found["policies"]]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        (
            {"policies": [{"name": "today", "changes": [{"term": {"times": "2"}}]}]},
            PolicyNamedTwice,
        ),
        (
            {
                "policies": [
                    {
                        "name": "x",
                        "changes": [{"where": {"region": "moon"}, "term": {"times": "2"}}],
                    }
                ]
            },
            ChangeNamesNobody,
        ),
        ({"searches": [review_plans.search(where={"planet": "x"})]}, ChangeNamesNobody),
        ({"compared_by": ["planet"]}, ChangeNamesNobody),
        (
            {"caps": [{"where": {"planet": "x"}, "basis": "nominal", "cap": "1", "source": "s"}]},
            CapUnclear,
        ),
        (
            {"policies": [{"name": "x", "changes": [{"grace": {"plus": "30"}}]}]},
            PolicyContradicts,
        ),
    ],
)
def test_a_plan_that_contradicts_its_book_is_refused(
    changes: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        run(**changes)


def test_many_loans_are_run_by_cells_close_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = run(2000)
    monkeypatch.setattr(reviewing, "CELLS_FROM", 1000)
    joined = run(2000)

    assert plain["book"]["cells"] is None
    assert 0 < joined["book"]["cells"] < 2000
    assert max(joined["book"]["cells_error"].values()) <= 0.01
    one, other = (x["policies"][1]["cases"]["central"]["lent"] for x in (plain, joined))
    assert other == pytest.approx(one, rel=0.01)


def test_cells_that_are_too_coarse_give_way_to_loans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviewing, "CELLS_FROM", 100)
    coarse = replace(a_book(400), pd=np.where(np.arange(400) % 2, 0.0, 0.9))
    monkeypatch.setattr(books, "cells_of", lambda book, **_: book.rows(slice(0, 5)))
    body = PlanBody.model_validate(review_plans.plan(compared_by=["region"]))

    assert reviewing.result_of(coarse, plan=body.value())["book"]["cells"] is None


def test_a_change_is_written_with_its_rules_only() -> None:
    change = Change(where={"region": "north"}, term=Rule(times=1.5, high=30))

    written = reviewing.changed_to_json(change)
    assert set(written) == {"where", "term"}
    assert (written["term"]["times"], written["term"]["high"]) == (1.5, 30)


def test_a_lawful_policy_is_held_beside_todays_before_an_unlawful_one() -> None:
    found = run()

    assert telling.focus(found, None) == "half"
    assert telling.focus(found, "one rate") == "one rate"
    assert telling.focus(found | {"better": "one rate"}, None) == "half"
    assert telling.focus(run(policies=[]), None) == "today"


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("clients_change", -0.3, "0"),
        ("lent", 1234567.8, "1\u00a0234\u00a0568"),
        ("subsidy", -0.00001, "0.0 %"),
        ("total_cost", -0.05, "-5.0 %"),
        ("duration", 7.25, "7.2"),
        ("operational_self_sufficiency", 1.296, "1.30"),
    ],
)
def test_a_figure_is_told_by_its_kind(name: str, value: float, written: str) -> None:
    assert telling.told(name, value) == written


def test_what_lies_outside_of_the_range_is_seen() -> None:
    found = run()
    central = found["policies"][1]["cases"]["central"]["expected_loss"]
    observed = {"expected_loss": str(central), "loans": "1000000"}

    inside, outside = telling.beside(found, policy="half", observed=observed)
    assert (inside.is_outside, outside.is_outside) == (False, True)
    assert inside.low <= inside.predicted <= inside.high
    assert telling.beside(found, policy="nothing", observed=observed) == []
