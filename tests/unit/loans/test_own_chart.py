"""A chart of accounts is read whole or refused line by line, with what is wrong in each."""

from typing import Any

import pytest

from services.loans.domain import own_accounts, own_chart
from services.loans.domain.chart import AccountClass, FundKind
from services.loans.domain.intake import Line, LineBroken
from services.loans.domain.own_chart import (
    COLUMNS,
    ChartAccountsMissing,
    ChartColumnsMissing,
    ChartRefused,
    ChartTooLong,
    OwnChart,
)

NAMES = {"name_ar": "حساب", "name_fr": "Compte", "name_en": "Account"}


def line(number: str, account_class: str, **more: str) -> dict[str, str]:
    return {"number": number, "class": account_class, **NAMES, **more}


def read(*rows: dict[str, str]) -> OwnChart:
    lines = [
        Line(number=place, text=";".join(row.values()), row=row)
        for place, row in enumerate(rows, start=2)
    ]
    return own_chart.read(COLUMNS, lines)


def faults(*rows: dict[str, str]) -> list[tuple[int, str]]:
    """The number of each refused line, and the name of what is wrong with it."""
    with pytest.raises(ChartRefused) as caught:
        read(*rows)
    assert caught.value.count == len(caught.value.refusals)
    return [(one.line.number, one.error.slug()) for one in caught.value.refusals]


def test_a_chart_knows_where_each_account_of_a_fund_stands() -> None:
    chart = read(
        line("1", "asset"),
        line("101", "asset", parent="1", accounts="cash wallet"),
        line("105", "asset", parent="1", accounts="cash:waqf"),
        line("521", "expense", own="yes"),
    )

    def number(code: str, kind: FundKind = FundKind.DONATION) -> str | None:
        found = chart.line_of(code, fund_kind=kind)
        return None if found is None else found.number

    assert number("cash") == "101"
    assert number("cash", FundKind.WAQF) == "105"
    assert number("wallet", FundKind.WAQF) == "101"
    assert number("bank") is None
    assert number("own_expense_521") == "521"
    assert number("own_asset_521") is None
    assert [one.number for one in chart.lines] == ["1", "101", "105", "521"]


def test_a_kind_alone_does_not_stand_for_the_others() -> None:
    chart = read(line("105", "asset", accounts="cash:waqf"))

    assert chart.line_of("cash", fund_kind=FundKind.STATE) is None
    with pytest.raises(ChartAccountsMissing) as caught:
        chart.require_whole([("cash", FundKind.WAQF), ("cash", FundKind.STATE)])
    assert caught.value.accounts == ("cash:state",)


@pytest.mark.parametrize(
    ("changes", "value"),
    [
        ({"number": ""}, ""),
        ({"number": "10 1"}, "10 1"),
        ({"number": "5a"}, "5a"),
        ({"number": "١٠١"}, "١٠١"),
        ({"number": "1" * 21}, "1" * 21),
        ({"number": "=1+1"}, "=1+1"),
        ({"name_ar": ""}, ""),
        ({"name_fr": "x" * 121}, "x" * 60),
        ({"name_en": "two\nlines"}, "two\N{REPLACEMENT CHARACTER}lines"),
        ({"name_en": "\u202egnp.exe"}, "\N{REPLACEMENT CHARACTER}gnp.exe"),
        ({"class": "cost"}, "cost"),
        ({"class": "ASSET"}, "ASSET"),
        ({"own": "maybe"}, "maybe"),
        ({"accounts": "cash gold"}, "gold"),
        ({"accounts": "cash:"}, "cash:"),
        ({"accounts": "cash:church"}, "cash:church"),
        ({"accounts": "loans:guarantee"}, "loans:guarantee"),
        ({"accounts": "own_expense_"}, "own_expense_"),
    ],
)
def test_a_cell_that_cannot_stand_is_named(changes: dict[str, str], value: str) -> None:
    row = {**line("101", "asset"), **changes}
    with pytest.raises(ChartRefused) as caught:
        read(row)

    (refused,) = caught.value.refusals
    error: Any = refused.error
    assert refused.error.slug() == "cell-invalid"
    assert (error.column, error.value) == (next(iter(changes)), value)


