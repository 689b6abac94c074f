"""Whose a legal cap is, is said in the reader's language, title, article and day."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.loans.domain.rate_caps import Cap, source_in_words
from shared import rulebook
from shared.rulebook import Fact
from shared.texts import Language, sayer, translate

CAPS = rulebook.facts_of("rate_cap")


def source_of(fact: Fact) -> str:
    told = Cap(rate=Decimal(0), fact=fact, used=()).source
    assert told is not None
    return told


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_every_cap_of_the_rulebook_is_told_in_the_language(language: Language) -> None:
    say = sayer("loans", language=language)

    for fact in CAPS:
        told = source_in_words(source_of(fact), say=say)
        title = translate(fact.source.title, language=language, service="loans")
        assert told.startswith(title)
        assert title != fact.source.title
        assert "; since" not in told
        if fact.source.article:
            assert told.count(fact.source.article) >= 1
        if fact.in_force_from:
            assert told.endswith(fact.in_force_from.isoformat())


def test_in_english_a_cap_is_told_as_it_was_kept() -> None:
    say = sayer("loans", language="en")

    assert [source_in_words(source_of(fact), say=say) for fact in CAPS] == [
        source_of(fact) for fact in CAPS
    ]


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("Ruling 7 of the board; since 2026-01-01", "Ruling 7 of the board ; depuis le 2026-01-01"),
        ("Ruling 7 of the board", "Ruling 7 of the board"),
        ("Ruling; since ever", "Ruling; since ever"),
        ("", ""),
    ],
)
def test_a_title_that_an_institution_gave_stays(kept: str, told: str) -> None:
    assert source_in_words(kept, say=sayer("loans", language="fr")) == told


def test_what_was_cut_off_is_told_as_it_is() -> None:
    fact = replace(
        CAPS[0], source=replace(CAPS[0].source, title="x" * 400), in_force_from=date(2026, 1, 1)
    )
    kept = source_of(fact)

    assert len(kept) == 300
    assert source_in_words(kept, say=sayer("loans", language="fr")).startswith("x" * 280)
