"""A month's running loans are graded by scoring once, and listed for who looks after them."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.loans.domain.early_warning import GradingMonthTold
from services.loans.warnings import operations, running, timing
from services.loans.warnings.timing import Rhythm
from shared import ids, leases
from shared.auth import Role
from shared.clients.scoring import HttpScoringClient, ScoringClient, ScoringUnavailable
from shared.clock import FixedClock
from shared.db import Database
from shared.ids import InstitutionId
from tests import office
from tests.fakes import FakeScoring
from tests.integration.loans import warned
from tests.integration.loans.ordering import Desk
from tests.integration.loans.warned import AS_OF, db_of, lent, paid, parts_of, past
from tests.integration.scoring import desk as opinions

LIST = "/loans/v1/warnings"
RHYTHM = Rhythm(from_day=3, per_officer=15)


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with warned.opened(loans_db, institution_id) as opened:
        yield opened


class Token:
    """Always the same token."""

    def __init__(self, token: str) -> None:
        self.given = token

    async def token(self) -> str:
        return self.given

    def forget(self) -> None:
        raise AssertionError("a good token was refused")


@pytest.fixture
async def scoring(
    database_urls: dict[str, str], institution_id: InstitutionId
) -> AsyncIterator[HttpScoringClient]:
    async with opinions.opened(database_urls["scoring"], institution_id) as opened:
        token = opened.signer.token(sub="loans", institution="*", roles=["service"])
        yield HttpScoringClient(opened.http, tokens=Token(token))


async def warn(desk: Desk, scoring: ScoringClient, **more: Any) -> None:
    given = {"as_of": AS_OF, "at": office.NOW} | more
    assert await running.warn(db_of(desk), scoring, **given) is not None


async def listed(desk: Desk, scoring: ScoringClient, **query: Any) -> Any:
    desk.office.app.state.scoring = scoring
    answer = await desk.office.caller(Role.OFFICER).get(LIST, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def counted(found: Any) -> tuple[int, int, int]:
    return found["month"]["red"], found["month"]["amber"], found["month"]["green"]


async def test_the_worst_loans_are_listed_with_reasons_and_names(
    desk: Desk, scoring: HttpScoringClient
) -> None:
    contracts = [ids.new() for _ in range(20)]
    await past(desk, contracts)
    await warn(desk, scoring)
    found = await listed(desk, scoring, lang="fr")

    assert counted(found) == (1, 1, 18)
    assert found["month"]["as_of"] == "2026-03-31"
    assert [one["contract_id"] for one in found["items"]] == [str(one) for one in contracts[:2]]
    red, amber = found["items"]
    assert (red["grade"], red["rank"], amber["grade"], amber["rank"]) == ("red", 1, "amber", 2)
    assert red["reference"] == f"LN-{contracts[0].hex}"
    assert red["borrower"]["name_ar"] == "أحمد"
    assert red["reasons"][0]["text"] == "Une échéance est due et n'est pas encore payée"
    assert [one["grade"] for one in (await listed(desk, scoring, grade="red"))["items"]] == ["red"]
    assert len((await listed(desk, scoring, grade="green"))["items"]) == 18


async def test_whatever_comes_after_the_day_no_grade_moves(
    desk: Desk, loans_db: Database, database_urls: dict[str, str]
) -> None:
    """Two institutions lent the same loans with the same past; one of them has a wild future."""
    contracts = [ids.new() for _ in range(20)]
    other = InstitutionId(ids.new())
    told = []
    for institution_id in (desk.scene.institution_id, other):
        async with (
            warned.opened(loans_db, institution_id)
            if institution_id == other
            else warned.staying(desk) as here,
            opinions.opened(database_urls["scoring"], institution_id) as at,
        ):
            first = await past(here, contracts)
            if institution_id == other:
                await wild_future(here, contracts, first)
            token = at.signer.token(sub="loans", institution="*", roles=["service"])
            client = HttpScoringClient(at.http, tokens=Token(token))
            await warn(here, client)
            told.append([await listed(here, client, grade=grade) for grade in ("red", "amber")])
            told[-1].append(await listed(here, client, grade="green"))
    assert [counted(found) for found in told[0]] == [counted(found) for found in told[1]]
    assert [plain(found) for found in told[0]] == [plain(found) for found in told[1]]
    assert counted(told[0][0]) == (1, 1, 18)


async def wild_future(desk: Desk, contracts: list[UUID], first: Any) -> None:
    """Who was late agrees anew and pays, who was slow is taken a payment back, a sound one ends."""
    late, slow, sound, *_ = contracts
    await desk.done(str(late), "reschedule", instalments=20, first_due_on="2026-05-01")
    await paid(desk, late, "2026-04-01", "900.000")
    await warned.taken_back(desk, first)
    await paid(desk, slow, "2026-04-01", "7.000")
    await paid(desk, sound, "2026-04-01", "1000.000")


def plain(found: Any) -> list[Any]:
    members = ("contract_id", "grade", "rank", "points", "reasons")
    return [[one[name] for name in members] for one in found["items"]]


async def test_a_month_is_graded_once_however_often_it_is_asked(
    desk: Desk, scoring: HttpScoringClient
) -> None:
    contracts = [ids.new() for _ in range(4)]
    await past(desk, contracts)
    await warn(desk, scoring)
    first = await parts_of(desk)
    late = ids.new()
    await lent(desk, [late])
    await paid(desk, contracts[0], "2026-03-30")
    await warn(desk, scoring)

    again = await parts_of(desk)
    assert [(p.batch_id, p.graded_at, p.green) for p in again] == [
        (p.batch_id, p.graded_at, p.green) for p in first
    ]
    with pytest.raises(GradingMonthTold):
        await warn(desk, scoring, as_of=date(2026, 3, 30))


async def test_what_broke_off_is_taken_up_where_it_broke_off(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "PART_MAX", 2)
    contracts = [ids.new() for _ in range(5)]
    await lent(desk, contracts)
    scoring = FakeScoring(fails_after=1)
    with pytest.raises(ScoringUnavailable):
        await warn(desk, scoring)
    assert [part.graded_at for part in await parts_of(desk)] == [None] * 3
    assert scoring.months == [], "nothing is ruled before all of it is scored"

    scoring.fails_after = None
    shown: list[tuple[int, int]] = []
    await warn(desk, scoring, progress=lambda done, of: shown.append((done, of)))
    parts = await parts_of(desk)
    assert all(part.graded_at for part in parts)
    assert shown == [(1, 3), (2, 3), (3, 3)]
    told = [loan.loan_id for batch in scoring.batches for loan in batch.loans]
    assert sorted(told) == sorted(contracts), "each loan was told once"
    (month,) = scoring.months
    assert set(month.batch_ids) == {part.batch_id for part in parts}


async def test_a_part_that_was_scored_is_not_told_twice_though_money_was_booked_since(
    desk: Desk, scoring: HttpScoringClient
) -> None:
    """The process ended after scoring answered; meanwhile money of March was booked."""
    contracts = [ids.new() for _ in range(10)]
    await past(desk, contracts)
    async with db_of(desk).begin() as session:
        (part,) = await operations.plan_month(session, as_of=AS_OF, per_officer=None)
    assert await running._scored(db_of(desk), scoring, part)
    await paid(desk, contracts[0], "2026-03-31", "5.000")
    await warn(desk, scoring)

    (marked,) = await parts_of(desk)
    assert (marked.red, marked.amber, marked.green) == (1, 0, 9)


async def test_a_month_ruled_and_not_marked_has_the_same_colours_again(
    desk: Desk, scoring: HttpScoringClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ended after the colours were ruled, before loans kept how many there are."""
    await past(desk, [ids.new() for _ in range(20)])

    async def ends(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(operations, "keep_graded", ends)
        with pytest.raises(KeyboardInterrupt):
            await warn(desk, scoring)
    before = await listed(desk, scoring)
    await warn(desk, scoring)

    found = await listed(desk, scoring)
    assert before["month"] is None, "a month that is not marked is not shown"
    assert counted(found) == (1, 1, 18)
    assert len(found["items"]) == 2


@pytest.mark.parametrize("size", [1, 7, 20])
async def test_colours_do_not_depend_on_the_size_of_the_parts(
    desk: Desk, scoring: HttpScoringClient, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Of twenty loans two are looked after, however few of them are sent together."""
    monkeypatch.setattr(operations, "PART_MAX", size)
    contracts = [ids.new() for _ in range(20)]
    await past(desk, contracts)
    await warn(desk, scoring)

    found = await listed(desk, scoring)
    assert counted(found) == (1, 1, 18)
    assert found["month"]["parts"] == -(-20 // size)
    assert [(one["contract_id"], one["grade"], one["rank"]) for one in found["items"]] == [
        (str(contracts[0]), "red", 1),
        (str(contracts[1]), "amber", 2),
    ]


async def test_nobody_grades_while_another_is_at_it(desk: Desk) -> None:
    await lent(desk, [ids.new()])
    async with leases.held(db_of(desk), running.LEASE) as is_ours:
        assert is_ours
        found = await running.warn(db_of(desk), FakeScoring(), as_of=AS_OF, at=office.NOW)
    assert found is None
    assert await parts_of(desk) == []


async def test_without_running_loans_nothing_is_planned(desk: Desk) -> None:
    scoring = FakeScoring()
    await warn(desk, scoring)
    assert (await parts_of(desk), scoring.batches) == ([], [])
    assert await listed(desk, scoring) == {"month": None, "items": [], "next": None}


async def test_officers_bound_what_their_branch_can_look_after(desk: Desk) -> None:
    first, second = desk.office.branches
    await warned.staff(desk, "a", branches=[first])
    await warned.staff(desk, "b", branches=[first, second])
    await warned.staff(desk, "c", branches=[second], roles=["approver"])
    await warned.staff(desk, "d", branches=None)
    await lent(desk, [ids.new()], branch_id=first)
    await lent(desk, [ids.new()], branch_id=second)
    scoring = FakeScoring()
    await warn(desk, scoring, per_officer=15)

    (month,) = scoring.months
    bounds = {one.branch_id: one.loans for one in month.capacity.branches}
    assert bounds == {first: 30, second: 15}


async def test_an_officer_reads_of_the_own_branches_alone_page_by_page(
    desk: Desk, scoring: HttpScoringClient
) -> None:
    contracts = [ids.new() for _ in range(20)]
    await past(desk, contracts)
    await warn(desk, scoring)
    desk.office.app.state.scoring = scoring
    first, second = desk.office.branches
    here, there = (desk.office.caller(Role.OFFICER, branches=[one]) for one in (first, second))

    assert len((await here.get(LIST)).json()["items"]) == 2
    assert (await there.get(LIST)).json()["items"] == []
    assert (await there.get(LIST, branch_id=str(first))).json()["items"] == []
    assert len((await listed(desk, scoring, branch_id=str(first)))["items"]) == 2
    assert (await listed(desk, scoring, officer_id=str(ids.new())))["items"] == []
    assert (await listed(desk, scoring, month="2026-02-01"))["month"] is None
    one = await listed(desk, scoring, limit=1)
    two = await listed(desk, scoring, limit=1, after=one["next"])
    assert [item["rank"] for item in one["items"] + two["items"]] == [1, 2]
    assert two["next"] is None
    read = await desk.scene.scalar("select count(*) from access_record where purpose = 'contact'")
    assert read == 6, "whoever reads about a person is written down"


@pytest.mark.parametrize(("today", "is_due"), [(2, False), (3, True), (28, True)])
async def test_the_month_before_is_graded_from_a_day_on(
    desk: Desk, today: int, *, is_due: bool
) -> None:
    await lent(desk, [ids.new()])
    scoring, clock = FakeScoring(), FixedClock(office.NOW)
    day = date(2026, 4, today)
    for _ in range(2):
        await timing.warn_where_due(db_of(desk), scoring, RHYTHM, clock=clock, today=day)

    assert len(scoring.batches) == is_due
    assert [part.as_of for part in await parts_of(desk)] == [AS_OF] * is_due
