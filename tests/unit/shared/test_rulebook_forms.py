"""A fact that nobody could use is refused before it is kept."""

from datetime import date
from typing import Literal

import pytest

from shared import rulebook, texts
from shared.errors import JsonValue
from shared.rulebook import Fact, Source, forms
from shared.rulebook.forms import FactMalformed, TopicNotYours


def fact(topic: str, value: JsonValue, unit: str = "") -> Fact:
    return Fact(id="own", topic=topic, value=value, unit=unit, source=Source(title="Board"))


def test_every_fact_of_the_house_is_in_form_and_says_where_it_comes_from() -> None:
    for one in rulebook.FACTS:
        forms.check(one)
        assert one.source.title.strip()
        assert Fact.from_json(one.to_json()).to_json() == one.to_json()


def test_what_ceilings_and_caps_ask_for_is_what_may_be_told() -> None:
    topics = forms.CAPS | {"loan_ceiling", "term_ceiling"}
    asked = {name for one in rulebook.FACTS if one.topic in topics for name in one.conditions}

    assert asked - {"mode_of_finance"} == forms.ASKED - {"cycle", "part"}


@pytest.mark.parametrize(
    ("topic", "value", "unit"),
    [
        ("loan_ceiling", "50000", "MAD"),
        ("term_ceiling", "36", "months"),
        ("rate_cap", "0.139", "effective"),
        ("cost_cap", "0.3", "share"),
        ("fee_cap", "5000", "SAR"),
        ("minimum_provision", {"0": "0.01", "31": "0.5"}, ""),
        ("weekend", "fri sat", ""),
        ("holiday", {"name": "Feast", "rule": "fixed", "month": 2, "day": 28}, ""),
        ("holiday", {"name": "Feast", "rule": "hijri", "month": 12, "day": 30, "days": 4}, ""),
        ("holiday", {"name": "Feast", "rule": "dates", "dates": ["2026-03-20"]}, ""),
        ("institution", {"institution_type": "association", "meets_norms": True}, ""),
    ],
)
def test_a_fact_in_its_form_may_be_given(topic: str, value: JsonValue, unit: str) -> None:
    forms.check_own(fact(topic, value, unit))


@pytest.mark.parametrize(
    ("topic", "value", "unit"),
    [
        ("loan_ceiling", "50000", "XXX"),
        ("loan_ceiling", "-1", "MAD"),
        ("loan_ceiling", "NaN", "MAD"),
        ("loan_ceiling", "many", "MAD"),
        ("loan_ceiling", 50000, "MAD"),
        ("term_ceiling", "0", "months"),
        ("term_ceiling", "601", "months"),
        ("term_ceiling", "1.5", "months"),
        ("term_ceiling", "12", "years"),
        ("rate_cap", "0.139", "share"),
        ("rate_cap", "11", "nominal"),
        ("rate_cap", {"rule": "published"}, "effective"),
        ("minimum_provision", {"31": "0.5"}, ""),
        ("minimum_provision", {"0": "0.5", "31": "0.4"}, ""),
        ("minimum_provision", {"0": "0", "late": "1"}, ""),
        ("minimum_provision", {"0": "1.1"}, ""),
        ("minimum_provision", "0.5", ""),
        ("weekend", "", ""),
        ("weekend", "sun sun", ""),
        ("weekend", "funday", ""),
        ("weekend", "mon tue wed thu fri sat sun", ""),
        ("holiday", {"name": "Feast", "rule": "fixed", "month": 2, "day": 29}, ""),
        ("holiday", {"name": "Feast", "rule": "fixed", "month": 2, "day": 1, "days": 11}, ""),
        ("holiday", {"name": "Feast", "rule": "hijri", "month": 13, "day": 1}, ""),
        ("holiday", {"name": "Feast", "rule": "hijri", "month": "1", "day": 1}, ""),
        ("holiday", {"name": "Feast", "rule": "dates", "dates": []}, ""),
        ("holiday", {"name": "Feast", "rule": "dates", "dates": ["soon"]}, ""),
        ("holiday", {"rule": "fixed", "month": 2, "day": 1}, ""),
        ("holiday", "Friday", ""),
        ("institution", {}, ""),
        ("institution", {"religion": "any"}, ""),
        ("institution", {"institution_type": ""}, ""),
        ("institution", {"institution_type": 7}, ""),
    ],
)
def test_a_fact_out_of_its_form_is_refused(topic: str, value: JsonValue, unit: str) -> None:
    with pytest.raises(FactMalformed) as refused:
        forms.check_own(fact(topic, value, unit))
    assert refused.value.topic == topic


def test_a_published_rule_is_only_for_caps() -> None:
    forms.check(fact("rate_cap", {"rule": "published"}, "effective"))
    with pytest.raises(FactMalformed):
        forms.check(fact("loan_ceiling", {"rule": "published"}, "MAD"))


@pytest.mark.parametrize("topic", ["fund_finances_mode", "fund_kind_exists", "zakat_lending", "x"])
def test_what_money_may_do_is_not_an_institutions_to_say(topic: str) -> None:
    with pytest.raises(TopicNotYours) as refused:
        forms.check_own(fact(topic, "allowed"))
    assert "loan_ceiling" in refused.value.topics


def test_conditions_are_few_and_never_empty() -> None:
    few = frozenset(map(str, range(forms.VALUES_MAX)))
    ceiling = fact("loan_ceiling", "1", "MAD").to_json()

    def check(conditions: dict[str, list[str]]) -> None:
        forms.check(Fact.from_json({**ceiling, "conditions": conditions}))  # type: ignore[typeddict-item]

    check({"purpose": sorted(few)})
    too_many = {f"c{number}": ["a"] for number in range(forms.CONDITIONS_MAX + 1)}
    nothing: list[str] = []
    for wrong in ({"purpose": [*few, "more"]}, {"purpose": nothing}, too_many):
        with pytest.raises(FactMalformed):
            check(wrong)


def test_an_own_fact_keeps_its_article_and_the_day_it_was_read() -> None:
    own = Fact.from_json(
        {
            "id": "own",
            "topic": "rate_cap",
            "value": "0.2",
            "unit": "effective",
            "until": "2027-01-01",
            "past": "refuse",
            "source": {"title": "Note", "article": "3", "read_on": "2026-11-22"},
            "confidence": "high",
        },
        is_own=True,
    )

    assert own.is_own
    assert (own.source.article, own.source.read_on) == ("3", date(2026, 11, 22))
    assert own.when_past == "refuse"


def test_a_word_that_is_no_rule_for_the_past_is_refused() -> None:
    with pytest.raises(ValueError, match="forget"):
        Fact.from_json({**fact("rate_cap", "1", "nominal").to_json(), "past": "forget"})


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_every_source_that_a_refusal_may_name_is_told_in_the_readers_language(
    language: Literal["ar", "fr"],
) -> None:
    refusing = forms.CAPS | {"loan_ceiling", "term_ceiling", "minimum_provision"}
    known = texts.catalogue("loans", language=language)

    named = {one.source.title for one in rulebook.FACTS if one.topic in refusing}

    assert sorted(named - known.keys()) == []


@pytest.mark.parametrize(
    ("dated", "day"), [("2004-03-11", date(2004, 3, 11)), ("2004", None), (None, None)]
)
def test_a_source_has_a_day_only_where_all_of_it_is_known(
    dated: str | None, day: date | None
) -> None:
    assert Source(title="Resolution", dated=dated).given_on == day
