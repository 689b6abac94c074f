"""No member of any paper can be changed under its seal, and its days and figures are exact."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.papers import documents, operations
from services.loans.papers.documents import DayOut, PaperOut, Wish
from services.loans.papers.operations import YearMissing, YearNotOver
from services.loans.papers.words import Words, is_zero, parts_of, parts_used, sum_of
from shared.money import Money
from shared.schemas import MoneyBody
from shared.texts import LANGUAGES, Language
from tests.unit.loans.papers import samples

PAPERS: list[PaperOut] = [
    samples.a_statement(),
    samples.a_schedule(),
    samples.a_receipt(),
    samples.a_certificate("balance"),
    samples.a_certificate("paid_in_year"),
]
TODAY = date(2026, 4, 1)


def members_of(paper: PaperOut) -> dict[str, Any]:
    members: dict[str, Any] = json.loads(paper.model_dump_json())
    assert members.pop("sha256") == paper.sha256
    return members


def places(value: Any, *way: Any) -> Iterator[tuple[Any, ...]]:
    """The way to every leaf of a document."""
    if isinstance(value, dict | list) and value:
        keys = value if isinstance(value, dict) else range(len(value))
        for key in list(keys):
            yield from places(value[key], *way, key)
    else:
        yield way


def changed(members: dict[str, Any], way: tuple[Any, ...]) -> dict[str, Any]:
    copy: Any = json.loads(json.dumps(members))
    inner = copy
    for key in way[:-1]:
        inner = inner[key]
    old = inner[way[-1]]
    inner[way[-1]] = None if old is not None else "said now"
    return dict(copy)


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: type(paper).__name__)
def test_every_single_member_is_under_the_seal(paper: PaperOut) -> None:
    members = members_of(paper)
    ways = list(places(members))
    assert len(ways) > 30
    for way in ways:
        assert documents.seal_of_members(changed(members, way)) != paper.sha256, way


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: type(paper).__name__)
def test_a_paper_that_was_kept_and_read_again_has_its_seal(paper: PaperOut) -> None:
    members = members_of(paper)
    turned = dict(reversed(list(members.items())))
    assert documents.seal_of_members(turned) == paper.sha256
    assert type(paper).model_validate_json(json.dumps(turned)).sealed() == paper
    assert paper.sealed() == paper


@pytest.mark.parametrize(
    ("day", "hijri"),
    [
        ("2026-03-01", "1447-09-12"),
        ("1924-08-01", "1343-01-01"),
        ("2077-11-16", "1500-12-30"),
        ("1924-07-31", None),
        ("2077-11-17", None),
        ("1900-01-01", None),
        ("2200-12-31", None),
    ],
)
def test_a_day_has_a_hijri_date_within_the_tables_alone(day: str, hijri: str | None) -> None:
    found = DayOut.of(date.fromisoformat(day))
    assert (found.gregorian.isoformat(), found.hijri) == (day, hijri)
    for language in LANGUAGES:
        assert bool(Words(language).hijri(found)) == (hijri is not None)
        assert day in Words(language).day_in_words(found)


@pytest.mark.parametrize(
    ("asked", "first_on", "last_on"),
    [
        (Wish(kind="balance"), None, TODAY),
        (Wish(kind="settlement", as_of=date(2025, 7, 1)), None, date(2025, 7, 1)),
        (Wish(kind="paid_in_year", year=2025), date(2025, 1, 1), date(2025, 12, 31)),
        (Wish(kind="paid_in_year", year=2026), date(2026, 1, 1), TODAY),
        (Wish(kind="paid_in_year", year=1925), date(1925, 1, 1), date(1925, 12, 31)),
    ],
)
def test_a_certificate_is_of_a_day_or_of_a_year(
    asked: Wish, first_on: date | None, last_on: date
) -> None:
    assert operations.span_of(asked, today=TODAY) == (first_on, last_on)


@pytest.mark.parametrize(
    "asked",
    [
        Wish(kind="balance", year=2025),
        Wish(kind="settlement", year=2025, as_of=TODAY),
        Wish(kind="paid_in_year"),
        Wish(kind="paid_in_year", as_of=TODAY),
        Wish(kind="paid_in_year", year=2025, as_of=TODAY),
    ],
)
def test_a_wish_for_both_or_for_neither_is_refused(asked: Wish) -> None:
    with pytest.raises(YearMissing):
        operations.span_of(asked, today=TODAY)


def test_a_year_to_come_cannot_be_certified() -> None:
    with pytest.raises(YearNotOver) as refused:
        operations.span_of(Wish(kind="paid_in_year", year=2027), today=TODAY)
    assert (refused.value.year, refused.value.today) == (2027, TODAY)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(-(10**15), 10**15),
    st.sampled_from(["JOD", "USD", "JPY"]),
    st.sampled_from(LANGUAGES),
)
def test_a_figure_on_paper_is_the_figure_of_the_books(
    minor: int, currency: str, language: Language
) -> None:
    body = MoneyBody.of(Money(minor, currency))
    written = Words(language).number(body)
    group, point = {"ar": (",", "."), "fr": ("\u00a0", ","), "en": (",", ".")}[language]
    back = written.replace("\u2212", "-").replace(group, "").replace(point, ".")
    assert Money.parse(back, currency) == Money(minor, currency)
    assert is_zero(body) == (minor == 0)
    assert Words(language).amount(body) == f"{written} {currency}"


def test_the_parts_of_a_payment_are_its_sum_and_nothing_is_left_out() -> None:
    paid = samples.a_certificate("paid_in_year").paid
    assert paid is not None
    told = parts_of(paid, all_of_them=True)
    assert sum_of(paid).money() == Money.total((money.money() for _, money in told), "JOD")
    assert [part for part, _ in parts_of(paid)] == parts_used([paid])
    assert {part for part, money in told if not is_zero(money)} == set(parts_used([paid]))
