"""An adopted review is held to the facts month by month, by a timer that nobody has to ask."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from services.scoring.app import hold_reviews
from services.scoring.reviews import observing, queries
from services.scoring.reviews.observing import ITSELF, Mark
from shared import ids, leases
from shared.auth import Role
from shared.clients.review_books import BookAsked, BookRefused, ReviewBook
from shared.db import TenantDb
from shared.ids import InstitutionId
from tests import review_plans
from tests.integration.scoring import desk as desks
from tests.integration.scoring.desk import Caller, Desk
from tests.integration.scoring.lent_books import REVIEWS, FakeBooks, a_draft, adopted

# Reviews are adopted on 1 April 2026, the day of the tests' clock.
MARKS = [date(2026, month, 1) for month in range(5, 13)]


@pytest.fixture
def books(scoring: Desk) -> FakeBooks:
    made = FakeBooks()
    scoring.app.state.books = made
    return made


def manager_of(scoring: Desk) -> Caller:
    return scoring.caller(Role.FUNDS_MANAGER)


def db_of(scoring: Desk) -> TenantDb:
    return TenantDb(scoring.database, scoring.institution_id)


async def hold(scoring: Desk, books: Any, *, months: int = 12) -> list[Mark]:
    """What the timer does for this institution."""
    now = scoring.signer.clock.now()
    return await observing.hold_where_due(db_of(scoring), books, months=months, now=now)


async def seen(scoring: Desk, path: str) -> list[str]:
    whole = (await manager_of(scoring).get(path)).json()
    return [one["as_of"] for one in whole["observations"]]


def told(days: Sequence[date]) -> list[str]:
    return [day.isoformat() for day in days]


def later(scoring: Desk, days: int) -> None:
    scoring.signer.clock.advance(timedelta(days=days))


async def test_half_a_year_later_the_page_shows_what_came_of_it(
    scoring: Desk, books: FakeBooks
) -> None:
    path = await adopted(scoring, manager_of(scoring))
    later(scoring, 29)  # 30 April: no mark is past
    assert await hold(scoring, books) == []
    for _ in range(6):
        later(scoring, 31)
        await hold(scoring, books)

    assert await seen(scoring, path) == told(MARKS[:6])
    for language, word in (("ar", "المتوقع والمرصود"), ("fr", "Prévu et observé")):
        page = (await manager_of(scoring).get(f"{path}/page", lang=language)).text
        assert word in page
        assert page.count('class="now"') >= 6 * 4, "each month is a dot in each of four charts"
        assert all(day in page for day in told(MARKS[:6]))
    assert {one.since for one in books.asked[1:]} == {date(2026, 4, 1)}
    assert [one.as_of for one in books.asked[1:]] == MARKS[:6]


async def test_what_was_missed_is_made_up_once_and_never_asked_again(
    scoring: Desk, books: FakeBooks
) -> None:
    path = await adopted(scoring, manager_of(scoring))
    later(scoring, 100)

    first = await hold(scoring, books)
    again = await hold(scoring, books)

    assert [mark.as_of for mark in first] == MARKS[:3]
    assert again == []
    assert await seen(scoring, path) == told(MARKS[:3])
    assert len(books.asked) == 1 + 3
    async with db_of(scoring)() as session:
        whole = await queries.whole(session, first[0].review_id)
    assert {one.actor_id for one in whole.observations} == {ITSELF}


async def test_nothing_is_told_of_default_before_anybody_could_be_in_it(
    scoring: Desk, books: FakeBooks
) -> None:
    """No loan is over 90 days late 30 or 61 days after the decision; of 91 on it may be."""
    books.late = 0
    path = await adopted(scoring, manager_of(scoring))
    later(scoring, 100)
    await hold(scoring, books)

    whole = (await manager_of(scoring).get(path)).json()

    told = [one["figures"].get("default_rate") for one in whole["observations"]]
    assert told == [None, None, "0.000000"]
    assert all("effective_rate" in one["figures"] for one in whole["observations"])
    page = await manager_of(scoring).get(f"{path}/page", lang="en")
    assert page.status_code == 200


async def test_months_end_and_none_are_asked_where_the_setting_says_so(
    scoring: Desk, books: FakeBooks
) -> None:
    path = await adopted(scoring, manager_of(scoring))
    later(scoring, 1000)

    await hold_reviews(scoring.app.state, months=0)
    assert await seen(scoring, path) == []
    await hold(scoring, books, months=2)
    assert await seen(scoring, path) == told(MARKS[:2])


async def test_while_loans_is_away_nothing_is_kept_and_the_next_round_goes_on(
    scoring: Desk, books: FakeBooks
) -> None:
    path = await adopted(scoring, manager_of(scoring))
    later(scoring, 70)
    books.answers = False
    asked = len(books.asked)

    await hold_reviews(scoring.app.state, months=12)
    assert await seen(scoring, path) == []
    assert len(books.asked) == asked + 1, "who does not answer is not asked for every mark"

    books.answers = True
    await hold(scoring, books)
    assert await seen(scoring, path) == told(MARKS[:2])


async def test_without_a_way_to_loans_nothing_is_tried(scoring: Desk, books: FakeBooks) -> None:
    path = await adopted(scoring, manager_of(scoring))
    later(scoring, 70)
    scoring.app.state.books = None

    await hold_reviews(scoring.app.state, months=12)

    assert await seen(scoring, path) == []
    assert len(books.asked) == 1


class Choosy:
    """Loans that refuse the book of some days."""

    def __init__(self, books: FakeBooks, refuses: Callable[[BookAsked], bool]) -> None:
        self._books, self._refuses = books, refuses

    async def book(self, asked: BookAsked, *, institution_id: InstitutionId) -> ReviewBook:
        if self._refuses(asked):
            raise BookRefused(problem="/problems/loans/no-rule", explanation="no rule")
        return await self._books.book(asked, institution_id=institution_id)


async def test_a_mark_that_is_refused_keeps_none_of_the_others_from_theirs(
    scoring: Desk, books: FakeBooks
) -> None:
    path = await adopted(scoring, manager_of(scoring))
    later(scoring, 100)

    kept = await hold(scoring, Choosy(books, lambda asked: asked.as_of == MARKS[1]))

    assert [mark.as_of for mark in kept] == [MARKS[0], MARKS[2]]
    assert await seen(scoring, path) == told([MARKS[0], MARKS[2]])


async def test_months_without_a_new_loan_are_looked_at_once(
    scoring: Desk, books: FakeBooks
) -> None:
    path = await adopted(scoring, manager_of(scoring))
    books.loans = 0
    later(scoring, 70)

    assert len(await hold(scoring, books)) == 2
    assert await hold(scoring, books) == []
    page = (await manager_of(scoring).get(f"{path}/page")).text
    assert page.count("no loan was signed since the decision") == 2


async def test_ten_at_once_keep_each_mark_once(scoring: Desk, books: FakeBooks) -> None:
    path = await adopted(scoring, manager_of(scoring))
    later(scoring, 70)

    kept = await asyncio.gather(*[hold(scoring, books) for _ in range(10)])

    assert await seen(scoring, path) == told(MARKS[:2])
    assert sum(len(marks) for marks in kept) == 2
    assert len(books.asked) == 1 + 2


async def test_another_process_that_is_at_it_is_left_alone(scoring: Desk, books: FakeBooks) -> None:
    path = await adopted(scoring, manager_of(scoring))
    later(scoring, 70)

    async with leases.held(db_of(scoring), observing.LEASE) as is_ours:
        assert is_ours
        assert await hold(scoring, books) == []
    assert await seen(scoring, path) == []


async def test_a_day_that_a_person_handed_in_stays_theirs(scoring: Desk, books: FakeBooks) -> None:
    path = await adopted(scoring, manager_of(scoring))
    later(scoring, 70)
    body = {"as_of": "2026-05-01", "source": "by hand", "figures": {"default_rate": "0.5"}}
    assert (await manager_of(scoring).post(f"{path}/observed", body)).status_code == 201

    await hold(scoring, books)

    whole = (await manager_of(scoring).get(path)).json()
    assert [one["source"].split(" ")[0] for one in whole["observations"]] == ["by", "loans"]


async def test_only_adopted_reviews_of_loans_own_books_are_held(
    scoring: Desk, books: FakeBooks
) -> None:
    manager, committee = manager_of(scoring), scoring.caller(Role.APPROVER)
    declined = a_draft()
    handed_in = a_draft(book=review_plans.columns())
    del handed_in["from_loans"]
    for body, outcome in ((declined, "decline"), (handed_in, "adopt")):
        path = f"{REVIEWS}/{body['review_id']}"
        assert (await manager.post(REVIEWS, body)).status_code == 201
        await manager.post(f"{path}/run", {})
        await manager.post(f"{path}/recommendation", {"policy": "half"})
        answer = await committee.post(f"{path}/decision", {"outcome": outcome, "note": "12"})
        assert answer.status_code == 200, answer.text
    await manager.post(REVIEWS, a_draft())
    later(scoring, 100)

    assert await hold(scoring, books) == []


async def test_each_institution_is_asked_for_its_own(
    scoring: Desk, books: FakeBooks, database_urls: dict[str, str]
) -> None:
    mine = await adopted(scoring, manager_of(scoring))
    async with desks.opened(database_urls["scoring"], InstitutionId(ids.new())) as other:
        other.app.state.books = books
        theirs = await adopted(other, manager_of(other))
        later(scoring, 40)
        later(other, 40)
        await hold(other, books)

        assert await seen(other, theirs) == told(MARKS[:1])
    assert await seen(scoring, mine) == []
