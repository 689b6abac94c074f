"""The facts of the house agree with their sources and never contradict each other."""

from collections.abc import Iterator
from datetime import date
from itertools import combinations

import pytest

from shared import rulebook
from shared.rulebook import Fact

TODAY = date(2026, 11, 22)
COUNTRIES = ("MA", "DZ", "TN", "EG", "JO", "SD", "YE", "PS", "MR", "SA", "AE", "BH", "KW")
FUND_KINDS = ("zakat", "waqf", "donation", "state", "commercial")
MODES = (
    "grant",
    "qard",
    "murabaha",
    "ijara",
    "diminishing_musharaka",
    "mudaraba",
    "musharaka",
    "conventional",
)


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_country_has_a_weekend_and_holidays(country: str) -> None:
    assert rulebook.find("weekend", country=country, on=TODAY).text
    assert rulebook.find_all("holiday", country=country, on=TODAY)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", FUND_KINDS)
def test_every_kind_of_fund_has_a_verdict_on_every_mode(kind: str, mode: str) -> None:
    fact = rulebook.find("fund_finances_mode", on=TODAY, fund_kind=kind, mode_of_finance=mode)

    assert fact.text in {"allowed", "with_ruling", "forbidden"}


@pytest.mark.parametrize("kind", ["zakat", "waqf"])
def test_interest_never_touches_zakat_or_waqf(kind: str) -> None:
    for country in (None, *COUNTRIES):
        fact = rulebook.find(
            "fund_finances_mode",
            country=country,
            on=TODAY,
            fund_kind=kind,
            mode_of_finance="conventional",
        )
        assert fact.text == "forbidden"


@pytest.mark.parametrize(
    ("country", "kind", "mode", "verdict"),
    [
        ("EG", "zakat", "qard", "forbidden"),
        ("DZ", "zakat", "qard", "with_ruling"),
        ("JO", "waqf", "qard", "allowed"),
        ("JO", "commercial", "conventional", "allowed"),
        ("YE-SANAA", "commercial", "conventional", "forbidden"),
        ("YE-ADEN", "commercial", "conventional", "allowed"),
        ("JO", "commercial", "grant", "forbidden"),
    ],
)
def test_what_a_fund_may_finance_depends_on_the_country(
    country: str, kind: str, mode: str, verdict: str
) -> None:
    fact = rulebook.find(
        "fund_finances_mode", country=country, on=TODAY, fund_kind=kind, mode_of_finance=mode
    )

    assert fact.text == verdict


@pytest.mark.parametrize("kind", ["donation", "commercial"])
def test_sharia_bound_money_never_bears_interest(kind: str) -> None:
    fact = rulebook.find(
        "fund_finances_mode",
        on=TODAY,
        fund_kind=kind,
        mode_of_finance="conventional",
        sharia_bound=True,
    )

    assert fact.text == "forbidden"


def test_lending_zakat_needs_a_ruling_and_is_forbidden_in_egypt() -> None:
    assert rulebook.find("zakat_lending", country="MA", on=TODAY).text == "allowed_with_ruling"
    assert rulebook.find("zakat_lending", country="EG", on=TODAY).text == "forbidden"
    assert rulebook.find("zakat_lending", country="EG", on=date(2013, 10, 23)).text != "forbidden"


def test_waqf_does_not_exist_where_the_law_abolished_it() -> None:
    def exists(country: str, kind: str, on: date = TODAY) -> str:
        return rulebook.find("fund_kind_exists", country=country, on=on, fund_kind=kind).text

    assert exists("TN", "waqf") == "no"
    assert exists("TN", "waqf", date(1957, 7, 17)) == "yes"
    assert exists("TN", "donation") == "yes"
    assert exists("MA", "waqf") == "yes"


def test_every_fact_has_a_name_of_its_own() -> None:
    names = [fact.id for fact in rulebook.FACTS]

    assert len(names) == len(set(names))


def alike() -> Iterator[tuple[Fact, Fact]]:
    """Facts that hold for the same question, so that only their days can tell them apart."""
    for topic in {fact.topic for fact in rulebook.FACTS} - {"holiday"}:
        for one, other in combinations(rulebook.facts_of(topic), 2):
            same_names = one.conditions.keys() == other.conditions.keys()
            same_question = (one.country, one.unit) == (other.country, other.unit)
            if same_question and same_names:
                shared = [one.conditions[name] & other.conditions[name] for name in one.conditions]
                if all(shared):
                    yield one, other


def test_two_facts_never_answer_one_question_on_one_day() -> None:
    overlapping = [
        (one.id, other.id)
        for one, other in alike()
        if (one.in_force_from or date.min) < (other.in_force_until or date.max)
        and (other.in_force_from or date.min) < (one.in_force_until or date.max)
    ]

    assert overlapping == []
