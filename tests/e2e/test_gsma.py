"""A mobile-money provider pays bills by the GSMA's standard: once, told in time, never guessed."""

import asyncio
import hashlib
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from services.loans.biller import desk as desks
from services.loans.biller.deciding import Target
from services.loans.biller.desk import BillDesk
from services.loans.biller.headers import Heads
from services.loans.biller.messages import request_state
from services.loans.biller.rail import BillRail
from services.loans.rails.protocol import RailUnavailable
from shared import ids
from shared.auth import Actor, Role
from tests.e2e import gsma, journey
from tests.e2e.gsma import Scene, error_of
from tests.e2e.house import until

WAITS = "wait=5"
FIRST = "83.333"


@pytest.fixture(scope="module")
def scene(
    database_urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("house")
    with gsma.scene(database_urls, folder) as opened:
        yield opened


def test_an_accepted_payment_is_booked_once_and_its_sender_is_called_back(scene: Scene) -> None:
    async def walk() -> None:
        provider = scene.provider
        reference, contract_id = await scene.contract()
        (bill,) = await provider.read(f"/accounts/accountid/{reference}/bills")
        assert (bill["billStatus"], bill["amountDue"]) == ("unpaid", FIRST)
        correlation_id = str(uuid.uuid4())
        answer = await provider.pay(
            f"/accounts/accountid/{reference}/bills/{bill['billReference']}",
            "30.5",
            said={"requestingOrganisationTransactionReference": "MM-1", "colour": "green"},
            X_CorrelationID=correlation_id,
            X_Callback_URL=scene.receiver.address,
        )
        state = answer.json()
        assert (answer.status_code, state["status"]) == (202, "pending")
        assert state["notificationMethod"] == "callback"

        async def is_told() -> bool:
            return any(
                got.headers.get("x-correlationid") == correlation_id for got in scene.receiver.got
            )

        await until(is_told, named="the callback")
        told = next(
            got
            for got in scene.receiver.got
            if got.headers.get("x-correlationid") == correlation_id
        )
        assert told.method == "PUT"
        assert told.headers["x-content-hash"] == hashlib.sha256(told.body).hexdigest()
        paid = told.told
        assert (paid["amountPaid"], paid["billPaymentStatus"]) == ("30.500", "completed")
        assert paid["requestingOrganisationTransactionReference"] == "MM-1"
        assert "30.500" in paid["serviceProviderNotification"]
        assert await provider.repaid(contract_id) == ["30.500"]

        where = await provider.read(f"/responses/{correlation_id}")
        found = await provider.read(where["link"])
        assert found["status"] == "completed"
        assert found["objectReference"] == paid["serviceProviderPaymentReference"]
        entry = await provider.read(f"/statemententries/{found['objectReference']}")
        assert (entry["amount"], entry["displayType"]) == ("30.500", "repayment")
        (bill,) = await provider.read(f"/accounts/accountid/{reference}/bills")
        assert (bill["billStatus"], bill["amountDue"]) == ("partialpaid", "52.833")

    scene.call(walk)


def test_who_does_not_name_an_address_asks_until_it_is_done(scene: Scene) -> None:
    async def walk() -> None:
        provider = scene.provider
        reference, contract_id = await scene.contract()
        answer = await provider.pay(f"/accounts/accountid@{reference}/bills", "40")
        assert answer.json()["notificationMethod"] == "polling"
        path = f"/requeststates/{answer.json()['serverCorrelationId']}"

        async def is_done() -> bool:
            return bool((await provider.read(path))["status"] == "completed")

        await until(is_done, named="the payment")
        assert await provider.repaid(contract_id) == ["40.000"]

    scene.call(walk)


def test_who_waits_gets_the_payment_itself(scene: Scene) -> None:
    async def walk() -> None:
        provider = scene.provider
        reference, contract_id = await scene.contract()
        answer = await provider.pay(f"/bills/{reference}.1.1", FIRST, Prefer=WAITS)
        assert answer.status_code == 201, answer.text
        assert answer.json()["billPaymentStatus"] == "completed"
        assert await provider.repaid(contract_id) == [FIRST]
        (bill,) = await provider.read(f"/accounts/accountid/{reference}/bills")
        assert (bill["billStatus"], bill["amountDue"]) == ("paid", "0.000")
        again = await provider.pay(f"/bills/{reference}.1.1", "0.001", Prefer=WAITS)
        assert error_of(again) == (400, "businessRule", "overPaymentNotAllowed")

    scene.call(walk)


def test_the_same_id_fifty_times_at_once_is_one_repayment(scene: Scene) -> None:
    async def walk() -> None:
        provider = scene.provider
        reference, contract_id = await scene.contract()
        correlation_id = str(uuid.uuid4())
        answers = await asyncio.gather(
            *(
                provider.pay(
                    f"/accounts/accountid/{reference}/bills",
                    "10",
                    X_CorrelationID=correlation_id.upper() if one % 2 else correlation_id,
                    Prefer=WAITS,
                )
                for one in range(50)
            )
        )
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses[400] == 49, statuses
        refused = {error_of(answer) for answer in answers if answer.status_code == 400}
        assert refused == {(400, "businessRule", "duplicateRequest")}
        where = await provider.read(f"/responses/{correlation_id}")

        async def is_done() -> bool:
            return bool((await provider.read(where["link"]))["status"] == "completed")

        await until(is_done, named="the one payment")
        assert await provider.repaid(contract_id) == ["10.000"]

    scene.call(walk)


def test_a_retry_under_a_new_id_is_known_by_the_senders_reference(scene: Scene) -> None:
    async def walk() -> None:
        provider = scene.provider
        reference, contract_id = await scene.contract()
        said = {"requestingOrganisationTransactionReference": str(uuid.uuid4())}
        path = f"/accounts/accountid/{reference}/bills"
        refused = await provider.pay(path, "1001", said=said)
        assert error_of(refused) == (400, "businessRule", "overPaymentNotAllowed")
        answers = await asyncio.gather(*(provider.pay(path, "10", said=said) for _ in range(8)))
        assert Counter(answer.status_code for answer in answers) == {202: 1, 400: 7}
        stranger = await gsma.provider(scene.house, provider.office)
        other = await stranger.pay(path, "10", said=said, Prefer=WAITS)
        assert other.status_code == 201, "a reference is its sender's own"

        async def are_done() -> bool:
            return await provider.repaid(contract_id) == ["10.000"] * 2

        await until(are_done, named="both payments")

    scene.call(walk)


def test_payments_at_once_never_take_more_than_is_open(scene: Scene) -> None:
    async def walk() -> None:
        provider = scene.provider
        reference, contract_id = await scene.contract()
        path = f"/accounts/accountid/{reference}/bills"
        answers = await asyncio.gather(*(provider.pay(path, "300") for _ in range(6)))
        codes = Counter(answer.status_code for answer in answers)
        assert codes == {202: 3, 400: 3}, [answer.text for answer in answers]

        async def are_done() -> bool:
            return await provider.repaid(contract_id) == ["300.000"] * 3

        await until(are_done, named="the payments that fit")
        assert await provider.outstanding(contract_id) == "100.000"

    scene.call(walk)


def test_what_is_kept_when_a_process_ends_is_done_by_the_next(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ends(*_: object) -> None:
        raise ConnectionError("the process ends here")

    async def walk() -> None:
        provider = scene.provider
        reference, contract_id = await scene.contract()
        correlation_id = str(uuid.uuid4())
        path = f"/accounts/accountid/{reference}/bills"
        with monkeypatch.context() as patch:
            patch.setattr(BillDesk, "_accept", ends)
            lost = await provider.pay(path, "25", X_CorrelationID=correlation_id)
            assert error_of(lost) == (503, "serviceUnavailable", "genericError")
            where = await provider.read(f"/responses/{correlation_id}")
            assert (await provider.read(where["link"]))["status"] == "pending"
        again = await provider.pay(path, "25", X_CorrelationID=correlation_id)
        assert error_of(again) == (400, "businessRule", "duplicateRequest")

        async def is_done() -> bool:
            await provider.catch_up()
            return bool((await provider.read(where["link"]))["status"] == "completed")

        with monkeypatch.context() as patch:
            patch.setattr(desks, "LEFT_AFTER", desks.LEFT_AFTER * 0)
            await until(is_done, named="the payment that was left")
        assert await provider.repaid(contract_id) == ["25.000"]

    scene.call(walk)


def test_what_cannot_be_decided_in_time_is_answered_and_decided_after(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = text("select 1 from contract where contract_id = :id for update")

    async def walk() -> None:
        provider = scene.provider
        institution_id = provider.office.institution.id
        reference, contract_id = await scene.contract()
        actor = Actor(
            id=ids.new(), institution_id=institution_id, roles=frozenset({Role.INTEGRATOR})
        )
        heads = Heads(correlation_id=None, callback_url=None, waits=False)
        target = Target(account=f"accountid/{reference}", bill=None)
        body = b'{"amountPaid":"2000","currency":"JOD"}'
        monkeypatch.setattr(desks, "ANSWERED_WITHIN", 0.3)
        async with scene.house.database.begin(institution_id) as session:
            await session.execute(held, {"id": contract_id})
            request_id = await provider.desk.take(
                actor, target, body, heads=heads, language="en"
            )  # comes back while the contract is locked
        row = await provider.desk.read(institution_id, request_id)
        assert request_state(row)["status"] == "pending"
        await provider.desk.finish_and_tell(institution_id, request_id)
        state = request_state(await provider.desk.read(institution_id, request_id))
        assert (state["status"], state["error"]["errorCode"]) == ("failed", "overPaymentNotAllowed")
        assert await provider.repaid(contract_id) == []

    scene.call(walk)


def test_a_loan_settled_in_cash_meanwhile_fails_the_payment_by_a_bare_error_object(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(*_: object, **__: object) -> None:
        raise RailUnavailable(rail="gsma")

    async def walk() -> None:
        provider = scene.provider
        reference, contract_id = await scene.contract()
        correlation_id = str(uuid.uuid4())
        with monkeypatch.context() as patch:
            patch.setattr(BillRail, "ask_status", silent)
            answer = await provider.pay(
                f"/accounts/accountid/{reference}/bills",
                "100",
                X_CorrelationID=correlation_id,
                X_Callback_URL=scene.receiver.address,
            )
            assert answer.status_code == 202, answer.text
            await journey.repay(provider.office, contract_id, "1000.000")

        def told() -> list[Any]:
            return [
                got.told
                for got in scene.receiver.got
                if got.headers.get("x-correlationid") == correlation_id
            ]

        request_id = uuid.UUID(answer.json()["serverCorrelationId"])
        await provider.desk.finish_and_tell(provider.office.institution.id, request_id)

        async def is_told() -> bool:
            return bool(told())

        await until(is_told, named="the refusal")
        (error,) = told()
        assert error["errorCategory"] == "businessRule"
        assert error["errorCode"] == "overPaymentNotAllowed"
        state = await provider.read(f"/requeststates/{request_id}")
        assert (state["status"], state["error"]) == ("failed", error)
        assert "objectReference" not in state
        status = await provider.read(f"/accounts/accountid/{reference}/status")
        assert status["accountStatus"] == "unavailable"
        assert await provider.repaid(contract_id) == ["1000.000"]

    scene.call(walk)


def test_a_callback_that_is_not_taken_is_tried_again_later_and_then_no_more(scene: Scene) -> None:
    forward = text(
        "update bill_callback set next_at = clock_timestamp() where institution_id = :i"
        " and request_id = :r and delivered_at is null returning attempts, answer"
    )

    async def walk() -> None:
        provider, institution_id = scene.provider, scene.provider.office.institution.id
        reference, _ = await scene.contract()
        refusals = ["500 No", "307 Elsewhere\r\nlocation: http://127.0.0.1:9/"]
        correlation_id = str(uuid.uuid4())

        def answers(got: Any) -> str:
            ours = got.headers.get("x-correlationid") == correlation_id
            return refusals.pop(0) if ours and refusals else "204 Yes"

        scene.receiver.answer = answers
        answer = await provider.pay(
            f"/accounts/accountid/{reference}/bills",
            "5",
            X_CorrelationID=correlation_id,
            X_Callback_URL=scene.receiver.address,
        )
        request_id = answer.json()["serverCorrelationId"]
        tries: list[tuple[int, str]] = []
        for expected in ((1, "500"), (2, "307")):

            async def is_tried(expected: tuple[int, str] = expected) -> bool:
                async with scene.house.database.begin(institution_id) as session:
                    row = (
                        await session.execute(forward, {"i": institution_id, "r": request_id})
                    ).first()
                return row is not None and (row.attempts, row.answer) == expected

            await until(is_tried, named=f"try {expected}")
            tries.append(expected)
            await provider.catch_up()
        came = [g for g in scene.receiver.got if g.headers["x-correlationid"] == correlation_id]
        assert len(came) == 3
        assert len({got.body for got in came}) == 1, "the same is told each time"
        await provider.catch_up()
        await provider.catch_up()
        async with scene.house.database.begin(institution_id) as session:
            done = await session.execute(forward, {"i": institution_id, "r": request_id})
            assert done.first() is None, "what was taken is told no more"

    scene.call(walk)
