"""The rulebook gives the most specific fact in force, and says where it comes from."""

from datetime import date, timedelta

import pytest

from shared import rulebook
from shared.rulebook import Condition, Fact, NoRule, Source

TODAY = date(2026, 11, 22)


def make_fact(
    name: str = "override",
    *,
    topic: str = "loan_ceiling",
    value: str = "1",
    country: str | None = "EG",
    conditions: dict[str, frozenset[Condition]] | None = None,
    since: date | None = None,
    until: date | None = None,
) -> Fact:
    return Fact(
        id=name,
        topic=topic,
        value=value,
        country=country,
        conditions=conditions or {},
        in_force_from=since,
        in_force_until=until,
        source=Source(title="Ruling of the board"),
    )


@pytest.mark.parametrize(
    ("on", "ceiling"),
    [
        (date(2014, 11, 13), "100000"),
        (date(2020, 10, 10), "100000"),
        (date(2020, 10, 11), "200000"),
        (date(2023, 6, 1), "220000"),
        (date(2024, 6, 1), "242000"),
        (date(2025, 3, 1), "266000"),
        (TODAY, "292000"),
    ],
)
def test_a_ceiling_is_that_of_its_day(on: date, ceiling: str) -> None:
    fact = rulebook.find("loan_ceiling", country="EG", on=on)

    assert fact.text == ceiling
    assert fact.unit == "EGP"


def test_before_the_first_fact_there_is_none() -> None:
    with pytest.raises(NoRule) as refused:
        rulebook.find("loan_ceiling", country="EG", on=date(2014, 11, 12), purpose="activity")

    assert refused.value.fields() == {
        "topic": "loan_ceiling",
        "country": "EG",
        "on": "2014-11-12",
        "conditions": {"purpose": "activity"},
    }


@pytest.mark.parametrize(
    ("purpose", "client_status", "ceiling"),
    [
        ("activity", "", "50000"),
        ("activity", "auto_entrepreneur", "150000"),
        ("activity", "employee", "50000"),
        ("water", "auto_entrepreneur", "100000"),
    ],
)
def test_the_fact_with_most_conditions_met_counts(
    purpose: str, client_status: str, ceiling: str
) -> None:
    fact = rulebook.find(
        "loan_ceiling",
        country="MA",
        on=TODAY,
        institution_type="association",
        purpose=purpose,
        client_status=client_status,
    )

    assert fact.text == ceiling


def test_a_condition_that_is_not_told_is_not_met() -> None:
    with pytest.raises(NoRule):
        rulebook.find("loan_ceiling", country="MA", on=TODAY)


def test_a_condition_can_be_yes_or_no() -> None:
    ceilings = [
        rulebook.find(
            "loan_ceiling",
            country="TN",
            on=TODAY,
            institution_type="association",
            meets_norms=meets_norms,
        ).text
        for meets_norms in (False, True)
    ]

    assert ceilings == ["5000", "10000"]


def test_a_small_loan_for_living_is_small_whatever_the_norms() -> None:
    for meets_norms in (False, True):
        fact = rulebook.find(
            "loan_ceiling",
            country="TN",
            on=TODAY,
            institution_type="association",
            purpose="living_conditions",
            meets_norms=meets_norms,
        )
        assert fact.text == "2000"


def test_a_part_of_a_country_has_the_facts_of_the_whole_and_its_own() -> None:
    def days(country: str) -> str:
        return rulebook.find("weekend", country=country, on=TODAY).text

    assert days("AE") == days("AE-DU") == "sat sun"
    assert days("AE-SH") == "fri sat sun"


def test_what_holds_everywhere_holds_without_a_country() -> None:
    assert rulebook.find("month_end_rule", on=TODAY).text == "clamp"
    assert rulebook.find("rounding", country="MA", on=TODAY).text == "half_even"
    assert rulebook.find("date_moving_rule", on=TODAY).text == "next"
    assert rulebook.find("day_count", on=TODAY).text == "30/360"


