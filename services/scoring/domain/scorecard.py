"""What is this application worth on the scorecard, and what cost it points?

A card gives whole points to each characteristic by the bin its value falls in; the sum is the
score. Nothing else enters: no sex, age, origin or religion (`card_form` refuses such cards).
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, localcontext
from enum import StrEnum

from shared.errors import Kind, RafidError, Sentence

LANGUAGES = ("ar", "fr", "en")
REASONS_MAX = 4
ANY_OTHER_LEVEL = "*"
PD_QUANTUM = Decimal("0.000001")

Texts = Mapping[str, str]
Value = Decimal | str | bool | None


class CharacteristicUnreadable(RafidError):
    """A characteristic has a value that the scorecard does not know"""

    kind = Kind.RULE
    service = "scoring"
    detail = "{characteristic} cannot be {value}; the card expects {expected}."
    characteristic: str
    value: str
    expected: Sentence


class Direction(StrEnum):
    """Which way a number is good; levels have no direction."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


class Source(StrEnum):
    """Who fills a characteristic in: the application, our affordability figures, a running loan."""

    APPLICATION = "application"
    AFFORDABILITY = "affordability"
    LOAN = "loan"


class Advice(StrEnum):
    """What a score says to the person who decides."""

    OFFER = "offer"
    REFER = "refer"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristic:
    """One question of the card. `cuts` part the numbers into `points` (one more than cuts).

    A bin holds its lower bound and not its upper. A characteristic with levels has no cuts but
    `levels`; `missing` are the points of an unknown value.
    """

    id: str
    group: str
    source: Source
    direction: Direction
    missing: int
    label: Texts
    reason: Texts
    hint: Texts
    cuts: tuple[Decimal, ...] = ()
    points: tuple[int, ...] = ()
    levels: Mapping[str, int] | None = None

    @property
    def points_max(self) -> int:
        """The most points any known value brings."""
        return max(self.points if self.levels is None else self.levels.values())

    def points_of(self, value: Value) -> int:
        """Return the points of a value; raises CharacteristicUnreadable for a strange one."""
        if value is None:
            return self.missing
        if self.levels is None:
            return self.points[bisect_right(self.cuts, self._number(value))]
        level = str(_text(value))
        if level in self.levels:
            return self.levels[level]
        if ANY_OTHER_LEVEL in self.levels:
            return self.levels[ANY_OTHER_LEVEL]
        raise CharacteristicUnreadable(
            characteristic=self.id, value=level, expected=Sentence(", ".join(self.levels))
        )

    def _number(self, value: Value) -> Decimal:
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("nan")
        if not number.is_finite():
            raise CharacteristicUnreadable(
                characteristic=self.id, value=str(value), expected=Sentence("a number")
            )
        return number


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOdds:
    """Points that grow by `double_every` when the odds of good double.

    Factor f = double_every / ln 2, offset o = points - f ln(odds), PD = 1/(1 + exp((s - o)/f)).
    Worked: 20 points, 600 at 20:1: f 28.853901, o 513.561438, PD(600) 0.047619.
    """

    double_every: int
    points: int
    odds: Decimal

    @property
    def factor(self) -> Decimal:
        """How many points one unit of log odds is worth."""
        return Decimal(self.double_every) / Decimal(2).ln()

    @property
    def offset(self) -> Decimal:
        """The score at which good and bad are equally likely."""
        return self.points - self.factor * self.odds.ln()

    def pd(self, score: int) -> Decimal:
        """Return the chance of default at a score."""
        with localcontext() as context:
            context.prec = 28
            good_odds = ((score - self.offset) / self.factor).exp()
            return (1 / (1 + good_odds)).quantize(PD_QUANTUM)


@dataclass(frozen=True, slots=True, kw_only=True)
class PdTable:
    """A default chance for each range of points; `floors` rise, the first holds every score."""

    floors: tuple[int, ...]
    pds: tuple[Decimal, ...]

    def pd(self, score: int) -> Decimal:
        """Return the chance of default at a score."""
        return self.pds[max(bisect_right(self.floors, score) - 1, 0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """A range of points with a letter and what it advises."""

    name: str
    floor: int
    advice: Advice


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """A version of a card that was found sound; `hash` is over its whole document."""

    card_id: str
    version: str
    hash: str
    characteristics: tuple[Characteristic, ...]
    grades: tuple[Grade, ...]
    calibration: PdTable | LogOdds
    pd_basis: str
    unknown_reason: Texts

    @property
    def points_max(self) -> int:
        """The most points the card gives."""
        return sum(item.points_max for item in self.characteristics)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one characteristic brought; `value` is the text as used, None where unknown."""

    characteristic: str
    group: str
    value: str | None
    points: int
    points_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why points were lost, and what would change it."""

    characteristic: str
    lost: int
    text: Texts
    hint: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The card's opinion: it advises, a person decides."""

    points: int
    points_max: int
    grade: str
    advice: Advice
    pd: Decimal
    pd_basis: str
    contributions: tuple[Contribution, ...]
    reasons: tuple[Reason, ...]


def score(card: Scorecard, *, values: Mapping[str, Value]) -> Score:
    """Add up the points of an application and say what cost most.

    loss_j = most points of j - own points of j; the reasons are the largest losses, at most four,
    positive only, in the card's order among equals (scorecard practice: Regulation B, comment
    9(b)(2)-1: more than four reasons are not likely to help). Values the card does not ask for
    are not looked at. Worked: 12 of 12 and 3 of 10 points give 15 of 22 and one reason, lost 7.

    Raises CharacteristicUnreadable.
    """
    contributions = tuple(_contribution(item, values.get(item.id)) for item in card.characteristics)
    points = sum(item.points for item in contributions)
    grade = next((item for item in card.grades if points >= item.floor), card.grades[-1])
    return Score(
        points=points,
        points_max=card.points_max,
        grade=grade.name,
        advice=grade.advice,
        pd=card.calibration.pd(points),
        pd_basis=card.pd_basis,
        contributions=contributions,
        reasons=_reasons(card, contributions),
    )


def _contribution(characteristic: Characteristic, value: Value) -> Contribution:
    return Contribution(
        characteristic=characteristic.id,
        group=characteristic.group,
        value=_text(value),
        points=characteristic.points_of(value),
        points_max=characteristic.points_max,
    )


def _text(value: Value) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:f}" if isinstance(value, Decimal) else value


def _reasons(card: Scorecard, contributions: tuple[Contribution, ...]) -> tuple[Reason, ...]:
    losses = [
        (item.points_max - item.points, characteristic, item)
        for item, characteristic in zip(contributions, card.characteristics, strict=True)
        if item.points < item.points_max
    ]
    losses.sort(key=lambda loss: -loss[0])
    return tuple(
        Reason(
            characteristic=characteristic.id,
            lost=lost,
            text=_why(card, characteristic, is_known=item.value is not None),
            hint=characteristic.hint,
        )
        for lost, characteristic, item in losses[:REASONS_MAX]
    )


def _why(card: Scorecard, characteristic: Characteristic, *, is_known: bool) -> Texts:
    if is_known:
        return characteristic.reason
    return {
        language: card.unknown_reason[language].format(label=characteristic.label[language])
        for language in LANGUAGES
    }
