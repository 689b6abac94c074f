"""Which cells are hidden, so that nothing about one to four people can be computed."""

from services.monitoring.domain import disclosure


def shown(late: dict[int, int], *, contracts: int) -> frozenset[int]:
    """With thirty days first."""
    first = [days for days in (30, 0, 90, 60) if days in late]
    return disclosure.shown_thresholds(late, contracts=contracts, first=first)


def test_a_small_cell_takes_the_next_smallest_with_it() -> None:
    assert disclosure.hidden_cells([40, 3, 12]) == {1, 2}


def test_two_small_cells_that_are_five_together_hide_no_third() -> None:
    assert disclosure.hidden_cells([40, 3, 2]) == {1, 2}


def test_two_small_cells_that_are_still_few_take_a_third() -> None:
    assert disclosure.hidden_cells([40, 1, 2, 9]) == {1, 2, 3}


def test_nothing_is_hidden_where_no_cell_is_small() -> None:
    assert disclosure.hidden_cells([5, 0, 80]) == frozenset()


def test_nobody_is_not_a_secret() -> None:
    assert disclosure.hidden_cells([0, 0, 7]) == frozenset()


def test_a_lone_small_cell_is_hidden_and_its_total_is_small_itself() -> None:
    assert disclosure.hidden_cells([3, 0]) == {0}
    assert disclosure.is_small(3)


def test_lateness_is_shown_where_each_class_has_five() -> None:
    late = {0: 20, 30: 8, 60: 2, 90: 0}
    assert shown(late, contracts=100) == {90, 30, 0}


def test_a_class_between_two_shown_figures_is_never_small() -> None:
    """Eight and six are each enough, but they would show the two between them."""
    late = {0: 20, 30: 8, 60: 6, 90: 6}
    assert shown(late, contracts=100) == {30, 0}


def test_what_matters_most_is_shown_first() -> None:
    late = {0: 20, 30: 8, 60: 6, 90: 6}
    found = disclosure.shown_thresholds(late, contracts=100, first=(90, 60, 30, 0))
    assert found == {90, 60, 0}


def test_the_class_on_time_is_protected_too() -> None:
    late = {0: 18, 30: 9, 60: 0, 90: 0}
    assert shown(late, contracts=20) == {90, 60, 30}


def test_a_portfolio_of_few_shows_no_lateness() -> None:
    assert shown({0: 0, 30: 0}, contracts=4) == frozenset()


def test_a_portfolio_all_on_time_shows_its_zeros() -> None:
    assert shown({0: 0, 30: 0}, contracts=50) == {0, 30}
