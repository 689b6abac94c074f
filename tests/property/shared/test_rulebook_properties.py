"""The most specific fact in force wins, whatever the facts are and whatever is told."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.rulebook import Condition, Fact, Source, worlds

DAY = date(2026, 1, 1)
NAMES = ("kind", "purpose", "region")
VALUES = ("a", "b", "c")
conditions = st.dictionaries(
    st.sampled_from(NAMES), st.frozensets(st.sampled_from(VALUES[:2]), min_size=1), max_size=3
)
told = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES), max_size=3)
days = st.integers(0, 30).map(lambda count: DAY + timedelta(days=count))


@st.composite
def facts(draw: st.DrawFn) -> list[Fact]:
    made = []
    for number in range(draw(st.integers(0, 6))):
        since = draw(st.none() | days)
        length = draw(st.none() | st.integers(1, 20))
        made.append(
            Fact(
                id=f"fact-{number}",
                topic="loan_ceiling",
                value=str(number),
                country=draw(st.sampled_from([None, "YE", "YE-SANAA", "MA"])),
                conditions=dict(draw(conditions)),
                in_force_from=since,
                in_force_until=None if length is None else (since or DAY) + timedelta(days=length),
                source=Source(title="Law"),
            )
        )
    return made


@given(facts(), told, days, st.sampled_from(["YE", "YE-SANAA", "YE-ADEN", "MA", "DZ"]))
def test_with_everything_told_the_most_specific_fact_in_force_wins(
    made: list[Fact], known: dict[str, Condition], on: date, country: str
) -> None:
    full = dict.fromkeys(NAMES, "c") | known
    place = "YE-OTHER" if country == "YE" else country  # a part with no law of its own
    holding = [fact for fact in made if fact.holds(on=on, country=place, conditions=full)]

    found = worlds.possible([made], on=on, country=place, told=full)

    assert found.missing == ()
    (answer,) = found.found
    assert (answer is None) == (not holding)
    assert all(answer is not None and fact.rank() <= answer.fact.rank() for fact in holding)
    assert answer is None or answer.fact in holding


@given(facts(), told, days, st.sampled_from(["YE", "MA"]))
def test_whatever_turns_out_was_among_what_was_possible(
    made: list[Fact], known: dict[str, Condition], on: date, country: str
) -> None:
    before = worlds.possible([made], on=on, country=country, told=known)
    untold = [name for name in NAMES if name not in known]
    outcomes = set()
    for value in VALUES:
        full = known | dict.fromkeys(untold, value)
        for place in (country, f"{country}-SANAA", f"{country}-OTHER"):
            outcomes |= set(worlds.possible([made], on=on, country=place, told=full).found)

    assert outcomes <= set(before.found) | {None} or len(before.found) > 1
    if not before.missing:
        assert len(before.found) == 1
        assert outcomes == set(before.found)


@given(facts(), told, days)
def test_telling_more_never_makes_more_possible(
    made: list[Fact], known: dict[str, Condition], on: date
) -> None:
    fewer = worlds.possible([made], on=on, country="MA", told=known)
    for name in NAMES:
        if name not in known:
            more = worlds.possible([made], on=on, country="MA", told={**known, name: "a"})
            assert set(more.found) <= set(fewer.found)


@given(facts())
def test_without_contradictions_no_two_of_one_rank_hold_at_once(made: list[Fact]) -> None:
    contradicting = worlds.contradictions(made)
    for one, other in contradicting:
        assert one.country == other.country
        assert len(one.conditions) == len(other.conditions)
        assert one.value != other.value
