"""Is this document a scorecard we may use? Its form, its bins, and what it must never ask."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise

from services.scoring.domain.documents import Document, DocumentMalformed
from services.scoring.domain.scorecard import (
    LANGUAGES,
    Advice,
    Characteristic,
    Direction,
    Grade,
    LogOdds,
    PdTable,
    Scorecard,
    Source,
    Texts,
)
from shared.errors import Kind, RafidError

KNOWN_IN_TIME = ("application", "assessment", "decision")
KNOWN_TOO_LATE = ("signature", "disbursement", "repayment", "closing")

# Words that name a protected trait of a person: in a characteristic's id or in one of its levels.
# fmt: off
PROTECTED = frozenset({
    "sex", "gender", "male", "female", "man", "woman", "men", "women", "husband", "wife", "age",
    "aged", "young", "birth", "born", "birthday", "birthdate", "youth", "elderly", "nationality",
    "nation", "origin", "ethnicity", "ethnic", "tribe", "tribal", "clan", "caste", "race",
    "racial", "colour", "color", "foreigner", "foreign", "migrant", "refugee", "language",
    "dialect", "religion", "religious", "faith", "sect", "creed", "muslim", "christian", "jewish",
    "druze", "sunni", "shia", "atheist", "disability", "disabled", "handicap", "pregnant",
    "pregnancy", "marital", "married", "divorced", "widowed", "widow", "political",
})
# fmt: on


class CardMalformed(RafidError):
    """The scorecard contradicts itself"""

    kind = Kind.RULE
    service = "scoring"
    detail = "The scorecard cannot be used: {place}: {fault}."
    place: str
    fault: str


class CharacteristicProtected(RafidError):
    """A protected trait of a person is never scored"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{name} names a protected trait ({trait}); it may not enter a score."
    name: str
    trait: str


class CharacteristicKnownTooLate(RafidError):
    """A characteristic is known only after the decision"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{characteristic} is known at {known_at}, after the decision it would have to serve."
    characteristic: str
    known_at: str


def canonical(document: Mapping[str, object]) -> bytes:
    """Write a document in the one form its hash is taken of: sorted, without spaces, UTF-8."""
    return json.dumps(
        document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def hash_of(document: Mapping[str, object]) -> str:
    """Return the SHA-256 of a card's document, in hexadecimal."""
    return hashlib.sha256(canonical(document)).hexdigest()


def refuse_protected(name: str) -> None:
    """Raise CharacteristicProtected if one word of a name is a protected trait.

    Worked: "age_band" is refused for "age"; "months_in_business" is not.
    """
    for word in name.lower().split("_"):
        if word in PROTECTED:
            raise CharacteristicProtected(name=name, trait=word)


def scorecard_of(document: Mapping[str, object]) -> Scorecard:
    """Read a card's document; a scorecard that exists is sound.

    Raises DocumentMalformed (a member is missing), CardMalformed (bins overlap, points run
    against the direction, groups do not add up), CharacteristicProtected (sex, age, origin,
    religion and their like) and CharacteristicKnownTooLate.
    """
    root = Document(document)
    characteristics = tuple(_characteristic(part) for part in root.parts("characteristics"))
    twice = [name for name, n in Counter(item.id for item in characteristics).items() if n > 1]
    if twice:
        raise CardMalformed(place=twice[0], fault="stands twice")
    _check_groups(root.part("groups"), characteristics)
    calibration = root.part("pd")
    return Scorecard(
        card_id=root.text("card_id"),
        version=root.text("version"),
        hash=hash_of(document),
        characteristics=characteristics,
        grades=_grades(root.parts("grades")),
        calibration=_calibration(calibration),
        pd_basis=calibration.text("basis"),
        unknown_reason=_texts(root, "unknown_reason"),
    )


