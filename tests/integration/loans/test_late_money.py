"""Money that has arrived over a wallet is booked, whatever became of its contract meanwhile."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from services.loans.contracts.tables import ContractRow
from services.loans.domain.authority import Outcome
from services.loans.domain.servicing.orders import Asked, OrderKind, OrderReason
from services.loans.servicing import operations as orders
from shared import ids
from shared.auth import Actor, Role
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans.ordering import level
from tests.integration.loans.scene import TODAY, Scene, keyed
from tests.integration.loans.signing import signed
from tests.integration.loans.wallet import PHONE, Wallet, booked, wallet_of


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def wallet(scene: Scene) -> AsyncIterator[Wallet]:
    async with wallet_of(scene) as opened:
        yield opened


async def on_its_way(wallet: Wallet, row: ContractRow, amount: str) -> str:
    """Ask a wallet for money that pays in silence: it is found when the desk asks."""
    body = {"amount": {"amount": amount, "currency": "JOD"}, "phone": PHONE + "94"}
    path = f"/loans/v1/contracts/{row.contract_id}/collections"
    answer = await wallet.client.post(path, json=body, headers=keyed())
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["payment_id"]
    return found


async def ordered(scene: Scene, row: ContractRow, kind: OrderKind) -> None:
    """Give an order, and have another approve it."""

    def somebody(role: Role) -> Actor:
        return Actor(id=ids.new(), institution_id=scene.institution_id, roles=frozenset({role}))

    await level(scene, "50000.000", at=1)
    asked = Asked(kind=kind, effective_on=TODAY, reason=OrderReason.POLICY)
    async with scene.database.begin(scene.institution_id) as session:
        given = await orders.propose(
            session, row.contract_id, asked, actor=somebody(Role.OFFICER), today=TODAY
        )
        done = await orders.decide_on(
            session,
            given.row.order_id,
            outcome=Outcome.APPROVE,
            actor=somebody(Role.APPROVER),
            today=TODAY,
        )
        assert done.state.state == "in_force"


async def test_what_arrives_on_a_closed_contract_is_held_for_the_borrower(
    scene: Scene, wallet: Wallet
) -> None:
    fund_id = await scene.fund()
    row = await signed(scene, fund_id)
    await wallet.pay_out(row.contract_id, phone=PHONE + "00")
    await wallet.collect(row.contract_id, "1000.000", phone=PHONE + "92")
    payment_id = await on_its_way(wallet, row, "7.000")
    await ordered(scene, row, OrderKind.CLOSE)
    await wallet.poll()

    assert (await wallet.read(payment_id))["payment"]["is_booked"] is True
    assert await booked(scene, fund_id) == ("7.000", "0.000")
    read = (await wallet.client.get(f"/loans/v1/contracts/{row.contract_id}")).json()
    assert read["contract"]["status"] == "closed"
    assert read["state"]["paid"]["surplus"]["amount"] == "7.000"
    path = f"/loans/v1/contracts/{row.contract_id}/collections"
    body = {"amount": {"amount": "7.000", "currency": "JOD"}, "phone": PHONE + "92"}
    more = await wallet.client.post(path, json=body, headers=keyed())
    assert more.json()["type"] == "/problems/loans/contract-is-closed"


async def test_what_arrives_on_a_loan_given_up_is_a_recovery(scene: Scene, wallet: Wallet) -> None:
    fund_id = await scene.fund()
    row = await signed(scene, fund_id)
    await wallet.pay_out(row.contract_id, phone=PHONE + "00")
    payment_id = await on_its_way(wallet, row, "40.000")
    await ordered(scene, row, OrderKind.WRITE_OFF)
    await wallet.poll()

    assert (await wallet.read(payment_id))["payment"]["is_booked"] is True
    assert await booked(scene, fund_id) == ("-960.000", "0.000")
    statement = text(
        "select kind, recovered_minor from order_effect join contract_order"
        " using (institution_id, order_id) order by place"
    )
    async with scene.database.read(scene.institution_id) as session:
        done = [tuple(one) for one in await session.execute(statement)]
    assert done == [("write_off", 0), ("recovery", 40_000)]
    await wallet.poll()
    assert await scene.scalar("select count(*) from order_effect") == 2
