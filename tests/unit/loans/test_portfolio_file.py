"""A file of a portfolio is understood row by row, from either format, and adds up or does not."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import portfolio_file
from services.loans.domain.intake import FileUnreadable
from services.loans.domain.journal import Channel
from services.loans.domain.portfolio_file import COLUMNS, PortfolioFile
from services.loans.domain.portfolio_records import (
    ColumnsMissing,
    ControlTotalDiffers,
    ControlTotalMissing,
    MovedKind,
)
from services.loans.takeover import people, sheets
from shared.errors import RafidError
from tests.builders import money

Cells = dict[str, str]
CONTRACT: Cells = {
    "record": "contract",
    "reference": "A",
    "borrower": "p",
    "branch": "B1",
    "product": "QARD",
    "fund": "WAQF",
    "currency": "JOD",
    "signed_on": "2026-01-01",
    "principal": "100.000",
    "outstanding": "40.500",
}
MOVED: Cells = {
    "record": "movement",
    "reference": "A",
    "number": "1",
    "kind": "repayment",
    "on": "2026-02-01",
    "amount": "59.500",
}
TOTAL: Cells = {
    "record": "total",
    "currency": "JOD",
    "number": "1",
    "principal": "100.000",
    "outstanding": "40.500",
}
BORROWER: Cells = {"record": "borrower", "borrower": "p", "kind": "person", "branch": "B1"}


def rows_of(cells: list[Cells]) -> list[list[str]]:
    return [[one.get(name, "") for name in COLUMNS] for one in cells]


def read(*cells: Cells) -> PortfolioFile:
    columns, lines = sheets.read(sheets.csv_of(COLUMNS, rows_of(list(cells))))
    return portfolio_file.read(columns, lines)


def slugs(file: PortfolioFile) -> list[str]:
    return [one.error.slug() for one in file.faulty]


def test_a_contract_is_read_with_its_rows_in_their_order() -> None:
    second = MOVED | {"number": "2", "amount": "1.000", "channel": "wallet"}
    file = read(second, MOVED, CONTRACT | {"annual_rate": "0.18", "term_months": "6"}, BORROWER)
    record = file.contracts["A"]

    assert file.faulty == []
    assert [one.number for one in record.moved] == [1, 2]
    assert record.moved[0].kind is MovedKind.REPAYMENT
    assert [one.channel for one in record.moved] == [Channel.CASH, Channel.WALLET]
    assert (record.principal, record.outstanding) == (money("100"), money("40.5"))
    assert (record.annual_rate, record.term_months) == (Decimal("0.18"), 6)
    assert record.signed_on == date(2026, 1, 1)
    assert list(file.borrowers) == ["p"]


def test_arabic_digits_are_digits() -> None:
    assert read(CONTRACT | {"principal": "١٠٠٫٠٠٠"}).contracts["A"].principal == money("100")


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        ({"record": "gift"}, "cell-invalid"),
        ({"reference": ""}, "cell-invalid"),
        ({"signed_on": "01/02/2026"}, "cell-invalid"),
        ({"signed_on": ""}, "cell-invalid"),
        ({"principal": "12,5"}, "not-an-amount"),
        ({"principal": "1.0001"}, "too-many-decimals"),
        ({"principal": "-1"}, "cell-invalid"),
        ({"currency": "XXX"}, "unknown-currency"),
        ({"annual_rate": "NaN"}, "cell-invalid"),
        ({"term_months": "1.5"}, "cell-invalid"),
        ({"term_months": "-3"}, "cell-invalid"),
        ({"term_months": "9" * 30}, "cell-invalid"),
        ({"reference": "x" * 30_000}, "cell-invalid"),
    ],
)
def test_a_faulty_row_is_kept_with_its_reason(change: Cells, slug: str) -> None:
    file = read(CONTRACT | change)

    assert slugs(file) == [slug]
    assert file.contracts == {}
    assert file.faulty[0].line.number == 2


def test_a_row_of_no_contract_is_refused() -> None:
    assert slugs(read(MOVED)) == ["contract-absent"]


def test_a_borrower_that_stands_twice_counts_once_and_is_told() -> None:
    file = read(CONTRACT, BORROWER, BORROWER | {"kind": "x"})

    assert slugs(file) == ["name-twice"]
    assert file.borrowers["p"].kind == "person"


def test_a_contract_told_in_two_ways_is_taken_in_neither() -> None:
    file = read(CONTRACT, CONTRACT | {"principal": "7.000"})

    assert slugs(file) == ["name-twice", "contract-incomplete"]
    assert file.contracts == {}


def test_totals_that_agree_agree() -> None:
    read(CONTRACT, TOTAL).check_totals()
    read().check_totals()


@pytest.mark.parametrize(
    ("total", "member"),
    [
        (TOTAL | {"number": "2"}, "count"),
        (TOTAL | {"principal": "100.001"}, "principal"),
        (TOTAL | {"outstanding": "40.499"}, "outstanding"),
    ],
)
def test_totals_that_differ_say_where(total: Cells, member: str) -> None:
    with pytest.raises(ControlTotalDiffers) as refused:
        read(CONTRACT, total).check_totals()

    assert refused.value.member == member


def test_each_currency_needs_its_total_and_a_total_its_contracts() -> None:
    with pytest.raises(ControlTotalMissing):
        read(CONTRACT, CONTRACT | {"reference": "B", "currency": "USD", "principal": "1.00",
                                   "outstanding": "1.00"}, TOTAL).check_totals()  # fmt: skip
    with pytest.raises(ControlTotalDiffers):
        read(TOTAL).check_totals()


def test_a_contract_that_is_faulty_elsewhere_still_counts_in_the_totals() -> None:
    file = read(CONTRACT | {"signed_on": "never"}, TOTAL)

    assert slugs(file) == ["cell-invalid"]
    file.check_totals()


def test_a_file_of_something_else_is_refused() -> None:
    with pytest.raises(ColumnsMissing) as refused:
        portfolio_file.read(("name", "amount"), ())

    assert "outstanding" in refused.value.missing
    with pytest.raises(FileUnreadable):
        sheets.read(b"nothing")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(
                st.characters(
                    blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp"),
                    blacklist_characters="\ufeff",
                ),
                max_size=12,
            ),
            min_size=3,
            max_size=3,
        ),
        max_size=6,
        unique_by=tuple,
    )
)
def test_any_text_comes_back_from_both_formats_as_it_went(rows: list[list[str]]) -> None:
    rows = [["x", *row] for row in rows]
    header = ["k", "a", "b", "c"]
    for content in (sheets.csv_of(header, rows), sheets.xlsx_of(header, rows)):
        _, lines = sheets.read(content)
        assert [list(line.row.values()) for line in lines if line.fault is None] == rows


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "'"])
def test_no_cell_of_a_csv_begins_like_a_formula(start: str) -> None:
    content = sheets.csv_of(["a", "b"], [[f"{start}1", "x"]]).decode("utf-8-sig")

    assert content.splitlines()[1].startswith("'")
    assert sheets.read(content.encode())[1][0].row["a"] == f"{start}1"


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_by_name(content: bytes) -> None:
    for whole in (content, b"PK\x03\x04" + content):
        try:
            columns, lines = sheets.read(whole)
            portfolio_file.read(columns, lines)
        except RafidError:
            continue


def test_members_come_before_the_groups_they_belong_to() -> None:
    group = BORROWER | {"borrower": "g", "kind": "solidarity_group", "members": "m*; p ;g2"}
    file = read(group, BORROWER)

    assert people.members_of(file.borrowers["g"]) == [("m", True), ("p", False), ("g2", False)]
    assert people.in_order(["g", "p"], file.borrowers) == [["m", "g2"], ["p"], ["g"]]


DUE: Cells = {
    "record": "instalment",
    "reference": "A",
    "number": "1",
    "on": "2026-02-01",
    "principal": "50.000",
    "profit": "1.500",
}


def test_instalments_are_read_in_the_order_of_their_numbers() -> None:
    file = read(CONTRACT, DUE | {"number": "2", "fee": "0.500"}, DUE)
    first, second = file.contracts["A"].dues

    assert (first.number, first.due_on) == (1, date(2026, 2, 1))
    assert (first.principal, first.profit, first.fee) == (money("50"), money("1.5"), money("0"))
    assert (second.number, second.fee) == (2, money("0.5"))


@pytest.mark.parametrize(
    "row", [DUE | {"on": "soon"}, MOVED | {"kind": "gift"}, MOVED | {"channel": "pigeon"}]
)
def test_one_faulty_row_refuses_its_contract_and_no_other(row: Cells) -> None:
    other = CONTRACT | {"reference": "B"}
    file = read(CONTRACT, row, MOVED | {"reference": "B"}, other)

    assert slugs(file) == ["cell-invalid", "contract-incomplete"]
    assert [one.line.number for one in file.faulty] == [3, 2]
    assert list(file.contracts) == ["B"]
