"""Documents are read with their types checked, and a fault is named by its path."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from services.scoring.domain.documents import Document, DocumentMalformed
from tests.scoring_cases import amount, money

DOCUMENT = Document(
    {
        "name": "x",
        "count": 3,
        "flag": True,
        "rate": "0.18",
        "price": amount("2.500"),
        "many": [{"a": 1}, {"a": 2}],
        "words": ["a", "b"],
        "nothing": None,
        "empty": [],
        "mixed": [{"a": 1}, "b"],
    }
)


def test_every_kind_of_member_is_read() -> None:
    assert DOCUMENT.text("name") == "x"
    assert DOCUMENT.whole("count") == 3
    assert DOCUMENT.truth("flag") is True
    assert DOCUMENT.number("rate") == Decimal("0.18")
    assert DOCUMENT.money("price") == money("2.500")
    assert [part.whole("a") for part in DOCUMENT.parts("many")] == [1, 2]
    assert DOCUMENT.texts("words") == ("a", "b")


def test_a_member_that_is_null_is_not_there() -> None:
    assert DOCUMENT.has("name")
    assert not DOCUMENT.has("nothing")
    assert not DOCUMENT.has("stranger")


@pytest.mark.parametrize(
    ("read", "name"),
    [
        (Document.text, "count"),
        (Document.text, "nothing"),
        (Document.whole, "flag"),
        (Document.whole, "rate"),
        (Document.truth, "count"),
        (Document.number, "count"),
        (Document.number, "name"),
        (Document.money, "name"),
        (Document.part, "words"),
        (Document.parts, "empty"),
        (Document.parts, "mixed"),
        (Document.parts, "name"),
        (Document.texts, "mixed"),
        (Document.texts, "stranger"),
    ],
)
def test_another_type_is_refused(read: Callable[[Document, str], object], name: str) -> None:
    with pytest.raises(DocumentMalformed) as refused:
        read(DOCUMENT, name)

    assert refused.value.path == f"/{name}"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_number_is_finite(number: str) -> None:
    with pytest.raises(DocumentMalformed):
        Document({"rate": number}).number("rate")


def test_a_part_knows_where_it_stands() -> None:
    with pytest.raises(DocumentMalformed) as refused:
        DOCUMENT.parts("many")[1].text("b")

    assert refused.value.path == "/many/1/b"
