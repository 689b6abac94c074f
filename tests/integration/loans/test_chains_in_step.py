"""At every instant that the sequencer gives, the journal and the feed tell the same changes."""

import asyncio

import pytest
from sqlalchemy import text

from services.loans.domain.chart import FundKind
from services.loans.domain.giving import ReceiptNature
from services.loans.domain.journal import Channel
from services.loans.funds import operations as funds
from services.loans.funds import queries
from services.loans.institutions.names import Names
from services.loans.ledger.queries import JOURNAL, Cut
from shared import feed, ids
from shared.db import Database
from shared.feed import Sequencer
from shared.ids import FundId, InstitutionId
from shared.money import Money
from tests import office

TOLD = text("""
    select f.numbered_at,
      sum(sum((e.data ->> 'amount_minor')::bigint)) over (order by f.numbered_at) as received_minor
    from feed_entry f join event e using (institution_id, event_id)
    where e.type = 'loans.fund-received.v1' group by f.numbered_at order by f.numbered_at
""")


async def receive(database: Database, institution_id: InstitutionId, fund_id: FundId) -> None:
    async with database.begin(institution_id) as session:
        for _ in range(3):
            await funds.receive(
                session,
                fund_id=fund_id,
                donor_id=None,
                amount=Money(7_000, "JOD"),
                received_on=office.TODAY,
                channel=Channel.CASH,
                nature=ReceiptNature.WAQF_PERMANENT,
                actor_id=ids.new(),
            )


async def opened_fund(database: Database, institution_id: InstitutionId) -> FundId:
    await office.found(database, institution_id)
    async with database.begin(institution_id) as session:
        fund = await funds.create_fund(
            session,
            code="W1",
            kind=FundKind.WAQF,
            names=Names(ar="وقف", fr="Waqf", en="Waqf"),
            floor=Money.zero("JOD"),
            lending_ruling=None,
            on=office.TODAY,
            actor_id=ids.new(),
        )
    return FundId(fund.fund_id)


@pytest.mark.parametrize("batch", [1, 5, 2_000])
async def test_a_sum_over_the_journal_is_the_sum_over_the_feed_at_every_instant(
    loans_db: Database, institution_id: InstitutionId, batch: int
) -> None:
    fund_id = await opened_fund(loans_db, institution_id)
    sequencer = Sequencer(loans_db, chains=(feed.EVENTS, JOURNAL), batch=batch)
    writing = [asyncio.create_task(receive(loans_db, institution_id, fund_id)) for _ in range(20)]
    while not all(task.done() for task in writing):
        await sequencer.number(institution_id)
    await asyncio.gather(*writing)
    while await sequencer.number(institution_id):
        pass
    async with loans_db.read(institution_id) as session:
        told = (await session.execute(TOLD)).all()
        booked = [
            (await queries.figures(session, fund_id, cut=Cut(known_at=row.numbered_at)))
            for row in told
        ]
    assert [row.received_minor for row in booked] == [row.received_minor for row in told]
    assert told[-1].received_minor == 20 * 3 * 7_000
