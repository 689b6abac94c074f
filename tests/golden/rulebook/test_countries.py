"""The figures of thirteen countries are those of their sources, on their days."""

from datetime import date

import pytest

from shared import rulebook
from shared.money import exponent_of
from shared.rulebook import Condition, Found

TODAY = date(2026, 11, 22)
Told = dict[str, Condition]
BANK: Told = {"institution_type": "bank"}
ASSOCIATION: Told = {"institution_type": "association"}
PLAIN: Told = {**ASSOCIATION, "client_status": "employee"}
COMPANY: Told = {"institution_type": "joint_stock_company"}

# (topic, unit, place, what is told, figure, words of the source)
FIGURES: list[tuple[str, str, str, Told, str, str]] = [
    # Morocco: decree of 7 August 2019, decree 2.25.450 of 15 July 2025, Intelaka of February 2020
    ("loan_ceiling", "MAD", "MA", {**PLAIN, "purpose": "activity"}, "50000", "2019"),
    ("loan_ceiling", "MAD", "MA", {**PLAIN, "purpose": "water"}, "100000", "2019"),
    ("loan_ceiling", "MAD", "MA", COMPANY, "1200000", "2.25.450"),
    ("loan_ceiling", "MAD", "MA", {**BANK, "scheme": "start_tpe"}, "50000", "Start-TPE"),
    ("rate_cap", "nominal", "MA", {**BANK, "scheme": "intelaka", "area": "urban"}, "0.02", "Int"),
    ("rate_cap", "nominal", "MA", {**BANK, "scheme": "intelaka", "area": "rural"}, "0.0175", "Int"),
    # Algeria: decree 19-137, ANADE, notes of the Bank of Algeria
    ("loan_ceiling", "DZD", "DZ", {"scheme": "anade", "purpose": "any"}, "10000000", "20-374"),
    ("loan_ceiling", "DZD", "DZ", {"scheme": "anade", "purpose": "operating"}, "1000000", "Horiz"),
    ("rate_cap", "nominal", "DZ", {"scheme": "angem", "purpose": "raw_materials"}, "0", "ANGEM"),
    # Tunisia: ACM, associations on budget resources
    ("loan_ceiling", "TND", "TN", {**COMPANY, "meets_norms": True}, "40000", ""),
    ("rate_cap", "nominal", "TN", {**ASSOCIATION, "resources": "budget"}, "0.05", "solidarité"),
    ("fee_cap", "share", "TN", {**ASSOCIATION, "resources": "budget"}, "0.025", "solidarité"),
    # Egypt: FRA decision 1 of 2026
    ("loan_ceiling", "EGP", "EG", {}, "292000", ""),
    # Sudan, 2026
    ("loan_ceiling", "SDG", "SD", {"size": "micro", "sector": "crops"}, "16000000", "North Africa"),
    ("loan_ceiling", "SDG", "SD", {"size": "small", "sector": "crops"}, "30000000", "North Africa"),
    # Gulf
    ("loan_ceiling", "SAR", "SA", {"purpose": "consumption", **COMPANY}, "60000", "Okaz"),
    ("fee_cap", "share", "SA", {"purpose": "activity"}, "0.01", "SAR 5,000"),
    ("fee_cap", "SAR", "SA", {}, "5000", "SAR 5,000"),
    ("loan_ceiling", "AED", "AE", {"scheme": "short_term_credit"}, "20000", "C 3/2023"),
    ("term_ceiling", "months", "AE", {"scheme": "short_term_credit"}, "12", "C 3/2023"),
    ("rate_cap", "nominal", "AE", {"scheme": "short_term_credit"}, "0", "C 3/2023"),
    ("cost_cap", "share", "AE", {"scheme": "short_term_credit"}, "0.3", "C 3/2023"),
    ("loan_ceiling", "BHD", "BH", {}, "7000", "AU-1.2.3"),
    ("term_ceiling", "months", "BH", {}, "36", "AU-1.2.3"),
    ("fee_cap", "share", "KW", {"scheme": "national_fund"}, "0.02", "98 of 2013"),
    ("rate_cap", "nominal", "KW", {"scheme": "national_fund"}, "0", "98 of 2013"),
    # Yemen is two markets
    ("rate_cap", "nominal", "YE-SANAA", {"mode_of_finance": "conventional"}, "0", "1444"),
]
# Thresholds of excessive rates by half-year and category, in force and after.
MOVING = [
    ("DZ", date(2024, 3, 1), "consumption", "0.1052"),
    ("DZ", date(2024, 7, 1), "consumption", "0.1054"),
    ("DZ", date(2025, 6, 30), "short_term", "0.0793"),
    ("DZ", date(2025, 7, 1), "short_term", "0.0768"),
    ("DZ", date(2026, 6, 30), "long_term", "0.064"),
    ("TN", date(2026, 1, 1), "consumption", "0.139"),
    ("TN", date(2026, 6, 30), "leasing", "0.1612"),
]
MINIMUMS = [
    ("BH", {"0": "0", "90": "0.1"}, "RM-2.4.4"),
    ("MA", {"0": "0", "31": "0.5"}, None),
]


def only(topic: str, unit: str | None, place: str, told: Told, on: date = TODAY) -> Found | None:
    found = rulebook.possible(topic, unit=unit, on=on, country=place, told=told)
    assert found.missing == ()
    (answer,) = found.found
    return answer


