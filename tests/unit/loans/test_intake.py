"""A stranger's file is read line by line; what is broken costs itself and nothing else."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain import intake
from services.loans.domain.intake import FileUnreadable, LineBroken, LineRepeated

GOOD = "id,name\n1,أحمد\n2,ليلى\n"


def rows(content: bytes) -> list[dict[str, str]]:
    return [dict(line.row) for line in intake.read(content).lines if line.fault is None]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (GOOD.encode(), "utf-8"),
        (codecs.BOM_UTF8 + GOOD.encode(), "utf-8"),
        (GOOD.encode("cp1256"), "cp1256"),
        (GOOD.replace("\n", "\r\n").encode(), "utf-8"),
        (GOOD.replace("\n", "\r").encode(), "utf-8"),
        (GOOD.replace(",", ";").encode(), "utf-8"),
        (GOOD.replace(",", "\t").encode("cp1256"), "cp1256"),
    ],
)
def test_the_same_lines_are_read_from_whatever_wrote_them(content: bytes, encoding: str) -> None:
    assert intake.read(content).encoding == encoding
    assert rows(content) == [{"id": "1", "name": "أحمد"}, {"id": "2", "name": "ليلى"}]


def test_a_mark_at_the_start_is_no_part_of_the_first_column() -> None:
    assert intake.read(codecs.BOM_UTF8 + GOOD.encode()).columns == ("id", "name")


def test_lines_are_numbered_as_an_editor_numbers_them() -> None:
    lines = intake.read(b"a,b\n\n1,2\n\n\n3,4\n").lines
    assert [line.number for line in lines] == [3, 6]


def test_a_quoted_field_may_hold_delimiters_quotes_and_lines() -> None:
    content = b'a,b\n"1,1","say ""yes"""\n"two\nlines",2\n3,3\n'
    assert rows(content) == [
        {"a": "1,1", "b": 'say "yes"'},
        {"a": "two\nlines", "b": "2"},
        {"a": "3", "b": "3"},
    ]


@pytest.mark.parametrize(
    "nonsense",
    [
        b"only one field",
        b"1,2,3",
        b'"never closed,2',
        b'x"y,2',
        b"\x00,2",
        b"\xff\xfe,2",
        b"-----",
        b'"a"b,2',
    ],
)
def test_a_line_of_nonsense_in_the_middle_costs_itself_alone(nonsense: bytes) -> None:
    content = "a,b\n1,أ\n".encode() + nonsense + "\n3,ب\n4,ت\n".encode()
    lines = intake.read(content).lines
    faults = [line.number for line in lines if line.fault is not None]
    assert faults == [3]
    assert [line.row["a"] for line in lines if line.fault is None] == ["1", "3", "4"]
    assert isinstance(lines[1].fault, LineBroken)


def test_a_quote_that_never_closes_does_not_swallow_the_file() -> None:
    content = b'a,b\n1,"open\n' + b"".join(b"%d,x\n" % number for number in range(100))
    lines = intake.read(content).lines
    assert [line.number for line in lines if line.fault] == [2]
    assert sum(line.fault is None for line in lines) == 100


def test_a_repeated_line_is_told_with_the_line_it_repeats() -> None:
    lines = intake.read(b"a,b\n1,2\n3,4\n1,2\n").lines
    fault = lines[2].fault
    assert isinstance(fault, LineRepeated)
    assert (lines[2].number, fault.first) == (4, 2)


def test_a_broken_line_in_a_utf8_file_does_not_make_it_another_encoding() -> None:
    content = ("a,b\n" + "1,أحمد\n2,ليلى\n").encode() + b"3,\xe3\xcd\n"
    read = intake.read(content)
    assert read.encoding == "utf-8"
    assert [line.number for line in read.lines if line.fault] == [4]


@pytest.mark.parametrize("content", [b"", b"\n", b"one\n1\n", b"a,a\n1,2\n", b'"a,b\n1,2\n'])
def test_a_file_without_columns_is_refused(content: bytes) -> None:
    with pytest.raises(FileUnreadable):
        intake.read(content)


def test_the_same_content_gives_the_same_names_and_other_content_others() -> None:
    first, again, other = (
        intake.read(text) for text in (b"a,b\n1,2\n", b"a,b\n1,2\n", b"a,b\n1,3\n")
    )
    assert first.names == again.names
    assert set(first.names).isdisjoint(other.names)


@given(st.binary(max_size=400))
def test_whatever_the_bytes_every_line_is_read_or_told_and_none_is_lost(content: bytes) -> None:
    whole = b"a,b\n" + content
    read = intake.read(whole)
    text = whole.decode(read.encoding, "surrogateescape")
    physical = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[1:]
    told = [part for line in read.lines for part in line.text.split("\n")]
    assert [part for part in told if part.strip()] == [part for part in physical if part.strip()]
    assert all(set(line.row) == {"a", "b"} for line in read.lines if line.fault is None)
    assert len(set(read.names)) == len(read.lines)


def test_a_quote_left_open_on_the_last_line_and_a_line_without_end_are_told() -> None:
    endless = "x" * (intake.LONGEST_LINE + 1)
    lines = intake.read(f'a,b\n{endless},"y\n1,2\n3,"open'.encode()).lines
    assert [line.number for line in lines if line.fault] == [2, 4]
    assert [dict(line.row) for line in lines if line.fault is None] == [{"a": "1", "b": "2"}]


def test_a_quote_that_closes_in_the_wrong_place_costs_its_first_line_alone() -> None:
    lines = intake.read(b'a,b\n1,"x\n2,y"\n3,z\n4,"u\nv",w\n5,t\n').lines
    assert [line.number for line in lines if line.fault] == [5, 6]
    assert [line.row["a"] for line in lines if line.fault is None] == ["1", "3", "5"]
