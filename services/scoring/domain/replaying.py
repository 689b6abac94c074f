"""Does a kept opinion come out the same, and what would another card have said?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.scoring.domain import assessment, card_form, shadow
from services.scoring.domain.scorecard import Scorecard
from shared.errors import RafidError


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An opinion as it was kept: what was known, the engine, and what came out."""

    engine: str
    inputs: Mapping[str, Any]
    opinion: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What another card advises of a kept application beside the card that judged it.

    `advice` are those of the grades alone, without hard rules and terms; None beside a `fault`:
    the other card cannot read the application.
    """

    points_before: int
    advice_before: str
    points: int | None
    advice: str | None
    fault: str | None


def is_reproduced(kept: Kept, *, card: Scorecard) -> bool:
    """Whether inputs, card and engine give the kept opinion again, letter by letter.

    An engine that is not known any more, or inputs it refuses now, do not.
    """
    try:
        again = assessment.opinion_of(kept.inputs, card=card, engine=kept.engine)
    except (RafidError, ValueError):
        return False
    return card_form.canonical(again) == card_form.canonical(kept.opinion)


def difference(kept: Kept, *, card: Scorecard, other: Scorecard) -> Difference:
    """Score a kept application by another card: its points and what its grade advises.

    Worked: 15 points on the card that judged, grade A, against 8 points, grade B of the other:
    "offer" before, "refer" by the other.
    """
    said = shadow.score(other, inputs=kept.inputs, opinion=kept.opinion)
    return Difference(
        points_before=kept.opinion["points"],
        advice_before=_advice(card, kept.opinion["grade"]),
        points=said.points,
        advice=None if said.grade is None else _advice(other, said.grade),
        fault=said.fault,
    )


def tried_on(inputs: Mapping[str, Any], *, card: Scorecard, other: Scorecard) -> Difference:
    """Judge a past file that no opinion is kept of, by the card in use and by another.

    Raises what `assessment.opinion_of` raises.
    """
    opinion = assessment.opinion_of(inputs, card=card)
    kept = Kept(engine=assessment.ENGINE, inputs=inputs, opinion=opinion)
    return difference(kept, card=card, other=other)


def _advice(card: Scorecard, grade: str) -> str:
    return next(item.advice.value for item in card.grades if item.name == grade)
