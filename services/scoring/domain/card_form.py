"""Is this document a scorecard we may use? Its form, its bins, and what it must never ask."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
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
from shared.errors import Filled, Kind, RafidError, Sentence

KNOWN_IN_TIME = ("application", "assessment", "decision")
KNOWN_TOO_LATE = ("signature", "disbursement", "repayment", "closing")

CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")  # what an answer to a characteristic may be named by
POINTS_MOST = 1_000_000
ODDS_MOST = Decimal(1_000_000_000)
DEPTH_MOST = 16
LARGEST_TEXT = 2_000
WHOLE_MOST = 2**53 - 1  # what every JSON reader holds exactly
# Control characters, which PostgreSQL cannot keep or nobody can read, and halves of a character.
UNKEPT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_WORD = re.compile(r"[^\W\d_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

# Words that name a protected trait of a person: in a characteristic's id, in one of its levels, or
# in the column that a training reads it from.
# fmt: off
PROTECTED = frozenset({
    "sex", "gender", "male", "female", "man", "woman", "men", "women", "husband", "wife", "age",
    "aged", "young", "birth", "born", "birthday", "birthdate", "youth", "elderly", "nationality",
    "nation", "origin", "ethnicity", "ethnic", "tribe", "tribal", "clan", "caste", "race",
    "racial", "colour", "color", "foreigner", "foreign", "migrant", "refugee", "language",
    "dialect", "religion", "religious", "faith", "sect", "creed", "muslim", "christian", "jewish",
    "druze", "sunni", "shia", "atheist", "disability", "disabled", "handicap", "pregnant",
    "pregnancy", "marital", "married", "divorced", "widowed", "widow", "political", "dob",
    "sexe", "femme", "femmes", "homme", "hommes", "féminin", "masculin", "feminin", "époux",
    "épouse", "epouse", "âge", "jeune", "jeunes", "naissance", "nationalité", "nationalite",
    "ethnie", "ethnique", "étranger", "etranger", "réfugié", "refugie", "confession",
    "handicapé", "enceinte", "marié", "mariée", "marie", "célibataire", "celibataire", "divorcé",
    "veuf", "veuve", "politique",
    "جنس", "الجنس", "ذكر", "أنثى", "انثى", "رجل", "امرأة", "نساء", "عمر", "العمر", "سن", "السن",
    "جنسية", "الجنسية", "ديانة", "الديانة", "مذهب", "طائفة", "قبيلة", "عشيرة", "إعاقة", "اعاقة",
    "لاجئ", "لاجئة", "متزوج", "متزوجة", "مطلق", "مطلقة", "أرمل", "أرملة", "عزباء",
})
# fmt: on


class CardMalformed(RafidError):
    """The scorecard contradicts itself"""

    kind = Kind.RULE
    service = "scoring"
    detail = "The scorecard cannot be used: {place}: {fault}."
    place: str
    fault: Sentence


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

    Worked: "age_band", "Age-Band" and "ageBand" are refused for "age"; "months_in_business" is
    not.
    """
    word = _protected_in(name)
    if word is not None:
        raise CharacteristicProtected(name=name, trait=word)


@lru_cache(maxsize=4096)
def _protected_in(name: str) -> str | None:
    words = (word.lower() for word in _WORD.findall(_HUMP.sub(" ", name)))
    return next((word for word in words if word in PROTECTED), None)


def check_kept(value: object, *, path: str = "") -> None:
    """Raise DocumentMalformed for what cannot be kept and read back as it was sent.

    That is a number with a fraction (each reader would write it otherwise, and its hash would be
    another), one beyond 2^53, a text with control characters or of more than 2,000 characters, and
    lists within lists beyond 16. Worked: `{"points": 1.5}` is refused at /points.
    """
    wrong = _unkept(value, depth=path.count("/"))
    if wrong is not None:
        raise DocumentMalformed(path=path, expected=wrong)
    if isinstance(value, Mapping):
        for name, member in value.items():
            check_kept(str(name), path=path)
            check_kept(member, path=f"{path}/{name}")
    elif isinstance(value, list | tuple):
        for place, member in enumerate(value):
            check_kept(member, path=f"{path}/{place}")


def _unkept(value: object, *, depth: int) -> Sentence | None:
    if depth > DEPTH_MOST:
        return Sentence("a document of fewer layers")
    if isinstance(value, str) and (UNKEPT.search(value) or len(value) > LARGEST_TEXT):
        return Sentence("a text of at most 2,000 characters, none of them a control character")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and not (isinstance(value, int) and abs(value) <= WHOLE_MOST):
        return Sentence("a whole number, or a decimal number written as a text")
    return None


def ladder_of(part: Document, *, place: str) -> LogOdds:
    """Read how points become odds. Raises DocumentMalformed, CardMalformed (a ladder that stands
    on its head or has no steps).
    """
    ladder = LogOdds(
        double_every=part.whole("double_every"),
        points=_points_of(part, "points", place),
        odds=part.number("odds"),
    )
    is_sound = 1 <= ladder.double_every <= POINTS_MOST
    if not is_sound or not 1 / ODDS_MOST <= ladder.odds <= ODDS_MOST:
        raise CardMalformed(
            place=place, fault=Sentence("odds and the points that double them are above 0")
        )
    return ladder


def _points_of(part: Document, name: str, place: str) -> int:
    points = part.whole(name)
    if abs(points) > POINTS_MOST:
        raise CardMalformed(place=place, fault=Sentence("points lie within a million"))
    return points


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
        raise CardMalformed(place=twice[0], fault=Sentence("stands twice"))
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


