"""Unknown is not failed, twice is once, and what a wallet says never changes what is booked."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.loans.disbursements import operations as disbursements
from services.loans.domain.paying import Direction
from services.loans.funds.queries import standings
from services.loans.rails import signatures
from services.loans.rails.sandbox import CALLBACK_PATH
from services.loans.repayments.router import ORDINARY_KEY
from shared import ids
from shared.db import Database
from shared.ids import ContractId, InstitutionId, PaymentId
from tests.integration.loans.scene import ACTOR, TODAY, Scene, jod
from tests.integration.loans.signing import officer, signed
from tests.integration.loans.wallet import (
    PHONE,
    SECRET,
    Wallet,
    booked,
    callback,
    outcomes,
    wallet_of,
)


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def wallet(scene: Scene) -> AsyncIterator[Wallet]:
    async with wallet_of(scene) as opened:
        yield opened


async def test_a_loan_is_booked_when_the_wallet_says_it_has_arrived(
    scene: Scene, wallet: Wallet
) -> None:
    fund_id = await scene.fund()
    row = await signed(scene, fund_id)
    answer = await wallet.pay_out(row.contract_id, phone=PHONE + "00")
    assert answer.status_code == 201, answer.text
    assert answer.json()["payment"]["status"] == "requested"
    assert answer.json()["disbursement"] is None
    payment = await wallet.read(answer.json()["payment"]["payment_id"])
    assert (payment["payment"]["status"], payment["payment"]["is_booked"]) == ("completed", True)
    assert await booked(scene, fund_id) == ("-1000.000", "1000.000")
    told = await scene.scalar("select count(*) from event where type like 'loans.payment-%'")
    assert told == 1
    assert await scene.scalar("select status from contract") == "active"


async def test_a_failed_payment_leaves_the_loan_to_be_paid_anew(
    scene: Scene, wallet: Wallet
) -> None:
    fund_id = await scene.fund()
    row = await signed(scene, fund_id)
    failed = await wallet.pay_out(row.contract_id, phone=PHONE + "90")
    payment = await wallet.read(failed.json()["payment"]["payment_id"])
    assert payment["payment"]["reason_code"] == "wallet_refused"
    async with scene.database.read(scene.institution_id) as session:
        standing = (await standings(session, [fund_id]))[fund_id]
    assert standing.committed == jod("1000.000")
    assert await scene.scalar("select count(*) from disbursement") == 0
    await wallet.pay_out(row.contract_id, phone=PHONE + "00")
    assert await booked(scene, fund_id) == ("-1000.000", "1000.000")


async def test_a_pending_payment_stays_pending_and_is_never_sent_twice(
    scene: Scene, wallet: Wallet
) -> None:
    row = await signed(scene, await scene.fund())
    first = await wallet.pay_out(row.contract_id, phone=PHONE + "91")
    payment_id = first.json()["payment"]["payment_id"]
    for phone in ("00", "91"):
        second = await wallet.pay_out(row.contract_id, phone=PHONE + phone)
        assert second.json()["type"] == "/problems/loans/payment-under-way"
    for _ in range(3):
        assert await wallet.poll() == 1
    assert (await wallet.read(payment_id))["payment"]["status"] == "accepted"
    assert await scene.scalar("select count(*) from sandbox_transfer") == 1


async def test_asking_again_waits_longer_each_time(scene: Scene, wallet: Wallet) -> None:
    row = await signed(scene, await scene.fund())
    await wallet.pay_out(row.contract_id, phone=PHONE + "91")
    assert await wallet.desk.poll_pending(scene.institution_id) == 0
    wallet.clock.advance(timedelta(seconds=3))
    assert await wallet.desk.poll_pending(scene.institution_id) == 1
    wallet.clock.advance(timedelta(seconds=3))
    assert await wallet.desk.poll_pending(scene.institution_id) == 0


@pytest.mark.parametrize("phone", ["92", "93"])
async def test_a_callback_twice_or_before_the_answer_has_one_effect(
    scene: Scene, wallet: Wallet, phone: str
) -> None:
    fund_id = await scene.fund()
    row = await signed(scene, fund_id)
    answer = await wallet.pay_out(row.contract_id, phone=PHONE + phone)
    payment = await wallet.read(answer.json()["payment"]["payment_id"])
    assert payment["payment"]["status"] == "completed"
    assert sorted(outcomes(payment)) in (
        [("accepted", "ignored"), ("completed", "moved")],
        [("accepted", "moved"), ("completed", "moved")],
    )
    assert await booked(scene, fund_id) == ("-1000.000", "1000.000")


async def test_a_wallet_that_pays_in_silence_is_found_by_asking(
    scene: Scene, wallet: Wallet
) -> None:
    row = await signed(scene, await scene.fund())
    answer = await wallet.pay_out(row.contract_id, phone=PHONE + "94")
    payment_id = answer.json()["payment"]["payment_id"]
    assert (await wallet.read(payment_id))["payment"]["status"] == "accepted"
    await wallet.poll()
    assert (await wallet.read(payment_id))["payment"]["is_booked"] is True
    assert await wallet.poll() == 0


async def test_a_contradiction_is_kept_and_moves_nothing(scene: Scene, wallet: Wallet) -> None:
    fund_id = await scene.fund()
    row = await signed(scene, fund_id)
    answer = await wallet.pay_out(row.contract_id, phone=PHONE + "95")
    payment = await wallet.read(answer.json()["payment"]["payment_id"])
    assert payment["payment"]["status"] == "completed"
    assert ("failed", "difference") in outcomes(payment)
    assert await booked(scene, fund_id) == ("-1000.000", "1000.000")


async def test_another_amount_is_a_difference_and_books_nothing(
    scene: Scene, wallet: Wallet
) -> None:
    fund_id = await scene.fund()
    row = await signed(scene, fund_id)
    answer = await wallet.pay_out(row.contract_id, phone=PHONE + "96")
    payment = await wallet.read(answer.json()["payment"]["payment_id"])
    assert ("completed", "difference") in outcomes(payment)
    assert payment["payment"]["status"] == "accepted"
    assert await booked(scene, fund_id) == ("0.000", "0.000")


async def test_a_crash_before_the_hand_over_loses_nothing(scene: Scene, wallet: Wallet) -> None:
    fund_id = await scene.fund()
    row = await signed(scene, fund_id)
    payment_id = PaymentId(ids.new())
    async with scene.database.begin(scene.institution_id) as session:
        await disbursements.request_disbursement(
            session,
            ContractId(row.contract_id),
            payment_id=payment_id,
            rail="sandbox",
            phone_sealed=wallet.desk.sealer.seal(scene.institution_id, b"+962790000000"),
            on=TODAY,
            actor=officer(scene),
        )
    assert await wallet.poll() == 1
    assert (await wallet.read(payment_id))["payment"]["is_booked"] is True
    assert await booked(scene, fund_id) == ("-1000.000", "1000.000")


async def test_a_crash_before_the_booking_is_made_good_by_the_next_poll(
    scene: Scene, wallet: Wallet
) -> None:
    async def crash(*_: object) -> None:
        raise RuntimeError("the process ends here")

    fund_id = await scene.fund()
    row = await signed(scene, fund_id)
    wallet.desk.on_completed(Direction.OUTBOUND, crash)
    await wallet.pay_out(row.contract_id, phone=PHONE + "00")
    assert await scene.scalar("select status from payment") == "completed"
    assert await booked(scene, fund_id) == ("0.000", "0.000")
    wallet.subscribe()
    await wallet.poll()
    assert await booked(scene, fund_id) == ("-1000.000", "1000.000")
    assert await wallet.poll() == 0


async def test_money_that_arrived_on_a_closed_day_is_booked_on_the_first_open_one(
    scene: Scene, wallet: Wallet
) -> None:
    row = await signed(scene, await scene.fund())
    async with scene.database.begin(scene.institution_id) as session:
        await session.execute(
            text(
                "insert into closing (institution_id, closing_id, closed_through, actor_id)"
                " values (:i, :c, :day, :a)"
            ),
            {"i": scene.institution_id, "c": ids.new(), "day": TODAY, "a": ACTOR},
        )
    await wallet.pay_out(row.contract_id, phone=PHONE + "00")
    day = await scene.scalar("select occurred_on from journal_entry where kind = 'disbursement'")
    assert day == TODAY + timedelta(days=1)


async def test_a_collection_becomes_a_repayment_once(scene: Scene, wallet: Wallet) -> None:
    fund_id = await scene.fund()
    row = await signed(scene, fund_id)
    early = await wallet.collect(row.contract_id, "100.000", phone=PHONE + "92")
    assert early.json()["type"] == "/problems/loans/contract-not-paid-out"
    await wallet.pay_out(row.contract_id, phone=PHONE + "00")
    answer = await wallet.collect(row.contract_id, "100.000", phone=PHONE + "92")
    assert answer.status_code == 201, answer.text
    payment = await wallet.read(answer.json()["payment_id"])
    assert (payment["payment"]["direction"], payment["payment"]["is_booked"]) == ("inbound", True)
    assert await booked(scene, fund_id) == ("-900.000", "900.000")
    state = (await wallet.client.get(f"/loans/v1/contracts/{row.contract_id}")).json()["state"]
    assert state["outstanding_principal"]["amount"] == "900.000"
    assert await scene.scalar("select count(*) from repayment") == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"amount": {"amount": "-1.000", "currency": "JOD"}, "phone": PHONE + "00"}, 422),
        ({"amount": {"amount": "1.00", "currency": "USD"}, "phone": PHONE + "00"}, 422),
        ({"amount": {"amount": "1.000", "currency": "JOD"}, "phone": "12345"}, 422),
    ],
)
async def test_a_collection_that_cannot_be_is_refused(
    scene: Scene, wallet: Wallet, body: dict[str, Any], status: int
) -> None:
    row = await signed(scene, await scene.fund())
    await wallet.pay_out(row.contract_id, phone=PHONE + "00")
    path = f"/loans/v1/contracts/{row.contract_id}/collections"
    answer = await wallet.client.post(path, json=body, headers={"Idempotency-Key": str(ids.new())})
    assert answer.status_code == status, answer.text
    assert await scene.scalar("select count(*) from payment where direction = 'inbound'") == 0


async def call(wallet: Wallet, body: bytes, *, late: timedelta = timedelta()) -> int:
    at = wallet.clock.now() - late
    header = {signatures.HEADER: signatures.sign(body, secret=SECRET, at=at)}
    answer = await wallet.client.post(CALLBACK_PATH, content=body, headers=header)
    return answer.status_code


async def test_the_same_callback_at_the_same_moment_has_one_effect(
    scene: Scene, wallet: Wallet
) -> None:
    fund_id = await scene.fund()
    row = await signed(scene, fund_id)
    answer = await wallet.pay_out(row.contract_id, phone=PHONE + "91")
    body = callback(scene, answer.json()["payment"]["payment_id"])
    codes = await asyncio.gather(*(call(wallet, body) for _ in range(6)))
    assert codes == [200] * 6
    assert await booked(scene, fund_id) == ("-1000.000", "1000.000")
    assert await scene.scalar("select count(*) from disbursement") == 1


async def test_an_unsigned_altered_or_old_callback_is_refused(scene: Scene, wallet: Wallet) -> None:
    body = callback(scene, ids.new())
    unsigned = await wallet.client.post(CALLBACK_PATH, content=body)
    altered = await wallet.client.post(
        CALLBACK_PATH,
        content=body.replace(b"1000.000", b"9000.000"),
        headers={signatures.HEADER: signatures.sign(body, secret=SECRET, at=wallet.clock.now())},
    )
    assert (unsigned.status_code, altered.status_code) == (403, 403)
    assert await call(wallet, body, late=timedelta(minutes=6)) == 403
    assert await call(wallet, b"[]") == 403
    assert await scene.scalar("select count(*) from payment_message") == 0


async def test_a_callback_about_an_unknown_payment_is_kept(scene: Scene, wallet: Wallet) -> None:
    assert await call(wallet, callback(scene, ids.new())) == 200
    assert await scene.scalar("select count(*) from payment_message") == 1
    assert await scene.scalar("select count(*) from payment_step") == 0


async def test_phones_and_messages_are_unreadable_in_the_database(
    scene: Scene, wallet: Wallet
) -> None:
    row = await signed(scene, await scene.fund())
    await wallet.pay_out(row.contract_id, phone=PHONE + "00")
    sealed = await scene.scalar("select phone_sealed from payment")
    message = await scene.scalar("select body_sealed from payment_message limit 1")
    assert isinstance(sealed, bytes)
    assert isinstance(message, bytes)
    assert b"7900000" not in sealed
    assert b"SBX" not in message
    opened = wallet.desk.sealer.opened(scene.institution_id, sealed)
    assert opened == b"+962790000000"


async def test_no_caller_can_take_the_key_under_which_a_collection_is_booked(
    scene: Scene, wallet: Wallet
) -> None:
    row = await signed(scene, await scene.fund())
    await wallet.pay_out(row.contract_id, phone=PHONE + "00")
    await wallet.collect(row.contract_id, "100.000", phone=PHONE + "00")
    key = await scene.scalar("select key from idempotency_key where key like 'payment%'")
    assert not ORDINARY_KEY.fullmatch(str(key))
