"""Which policies are worth a committee's time, and how far may cells be trusted?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.scoring.domain.simulation.book import Book
from services.scoring.domain.simulation.outcomes import Outcome, Review, Totals, outcome_of
from services.scoring.domain.simulation.policy import Case, Policy
from shared.errors import Kind, RafidError

ERROR_MOST = 0.01

# What a committee weighs: less of the first four is better, more of the last.
LESS = ("subsidy", "total_cost", "burden_over", "expected_loss")
MORE = ("loans_a_year",)
# What is held against the loans one by one, relative to their own figure.
HELD = (
    "lent", "portfolio_yield", "total_cost", "expected_loss", "duration", "default_rate",
    "operational_self_sufficiency",
)  # fmt: skip


class CellsTooCoarse(RafidError):
    """The cells of the book are too coarse for a review"""

    kind = Kind.RULE
    service = "scoring"
    detail = (
        "By {cells} cells {figure} is {error} away from the loans one by one, more than {most}: "
        "run the review on loans."
    )
    cells: int
    figure: str
    error: str
    most: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Policies beside each other: which are beaten by none, and what today's gives away.

    `regret` is, for each figure, how much better the best of the Pareto set that is nowhere worse
    than today's does; empty where today's policy is in the set.
    """

    pareto: tuple[str, ...]
    regret: Mapping[str, float]
    better: str | None


def compared(outcomes: Sequence[Outcome], *, today: str) -> Compared:
    """Return the Pareto set over subsidy, cost, burden over 40 %, expected loss and loans a year.

    Worked: a policy that costs borrowers less and needs no more subsidy than another, the rest
    equal, beats it.
    """
    figures = {item.policy: _figures(item.whole) for item in outcomes}
    pareto = unbeaten(figures)
    own = figures[today]
    better = [name for name in pareto if beats(figures[name], own)]
    if not better:
        return Compared(pareto=pareto, regret={}, better=None)
    best = min(better, key=lambda name: (figures[name], name))
    names = (*LESS, *MORE)
    return Compared(
        pareto=pareto,
        regret={n: own[i] - figures[best][i] for i, n in enumerate(names)},
        better=best,
    )


def unbeaten(figures: Mapping[str, tuple[float, ...]]) -> tuple[str, ...]:
    """Name those that no other beats, of figures of which less is better; alike ones both stand.

    Worked: of (1, 2), (2, 1) and (2, 2) the first two.
    """
    return tuple(
        name
        for name, own in figures.items()
        if not any(beats(other, own) for rival, other in figures.items() if rival != name)
    )


def beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether one is nowhere more than another, and somewhere less."""
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


def cells_error(review: Review, *, cells: Book, rules: Policy, case: Case) -> dict[str, float]:
    """Return how far cells are from the loans that they stand for, figure by figure.

    Relative to the figure of the loans one by one; of shares over a burden in points. Raises
    CellsTooCoarse where one is over a hundredth.
    """
    loans = outcome_of(replace(review, segments=()), rules=rules, case=case).whole
    coarse = outcome_of(replace(review, book=cells, segments=()), rules=rules, case=case).whole
    found = {}
    for name in HELD:
        one, other = getattr(loans, name), getattr(coarse, name)
        found[name] = abs(other - one) / abs(one) if one else abs(other)
    pairs = zip(loans.burden_over, coarse.burden_over, strict=True)
    found["burden_over"] = max(abs(other - one) for one, other in pairs)
    worst = max(found, key=lambda name: found[name])
    if found[worst] > ERROR_MOST:
        raise CellsTooCoarse(
            cells=len(cells), figure=worst, error=f"{found[worst]:.2%}", most=f"{ERROR_MOST:.0%}"
        )
    return found


def _figures(totals: Totals) -> tuple[float, ...]:
    """Write what is weighed so that less is better everywhere."""
    return (
        totals.subsidy,
        totals.total_cost,
        totals.burden_over[1],
        totals.expected_loss,
        -totals.loans_a_year,
    )
