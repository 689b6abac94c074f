"""Loans hears scoring: each fact is kept once, whatever breaks off, and for our rows alone."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.loans import subscriptions
from shared import ids
from shared.auth import Role
from shared.clients.assignment_runs import ProposedLine, ProposedRun, RunIn
from shared.clients.loans import FeedEvent, FeedPage
from shared.clients.rate_reviews import RateReviewOut
from shared.clients.scoring import ScoringUnavailable
from shared.following import Follower
from shared.ids import InstitutionId
from tests.fakes import FakeScoring
from tests.integration.loans.desks import application_of, file_of, open_fund
from tests.office import Office

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
RUN = "scoring.assignment-run-approved.v1"
REVIEW = "scoring.rate-review-decided.v1"


@dataclass
class FakeRuns:
    """Scoring's feed and the lines of its runs, as the test has told them."""

    institution_id: InstitutionId
    told: list[FeedEvent] = field(default_factory=list)
    lines: dict[UUID, list[ProposedLine]] = field(default_factory=dict)
    is_silent: bool = False
    asked: int = 0

    def tell(self, type_: str, **data: Any) -> None:
        self.told.append(
            FeedEvent(
                id=ids.new(),
                type=type_,
                subject=str(ids.new()),
                time=AT,
                institutionid=self.institution_id,
                sequence=len(self.told) + 1,
                knownat=AT,
                data=data,
            )
        )

    def approve(self, *lines: tuple[str, str | None]) -> UUID:
        """An approved run with a fund, or none, for each application."""
        run_id = ids.new()
        self.lines[run_id] = [
            ProposedLine.model_validate({"application_id": one, "fund_id": fund})
            for one, fund in lines
        ]
        self.tell(
            RUN,
            run_id=str(run_id),
            as_of="2026-03-01",
            currency="JOD",
            applications=len(lines),
            financed=1,
            amount_minor=1,
            input_hash="0" * 64,
        )
        return run_id

    async def events(self, institution_id: InstitutionId, *, after: int, limit: int) -> FeedPage:
        self.asked += 1
        if self.is_silent:
            raise ScoringUnavailable(reason="ConnectError")
        assert institution_id == self.institution_id
        found = tuple(one for one in self.told if one.sequence > after)[:limit]
        last = found[-1].sequence if found else after
        return FeedPage(events=found, next=last, head=len(self.told))

    async def lines_of(self, run_id: UUID, *, institution_id: InstitutionId) -> list[ProposedLine]:
        del institution_id
        return self.lines[run_id]

    async def propose(self, run: RunIn, *, institution_id: InstitutionId) -> ProposedRun:
        raise NotImplementedError


@pytest.fixture
def runs(desk: Office) -> FakeRuns:
    return FakeRuns(desk.institution_id)


@pytest.fixture
def follower(desk: Office, runs: FakeRuns) -> Follower:
    return subscriptions.hear_scoring(desk.database, runs)


async def count(desk: Office, table: str) -> int:
    async with desk.database.read(desk.institution_id) as session:
        return int((await session.execute(text(f"select count(*) from {table}"))).scalar_one())


async def test_an_application_shows_the_fund_of_the_newest_approved_run(
    desk: Office, runs: FakeRuns, follower: Follower
) -> None:
    first, second = [await open_fund(desk) for _ in range(2)]
    application_id = await application_of(desk)
    assert "proposal" not in await file_of(desk, application_id)

    runs.approve((application_id, first))
    await follower.catch_up(desk.institution_id)
    assert (await file_of(desk, application_id))["proposal"]["fund_id"] == first
    newest = runs.approve((application_id, second))
    await follower.catch_up(desk.institution_id)

    proposal = (await file_of(desk, application_id))["proposal"]
    assert (proposal["fund_id"], proposal["run_id"]) == (second, str(newest))
    assert proposal["as_of"] == "2026-03-01"


async def test_a_run_that_left_an_application_without_a_fund_says_so(
    desk: Office, runs: FakeRuns, follower: Follower
) -> None:
    application_id = await application_of(desk)
    runs.approve((application_id, None))

    await follower.catch_up(desk.institution_id)

    assert (await file_of(desk, application_id))["proposal"]["fund_id"] is None


