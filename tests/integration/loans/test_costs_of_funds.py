"""What a fund's lenders are paid is what its money costs, weighed by what each lent."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from services.loans.eligibility import queries
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests import agreements
from tests.agreements import PAPER, Givers
from tests.integration.loans.test_borrowing import drawn


@pytest.fixture
async def lender(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Givers]:
    async with agreements.givers(loans_db, institution_id, kind="commercial") as opened:
        yield opened


async def cost(lender: Givers, on: str) -> Decimal | None:
    fund_id = FundId(UUID(lender.fund_id))
    opened = lender.opened
    async with opened.database.read(opened.institution_id) as session:
        found = await queries.costs_of_funds(session, [fund_id], on=date.fromisoformat(on))
    return found.get(fund_id)


async def test_money_costs_what_its_lenders_are_paid(lender: Givers) -> None:
    """3,000 at 6 % and 1,000 for nothing cost 4.5 %; at 9 % from July on, 6.75 %."""
    assert await cost(lender, "2026-03-01") is None
    dear = await drawn(lender, "3000.000")
    assert await cost(lender, "2026-03-01") == Decimal("0.06")
    await drawn(lender, "1000.000", form="qard", annual_rate="0")
    assert await cost(lender, "2026-03-01") == Decimal("0.045")

    body = {"effective_on": "2026-07-02", "annual_rate": "0.09", "evidence": PAPER}
    change = await lender.made(f"/draw-downs/{dear}/rates", body)
    assert await cost(lender, "2026-07-02") == Decimal("0.045"), "nobody approved it yet"
    path = f"/lender-rates/{change['change_id']}/approval"
    await lender.made(path, {"outcome": "approve"}, by=lender.checker)
    assert await cost(lender, "2026-07-01") == Decimal("0.045")
    assert await cost(lender, "2026-07-02") == Decimal("0.0675")
