"""The same input is known again in any order, and no figure or word is overlooked."""

from dataclasses import replace
from datetime import date

import pytest

from services.scoring.assignments import wording
from services.scoring.assignments.operations import hash_of
from services.scoring.domain.assignment.problem import BASE, Fund
from services.scoring.domain.assignment.valuing import Lot, Run, Source, Waiting, Weights

DAY = date(2026, 11, 22)
ONE = Waiting(
    id="1", amount=5, applied_on=DAY, sector="trade", traits=frozenset({"women", "youth"}),
    loss=1, social={"poverty": 1, "jobs": 2}, eligible=frozenset({"f"}), reasons={"g": "closed"},
)  # fmt: skip
FUNDS = tuple(
    Source(
        rules=Fund(id=name, budget=9, shares={"women": BASE}),
        lots=(Lot(amount=1, spend_by=DAY),),
    )
    for name in "fg"
)
RUN = Run(
    as_of=DAY, currency="JOD", unit=1_000, weights=Weights(social={"poverty": 3, "jobs": 1}),
    waiting=(ONE, replace(ONE, id="2")), sources=FUNDS,
)  # fmt: skip
WORDS = {"closed": {"ar": "مغلق", "fr": "Fermé", "en": "Closed"}}


def test_another_order_is_the_same_input() -> None:
    turned = replace(
        RUN,
        waiting=(replace(ONE, id="2", social={"jobs": 2, "poverty": 1}), ONE),
        sources=FUNDS[::-1],
        weights=Weights(social={"jobs": 1, "poverty": 3}),
    )

    assert hash_of(turned, words=WORDS) == hash_of(RUN, words=WORDS)


@pytest.mark.parametrize(
    "other",
    [
        replace(RUN, as_of=date(2026, 11, 23)),
        replace(RUN, currency="KWD"),
        replace(RUN, weights=replace(RUN.weights, near_days=91)),
        replace(RUN, waiting=(ONE,)),
        replace(RUN, waiting=(ONE, replace(ONE, id="2", traits=frozenset({"women"})))),
        replace(RUN, waiting=(ONE, replace(ONE, id="2", reasons={"g": "other"}))),
        replace(RUN, sources=(FUNDS[0], replace(FUNDS[1], lots=()))),
        replace(RUN, sources=(FUNDS[0], replace(FUNDS[1], cost=1))),
    ],
)
def test_another_figure_is_another_input(other: Run) -> None:
    assert hash_of(other, words=WORDS) != hash_of(RUN, words=WORDS)


def test_other_words_are_another_input() -> None:
    assert hash_of(RUN, words={}) != hash_of(RUN, words=WORDS)


@pytest.mark.parametrize("code", wording.SENTENCES)
def test_each_rule_is_said_in_three_languages(code: str) -> None:
    said = {
        wording.sentence(code, "women", words={}, language=language)
        for language in ("ar", "fr", "en")
    }

    assert len(said) == 3
    assert not any("{" in sentence for sentence in said)


def test_a_funds_own_words_are_said_as_they_came() -> None:
    said = wording.sentence("not_eligible", "closed", words=WORDS, language="fr")

    assert said == "Fermé"
    earmarked = wording.sentence("not_eligible", "earmarked", words=WORDS, language="en")
    assert earmarked == "The fund's money is earmarked for other purposes."
