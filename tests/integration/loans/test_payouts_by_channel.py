"""A loan is paid out of the account that is named, and over a wallet by every fund's own rules."""

from uuid import UUID

import pytest

from services.loans.disbursements import operations
from services.loans.domain.chart import FundKind
from services.loans.domain.funding import FundRestricted
from services.loans.domain.journal import Channel
from services.loans.funds import returning
from services.loans.ledger.queries import balances
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import ContractId, FundId
from tests.integration.loans.cofinanced import shared_contract
from tests.integration.loans.ordering import Desk, keyed
from tests.integration.loans.scene import TODAY, jod
from tests.integration.loans.test_cofinancing import desk, two_funds
from tests.integration.loans.test_subsidies import change

__all__ = ["Database", "desk"]


async def move(desk: Desk, fund_id: FundId, amount: str) -> None:
    async with desk.scene.database.begin(desk.scene.institution_id) as session:
        await returning.move_money(
            session,
            fund_id=fund_id,
            order_id=ids.new(),
            amount=jod(amount),
            source=Channel.CASH,
            target=Channel.BANK,
            on=TODAY,
            actor_id=desk.manager.actor.id,
        )


async def bank_of(desk: Desk, fund_id: FundId) -> str:
    async with desk.scene.database.read(desk.scene.institution_id) as session:
        return str((await balances(session, fund_id))["bank"])


async def test_what_is_paid_over_the_bank_leaves_the_bank_of_each_fund(desk: Desk) -> None:
    first, second = await two_funds(desk)
    row = await shared_contract(desk.scene, [(first, 1, 600), (second, 2, 400)])
    path = f"/loans/v1/contracts/{row.contract_id}/disbursements"
    body = {"disbursed_on": str(TODAY), "channel": "bank"}
    await move(desk, first, "600.000")
    refused = await keyed(desk.manager, path, body)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/loans/fund-exhausted")
    assert await bank_of(desk, first) == "600.000"
    await move(desk, second, "450.000")
    paid = await keyed(desk.manager, path, body)
    assert paid.status_code == 201, paid.text
    assert [await bank_of(desk, one) for one in (first, second)] == ["0.000", "50.000"]
    assert await desk.faults() == {}


async def test_no_wallet_pays_what_the_second_fund_may_not_pay_any_more(desk: Desk) -> None:
    first = await desk.scene.fund(FundKind.COMMERCIAL, receives="700.000")
    second = await desk.scene.fund(FundKind.DONATION, receives="500.000")
    row = await shared_contract(desk.scene, [(first, 1, 600), (second, 2, 400)])
    await change(desk, "update fund set status = 'closed' where fund_id = :fund_id", second)
    with pytest.raises(FundRestricted):
        async with desk.scene.database.begin(desk.scene.institution_id) as session:
            await operations.request_disbursement(
                session,
                ContractId(UUID(str(row.contract_id))),
                payment_id=ids.new(),  # type: ignore[arg-type]
                rail="sandbox",
                phone_sealed=b"sealed",
                on=TODAY,
                actor=desk.office.caller(Role.FUNDS_MANAGER).actor,
            )
    assert await desk.scene.scalar("select count(*) from payment") == 0
