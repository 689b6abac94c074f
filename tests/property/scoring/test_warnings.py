"""Nothing of the future enters a warning, and officers never get more than they can do."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain.warning import grading, signals
from services.scoring.domain.warning.facts import (
    Burden,
    Due,
    LoanFacts,
    Milestone,
    Payment,
    Promise,
    Visit,
    VisitEnd,
)
from services.scoring.domain.warning.grading import Capacity, Grade, Scored
from shared import ids
from tests.running_loans import AS_OF, loan

PAST = st.dates(date(2025, 9, 1), AS_OF)
FUTURE = st.dates(AS_OF + timedelta(days=1), date(2027, 1, 1))
AMOUNTS = st.integers(1, 300)
BRANCHES = [ids.new() for _ in range(3)]


def facts_on(days: st.SearchStrategy[date]) -> st.SearchStrategy[dict[str, Any]]:
    """Facts of every kind, all dated on such days."""
    return st.fixed_dictionaries(
        {
            "dues": st.lists(st.builds(Due, due_on=days, amount_minor=AMOUNTS), max_size=4),
            "payments": st.lists(st.builds(Payment, paid_on=days, amount_minor=AMOUNTS)),
            "promises": st.lists(
                st.builds(Promise, made_on=days, promised_for=days, amount_minor=AMOUNTS)
            ),
            "visits": st.lists(
                st.builds(Visit, ended_on=days, end=st.sampled_from(list(VisitEnd)))
            ),
            "milestones": st.lists(st.builds(Milestone, due_on=days, reached_on=st.none() | days)),
            "burdens": st.lists(
                st.builds(Burden, found_on=days, share=st.decimals(0, 2, places=2))
            ),
        }
    )


def said(item: LoanFacts) -> tuple[dict[str, Decimal | None], bool]:
    known = signals.known_of(item, as_of=AS_OF)
    return signals.signals_of(known), known.has_fallen


@settings(max_examples=60, deadline=None)
@given(past=facts_on(PAST), future=facts_on(FUTURE), random=st.randoms(use_true_random=False))
def test_whatever_the_future_holds_changes_nothing(
    past: dict[str, Any], future: dict[str, Any], random: Any
) -> None:
    before = loan(**past)
    mixed = {name: past[name] + future[name] for name in past}
    for rows in mixed.values():
        random.shuffle(rows)

    assert said(replace(before, **mixed)) == said(before)


@settings(max_examples=40, deadline=None)
@given(past=facts_on(PAST), reached=FUTURE)
def test_a_milestone_reached_later_is_behind_today(past: dict[str, Any], reached: date) -> None:
    opened = [replace(item, reached_on=None) for item in past["milestones"]]
    later = [replace(item, reached_on=reached) for item in past["milestones"]]

    assert said(loan(**past | {"milestones": opened})) == said(loan(**past | {"milestones": later}))


@settings(max_examples=80, deadline=None)
@given(
    points=st.lists(st.tuples(st.integers(0, 9), st.sampled_from([None, *BRANCHES]))),
    share=st.decimals(0, 1, places=3),
    bounds=st.dictionaries(st.sampled_from(BRANCHES), st.integers(0, 3)),
    random=st.randoms(use_true_random=False),
)
def test_alerts_never_exceed_the_capacity(
    points: list[tuple[int, Any]], share: Decimal, bounds: dict[Any, int], random: Any
) -> None:
    items = [
        Scored(loan_id=ids.new(), branch_id=branch, points=value, is_told=value < 9)
        for value, branch in points
    ]
    capacity = Capacity(share=share, by_branch=bounds)
    placed = grading.graded(items, capacity=capacity, as_of=AS_OF)
    random.shuffle(items)

    assert grading.graded(items, capacity=capacity, as_of=AS_OF) == placed
    alerts = {item.loan_id for item in placed if item.grade is not Grade.GREEN}
    assert len(alerts) <= share * len(items)
    for branch, bound in bounds.items():
        assert sum(i.branch_id == branch for i in items if i.loan_id in alerts) <= bound
    if not bounds and alerts:
        worst = max(item.points for item in items if item.loan_id in alerts)
        assert all(i.points >= worst for i in items if i.loan_id not in alerts)