async def test_applications_and_funds_that_are_not_ours_are_passed_over(
    desk: Office, runs: FakeRuns, follower: Follower
) -> None:
    application_id, fund_id = await application_of(desk), await open_fund(desk)
    runs.approve((str(ids.new()), fund_id), (application_id, str(ids.new())))

    await follower.catch_up(desk.institution_id)

    assert await count(desk, "application_proposal") == 0
    assert "proposal" not in await file_of(desk, application_id)


async def test_the_whole_feed_again_changes_nothing(
    desk: Office, runs: FakeRuns, follower: Follower
) -> None:
    application_id, fund_id = await application_of(desk), await open_fund(desk)
    runs.approve((application_id, fund_id))
    decided(runs)
    await follower.catch_up(desk.institution_id)
    async with desk.database.begin(desk.institution_id) as session:
        await session.execute(text("update feed_cursor set number = 0 where source = 'scoring'"))

    await follower.catch_up(desk.institution_id)

    assert await count(desk, "application_proposal") == 1
    assert await count(desk, "decided_review") == 1


async def test_a_silent_scoring_is_asked_once_a_round_and_heard_later(
    desk: Office, runs: FakeRuns, follower: Follower
) -> None:
    application_id, fund_id = await application_of(desk), await open_fund(desk)
    runs.approve((application_id, fund_id))
    runs.is_silent = True

    await follower.catch_up_with([desk.institution_id] * 3)

    assert (runs.asked, await count(desk, "application_proposal")) == (1, 0)
    runs.is_silent = False
    await follower.catch_up_with([desk.institution_id])
    assert runs.asked == 1, "it is not asked again at once"
    follower.silence.until = 0.0
    await follower.catch_up_with([desk.institution_id])
    assert await count(desk, "application_proposal") == 1


async def test_a_page_whose_run_cannot_be_read_is_read_again(
    desk: Office, runs: FakeRuns, follower: Follower
) -> None:
    application_id, fund_id = await application_of(desk), await open_fund(desk)
    run_id = runs.approve((application_id, fund_id))
    lines = runs.lines.pop(run_id)

    with pytest.raises(KeyError):
        await follower.catch_up(desk.institution_id)
    runs.lines[run_id] = lines
    await follower.catch_up(desk.institution_id)

    assert await count(desk, "application_proposal") == 1


def decided(runs: FakeRuns, *, outcome: str = "adopted", products: tuple[str, ...] = ()) -> UUID:
    review_id = ids.new()
    runs.tell(
        REVIEW,
        review_id=str(review_id),
        outcome=outcome,
        policy="half",
        breaks_law=False,
        input_hash="1" * 64,
        result_hash="2" * 64,
        name="Spring review",
        products=list(products),
    )
    return review_id


async def test_an_adopted_review_waits_until_its_version_is_opened(
    desk: Office, runs: FakeRuns, follower: Follower, scoring: FakeScoring
) -> None:
    admin = desk.caller(Role.ADMINISTRATOR)
    listed = (await admin.get("/loans/v1/products")).json()["items"]
    loan = next(one for one in listed if one["code"] == "LOAN")
    path = f"/loans/v1/products/{loan['product_id']}"
    wanted = decided(runs, products=("LOAN",))
    decided(runs, products=("QARD",))
    decided(runs, outcome="declined")
    await follower.catch_up(desk.institution_id)

    (waits,) = (await admin.get(f"{path}/reviews")).json()

    assert (waits["review_id"], waits["version"]) == (str(wanted), None)
    assert (waits["name"], waits["policy"]) == ("Spring review", "half")
    scoring.reviews[wanted] = RateReviewOut.model_validate(
        {
            "review": {"review_id": str(wanted), "status": "adopted", "policy": "half"},
            "result": {"policies": [{"name": "half", "changes": [HALF]}]},
        }
    )
    opened = await admin.post(f"{path}/versions/from-review", {"review_id": str(wanted)})
    assert opened.status_code == 201, opened.text
    (followed,) = (await admin.get(f"{path}/reviews")).json()
    assert followed["version"] == opened.json()["version"] == 2


HALF = {
    "where": {},
    "annual_rate": {"set_to": None, "times": "0.5", "plus": "0", "low": None, "high": None},
}