def _characteristic(part: Document) -> Characteristic:
    name = part.text("id")
    refuse_protected(name)
    known_at = part.text("known_at")
    if known_at in KNOWN_TOO_LATE:
        raise CharacteristicKnownTooLate(characteristic=name, known_at=known_at)
    if known_at not in KNOWN_IN_TIME:
        raise CardMalformed(place=name, fault=f"known_at is {known_at}, a moment nobody knows")
    direction = Direction(_one_of(part, "direction", tuple(Direction)))
    bins = part.parts("bins")
    has_levels = direction is Direction.NONE
    characteristic = Characteristic(
        id=name,
        group=part.text("group"),
        source=Source(_one_of(part, "source", tuple(Source))),
        direction=direction,
        missing=part.whole("missing"),
        label=_texts(part, "label"),
        reason=_texts(part, "reason"),
        hint=_texts(part, "hint"),
        cuts=() if has_levels else _cuts(name, bins),
        points=() if has_levels else _points(name, bins, direction),
        levels=_levels(name, bins) if has_levels else None,
    )
    if characteristic.missing > characteristic.points_max:
        raise CardMalformed(place=name, fault="an unknown value is not better than the best")
    return characteristic


def _cuts(name: str, bins: tuple[Document, ...]) -> tuple[Decimal, ...]:
    if bins[0].has("lower") or bins[-1].has("upper"):
        raise CardMalformed(place=name, fault="the first bin has no lower bound, the last no upper")
    cuts = tuple(item.number("upper") for item in bins[:-1])
    if cuts != tuple(item.number("lower") for item in bins[1:]):
        raise CardMalformed(place=name, fault="each bin begins where the one before it ends")
    if any(later <= earlier for earlier, later in pairwise(cuts)):
        raise CardMalformed(place=name, fault="the bounds of the bins rise")
    return cuts


def _points(name: str, bins: tuple[Document, ...], direction: Direction) -> tuple[int, ...]:
    points = tuple(item.whole("points") for item in bins)
    expected = sorted(points, reverse=direction is Direction.DOWN)
    if list(points) != expected:
        raise CardMalformed(place=name, fault=f"the points run against the direction {direction}")
    return points


def _levels(name: str, bins: tuple[Document, ...]) -> dict[str, int]:
    levels: dict[str, int] = {}
    for item in bins:
        points = item.whole("points")
        for level in item.texts("levels"):
            refuse_protected(level)
            if level in levels:
                raise CardMalformed(place=name, fault=f"the level {level} stands in two bins")
            levels[level] = points
    return levels


def _check_groups(groups: Document, characteristics: tuple[Characteristic, ...]) -> None:
    reached: Counter[str] = Counter()
    for item in characteristics:
        reached[item.group] += item.points_max
    declared = {name: groups.whole(name) for name in groups.members}
    if declared != dict(reached):
        raise CardMalformed(
            place="groups", fault=f"the weights {declared} are not the points {dict(reached)}"
        )


def _grades(parts: tuple[Document, ...]) -> tuple[Grade, ...]:
    grades = tuple(
        Grade(
            name=part.text("grade"),
            floor=part.whole("from"),
            advice=Advice(_one_of(part, "advice", tuple(Advice))),
        )
        for part in parts
    )
    if any(later.floor >= earlier.floor for earlier, later in pairwise(grades)):
        raise CardMalformed(place="grades", fault="the floors fall from the best grade on")
    if grades[-1].floor > 0:
        raise CardMalformed(place="grades", fault="the last grade begins at 0")
    return grades


def _calibration(part: Document) -> PdTable | LogOdds:
    _one_of(part, "basis", ("assumed", "calibrated"))
    if part.has("double_every"):
        return LogOdds(
            double_every=part.whole("double_every"),
            points=part.whole("points"),
            odds=part.number("odds"),
        )
    rows = part.parts("table")
    floors = tuple(row.whole("from") for row in rows)
    pds = tuple(row.number("pd") for row in rows)
    rises = all(earlier < later for earlier, later in pairwise(floors))
    falls = all(earlier > later for earlier, later in pairwise(pds))
    if not rises or not falls or not 0 < pds[-1] <= pds[0] < 1:
        raise CardMalformed(place="pd", fault="more points mean a smaller chance between 0 and 1")
    return PdTable(floors=floors, pds=pds)


def _texts(part: Document, name: str) -> Texts:
    texts = part.part(name)
    return {language: texts.text(language) for language in LANGUAGES}


def _one_of(part: Document, name: str, allowed: tuple[str, ...]) -> str:
    value = part.text(name)
    if value not in allowed:
        raise DocumentMalformed(path=f"{part.path}/{name}", expected=" or ".join(allowed))
    return value
