"""What is told of a borrower is complete and possible, or refused."""

from datetime import date
from typing import Any

import pytest

from services.loans.domain import borrower
from services.loans.domain.borrower import (
    BirthDateImpossible,
    BirthDateMissing,
    BorrowerKind,
    Document,
    DocumentNotValid,
    DocumentType,
    Member,
    MembersMissing,
    MembersNotAllowed,
    NameMissing,
    NameScriptMixed,
    NewBorrower,
    PhoneNotValid,
)
from shared.ids import BorrowerId, BranchId
from tests.builders import an_id

DAY = date(2026, 4, 1)


def make_borrower(**changes: Any) -> NewBorrower:
    members: dict[str, Any] = {
        "kind": BorrowerKind.PERSON,
        "branch_id": BranchId(an_id("branch")),
        "region": "amman",
        "name_ar": "أحمد",
        "born_on": date(1990, 5, 17),
    }
    return NewBorrower(**members | changes)


def member(name: str) -> Member:
    return Member(borrower_id=BorrowerId(an_id(name)))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name_ar": None}, NameMissing),
        ({"name_ar": "12 - !"}, NameMissing),
        ({"name_ar": "أحمد Ali"}, NameScriptMixed),
        ({"name_latin": "Ahmed علي"}, NameScriptMixed),
        ({"born_on": None}, BirthDateMissing),
        ({"born_on": None, "kind": BorrowerKind.PRODUCTIVE_FAMILY}, BirthDateMissing),
        ({"members": (member("a"),)}, MembersNotAllowed),
        ({"kind": BorrowerKind.SOLIDARITY_GROUP}, MembersMissing),
        (
            {"kind": BorrowerKind.SOLIDARITY_GROUP, "members": (member("a"), member("a"))},
            MembersMissing,
        ),
    ],
)
def test_what_is_incomplete_is_refused(changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        make_borrower(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"name_ar": "فاطمة الزهراء 2"},
        {"name_ar": None, "name_latin": "Zoë-Müller"},
        {"kind": BorrowerKind.MICRO_ENTERPRISE, "born_on": None},
        {
            "kind": BorrowerKind.SOLIDARITY_GROUP,
            "born_on": None,
            "members": (member("a"), member("b")),
        },
    ],
)
def test_what_is_complete_exists(changes: dict[str, Any]) -> None:
    made = make_borrower(**changes)
    assert made.sort_key
    assert made.identity.names == made.names


@pytest.mark.parametrize("born_on", [date(2026, 4, 2), date(1905, 3, 31), date(1900, 1, 1)])
def test_nobody_is_born_tomorrow_or_older_than_anyone(born_on: date) -> None:
    with pytest.raises(BirthDateImpossible):
        make_borrower(born_on=born_on).check_birth_date(on=DAY)


@pytest.mark.parametrize("born_on", [DAY, date(1905, 4, 2)])
def test_the_youngest_and_the_oldest_are_possible(born_on: date) -> None:
    make_borrower(born_on=born_on).check_birth_date(on=DAY)
    make_borrower(kind=BorrowerKind.MICRO_ENTERPRISE, born_on=None).check_birth_date(on=DAY)


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("0791234567", "JO", "+962791234567"),
        ("٠٧٩ ١٢٣ ٤٥٦٧", "JO", "+962791234567"),
        ("+962 79 123 4567", "MA", "+962791234567"),
        ("0612-345678", "MA", "+212612345678"),
        ("00962791234567", "JO", "+962791234567"),
    ],
)
def test_a_phone_is_read_as_of_the_country(text: str, country: str, number: str) -> None:
    assert borrower.phone_number(text, country=country) == number


@pytest.mark.parametrize("text", ["", "12345", "phone", "+999 123", "079123456789012"])
def test_what_is_no_phone_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(PhoneNotValid) as caught:
        borrower.phone_number(text, country="JO", position=2)
    assert caught.value.position == 2
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize("number", ["", "--", "a1", "١٢"])
def test_a_document_needs_a_number(number: str) -> None:
    with pytest.raises(DocumentNotValid):
        Document(type=DocumentType.PASSPORT, number=number, country="JO")


@pytest.mark.parametrize(
    ("on", "age"), [(date(2026, 2, 28), 17), (date(2026, 3, 1), 18), (date(2028, 2, 29), 20)]
)
def test_one_born_on_a_leap_day_grows_older_on_the_first_of_march(on: date, age: int) -> None:
    assert borrower.age_on(date(2008, 2, 29), on=on) == age
