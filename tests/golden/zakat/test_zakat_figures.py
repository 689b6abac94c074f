"""The worked figures of zakat come out to the minor unit, each with its source.

The weights of nisab (20 dinar, 200 dirham), the rates and the eighth for costs are those of general
manuals of fiqh and of the practice of Algeria and Indonesia; the cases are worked by hand.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.loans.domain.lawful import Book
from services.loans.domain.zakat import costs, eligibility, nisab, rules
from services.loans.domain.zakat.costs import AmilCapExceeded, Room
from services.loans.domain.zakat.nisab import Price
from services.loans.domain.zakat.rules import Base, Metal
from shared.money import Money
from shared.rulebook import Fact

TODAY = date(2026, 11, 22)
BOOK = Book(country="MA")


def money(text: str, currency: str) -> Money:
    return Money.parse(text, currency)


def gold(per_gram: str = "450") -> Price:
    return Price(
        metal=Metal.GOLD,
        per_gram=Decimal(per_gram),
        currency="MAD",
        priced_on=TODAY,
        source="Bourse",
    )


def fact(topic: str, **conditions: str) -> Fact:
    return rules.fact(BOOK, topic, on=TODAY, **conditions)


def test_nisab_of_85_grams_at_450_is_38250() -> None:
    grams = rules.number(fact("nisab_weight", metal="gold"))

    assert nisab.nisab(gold(), grams=grams) == money("38250.00", "MAD")


@pytest.mark.parametrize(
    ("metal", "grams", "per_gram", "expected"),
    [
        ("gold", "85", "1004.70", "85399.50"),
        ("silver", "595", "12.34", "7342.30"),
        ("gold", "87.48", "450", "39366.00"),  # as some Hanafi bodies weigh
        ("silver", "612.36", "12.34", "7556.52"),
    ],
)
def test_nisab_by_the_weights_of_the_schools(
    metal: str, grams: str, per_gram: str, expected: str
) -> None:
    if grams in {"85", "595"}:
        assert fact("nisab_weight", metal=metal).text == grams
    found = nisab.nisab(gold(per_gram), grams=Decimal(grams))

    assert found == money(expected, "MAD")


def test_41000_above_nisab_for_a_lunar_year_owe_1025() -> None:
    due = nisab.due(
        money("41000.00", "MAD"),
        base=Base.MONEY_LUNAR,
        rate=rules.number(fact("rate", base="money_lunar")),
        least=money("38250.00", "MAD"),
        held_since=TODAY - timedelta(days=355),
        on=TODAY,
    )

    assert due.reaches_nisab
    assert due.amount == money("1025.00", "MAD")


@pytest.mark.parametrize(
    ("base", "owed"),
    [
        (Base.MONEY_LUNAR, "1025.00"),
        (Base.MONEY_SOLAR, "1056.86"),  # 2.5777 %
        (Base.CROPS_RAIN, "4100.00"),
        (Base.CROPS_IRRIGATED, "2050.00"),
    ],
)
def test_what_41000_owe_by_what_they_are(base: Base, owed: str) -> None:
    due = nisab.due(
        money("41000.00", "MAD"),
        base=base,
        rate=rules.number(fact("rate", base=base.value)),
        least=money("38250.00", "MAD"),
        held_since=TODAY - timedelta(days=366),
        on=TODAY,
    )

    assert due.amount == money(owed, "MAD")


def test_the_solar_rate_is_the_lunar_one_by_365_over_354() -> None:
    exact = Decimal("0.025") * 365 / 354

    assert abs(exact - rules.number(fact("rate", base="money_solar"))) < Decimal("0.000001")


def test_of_2000_asked_1800_pass_below_an_eighth_of_400000() -> None:
    room = Room(
        collected=money("400000.000", "TND"),
        booked=money("48200.000", "TND"),
        share=rules.number(rules.amil_cap(Book(country="TN"), on=TODAY)),
    )

    assert room.limit == money("50000.000", "TND")
    assert room.passes == money("1800.000", "TND")
    with pytest.raises(AmilCapExceeded) as refused:
        room.require(money("2000.000", "TND"), source="the eighth")
    assert refused.value.passes == money("1800.000", "TND")
    assert "1800.000 TND" in str(refused.value)
    room.require(money("1800.000", "TND"), source="the eighth")


def test_a_debtor_of_1800_with_300_has_a_gap_of_1500() -> None:
    gap = eligibility.debt_gap(money("1800.000", "JOD"), assets=money("300.000", "JOD"))

    assert gap == money("1500.000", "JOD")


def test_8000000_collected_leave_1000000_for_costs() -> None:
    room = Room(
        collected=money("8000000.00", "DZD"),
        booked=money("0.00", "DZD"),
        share=rules.number(fact("amil_cap")),
    )

    assert room.passes == money("1000000.00", "DZD")


@pytest.mark.parametrize(
    ("day", "first"),
    [
        ("2026-03-01", "2025-06-26"),  # 1447 began on 26 June 2025
        ("2025-06-26", "2025-06-26"),
        ("2025-06-25", "2024-07-07"),  # 1446
        ("2026-06-16", "2026-06-16"),  # 1448
        ("2026-11-22", "2026-06-16"),
    ],
)
def test_the_hijri_year_of_a_day_begins_on_1_muharram(day: str, first: str) -> None:
    found = costs.since(rules.Period.HIJRI_YEAR, on=date.fromisoformat(day))

    assert found == date.fromisoformat(first)


def test_the_facts_of_zakat_say_what_general_manuals_say() -> None:
    said = {
        topic: fact(topic).text
        for topic in (
            "eligibility_days",
            "amil_cap",
            "hold_days",
            "hold_warnings",
            "self_set_off",
            "investment",
        )
    }
    assert said == {
        "eligibility_days": "180",
        "amil_cap": "0.125",
        "hold_days": "354",
        "hold_warnings": "180 270 330",
        "self_set_off": "forbidden",
        "investment": "off",
    }
    assert all(fact(topic).source.title for topic in said)
