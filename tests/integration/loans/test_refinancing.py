"""A new contract settles an old one: refinanced, or topped up by fresh money of the same fund."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.loans.contracts import queries as contracts
from services.loans.disbursements import operations as disbursements
from services.loans.disbursements.operations import Payout
from services.loans.domain.chart import FundKind
from services.loans.servicing import operations
from shared import ids
from shared.auth import Actor, Role
from shared.db import Database
from shared.ids import ContractId, FundId, InstitutionId
from tests.integration.loans import ordering, signing
from tests.integration.loans.ordering import Desk, cash
from tests.integration.loans.scene import Scene, jod
from tests.integration.loans.test_order_money import same_borrower

ON = "2026-03-20"  # before the new contract's first due date


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        yield opened


async def old_and_new(
    desk: Desk, fund_id: FundId, amount: str, *, of: FundId | None = None, at: Scene | None = None
) -> tuple[str, str]:
    """A loan of 1,000 of which 300 is paid, and a signed one of the same borrower."""
    old = await signing.signed(desk.scene, fund_id)
    async with desk.scene.database.begin(desk.scene.institution_id) as session:
        payout = Payout(contract_id=ContractId(old.contract_id), disbursed_on=old.signed_on)
        await disbursements.disburse_contracts(session, [payout], actor=signing.officer(desk.scene))
    await desk.repay(str(old.contract_id), "300.000")
    new = await signing.signed(at or desk.scene, of or fund_id, amount=jod(amount))
    await same_borrower(desk, old, new)
    return str(old.contract_id), str(new.contract_id)


async def test_a_top_up_hands_out_what_the_old_loan_does_not_take(desk: Desk) -> None:
    fund_id = await desk.scene.fund()
    old, new = await old_and_new(desk, fund_id, "1500.000")
    before = await desk.balances(old)

    order = await desk.done(old, "top_up", new_contract_id=new, effective_on=ON)

    after = await desk.balances(old)
    assert before["cash"] - after["cash"] == 800_000  # 1,500 less the 700 that were owed
    assert after["loans"] == 1_500_000
    assert (await desk.position(old))["outstanding_principal_minor"] == 0
    assert (await desk.position(new))["outstanding_principal_minor"] == 1_500_000
    told = await desk.last_event(old)
    assert (told["kind"], told["is_settled"]) == ("top_up", True)
    assert order["kind"] == "top_up"
    assert await desk.faults() == {}


async def test_a_debt_without_profit_is_rolled_into_none_that_bears_it(desk: Desk) -> None:
    fund_id = await desk.scene.fund(FundKind.COMMERCIAL)
    old, _ = await old_and_new(desk, fund_id, "1000.000")
    new = await signing.signed(
        desk.scene,
        fund_id,
        product=signing.loan(),
        amount=jod("1000.000"),
        annual_rate=Decimal("0.18"),
    )
    async with desk.scene.database.read(desk.scene.institution_id) as session:
        first = await contracts.contract(session, UUID(old))
    await same_borrower(desk, first, new)
    refused = await desk.give(old, "refinance", new_contract_id=str(new.contract_id))
    assert refused.json()["type"] == "/problems/loans/debt-cannot-grow", refused.text


async def test_a_top_up_without_fresh_money_is_refused(desk: Desk) -> None:
    fund_id = await desk.scene.fund()
    old, new = await old_and_new(desk, fund_id, "700.000")
    counted = await desk.counts()
    refused = await desk.give(old, "top_up", new_contract_id=new)
    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/loans/nothing-fresh"
    assert (refused.json()["paid_out"], refused.json()["settles"]) == (cash("700.000"),) * 2
    assert await desk.counts() == counted
    assert (await desk.give(old, "refinance", new_contract_id=new)).status_code == 201


async def test_a_top_up_is_of_the_fund_that_lent(desk: Desk) -> None:
    fund_id, other = await desk.scene.fund(), await desk.scene.fund()
    old, new = await old_and_new(desk, fund_id, "1500.000", of=other)
    refused = await desk.give(old, "top_up", new_contract_id=new)
    assert refused.json()["type"] == "/problems/loans/another-fund-tops-up"
    assert refused.json()["fund_id"] == str(fund_id)


@pytest.mark.parametrize("kind", ["refinance", "top_up"])
async def test_the_new_contract_must_be_in_sight_from_the_first_step_on(
    desk: Desk, kind: str
) -> None:
    here, there = desk.office.branches
    next_door = replace(desk.scene, branch_id=there)
    old, new = await old_and_new(desk, await desk.scene.fund(), "1500.000", at=next_door)
    maker = desk.office.caller(Role.OFFICER, branches=[here])
    counted = await desk.counts()
    body = {"kind": kind, "reason": "agreement", "new_contract_id": new, "effective_on": ON}
    path = f"/loans/v1/contracts/{old}/orders"
    unseen = await ordering.keyed(maker, path, body)
    assert unseen.status_code == 404
    assert unseen.json()["contract_id"] == new
    assert await desk.counts() == counted

    given = (await ordering.keyed(desk.maker, path, body)).json()
    checker = desk.office.caller(Role.APPROVER, branches=[here])
    refused = await desk.approve(given, by=checker)
    assert refused.json()["type"] == "/problems/loans/contract-unknown"
    assert (await desk.approve(given)).json()["state"] == "in_force"


async def test_contracts_that_settle_each_other_are_locked_in_one_order(desk: Desk) -> None:
    scene = desk.scene
    low, high = sorted(await old_and_new(desk, await scene.fund(), "1500.000"))
    somebody = Actor(
        id=ids.new(), institution_id=scene.institution_id, roles=frozenset({Role.OFFICER})
    )

    async def settle_high_by_low() -> None:
        async with scene.database.begin(scene.institution_id) as session:
            await operations.locked(session, UUID(high), new_contract_id=UUID(low), actor=somebody)

    hold = text("select 1 from contract where contract_id = :c for update nowait")
    async with asyncio.timeout(30):
        async with scene.database.begin(scene.institution_id) as session:
            await session.execute(hold, {"c": low})
            waiting = asyncio.create_task(settle_high_by_low())
            await until_somebody_waits(desk)
            async with scene.database.begin(scene.institution_id) as other:
                await other.execute(hold, {"c": high})  # free: nobody holds it and waits
        await waiting


async def until_somebody_waits(desk: Desk) -> None:
    statement = text("select count(*) from pg_locks where not granted")
    while True:
        async with desk.scene.database.read(desk.scene.institution_id) as session:
            if (await session.execute(statement)).scalar_one():
                return
        await asyncio.sleep(0.02)


async def test_mirrored_refinancings_at_once_never_deadlock(desk: Desk) -> None:
    old, new = await old_and_new(desk, await desk.scene.fund(), "1500.000")

    async def both() -> tuple[Any, Any]:
        return await asyncio.gather(
            desk.give(old, "refinance", new_contract_id=new),
            desk.give(new, "refinance", new_contract_id=old),
        )

    async with asyncio.timeout(60):
        answers = [answer for _ in range(5) for answer in await both()]
    kinds = {answer.json().get("type", "given") for answer in answers}
    assert kinds == {"given", "/problems/loans/cannot-refinance"}
