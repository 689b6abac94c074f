"""A review takes its book from loans, keeps its dates and hash, and refuses what is none."""

from datetime import date
from typing import Any

import pytest

from shared.auth import Role
from shared.clients.review_books import FREQUENCY, BookAsked
from tests import review_plans
from tests.integration.scoring.desk import Caller, Desk
from tests.integration.scoring.lent_books import DAY, KNOWN, REVIEWS, FakeBooks, a_draft, adopted


@pytest.fixture
def books(scoring: Desk) -> FakeBooks:
    made = FakeBooks()
    scoring.app.state.books = made
    return made


@pytest.fixture
def manager(scoring: Desk) -> Caller:
    return scoring.caller(Role.FUNDS_MANAGER)


def type_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


async def test_a_book_is_kept_with_its_two_dates_and_its_hash(
    books: FakeBooks, manager: Caller
) -> None:
    answer = await manager.post(REVIEWS, a_draft())

    assert answer.status_code == 201, answer.text
    assert answer.json()["book"] == {
        "as_of": DAY, "known_at": "2026-11-22T09:00:00Z", "sha256": "a" * 64, "left_out": 3,
    }  # fmt: skip
    assert (books.asked[0].as_of, books.asked[0].since) == (date(2026, 6, 30), None)


async def test_the_same_draft_again_asks_for_the_book_that_was_taken(
    books: FakeBooks, manager: Caller
) -> None:
    body = a_draft()
    first, again = [await manager.post(REVIEWS, body) for _ in range(2)]

    assert first.json() == again.json()
    assert [one.known_at for one in books.asked] == [None, KNOWN]


async def test_a_book_that_was_sent_names_no_origin(manager: Caller) -> None:
    body = a_draft(book=review_plans.columns())
    del body["from_loans"]

    assert "book" not in (await manager.post(REVIEWS, body)).json()


@pytest.mark.parametrize("both", [True, False])
async def test_one_book_is_named_neither_two_nor_none(manager: Caller, *, both: bool) -> None:
    body = a_draft(book=review_plans.columns())
    if not both:
        del body["from_loans"], body["book"]

    assert (await manager.post(REVIEWS, body)).status_code == 422


async def test_what_is_no_book_for_this_review_is_refused_and_nothing_kept(
    scoring: Desk, books: FakeBooks, manager: Caller
) -> None:
    books.currency = "EGP"
    assert type_of(await manager.post(REVIEWS, a_draft())) == (422, "book-in-other-currency")
    books.currency, books.rows = "JOD", 200_001
    assert type_of(await manager.post(REVIEWS, a_draft())) == (422, "book-too-fine")
    books.rows, books.loans = 0, 0
    assert type_of(await manager.post(REVIEWS, a_draft())) == (422, "book-empty")
    books.answers = False
    assert type_of(await manager.post(REVIEWS, a_draft())) == (503, "loans-unavailable")
    scoring.app.state.books = None
    assert type_of(await manager.post(REVIEWS, a_draft())) == (503, "books-unreachable")

    assert (await manager.get(REVIEWS)).json()["items"] == []


async def test_a_book_says_how_often_its_loans_are_paid(books: FakeBooks, manager: Caller) -> None:
    books.frequency = "weekly"
    body = a_draft(from_loans={"as_of": DAY, "by": ["product"]}, compared_by=[])
    assert (await manager.post(REVIEWS, body)).status_code == 201
    path = f"{REVIEWS}/{body['review_id']}"
    await manager.post(f"{path}/run", {})

    result = (await manager.get(path)).json()["result"]

    assert books.asked[0].by == ["product", FREQUENCY]
    assert result["book"]["frequencies"] == {"weekly": 40.0}
    assert not result["book"]["frequency_assumed"]
    # 24 % a year nominal by weeks: (1 + 0.24 / 52) ** 52 - 1
    effective = result["policies"][0]["cases"]["central"]["effective_rate"][1]
    assert effective == pytest.approx(0.270547, abs=0.0005)


