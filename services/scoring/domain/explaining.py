"""What would have to be different for a better opinion? The shortest ways over the card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from services.scoring.domain.scorecard import Advice, Characteristic, Scorecard, Texts

WAYS_MAX = 3
STEPS_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One characteristic that would fall into a better bin, and the points that it would bring.

    `at_least` and `below` bound a number; a characteristic with levels has neither.
    """

    characteristic: str
    label: Texts
    hint: Texts
    gained: int
    at_least: str | None = None
    below: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Steps that together reach a grade with a better advice."""

    steps: tuple[Step, ...]
    points: int
    grade: str
    advice: Advice


def ways_to_better(opinion: Mapping[str, Any], *, card: Scorecard) -> tuple[Way, ...]:
    """Return at most three ways to the next better advice, the fewest and smallest steps first.

    A way has one step where one is enough, else two, else three; of each characteristic the
    nearest bin that suffices is named. There is none where the advice of the grade is the best
    already, or where no three steps suffice. Worked: 58 points, offers from 60; a second
    reference brings 3: one way with one step, to 61.
    """
    points = int(opinion["points"])
    floor = _better_floor(card, points)
    if floor is None:
        return ()
    gap = floor - points
    used = {item["characteristic"]: item for item in opinion["breakdown"]}
    options = {
        item.id: better
        for item in card.characteristics
        if item.id in used and (better := _steps(item, int(used[item.id]["points"])))
    }
    for count in range(1, STEPS_MAX + 1):
        found = [
            steps
            for chosen in combinations(options.values(), count)
            if (steps := _nearest(chosen, gap)) is not None
        ]
        if found:
            found.sort(key=lambda steps: sum(step.gained for step in steps))
            return tuple(_way(card, steps, points) for steps in found[:WAYS_MAX])
    return ()


def _better_floor(card: Scorecard, points: int) -> int | None:
    """The least points of the next grade above whose advice is another one."""
    grades = card.grades
    own = next((i for i, grade in enumerate(grades) if points >= grade.floor), len(grades) - 1)
    better = [grade for grade in grades[:own] if grade.advice is not grades[own].advice]
    return better[-1].floor if better else None


def _steps(item: Characteristic, own: int) -> list[Step]:
    """Better bins of a characteristic, the nearest in points first."""
    if item.levels is not None:
        gains = sorted({points - own for points in item.levels.values() if points > own})
        return [_step(item, gained) for gained in gains]
    bounds = [None, *(f"{cut:f}" for cut in item.cuts), None]
    found: dict[int, Step] = {}
    for i, points in enumerate(item.points):
        if points > own:
            step = _step(item, points - own, at_least=bounds[i], below=bounds[i + 1])
            found.setdefault(step.gained, step)
    return [found[gained] for gained in sorted(found)]


def _step(
    item: Characteristic, gained: int, *, at_least: str | None = None, below: str | None = None
) -> Step:
    return Step(
        characteristic=item.id,
        label=item.label,
        hint=item.hint,
        gained=gained,
        at_least=at_least,
        below=below,
    )


def _nearest(chosen: Sequence[list[Step]], gap: int) -> tuple[Step, ...] | None:
    """Of each characteristic the smallest step such that all together close the gap."""
    if sum(steps[-1].gained for steps in chosen) < gap:
        return None
    taken = [steps[-1] for steps in chosen]
    for i, steps in enumerate(chosen):
        rest = sum(step.gained for step in taken) - taken[i].gained
        taken[i] = next(step for step in steps if rest + step.gained >= gap)
    return tuple(taken)


def _way(card: Scorecard, steps: tuple[Step, ...], points: int) -> Way:
    reached = points + sum(step.gained for step in steps)
    grade = next(grade for grade in card.grades if reached >= grade.floor)
    return Way(steps=steps, points=reached, grade=grade.name, advice=grade.advice)
