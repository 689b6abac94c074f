"""What does a grid say of the answers to it, criterion by criterion, and why?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum
from typing import Any, Final

from services.scoring.domain.grids.form import Criterion, Grid, ScaleKind
from shared.errors import Kind, RafidError

Answered = bool | Decimal | str
STEP: Final = Decimal("0.000001")
FIGURES: Final = 60


class Mark(StrEnum):
    """What became of a criterion, and of a sheet: met, not met, or something is still missing."""

    PASS = "pass"  # noqa: S105 - a mark, no word of entry
    FAIL = "fail"
    TO_COMPLETE = "to_complete"


class Why(StrEnum):
    """Why a criterion has its mark."""

    REACHED = "reached"
    BELOW = "below"
    NO_ANSWER = "no_answer"
    EVIDENCE_MISSING = "evidence_missing"
    EVIDENCE_EXPIRED = "evidence_expired"


class CriterionUnknown(RafidError):
    """The grid does not ask this"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{grid_id} {version} has no criterion {criterion}."
    grid_id: str
    version: str
    criterion: str


class AnswerTwice(RafidError):
    """A criterion is answered once"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{criterion} is answered more than once."
    criterion: str


class AnswerOfOtherForm(RafidError):
    """The answer has another form than the criterion asks"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{criterion} is answered by {scale}: {choices}."
    criterion: str
    scale: ScaleKind
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What proves an answer: its kind, where it is kept, and until when it holds."""

    kind: str
    reference: str
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to one criterion with what proves it."""

    criterion: str
    value: Answered | None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One criterion: its mark, why, the share reached, and the evidence that is not there."""

    criterion: Criterion
    mark: Mark
    why: Why
    share: Decimal | None
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a grid says: of each criterion, of each area, and in all; points are out of 100.

    `points` count what is answered and proven; `open_points` are those that could still come.
    """

    mark: Mark
    points: Decimal
    open_points: Decimal
    areas: Mapping[str, Decimal]
    criteria: tuple[Judged, ...]

    def plain(self) -> dict[str, Any]:
        """Write the result as plain JSON, always in the same form."""
        return {
            "mark": self.mark.value,
            "points": f"{self.points:f}",
            "open_points": f"{self.open_points:f}",
            "areas": {area: f"{points:f}" for area, points in self.areas.items()},
            "criteria": [
                {
                    "criterion": one.criterion.id,
                    "mark": one.mark.value,
                    "why": one.why.value,
                    "share": None if one.share is None else f"{one.share:f}",
                    "passes_at": f"{one.criterion.passes_at:f}",
                    "lacking": list(one.lacking),
                }
                for one in self.criteria
            ],
        }


def judge(grid: Grid, answers: Sequence[Answer], *, on: date) -> Result:
    """Judge a sheet: the same answers, grid and day always give the same result.

    A criterion without an answer, or without evidence that is demanded and still holds on the
    day, is to be completed and brings no points. The sheet fails where a criterion that must be
    met is not; else it waits while something is missing; else it passes from `passes_at` of the
    points on. Worked: weights 60 and 40, shares 1 and 0.5: 60 + 20 = 80 points.

    Raises CriterionUnknown, AnswerTwice, AnswerOfOtherForm.
    """
    given = _by_criterion(grid, answers)
    judged = tuple(_judged(item, given.get(item.id), on=on) for item in grid.criteria)
    areas: dict[str, Decimal] = {}
    for one in judged:
        area = one.criterion.area
        areas[area] = areas.get(area, Decimal(0)) + _points(one)
    points = sum(areas.values(), Decimal(0))
    waiting = [one for one in judged if one.mark is Mark.TO_COMPLETE]
    if any(one.mark is Mark.FAIL and one.criterion.is_must for one in judged):
        mark = Mark.FAIL
    elif waiting:
        mark = Mark.TO_COMPLETE
    else:
        mark = Mark.PASS if points >= grid.passes_at * 100 else Mark.FAIL
    return Result(
        mark=mark,
        points=points,
        open_points=sum((one.criterion.weight for one in waiting), Decimal(0)),
        areas=areas,
        criteria=judged,
    )


def _by_criterion(grid: Grid, answers: Sequence[Answer]) -> dict[str, Answer]:
    known = {item.id: item for item in grid.criteria}
    given: dict[str, Answer] = {}
    for answer in answers:
        if answer.criterion not in known:
            raise CriterionUnknown(
                grid_id=grid.grid_id, version=grid.version, criterion=answer.criterion
            )
        if answer.criterion in given:
            raise AnswerTwice(criterion=answer.criterion)
        given[answer.criterion] = answer
    return given


def _judged(criterion: Criterion, answer: Answer | None, *, on: date) -> Judged:
    if answer is None or answer.value is None:
        return Judged(criterion=criterion, mark=Mark.TO_COMPLETE, why=Why.NO_ANSWER, share=None)
    share = share_of(criterion, answer.value)
    shown = {one.kind for one in answer.evidence}
    holding = {
        one.kind for one in answer.evidence if one.valid_until is None or one.valid_until >= on
    }
    lacking = tuple(kind for kind in criterion.evidence if kind not in holding)
    if share < criterion.passes_at:
        mark, why = Mark.FAIL, Why.BELOW
    elif lacking:
        expired = shown.issuperset(lacking)
        mark, why = Mark.TO_COMPLETE, Why.EVIDENCE_EXPIRED if expired else Why.EVIDENCE_MISSING
    else:
        mark, why = Mark.PASS, Why.REACHED
    return Judged(criterion=criterion, mark=mark, why=why, share=share, lacking=lacking)


def _points(one: Judged) -> Decimal:
    """What one criterion brings; what is claimed and not proven brings nothing."""
    if one.share is None or one.lacking:
        return Decimal(0)
    with localcontext() as context:
        context.prec = FIGURES
        return (one.criterion.weight * one.share).quantize(STEP, ROUND_HALF_EVEN)


def share_of(criterion: Criterion, value: Answered) -> Decimal:
    """How much of a criterion an answer reaches, from 0 to 1, to the millionth.

    Worked: nothing at 20 and all at 100: an answer of 60 reaches 0.5. Raises AnswerOfOtherForm.
    """
    scale = criterion.scale
    if scale.kind is ScaleKind.YES_NO and isinstance(value, bool):
        return Decimal(int(value))
    if scale.kind is ScaleKind.NUMBER and isinstance(value, Decimal):
        with localcontext() as context:
            context.prec = FIGURES
            part = (value - scale.zero_at) / (scale.full_at - scale.zero_at)
            return max(Decimal(0), min(Decimal(1), part)).quantize(STEP, ROUND_HALF_EVEN)
    shares = scale.shares or {}
    if scale.kind is ScaleKind.CHOICE and isinstance(value, str) and value in shares:
        return shares[value]
    raise AnswerOfOtherForm(criterion=criterion.id, scale=scale.kind, choices=tuple(shares))


def changes(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Compare two results of one version criterion by criterion; give those that moved."""
    before = {one["criterion"]: one for one in earlier["criteria"]}
    found = []
    for one in later["criteria"]:
        old = before[one["criterion"]]
        if (old["share"], old["mark"]) == (one["share"], one["mark"]):
            continue
        found.append(
            {
                "criterion": one["criterion"],
                "earlier": {"mark": old["mark"], "share": old["share"]},
                "later": {"mark": one["mark"], "share": one["share"]},
            }
        )
    return found
