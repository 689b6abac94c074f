"""Stated less booked is what is listed, and a rest that somebody must look at."""

from datetime import date

import pytest

from services.loans.domain.account_proof import AccountProof, OpenItem, Standing
from services.loans.domain.matching import Outcome
from services.loans.domain.statement_chain import DayProof
from shared import ids
from shared.money import Money

DAY = date(2026, 3, 1)


def jod(text: str) -> Money:
    return Money.parse(text, "JOD")


def closed(opening: str, entries: str, closing: str) -> DayProof:
    return DayProof(day=DAY, opening=jod(opening), entries=jod(entries), closing=jod(closing))


def item(effect: str) -> OpenItem:
    return OpenItem(
        key=ids.new(),
        sort="line",
        outcome=Outcome.THEIRS_ONLY,
        day=DAY,
        effect=jod(effect),
        owner_id=None,
    )


@pytest.mark.parametrize(
    ("booked", "effects", "standing", "rest"),
    [
        ("145", [], Standing.AGREES, "0.000"),
        ("105", ["40"], Standing.EXPLAINED, "0.000"),
        ("145", ["40", "-40"], Standing.EXPLAINED, "0.000"),
        ("100", ["40"], Standing.UNEXPLAINED, "5.000"),
        ("150", ["-4"], Standing.UNEXPLAINED, "-1.000"),
    ],
)
def test_a_difference_is_explained_item_by_item_or_not(
    booked: str, effects: list[str], standing: Standing, rest: str
) -> None:
    proof = AccountProof(
        chain=[closed("100", "45", "145")], booked=jod(booked), items=[*map(item, effects)]
    )
    assert (proof.standing, str(proof.rest)) == (standing, rest)
    assert proof.gaps == []


def test_a_gap_leaves_a_day_unexplained_even_if_the_sums_agree_by_chance() -> None:
    proof = AccountProof(chain=[closed("100", "40", "145")], booked=jod("145"), items=[])
    assert (proof.standing, str(proof.rest)) == (Standing.UNEXPLAINED, "0.000")
    assert [str(gap.missing) for gap in proof.gaps] == ["5.000"]


def test_without_a_statement_nothing_is_said_of_the_difference() -> None:
    proof = AccountProof(chain=[], booked=jod("145"), items=[item("3")])
    assert (proof.stated, proof.difference, proof.rest) == (None, None, None)
    assert proof.standing is Standing.NOT_TOLD
    assert str(proof.listed) == "3.000"
