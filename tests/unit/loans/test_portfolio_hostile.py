"""What files of portfolios are sent by those who are careless, hurried or hostile?"""

import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import portfolio_file, taking_over
from services.loans.domain.intake import FileUnreadable
from services.loans.domain.portfolio_file import COLUMNS, PortfolioFile
from services.loans.domain.portfolio_records import ControlTotalDiffers
from services.loans.domain.taking_over import InstalmentOutOfOrder
from services.loans.domain.workbook import WorkbookRefused
from services.loans.takeover import sheets
from shared.errors import RafidError
from tests.builders import money
from tests.integration.loans.signing import loan, qard
from tests.unit.loans.test_portfolio_file import (
    BORROWER,
    CONTRACT,
    DUE,
    MOVED,
    TOTAL,
    Cells,
    read,
    rows_of,
    slugs,
)

LENT = MOVED | {"kind": "disbursement", "on": "2026-01-01", "amount": "100.000"}
PAID = MOVED | {"number": "2"}
WHOLE = [BORROWER, CONTRACT, LENT, PAID, TOTAL]


def read_bytes(content: bytes) -> PortfolioFile:
    columns, lines = sheets.read(content)
    return portfolio_file.read(columns, lines)


def workbook(rows: list[list[Any]]) -> bytes:
    """A workbook as a person makes one: numbers and days are typed as such."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(number, column, cell, day)
            elif cell is not None:
                sheet.write(number, column, cell)
    book.close()
    return out.getvalue()


@pytest.mark.parametrize(
    "broken",
    [
        "movement,A,,,,,,too few fields",
        'movement,"A",,,,,,too few fields',
        "movement;A;too;few",
        "movement,A," + "," * (len(COLUMNS) - 3) + "\udcff",
        'movement,A,"never closed' + "," * (len(COLUMNS) - 3),
        "movment,A" + "," * (len(COLUMNS) - 2),
        ",A" + "," * (len(COLUMNS) - 2),
    ],
)
def test_a_line_that_may_be_of_a_contract_costs_it_whatever_else_it_holds(broken: str) -> None:
    whole = sheets.csv_of(COLUMNS, rows_of(WHOLE)).decode("utf-8-sig")
    file = read_bytes((whole + broken + "\r\n").encode("utf-8", "surrogateescape"))

    assert slugs(file)[-1] == "contract-incomplete"
    assert file.contracts == {}
    file.check_totals()


@pytest.mark.parametrize("broken", ["movement,B,few", "AA,A1,A b", "\udcff", '"', "x" * 200_000])
def test_a_line_of_nobody_costs_nobody(broken: str) -> None:
    whole = sheets.csv_of(COLUMNS, rows_of(WHOLE)).decode("utf-8-sig")
    file = read_bytes((whole + broken + "\r\n").encode("utf-8", "surrogateescape"))

    assert slugs(file) == ["line-broken"]
    assert list(file.contracts) == ["A"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (PAID, PAID | {"amount": "1.000"}),
        (PAID, PAID | {"kind": "reversal", "reverses": "2"}),
        (DUE, DUE | {"on": "2026-03-01"}),
        (DUE, DUE | {"number": "01", "on": "2026-03-01"}),
        (DUE, DUE | {"number": "١", "on": "2026-03-01"}),
    ],
)
def test_two_rows_of_one_number_are_two_stories_of_one_contract(
    first: Cells, second: Cells
) -> None:
    file = read(CONTRACT, LENT, first, second)

    assert slugs(file) == ["cell-invalid", "contract-incomplete"]
    assert file.faulty[0].line.row["number"] == second["number"]


def test_rows_pasted_twice_count_once_in_csv_and_are_refused_in_a_workbook() -> None:
    pasted = [*WHOLE[:-1], *WHOLE[2:4], TOTAL]
    file = read(*pasted)
    assert slugs(file) == ["line-repeated", "line-repeated"]
    assert [one.number for one in file.contracts["A"].moved] == [1, 2]

    file = read_bytes(sheets.xlsx_of(COLUMNS, rows_of(pasted)))
    assert slugs(file) == ["cell-invalid", "contract-incomplete"]


def test_a_whole_file_pasted_behind_itself_is_not_taken_twice() -> None:
    file = read(*WHOLE, CONTRACT | {"reference": "B"}, *WHOLE)
    with pytest.raises(ControlTotalDiffers):
        file.check_totals()


@pytest.mark.parametrize("turned", [False, True])
def test_two_totals_of_one_currency_must_both_hold(turned: bool) -> None:  # noqa: FBT001 - a case
    other = TOTAL | {"outstanding": "40.499"}
    pair = [other, TOTAL] if turned else [TOTAL, other]
    with pytest.raises(ControlTotalDiffers) as refused:
        read(CONTRACT, *pair).check_totals()
    assert refused.value.stated == "40.499"

    read(CONTRACT, TOTAL, TOTAL | {"sector": "said again"}).check_totals()


@pytest.mark.parametrize(
    ("member", "typed"),
    [
        ("signed_on", "٢٠٢٦-٠١-٠١"),
        ("signed_on", "۲۰۲۶-۰۱-۰۱"),
        ("signed_on", "\u200f2026-01-01\u200f"),
        ("term_months", "١٢"),
        ("principal", "١٠٠٫٠٠٠"),
        ("principal", "\u202a100.000\u202c"),
        ("annual_rate", "٠٫١٨"),
    ],
)
def test_arabic_digits_and_marks_of_direction_are_read_everywhere(member: str, typed: str) -> None:
    usual = CONTRACT | {"term_months": "12", "annual_rate": "0.18"}
    western = read(usual).contracts["A"]
    found = read(usual | {member: typed}).contracts["A"]
    assert replace(found, line=western.line) == western


def test_a_workbook_with_typed_numbers_and_days_reads_as_one_of_texts() -> None:
    cells: dict[str, Any] = CONTRACT | {
        "signed_on": date(2026, 1, 1),
        "principal": 100,
        "outstanding": 40.5,
        "term_months": 12.0,
        "annual_rate": 0.18,
    }
    file = read_bytes(workbook([list(COLUMNS), [cells.get(name) for name in COLUMNS]]))

    assert file.faulty == []
    record = file.contracts["A"]
    assert (record.principal, record.outstanding) == (money("100"), money("40.5"))
    assert (record.signed_on, record.term_months) == (date(2026, 1, 1), 12)
    assert record.annual_rate == Decimal("0.18")


@pytest.mark.parametrize("amount", ["1000000000000.001", "9223372036854775.807"])
def test_no_row_moves_more_than_any_movement_may(amount: str) -> None:
    assert slugs(read(CONTRACT | {"principal": amount})) == ["amount-too-large"]
    for row in (MOVED | {"amount": amount}, DUE | {"profit": amount}):
        assert slugs(read(CONTRACT, row))[0] == "amount-too-large"
    assert read(TOTAL | {"principal": amount}).totals["JOD"].principal == money(amount)


@pytest.mark.parametrize("amount", ["1e3", "Infinity", "NaN", "0x10", "1_000", "１００", "", "½"])
def test_only_digits_are_an_amount(amount: str) -> None:
    file = read(CONTRACT | {"outstanding": amount})
    if amount == "":
        assert file.contracts["A"].outstanding == money("0")
    else:
        assert slugs(file) == ["not-an-amount"]


def test_a_formula_in_a_workbook_is_what_it_showed_last_and_starts_nothing() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["record", "reference"])
    sheet.write_formula(1, 0, '=HYPERLINK("http://example.invalid")', value="contract")
    sheet.write_formula(1, 1, "=1/0", value="#DIV/0!")
    book.close()
    _, lines = sheets.read(out.getvalue())
    assert dict(lines[0].row) == {"record": "contract", "reference": ""}


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 50, b"PK\x03\x04", "record,reference".encode("utf-16"), b"\xff\xfe\xfd,\xfc"],
)
def test_what_is_no_table_is_refused_by_name(content: bytes) -> None:
    with pytest.raises((FileUnreadable, WorkbookRefused, RafidError)):
        read_bytes(content)


NAMES = ["=1+1", "+9", "-9", "@SUM(A1)", "\t=1", "'=1", "\uff1dcmd", "\uff0b1", "\uff20x"]


@pytest.mark.parametrize("name", NAMES)
def test_no_spreadsheet_computes_what_we_write_and_it_comes_back(name: str) -> None:
    content = sheets.csv_of(["a", "b"], [["x", name]])
    cell = content.decode("utf-8-sig").splitlines()[1].split(",")[1]
    assert cell.lstrip('"').startswith("'")
    assert sheets.read(content)[1][0].row["b"] == name


@pytest.mark.parametrize("sign", ["\x00", "\x01", "\x0b", "\x7f", "\x85"])
def test_signs_that_are_no_text_are_refused_in_both_formats(sign: str) -> None:
    named = BORROWER | {"name_ar": f"اسم{sign}آخر"}
    for content in (
        sheets.csv_of(COLUMNS, rows_of([CONTRACT, named])),
        sheets.xlsx_of(COLUMNS, rows_of([CONTRACT, named])),
    ):
        file = read_bytes(content)
        assert slugs(file)[0] in {"cell-invalid", "line-broken"}
        assert list(file.contracts) == ["A"]
        assert file.borrowers == {}


@pytest.mark.parametrize(
    "day", ["1899-12-31", "2201-01-01", "0001-01-01", "9999-12-31", "2026-02-30"]
)
def test_days_that_nobody_means_are_refused(day: str) -> None:
    for row in (MOVED | {"on": day}, DUE | {"on": day}):
        assert slugs(read(CONTRACT, row)) == ["cell-invalid", "contract-incomplete"]
    assert slugs(read(CONTRACT | {"first_due_on": day})) == ["cell-invalid"]


@pytest.mark.parametrize(
    ("days", "number"),
    [
        (["2026-03-01", "2026-02-01"], 2),
        (["2025-12-31", "2026-02-01"], 1),
        (["2026-02-01", "2026-02-01"], None),
        (["2026-01-01", "2026-02-01"], None),
    ],
)
def test_instalments_fall_due_in_their_order_and_after_the_signature(
    days: list[str], number: int | None
) -> None:
    dues = [DUE | {"number": str(at), "on": day} for at, day in enumerate(days, start=1)]
    record = read(CONTRACT | {"term_months": "6"}, *dues, LENT).contracts["A"]
    if number is None:
        whole = taking_over.agreed(record, offered=qard(), country="JO")
        assert [one.due_on.isoformat() for one in whole.instalments] == days
        return
    with pytest.raises(InstalmentOutOfOrder) as refused:
        taking_over.agreed(record, offered=qard(), country="JO")
    assert refused.value.number == number


DEEP = "[" * 60_000
TERMS: dict[str, Any] = {"mode_of_finance": "qard"}


@pytest.mark.parametrize(
    "terms",
    [DEEP, '{"a":' * 9_000, "[]", "1", '"x"', "null", "{}", '{"principal": 1e999}', "{",
     json.dumps(TERMS), '{"principal_minor": "٣"}', "NaN"],
)  # fmt: skip
def test_terms_that_are_none_are_refused_by_name(terms: str) -> None:
    file = read(CONTRACT | {"terms": terms}, LENT)
    assert slugs(file) == []
    with pytest.raises(taking_over.TermsUnreadable):
        taking_over.agreed(file.contracts["A"], offered=qard(), country="JO")


ODD_DAY = st.sampled_from(["1900-01-01", "2200-12-31", "2026-02-28", "1924-07-31", "2077-11-17"])
CELLS = st.fixed_dictionaries(
    {
        "signed_on": ODD_DAY,
        "first_due_on": st.one_of(st.just(""), ODD_DAY),
        "term_months": st.sampled_from(["", "0", "1", "12", "600", "999999"]),
        "grace_months": st.sampled_from(["", "0", "1", "11", "999999"]),
        "annual_rate": st.sampled_from(["", "0", "0.18", "-1", "1e-30", "1e30", "99999"]),
        "principal": st.sampled_from(["0", "0.001", "100.000", "9223372036854775.807"]),
        "outstanding": st.sampled_from(["0", "100.000"]),
    }
)


@settings(max_examples=150, deadline=None)
@given(
    cells=CELLS,
    moved=st.lists(
        st.fixed_dictionaries(
            {
                "kind": st.sampled_from(["disbursement", "repayment", "reversal"]),
                "on": ODD_DAY,
                "amount": st.sampled_from(["0", "0.001", "100.000", "9223372036854775.807"]),
                "reverses": st.sampled_from(["", "1", "2", "999999"]),
            }
        ),
        max_size=4,
    ),
    at_interest=st.booleans(),
)
def test_any_contract_of_a_file_fits_or_is_refused_by_name(
    cells: Cells, moved: list[Cells], *, at_interest: bool
) -> None:
    rows = [MOVED | one | {"number": str(number)} for number, one in enumerate(moved, start=1)]
    file = read(CONTRACT | cells, *rows)
    offered = loan() if at_interest else qard()
    for record in file.contracts.values():
        try:
            whole = taking_over.agreed(record, offered=offered, country="JO")
            taking_over.check(record, whole.terms, dues=whole.instalments, today=date(2026, 11, 22))
        except RafidError:
            continue
        assert record.moved