def test_an_override_comes_before_our_fact() -> None:
    board = make_fact(value="300000", since=date(2026, 6, 1), until=date(2027, 1, 1))

    def ceiling(on: date) -> str:
        return rulebook.find("loan_ceiling", country="EG", on=on, overrides=[board]).text

    assert ceiling(date(2026, 5, 31)) == "292000"
    assert ceiling(date(2026, 6, 1)) == "300000"
    assert ceiling(date(2026, 12, 31)) == "300000"
    assert ceiling(date(2027, 1, 1)) == "292000"


def test_the_most_specific_override_counts() -> None:
    overrides = [
        make_fact("general", value="1", country=None),
        make_fact("narrow", value="3", conditions={"sector": frozenset({"crops"})}),
        make_fact("country", value="2"),
    ]

    def ceiling(sector: str) -> str:
        return rulebook.find(
            "loan_ceiling", country="EG", on=TODAY, overrides=overrides, sector=sector
        ).text

    assert ceiling("crops") == "3"
    assert ceiling("trade") == "2"


def test_of_two_alike_the_newer_counts() -> None:
    overrides = [make_fact("new", value="2", since=TODAY), make_fact("old", value="1")]

    found = rulebook.find("loan_ceiling", country="EG", on=TODAY, overrides=overrides)

    assert found.id == "new"


def test_an_override_of_another_topic_or_country_changes_nothing() -> None:
    others = [make_fact(topic="term_ceiling"), make_fact(country="MA")]

    found = rulebook.find("loan_ceiling", country="EG", on=TODAY, overrides=others)

    assert found.text == "292000"


def test_all_facts_of_a_topic_are_told_in_order() -> None:
    found = rulebook.find_all("holiday", country="SA", on=TODAY)

    assert [fact.id for fact in found] == [
        "holiday-SA-arafah",
        "holiday-SA-eid-al-adha",
        "holiday-SA-eid-al-fitr",
        "holiday-SA-founding",
        "holiday-SA-national",
    ]
    assert rulebook.find_all("holiday", country="SA", on=date(2021, 1, 1))[-2].id.endswith("fitr")
    assert rulebook.find_all("holiday", country="FR", on=TODAY) == []


def test_among_all_facts_an_override_replaces_its_namesake() -> None:
    own = make_fact("holiday-SA-founding", topic="holiday", country="SA")

    found = rulebook.find_all("holiday", country="SA", on=TODAY, overrides=[own])

    assert own in found
    assert len(found) == 5


def test_the_value_is_read_in_its_form() -> None:
    text, members = (
        rulebook.find("rounding", on=TODAY),
        rulebook.find_all("holiday", country="SA", on=TODAY)[0],
    )

    assert members.members["name"] == "Day of Arafah"
    with pytest.raises(TypeError, match="no members"):
        _ = text.members
    with pytest.raises(TypeError, match="not text"):
        _ = members.text


def test_an_override_is_read_from_the_form_of_the_files() -> None:
    fact = Fact.from_json(
        {
            "id": "x",
            "topic": "loan_ceiling",
            "value": "7",
            "conditions": {"sector": ["crops", "trade"], "micro": True},
            "from": "2026-01-01",
            "source": {"title": "Board", "url": None, "date": "2026"},
            "confidence": "low",
            "check": True,
        }
    )

    assert fact.conditions == {"sector": {"crops", "trade"}, "micro": {True}}
    assert (fact.in_force_from, fact.in_force_until) == (date(2026, 1, 1), None)
    assert (fact.source.title, fact.source.dated) == ("Board", "2026")
    assert (fact.confidence, fact.needs_check, fact.unit) == ("low", True, "")


def test_an_unknown_confidence_is_refused() -> None:
    with pytest.raises(ValueError, match="certain"):
        Fact.from_json(
            {
                "id": "x",
                "topic": "t",
                "value": "7",
                "source": {"title": "Board", "url": None, "date": None},
                "confidence": "certain",
            }
        )


def test_a_fact_ends_after_it_begins() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        make_fact(since=TODAY, until=TODAY)
    assert make_fact(since=TODAY, until=TODAY + timedelta(days=1)).in_force_until
