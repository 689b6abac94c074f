"""How figures and days read in three languages, in the institution's country and time zone."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from services.monitoring.dashboards.writer import Writer
from shared.money import Money
from shared.texts import LANGUAGES, Language

JORDAN = {
    language: Writer(language=language, country="JO", timezone="Asia/Amman")
    for language in LANGUAGES
}


@pytest.mark.parametrize(
    ("language", "written"),
    [("ar", "1,234,567.500"), ("fr", "1\u202f234\u202f567,500"), ("en", "1,234,567.500")],
)
def test_an_amount_keeps_every_decimal_of_its_currency(language: Language, written: str) -> None:
    assert JORDAN[language].amount(Money(1_234_567_500, "JOD")) == written


def test_ten_figures_are_written_in_full() -> None:
    assert JORDAN["en"].amount(Money(999_999_999_999_999, "JOD")) == "999,999,999,999.999"


def test_a_currency_without_decimals_has_no_point() -> None:
    assert JORDAN["en"].amount(Money(1_500, "JPY")) == "1,500"


@pytest.mark.parametrize("language", LANGUAGES)
def test_digits_are_western_in_every_language(language: Language) -> None:
    writer = JORDAN[language]
    written = writer.amount(Money(1, "JOD")) + writer.day(date(2026, 11, 22)) + writer.count(2_345)
    assert not set(written) & set("٠١٢٣٤٥٦٧٨٩")


@pytest.mark.parametrize(
    ("language", "written"), [("ar", "3.4%"), ("fr", "3,4\u202f%"), ("en", "3.4%")]
)
def test_a_share_is_a_per_cent_with_one_decimal(language: Language, written: str) -> None:
    assert JORDAN[language].share(Decimal("0.034211")) == written


def test_no_share_is_a_dash_and_not_zero() -> None:
    assert JORDAN["en"].share(None) == "–"
    assert JORDAN["en"].share(Decimal(0)) == "0.0%"


@pytest.mark.parametrize(
    ("country", "month"),
    [("JO", "تشرين الثاني"), ("MA", "نونبر"), ("", "نوفمبر"), ("ZZ", "نوفمبر")],
)
def test_a_month_is_named_as_the_country_names_it(country: str, month: str) -> None:
    assert Writer(language="ar", country=country).day(date(2026, 11, 22)) == f"22 {month} 2026"


def test_an_instant_is_told_in_the_institution_s_time_zone() -> None:
    at = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
    assert JORDAN["en"].instant(at) == "23 November 2026, 01:30"
    assert JORDAN["ar"].instant(at) == "23 تشرين الثاني 2026، 01:30"


def test_a_sentence_is_translated_with_its_fields() -> None:
    said = JORDAN["fr"].text("More than {days} days late", days="30")
    assert said == "Plus de 30 jours de retard"
    assert JORDAN["en"].text("Received") == "Received"
    assert JORDAN["ar"].text("Received") == "الوارد"


@pytest.mark.parametrize(
    ("language", "name"),
    [("ar", "دينار أردني"), ("fr", "dinars jordaniens"), ("en", "Jordanian dinars")],
)
def test_a_currency_has_a_name(language: Language, name: str) -> None:
    assert JORDAN[language].currency("JOD") == name


def test_only_arabic_reads_from_the_right() -> None:
    assert [language for language in LANGUAGES if JORDAN[language].is_rtl] == ["ar"]
