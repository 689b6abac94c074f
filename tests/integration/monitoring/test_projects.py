"""Projects are born of money that reached the borrower, once, and move on by what is told."""

from datetime import date

import pytest
from sqlalchemy import text

from services.monitoring.domain.lifecycle import Stage
from services.monitoring.projects import queries
from shared import feed, feed_reading
from shared.db import Database
from shared.ids import BranchId, InstitutionId
from shared.schemas import Page
from tests.integration.monitoring.feed_of_loans import FeedOfLoans, consume


@pytest.fixture
def loans(institution_id: InstitutionId) -> FeedOfLoans:
    return FeedOfLoans(institution_id)


async def stages(database: Database, loans: FeedOfLoans) -> list[tuple[str, date]]:
    """The stages of the only project, in their order."""
    async with database.read(loans.institution_id) as session:
        rows = await session.execute(
            text("select stage, since_on from project_stage order by project_id, sequence")
        )
        return [(row.stage, row.since_on) for row in rows]


async def test_a_signature_alone_makes_no_project(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    loans.signs()
    await consume(monitoring_db, loans)
    assert await stages(monitoring_db, loans) == []


async def test_the_first_money_paid_out_opens_the_project(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    contract = loans.signs()
    loans.pays_out(contract, 600, on=date(2026, 1, 12))
    loans.pays_out(contract, 400, on=date(2026, 2, 12))
    await consume(monitoring_db, loans)
    assert await stages(monitoring_db, loans) == [("financed", date(2026, 1, 12))]


async def test_a_project_moves_on_with_its_contract(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    contract = loans.signs()
    loans.pays_out(contract)
    loans.pays_back(contract, 500, on=date(2026, 2, 10))
    loans.pays_back(contract, 500, on=date(2026, 3, 10))
    loans.closes(contract, on=date(2026, 3, 10))
    loans.takes_back(contract, 500, on=date(2026, 3, 10))
    expected = [
        ("financed", date(2026, 1, 10)),
        ("repaying", date(2026, 2, 10)),
        ("repaid", date(2026, 3, 10)),
        ("repaying", date(2026, 3, 10)),
    ]
    await consume(monitoring_db, loans)
    assert await stages(monitoring_db, loans) == expected


async def test_taking_back_what_was_paid_too_much_leaves_a_project_repaid(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    contract = loans.signs()
    loans.pays_out(contract)
    loans.pays_back(contract, 1_000, on=date(2026, 2, 10))
    loans.closes(contract, on=date(2026, 2, 10))
    loans.takes_back(contract, 50, on=date(2026, 3, 10), surplus=50)
    await consume(monitoring_db, loans)
    assert (await stages(monitoring_db, loans))[-1] == ("repaid", date(2026, 2, 10))


@pytest.mark.parametrize("batch", [1, 2, 500])
async def test_how_events_are_gathered_makes_no_difference(
    monitoring_db: Database, loans: FeedOfLoans, batch: int
) -> None:
    contract = loans.signs()
    loans.pays_out(contract)
    loans.pays_back(contract, 500, on=date(2026, 2, 10))
    loans.closes(contract, on=date(2026, 3, 10))
    await consume(monitoring_db, loans, batch=batch)
    assert [stage for stage, _ in await stages(monitoring_db, loans)] == [
        "financed",
        "repaying",
        "repaid",
    ]


async def test_an_opened_project_is_told_to_others_once(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    contract = loans.signs()
    loans.pays_out(contract)
    await consume(monitoring_db, loans)
    async with monitoring_db.begin(loans.institution_id) as session:
        await session.execute(text("update feed_cursor set number = 0"))
    await consume(monitoring_db, loans)
    await feed.Sequencer(monitoring_db).number(loans.institution_id)
    async with monitoring_db.read(loans.institution_id) as session:
        page = await feed_reading.read(session, after=0, limit=10, source="monitoring")
    told = page["events"]
    assert isinstance(told, list)
    assert [event["type"] for event in told] == ["monitoring.project-opened.v1"]
    assert told[0]["data"]["contract_id"] == str(contract)


async def test_projects_are_listed_by_stage_and_branch(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    paid_back = loans.signs()
    elsewhere = loans.signs(branch_id=loans.fund_id)
    for contract in (paid_back, elsewhere):
        loans.pays_out(contract)
    loans.closes(paid_back, on=date(2026, 3, 10))
    await consume(monitoring_db, loans)
    async with monitoring_db.read(loans.institution_id) as session:
        repaid = await queries.projects(session, page=Page(), stage=Stage.REPAID, branch_ids=None)
        in_branch = await queries.projects(
            session, page=Page(), stage=None, branch_ids=frozenset({BranchId(loans.branch_id)})
        )
        first = await queries.projects(session, page=Page(limit=1), stage=None, branch_ids=None)
    assert [row[0].contract_id for row in repaid] == [paid_back]
    assert [row[0].contract_id for row in in_branch] == [paid_back]
    assert len(first) == 2  # one more than asked: there is a next page
