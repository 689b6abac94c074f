"""Tables of providers: encodings, digits, marks, days, zones, signs, and lines that are wrong."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from services.loans.domain import intake, statement_layout
from services.loans.domain.account_statement import Reach, Side, Statement, require_sum
from services.loans.domain.statement_layout import (
    CellUnreadable,
    LayoutContradicts,
    StatementColumnMissing,
    StatementLayout,
)

PLAIN = StatementLayout(day="Date", amount="Amount", own_reference="Ref", balance="Balance")


def read(
    layout: StatementLayout, text: str, *, encoding: str = "utf-8", currency: str = "JOD"
) -> Statement:
    file = intake.read(
        text.encode(encoding),
        encoding=layout.encoding,
        delimiter=layout.delimiter,
        header=layout.header_line,
        are_distinct=False,
    )
    return statement_layout.read(
        layout,
        columns=file.columns,
        lines=file.lines,
        account="W1",
        currency=currency,
        identification=file.digest,
    )


def amounts(found: Statement) -> list[str]:
    return [str(entry.signed) for entry in found.entries]


def test_signs_balances_and_days_of_a_plain_table() -> None:
    found = read(
        PLAIN,
        "Date,Amount,Ref,Balance\n01/10/2026,200.125,L1,300.125\n02/10/26,-0.125,,300.000\n",
    )
    assert amounts(found) == ["200.125", "-0.125"]
    assert [entry.booked_on for entry in found.entries] == [date(2026, 10, 1), date(2026, 10, 2)]
    assert [entry.parts[0].own_reference for entry in found.entries] == ["L1", None]
    assert (str(found.opening), str(found.closing)) == ("100.000", "300.000")
    require_sum(found)


@pytest.mark.parametrize(
    "text",
    [
        "Date,Amount,Ref,Balance\n02/10/2026,-1,,299\n01/10/2026,200,L1,300\n",
        "Date,Amount,Ref,Balance\n02/10/2026,-1,,299\n02/10/2026,200,L1,300\n",
    ],
)
def test_a_table_of_newest_first_adds_up_as_well(text: str) -> None:
    found = read(PLAIN, text)
    assert (str(found.opening), str(found.closing)) == ("100.000", "299.000")
    require_sum(found)


def test_arabic_digits_in_windows_letters_with_a_preface() -> None:
    layout = StatementLayout(
        day="التاريخ",
        credit="دائن",
        debit="مدين",
        text="البيان",
        encoding="cp1256",
        delimiter=";",
        header_line=3,
    )
    text = (
        "كشف حساب\n;;;\nالتاريخ;دائن;مدين;البيان\n"
        "01-10-2026;1.250,5;;قسط\n02-10-2026;;12,250;رسوم\n"
    )
    commas = StatementLayout(**{**_members(layout), "decimal_mark": ",", "group_mark": "."})
    found = read(commas, text, encoding="cp1256")
    assert amounts(found) == ["1250.500", "-12.250"]
    assert [entry.number for entry in found.entries] == [4, 5]
    assert found.entries[0].text == "قسط"


def _members(layout: StatementLayout) -> dict[str, Any]:
    return {name: getattr(layout, name) for name in StatementLayout.__slots__}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("١٢٥٫٥٠٠", "125.500"),
        ("۱۲۵٫۵", "125.500"),
        ("١٬٢٥٠٫٥", "1250.500"),
        ("1,250.5", "1250.500"),
        ("JOD", None),
        ("12.5 JOD", "12.500"),
        ("+12.5", "12.500"),
        ("12.5-", "-12.500"),
        ("(12.5)", "-12.500"),
        ("\u221212.5", "-12.500"),
        ("\u200f-12.5", "-12.500"),
        ("12.5005", None),
        ("1 250", None),
        ("12.5.0", None),
        ("0.000", None),
        ("", None),
        ("NaN", None),
        ("9" * 40, None),
        ("--5", None),
    ],
)
def test_amounts_are_read_to_the_last_digit_or_not_at_all(written: str, meant: str | None) -> None:
    layout = StatementLayout(day="d", amount="a", delimiter=";", group_mark=",")
    found = read(layout, f"d;a\n2026-10-01;{written}\n2026-10-02;1\n")
    assert amounts(found) == ([meant, "1.000"] if meant else ["1.000"])
    assert [line.number for line in found.bad_lines] == ([] if meant else [2])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-10-01", date(2026, 10, 1)),
        ("2026-10-01T22:30:00Z", date(2026, 10, 2)),
        ("2026-10-01T22:30:00", date(2026, 10, 1)),
        ("20261001", date(2026, 10, 1)),
        ("20261001223000", date(2026, 10, 1)),
        ("١/١٠/٢٠٢٦", date(2026, 10, 1)),
        ("1.10.26", date(2026, 10, 1)),
        ("01/10/2026 14:00:01", date(2026, 10, 1)),
        ("31/02/2026", None),
        ("2026-13-01", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_days_are_days_of_the_provider(written: str, meant: date | None) -> None:
    layout = StatementLayout(day="d", amount="a", zone="Africa/Nairobi")
    found = read(layout, f"d,a\n{written},1\n")
    assert [entry.booked_on for entry in found.entries] == ([meant] if meant else [])
    assert len(found.bad_lines) == (0 if meant else 1)


def test_the_order_of_day_and_month_is_the_layout_s() -> None:
    layout = StatementLayout(day="d", amount="a", day_order="month-day-year")
    assert read(layout, "d,a\n10/01/2026,1\n").entries[0].booked_on == date(2026, 10, 1)


def test_words_say_the_side_and_another_word_says_nothing() -> None:
    layout = StatementLayout(
        day="d",
        amount="a",
        direction="w",
        words_in=frozenset({"Received"}),
        words_out=frozenset({"Sent", "Fee"}),
        state="s",
        states_booked=frozenset({"Completed"}),
    )
    found = read(
        layout,
        "d,a,w,s\n2026-10-01,5,received,COMPLETED\n2026-10-01,5,FEE,pending\n2026-10-01,5,?,x\n",
    )
    assert [(one.side, one.reach) for one in found.entries] == [
        (Side.IN, Reach.BOOKED),
        (Side.OUT, Reach.PENDING),
    ]
    assert isinstance(found.bad_lines[0].fault, CellUnreadable)


def test_a_bad_line_stops_no_other_and_keeps_its_number_and_text() -> None:
    found = read(PLAIN, "Date,Amount,Ref,Balance\n01/10/2026,5,L1,5\n2,2\n03/10/2026,5,L1,10\n")
    assert [entry.number for entry in found.entries] == [2, 4]
    assert [(line.number, line.text) for line in found.bad_lines] == [(3, "2,2")]


def test_two_lines_that_are_the_same_are_two_payments() -> None:
    found = read(PLAIN, "Date,Amount,Ref,Balance\n01/10/2026,5,,5\n01/10/2026,5,,10\n")
    assert amounts(found) == ["5.000", "5.000"]


def test_a_table_without_a_column_of_its_layout_is_refused() -> None:
    with pytest.raises(StatementColumnMissing) as refused:
        read(PLAIN, "Date,Amount,Ref\n01/10/2026,5,L1\n")
    assert refused.value.column == "Balance"


def test_credit_and_debit_on_one_line_say_nothing() -> None:
    layout = StatementLayout(day="d", credit="c", debit="b")
    found = read(layout, "d,c,b\n2026-10-01,1,1\n2026-10-01,,\n2026-10-01,,-2\n")
    assert amounts(found) == ["-2.000"]
    assert [line.number for line in found.bad_lines] == [2, 3]


@pytest.mark.parametrize(
    "members",
    [
        {"day": "d"},
        {"day": "d", "amount": "a", "credit": "c", "debit": "b"},
        {"day": "d", "credit": "c"},
        {"day": "d", "amount": "a", "direction": "w"},
        {"day": "d", "amount": "a", "direction": "w", "words_in": frozenset({"in"})},
        {"day": "d", "amount": "a", "words_in": frozenset({"in"}), "words_out": frozenset({"x"})},
        {"day": "d", "amount": "a", "decimal_mark": ",", "group_mark": ","},
        {"day": "d", "amount": "a", "encoding": "no-such"},
        {"day": "d", "amount": "a", "zone": "Mars/Olympus"},
    ],
)
def test_a_layout_that_contradicts_itself_is_refused(members: Mapping[str, Any]) -> None:
    with pytest.raises(LayoutContradicts):
        StatementLayout(**members)
