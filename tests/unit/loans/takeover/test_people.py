"""A borrower's row becomes somebody who can be registered, or says which cell is wrong."""

from datetime import date
from uuid import UUID

import pytest

from services.loans.domain.borrower import BorrowerKind, DocumentType, NewBorrower, Sex
from services.loans.domain.intake import Line
from services.loans.domain.portfolio_records import BorrowerRecord, CellInvalid
from services.loans.takeover import people
from services.loans.takeover.operations import CodeUnknown
from shared.errors import RafidError
from tests.builders import an_id

BRANCHES = {"B1": an_id("branch")}
KNOWN: dict[str, UUID] = {"m1": an_id("m1"), "m2": an_id("m2")}
CELLS = {
    "name_ar": "يوسف المراكشي",
    "name_latin": "",
    "sex": "",
    "born_on": "1990-05-17",
    "region": "amman",
    "documents": "",
    "phones": "",
    "members": "",
    "branch": "B1",
}


def record(kind: str = "person", **cells: str) -> BorrowerRecord:
    line = Line(number=2, text="", row={})
    return BorrowerRecord(line=line, key="p1", kind=kind, cells=CELLS | cells)


def read(kind: str = "person", **cells: str) -> NewBorrower:
    return people.new_borrower(record(kind, **cells), branches=BRANCHES, known=KNOWN, country="JO")


def test_a_person_is_read_with_all_that_is_told() -> None:
    found = read(
        sex="male",
        name_latin="Yusuf",
        documents="passport:JO:N1234567; national_id:JO:9901010203",
        phones="0790000001;+962790000002",
    )
    assert (found.kind, found.sex) == (BorrowerKind.PERSON, Sex.MALE)
    assert (found.born_on, found.external_id) == (date(1990, 5, 17), "p1")
    assert [one.type for one in found.documents] == [
        DocumentType.PASSPORT,
        DocumentType.NATIONAL_ID,
    ]
    assert found.phones == {"+962790000001", "+962790000002"}


def test_what_is_not_told_is_not_made_up() -> None:
    found = read(name_ar="", name_latin="Yusuf")
    assert (found.name_ar, found.name_latin, found.sex) == (None, "Yusuf", None)
    assert (found.documents, found.phones, found.members) == ((), frozenset(), ())


@pytest.mark.parametrize("typed", ["١٩٩٠-٠٥-١٧", "۱۹۹۰-۰۵-۱۷", "\u200f1990-05-17"])
def test_a_birthday_may_be_typed_in_arabic_digits(typed: str) -> None:
    assert read(born_on=typed).born_on == date(1990, 5, 17)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"sex": "x"}, "sex"),
        ({"born_on": "17/05/1990"}, "born_on"),
        ({"born_on": "0001-01-01"}, "born_on"),
        ({"born_on": "9999-12-31"}, "born_on"),
        ({"documents": "passport"}, "documents"),
        ({"documents": "passport:JO"}, "documents"),
        ({"documents": "passport::N1"}, "documents"),
        ({"documents": "licence:JO:N1"}, "documents"),
        ({"members": "m1;nobody"}, "members"),
    ],
)
def test_a_cell_that_cannot_stand_there_is_named(cells: dict[str, str], column: str) -> None:
    with pytest.raises(CellInvalid) as refused:
        read("solidarity_group" if "members" in cells else "person", **cells)
    assert refused.value.column == column
    assert 0 < len(refused.value.value) <= people.LONGEST_SHOWN


def test_a_kind_or_branch_that_is_none_is_named() -> None:
    with pytest.raises(CellInvalid) as refused:
        read("ghost")
    assert refused.value.column == "kind"
    with pytest.raises(CodeUnknown) as unknown:
        read(branch="B" * 500)
    assert len(unknown.value.code) == people.LONGEST_SHOWN


@pytest.mark.parametrize("phones", ["abc", "1;2", "+", "0" * 60, "+962790000001;x"])
def test_a_number_that_nobody_answers_is_refused_by_name(phones: str) -> None:
    with pytest.raises(RafidError):
        read(phones=phones)


@pytest.mark.parametrize(
    ("cell", "members"),
    [
        ("", []),
        (" ; ;", []),
        ("m1", [("m1", False)]),
        ("m1*; m2 ;", [("m1", True), ("m2", False)]),
        ("m1**", [("m1*", True)]),
        ("*", [("", True)]),
    ],
)
def test_members_are_parted_by_semicolons_and_led_by_a_star(
    cell: str, members: list[tuple[str, bool]]
) -> None:
    assert people.members_of(record(members=cell)) == members


def test_members_come_first_and_each_once_however_groups_overlap() -> None:
    records = {
        "g1": record("solidarity_group", members="m1*;m2"),
        "g2": record("solidarity_group", members="m2;p"),
        "p": record(),
    }
    assert people.in_order(["g1", "p", "g2", "g1", "gone"], records) == [
        ["m1", "m2"],
        ["p", "gone"],
        ["g1", "g2"],
    ]
    assert people.in_order([], records) == []


def test_a_group_that_holds_itself_is_asked_for_once_and_refused() -> None:
    records = {"g": record("solidarity_group", members="g*;m1")}
    assert people.in_order(["g"], records) == [["m1"], ["g"]]
    with pytest.raises(CellInvalid):
        people.new_borrower(records["g"], branches=BRANCHES, known=KNOWN, country="JO")
