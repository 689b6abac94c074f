"""What a person reads is in their language, and in English where it has no translation."""

from datetime import date

import pytest

from shared import rulebook, texts
from shared.calendar import HijriDate
from shared.errors import RafidError, Sentence
from shared.money import TooManyDecimals
from shared.texts import Language


class Untranslated(RafidError):
    """Nobody translates this title"""

    detail = "Nobody translates {what}."
    what: str


class PartlyTranslated(RafidError):
    """Not an amount"""

    detail = "{what}"
    what: str


class Feasts(RafidError):
    """Some feasts"""

    detail = "{names}; {feast}"
    names: tuple[str, ...]
    feast: Sentence
    table: dict[str, Sentence]


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Labour Day"), ("fr", "Fête du travail"), ("ar", "عيد العمال")],
)
def test_a_sentence_is_said_in_each_language(language: Language, said: str) -> None:
    assert texts.translate("Labour Day", language=language) == said


def test_what_is_not_translated_is_said_in_english() -> None:
    assert texts.translate("Nobody says this.", language="ar") == "Nobody says this."
    assert texts.translate("Labour Day", language="ar", service="nowhere") == "Labour Day"


def test_the_empty_sentence_stays_empty() -> None:
    assert texts.translate("", language="ar") == ""


def test_an_error_is_told_with_its_members() -> None:
    error = TooManyDecimals(text="1.2345", currency="JOD", decimals=4, exponent=3)

    title, detail = texts.render(error, language="ar")

    assert title == "منازل عشرية أكثر من اللازم"
    assert detail == "في «1.2345» عدد 4 من المنازل العشرية؛ والمبلغ بعملة JOD لا يحمل أكثر من 3."
    assert texts.render(error, language="en") == (error.title(), str(error))


def test_an_error_without_translation_is_told_in_english() -> None:
    told = texts.render(Untranslated(what="that"), language="fr")

    assert told == ("Nobody translates this title", "Nobody translates that.")


def test_a_member_that_the_catalogue_knows_is_said_in_the_language() -> None:
    assert texts.render(PartlyTranslated(what="Ramadan"), language="ar") == ("ليس مبلغا", "رمضان")


def test_a_list_is_said_member_by_member_with_the_comma_of_the_language() -> None:
    feasts = Feasts(names=("Ramadan", "Ann"), feast=Sentence("Ashura"), table={})

    assert texts.render(feasts, language="ar")[1] == "رمضان، Ann; عاشوراء"
    assert texts.render(feasts, language="en")[1] == str(feasts) == "Ramadan, Ann; Ashura"


def test_in_a_problem_sentences_are_said_and_codes_stay() -> None:
    feasts = Feasts(
        names=("Ramadan",), feast=Sentence("Ramadan"), table={"Rajab": Sentence("Rajab")}
    )

    assert texts.members(feasts, language="ar") == {
        "names": ["Ramadan"],
        "feast": "رمضان",
        "table": {"Rajab": "رجب"},
    }
    assert texts.members(feasts, language="en") == feasts.fields()


def test_a_service_says_what_all_share_unless_it_has_its_own_words() -> None:
    assert texts.sayer("loans", language="fr")("auditor") == "auditeur"
    assert texts.sayer("loans", language="fr")("signed") == "signé"
    assert texts.sayer("nowhere", language="fr")("signed") == "signed"


def test_braces_in_what_a_person_typed_do_no_harm() -> None:
    assert texts.render(Untranslated(what="{other}"), language="ar")[1].endswith("{other}.")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("ar", "ar"),
        ("AR-ma", "ar"),
        ("de, fr;q=0.5, ar;q=0.7", "ar"),
        ("fr;q=0.7, ar;q=0.7", "fr"),
        ("fr;q=0, en;q=0.1", "en"),
        ("fr;q=0", "en"),
        ("*", "en"),
        ("ar;q=nonsense, fr;q=0.1", "fr"),
        ("fr;level=1", "fr"),
        ("fr ; Q=0.2 , ar;q=0.3", "ar"),
        ("zh," * 1_000 + "ar", "en"),
        (";;;,,,=", "en"),
    ],
)
def test_the_language_is_the_one_most_wanted(header: str | None, language: Language) -> None:
    assert texts.pick_language(header) == language


def test_a_page_can_have_another_default() -> None:
    assert texts.pick_language("de", default="ar") == "ar"


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "1 Shawwal 1447 AH"), ("fr", "1 chawwal 1447 H"), ("ar", "1 شوال 1447 هـ")],
)
def test_a_day_is_said_by_the_hijri_calendar(language: Language, said: str) -> None:
    assert texts.hijri(date(2026, 3, 20), language=language) == said


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_every_feast_and_month_has_a_translation(language: Language) -> None:
    known = texts.catalogue("shared", language=language)
    names = {str(fact.members["name"]) for fact in rulebook.facts_of("holiday")}
    months = {HijriDate(year=1447, month=month, day=1).month_name for month in range(1, 13)}

    assert len(months) == 12
    assert sorted(name for name in names | months if not known.get(name)) == []


def test_digits_can_be_had_from_here_too() -> None:
    assert texts.to_western_digits("٧") == "7"
