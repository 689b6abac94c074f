"""What may a training use, and how is it to be said? The specification of a card, checked."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from services.scoring.domain import card_form
from services.scoring.domain.card_form import CardMalformed, CharacteristicProtected
from services.scoring.domain.documents import Document, DocumentMalformed
from services.scoring.domain.scorecard import LANGUAGES, Direction, LogOdds, Source, Texts
from services.scoring.domain.training.bins import Rules
from services.scoring.domain.training.fitting import Method, Question
from shared.errors import Sentence

DEFAULT_METHOD = Method()
PREBINS_MOST = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Which column tells how a loan ended, and which value means badly."""

    column: str
    bad: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One characteristic as the specification has it: its column and its words."""

    id: str
    column: str
    group: str
    source: str
    known_at: str
    direction: Direction
    review: str | None
    label: Texts
    reason: Texts
    hint: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """A protected trait, read by the audit of fairness alone; `bands` part a number."""

    name: str
    column: str
    bands: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A checked specification."""

    card_id: str
    version: str
    target: Target
    event: str
    window: str
    statement: Texts
    unknown_reason: Texts
    grades: tuple[Mapping[str, object], ...]
    ladder: LogOdds
    method: Method
    asked: tuple[Asked, ...]
    audited: tuple[Audited, ...]
    approve_share: float

    def characteristic(self, name: str) -> Asked:
        """Return what the specification says of a characteristic."""
        return next(item for item in self.asked if item.id == name)

    @property
    def questions(self) -> tuple[Question, ...]:
        """The characteristics as the fit takes them."""
        return tuple(
            Question(id=item.id, direction=item.direction, is_reviewed=item.review is not None)
            for item in self.asked
        )


def spec_of(document: Mapping[str, object]) -> Spec:
    """Read a specification.

    Raises DocumentMalformed, CharacteristicKnownTooLate (a column that the decision cannot know),
    CharacteristicProtected (by its id, its column, or a column that is audited as a trait),
    CardMalformed (one twice, or a method beyond sense).
    """
    root = Document(document)
    asked = tuple(_asked(part) for part in root.parts("characteristics"))
    twice = [name for name, n in Counter(item.id for item in asked).items() if n > 1]
    if twice:
        raise CardMalformed(place=twice[0], fault=Sentence("stands twice"))
    audited = tuple(_audited(part) for part in root.parts("audit")) if root.has("audit") else ()
    _refuse_audited(asked, audited)
    target = root.part("target")
    return Spec(
        card_id=root.text("card_id"),
        version=root.text("version"),
        target=Target(column=target.text("column"), bad=target.text("bad")),
        event=root.text("event"),
        window=root.text("window"),
        statement=_texts(root, "statement"),
        unknown_reason=_texts(root, "unknown_reason"),
        grades=tuple(dict(part.members) for part in root.parts("grades")),
        ladder=card_form.ladder_of(root.part("points"), place="points"),
        method=_method(root.part("method")) if root.has("method") else DEFAULT_METHOD,
        asked=asked,
        audited=audited,
        approve_share=_share(root, "approve_share"),
    )


def _refuse_audited(asked: tuple[Asked, ...], audited: tuple[Audited, ...]) -> None:
    traits = {item.column: item.name for item in audited}
    for item in asked:
        if item.column in traits:
            raise CharacteristicProtected(name=item.id, trait=traits[item.column])


def _asked(part: Document) -> Asked:
    name = card_form.name_of(part)
    column = part.text("column") if part.has("column") else name
    card_form.refuse_protected(column)
    return Asked(
        id=name,
        column=column,
        group=part.text("group"),
        source=part.one_of("source", tuple(Source)),
        known_at=card_form.known_in_time(part, name),
        direction=Direction(part.one_of("direction", tuple(Direction))),
        review=part.text("review") if part.has("review") else None,
        label=_texts(part, "label"),
        reason=_texts(part, "reason"),
        hint=_texts(part, "hint"),
    )


def _method(part: Document) -> Method:
    rules = Rules(
        prebins=part.whole("prebins"),
        bins_max=part.whole("bins_max"),
        share_min=float(part.number("share_min")),
    )
    method = Method(
        rules=rules,
        ridge=float(part.number("ridge")),
        iv_min=float(part.number("iv_min")),
        iv_leak=float(part.number("iv_leak")),
    )
    is_sound = 1 < rules.prebins <= PREBINS_MOST and rules.bins_max > 1 and 0 <= rules.share_min < 1
    if not is_sound or method.ridge < 0 or not 0 <= method.iv_min < method.iv_leak:
        fault = Sentence("its figures leave no card to fit")
        raise CardMalformed(place="method", fault=fault)
    return method


def _audited(part: Document) -> Audited:
    bands = part.numbers("bands") if part.has("bands") else ()
    return Audited(
        name=part.text("name"),
        column=part.text("column"),
        bands=tuple(float(band) for band in bands),
    )


def _share(part: Document, name: str) -> float:
    share = float(part.number(name))
    if not 0 < share < 1:
        path, expected = f"{part.path}/{name}", Sentence("a share between 0 and 1")
        raise DocumentMalformed(path=path, expected=expected)
    return share


def _texts(part: Document, name: str) -> Texts:
    texts = part.part(name)
    return {language: texts.text(language) for language in LANGUAGES}
