"""Which figures may be shown when each could be about a few people only?

A cell about one to four people is not shown, and nothing is shown from which it could be
computed: neither the rest of its row of cells with their total, nor the share on each side of it.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

SMALLEST_CELL = 5


def is_small(count: int, *, smallest: int = SMALLEST_CELL) -> bool:
    """Whether a count is of somebody but of too few: one to four. Nobody is not a secret."""
    return 0 < count < smallest


def hidden_cells(counts: Sequence[int], *, smallest: int = SMALLEST_CELL) -> frozenset[int]:
    """Positions to hide in cells whose total is public.

    Small cells are hidden; while what is hidden together is one cell or itself small, the next
    smallest cell that is not empty is hidden too, so that total minus shown says nothing of a
    small cell. Worked: 40, 3, 12 hides the 3 and then the 12; 40, 3, 2 hides both small ones,
    which are five together.
    """
    hidden = {place for place, count in enumerate(counts) if is_small(count, smallest=smallest)}
    if not hidden:
        return frozenset()
    others = sorted(
        (place for place, count in enumerate(counts) if count >= smallest),
        key=lambda place: counts[place],
    )
    for place in others:
        if len(hidden) > 1 and sum(counts[h] for h in hidden) >= smallest:
            break
        hidden.add(place)
    return frozenset(hidden)


def shown_thresholds(
    late_contracts: Mapping[int, int],
    *,
    contracts: int,
    first: Sequence[int],
    smallest: int = SMALLEST_CELL,
) -> frozenset[int]:
    """Which "more than N days late" figures may be shown beside each other and the whole.

    `late_contracts` says for each N how many contracts are later; `contracts` is all of them;
    `first` names every N, the one that matters most first. Two shown figures differ by a class
    of lateness, and no such class may be small. Worked: 100 contracts, 20 later than 0 days, 8
    later than 30, 2 later than 60: with 30 first, 30 and 0 are shown (classes of 8, 12 and 80),
    and 60 is not.
    """
    if is_small(contracts, smallest=smallest):
        return frozenset()
    shown: set[int] = set()
    for days in first:
        edges = [contracts, *(late_contracts[one] for one in sorted({*shown, days})), 0]
        classes = (more - less for more, less in pairwise(edges))
        if not any(is_small(size, smallest=smallest) for size in classes):
            shown.add(days)
    return frozenset(shown)
