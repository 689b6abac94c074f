"""The reader of the feed: it survives everything, loses nothing and applies nothing twice."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import date

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from services.monitoring.portfolio import queries
from services.monitoring.portfolio.queries import Horizon
from services.monitoring.subscriptions import Consumer
from shared.db import Database
from shared.events import ApplicationSubmitted
from shared.ids import InstitutionId, new
from tests.integration.monitoring.feed_of_loans import FeedOfLoans, consume


@pytest.fixture
def loans(institution_id: InstitutionId) -> FeedOfLoans:
    told = FeedOfLoans(institution_id)
    told.opens_fund()
    return told


async def horizon(database: Database, loans: FeedOfLoans) -> Horizon:
    async with database.read(loans.institution_id) as session:
        return await queries.horizon(session)


async def movements(database: Database, loans: FeedOfLoans) -> int:
    async with database.read(loans.institution_id) as session:
        found = await session.scalar(text("select count(*) from contract_movement"))
    return int(found or 0)


@contextlib.asynccontextmanager
async def running(consumer: Consumer) -> AsyncIterator[None]:
    task = asyncio.create_task(consumer.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def seen(database: Database, loans: FeedOfLoans, *, number: int) -> None:
    """Wait until the feed is read up to a number."""
    async with asyncio.timeout(5):
        while (await horizon(database, loans)).number < number:  # noqa: ASYNC110 - no hook to wait on
            await asyncio.sleep(0.02)


async def test_events_that_nobody_hears_pass_by(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    loans.tell(
        ApplicationSubmitted(
            application_id=new(),
            borrower_id=new(),
            branch_id=new(),
            product_id=new(),
            amount_minor=1,
            currency="JOD",
            term_months=1,
            sector="trade",
        )
    )
    await consume(monitoring_db, loans)
    assert (await horizon(monitoring_db, loans)) == Horizon(number=2, known_at=loans.at, head=2)


async def test_a_feed_longer_than_a_batch_is_read_to_its_end(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    contract = loans.signs()
    for day in range(1, 9):
        loans.pays_back(contract, 10, on=date(2026, 3, day))
    await consume(monitoring_db, loans, batch=3)
    assert await movements(monitoring_db, loans) == 8
    assert loans.asked == [0, 3, 6, 9]


async def test_two_readers_at_once_apply_each_event_once(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    contract = loans.signs()
    loans.pays_out(contract)
    for day in range(1, 29):
        loans.pays_back(contract, 10, on=date(2026, 3, day))
    await consume(monitoring_db, loans, batch=1)  # the cursor's row exists
    for day in range(1, 29):
        loans.pays_back(contract, 1, on=date(2026, 4, day))
    readers = [Consumer(monitoring_db, loans, poll_seconds=1, batch=5) for _ in range(2)]
    await asyncio.gather(*(reader.catch_up(loans.institution_id) for reader in readers))
    assert await movements(monitoring_db, loans) == 57
    assert (await horizon(monitoring_db, loans)).number == len(loans.told)


async def test_an_event_of_another_form_stops_the_reader_and_loses_nothing(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    contract = loans.signs()
    spoilt = loans.pays_out(contract)
    loans.told[-1] = spoilt.model_copy(update={"data": {"contract_id": "not an id"}})
    with pytest.raises(ValidationError):
        await consume(monitoring_db, loans)
    assert (await horizon(monitoring_db, loans)).number == 0
    loans.told[-1] = spoilt
    await consume(monitoring_db, loans)
    assert await movements(monitoring_db, loans) == 1


async def test_the_reader_goes_on_when_loans_comes_back(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    loans.is_down = True
    consumer = Consumer(monitoring_db, loans, poll_seconds=0.02)
    async with running(consumer):
        await asyncio.sleep(0.1)
        loans.is_down = False
        await seen(monitoring_db, loans, number=1)


async def test_a_wake_up_makes_it_read_at_once(monitoring_db: Database, loans: FeedOfLoans) -> None:
    consumer = Consumer(monitoring_db, loans, poll_seconds=60)
    async with running(consumer):
        consumer.wake(loans.institution_id)
        await seen(monitoring_db, loans, number=1)
        loans.opens_fund(fund_id=new(), code="W2")
        consumer.wake()
        await seen(monitoring_db, loans, number=2)
