"""Closings that must follow from openings and lines, and days on which one is missing."""

from datetime import date

import pytest

from services.loans.domain.statement_chain import Stated, chain, covered_through
from shared.money import Money


def jod(text: str) -> Money:
    return Money.parse(text, "JOD")


def on(day: int) -> date:
    return date(2026, 1, day)


def stated(day: int, opening: str, closing: str) -> Stated:
    return Stated(closed_on=on(day), opening=jod(opening), closing=jod(closing))


FIRST = stated(2, "100", "300.125")
LINE = (on(2), jod("200.125"))


def test_a_day_that_adds_up_is_whole() -> None:
    (proof,) = chain([FIRST], [LINE])
    assert (proof.opening, proof.entries, proof.closing) == (
        jod("100"),
        jod("200.125"),
        jod("300.125"),
    )
    assert proof.holds
    assert covered_through([proof]) == on(2)


def test_a_gap_is_missed_by_its_amount_and_nothing_later_is_covered() -> None:
    proofs = chain(
        [FIRST, stated(5, "290.125", "290.125"), stated(6, "290.125", "295.125")],
        [LINE, (on(6), jod("5"))],
    )
    assert [str(one.missing) for one in proofs] == ["0.000", "-10.000", "0.000"]
    assert covered_through(proofs) == on(2)


def test_a_file_that_comes_late_fills_the_gap() -> None:
    told = [stated(5, "290.125", "290.125"), FIRST, stated(4, "300.125", "290.125")]
    proofs = chain(told, [(on(4), jod("-10")), LINE])
    assert all(one.holds for one in proofs)
    assert covered_through(proofs) == on(5)


def test_statements_that_overlap_add_each_line_once() -> None:
    proofs = chain([FIRST, stated(3, "100", "305.125")], [LINE, (on(3), jod("5"))])
    assert all(one.holds for one in proofs)


def test_a_line_that_a_bank_left_out_is_missing_on_its_day() -> None:
    (proof,) = chain([FIRST], [])
    assert str(proof.missing) == "200.125"
    assert covered_through([proof]) is None


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_a_day_of_several_statements_is_joined_whatever_their_order(
    order: tuple[int, ...],
) -> None:
    pages = [stated(2, "100", "110"), stated(2, "110", "105"), stated(2, "105", "300.125")]
    (proof,) = chain([pages[place] for place in order], [LINE])
    assert (proof.opening, proof.closing, proof.holds) == (jod("100"), jod("300.125"), True)


def test_a_day_that_is_stated_anew_has_the_later_word() -> None:
    (proof,) = chain([stated(2, "100", "300"), FIRST], [LINE])
    assert proof.holds
    (proof,) = chain([stated(2, "100", "100"), stated(2, "100", "100")], [])
    assert proof.holds


def test_no_statement_covers_nothing() -> None:
    assert chain([], [LINE]) == []
    assert covered_through([]) is None