def name_of(part: Document) -> str:
    """Read a characteristic's id. Raises CharacteristicProtected, CardMalformed (no code)."""
    name = part.text("id")
    refuse_protected(name)
    if not CODE.fullmatch(name):
        fault = Sentence("an id is of small Latin letters, digits and low lines, at most 64")
        raise CardMalformed(place=name[:64], fault=fault)
    return name


def known_in_time(part: Document, name: str) -> str:
    """Read when a characteristic becomes known.

    Raises CharacteristicKnownTooLate, CardMalformed (a moment that is none of a loan's life).
    """
    known_at = part.text("known_at")
    if known_at in KNOWN_TOO_LATE:
        raise CharacteristicKnownTooLate(characteristic=name, known_at=known_at)
    if known_at not in KNOWN_IN_TIME:
        fault = Filled(Sentence("known_at is {known_at}, a moment nobody knows"), known_at=known_at)
        raise CardMalformed(place=name, fault=fault)
    return known_at


def _characteristic(part: Document) -> Characteristic:
    name = name_of(part)
    known_in_time(part, name)
    direction = Direction(part.one_of("direction", tuple(Direction)))
    bins = part.parts("bins")
    has_levels = direction is Direction.NONE
    characteristic = Characteristic(
        id=name,
        group=part.text("group"),
        source=Source(part.one_of("source", tuple(Source))),
        direction=direction,
        missing=_points_of(part, "missing", name),
        label=_texts(part, "label"),
        reason=_texts(part, "reason"),
        hint=_texts(part, "hint"),
        cuts=() if has_levels else _cuts(name, bins),
        points=() if has_levels else _points(name, bins, direction),
        levels=_levels(name, bins) if has_levels else None,
    )
    if characteristic.missing > characteristic.points_max:
        raise CardMalformed(
            place=name, fault=Sentence("an unknown value is not better than the best")
        )
    return characteristic


def _cuts(name: str, bins: tuple[Document, ...]) -> tuple[Decimal, ...]:
    if bins[0].has("lower") or bins[-1].has("upper"):
        raise CardMalformed(
            place=name, fault=Sentence("the first bin has no lower bound, the last no upper")
        )
    cuts = tuple(item.number("upper") for item in bins[:-1])
    if cuts != tuple(item.number("lower") for item in bins[1:]):
        raise CardMalformed(
            place=name, fault=Sentence("each bin begins where the one before it ends")
        )
    if any(later <= earlier for earlier, later in pairwise(cuts)):
        raise CardMalformed(place=name, fault=Sentence("the bounds of the bins rise"))
    return cuts


def _points(name: str, bins: tuple[Document, ...], direction: Direction) -> tuple[int, ...]:
    points = tuple(_points_of(item, "points", name) for item in bins)
    expected = sorted(points, reverse=direction is Direction.DOWN)
    if list(points) != expected:
        fault = Sentence("the points run against the direction {direction}")
        raise CardMalformed(place=name, fault=Filled(fault, direction=direction.value))
    return points


def _levels(name: str, bins: tuple[Document, ...]) -> dict[str, int]:
    levels: dict[str, int] = {}
    for item in bins:
        points = _points_of(item, "points", name)
        for level in item.texts("levels"):
            refuse_protected(level)
            if level in levels:
                fault = Filled(Sentence("the level {level} stands in two bins"), level=level)
                raise CardMalformed(place=name, fault=fault)
            levels[level] = points
    return levels


def _check_groups(groups: Document, characteristics: tuple[Characteristic, ...]) -> None:
    reached: Counter[str] = Counter()
    for item in characteristics:
        reached[item.group] += item.points_max
    declared = {name: groups.whole(name) for name in groups.members}
    if declared != dict(reached):
        fault = Sentence("the weights {declared} are not the points {reached}")
        told = Filled(fault, declared=_listed(declared), reached=_listed(reached))
        raise CardMalformed(place="groups", fault=told)


def _listed(points: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {points[name]}" for name in sorted(points))


def _grades(parts: tuple[Document, ...]) -> tuple[Grade, ...]:
    grades = tuple(
        Grade(
            name=part.text("grade"),
            floor=_points_of(part, "from", "grades"),
            advice=Advice(part.one_of("advice", tuple(Advice))),
        )
        for part in parts
    )
    twice = [name for name, n in Counter(grade.name for grade in grades).items() if n > 1]
    if twice:
        raise CardMalformed(place=twice[0], fault=Sentence("stands twice"))
    if any(later.floor >= earlier.floor for earlier, later in pairwise(grades)):
        fault = Sentence("the floors fall from the best grade on")
        raise CardMalformed(place="grades", fault=fault)
    if grades[-1].floor > 0:
        raise CardMalformed(place="grades", fault=Sentence("the last grade begins at 0"))
    return grades


def _calibration(part: Document) -> PdTable | LogOdds:
    part.one_of("basis", ("assumed", "calibrated"))
    if part.has("double_every"):
        return ladder_of(part, place="pd")
    rows = part.parts("table")
    floors = tuple(_points_of(row, "from", "pd") for row in rows)
    pds = tuple(row.number("pd") for row in rows)
    rises = all(earlier < later for earlier, later in pairwise(floors))
    falls = all(earlier > later for earlier, later in pairwise(pds))
    if not rises or not falls or not 0 < pds[-1] <= pds[0] < 1:
        fault = Sentence("more points mean a smaller chance between 0 and 1")
        raise CardMalformed(place="pd", fault=fault)
    return PdTable(floors=floors, pds=pds)


def _texts(part: Document, name: str) -> Texts:
    texts = part.part(name)
    return {language: texts.text(language) for language in LANGUAGES}
