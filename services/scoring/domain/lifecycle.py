"""Which state may follow which, for a version of a scorecard and for an offer?"""

from collections.abc import Mapping
from enum import StrEnum

from shared.errors import Kind, RafidError


class CardStatus(StrEnum):
    """Where a version of a card stands in its life; only a champion's opinion is told."""

    DRAFT = "draft"
    SHADOW = "shadow"
    CHAMPION = "champion"
    RETIRED = "retired"


class CardEvent(StrEnum):
    """What may be done to a version."""

    TRY_IN_SHADOW = "try_in_shadow"
    PROMOTE = "promote"
    RETIRE = "retire"
    SUPERSEDE = "supersede"


class CardTransitionRefused(RafidError):
    """The scorecard version cannot go there from where it is"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "{event} is not possible for a version that is {state}."
    state: str
    event: str


TRANSITIONS: Mapping[tuple[CardStatus, CardEvent], CardStatus] = {
    (CardStatus.DRAFT, CardEvent.TRY_IN_SHADOW): CardStatus.SHADOW,
    (CardStatus.DRAFT, CardEvent.RETIRE): CardStatus.RETIRED,
    (CardStatus.SHADOW, CardEvent.PROMOTE): CardStatus.CHAMPION,
    (CardStatus.SHADOW, CardEvent.RETIRE): CardStatus.RETIRED,
    (CardStatus.CHAMPION, CardEvent.SUPERSEDE): CardStatus.RETIRED,
}


def next_status(status: CardStatus, *, event: CardEvent) -> CardStatus:
    """Return the status after an event; raises CardTransitionRefused.

    A version is tried in shadow before it may be champion, a champion ends only when another
    follows it, and a retired one stays retired: shadow + promote gives champion, draft +
    promote is refused.
    """
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise CardTransitionRefused(state=status.value, event=event.value) from None


class OfferOutcome(StrEnum):
    """What became of a menu."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class OutcomeRefused(RafidError):
    """An offer cannot end this way after the way it ended before"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "The offer is {earlier}; it cannot become {later}."
    earlier: str
    later: str


OUTCOMES_AFTER: Mapping[OfferOutcome, frozenset[OfferOutcome]] = {
    OfferOutcome.ACCEPTED: frozenset({OfferOutcome.WITHDRAWN}),
    OfferOutcome.DECLINED: frozenset({OfferOutcome.ACCEPTED}),
    OfferOutcome.EXPIRED: frozenset(),
    OfferOutcome.WITHDRAWN: frozenset(),
}


def check_outcome(outcome: OfferOutcome, *, after: OfferOutcome | None) -> None:
    """Raise OutcomeRefused unless an offer may end this way; `after` None: it is still open.

    A declined offer may yet be accepted, an accepted one withdrawn, and that is all.
    """
    if after is not None and outcome not in OUTCOMES_AFTER[after]:
        raise OutcomeRefused(earlier=after.value, later=outcome.value)
