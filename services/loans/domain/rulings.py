"""What does a ruling of a Sharia board permit or forbid, where, and on which days?"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.loans.domain.chart import FundKind
from services.loans.domain.terms import ModeOfFinance, is_sharia_bound
from shared.errors import Kind, RafidError, Sentence
from shared.rulebook.facts import places


class Topic(StrEnum):
    """What a ruling speaks about.

    `offering`: products of a mode of finance; `lending`: money of a kind of fund lent or sold on
    in a mode; `investing`: money or corpus invested; `recipient_religion`, `class_widening`,
    `abroad`: to whom zakat may go; `exchange`, `change_of_purpose`: of a waqf; `purification`.
    """

    OFFERING = "offering"
    LENDING = "lending"
    INVESTING = "investing"
    RECIPIENT_RELIGION = "recipient_religion"
    CLASS_WIDENING = "class_widening"
    ABROAD = "abroad"
    EXCHANGE = "exchange"
    CHANGE_OF_PURPOSE = "change_of_purpose"
    PURIFICATION = "purification"


class RulingVerdict(StrEnum):
    """What the board said."""

    PERMITTED = "permitted"
    FORBIDDEN = "forbidden"


class RulingState(StrEnum):
    """Why a ruling holds or does not hold on a day."""

    IN_FORCE = "in_force"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


STATE_WORDS: Mapping[RulingState, Sentence] = {
    RulingState.IN_FORCE: Sentence("in force"),
    RulingState.NOT_YET: Sentence("not yet in force"),
    RulingState.EXPIRED: Sentence("past its last day"),
    RulingState.WITHDRAWN: Sentence("withdrawn by its board"),
    RulingState.SUPERSEDED: Sentence("superseded by another ruling"),
}

# A question of these topics is about a mode, a kind of fund or a class; a ruling must name some.
OF_MODES = frozenset({Topic.OFFERING, Topic.LENDING})
OF_CLASSES = frozenset({Topic.CLASS_WIDENING})
OF_FUNDS = frozenset(Topic) - {Topic.OFFERING}


class RulingUnclear(RafidError):
    """The ruling does not say what it covers"""

    kind = Kind.RULE
    service = "loans"
    detail = "A ruling on {topic} must name its {member}; {value} does not do."
    topic: Topic
    member: str
    value: str


class RulingOutOfForce(RafidError):
    """The ruling is out of force"""

    kind = Kind.RULE
    service = "loans"
    detail = "The ruling {reference} ({board}) is not in force on {day}: {reason}."
    reference: str
    board: str
    day: date
    reason: Sentence


class RulingDoesNotCover(RafidError):
    """The ruling does not cover this"""

    kind = Kind.RULE
    service = "loans"
    detail = "The ruling {reference} ({board}) does not permit {topic} of {subject} in {country}."
    reference: str
    board: str
    topic: Topic
    subject: str
    country: str


class RulingMissing(RafidError):
    """There is no ruling for this"""

    kind = Kind.RULE
    service = "loans"
    detail = "{topic} of {subject} needs a ruling of the Sharia register, and none is named."
    topic: Topic
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of the register; a member that is None is not asked about."""

    topic: Topic
    place: str
    mode: ModeOfFinance | None = None
    fund_kind: FundKind | None = None
    zakat_class: str | None = None

    @property
    def subject(self) -> str:
        """What it is about, in the words of the wire: "zakat qard"."""
        named = (self.fund_kind, self.mode, self.zakat_class)
        return " ".join(str(one) for one in named if one is not None) or self.topic.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a ruling is about: everything it covers is named, nothing is meant beside it.

    Raises `RulingUnclear` where a topic has no modes, kinds of funds or classes to be about, and
    for the mode that bears interest: no board of the register permits that one.
    """

    topics: frozenset[Topic]
    modes: frozenset[ModeOfFinance] = frozenset()
    fund_kinds: frozenset[FundKind] = frozenset()
    zakat_classes: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        named: tuple[tuple[frozenset[Topic], str, Collection[object]], ...] = (
            (OF_MODES, "modes", self.modes),
            (OF_FUNDS, "fund_kinds", self.fund_kinds),
            (OF_CLASSES, "zakat_classes", self.zakat_classes),
        )
        if not self.topics:
            raise RulingUnclear(topic=Topic.OFFERING, member="topics", value="-")
        for topics, member, given in named:
            for topic in sorted(topics & self.topics):
                if not given:
                    raise RulingUnclear(topic=topic, member=member, value="-")
        for mode in self.modes:
            if not is_sharia_bound(mode):
                about = min(self.topics)
                raise RulingUnclear(topic=about, member="modes", value=mode.value)

    def covers(self, question: Question) -> bool:
        """Whether everything that is asked about is named."""
        return (
            question.topic in self.topics
            and (question.mode is None or question.mode in self.modes)
            and (question.fund_kind is None or question.fund_kind in self.fund_kinds)
            and (question.zakat_class is None or question.zakat_class in self.zakat_classes)
        )

    def meets(self, other: "Scope") -> bool:
        """Whether some question is covered by both.

        Two rulings on offering meet in a mode that both name; on lending also in a kind of fund.
        """
        return any(self._meets_in(topic, other) for topic in self.topics & other.topics)

    def _meets_in(self, topic: Topic, other: "Scope") -> bool:
        return (
            (topic not in OF_MODES or bool(self.modes & other.modes))
            and (topic not in OF_FUNDS or bool(self.fund_kinds & other.fund_kinds))
            and (topic not in OF_CLASSES or bool(self.zakat_classes & other.zakat_classes))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A ruling as the register knows it; in force from its first day and before `in_force_until`.

    `country` None is everywhere. A withdrawal ends it on its day, a ruling that supersedes it on
    that one's first day, whichever comes first.
    """

    ruling_id: UUID
    reference: str
    board_id: UUID
    board: str
    country: str | None
    given_on: date
    verdict: RulingVerdict
    scope: Scope
    in_force_from: date
    in_force_until: date | None = None
    withdrawn_on: date | None = None
    superseded_from: date | None = None
    superseded_by: UUID | None = None
    supersedes: UUID | None = None

    def state(self, on: date) -> RulingState:
        """How it stands on a day.

        From 1 January 2026, withdrawn on 1 June: in force on 31 May, withdrawn on 1 June.
        """
        if on < self.in_force_from:
            return RulingState.NOT_YET
        ends = (
            (self.withdrawn_on, RulingState.WITHDRAWN),
            (self.superseded_from, RulingState.SUPERSEDED),
            (self.in_force_until, RulingState.EXPIRED),
        )
        reached = [(day, state) for day, state in ends if day is not None and day <= on]
        if not reached:
            return RulingState.IN_FORCE
        return min(reached, key=lambda end: end[0])[1]

    @property
    def last_day_excluded(self) -> date | None:
        """The first day on which it no longer holds, if there is one."""
        ends = (self.in_force_until, self.withdrawn_on, self.superseded_from)
        known = [day for day in ends if day is not None]
        return min(known) if known else None

    def is_of(self, place: str) -> bool:
        """Whether it holds in a country or a part of it: one of Yemen holds in both its parts."""
        return self.country is None or self.country in places(place)

    def permits(self, question: Question) -> bool:
        """Whether it permits what is asked, whatever the day."""
        return (
            self.verdict is RulingVerdict.PERMITTED
            and self.is_of(question.place)
            and self.scope.covers(question)
        )

    def contradicts(self, other: "Ruling") -> bool:
        """Whether both would hold on one day in one place on one question, and differ."""
        return (
            self.verdict is not other.verdict
            and _meet(self.country, other.country)
            and self.scope.meets(other.scope)
            and _overlap(self, other)
        )


