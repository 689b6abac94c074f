"""What does monitoring make of partnerships, goods to come and rents that fell away?"""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.monitoring.domain.headings import Heading
from services.monitoring.portfolio.books import queries as books
from services.monitoring.projects import queries as projects
from shared import ids
from shared.db import Database
from shared.events import CorrectedDue, DealChanged
from shared.ids import FundId, InstitutionId
from tests.integration.monitoring.feed_of_loans import FeedOfLoans, consume
from tests.integration.monitoring.test_portfolio import at_risk, jod, moment

NOTHING = {"at_work_minor": 0, "principal_minor": 0, "profit_minor": 0, "declared_minor": 0}


@pytest.fixture
def loans(institution_id: InstitutionId) -> FeedOfLoans:
    told = FeedOfLoans(institution_id)
    told.opens_branch()
    told.opens_fund()
    told.receives(5_000)
    return told


def step(loans: FeedOfLoans, contract_id: UUID, code: str, **members: Any) -> None:
    values: dict[str, Any] = {
        "contract_id": contract_id,
        "step_id": ids.new(),
        "reverses_step_id": None,
        "fund_id": loans.fund_id,
        "mode_of_finance": "mudaraba",
        "step": code,
        "stage": "working",
        "effective_on": date(2026, 3, 1),
        "currency": "JOD",
        "quantity": None,
        "dues": None,
        "is_settled": False,
        **NOTHING,
    }
    loans.tell(DealChanged(**values | members), subject=contract_id)


def due(on: date, principal: int, profit: int = 0) -> CorrectedDue:
    return CorrectedDue(
        number=1,
        due_on=on,
        principal_minor=principal,
        profit_minor=profit,
        fee_minor=0,
        penalty_minor=0,
    )


async def stage_of(database: Database, loans: FeedOfLoans, contract_id: UUID) -> str:
    async with database.read(loans.institution_id) as session:
        (row,) = await projects.projects_of_contracts(session, {contract_id})
    return row.stage


async def test_a_partner_s_capital_is_outstanding_until_it_is_lost_or_returned(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    contract_id = loans.signs(mode_of_finance="mudaraba", dues=())
    loans.pays_out(contract_id)
    step(loans, contract_id, "declare_profit", declared_minor=180)
    step(loans, contract_id, "declare_loss", at_work_minor=-200, declared_minor=-200)
    await consume(monitoring_db, loans)
    now = await moment(monitoring_db, loans)
    assert (await at_risk(monitoring_db, loans, now))[0] == jod(800)
    assert await stage_of(monitoring_db, loans, contract_id) == "financed"

    day = date(2026, 3, 1)
    loans.books("deal", on=day, contract_id=contract_id, capital_loss=200, loans=-200)
    loans.books("deal", on=day, contract_id=contract_id, cash=980, loans=-800, profit_income=-180)
    back = {"at_work_minor": -800, "principal_minor": 800, "profit_minor": 180}
    step(loans, contract_id, "return_capital", **back)
    step(loans, contract_id, "close", is_settled=True)
    await consume(monitoring_db, loans)
    now = await moment(monitoring_db, loans)
    assert (await at_risk(monitoring_db, loans, now))[0] == jod(0)
    assert await stage_of(monitoring_db, loans, contract_id) == "repaid"
    fund_id = FundId(loans.fund_id)
    async with monitoring_db.read(loans.institution_id) as session:
        used = (await books.utilisations(session, now, fund_ids=[fund_id]))[fund_id]
        (month,) = await books.repayments_by_month(session, now, fund_id=fund_id)
    assert (used.disbursed, used.outstanding, used.at_hand) == (jod(1_000), jod(0), jod(4_980))
    assert used.balances[Heading.PROFIT] == jod(180)
    assert used.balances[Heading.LOST] == jod(200)
    assert used.gap.is_zero
    assert (month.amount_minor, month.contracts) == (980, 1)


async def test_goods_to_come_are_late_after_their_day_and_settled_by_delivery(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    contract_id = loans.signs(mode_of_finance="salam", dues=())
    loans.pays_out(contract_id)
    by = due(date(2026, 4, 1), 1_000)
    step(loans, contract_id, "pay_price", dues=(by,), effective_on=date(2026, 1, 10))
    await consume(monitoring_db, loans)
    outstanding, ratios = await at_risk(monitoring_db, loans, await moment(monitoring_db, loans))
    assert outstanding == jod(1_000)
    assert (ratios["par60"], ratios["par90"]) == ("1.000000", "1.000000"), "91 days on 1 July"
    goods = {"at_work_minor": -800, "principal_minor": 800, "quantity": "16"}
    step(loans, contract_id, "deliver", dues=(by,), effective_on=date(2026, 5, 1), **goods)
    await consume(monitoring_db, loans)
    later = await moment(monitoring_db, loans)
    assert (await at_risk(monitoring_db, loans, later))[0] == jod(200)
    april = await moment(monitoring_db, loans, as_of=date(2026, 4, 30))
    assert (await at_risk(monitoring_db, loans, april))[0] == jod(1_000)


async def test_rents_that_fell_away_are_not_late(
    monitoring_db: Database, loans: FeedOfLoans
) -> None:
    contract_id = loans.signs(mode_of_finance="ijara")
    loans.pays_out(contract_id)
    lost = {"at_work_minor": -900, "mode_of_finance": "ijara"}
    left = (due(date(2026, 2, 10), 100), due(date(2026, 3, 10), 0))
    step(loans, contract_id, "lose", dues=left, effective_on=date(2026, 2, 10), **lost)
    loans.pays_back(contract_id, 100, on=date(2026, 2, 10))
    await consume(monitoring_db, loans)
    outstanding, ratios = await at_risk(monitoring_db, loans, await moment(monitoring_db, loans))
    assert (outstanding, set(ratios.values())) == (jod(0), {"None"}), "nothing out, nothing late"
