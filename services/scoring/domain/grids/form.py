"""Is this document a grid we may use? Its criteria, their weights, thresholds and evidence.

A grid judges an undertaking (a subcontractor by an order-giver's specification, a workshop by a
diagnosis, a firm by its readiness for export), never the risk of a credit: it has no odds, and no
criterion of a grid is a characteristic of a card.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from services.scoring.domain import card_form
from services.scoring.domain.documents import Document
from services.scoring.domain.scorecard import LANGUAGES, Texts
from shared.errors import Kind, RafidError, Sentence

CRITERIA_MOST: Final = 60
EVIDENCE_MOST: Final = 8
CHOICES_MOST: Final = 20
LARGEST: Final = Decimal(10) ** 12
STEP: Final = Decimal("0.000001")
CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
VERSION: Final = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}")


class GridKind(StrEnum):
    """What a grid is for."""

    SPECIFICATION = "specification"
    DIAGNOSIS = "diagnosis"
    EXPORT_READINESS = "export_readiness"
    MANAGEMENT = "management"
    INNOVATION = "innovation"
    COMPETITIVENESS_INDEX = "competitiveness_index"


YEARLY: Final = frozenset({GridKind.COMPETITIVENESS_INDEX})
"""Asked once a year, always in the version of the first year."""


class ScaleKind(StrEnum):
    """How a criterion is answered."""

    YES_NO = "yes_no"
    NUMBER = "number"
    CHOICE = "choice"


class GridMalformed(RafidError):
    """The grid contradicts itself"""

    kind = Kind.RULE
    service = "scoring"
    detail = "The grid cannot be used: {place}: {fault}."
    place: str
    fault: Sentence


class CriterionIsCredit(RafidError):
    """A grid is not mixed with the risk of a credit"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{criterion} is a characteristic of the card that judges applications; leave it there."
    criterion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How an answer becomes a share between nothing and all of a criterion's weight.

    A number rises from nothing at `zero_at` to all at `full_at`, which may lie below it.
    """

    kind: ScaleKind
    zero_at: Decimal = Decimal(0)
    full_at: Decimal = Decimal(1)
    shares: Mapping[str, Decimal] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One question: what it weighs, from which share on it is met, and what has to prove it."""

    id: str
    area: str
    weight: Decimal
    passes_at: Decimal
    is_must: bool
    evidence: tuple[str, ...]
    scale: Scale
    question: Texts
    hint: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A version of a grid; one that exists is sound. The weights add up to 100."""

    grid_id: str
    version: str
    hash: str
    kind: GridKind
    title: Texts
    owner: str | None
    passes_at: Decimal
    criteria: tuple[Criterion, ...]


def grid_of(document: Mapping[str, object], *, credit: Collection[str] = ()) -> Grid:
    """Read a grid's document; `credit` names the characteristics of the card that judges.

    Raises DocumentMalformed, GridMalformed, CharacteristicProtected, CriterionIsCredit.
    """
    card_form.check_kept(document)
    root = Document(document)
    criteria = tuple(_criterion(part, credit=credit) for part in root.parts("criteria"))
    if len(criteria) > CRITERIA_MOST:
        raise _malformed("criteria", Sentence("there are more than 60"))
    twice = [name for name, n in Counter(item.id for item in criteria).items() if n > 1]
    if twice:
        raise _malformed(twice[0], Sentence("stands twice"))
    if sum(item.weight for item in criteria) != 100:  # noqa: PLR2004 - per cent
        raise _malformed("criteria", Sentence("the weights do not add up to 100"))
    return Grid(
        grid_id=_code(root, "grid_id"),
        version=_version(root),
        hash=card_form.hash_of(document),
        kind=GridKind(root.one_of("kind", tuple(GridKind))),
        title=_texts(root, "title"),
        owner=root.text("owner") if root.has("owner") else None,
        passes_at=_share(root, "passes_at", "passes_at"),
        criteria=criteria,
    )


def _criterion(part: Document, *, credit: Collection[str]) -> Criterion:
    name = _code(part, "id")
    card_form.refuse_protected(name)
    if name in credit:
        raise CriterionIsCredit(criterion=name)
    weight = _figure(part, "weight", name)
    if weight <= 0:
        raise _malformed(name, Sentence("a weight is above zero"))
    passes_at = _share(part, "passes_at", name)
    if passes_at == 0:
        raise _malformed(name, Sentence("a threshold of nothing fails nobody"))
    evidence = part.texts("evidence") if part.members.get("evidence") else ()
    if len(evidence) > EVIDENCE_MOST or not all(CODE.fullmatch(one) for one in evidence):
        raise _malformed(name, Sentence("evidence is named by at most 8 codes"))
    return Criterion(
        id=name,
        area=_code(part, "area"),
        weight=weight,
        passes_at=passes_at,
        is_must=part.truth("must") if part.has("must") else False,
        evidence=tuple(dict.fromkeys(evidence)),
        scale=_scale(part.part("scale"), name),
        question=_texts(part, "question"),
        hint=_texts(part, "hint"),
    )


def _scale(part: Document, name: str) -> Scale:
    kind = ScaleKind(part.one_of("kind", tuple(ScaleKind)))
    if kind is ScaleKind.NUMBER:
        zero_at, full_at = _figure(part, "zero_at", name), _figure(part, "full_at", name)
        if zero_at == full_at:
            raise _malformed(name, Sentence("a number that brings nothing brings also all"))
        return Scale(kind=kind, zero_at=zero_at, full_at=full_at)
    if kind is ScaleKind.CHOICE:
        choices = part.part("shares")
        names = tuple(choices.members)
        if not 1 < len(names) <= CHOICES_MOST or not all(CODE.fullmatch(one) for one in names):
            raise _malformed(name, Sentence("choices are 2 to 20 codes"))
        return Scale(kind=kind, shares={one: _share(choices, one, name) for one in names})
    return Scale(kind=kind)


def _share(part: Document, member: str, place: str) -> Decimal:
    share = _figure(part, member, place)
    if not 0 <= share <= 1:
        raise _malformed(place, Sentence("a share lies between 0 and 1"))
    return share


def _figure(part: Document, member: str, place: str) -> Decimal:
    figure = part.number(member)
    if abs(figure) >= LARGEST or figure != figure.quantize(STEP):
        raise _malformed(place, Sentence("a figure has at most 12 digits and 6 decimals"))
    return figure.normalize()


def _code(part: Document, member: str) -> str:
    text = part.text(member)
    if not CODE.fullmatch(text):
        raise _malformed(member, Sentence("a code is of small letters, digits and low lines"))
    return text


def _version(root: Document) -> str:
    text = root.text("version")
    if not VERSION.fullmatch(text):
        raise _malformed("version", Sentence("a version is three numbers, as 1.0.0"))
    return text


def _texts(part: Document, name: str) -> Texts:
    texts = part.part(name)
    return {language: texts.text(language) for language in LANGUAGES}


def _malformed(place: str, fault: Sentence) -> GridMalformed:
    return GridMalformed(place=place, fault=fault)