def require(
    named: Sequence[Ruling], *, question: Question, on: date, is_required: bool = True
) -> Ruling | None:
    """The ruling that permits what is asked on a day, or why there is none.

    `named` is the ruling that a product or a fund names, then those that superseded it, in order:
    the first that is in force and permits it answers. None where nothing is named and nothing is
    required. Raises `RulingMissing`, `RulingDoesNotCover`, `RulingOutOfForce`.
    """
    if not named:
        if is_required:
            raise RulingMissing(topic=question.topic, subject=question.subject)
        return None
    for ruling in named:
        if ruling.state(on) is RulingState.IN_FORCE and ruling.permits(question):
            return ruling
    first = named[0]
    if not first.permits(question):
        raise RulingDoesNotCover(
            reference=first.reference,
            board=first.board,
            topic=question.topic,
            subject=question.subject,
            country=question.place,
        )
    raise RulingOutOfForce(
        reference=first.reference,
        board=first.board,
        day=on,
        reason=STATE_WORDS[first.state(on)],
    )


def in_force(rulings: Sequence[Ruling], *, question: Question, on: date) -> list[Ruling]:
    """Those that permit what is asked on a day, the newest first."""
    found = [
        ruling
        for ruling in rulings
        if ruling.state(on) is RulingState.IN_FORCE and ruling.permits(question)
    ]
    return sorted(found, key=lambda one: (one.given_on, one.reference), reverse=True)


def _meet(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one in places(other) or other in places(one)


def _overlap(one: Ruling, other: Ruling) -> bool:
    ends = (one.last_day_excluded or date.max, other.last_day_excluded or date.max)
    return max(one.in_force_from, other.in_force_from) < min(ends)
