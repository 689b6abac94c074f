"""A close shows each fund its part of the loans that several finance, and books it there."""

from datetime import timedelta

import pytest

from services.loans.closing import running
from services.loans.disbursements import operations as disbursements
from services.loans.disbursements.operations import Payout
from services.loans.domain.chart import FundKind
from shared.db import Database
from shared.ids import ContractId, InstitutionId
from tests.integration.loans.closing_scene import ACCRUING, Books, assert_sound, books
from tests.integration.loans.cofinanced import shared_contract
from tests.integration.loans.scene import TODAY, Scene
from tests.integration.loans.signing import loan, officer

LATE = TODAY + timedelta(days=75)


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


async def lent(scene: Scene) -> tuple[Books, Books, ContractId]:
    """1,000 JOD at 18 %, 600 of the first rank and 400 of the second, paid out."""
    first, second = [await books(scene, [], kind=FundKind.COMMERCIAL) for _ in range(2)]
    row = await shared_contract(
        scene,
        [(first.fund_id, 1, 600), (second.fund_id, 2, 400)],
        product=loan(),
        annual_rate=loan().annual_rate.usual,
    )
    contract_id = ContractId(row.contract_id)
    async with scene.database.begin(scene.institution_id) as session:
        payout = Payout(contract_id=contract_id, disbursed_on=TODAY)
        await disbursements.disburse_contracts(session, [payout], actor=officer(scene))
    return first, second, contract_id


async def test_profit_and_allowance_are_booked_in_each_fund(scene: Scene) -> None:
    first, second, contract_id = await lent(scene)
    await first.give(ACCRUING)
    closed = await first.close(LATE)
    assert closed.contracts == 1

    async with first.db() as session:
        _, part = await running.part_of(session, contract_id, day=LATE)
    shown = [await one.balances() for one in (first, second)]
    earned = [one["profit_accrued"] for one in shown]
    assert sum(earned) == part.stock.receivable > 0
    assert earned[0] == part.stock.receivable * 6 // 10
    allowed = [-one.get("loss_allowance", 0) for one in shown]
    assert allowed == [0, part.stock.allowance]
    await assert_sound(scene)


async def test_a_day_closed_again_books_nothing_more(scene: Scene) -> None:
    first, second, _ = await lent(scene)
    await first.give(ACCRUING)
    await first.close(LATE)
    before = [await one.balances() for one in (first, second)]
    again = await first.close(LATE)
    assert again.entries == 0
    assert [await one.balances() for one in (first, second)] == before
