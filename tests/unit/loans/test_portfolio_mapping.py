"""Another system's list of loans is read by rules, a contract a line, with its opening balance."""

from datetime import date
from typing import Any

import pytest

from services.cli import portfolios
from services.loans.domain import portfolio_file, portfolio_mapping
from services.loans.domain.mapping import ColumnMissing, FieldRules, MappingUnclear
from services.loans.domain.portfolio_file import COLUMNS, PortfolioFile
from services.loans.domain.portfolio_records import CellInvalid, MovedKind
from services.loans.takeover import sheets
from tests.builders import money

TODAY = date(2026, 4, 1)
RULES: dict[str, Any] = {
    "reference": {"column": "Loan", "prefix": "old-"},
    "borrower": {"column": "Client"},
    "name_latin": {"column": "Name"},
    "born_on": {"years_before": "Age"},
    "region": {"constant": "amman"},
    "branch": {"column": "Office", "codes": {"1": "B1"}},
    "product": {"constant": "QARD"},
    "fund": {"constant": "WAQF"},
    "currency": {"constant": "JOD"},
    "principal": {"column": "Amount"},
    "term_months": {"column": "Months"},
    "signed_on": {"column": "Signed"},
    "outstanding": {"column": "Balance"},
    "paid": {"column": "Paid"},
    "paid_on": {"constant": "2026-03-31"},
}
HEADER = "Loan,Client,Name,Age,Office,Amount,Months,Signed,Balance,Paid\n"
FIRST = "7,c1,Maryam,30,1,1200.000,12,2025-10-01,900.000,300.000\n"
SECOND = "8,c1,Maryam,30,1,600.000,6,2026-01-05,600.000,0\n"


def read(text: str, **changes: Any) -> PortfolioFile:
    rules = FieldRules.of({"fields": RULES | changes})
    columns, lines = sheets.read((HEADER + text).encode())
    portfolio_mapping.check(rules, columns)
    return portfolio_file.read(COLUMNS, portfolio_mapping.rows(rules, lines, on=TODAY))


def test_a_line_is_a_borrower_a_contract_and_what_was_paid() -> None:
    file = read(FIRST + SECOND)
    first, second = file.contracts["old-7"], file.contracts["old-8"]

    assert file.faulty == []
    assert list(file.borrowers) == ["c1"]
    assert file.borrowers["c1"].cells["born_on"] == "1996-04-01"
    assert (first.branch, first.term_months, first.outstanding) == ("B1", 12, money("900"))
    assert [(one.kind, one.on, one.amount) for one in first.moved] == [
        (MovedKind.DISBURSEMENT, date(2025, 10, 1), money("1200")),
        (MovedKind.REPAYMENT, date(2026, 3, 31), money("300")),
    ]
    assert [one.kind for one in second.moved] == [MovedKind.DISBURSEMENT]


def test_the_day_of_payment_may_differ_from_that_of_signature() -> None:
    (contract,) = read(FIRST, paid_out_on={"constant": "2025-10-09"}).contracts.values()

    assert contract.moved[0].on == date(2025, 10, 9)


def test_without_a_name_of_its_own_a_borrower_is_named_by_the_contract() -> None:
    rules = {name: rule for name, rule in RULES.items() if name != "borrower"}
    columns, lines = sheets.read((HEADER + FIRST).encode())
    read_ = portfolio_mapping.rows(FieldRules.of({"fields": rules}), lines, on=TODAY)

    assert list(portfolio_file.read(COLUMNS, read_).borrowers) == ["old-7"]
    assert len(columns) == 10


@pytest.mark.parametrize(
    ("line", "slug"),
    [
        ("7,c1,M,30,9,1200.000,12,2025-10-01,900.000,300.000\n", "value-unknown"),
        ("7,c1,M,old,1,1200.000,12,2025-10-01,900.000,300.000\n", "not-a-number"),
        ("7,c1,M,30,1,12k,12,2025-10-01,900.000,300.000\n", "not-an-amount"),
        ("7,c1,M,30,1,1200.000,12,yesterday,900.000,300.000\n", "cell-invalid"),
        ("7,c1,M\n", "line-broken"),
    ],
)
def test_a_line_that_is_not_understood_is_kept_with_its_number(line: str, slug: str) -> None:
    file = read(line + SECOND)

    assert file.faulty[0].error.slug() == slug
    assert file.faulty[0].line.number == 2
    assert list(file.contracts) == ["old-8"]


def test_rules_for_what_is_no_field_or_no_column_are_refused() -> None:
    with pytest.raises(MappingUnclear):
        read(FIRST, colour={"constant": "blue"})
    with pytest.raises(ColumnMissing):
        read(FIRST, sector={"column": "Sector"})


def test_a_total_of_the_command_line_is_a_row_of_the_file() -> None:
    row = portfolios.total_of("JOD:2:1800.000:1500.000").row

    assert row == {
        "record": "total",
        "currency": "JOD",
        "number": "2",
        "principal": "1800.000",
        "outstanding": "1500.000",
    }
    with pytest.raises(CellInvalid):
        portfolios.total_of("2:1800")
