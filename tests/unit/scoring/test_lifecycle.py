"""Which state follows which, over every pair; and how an offer may end."""

import itertools

import pytest

from services.scoring.domain import lifecycle
from services.scoring.domain.lifecycle import (
    TRANSITIONS,
    CardEvent,
    CardStatus,
    CardTransitionRefused,
    OfferOutcome,
    OutcomeRefused,
)

ALLOWED = {
    ("draft", "try_in_shadow", "shadow"),
    ("draft", "retire", "retired"),
    ("shadow", "promote", "champion"),
    ("shadow", "retire", "retired"),
    ("champion", "supersede", "retired"),
}


@pytest.mark.parametrize(("status", "event"), [*itertools.product(CardStatus, CardEvent)])
def test_every_pair_of_status_and_event_is_decided(status: CardStatus, event: CardEvent) -> None:
    expected = {after for before, what, after in ALLOWED if (before, what) == (status, event)}

    if expected:
        assert {lifecycle.next_status(status, event=event).value} == expected
    else:
        with pytest.raises(CardTransitionRefused):
            lifecycle.next_status(status, event=event)


def test_the_table_allows_what_is_listed_and_nothing_else() -> None:
    assert {(b.value, e.value, a.value) for (b, e), a in TRANSITIONS.items()} == ALLOWED


def test_an_untried_card_is_never_champion() -> None:
    ways = [before for (before, _), after in TRANSITIONS.items() if after is CardStatus.CHAMPION]

    assert ways == [CardStatus.SHADOW]


@pytest.mark.parametrize("outcome", [*OfferOutcome])
def test_an_open_offer_may_end_in_any_way(outcome: OfferOutcome) -> None:
    lifecycle.check_outcome(outcome, after=None)


@pytest.mark.parametrize(("after", "outcome"), [*itertools.product(OfferOutcome, OfferOutcome)])
def test_an_ended_offer_may_only_be_taken_up_late_or_withdrawn(
    after: OfferOutcome, outcome: OfferOutcome
) -> None:
    if (after.value, outcome.value) in {("declined", "accepted"), ("accepted", "withdrawn")}:
        lifecycle.check_outcome(outcome, after=after)
    else:
        with pytest.raises(OutcomeRefused) as refused:
            lifecycle.check_outcome(outcome, after=after)
        assert refused.value.earlier == after.value
