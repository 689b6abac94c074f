"""A body takes what its types say and nothing that merely looks like it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from shared.edge import MAX_INTEGER
from shared.money import Money
from shared.schemas import (
    Body,
    Day,
    MoneyBody,
    Page,
    PageOut,
    Text,
    read_cursor,
    write_cursor,
)


class Colour(StrEnum):
    GREEN = "green"


class Leaf(Body):
    text: str | None = None
    day: Day | None = None


class Sample(Body):
    count: int = 0
    small: int = Field(default=1, ge=1, le=9)
    flag: bool = False
    day: date | None = None
    at: datetime | None = None
    rates: list[Decimal] = Field(default_factory=list)
    colour: Colour = Colour.GREEN
    text: str = ""
    named: dict[str, int] = Field(default_factory=dict)
    share: float = 0.0
    price: MoneyBody | None = None
    leaves: list[Leaf] = Field(default_factory=list)


def faults(**members: Any) -> list[tuple[str, tuple[int | str, ...]]]:
    with pytest.raises(ValidationError) as refused:
        Sample.model_validate(members)
    return [(fault["type"], fault["loc"]) for fault in refused.value.errors()]


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"count": "1"}, "int_type"),
        ({"count": True}, "int_type"),
        ({"count": 5.0}, "int_type"),
        ({"count": None}, "int_type"),
        ({"count": MAX_INTEGER + 1}, "less_than_equal"),
        ({"count": -(10**40)}, "greater_than_equal"),
        ({"small": 10}, "less_than_equal"),
        ({"flag": 1}, "bool_type"),
        ({"flag": "yes"}, "bool_type"),
        ({"day": 20_000}, "date_type"),
        ({"day": "1700000000"}, "date_parsing"),
        ({"day": "2026-3-1"}, "date_parsing"),
        ({"day": "2026-02-30"}, "date_from_datetime_parsing"),
        ({"day": "2026-01-01T00:00:00Z"}, "date_parsing"),
        ({"day": "1899-12-31"}, "greater_than_equal"),
        ({"day": "2201-01-01"}, "less_than_equal"),
        ({"at": 1_700_000_000}, "datetime_type"),
        ({"at": "1700000000"}, "datetime_type"),
        ({"at": "2026-01-01T00:00:00"}, "timezone_aware"),
        ({"at": "1066-10-14T09:00:00Z"}, "greater_than_equal"),
        ({"text": 7}, "string_type"),
        ({"text": "a\x00b"}, "string_pattern_mismatch"),
        ({"text": "\x1b[2J"}, "string_pattern_mismatch"),
        ({"text": "\x85"}, "string_pattern_mismatch"),
        ({"text": "\ud800"}, "string_unicode"),
        ({"text": "ا" * 10_001}, "string_too_long"),
        ({"colour": "red"}, "enum"),
        ({"share": float("nan")}, "finite_number"),
        ({"unknown": 1}, "extra_forbidden"),
    ],
)
def test_what_only_looks_like_the_type_is_refused(members: dict[str, Any], fault: str) -> None:
    [(kind, location)] = faults(**members)

    assert kind == fault
    assert location == tuple(members)


@pytest.mark.parametrize("rate", [0.1, 1, "NaN", "1e9", "Infinity", "0x1", "1" * 21, "0.1 %", ""])
def test_a_rate_is_a_plain_decimal_number_in_a_text(rate: object) -> None:
    [(kind, location)] = faults(rates=["0.18", rate])

    assert kind in {"decimal_type", "decimal_parsing"}
    assert location == ("rates", 1)


def test_faults_are_found_in_what_is_inside_and_told_where() -> None:
    assert faults(leaves=[{}, {"text": "\x01"}]) == [
        ("string_pattern_mismatch", ("leaves", 1, "text"))
    ]
    assert faults(leaves=[{"day": 3}])[0] == ("date_type", ("leaves", 0, "day"))
    assert faults(named={"\x00": 1})[0][0] == "string_pattern_mismatch"
    assert faults(named={"a": "1"}) == [("int_type", ("named", "a"))]


def test_what_a_person_types_in_arabic_digits_is_taken() -> None:
    body = Sample.model_validate(
        {
            "day": " ٢٠٢٦-٠٣-٣١ ",
            "rates": ["٠٫١٨"],
            "price": {"amount": "١٢٥٫٥٠٠", "currency": "JOD"},
            "text": "بائعة خبز\nفي عمّان",
        }
    )

    assert body.day == date(2026, 3, 31)
    assert body.rates == [Decimal("0.18")]
    assert body.price is not None
    assert body.price.money() == Money(125_500, "JOD")


def test_a_body_is_built_from_values_and_written_as_texts() -> None:
    body = Sample(
        day=date(2026, 3, 31),
        at=datetime(2026, 3, 31, 8, tzinfo=UTC),
        rates=[Decimal("0.18")],
        price=MoneyBody.of(Money(125_500, "JOD")),
    )
    written = body.model_dump(mode="json", exclude_defaults=True)

    assert written == {
        "day": "2026-03-31",
        "at": "2026-03-31T08:00:00Z",
        "rates": ["0.18"],
        "price": {"amount": "125.500", "currency": "JOD"},
    }
    assert Sample.model_validate(written) == body


@pytest.mark.parametrize(
    ("amount", "currency", "error"),
    [
        ("1.2345", "JOD", "TooManyDecimals"),
        ("1.001", "SAR", "TooManyDecimals"),
        ("1e3", "JOD", "NotAnAmount"),
        ("--1", "JOD", "NotAnAmount"),
        ("1,000.5", "XXQ", "UnknownCurrency"),
        ("9" * 30, "JOD", "AmountTooLarge"),
    ],
)
def test_an_amount_that_cannot_be_is_refused_with_our_reason(
    amount: str, currency: str, error: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        MoneyBody(amount=amount, currency=currency)
    [fault] = refused.value.errors()

    assert type(fault["ctx"]["error"]).__name__ == error


def test_a_body_does_not_change() -> None:
    with pytest.raises(ValidationError):
        Sample().count = 3


def test_the_description_says_what_is_refused() -> None:
    described = Sample.model_json_schema()["properties"]

    assert described["count"]["maximum"] == MAX_INTEGER
    assert described["rates"]["items"]["type"] == "string"
    assert described["text"]["pattern"].startswith("^[^\\x00")
    assert described["small"] == {
        "default": 1,
        "maximum": 9,
        "minimum": 1,
        "title": "Small",
        "type": "integer",
    }


def test_parameters_outside_a_body_are_as_strict() -> None:
    for kind, wrong in ((Day, 7), (Day, "1700000000"), (Text, "\x00")):
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(wrong)


def test_a_page_is_cut_where_it_ends_and_its_cursor_leads_on() -> None:
    rows = [UUID(int=number) for number in range(1, 6)]

    first, cursor = Page(limit=3).cut(rows[:4], key=lambda row: row)
    assert first == rows[:3]
    assert cursor is not None
    assert read_cursor(cursor) == rows[2]

    last, end = Page(limit=3, after=rows[2]).cut(rows[3:], key=lambda row: row)
    assert (last, end) == (rows[3:], None)
    assert Page().cut([], key=lambda row: row) == ([], None)
    assert PageOut[int](items=[1], next=cursor).model_dump()["items"] == [1]


@pytest.mark.parametrize("cursor", ["", "a", "ش", "A" * 21, "A" * 23, "====", "!" * 22])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        read_cursor(cursor)


def test_every_id_survives_as_a_cursor() -> None:
    for number in (0, 1, 2**128 - 1, 62 << 122, 63 << 120):
        assert read_cursor(write_cursor(UUID(int=number))) == UUID(int=number)
