"""What is not told is asked for only where it matters, and two facts of one rank are found."""

from dataclasses import replace
from datetime import date

import pytest

from shared import rulebook
from shared.rulebook import Condition, Fact, Found, Possible, Source, worlds
from shared.rulebook.facts import WhenPast

TODAY = date(2026, 11, 22)
ENDED = date(2026, 7, 1)


def fact(
    name: str,
    value: str = "1",
    *,
    country: str = "MA",
    since: date | None = None,
    until: date | None = None,
    past: WhenPast = "ends",
    unit: str = "",
    **conditions: Condition | frozenset[Condition],
) -> Fact:
    return Fact(
        id=name,
        topic="rate_cap",
        value=value,
        unit=unit,
        country=country,
        conditions={
            key: one if isinstance(one, frozenset) else frozenset({one})
            for key, one in conditions.items()
        },
        in_force_from=since,
        in_force_until=until,
        when_past=past,
        source=Source(title=f"Law of {name}"),
    )


def ask(*facts: Fact, on: date = TODAY, country: str = "MA", **told: Condition) -> Possible:
    return worlds.possible([facts], on=on, country=country, told=told)


def names(found: Possible) -> set[str | None]:
    return {None if one is None else one.fact.id for one in found.found}


def test_what_could_hold_is_given_with_what_is_missing() -> None:
    found = ask(fact("association", kind="association"), fact("company", kind="company"))

    assert names(found) == {"association", "company", None}
    assert found.missing == ("kind",)


def test_what_is_told_is_not_asked_for() -> None:
    facts = fact("association", kind="association"), fact("company", kind="company")

    assert names(ask(*facts, kind="company")) == {"company"}
    assert names(ask(*facts, kind="bank")) == {None}
    assert ask(*facts, kind="bank").missing == ()


def test_only_what_matters_is_asked_for() -> None:
    general, narrow = fact("general"), fact("narrow", kind="a", purpose="x")

    assert ask(general, narrow, kind="b").missing == ()
    assert ask(general, narrow, kind="a").missing == ("purpose",)
    assert ask(general, narrow).missing == ("kind", "purpose")


def test_a_condition_that_no_fact_needs_is_not_missing() -> None:
    ended = fact("ended", kind="a", until=ENDED)

    assert ask(fact("general"), ended).missing == ()


def test_the_part_of_a_country_is_asked_for_where_its_law_differs() -> None:
    everywhere, part = fact("YE", country="YE"), fact("part", country="YE-SANAA")

    assert ask(everywhere, part, country="YE").missing == ("part",)
    assert names(ask(everywhere, part, country="YE-SANAA")) == {"part"}
    assert names(ask(everywhere, part, country="YE-ADEN")) == {"YE"}
    assert names(ask(everywhere, part, country="Y")) == {None}


@pytest.mark.parametrize(("past", "answer"), [("warn", True), ("refuse", True), ("ends", None)])
def test_a_fact_past_its_period_is_named_where_it_says_so(
    past: WhenPast,
    answer: bool | None,  # noqa: FBT001
) -> None:
    (found,) = ask(fact("half-year", until=ENDED, past=past)).found

    assert (found and found.is_past) == answer


def test_a_fact_is_in_force_until_the_day_before_it_ends() -> None:
    moving = fact("half-year", since=date(2026, 1, 1), until=ENDED, past="refuse")

    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30), ENDED]
    answers = [ask(moving, on=day).found[0] for day in days]

    assert [found and found.is_past for found in answers] == [None, False, False, True]


def test_the_last_of_the_past_ones_is_named_and_only_without_a_successor() -> None:
    first = fact("first", until=date(2026, 1, 1), past="warn")
    second = fact("second", since=date(2026, 1, 1), until=ENDED, past="warn")

    assert names(ask(first, second)) == {"second"}
    assert names(ask(first, second, fact("third", since=ENDED))) == {"third"}


def test_a_published_rule_gives_way_to_the_last_figure_that_was_told() -> None:
    published = Fact(
        id="published",
        topic="rate_cap",
        value={"rule": "published"},
        country="MA",
        when_past="warn",
        source=Source(title="Law"),
    )
    figure = fact("figure", since=date(2026, 1, 1), until=ENDED, past="warn")

    assert ask(published).found == (Found(fact=published),)
    assert ask(published, figure, on=date(2026, 3, 1)).found == (Found(fact=figure),)
    assert ask(published, figure).found == (Found(fact=figure, is_past=True),)


def test_a_fact_of_an_earlier_tier_comes_before_a_more_specific_one() -> None:
    own, ours = fact("own"), fact("ours", kind="a")

    found = worlds.possible([[own], [ours]], on=TODAY, country="MA", told={"kind": "a"})

    assert names(found) == {"own"}


def test_too_many_worlds_are_not_walked_but_everything_is_named() -> None:
    values: dict[str, frozenset[Condition]] = {
        f"c{number}": frozenset(map(str, range(20))) for number in range(5)
    }
    facts = [
        replace(fact(f"of-{name}"), conditions={name: accepted})
        for name, accepted in values.items()
    ]

    found = ask(*facts)

    assert names(found) == {None, *(one.id for one in facts)}
    assert found.missing == ("c0", "c1", "c2", "c3", "c4")


def test_two_facts_of_one_rank_that_differ_contradict_each_other() -> None:
    one, other = fact("one", "1", kind="a"), fact("other", "2", purpose="x")

    assert worlds.contradictions([one, other]) == [(one, other)]


@pytest.mark.parametrize(
    "other",
    [
        fact("other", "1", kind="a"),
        fact("other", "2", kind="b"),
        fact("other", "2", kind="a", purpose="x"),
        fact("other", "2", kind="a", country="DZ"),
        fact("other", "2", kind="a", unit="nominal"),
        fact("other", "2", kind="a", since=TODAY),
    ],
    ids=["same value", "other value", "more specific", "elsewhere", "other unit", "later"],
)
def test_facts_that_never_answer_one_question_do_not(other: Fact) -> None:
    assert worlds.contradictions([fact("one", "1", kind="a", until=TODAY), other]) == []


def test_a_more_specific_fact_above_both_settles_them() -> None:
    one, other = fact("one", "1", kind="a"), fact("other", "2", purpose="x")
    above = fact("above", "3", kind="a", purpose="x")
    until = fact("above", "3", kind="a", purpose="x", until=TODAY)

    assert worlds.contradictions([one, other, above]) == []
    assert worlds.contradictions([one, other, until]) == [(one, other)]


@pytest.mark.parametrize("topic", sorted({one.topic for one in rulebook.FACTS} - {"holiday"}))
def test_the_facts_of_the_house_do_not_contradict_each_other(topic: str) -> None:
    found = worlds.contradictions(rulebook.facts_of(topic))

    assert [(one.id, other.id) for one, other in found] == []
