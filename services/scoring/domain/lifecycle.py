"""Which state may follow which, for a version of a scorecard?"""

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


class CardTransitionRefused(RafidError):
    """The scorecard version cannot go there from where it is"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "{event} is not possible for a version that is {status}."
    status: str
    event: str


TRANSITIONS: Mapping[tuple[CardStatus, CardEvent], CardStatus] = {
    (CardStatus.DRAFT, CardEvent.TRY_IN_SHADOW): CardStatus.SHADOW,
    (CardStatus.DRAFT, CardEvent.RETIRE): CardStatus.RETIRED,
    (CardStatus.SHADOW, CardEvent.PROMOTE): CardStatus.CHAMPION,
    (CardStatus.SHADOW, CardEvent.RETIRE): CardStatus.RETIRED,
    (CardStatus.CHAMPION, CardEvent.RETIRE): CardStatus.RETIRED,
}


def next_status(status: CardStatus, *, event: CardEvent) -> CardStatus:
    """Return the status after an event; raises CardTransitionRefused.

    A version is tried in shadow before it may be champion, and a retired one stays retired:
    shadow + promote gives champion, draft + promote is refused.
    """
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise CardTransitionRefused(status=status.value, event=event.value) from None