async def test_a_draft_that_is_older_than_frequencies_is_the_same_draft_again(
    books: FakeBooks, manager: Caller
) -> None:
    """What was drafted before loans told frequencies keeps its book, hash and all."""
    body = a_draft()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BookAsked, "with_frequency", lambda self: self)
        first = await manager.post(REVIEWS, body)

    again = await manager.post(REVIEWS, body)

    assert again.status_code == 201, again.text
    assert again.json() == first.json()
    assert [FREQUENCY in one.by for one in books.asked] == [False, False]


async def test_a_later_book_is_held_against_what_was_predicted(
    scoring: Desk, books: FakeBooks, manager: Caller
) -> None:
    path = await adopted(scoring, manager)

    answer = await manager.post(f"{path}/observed/from-loans", {"as_of": "2026-04-01"})

    assert answer.status_code == 201, answer.text
    (observed,) = answer.json()["observations"]
    assert observed["figures"]["default_rate"] == "0.050000"  # 2 of 40
    # 24 % a year nominal by months: 1.02 ** 12 - 1
    assert float(observed["figures"]["effective_rate"]) == pytest.approx(0.2682, abs=0.0005)
    assert observed["source"].endswith(f"n = 40 · sha256 {'a' * 64}")
    decided_on = scoring.signer.clock.now().date()
    assert books.asked[-1].since == decided_on


async def test_what_a_book_leaves_out_is_kept_and_said(books: FakeBooks, manager: Caller) -> None:
    body = a_draft()
    drafted = (await manager.post(REVIEWS, body)).json()
    path = f"{REVIEWS}/{body['review_id']}"
    await manager.post(f"{path}/run", {})

    assert drafted["book"]["left_out"] == 3
    assert books.asked
    for language, word in (("ar", "3 من العقود القائمة"), ("fr", "3 contrats en cours")):
        assert word in (await manager.get(f"{path}/page", lang=language)).text
    assert (await manager.get(f"{path}/paper", lang="ar")).content.startswith(b"%PDF")


async def test_a_day_by_which_nothing_was_lent_is_kept_without_figures(
    scoring: Desk, books: FakeBooks, manager: Caller
) -> None:
    path = await adopted(scoring, manager)
    books.loans = 0

    answer = await manager.post(f"{path}/observed/from-loans", {"as_of": "2026-04-01"})

    assert answer.status_code == 201, answer.text
    assert answer.json()["observations"][0]["figures"] == {}
    assert "no loan was signed since" in (await manager.get(f"{path}/page")).text


async def test_a_later_book_of_a_day_is_taken_once(
    scoring: Desk, books: FakeBooks, manager: Caller
) -> None:
    path = await adopted(scoring, manager)
    first = await manager.post(f"{path}/observed/from-loans", {"as_of": "2026-04-01"})
    books.late = 9

    again = await manager.post(f"{path}/observed/from-loans", {"as_of": "2026-04-01"})

    assert again.json() == first.json()


async def test_before_its_adoption_a_review_is_held_against_nothing(
    books: FakeBooks, manager: Caller
) -> None:
    body = a_draft()
    await manager.post(REVIEWS, body)

    path = f"{REVIEWS}/{body['review_id']}/observed/from-loans"
    answer = await manager.post(path, {"as_of": "2026-04-01"})

    assert type_of(answer) == (409, "review-transition-refused")
    assert len(books.asked) == 1


async def test_an_adopted_review_tells_its_name_and_whose_rules_it_has(
    scoring: Desk, books: FakeBooks, manager: Caller
) -> None:
    await adopted(scoring, manager)

    (told,) = [e for e in await scoring.events() if e["type"] == "scoring.rate-review-decided.v1"]

    assert (told["data"]["name"], told["data"]["products"]) == ("Spring review", [])
    assert books.asked
