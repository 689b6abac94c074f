"""A kept opinion is given again bit for bit, and what another card would say is told apart."""

import json
from dataclasses import replace

import pytest

from services.scoring.domain import assessment, card_form, replaying
from services.scoring.domain.replaying import Kept
from tests.scoring_cases import a_card, a_choice, a_number, expert_card, make_inputs

EXPERT = expert_card()


def kept(engine: str = assessment.ENGINE) -> Kept:
    """As a row holds it: written as JSON and read again."""
    inputs = make_inputs()
    opinion = assessment.opinion_of(inputs, card=EXPERT, engine=engine)
    return Kept(engine=engine, inputs=inputs, opinion=json.loads(json.dumps(opinion)))


@pytest.mark.parametrize("engine", assessment.ENGINES)
def test_every_engine_gives_its_opinion_again(engine: str) -> None:
    assert replaying.is_reproduced(kept(engine), card=EXPERT)


def test_one_letter_that_differs_is_found() -> None:
    row = kept()

    for changed in ({"pd": row.opinion["pd"] + "0"}, {"points": row.opinion["points"] + 1}):
        other = replace(row, opinion={**row.opinion, **changed})
        assert not replaying.is_reproduced(other, card=EXPERT)


def test_another_card_or_other_inputs_do_not_give_it_again() -> None:
    row = kept()
    small = card_form.scorecard_of(a_card(a_number()))

    assert not replaying.is_reproduced(row, card=small)
    assert not replaying.is_reproduced(
        replace(row, inputs=make_inputs(term_months=18)), card=EXPERT
    )


def test_an_engine_that_never_was_and_inputs_it_refuses_do_not_stop_the_replay() -> None:
    row = kept()

    assert not replaying.is_reproduced(replace(row, engine="0"), card=EXPERT)
    assert not replaying.is_reproduced(replace(row, inputs={}), card=EXPERT)


def test_the_other_card_says_its_own_points_and_advice() -> None:
    small = card_form.scorecard_of(a_card(a_number()))
    found = replaying.difference(kept(), card=EXPERT, other=small)

    assert (found.points, found.advice, found.fault) == (10, "offer", None)
    assert found.points_before == kept().opinion["points"]


def test_a_card_that_cannot_read_an_application_says_so() -> None:
    strange = card_form.scorecard_of(a_card(a_choice("sector")))
    found = replaying.difference(kept(), card=EXPERT, other=strange)

    assert (found.points, found.advice, found.fault) == (None, None, "characteristic-unreadable")
