"""What a process lost is found, what was taken back is told, and one fault starves nobody else."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from services.loans import subscriptions
from services.loans.disbursements import operations as disbursements
from services.loans.domain.collecting import ReceiveRepayment
from services.loans.domain.paying import Direction
from services.loans.payments import desk as payment_desk
from services.loans.payments import queries as payment_queries
from services.loans.payments.sealing import Sealer
from services.loans.payments.tables import PaymentRow
from services.loans.rails.sandbox import understood
from services.loans.repayments.batch import Outcome, RepaymentBook
from shared import ids
from shared.db import Database
from shared.ids import ContractId, InstitutionId, PaymentId
from tests.integration.loans.scene import TODAY, Scene
from tests.integration.loans.signing import officer, signed
from tests.integration.loans.wallet import PHONE, Wallet, booked, callback, outcomes, wallet_of

OTHER = Sealer(b"another key of the installation, 32 bytes")


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


@pytest.fixture
async def wallet(scene: Scene) -> AsyncIterator[Wallet]:
    async with wallet_of(scene) as opened:
        yield opened


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold a message for lost as soon as it is kept."""
    monkeypatch.setattr(payment_desk, "UNHEARD_AFTER", timedelta(milliseconds=-5))


async def lose(wallet: Wallet, body: bytes) -> None:
    """Keep a message, and end before it is heard."""
    await wallet.desk.keep(understood(body), rail="sandbox", kind="callback")


async def take_back(wallet: Wallet, payment_id: UUID, amount: str = "1000.000") -> None:
    body = callback(wallet.scene, payment_id, status="reversed", message_id="M-2", amount=amount)
    await wallet.desk.hear(understood(body), rail="sandbox", kind="callback")


async def requested(scene: Scene, sealer: Sealer) -> PaymentId:
    """A payment that was committed and not handed over."""
    row = await signed(scene, await scene.fund())
    payment_id = PaymentId(ids.new())
    async with scene.database.begin(scene.institution_id) as session:
        await disbursements.request_disbursement(
            session,
            ContractId(row.contract_id),
            payment_id=payment_id,
            rail="sandbox",
            phone_sealed=sealer.seal(scene.institution_id, b"+962790000000"),
            on=TODAY,
            actor=officer(scene),
        )
    return payment_id


@pytest.mark.usefixtures("at_once")
async def test_a_lost_reversal_of_a_booked_payment_is_found_once(
    scene: Scene, wallet: Wallet
) -> None:
    fund_id = await scene.fund()
    row = await signed(scene, fund_id)
    answer = await wallet.pay_out(row.contract_id, phone=PHONE + "00")
    payment_id = answer.json()["payment"]["payment_id"]
    before = outcomes(await wallet.read(payment_id))
    await lose(wallet, callback(scene, payment_id, status="reversed"))
    await wallet.poll()
    await wallet.poll()
    assert outcomes(await wallet.read(payment_id)) == [*before, ("reversed", "difference")]
    assert await booked(scene, fund_id) == ("-1000.000", "1000.000")


@pytest.mark.usefixtures("at_once")
async def test_lost_messages_are_heard_in_order_before_anything_is_booked(
    scene: Scene, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payment_desk, "ASKED_AT_ONCE", 1)
    fund_id = await scene.fund()
    row = await signed(scene, fund_id)
    answer = await wallet.pay_out(row.contract_id, phone=PHONE + "91")
    payment_id = answer.json()["payment"]["payment_id"]
    await lose(wallet, callback(scene, payment_id))
    await lose(wallet, callback(scene, payment_id, status="reversed", message_id="M-2"))
    await wallet.desk.settle_unheard(scene.institution_id)
    payment = await wallet.read(payment_id)
    assert outcomes(payment)[1:] == [("completed", "moved"), ("reversed", "moved")]
    assert await booked(scene, fund_id) == ("0.000", "0.000")


@pytest.mark.usefixtures("at_once")
async def test_a_lost_arrival_is_heard_and_booked_without_asking_the_wallet(
    scene: Scene, wallet: Wallet
) -> None:
    fund_id = await scene.fund()
    row = await signed(scene, fund_id)
    answer = await wallet.pay_out(row.contract_id, phone=PHONE + "91")
    await lose(wallet, callback(scene, answer.json()["payment"]["payment_id"]))
    await wallet.desk.settle_unheard(scene.institution_id)
    assert await booked(scene, fund_id) == ("-1000.000", "1000.000")


async def test_a_message_that_is_just_being_heard_is_left_alone(
    scene: Scene, wallet: Wallet
) -> None:
    row = await signed(scene, await scene.fund())
    answer = await wallet.pay_out(row.contract_id, phone=PHONE + "91")
    await lose(wallet, callback(scene, answer.json()["payment"]["payment_id"]))
    await wallet.desk.settle_unheard(scene.institution_id)
    assert await scene.scalar("select status from payment") == "accepted"


@pytest.mark.usefixtures("at_once")
async def test_an_unreadable_message_holds_back_its_own_payment_alone(
    scene: Scene, wallet: Wallet
) -> None:
    fund_id = await scene.fund()
    paid = []
    for _ in range(2):
        row = await signed(scene, fund_id)
        answer = await wallet.pay_out(row.contract_id, phone=PHONE + "91")
        paid.append(answer.json()["payment"]["payment_id"])
    ours, wallet.desk.sealer = wallet.desk.sealer, OTHER
    await lose(wallet, callback(scene, paid[0]))
    wallet.desk.sealer = ours
    await lose(wallet, callback(scene, paid[0], status="reversed", message_id="M-2"))
    await lose(wallet, callback(scene, paid[1]))
    await wallet.desk.settle_unheard(scene.institution_id)
    found = [(await wallet.read(payment_id))["payment"]["status"] for payment_id in paid]
    assert found == ["accepted", "completed"]


