"""Loans counted anew at other rates from agreed days, or with eased profit, in the books."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.loans.domain.charging import RateChange
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import ordering
from tests.integration.loans.course_loans import lent, paid
from tests.integration.loans.ordering import Desk

DEARER = (RateChange(on=date(2026, 3, 1), annual_rate=Decimal("0.18")),)


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        yield opened


async def owed(desk: Desk, contract_id: str, on: str) -> str:
    found = await desk.maker.get(f"/loans/v1/contracts/{contract_id}/payoff", on=on)
    return str(found.json()["total"]["amount"])


@pytest.mark.parametrize(
    ("charging", "to_march_15"),
    [
        ({}, "1224.000"),
        ({"rate_changes": DEARER}, "1227.214"),
        ({"profit_grace": 2}, "1224.000"),
        ({"profit_free": 2}, "1200.000"),
        ({"rate_changes": DEARER, "profit_free": 1}, "1215.214"),
    ],
    ids=["usual", "dearer", "asked later", "free", "free, then dearer"],
)
async def test_money_and_orders_pour_over_what_each_day_bears_and_come_back_whole(
    desk: Desk, charging: dict[str, Any], to_march_15: str
) -> None:
    """1,200.000 bear 12.000 a month; to 15 March 13 days of 28 at 12 % and 15 at 18 %: 15.214."""
    contract_id = await lent(desk, **charging)
    assert await owed(desk, contract_id, "2026-03-15") == to_march_15
    before = await desk.position(contract_id), await desk.balances(contract_id)
    early = await paid(desk, contract_id, "300.000", "2026-02-10")
    assert await desk.faults() == {}
    order = await desk.done(contract_id, "rate_change", annual_rate="0.06")
    late = await paid(desk, contract_id, "50.000", "2026-02-25")
    assert await desk.faults() == {}
    settled = await desk.done(contract_id, "payoff")
    assert await desk.faults() == {}
    state = (await desk.maker.get(f"/loans/v1/contracts/{contract_id}")).json()["state"]
    assert state["is_closed"] is True
    await desk.undone(settled)
    await desk.undone(order)
    for one in (late, early):
        path = f"/loans/v1/repayments/{one['repayment_id']}/reversal"
        back = await ordering.keyed(desk.manager, path, {"reason": "wrong_contract"})
        assert back.status_code == 201, back.text
    assert (await desk.position(contract_id), await desk.balances(contract_id)) == before
    assert await owed(desk, contract_id, "2026-03-15") == to_march_15
    assert await desk.faults() == {}
