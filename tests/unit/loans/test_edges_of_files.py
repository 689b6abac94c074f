"""What is odd in files of portfolios, bureaus, charts and banks is told, line by line."""

import json
from dataclasses import replace
from datetime import date

import pytest

from services.loans.domain import intake, taking_over
from services.loans.domain.account_statement import Statement, require_continuity, require_sum
from services.loans.domain.bureau_file import BureauForm, FileBureau, Refused
from services.loans.domain.chart import FundKind
from services.loans.domain.intake import FileUnreadable, Line, LineBroken
from services.loans.domain.mapping import ColumnMissing, FieldRules, ValueUnknown
from services.loans.domain.own_chart import ChartAccountsMissing, RefusedLine
from services.loans.domain.portfolio_records import CellInvalid, MovedKind
from services.loans.domain.statement_layout import StatementLayout
from tests.builders import make_loan
from tests.unit.loans import test_own_chart
from tests.unit.loans.bank_files import test_statement_layout
from tests.unit.loans.test_debts import DAY, FORM, answer, line
from tests.unit.loans.test_portfolio_file import BORROWER, CONTRACT, MOVED, read, slugs
from tests.unit.loans.test_taking_over import OUT, RECORD

LENT = MOVED | {"kind": "disbursement", "on": "2026-01-01", "amount": "100.000"}


def told(details: str) -> dict[str, str] | list[str]:
    file = read(CONTRACT | {"status": "active"}, BORROWER, LENT | {"details": details})
    return slugs(file) or dict(file.contracts["A"].moved[0].details)


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ('{"saved": 5, "part": "fee"}', {"saved": "5", "part": "fee"}),
        ("  ", {}),
        ("{}", {}),
    ],
)
def test_details_are_texts_and_whole_numbers(details: str, expected: dict[str, str]) -> None:
    assert told(details) == expected


@pytest.mark.parametrize(
    "details",
    [
        "{",
        "[1]",
        '"saved"',
        '{"saved": true}',
        '{"saved": 1.5}',
        '{"saved": null}',
        '{"saved": {"a": "b"}}',
        "[" * 5_000,
        json.dumps({"evidence": "x" * 20_000}),
    ],
)
def test_other_details_cost_the_contract(details: str) -> None:
    found = told(details)
    assert found[:1] == ["cell-invalid"] if isinstance(found, list) else False


def test_money_is_taken_back_for_a_mistake_that_is_known() -> None:
    back = replace(OUT, number=2, kind=MovedKind.REPAYMENT, reason="whim")
    record = replace(RECORD, moved=(replace(OUT, amount=RECORD.principal), back))
    with pytest.raises(CellInvalid) as caught:
        taking_over.check(record, make_loan(), dues=(), today=date(2026, 11, 23))
    assert (caught.value.column, caught.value.value) == ("reason", "whim")


def test_a_bureau_is_known_by_its_form() -> None:
    bureau = FileBureau(form=BureauForm.of(FORM), lines=[])
    assert (bureau.name, bureau.valid_days) == ("Test bureau", 30)
    assert bureau.answers(country="JO", on=DAY) == []


def test_a_bureaus_line_that_could_not_be_read_keeps_its_fault() -> None:
    fault = LineBroken(found=1, expected=6)
    found = answer(Line(number=2, text="x", row={}, fault=fault))
    assert isinstance(found, Refused)
    assert (found.error, found.document) == (fault, None)


def test_a_document_of_no_known_kind_is_refused_by_its_word() -> None:
    fields = FORM["fields"] | {"document_type": {"column": "kind"}}
    form = BureauForm.of(FORM | {"fields": fields})
    one = line()
    (found,) = FileBureau(
        form=form, lines=[replace(one, row={**one.row, "kind": "library_card"})]
    ).answers(country="JO", on=DAY)
    assert isinstance(found, Refused)
    assert isinstance(found.error, ValueUnknown)
    assert (found.error.column, found.error.value) == ("document_type", "library_card")


def test_a_header_beyond_the_end_of_a_file_is_no_table() -> None:
    content = b"a,b\n1,2\n"
    assert intake.read(content, header=2).columns == ("1", "2")
    with pytest.raises(FileUnreadable):
        intake.read(content, header=4)


def test_a_file_with_the_columns_of_its_mapping_is_let_pass() -> None:
    rules = FieldRules.of({"fields": {"a": {"column": "x"}}})
    rules.check(("x", "y"))
    with pytest.raises(ColumnMissing):
        rules.check(("y",))


def test_a_chart_of_all_that_was_booked_is_whole() -> None:
    chart = test_own_chart.read(test_own_chart.line("101", "asset", accounts="cash:waqf"))
    chart.require_whole([("cash", FundKind.WAQF)])
    chart.require_whole([])
    with pytest.raises(ChartAccountsMissing) as caught:
        chart.require_whole([("cash", FundKind.WAQF), ("cash", FundKind.ZAKAT)])
    assert caught.value.accounts == ("cash:zakat",)


def test_a_refused_line_of_a_chart_is_told_by_its_number() -> None:
    fault = LineBroken(found=1, expected=6)
    one = RefusedLine(line=Line(number=7, text="x", row={}), error=fault)
    assert one.to_text() == f"7: {fault}"


def test_a_wallet_may_write_what_comes_in_with_a_minus() -> None:
    layout = StatementLayout(day="d", amount="a", minus_is_in=True)
    found = test_statement_layout.read(layout, "d,a\n2026-10-01,-5\n2026-10-01,3\n")
    assert test_statement_layout.amounts(found) == ["5.000", "-3.000"]


def bank(text: str) -> Statement:
    return test_statement_layout.read(test_statement_layout.PLAIN, text)


def test_where_a_balance_is_not_given_or_a_line_not_read_no_sum_is_held_against_it() -> None:
    layout = replace(test_statement_layout.PLAIN, balance=None)
    found = test_statement_layout.read(layout, "Date,Amount,Ref\n01/10/2026,5,L1\n")
    assert found.closing is None
    require_sum(found)
    require_continuity(found, bank("Date,Amount,Ref,Balance\n01/10/2026,5,L1,9\n"))
    whole = bank("Date,Amount,Ref,Balance\n01/10/2026,5,L1,5\n")
    require_sum(whole)
    broken = bank("Date,Amount,Ref,Balance\n01/10/2026,5,L1,5\n2,2\n")
    assert broken.bad_lines
    require_sum(broken)
