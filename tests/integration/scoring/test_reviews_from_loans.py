"""A review takes its book from loans, keeps its dates and hash, and refuses what is none."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared import ids
from shared.auth import Role
from shared.clients.loans import LoansUnavailable
from shared.clients.review_books import (
    FIGURES,
    FREQUENCY,
    BookAsked,
    BookFoot,
    BookHead,
    ReviewBook,
)
from shared.ids import InstitutionId
from tests import review_plans
from tests.integration.scoring.desk import Caller, Desk

REVIEWS = "/scoring/v1/rate-reviews"
KNOWN = datetime(2026, 11, 22, 9, tzinfo=UTC)
DAY = "2026-06-30"


@dataclass
class FakeBooks:
    """Loans with one book: so many loans of 1,000, so many of them late."""

    loans: int = 40
    late: int = 2
    currency: str = "JOD"
    rows: int = 0
    frequency: str = "monthly"
    answers: bool = True
    asked: list[BookAsked] = field(default_factory=list)

    async def book(self, asked: BookAsked, *, institution_id: InstitutionId) -> ReviewBook:
        del institution_id
        self.asked.append(asked)
        if not self.answers:
            raise LoansUnavailable(reason="ConnectError")
        cells: dict[str, Sequence[str]] = {
            "count": [str(self.loans)], "principal": ["1000"], "annual_rate": ["0.24"],
            "term": ["12"], "grace": ["0"], "fee_share": ["0"], "pd": ["0.05"],
            "income": ["300"], "debts": ["20"], "bad": [str(self.late)],
        }  # fmt: skip
        found = cells if self.loans else {name: [] for name in FIGURES}
        head = BookHead(
            as_of=asked.as_of, known_at=asked.known_at or KNOWN, currency=self.currency,
            figures=FIGURES, segments=tuple(asked.by), grouped=True,
        )  # fmt: skip
        return ReviewBook(
            head=head,
            foot=BookFoot(rows=self.rows or 1, loans=self.loans, left_out=3, sha256="a" * 64),
            figures=found,
            labels={name: [self._label(name)] if self.loans else [] for name in asked.by},
        )

    def _label(self, name: str) -> str:
        return self.frequency if name == FREQUENCY else name.upper()


@pytest.fixture
def books(scoring: Desk) -> FakeBooks:
    made = FakeBooks()
    scoring.app.state.books = made
    return made


@pytest.fixture
def manager(scoring: Desk) -> Caller:
    return scoring.caller(Role.FUNDS_MANAGER)


def a_draft(**changes: Any) -> dict[str, Any]:
    half = {"name": "half", "changes": [{"annual_rate": {"times": "0.5"}}]}
    plan = review_plans.plan(caps=[], policies=[half])
    return plan | {"review_id": str(ids.new()), "from_loans": {"as_of": DAY}} | changes


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


async def adopted(scoring: Desk, manager: Caller) -> str:
    body = a_draft()
    assert (await manager.post(REVIEWS, body)).status_code == 201
    path = f"{REVIEWS}/{body['review_id']}"
    await manager.post(f"{path}/run", {})
    await manager.post(f"{path}/recommendation", {"policy": "half"})
    committee = scoring.caller(Role.APPROVER)
    answer = await committee.post(f"{path}/decision", {"outcome": "adopt", "note": "Minutes"})
    assert answer.status_code == 200, answer.text
    return path


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
