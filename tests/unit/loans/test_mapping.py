"""A mapping's rules make an application of a line, or say which rule fails on which value."""

from datetime import date
from typing import Any

import pytest

from services.loans.domain import mapping
from services.loans.domain.mapping import (
    ColumnMissing,
    FieldRules,
    MappingUnclear,
    NotANumber,
    ValueUnknown,
)

DAY = date(2026, 4, 1)
ROW = {"a": "٢٥", "b": "car", "c": "0.5", "empty": "", "years": "30", "zero": "0",
       "huge": "9" * 15}  # fmt: skip


def body(fields: dict[str, Any], **row: str) -> dict[str, Any]:
    return FieldRules.of({"fields": fields}).body(row=ROW | row, currency="JOD", on=DAY)


@pytest.mark.parametrize(
    ("path", "rule", "expected"),
    [
        ("sector", {"constant": "trade"}, "trade"),
        ("activity_permitted", {"constant": False}, False),
        ("sector", {"column": "b"}, "car"),
        ("sector", {"column": "b", "prefix": "my "}, "my car"),
        ("sector", {"column": "b", "codes": {"car": "vehicle"}}, "vehicle"),
        ("sector", {"column": "b", "codes": {"car": None}}, None),
        ("sector", {"column": "years", "codes": {30: "old"}}, "old"),
        ("sector", {"column": "empty"}, None),
        ("term_months", {"column": "a"}, 25),
        ("grace_months", {"constant": 0}, 0),
        ("amount", {"column": "a"}, {"amount": "٢٥", "currency": "JOD"}),
        ("own_contribution", {"constant": "0"}, {"amount": "0", "currency": "JOD"}),
        ("purpose", {"quotient": {"of": "a", "by": "c"}}, "50.000"),
        ("purpose", {"quotient": {"of": "a"}}, "25.000"),
        (
            "amount",
            {"quotient": {"of": "a", "by": "years", "share": "b", "codes": {"car": "0.3"}}},
            {"amount": "2.778", "currency": "JOD"},
        ),
        ("purpose", {"years_before": "years"}, "1996-04-01"),
        ("purpose", {"years_before": 0}, "2026-04-01"),
    ],
)
def test_a_rule_gives_its_value(path: str, rule: dict[str, Any], expected: object) -> None:
    assert body({path: rule})[path] == expected


def test_paths_lead_into_members_and_lists() -> None:
    fields = {
        "borrower.name.ar": {"constant": "أحمد"},
        "borrower.documents.0.type": {"constant": "passport"},
        "borrower.documents.0.number": {"column": "a"},
        "borrower.documents.1.type": {"constant": "national_id"},
        "household.sales": {"column": "a"},
    }
    assert body(fields) == {
        "borrower": {
            "name": {"ar": "أحمد"},
            "documents": [{"type": "passport", "number": "٢٥"}, {"type": "national_id"}],
        },
        "household": {"sales": {"amount": "٢٥", "currency": "JOD"}},
    }


def test_places_are_no_fields_of_the_body() -> None:
    rules = FieldRules.of({"fields": {"branch": {"column": "b"}, "sector": {"constant": "x"}}})
    assert rules.body(row=ROW, currency="JOD", on=DAY) == {"sector": "x"}
    assert rules.place("branch", row=ROW, usual="main", on=DAY) == "car"
    assert rules.place("product_code", row=ROW, usual="QARD", on=DAY) == "QARD"


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"column": "b", "codes": {"bus": "x"}}, ValueUnknown),
        ({"quotient": {"of": "b"}}, NotANumber),
        ({"quotient": {"of": "a", "by": "zero"}}, NotANumber),
        ({"quotient": {"of": "a", "share": "b", "codes": {}}}, ValueUnknown),
        ({"quotient": {"of": "huge", "by": "c"}}, NotANumber),
        ({"years_before": "b"}, NotANumber),
        ({"years_before": 3000}, NotANumber),
    ],
)
def test_a_value_that_cannot_be_used_is_named(rule: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        body({"purpose": rule})


@pytest.mark.parametrize("value", ["12.5", "", "x", "1e400", "NaN", "Infinity", "9" * 20, "--1"])
def test_a_term_that_is_no_whole_number_is_refused(value: str) -> None:
    if value:
        with pytest.raises(NotANumber):
            body({"term_months": {"column": "a"}}, a=value)
    else:
        assert body({"term_months": {"column": "a"}}, a=value) == {"term_months": None}


@pytest.mark.parametrize(("typed", "number"), [("١٬٢٥٠", 1250), (" 12 ", 12), ("12.0", 12)])
def test_numbers_are_read_as_people_type_them(typed: str, number: int) -> None:
    assert mapping.whole(typed) == number


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"fields": {}},
        {"fields": []},
        {"fields": {"a": "b"}},
        {"fields": {"a": {}}},
        {"fields": {"a": {"column": "b", "surprise": 1}}},
        {"fields": {"a": {"constant": 1, "column": "b"}}},
        {"fields": {"a": {"column": "b", "codes": ["x"]}}},
        {"fields": {"a": {"quotient": "b"}}},
        {"fields": {"a": {"quotient": {"by": "b"}}}},
        {"fields": {"__class__": {"constant": 1}}},
        {"fields": {"a..b": {"constant": 1}}},
        {"fields": {1: {"constant": 1}}},
    ],
)
def test_what_is_no_mapping_is_refused_before_the_first_line(document: object) -> None:
    with pytest.raises(MappingUnclear):
        FieldRules.of(document)


@pytest.mark.parametrize(
    "fields",
    [
        {"a": {"constant": 1}, "a.b": {"constant": 1}},
        {"a.1.b": {"constant": 1}},
        {"a.0.b": {"constant": 1}, "a.c": {"constant": 1}},
    ],
)
def test_paths_that_disagree_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(MappingUnclear):
        body(fields)


def test_a_column_that_the_file_lacks_is_told_with_those_it_has() -> None:
    rules = FieldRules.of(
        {
            "fields": {
                "a": {"column": "x"},
                "b": {"quotient": {"of": "a", "by": "y"}},
                "c": {"years_before": "z"},
            }
        }
    )
    with pytest.raises(ColumnMissing) as caught:
        rules.check(("a", "b"))
    assert caught.value.missing == ("x", "y", "z")
    assert caught.value.present == ("a", "b")
