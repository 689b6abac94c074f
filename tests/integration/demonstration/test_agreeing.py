"""The demonstration has a gift that rises by results and a lender's line, entered by two."""

import pytest
from sqlalchemy import text

from services.demonstration import institution as plan
from services.loans.agreements import queries
from services.loans.domain.agreement_dues import InstalmentState, state
from shared import ids
from shared.db import Database
from shared.ids import InstitutionId
from shared.schemas import Page
from tests.integration.demonstration.books import CLOCK, Demonstration


@pytest.fixture
async def founded(loans_db: Database) -> InstitutionId:
    institution_id = InstitutionId(ids.new())
    await Demonstration.found(loans_db, institution_id, contracts=10)
    return institution_id


async def test_both_agreements_are_in_force_and_wait_for_nothing_that_is_late(
    loans_db: Database, founded: InstitutionId
) -> None:
    today = CLOCK.now().date()
    async with loans_db.read(founded) as session:
        rows = await queries.agreements(session, fund_id=None, page=Page())
        assert {row.reference: row.party for row in rows} == {
            "DEMO-GIFT": "donor",
            "DEMO-LINE": "lender",
        }
        for row in rows:
            agreed = await queries.agreement(session, row.agreement_id)
            assert agreed.state == "in_force"
            assert agreed.decision is not None
            assert agreed.decision.actor_id != row.actor_id
        gift = next(row for row in rows if row.reference == "DEMO-GIFT")
        steps = (await queries.instalments(session, [gift.agreement_id]))[gift.agreement_id]
        conditions = await queries.conditions(session, gift.agreement_id)
        received = await session.scalar(
            text("select count(*) from receipt where institution_id = :i"), {"i": founded}
        )
    assert [one.planned.amount for one in steps] == [
        plan.jod(10_000),
        plan.jod(20_000),
        plan.jod(40_000),
    ]
    assert {state(one, on=today) for one in steps} == {InstalmentState.PLANNED}
    assert [(one.instalment, one.measure) for one in conditions] == [
        (2, "absorption"),
        (2, "par30"),
        (3, "absorption"),
        (3, "par30"),
    ]
    assert received == 0  # an agreement is no money