@pytest.mark.parametrize("row", FIGURES, ids=lambda row: f"{row[2]}-{row[0]}-{row[4]}")
def test_a_figure_is_that_of_its_source(row: tuple[str, str, str, Told, str, str]) -> None:
    topic, unit, place, told, figure, words = row

    answer = only(topic, unit, place, told)

    assert answer is not None
    assert answer.fact.text == figure
    assert words in answer.fact.source.title
    assert not answer.is_past


@pytest.mark.parametrize(("country", "on", "category", "figure"), MOVING)
def test_a_moving_cap_is_that_of_its_half_year(
    country: str, on: date, category: str, figure: str
) -> None:
    told: Told = {**BANK, "credit_category": category}

    answer = only("rate_cap", "effective", country, told, on)

    assert answer is not None
    assert (answer.fact.text, answer.is_past) == (figure, False)


@pytest.mark.parametrize(
    ("country", "figure"), [("DZ", "0.1036"), ("TN", "0.139")], ids=["DZ", "TN"]
)
def test_after_its_half_year_the_last_cap_is_named_as_past(country: str, figure: str) -> None:
    told: Told = {**BANK, "credit_category": "consumption"}

    answer = only("rate_cap", "effective", country, told)

    assert answer is not None
    assert (answer.fact.text, answer.is_past, answer.fact.when_past) == (figure, True, "warn")


@pytest.mark.parametrize(
    ("country", "told", "by"),
    [
        ("MA", BANK, "Bank Al-Maghrib"),
        ("MA", COMPANY, "Bank Al-Maghrib"),
        ("TN", {**ASSOCIATION, "resources": "non_budget"}, "Autorité de contrôle"),
        ("DZ", {**BANK, "credit_category": "microcredit"}, "Bank of Algeria"),
    ],
)
def test_a_cap_whose_figure_is_published_says_by_whom(country: str, told: Told, by: str) -> None:
    answer = only("rate_cap", "effective", country, told)

    assert answer is not None
    assert answer.fact.is_published
    assert str(answer.fact.members["by"]).startswith(by)


@pytest.mark.parametrize(("country", "shares", "article"), MINIMUMS)
def test_least_provisions_are_those_of_their_source(
    country: str, shares: dict[str, str], article: str | None
) -> None:
    fact = rulebook.find("minimum_provision", country=country, on=TODAY)

    assert fact.members == shares
    assert fact.needs_check
    assert article is None or article in str(fact.source.article)


@pytest.mark.parametrize("country", ["DZ", "TN", "EG", "JO", "SD", "YE", "PS", "MR", "SA", "AE"])
def test_where_no_least_provision_was_read_there_is_none(country: str) -> None:
    with pytest.raises(rulebook.NoRule):
        rulebook.find("minimum_provision", country=country, on=TODAY)


@pytest.mark.parametrize("country", ["EG", "JO", "SD", "PS", "MR", "YE-ADEN"])
def test_where_no_rate_cap_was_read_there_is_none(country: str) -> None:
    assert only("rate_cap", None, country, {"mode_of_finance": "conventional"}) is None


def test_yemen_is_two_markets() -> None:
    conventional: Told = {"mode_of_finance": "conventional"}

    found = rulebook.possible("rate_cap", on=TODAY, country="YE", told=conventional)

    assert rulebook.find("markets", country="YE", on=TODAY).value == ["SANAA", "ADEN"]
    assert found.missing == ("part",)
    assert only("rate_cap", "nominal", "YE-SANAA", {"mode_of_finance": "qard"}) is None


def test_palestine_has_three_currencies_and_the_others_one() -> None:
    assert rulebook.find("currencies", country="PS", on=TODAY).value == ["ILS", "JOD", "USD"]
    assert rulebook.find("currencies", country="TN", on=TODAY).value == ["TND"]


def test_minor_units_are_those_that_money_uses() -> None:
    for fact in rulebook.facts_of("minor_units"):
        (currency,) = fact.conditions["currency"]
        assert int(fact.text) == exponent_of(str(currency))
    found = rulebook.find("minor_units", country="YE", on=TODAY, currency="YER")
    assert found.text == "2"


def test_tunisia_has_no_waqf_and_its_neighbours_do() -> None:
    assert rulebook.find("waqf_law", country="TN", on=TODAY).text == "abolished"
    for country in ("MA", "DZ", "EG", "JO", "MR", "SA", "AE", "KW"):
        assert rulebook.find("waqf_law", country=country, on=TODAY).text == "exists"


@pytest.mark.parametrize(
    ("country", "regime"),
    [
        ("MA", "none_state"),
        ("DZ", "voluntary_state_run"),
        ("TN", "none_state"),
        ("SD", "compulsory"),
        ("YE", "compulsory"),
        ("SA", "compulsory"),
        ("KW", "company_levy_and_voluntary"),
    ],
)
def test_the_regime_of_zakat_is_the_countrys(country: str, regime: str) -> None:
    assert rulebook.find("zakat_regime", country=country, on=TODAY).text == regime


def test_late_money_of_sharia_bound_modes_goes_to_charity() -> None:
    for mode in ("murabaha", "ijara", "qard", "istisna", "diminishing_musharaka"):
        fact = rulebook.find("late_charge", country="MA", on=TODAY, mode_of_finance=mode)
        assert fact.members["goes_to"] == "charity"


@pytest.mark.parametrize(
    ("country", "article"), [("MA", "9"), ("AE", "2.1.3.2"), ("TN", "1"), ("BH", "BC-1.1")]
)
def test_a_duty_to_disclose_names_its_article(country: str, article: str) -> None:
    fact = rulebook.find("disclosure", country=country, on=TODAY, institution_type="association")

    assert fact.source.article == article
    assert fact.source.read_on == TODAY
