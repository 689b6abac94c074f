"""Repayments are allocated, booked and told once, whoever sends them how often and how fast."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.loans.domain.chart import FundKind
from services.loans.domain.collecting import ReverseRepayment
from services.loans.ledger import operations as ledger
from services.loans.ledger.queries import JOURNAL
from services.loans.proof import operations as proof
from services.loans.repayments import router as repayments
from services.loans.repayments.batch import RepaymentBook
from shared import events, feed, ids
from shared.batching import Batcher
from shared.db import Database
from shared.events import RepaymentReceived
from shared.feed import Sequencer
from shared.ids import BranchId, ContractId, InstitutionId, RepaymentId
from tests.builders import make_loan, make_qard, money
from tests.integration.loans.scene import ACTOR, TODAY, Scene, client_of, keyed
from tests.integration.loans.standing import Lent, lend

SIGNED = date(2026, 1, 15)


@pytest.fixture
async def scene(loans_db: Database, institution_id: InstitutionId) -> Scene:
    return await Scene(database=loans_db, institution_id=institution_id).found()


async def a_qard(scene: Scene, *, amount: str = "1000.000", instalments: int = 7) -> Lent:
    fund_id = await scene.fund()
    terms = make_qard(principal=money(amount), instalments=instalments)
    return (await lend(scene, fund_id, [terms]))[0]


def client(scene: Scene, roles: str = "officer") -> Any:
    book = RepaymentBook(scene.database)
    return client_of(
        scene,
        repayments.router,
        roles=roles,
        repayment_book=book,
        repayments=Batcher(book.receive),
    )


def paid(amount: str, **members: Any) -> dict[str, Any]:
    return {"amount": {"amount": amount, "currency": "JOD"}, **members}


async def pay(
    http: httpx.AsyncClient, contract_id: ContractId, amount: str, **members: Any
) -> httpx.Response:
    path = f"/loans/v1/contracts/{contract_id}/repayments"
    return await http.post(path, json=paid(amount, **members), headers=keyed())


async def assert_sound(scene: Scene) -> None:
    sequencer = Sequencer(scene.database, chains=(feed.EVENTS, JOURNAL))
    await sequencer.number(scene.institution_id)
    assert await broken_rules(scene) == {}


async def broken_rules(scene: Scene) -> dict[str | None, str]:
    async with scene.database.read(scene.institution_id, snapshot=True) as session:
        return {
            finding.row: finding.rule async for finding in proof.prove(session) if not finding.holds
        }


async def test_a_payment_fills_the_first_instalments_and_is_booked(scene: Scene) -> None:
    lent = await a_qard(scene)
    async with client(scene) as http:
        answer = await pay(http, lent.contract_id, "150.000", received_on="2026-02-15")
    assert answer.status_code == 201
    body = answer.json()
    assert body["principal"] == {"amount": "150.000", "currency": "JOD"}
    assert body["outstanding_principal"]["amount"] == "850.000"
    assert body["contract_closed"] is False
    assert (
        await scene.scalar(
            "select sum(amount_minor) from journal_line l join account a"
            " using (institution_id, account_id) where a.code = 'loans'"
        )
        == 850_000
    )
    await assert_sound(scene)


async def test_profit_is_paid_before_principal_and_becomes_income(scene: Scene) -> None:
    fund_id = await scene.fund(FundKind.COMMERCIAL)
    terms = make_loan(principal=money("1000.000"))
    (lent,) = await lend(scene, fund_id, [terms], kind=FundKind.COMMERCIAL)
    async with client(scene) as http:
        body = (await pay(http, lent.contract_id, "15.000")).json()
    assert (body["profit"]["amount"], body["principal"]["amount"]) == ("10.000", "5.000")
    await assert_sound(scene)


async def test_more_than_is_owed_is_kept_as_surplus_and_closes_the_contract(
    scene: Scene,
) -> None:
    lent = await a_qard(scene)
    async with client(scene) as http:
        body = (await pay(http, lent.contract_id, "1000.500")).json()
        again = (await pay(http, lent.contract_id, "0.001")).json()
    assert body["surplus"]["amount"] == "0.500"
    assert body["contract_closed"] is True
    assert again["surplus"]["amount"] == "0.001"
    closed = await scene.scalar("select count(*) from event where type like '%contract-closed%'")
    assert closed == 1
    await assert_sound(scene)


async def test_the_event_is_what_other_services_were_promised(scene: Scene) -> None:
    lent = await a_qard(scene)
    async with client(scene) as http:
        body = (await pay(http, lent.contract_id, "5.000")).json()
    data = await scene.scalar(
        "select data from event where type = :type", type=RepaymentReceived.type
    )
    told = events.RepaymentReceived.model_validate(data)
    assert str(told.repayment_id) == body["repayment_id"]
    assert set(told.model_dump(exclude_none=True)) == set(data)  # type: ignore[call-overload]
    assert (told.principal_minor, told.fund_id) == (5_000, lent.fund_id)


async def send(
    http: httpx.AsyncClient, contract_id: ContractId, amount: str, key: str
) -> httpx.Response:
    path = f"/loans/v1/contracts/{contract_id}/repayments"
    return await http.post(path, json=paid(amount), headers={"Idempotency-Key": key})


async def test_fifty_repetitions_at_once_have_one_effect_and_one_answer(scene: Scene) -> None:
    lent = await a_qard(scene)
    async with client(scene) as http, client(scene) as other:
        answers = await asyncio.gather(
            *(send(one, lent.contract_id, "10.000", "k") for one in (http, other) * 25)
        )
        later = await send(http, lent.contract_id, "10.000", "k")
        changed = await send(http, lent.contract_id, "10.001", "k")
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in [*answers, later]}) == 1
    assert later.headers["idempotent-replayed"] == "true"
    assert changed.status_code == 422
    assert changed.json()["type"] == "/problems/shared/idempotency-key-reused"
    assert await scene.scalar("select count(*) from repayment") == 1
    await assert_sound(scene)


async def test_fifty_payments_on_one_contract_at_once_lose_nothing(scene: Scene) -> None:
    lent = await a_qard(scene)
    async with client(scene) as http, client(scene) as other:
        answers = await asyncio.gather(
            *(pay(one, lent.contract_id, "7.000") for one in (http, other) * 25)
        )
    assert {answer.status_code for answer in answers} == {201}
    assert await scene.scalar("select paid_principal_minor from position") == 350_000
    await assert_sound(scene)


async def test_a_refused_payment_fails_alone_among_its_neighbours(scene: Scene) -> None:
    fund_id = await scene.fund()
    terms = [make_qard(principal=money("100.000")) for _ in range(4)]
    lents = await lend(scene, fund_id, terms)
    nobody = ContractId(ids.new())
    async with client(scene) as http:
        answers = await asyncio.gather(
            pay(http, lents[0].contract_id, "1.000"),
            pay(http, nobody, "1.000"),
            pay(http, lents[1].contract_id, "1.000", received_on="2027-01-01"),
            pay(http, lents[2].contract_id, "1.000", received_on="2025-12-31"),
            pay(http, lents[3].contract_id, "1.000"),
        )
    assert [answer.status_code for answer in answers] == [201, 404, 422, 422, 201]
    kinds = [answer.json().get("type", "") for answer in answers[1:4]]
    assert kinds == [
        "/problems/loans/contract-unknown",
        "/problems/loans/day-not-possible",
        "/problems/loans/day-not-possible",
    ]
    assert await scene.scalar("select count(*) from repayment") == 2
    await assert_sound(scene)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (paid("0.000"), 422),
        (paid("-5.000"), 422),
        (paid("1.0000"), 422),
        (paid("99999999999999999999"), 422),
        ({"amount": {"amount": "1.00", "currency": "EGP"}}, 422),
        ({"amount": {"amount": "1.00", "currency": "XXQ"}}, 422),
        ({"amount": 5}, 422),
        ({}, 422),
        (paid("1.000", channel="bitcoin"), 422),
        (paid("1.000", received_on="yesterday"), 422),
        (paid("1.000", surprise=True), 422),
    ],
)
async def test_bad_input_is_named_and_changes_nothing(
    scene: Scene, body: dict[str, Any], status: int
) -> None:
    lent = await a_qard(scene)
    path = f"/loans/v1/contracts/{lent.contract_id}/repayments"
    async with client(scene) as http:
        answer = await http.post(path, json=body, headers=keyed())
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].startswith("/problems/")
    assert await scene.scalar("select count(*) from repayment") == 0


async def test_arabic_digits_are_read_as_a_person_types_them(scene: Scene) -> None:
    lent = await a_qard(scene)
    async with client(scene) as http:
        answer = await pay(http, lent.contract_id, "١٢٫٥٠٠")
    assert answer.json()["principal"]["amount"] == "12.500"


async def test_without_a_key_nothing_is_received(scene: Scene) -> None:
    lent = await a_qard(scene)
    path = f"/loans/v1/contracts/{lent.contract_id}/repayments"
    async with client(scene) as http:
        answer = await http.post(path, json=paid("1.000"))
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/invalid-request"


async def test_a_contract_that_is_not_paid_out_takes_no_payment(scene: Scene) -> None:
    fund_id = await scene.fund()
    (lent,) = await lend(scene, fund_id, [make_qard(principal=money("9.000"))], status="signed")
    async with client(scene) as http:
        answer = await pay(http, lent.contract_id, "1.000")
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/loans/contract-not-paid-out"


async def test_a_contract_of_another_branch_or_institution_is_not_there(
    scene: Scene, loans_db: Database
) -> None:
    fund_id = await scene.fund()
    (lent,) = await lend(scene, fund_id, [make_qard(principal=money("9.000"))], branch_id=ids.new())
    stranger = await Scene(database=loans_db, institution_id=InstitutionId(ids.new())).found()
    async with client(stranger) as http:
        assert (await pay(http, lent.contract_id, "1.000")).status_code == 404
    async with client(scene) as http:
        http.headers["Authorization"] = "Bearer officer"
        transport: Any = http._transport
        transport.app.state.verifier.branch_ids = frozenset({BranchId(scene.branch_id)})
        assert (await pay(http, lent.contract_id, "1.000")).status_code == 404
    assert await scene.scalar("select count(*) from repayment") == 0


async def test_a_payment_for_a_closed_day_is_valued_on_it_and_booked_on_the_next(
    scene: Scene,
) -> None:
    lent = await a_qard(scene)
    async with scene.database.begin(scene.institution_id) as session:
        await ledger.close_books(session, through=date(2026, 2, 20), today=TODAY, actor_id=ACTOR)
    async with client(scene) as http:
        answer = await pay(http, lent.contract_id, "5.000", received_on="2026-02-10")
    assert answer.status_code == 201
    assert await scene.scalar("select received_on from repayment") == date(2026, 2, 10)
    occurred = await scene.scalar("select occurred_on from journal_entry where kind = 'repayment'")
    assert occurred == date(2026, 2, 21)


async def repayment_ids(http: httpx.AsyncClient, lent: Lent, amounts: Sequence[str]) -> list[str]:
    return [
        (await pay(http, lent.contract_id, amount)).json()["repayment_id"] for amount in amounts
    ]


async def reverse(http: httpx.AsyncClient, repayment_id: str) -> httpx.Response:
    return await http.post(
        f"/loans/v1/repayments/{repayment_id}/reversal",
        json={"reason": "wrong_contract"},
        headers=keyed(),
    )


async def test_a_reversal_is_as_if_the_payment_had_never_come(scene: Scene) -> None:
    fund_id = await scene.fund(FundKind.COMMERCIAL)
    terms = make_loan(principal=money("1000.000"))
    (lent,) = await lend(scene, fund_id, [terms], kind=FundKind.COMMERCIAL)
    async with client(scene, "officer+funds_manager") as http:
        first, _ = await repayment_ids(http, lent, ["200.000", "350.000"])
        answer = await reverse(http, first)
        again = await reverse(http, first)
        of_it = await reverse(http, answer.json()["repayment_id"])
        listed = await http.get(f"/loans/v1/contracts/{lent.contract_id}/repayments")
    assert answer.status_code == 201
    assert answer.json()["amount"]["amount"] == "-200.000"
    assert (again.status_code, of_it.status_code) == (409, 409)
    assert [item["amount"]["amount"] for item in listed.json()["items"]] == [
        "200.000",
        "350.000",
        "-200.000",
    ]
    assert await scene.scalar("select paid_profit_minor from position") == 10_000 + 6_700
    assert (
        await scene.scalar("select count(*) from journal_entry where reverses_entry_id is not null")
        == 1
    )
    await assert_sound(scene)


async def test_ten_reversals_of_one_payment_at_once_reverse_it_once(scene: Scene) -> None:
    lent = await a_qard(scene)
    async with client(scene, "officer+funds_manager") as http:
        (repayment_id,) = await repayment_ids(http, lent, ["50.000"])
        answers = await asyncio.gather(*(reverse(http, repayment_id) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    assert await scene.scalar("select paid_principal_minor from position") == 0
    await assert_sound(scene)


async def test_verify_names_the_contract_whose_sums_were_touched(
    scene: Scene, admin_url: str
) -> None:
    import asyncpg  # noqa: PLC0415 - only this test goes behind the walls

    lent = await a_qard(scene)
    async with client(scene) as http:
        await pay(http, lent.contract_id, "50.000")
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute(
            "update loans.position set paid_principal_minor = 49999 where contract_id = $1",
            lent.contract_id,
        )
    finally:
        await admin.close()
    broken = await broken_rules(scene)
    assert broken[str(lent.contract_id)]
    assert "a fund's loans and goods due are" in " ".join(broken.values())


class Overtaken:
    """A database on which the same request is done elsewhere right after the first reading."""

    def __init__(self, database: Database, elsewhere: Callable[[], Awaitable[object]]) -> None:
        self._database = database
        self._elsewhere = [elsewhere]

    async def pool(self) -> Any:
        return self

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        async with (await self._database.pool()).acquire() as self._connection:
            yield self

    def __getattr__(self, name: str) -> Any:
        async def call(*arguments: Any) -> Any:
            found = await getattr(self._connection, name)(*arguments)
            while self._elsewhere:
                await self._elsewhere.pop()()
            return found

        return call


async def test_a_reversal_that_the_same_request_overtakes_gets_its_answer(scene: Scene) -> None:
    lent = await a_qard(scene)
    async with client(scene) as http:
        (repayment_id,) = await repayment_ids(http, lent, ["50.000"])
    asked = ReverseRepayment(
        reason="duplicate",
        repayment_id=RepaymentId(UUID(repayment_id)),
        actor_id=ACTOR,
        key="k",
        request_hash=b"h",
    )
    book = RepaymentBook(scene.database)
    database: Any = Overtaken(scene.database, lambda: book.reverse(scene.institution_id, asked))
    answer = await RepaymentBook(database).reverse(scene.institution_id, asked)
    assert answer.repeated
    assert await scene.scalar("select count(*) from repayment where amount_minor < 0") == 1
