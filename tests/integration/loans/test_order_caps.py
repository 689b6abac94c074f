"""A rate that an order names is held against the caps of its day, and its facts are kept."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from services.loans.domain.chart import FundKind
from services.loans.domain.terms import Terms
from shared.db import Database
from shared.ids import InstitutionId
from tests.builders import make_loan, money
from tests.integration.loans import ordering, own_facts
from tests.integration.loans.ordering import Desk

KEPT = text("""
    select f ->> 'id' as fact, f ->> 'standing' as standing
    from fact_use u, jsonb_array_elements(u.facts) f
    where u.subject = 'order' and u.subject_id = cast(:order_id as uuid)
""")


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        yield opened


def declining() -> Terms:
    return make_loan(
        principal=money("1200.000"),
        instalments=12,
        annual_rate=Decimal("0.12"),
        disbursed_on=date(2026, 1, 15),
        first_due_on=date(2026, 2, 15),
    )


async def cap(desk: Desk, value: str, unit: str, **members: object) -> None:
    own = own_facts.fact("rate_cap", value, unit=unit, **members)
    await own_facts.give(desk.scene.database, desk.scene.institution_id, own)


@pytest.mark.parametrize(
    ("unit", "at", "above"), [("nominal", "0.1", "0.1001"), ("effective", "0.0956", "0.0957")]
)
@pytest.mark.parametrize("kind", ["rate_change", "restructure"])
async def test_a_rate_above_the_cap_is_refused_and_at_it_takes_effect(
    desk: Desk, kind: str, unit: str, at: str, above: str
) -> None:
    """9.56 % by the month are 9.99 % effective, 9.57 % are 10.0011 %."""
    more = {"instalments": 24, "first_due_on": "2026-05-15"} if kind == "restructure" else {}
    contract_id = await desk.lent(declining(), kind=FundKind.COMMERCIAL)
    await cap(desk, "0.1", unit)

    before = await desk.counts()
    refused = await desk.give(contract_id, kind, annual_rate=above, **more)
    after = await desk.counts()
    order = await desk.done(contract_id, kind, annual_rate=at, **more)

    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/loans/rate-above-law")
    assert (refused.json()["cap"], refused.json()["fact"]) == ("0.1", "Ruling 7 of the board")
    assert refused.json()["dated"] == "2026-01-05"
    assert after == before
    async with desk.scene.database.read(desk.scene.institution_id) as session:
        kept = (await session.execute(KEPT, {"order_id": order["order_id"]})).all()
    assert [tuple(row) for row in kept] == [("own-rate-cap", "in_force")]


async def test_a_cap_that_came_between_stops_the_approval(desk: Desk) -> None:
    contract_id = await desk.lent(declining(), kind=FundKind.COMMERCIAL)
    given = await desk.give(contract_id, "rate_change", annual_rate="0.11")
    assert given.status_code == 201, given.text
    await cap(desk, "0.1", "nominal")

    approved = await desk.approve(given.json())

    assert approved.status_code == 422
    assert approved.json()["type"] == "/problems/loans/rate-above-law"


async def test_the_rule_of_another_day_is_not_asked(desk: Desk) -> None:
    contract_id = await desk.lent(declining(), kind=FundKind.COMMERCIAL)
    await cap(desk, "0.01", "nominal", **{"from": "2026-12-01"})

    order = await desk.done(contract_id, "rate_change", annual_rate="0.11")

    assert order["state"] == "in_force"
