"""What would a card that is only tried say of an application that the champion has judged?"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.scoring.domain import scorecard
from services.scoring.domain.scorecard import Scorecard, Value
from shared.errors import JsonValue, RafidError


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """A tried card's score: points, grade, chance and parts, or the fault that stopped it."""

    card: Scorecard
    points: int | None = None
    grade: str | None = None
    pd: Decimal | None = None
    breakdown: tuple[Mapping[str, JsonValue], ...] = ()
    fault: str | None = None


def values_of(inputs: Mapping[str, Any], *, opinion: Mapping[str, Any]) -> dict[str, Value]:
    """Return what a card may ask of a judged application: its answers, and the shares reckoned.

    The shares come from the kept opinion, as the champion saw them. Worked: an opinion with
    `"stressed_cover": "1.4"` gives that text, beside every answer of the inputs.
    """
    reckoned = {
        name: value
        for name, value in opinion["affordability"].items()
        if value is None or isinstance(value, str)
    }
    return {**inputs["characteristics"], **reckoned}


def score(card: Scorecard, *, inputs: Mapping[str, Any], opinion: Mapping[str, Any]) -> Shadow:
    """Score an application by a card that is tried; what it cannot read is its own fault.

    Never raises a refusal: a tried card must not stand in the way of the champion's opinion.
    """
    try:
        found = scorecard.score(card, values=values_of(inputs, opinion=opinion))
    except RafidError as error:
        return Shadow(card=card, fault=error.slug())
    return Shadow(
        card=card,
        points=found.points,
        grade=found.grade,
        pd=found.pd,
        breakdown=tuple(
            {"characteristic": item.characteristic, "points": item.points}
            for item in found.contributions
        ),
    )
