"""The waterfall conserves money, forgets order, and moves one way."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.monitoring.domain import disclosure, standing
from services.monitoring.domain.standing import Agreement, Due, Portions

minors = st.integers(min_value=0, max_value=500_000)
paid_sums = st.integers(min_value=0, max_value=20_000_000)


@st.composite
def agreements(draw: st.DrawFn) -> Agreement:
    start = date(2025, 1, 1)
    dues = [
        Due(
            due_on=start + timedelta(days=30 * number),
            principal_minor=draw(minors),
            profit_minor=draw(minors),
            fee_minor=draw(minors),
        )
        for number in range(draw(st.integers(min_value=0, max_value=14)))
    ]
    order = tuple(draw(st.permutations(standing.COMPONENTS)))
    return Agreement(currency="TND", dues=tuple(dues), allocation_order=order)


def poured(agreement: Agreement, paid: int) -> Portions:
    """The same waterfall, one unit of thought at a time: component after component."""
    parts = dict.fromkeys(standing.COMPONENTS, 0)
    for due in agreement.dues:
        for component in agreement.allocation_order:
            taken = min(paid, due.part(component))
            parts[component] += taken
            paid -= taken
    return Portions(
        principal_minor=parts["principal"],
        profit_minor=parts["profit"],
        fee_minor=parts["fee"],
        surplus_minor=paid,
    )


@given(agreements(), paid_sums)
def test_the_fast_waterfall_is_the_slow_one(agreement: Agreement, paid: int) -> None:
    found = standing.portions(agreement, paid_minor=paid)
    assert found == poured(agreement, paid)
    assert standing.principal_paid(agreement, paid_minor=paid) == found.principal_minor


@given(agreements(), paid_sums)
def test_no_unit_is_lost_or_made(agreement: Agreement, paid: int) -> None:
    found = standing.portions(agreement, paid_minor=paid)
    parts = (found.principal_minor, found.profit_minor, found.fee_minor, found.surplus_minor)
    assert sum(parts) == paid
    assert min(parts) >= 0


@given(agreements(), paid_sums, paid_sums)
def test_more_money_never_makes_a_contract_later(
    agreement: Agreement, paid: int, more: int
) -> None:
    scheduled = sum(due.principal_minor for due in agreement.dues)
    day = date(2026, 6, 1)
    before = standing.standing(agreement, disbursed_minor=scheduled, paid_minor=paid, as_of=day)
    after = standing.standing(
        agreement, disbursed_minor=scheduled, paid_minor=paid + more, as_of=day
    )
    assert after.days_past_due <= before.days_past_due
    assert after.outstanding.minor <= before.outstanding.minor


@given(st.lists(st.integers(min_value=0, max_value=60), max_size=8))
def test_what_is_hidden_is_never_one_small_cell_unless_all_is_small(counts: list[int]) -> None:
    hidden = disclosure.hidden_cells(counts)
    small = {place for place, count in enumerate(counts) if 0 < count < 5}
    assert small <= hidden
    if hidden and not disclosure.is_small(sum(counts)):
        assert len(hidden) > 1
        assert sum(counts[place] for place in hidden) >= 5


@given(
    st.lists(st.integers(min_value=0, max_value=12), min_size=4, max_size=4),
    st.integers(0, 9),
    st.permutations((0, 30, 60, 90)),
)
def test_no_class_between_shown_thresholds_is_small(
    late: list[int], on_time: int, first: list[int]
) -> None:
    counts = dict(zip((0, 30, 60, 90), sorted(late, reverse=True), strict=True))
    contracts = max(counts.values()) + on_time
    shown = sorted(disclosure.shown_thresholds(counts, contracts=contracts, first=first))
    edges = [contracts, *(counts[days] for days in shown), 0]
    classes = [more - less for more, less in pairwise(edges)]
    if shown:
        assert not any(disclosure.is_small(size) for size in classes)
