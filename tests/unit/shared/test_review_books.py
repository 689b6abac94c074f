"""A book of loans is read whole, and is none where it was broken off or changed on its way."""

import hashlib

import orjson
import pytest
from pydantic import ValidationError

from shared.clients import review_books
from shared.clients.loans import LoansUnavailable
from shared.clients.review_books import FIGURES, BookAsked

ROWS = [
    ["2", "1200", "0.24", "12", "0", "0.01", "0.08", "400", "30", "1", "QARD", "F1"],
    ["1", "800", "0", "6", "1", "0", "0.05", "300", "0", "0", "QARD", "F2"],
]


def lines(rows: list[list[str]] = ROWS) -> list[str]:
    head = {
        "as_of": "2026-06-30",
        "known_at": "2026-11-22T09:00:00Z",
        "currency": "JOD",
        "figures": FIGURES,
        "segments": ["product", "fund"],
        "grouped": True,
    }
    written = [orjson.dumps(row) for row in rows]
    digest = hashlib.sha256(b"".join(line + b"\n" for line in written)).hexdigest()
    foot = {"rows": len(rows), "loans": 3, "left_out": 4, "sha256": digest}
    return [line.decode() for line in (orjson.dumps(head), *written, orjson.dumps(foot))]


def test_a_book_is_read_as_columns() -> None:
    book = review_books.read(lines())

    assert book.figures["principal"] == ("1200", "800")
    assert book.figures["bad"] == ("1", "0")
    assert book.labels == {"product": ("QARD", "QARD"), "fund": ("F1", "F2")}
    assert (book.foot.loans, book.foot.left_out) == (3, 4)


def test_an_empty_book_has_empty_columns() -> None:
    book = review_books.read(lines([]))

    assert set(book.figures) == set(FIGURES)
    assert not any(book.figures.values())


@pytest.mark.parametrize("kept", [0, 1, 2, 3])
def test_a_book_without_its_foot_was_broken_off(kept: int) -> None:
    with pytest.raises(LoansUnavailable):
        review_books.read(lines()[:kept])


def test_a_row_that_was_changed_or_lost_is_noticed() -> None:
    changed = lines()
    changed[1] = changed[1].replace("1200", "1300")
    with pytest.raises(LoansUnavailable):
        review_books.read(changed)
    with pytest.raises(LoansUnavailable):
        review_books.read([*lines()[:1], *lines()[2:]])


@pytest.mark.parametrize("by", [[], ["fund"], ["product", "product"], ["product", "name"]])
def test_labels_are_those_that_loans_has_the_product_among_them(by: list[str]) -> None:
    with pytest.raises(ValidationError):
        BookAsked.model_validate({"as_of": "2026-06-30", "by": by})