async def test_a_payment_that_cannot_be_handed_over_keeps_none_from_theirs(
    scene: Scene, wallet: Wallet
) -> None:
    poisoned = await requested(scene, OTHER)
    sound = await requested(scene, wallet.desk.sealer)
    assert await wallet.poll() == 2
    assert (await wallet.read(poisoned))["payment"]["status"] == "requested"
    assert (await wallet.read(sound))["payment"]["is_booked"] is True


async def test_an_institution_that_fails_keeps_none_from_theirs(
    scene: Scene, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = await requested(scene, wallet.desk.sealer)
    institution_ids = [InstitutionId(ids.new()), scene.institution_id]

    async def known(_session: object) -> Sequence[InstitutionId]:
        return institution_ids

    def opened(institution_id: InstitutionId) -> object:
        if institution_id == institution_ids[0]:
            raise RuntimeError("its disk is gone")
        return begun(institution_id)

    begun = scene.database.read
    monkeypatch.setattr(payment_queries, "institution_ids", known)
    monkeypatch.setattr(scene.database, "read", opened)
    with suppress(RuntimeError):
        await wallet.desk.poll_everywhere()
    await wallet.sandbox.settle()
    monkeypatch.undo()
    assert (await wallet.read(sound))["payment"]["is_booked"] is True


@pytest.mark.parametrize("direction", Direction)
async def test_what_was_taken_back_before_it_was_booked_is_not_booked(
    scene: Scene, wallet: Wallet, direction: Direction
) -> None:
    fund_id = await scene.fund()
    row = await signed(scene, fund_id)
    kept: Any = {}

    async def overtaken(institution_id: InstitutionId, payment: PaymentRow) -> None:
        amount = "1000.000" if direction is Direction.OUTBOUND else "100.000"
        await take_back(wallet, payment.payment_id, amount)
        await kept[direction](institution_id, payment)

    recorder: Any = SimpleNamespace(
        database=scene.database, clock=wallet.clock, on_completed=kept.__setitem__
    )
    subscriptions.subscribe(recorder, book=RepaymentBook(scene.database), days=wallet.days)
    wallet.desk.on_completed(direction, overtaken)
    await wallet.pay_out(row.contract_id, phone=PHONE + "00")
    if direction is Direction.INBOUND:
        await wallet.collect(row.contract_id, "100.000", phone=PHONE + "00")
    taken_back = "select status from payment where direction = :direction"
    assert await scene.scalar(taken_back, direction=direction.value) == "reversed"
    assert await scene.scalar("select count(*) from repayment") == 0
    out = ("-1000.000", "1000.000") if direction is Direction.INBOUND else ("0.000", "0.000")
    assert await booked(scene, fund_id) == out


class _Overtaken(RepaymentBook):
    """A book whose collections are taken back by the wallet as soon as they are in it."""

    wallet: Wallet
    crashes = False

    async def receive(
        self, institution_id: InstitutionId, commands: Sequence[ReceiveRepayment]
    ) -> list[Outcome]:
        received = await super().receive(institution_id, commands)
        if self.crashes:
            raise RuntimeError("the process ends here")
        assert commands[0].payment_id is not None
        self.back = asyncio.create_task(take_back(self.wallet, commands[0].payment_id, "100.000"))
        await asyncio.wait([self.back], timeout=0.3)
        return received


@pytest.mark.parametrize("crashes", [False, True])
async def test_a_collection_taken_back_after_it_was_booked_is_a_difference(
    scene: Scene, wallet: Wallet, *, crashes: bool
) -> None:
    fund_id = await scene.fund()
    row = await signed(scene, fund_id)
    await wallet.pay_out(row.contract_id, phone=PHONE + "00")
    book = _Overtaken(scene.database)
    book.wallet, book.crashes = wallet, crashes
    subscriptions.subscribe(wallet.desk, book=book, days=wallet.days)
    answer = await wallet.collect(row.contract_id, "100.000", phone=PHONE + "00")
    payment_id = answer.json()["payment_id"]
    if crashes:
        wallet.subscribe()
        await take_back(wallet, payment_id, "100.000")
        await wallet.poll()
    else:
        await book.back
    payment = await wallet.read(payment_id)
    assert ("reversed", "difference") in outcomes(payment)
    assert (payment["payment"]["status"], payment["payment"]["is_booked"]) == ("completed", True)
    assert await booked(scene, fund_id) == ("-900.000", "900.000")
    assert await scene.scalar("select count(*) from repayment") == 1


async def test_money_that_came_on_a_day_before_signature_is_booked_on_the_day_of_signature(
    scene: Scene, wallet: Wallet
) -> None:
    fund_id = await scene.fund()
    row = await signed(scene, fund_id)
    await wallet.pay_out(row.contract_id, phone=PHONE + "00")
    answer = await wallet.collect(row.contract_id, "100.000", phone=PHONE + "91")
    early = callback(
        scene,
        answer.json()["payment_id"],
        amount="100.000",
        occurred_on=(TODAY - timedelta(days=1)).isoformat(),
    )
    with suppress(Exception):
        await wallet.desk.hear(understood(early), rail="sandbox", kind="callback")
    assert await booked(scene, fund_id) == ("-900.000", "900.000")
    day = await scene.scalar("select received_on from repayment")
    assert isinstance(day, date)
    assert day == row.signed_on == TODAY
