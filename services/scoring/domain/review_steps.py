"""Which step may follow which in the life of a review of rates and terms?"""

from collections.abc import Mapping
from enum import StrEnum

from shared.errors import Kind, RafidError


class ReviewStatus(StrEnum):
    """Where a review stands; adopted and declined are its ends."""

    DRAFT = "draft"
    RUN = "run"
    RECOMMENDED = "recommended"
    ADOPTED = "adopted"
    DECLINED = "declined"


class ReviewEvent(StrEnum):
    """What may be done to a review."""

    RUN = "run"
    RECOMMEND = "recommend"
    ADOPT = "adopt"
    DECLINE = "decline"


class ReviewTransitionRefused(RafidError):
    """The review cannot go there from where it is"""

    kind = Kind.CONFLICT
    service = "scoring"
    detail = "{event} is not possible for a review that is {state}."
    event: str
    state: str


TRANSITIONS: Mapping[tuple[ReviewStatus, ReviewEvent], ReviewStatus] = {
    (ReviewStatus.DRAFT, ReviewEvent.RUN): ReviewStatus.RUN,
    (ReviewStatus.RUN, ReviewEvent.RECOMMEND): ReviewStatus.RECOMMENDED,
    (ReviewStatus.RECOMMENDED, ReviewEvent.RECOMMEND): ReviewStatus.RECOMMENDED,
    (ReviewStatus.RECOMMENDED, ReviewEvent.ADOPT): ReviewStatus.ADOPTED,
    (ReviewStatus.RECOMMENDED, ReviewEvent.DECLINE): ReviewStatus.DECLINED,
}


def next_status(status: ReviewStatus, *, event: ReviewEvent) -> ReviewStatus:
    """Return the status after an event; raises ReviewTransitionRefused.

    Another policy may be recommended until the committee has decided: recommended + recommend
    gives recommended, adopted + recommend is refused.
    """
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise ReviewTransitionRefused(event=event.value, state=status.value) from None
