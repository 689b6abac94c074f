"""The work on zakat costs no more than its share of what was collected to date."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain.lawful import Book
from services.loans.domain.zakat import costs, rules
from services.loans.domain.zakat.costs import (
    AmilCapExceeded,
    AppointmentMissing,
    CostPurpose,
    Room,
)
from services.loans.domain.zakat.rules import Period
from shared.money import Money
from shared.rulebook import Fact, forms
from shared.rulebook.forms import FactMalformed

TODAY = date(2026, 3, 1)


def room(collected: int, booked: int, share: str = "0.125") -> Room:
    return Room(
        collected=Money(collected, "JOD"), booked=Money(booked, "JOD"), share=Decimal(share)
    )


def own(topic: str, value: Any, unit: str, **members: Any) -> Fact:
    return Fact.from_json(
        {
            "id": f"own-{topic}",
            "topic": f"zakat_{topic}",
            "country": "JO",
            "value": value,
            "unit": unit,
            "source": {"title": "Zakat authority, circular 4", "date": "2026-01-05"},
            "confidence": "high",
            **members,  # type: ignore[typeddict-item]
        },
        is_own=True,
    )


def book(*facts: Fact) -> Book:
    return Book(country="JO", overrides=facts)


def test_the_limit_is_rounded_down() -> None:
    assert room(999, 0).limit.minor == 124
    assert room(1_000, 0).limit.minor == 125


def test_nothing_passes_where_more_is_booked_than_may_be() -> None:
    assert room(1_000, 200).passes.is_zero
    assert room(-50, 0).passes.is_zero


def test_a_unit_above_is_refused_and_the_last_unit_passes() -> None:
    room(1_000, 100).require(Money(25, "JOD"), source="x")
    with pytest.raises(AmilCapExceeded) as refused:
        room(1_000, 100).require(Money(26, "JOD"), source="the eighth")
    assert refused.value.passes == Money(25, "JOD")
    assert refused.value.source == "the eighth"


def test_an_institution_lowers_the_cap_and_never_raises_it() -> None:
    lower = rules.amil_cap(book(own("amil_cap", "0.10", "share")), on=TODAY)
    higher = rules.amil_cap(book(own("amil_cap", "0.20", "share")), on=TODAY)

    assert (lower.text, lower.is_own) == ("0.10", True)
    assert (higher.text, higher.is_own) == ("0.125", False)


@pytest.mark.parametrize("missing", ["appointment", "record"])
def test_wages_name_the_appointment_and_the_work(missing: str) -> None:
    named = {"appointment": "Decision 7", "record": "a" * 64}
    costs.require_appointed(CostPurpose.WAGES, **named)

    with pytest.raises(AppointmentMissing):
        costs.require_appointed(CostPurpose.WAGES, **(named | {missing: None}))
    costs.require_appointed(CostPurpose.COLLECTION, appointment=None, record=None)


def test_no_purpose_is_lending_or_a_bonus() -> None:
    assert {one.value for one in CostPurpose} == {"wages", "collection", "keeping", "distribution"}


@pytest.mark.parametrize(
    ("period", "since"),
    [
        (Period.WHOLE, date.min),
        (Period.SOLAR_YEAR, date(2026, 1, 1)),
        (Period.HIJRI_YEAR, date(2025, 6, 26)),
    ],
)
def test_the_span_of_a_day(period: Period, since: date) -> None:
    assert costs.since(period, on=TODAY) == since


def test_a_span_ends_where_the_next_begins() -> None:
    assert costs.until(Period.WHOLE, on=TODAY) == date.max
    assert costs.until(Period.SOLAR_YEAR, on=TODAY) == date(2027, 1, 1)
    assert costs.until(Period.SOLAR_YEAR, on=date.max) == date.max
    ends = costs.until(Period.HIJRI_YEAR, on=TODAY)
    assert ends == date(2026, 6, 16) == costs.since(Period.HIJRI_YEAR, on=ends)
    assert costs.until(Period.HIJRI_YEAR, on=date(1900, 1, 1)) == date(1900, 12, 21)
    assert costs.until(Period.HIJRI_YEAR, on=date.max) == date.max


def test_outside_the_tables_the_span_is_354_days() -> None:
    assert costs.since(Period.HIJRI_YEAR, on=date(1900, 12, 21)) == date(1900, 1, 1)
    assert costs.since(Period.HIJRI_YEAR, on=date.min) == date.min


@pytest.mark.parametrize(
    ("topic", "value", "unit"),
    [
        ("amil_cap", "0.1", "share"),
        ("nisab_weight", "87.48", "grams"),
        ("nisab_basis", "silver", "metal"),
        ("hold_days", "300", "days"),
        ("hold_warnings", "100 200 250", "days"),
        ("excluded_relations", "payer_wife payer_husband", "relations"),
        ("sufficiency_line", {"household": "150.000", "person": "40.000"}, "JOD"),
        ("sufficiency_months", "6", "months"),
        ("investment", "allowed_with_checks", "policy"),
    ],
)
def test_an_institution_gives_its_own_rules(topic: str, value: Any, unit: str) -> None:
    forms.check_own(own(topic, value, unit))


@pytest.mark.parametrize(
    ("topic", "value", "unit"),
    [
        ("amil_cap", "1.5", "share"),
        ("amil_cap", "0", "share"),
        ("amil_cap", "12.5", "percent"),
        ("nisab_weight", "0", "grams"),
        ("nisab_weight", "85", "ounces"),
        ("nisab_basis", "copper", "metal"),
        ("hold_days", "0", "days"),
        ("hold_days", "1.5", "days"),
        ("hold_warnings", "180 270", "days"),
        ("hold_warnings", "270 180 330", "days"),
        ("hold_warnings", "180 270 x", "days"),
        ("excluded_relations", "payer_neighbour", "relations"),
        ("excluded_relations", "", "relations"),
        ("sufficiency_line", {"household": "150.0001", "person": "40.000"}, "JOD"),
        ("sufficiency_line", {"household": "150.000"}, "JOD"),
        ("sufficiency_line", "150.000", "JOD"),
        ("sufficiency_line", {"household": "150", "person": "40"}, "XYZ"),
        ("investment", "always", "policy"),
        ("lending", "allowed", "policy"),
    ],
)
def test_a_rule_that_nobody_can_use_is_refused(topic: str, value: Any, unit: str) -> None:
    with pytest.raises((FactMalformed, forms.TopicNotYours)):
        forms.check_own(own(topic, value, unit))


def test_the_line_of_a_household_grows_with_its_persons() -> None:
    given = own("sufficiency_line", {"household": "150.000", "person": "40.000"}, "JOD")
    line = rules.sufficiency(book(given), region="amman", currency="JOD", on=TODAY)

    assert line.of(5) == Money.parse("350.000", "JOD")


def test_a_line_of_a_region_comes_before_that_of_the_country() -> None:
    wide = own("sufficiency_line", {"household": "150.000", "person": "40.000"}, "JOD")
    near = own(
        "sufficiency_line",
        {"household": "200.000", "person": "50.000"},
        "JOD",
        id="near",
        conditions={"region": "amman"},
    )
    lines = book(wide, near)

    def of(region: str) -> Money:
        return rules.sufficiency(lines, region=region, currency="JOD", on=TODAY).household

    assert of("amman") == Money.parse("200.000", "JOD")
    assert of("irbid") == Money.parse("150.000", "JOD")
