"""The long lives of the bench: paid on day after day, corrected at their beginning, provable."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from services.cli.benchmarks import ground as grounds
from services.cli.benchmarks import life
from services.loans.domain.collecting import ContractUnknown
from services.loans.repayments.batch import RepaymentBook
from shared import ids
from shared.clock import SystemClock
from shared.db import Database
from shared.ids import ContractId
from tests.integration.demonstration.books import Demonstration

MOVEMENTS = 60


async def test_an_old_month_is_corrected_whole(
    tmp_path: Path, database_urls: dict[str, str], loans_db: Database
) -> None:
    on = SystemClock().today(grounds.TIMEZONE) - timedelta(days=100)
    prepared = await grounds.prepare(database_urls, tmp_path, contracts=1, on=on)
    ground, book = prepared.ground, RepaymentBook(loans_db)
    (contract_id,) = ground.contract_ids
    paid = await life.live(book, ground, contract_id, movements=MOVEMENTS)

    seconds, found = await life.pay_late_booked(
        book, ground, contract_id, on=on + timedelta(days=3)
    )
    back = await life.take_back(book, ground, paid[0])

    assert min(seconds, back) > 0
    assert len({*paid, found}) == MOVEMENTS + 1
    books = Demonstration.bare(loans_db, ground.institution_id)
    await books.number_everything()
    assert await books.broken() == []
    async with loans_db.read(ground.institution_id) as session:
        days, versions = (
            await session.execute(
                text("select count(distinct valid_from), max(version) from position_history")
            )
        ).one()
    assert (days, versions) == (MOVEMENTS + 1, MOVEMENTS + 4)


async def test_what_is_refused_is_no_figure(
    tmp_path: Path, database_urls: dict[str, str], loans_db: Database
) -> None:
    prepared = await grounds.prepare(database_urls, tmp_path, contracts=1)

    with pytest.raises(ContractUnknown):
        await life.live(
            RepaymentBook(loans_db), prepared.ground, ContractId(ids.new()), movements=1
        )


def test_the_share_of_the_runs_below_a_figure() -> None:
    assert life.at_share([5.0, 1.0, 3.0], 0.5) == 3.0
    assert life.at_share([5.0, 1.0, 3.0], 0.99) == 5.0
