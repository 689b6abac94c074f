"""A charge-back is paid by each fund's part, and zakat forgives what is its own alone."""

from typing import Any

import pytest

from services.loans.cofinancing.router import router
from services.loans.domain.chart import FundKind
from services.loans.domain.journal import Channel
from services.loans.funds import returning
from shared import ids
from shared.ids import FundId
from tests import rulings
from tests.builders import money
from tests.integration.loans.cofinanced import shared_contract
from tests.integration.loans.ordering import TODAY, Desk, cash
from tests.integration.loans.test_cofinancing import booked, desk, lent, paid_out, told, two_funds

__all__ = ["desk", "router"]


def problem(answer: Any) -> str:
    return str(answer.json()["type"]).removeprefix("/problems/loans/")


async def charged_back(desk: Desk, contract_id: str, repaid: str, back: str) -> dict[str, Any]:
    paid = (await desk.repay(contract_id, repaid)).json()
    return await desk.done(
        contract_id, "charge_back", repayment_id=paid["repayment_id"], amount=cash(back)
    )


async def test_a_charge_back_is_paid_by_the_funds_the_money_had_gone_to(desk: Desk) -> None:
    first, second = await two_funds(desk)
    contract_id = await lent(desk, first, second)
    order = await charged_back(desk, contract_id, "700.000", "150.000")
    assert (await told(desk, contract_id))["owed"] == ["50.000", "400.000"]
    assert (await booked(desk.scene, second))["cash"] == "100.000"
    assert await desk.faults() == {}
    await desk.undone(order)
    assert (await told(desk, contract_id))["owed"] == ["0.000", "300.000"]
    assert (await booked(desk.scene, second))["cash"] == "200.000"
    assert await desk.faults() == {}


async def test_a_charge_back_waits_for_the_one_fund_that_does_not_hold_its_part(
    desk: Desk,
) -> None:
    first, second = await two_funds(desk)
    contract_id = await lent(desk, first, second)
    paid = (await desk.repay(contract_id, "700.000")).json()
    async with desk.scene.database.begin(desk.scene.institution_id) as session:
        await returning.move_money(
            session,
            fund_id=second,
            order_id=ids.new(),
            amount=money("150.000"),
            source=Channel.CASH,
            target=Channel.BANK,
            on=TODAY,
            actor_id=desk.manager.actor.id,
        )
    refused = await desk.give(
        contract_id, "charge_back", repayment_id=paid["repayment_id"], amount=cash("60.000")
    )
    assert (refused.status_code, problem(refused)) == (422, "fund-exhausted")
    order = await desk.give(
        contract_id, "charge_back", repayment_id=paid["repayment_id"], amount=cash("50.000")
    )
    assert order.status_code == 201, order.text
    assert await desk.faults() == {}


async def zakat_and_state(desk: Desk, ranks: tuple[int, int]) -> tuple[FundId, FundId, str]:
    zakat = await desk.scene.fund(
        FundKind.ZAKAT, receives="700.000", lending_ruling=rulings.EVERYTHING
    )
    state = await desk.scene.fund(FundKind.STATE, receives="500.000")
    row = await shared_contract(desk.scene, [(zakat, ranks[0], 600), (state, ranks[1], 400)])
    await paid_out(desk, row.contract_id)
    return zakat, state, str(row.contract_id)


@pytest.mark.parametrize("ranks", [(1, 2), (2, 1)])
async def test_zakat_forgives_its_own_part_and_the_other_fund_is_owed_what_it_was(
    desk: Desk, ranks: tuple[int, int]
) -> None:
    zakat, state, contract_id = await zakat_and_state(desk, ranks)
    await desk.repay(contract_id, "100.000")
    before = await told(desk, contract_id)
    owed = {"1": "500.000", "2": "600.000"}[str(ranks[0])]
    much = await desk.give(contract_id, "forgiveness", amount=cash(f"{owed[:-1]}1"))
    assert (much.status_code, problem(much)) == (422, "forgiven-beyond-own-part")
    cash_of_state = (await booked(desk.scene, state))["cash"]
    order = await desk.done(contract_id, "forgiveness", amount=cash(owed))
    standing = await told(desk, contract_id)
    assert standing["owed"] == ["0.000", before["owed"][1]]
    assert (await booked(desk.scene, zakat))["forgiveness"] == owed
    assert (await booked(desk.scene, state))["cash"] == cash_of_state
    assert await desk.faults() == {}
    await desk.repay(contract_id, before["owed"][1])
    assert (await told(desk, contract_id))["owed"] == ["0.000", "0.000"]
    assert (await booked(desk.scene, state))["cash"] == "500.000"
    assert await desk.faults() == {}
    assert order["state"] == "in_force"


async def test_what_was_forgiven_is_owed_again_when_that_is_taken_back(desk: Desk) -> None:
    zakat, _, contract_id = await zakat_and_state(desk, (1, 2))
    before = [await told(desk, contract_id), await booked(desk.scene, zakat)]
    order = await desk.done(contract_id, "forgiveness", amount=cash("200.000"))
    await desk.undone(order)
    assert [await told(desk, contract_id), await booked(desk.scene, zakat)] == before
    assert await desk.faults() == {}


async def test_where_two_funds_share_each_unit_none_is_zakats_to_forgive(desk: Desk) -> None:
    _, _, contract_id = await zakat_and_state(desk, (1, 1))
    refused = await desk.give(contract_id, "forgiveness", amount=cash("1.000"))
    assert (refused.status_code, problem(refused)) == (422, "order-not-for-several-funds")
