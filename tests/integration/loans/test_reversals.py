"""A repayment is taken back for a reason that is kept, and never while its money is still here."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from services.loans.domain.collecting import (
    AlreadyReversed,
    MoneyArrived,
    ReceiveRepayment,
    ReverseRepayment,
)
from services.loans.domain.journal import Channel
from services.loans.ledger.queries import balances
from services.loans.proof import operations as proof
from services.loans.rails import signatures
from services.loans.rails.sandbox import CALLBACK_PATH
from services.loans.repayments.batch import RepaymentBook
from shared import ids
from shared.db import Database
from shared.ids import ContractId, InstitutionId, RepaymentId
from tests.integration.loans.scene import ACTOR, TODAY, Scene, jod
from tests.integration.loans.signing import signed
from tests.integration.loans.wallet import PHONE, SECRET, Wallet, callback, wallet_of


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def wallet(scene: Scene) -> AsyncIterator[Wallet]:
    async with wallet_of(scene) as opened:
        yield opened


def reversal(repayment_id: object) -> ReverseRepayment:
    return ReverseRepayment(
        repayment_id=RepaymentId(UUID(str(repayment_id))),
        reason="duplicate",
        actor_id=ACTOR,
        key=str(ids.new()),
        request_hash=b"h",
    )


async def collected(scene: Scene, wallet: Wallet) -> object:
    row = await signed(scene, await scene.fund())
    await wallet.pay_out(row.contract_id, phone=PHONE + "00")
    await wallet.collect(row.contract_id, "100.000", phone=PHONE + "00")
    return await scene.scalar("select repayment_id from repayment")


async def test_money_that_a_wallet_still_holds_for_us_cannot_be_reversed_away(
    scene: Scene, wallet: Wallet
) -> None:
    repayment_id = await collected(scene, wallet)
    book = RepaymentBook(scene.database)
    with pytest.raises(MoneyArrived):
        await book.reverse(scene.institution_id, reversal(repayment_id))
    assert await scene.scalar("select count(*) from repayment") == 1


async def test_a_payment_that_went_back_takes_its_repayment_with_it_once(
    scene: Scene, wallet: Wallet
) -> None:
    repayment_id = await collected(scene, wallet)
    payment_id = await scene.scalar("select payment_id from payment where direction = 'inbound'")
    body = callback(scene, payment_id, status="reversed", amount="100.000", message_id="back")
    answer = await wallet.client.post(
        CALLBACK_PATH,
        content=body,
        headers={signatures.HEADER: signatures.sign(body, secret=SECRET, at=wallet.clock.now())},
    )
    assert answer.status_code == 200
    book = RepaymentBook(scene.database)
    await book.reverse(scene.institution_id, reversal(repayment_id))
    with pytest.raises(AlreadyReversed):
        await book.reverse(scene.institution_id, reversal(repayment_id))
    kept = await scene.scalar("select reversal_reason from repayment where amount_minor < 0")
    told = await scene.scalar(
        "select data ->> 'reason' from event where type = 'loans.repayment-reversed.v1'"
    )
    assert (kept, told) == ("duplicate", "duplicate")


async def test_a_shortfall_made_by_a_reversal_is_no_broken_rule(
    scene: Scene, wallet: Wallet
) -> None:
    fund_id = await scene.fund(receives="1000.000")
    first = await signed(scene, fund_id)
    await wallet.pay_out(first.contract_id, phone=PHONE + "00")
    book = RepaymentBook(scene.database)
    command = ReceiveRepayment(
        contract_id=ContractId(first.contract_id),
        amount=jod("1000.000"),
        received_on=TODAY,
        today=TODAY,
        channel=Channel.CASH,
        actor_id=ACTOR,
    )
    await book.receive(scene.institution_id, [command])
    again = await signed(scene, fund_id)
    await wallet.pay_out(again.contract_id, phone=PHONE + "00")
    await book.reverse(
        scene.institution_id, reversal(await scene.scalar("select repayment_id from repayment"))
    )
    async with scene.database.read(scene.institution_id, snapshot=True) as session:
        held = await balances(session, fund_id)
        broken = [one.rule async for one in proof.prove(session) if not one.holds]
    assert held["cash"] + held["wallet"] == jod("-1000.000")
    assert broken == []
