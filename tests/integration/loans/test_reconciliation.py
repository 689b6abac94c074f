"""Statements beside the books: what agrees is settled once, what differs has an owner."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from services.loans.funds.queries import standings
from services.loans.payments import desk as payment_desk
from services.loans.reconciliation import timing
from shared import ids
from shared.auth import Role
from shared.db import Database, TenantDb
from shared.ids import InstitutionId
from tests.integration.loans import reconciling
from tests.integration.loans.reconciling import PATH, Counter, done, entry, statement


@pytest.fixture
async def counter(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Counter]:
    async with reconciling.opened(loans_db, institution_id) as opened:
        yield opened


async def test_a_line_that_names_its_payment_settles_both_and_a_second_run_says_nothing(
    counter: Counter,
) -> None:
    await counter.plan()
    payment_id = await counter.collect(await counter.contract(), "200.125")
    await counter.bring(statement("0", "200.125", 1, entry("200.125", 1, payment_id.hex)))
    first = await counter.run()
    assert first == {"said": {"matched": 2}, "held": 0}
    found = await counter.said()
    assert {one["state"] for one in found.values()} == {"settled"}
    assert len({one["match_id"] for one in found.values()}) == 1
    assert found[str(payment_id)]["level"] == "identifier"
    assert await counter.run() == {"said": {}, "held": 0}
    assert await counter.suspense() == []
    assert await counter.broken() == {}


async def test_unexplained_money_is_owed_the_day_it_came_and_put_aside_once(
    counter: Counter,
) -> None:
    await counter.plan()
    await counter.bring(statement("0", "45", 1, entry("45", 1, "WHO-KNOWS", bank="B1")))
    runs = await asyncio.gather(*(counter.run() for _ in range(4)))
    assert sorted(one["held"] for one in runs) == [0, 0, 0, 1]
    assert await counter.balance("suspense") == "-45.000"
    assert await counter.balance("wallet") == "45.000"
    (item,) = await counter.suspense()
    assert (item["arrived_on"], item["age"], item["ended_on"]) == ("2026-03-01", "up_to_1", None)
    (judged,) = (await counter.said()).values()
    assert (judged["outcome"], judged["state"]) == ("theirs_only", "open")
    assert judged["is_in_suspense"]
    assert judged["owner_id"] == str(counter.maker.actor.id)
    counter.later(8)
    assert (await counter.suspense())[0]["age"] == "up_to_30"
    (judged,) = (await counter.said()).values()
    assert str(judged["days"]) == "8"
    assert await counter.broken() == {}


async def test_the_money_of_senders_is_not_the_fund_s_to_lend(counter: Counter) -> None:
    await counter.plan()
    await counter.bring(statement("0", "45", 1, entry("45", 1, bank="B1")))
    await counter.run()
    async with counter.office.database.read(counter.office.institution_id) as session:
        standing = (await standings(session, [counter.fund_id]))[counter.fund_id]
    assert str(standing.cash) == "10000.000"


async def test_the_same_file_twice_and_one_that_overlaps_bring_nothing_twice(
    counter: Counter,
) -> None:
    await counter.plan()
    first = statement("0", "45", 1, entry("45", 1, bank="B1"))
    both = statement("0", "50", 1, entry("45", 1, bank="B1"), entry("5", 1, bank="B2"))
    await counter.bring(first)
    await counter.run()
    await counter.bring(first, status=200)
    await counter.bring(both)
    assert (await counter.run())["held"] == 1
    assert await counter.balance("suspense") == "-50.000"
    assert await counter.outcomes("line") == ["theirs_only open"] * 2


async def test_a_truncated_file_or_one_of_another_currency_leaves_nothing(
    counter: Counter,
) -> None:
    await counter.plan()
    whole = statement("0", "45", 1, entry("45", 1, bank="B1"))
    await counter.bring(whole[:-40], status=422)
    await counter.bring(whole.replace(b"JOD", b"USD"), status=422)
    assert await counter.run() == {"said": {}, "held": 0}
    assert await counter.said() == {}
    assert await counter.balance("suspense") == "0.000"


async def test_a_statement_that_names_a_silent_payment_completes_and_books_it(
    counter: Counter,
) -> None:
    await counter.plan()
    payment_id = await counter.collect(await counter.contract(), "100.000", ends="91")
    assert (await counter.payment(payment_id))["payment"]["status"] == "accepted"
    await counter.bring(statement("0", "100", 1, entry("100", 1, str(payment_id), bank="B9")))
    await counter.run()
    told = await counter.payment(payment_id)
    assert (told["payment"]["status"], told["payment"]["is_booked"]) == ("completed", True)
    assert told["payment"]["completed_on"] == "2026-03-01"
    assert await counter.balance("wallet") == "100.000"
    assert await counter.run() == {"said": {}, "held": 0}
    assert await counter.broken() == {}


async def test_what_a_statement_said_is_heard_after_a_process_that_kept_it_ended(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    await counter.plan()
    payment_id = await counter.collect(await counter.contract(), "100.000", ends="91")
    await counter.bring(statement("0", "100", 1, entry("100", 1, str(payment_id), bank="B9")))

    async def ends(*_args: object) -> None:
        raise ConnectionError("the process ended here")

    with monkeypatch.context() as patch:
        patch.setattr(counter.desk, "settle", ends)
        body = {"money_account_id": counter.account_id}
        answer = await counter.maker.post(f"{PATH}/runs", body, Idempotency_Key=str(ids.new()))
        assert answer.status_code == 503
    assert (await counter.payment(payment_id))["payment"]["status"] == "accepted"
    monkeypatch.setattr(payment_desk, "UNHEARD_AFTER", timedelta(milliseconds=-5))
    await counter.desk.settle_unheard(counter.office.institution_id)
    told = await counter.payment(payment_id)
    assert (told["payment"]["status"], told["payment"]["is_booked"]) == ("completed", True)
    await counter.run()
    assert len((await counter.payment(payment_id))["steps"]) == len(told["steps"])
    assert await counter.balance("wallet") == "100.000"


async def test_a_payment_that_is_not_on_a_closed_statement_is_asked_about_and_not_failed(
    counter: Counter,
) -> None:
    await counter.plan()
    payment_id = await counter.collect(await counter.contract(), "100.000", ends="91")
    await counter.to_the_present()
    await counter.bring(statement("0", "0", 2))
    await counter.run()
    assert await counter.outcomes("payment") == []  # its day is not told yet
    counter.later(6)
    today = counter.office.clock.now()
    await counter.bring(statement("0", "0", today.day, month=today.month, year=today.year))
    await counter.run()
    assert await counter.outcomes("payment") == ["ours_only open"]
    assert (await counter.payment(payment_id))["payment"]["status"] == "accepted"
    proposal_id = await counter.propose("missing-payments", payment_id=str(payment_id))
    assert (await counter.payment(payment_id))["payment"]["status"] == "accepted"
    await counter.approve(proposal_id)
    told = (await counter.payment(payment_id))["payment"]
    assert (told["status"], told["reason_code"]) == ("failed", "not_on_statement")
    assert await counter.outcomes("payment") == ["ours_only settled"]
    assert await counter.run() == {"said": {}, "held": 0}


async def test_nothing_is_missed_where_a_statement_is_missing(counter: Counter) -> None:
    await counter.plan()
    contract = await counter.contract()
    await counter.pay(contract, "30.000", on="2026-03-01")
    counter.later(9)
    await counter.bring(statement("5", "5", 1))
    await counter.bring(statement("7", "7", 9))
    await counter.run()
    assert await counter.outcomes("movement") == []
    await counter.bring(statement("5", "7", 5, entry("2", 5, bank="B1")))
    await counter.run()
    assert await counter.outcomes("movement") == ["ours_only open"]


async def test_a_repayment_by_hand_is_matched_by_the_contract_it_refers_to(
    counter: Counter,
) -> None:
    await counter.plan()
    contract = await counter.contract()
    await counter.pay(contract, "30.000", on="2026-03-01")
    counter.later(1)
    await counter.bring(
        statement("0", "30", 2, entry("30", 2, contract.reference.lower(), bank="B1"))
    )
    await counter.run()
    assert set(await counter.outcomes("movement")) == {"matched settled"}
    assert (await counter.said())[await counter.only("line", "settled")]["level"] == "reference"
    assert await counter.broken() == {}


async def test_an_amount_alone_asks_a_person_who_may_match_or_put_aside(
    counter: Counter,
) -> None:
    await counter.plan()
    contract = await counter.contract()
    await counter.pay(contract, "30.000", on="2026-03-01")
    await counter.bring(statement("0", "30", 1, entry("30", 1, bank="B1")))
    assert (await counter.run())["held"] == 0
    line, movement = await counter.only("line"), await counter.only("movement")
    assert (await counter.said())[line]["outcome"] == "undecided"
    proposal_id = await counter.propose("matches", lines=[line], ours=[movement])
    other = await counter.propose("suspense", line_id=line)
    await counter.approve(proposal_id)
    assert set(await counter.outcomes("line")) == {"matched settled"}
    late = await counter.decide(other)
    assert (late.status_code, late.json()["type"].rpartition("/")[2]) == (409, "subject-not-open")
    assert await counter.balance("suspense") == "0.000"
    assert await counter.broken() == {}


async def test_what_a_person_puts_aside_is_suspense_like_any_other(counter: Counter) -> None:
    await counter.plan()
    contract = await counter.contract()
    await counter.pay(contract, "30.000", on="2026-03-01")
    await counter.bring(statement("0", "30", 1, entry("30", 1, bank="B1")))
    await counter.run()
    await counter.approve(await counter.propose("suspense", line_id=await counter.only("line")))
    assert await counter.balance("suspense") == "-30.000"
    assert await counter.run() == {"said": {}, "held": 0}
    assert await counter.broken() == {}


async def test_a_match_by_hand_comes_to_the_same_on_both_sides(counter: Counter) -> None:
    await counter.plan()
    contract = await counter.contract()
    payment_id = await counter.collect(contract, "100.000")
    await counter.bring(statement("0", "99", 1, entry("99", 1, payment_id.hex)))
    await counter.run()
    assert await counter.outcomes("line") == ["amount_differs open"]
    line = await counter.only("line")
    body = counter.proposed(lines=[line], ours=[str(payment_id)])
    answer = await counter.maker.post(f"{PATH}/matches", body, Idempotency_Key=str(ids.new()))
    assert answer.json()["type"].endswith("/match-does-not-add")
    assert (answer.json()["theirs"]["amount"], answer.json()["ours"]["amount"]) == (
        "99.000",
        "100.000",
    )


async def test_a_payment_told_twice_is_one_payment_and_the_other_money_is_owed(
    counter: Counter,
) -> None:
    await counter.plan()
    payment_id = await counter.collect(await counter.contract(), "100.000")
    lines = [entry("100", 1, payment_id.hex, bank=bank) for bank in ("B1", "B2")]
    await counter.bring(statement("0", "200", 1, *lines))
    await counter.run()
    assert await counter.outcomes("line") == ["duplicate open", "matched settled"]
    assert await counter.balance("suspense") == "-100.000"
    assert await counter.balance("wallet") == "200.000"


async def test_the_timer_reconciles_what_is_planned_when_a_file_came_or_time_went_by(
    counter: Counter,
) -> None:
    institution_id = counter.office.institution_id
    db = TenantDb(counter.office.database, institution_id)
    await counter.to_the_present()

    async def tick() -> object:
        now = counter.office.clock.now()
        await timing.reconcile_all(db, counter.desk, institution_id, at=now, today=now.date())
        return await counter.scene.scalar("select turns from reconciliation_turn")

    assert await tick() is None
    await counter.plan()
    assert [await tick() for _ in range(2)] == [1, 1]
    await counter.bring(statement("0", "45", 1, entry("45", 1, bank="B1")))
    counter.office.clock.advance(timedelta(minutes=1))
    assert [await tick() for _ in range(2)] == [2, 2]
    assert await counter.balance("suspense") == "-45.000"
    counter.office.clock.advance(timedelta(hours=6))
    assert [await tick() for _ in range(2)] == [3, 3]


async def test_a_plan_names_a_fund_of_the_account_and_keeps_its_first_day(
    counter: Counter,
) -> None:
    other = await counter.scene.fund()
    path, body = f"{PATH}/plans", {"money_account_id": counter.account_id, "since": "2026-02-01"}
    answer = await counter.maker.post(path, {**body, "fund_id": str(other)})
    assert answer.json()["type"].endswith("/suspense-stands-elsewhere")
    first = await counter.plan(fee_share="0.02")
    second = await counter.plan(owner_id=str(ids.new()))
    assert (str(first["version"]), str(second["version"])) == ("1", "2")
    answer = await counter.maker.post(
        path, {**body, "fund_id": str(counter.fund_id), "since": "2026-02-02"}
    )
    assert answer.json()["type"].endswith("/reconciliation-begun")
    read = await counter.auditor.get(f"{path}/{counter.account_id}")
    assert read.json() == second


async def test_an_account_without_a_plan_is_not_reconciled(counter: Counter) -> None:
    answer = await counter.maker.post(
        f"{PATH}/runs",
        {"money_account_id": counter.account_id},
        Idempotency_Key=str(ids.new()),
    )
    assert answer.json()["type"].endswith("/not-reconciled")
    stranger = counter.office.caller(Role.AUDITOR, institution_id=InstitutionId(ids.new()))
    await counter.plan()
    found = await stranger.get(f"{PATH}/plans/{counter.account_id}")
    assert found.status_code == 422


async def test_the_same_key_runs_once(counter: Counter) -> None:
    await counter.plan()
    await counter.bring(statement("0", "45", 1, entry("45", 1, bank="B1")))
    body, key = {"money_account_id": counter.account_id}, str(ids.new())
    answers = [
        await counter.maker.post(f"{PATH}/runs", body, Idempotency_Key=key) for _ in range(2)
    ]
    assert [answer.json()["held"] for answer in answers] == [1, 1]
    assert await counter.balance("suspense") == "-45.000"
    await done(counter.maker, f"{PATH}/runs", body)
    assert await counter.balance("suspense") == "-45.000"