def test_a_number_and_an_account_stand_once() -> None:
    assert faults(
        line("1", "asset", accounts="cash"),
        line("1", "asset"),
        line("2", "asset", accounts="cash"),
        line("3", "asset", accounts="bank bank"),
        line("4", "expense", own="yes"),
        line("5", "expense", accounts="own_expense_4"),
    ) == [
        (3, "chart-number-twice"),
        (4, "chart-account-twice"),
        (5, "chart-account-twice"),
        (7, "chart-account-twice"),
    ]


def test_an_account_stands_under_its_own_class() -> None:
    assert faults(
        line("1", "liability", accounts="cash"),
        line("2", "income", accounts="own_expense_4"),
        line("3", "asset", accounts="loss_allowance"),
    ) == [(2, "chart-class-differs"), (3, "chart-class-differs")]


@pytest.mark.parametrize(
    "rows",
    [
        (line("11", "asset", parent="1"),),
        (line("1", "asset", parent="1"),),
        (line("1", "asset", parent="2"), line("2", "asset", parent="1")),
        (line("1", "expense"), line("11", "asset", parent="1")),
        (line("1", "asset", accounts="cash"), line("11", "asset", parent="1")),
        (line("1", "asset", own="yes"), line("11", "asset", parent="1")),
    ],
)
def test_what_stands_above_is_a_heading_of_the_same_class(rows: tuple[dict[str, str], ...]) -> None:
    assert {fault for _, fault in faults(*rows)} == {"chart-parent-unfit"}


def test_a_chain_of_headings_is_no_deeper_than_a_page_can_show() -> None:
    rows = [line("0", "asset")]
    rows += [line(str(place), "asset", parent=str(place - 1)) for place in range(1, 13)]
    assert len(read(*rows).lines) == 13

    deeper = line("13", "asset", parent="12")
    assert faults(*rows, deeper) == [(15, "chart-parent-unfit")]


def test_a_file_that_is_no_chart_is_refused_before_its_lines() -> None:
    with pytest.raises(ChartColumnsMissing) as caught:
        own_chart.read(("number", "name_ar", "class"), [])
    assert caught.value.missing == ("name_fr", "name_en")
    with pytest.raises(ChartRefused):
        own_chart.read(COLUMNS, [])
    many = [Line(number=1, text="", row={})] * 5_001
    with pytest.raises(ChartTooLong):
        own_chart.read(COLUMNS, many)


def test_a_line_that_could_not_be_read_is_refused_with_its_own_fault() -> None:
    broken = Line(number=3, text="x", row={}, fault=LineBroken(found=1, expected=8))
    with pytest.raises(ChartRefused) as caught:
        own_chart.read(COLUMNS, [broken])

    assert [one.error.slug() for one in caught.value.refusals] == ["line-broken"]
    assert caught.value.refusals[0].to_json() == {
        "line": 3,
        "problem": "line-broken",
        "told": str(broken.fault),
    }


def test_the_code_of_an_own_account_says_its_class_and_number() -> None:
    assert own_accounts.code_of(AccountClass.EXPENSE, "52.10") == "own_expense_52.10"
    assert own_accounts.class_of("own_expense_52.10") is AccountClass.EXPENSE
    assert own_accounts.number_of("own_expense_52.10") == "52.10"
    for code in ("cash", "own_cost_5", "own_expense_", "own_expense_5_1", "own_expense_5a"):
        assert own_accounts.class_of(code) is None
        assert own_accounts.number_of(code) is None
    with pytest.raises(ValueError, match="no number"):
        own_accounts.code_of(AccountClass.EXPENSE, "5_1")
