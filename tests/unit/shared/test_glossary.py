"""The glossary names each thing once, in three languages, and knows the fixed words."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "shared" / "GLOSSARY.md"
ARABIC = re.compile(r"[\u0621-\u064a]")


def rows() -> list[list[str]]:
    """The rows of all tables: English, French, Arabic, meaning."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    return [row for row in cells if row[0] != "English" and not row[0].startswith("---")]


def test_every_term_is_there_in_three_languages_with_its_meaning() -> None:
    assert len(rows()) > 80
    for row in rows():
        assert len(row) == 4
        assert all(row)
        assert ARABIC.search(row[2])
        assert not ARABIC.search(row[0] + row[1] + row[3])


@pytest.mark.parametrize("column", [0, 2])
def test_a_word_stands_for_one_thing(column: int) -> None:
    words = [row[column] for row in rows()]

    assert sorted(word for word in set(words) if words.count(word) > 1) == []


@pytest.mark.parametrize(
    "term",
    [
        "borrower",
        "guarantor",
        "product",
        "application",
        "decision",
        "contract",
        "instalment",
        "due",
        "principal",
        "profit",
        "fee",
        "penalty",
        "mode of finance",
        "charge method",
        "disbursement",
        "tranche",
        "repayment",
        "allocation",
        "reversal",
        "waiver",
        "rescheduling",
        "write-off",
        "recovery",
        "outstanding principal",
        "arrears",
        "days past due",
        "fund",
        "restriction",
        "account",
        "journal entry",
        "journal line",
        "debit",
        "credit",
        "trial balance",
    ],
)
def test_the_fixed_words_of_the_trade_are_there(term: str) -> None:
    assert term in {row[0] for row in rows()}
