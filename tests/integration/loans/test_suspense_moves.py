"""Unexplained money is moved by two persons with a reason, once, and never becomes income."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.loans.reconciliation import deciding
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import reconciling
from tests.integration.loans.reconciling import PATH, Counter, entry, statement


@pytest.fixture
async def counter(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Counter]:
    async with reconciling.opened(loans_db, institution_id) as opened:
        await opened.plan()
        yield opened


async def held(counter: Counter, money: str = "45", day: int = 1) -> str:
    """Money of a line that nobody explains; gives the line."""
    await counter.bring(statement("0", money, day, entry(money, day, bank="B1")))
    await counter.run()
    return str((await counter.suspense())[0]["line_id"])


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


async def test_two_persons_pay_it_into_a_contract_and_the_wallet_is_as_it_was(
    counter: Counter,
) -> None:
    contract = await counter.contract()
    line_id = await held(counter)
    counter.later(3)
    proposal_id = await counter.propose(
        "suspense/moves", line_id=line_id, contract_id=str(contract.contract_id)
    )
    assert await counter.balance("suspense") == "-45.000"
    told = await counter.approve(proposal_id)
    assert (told["kind"], told["state"]) == ("repay", "approved")
    assert await counter.balance("suspense") == "0.000"
    assert await counter.balance("wallet") == "45.000"
    assert await counter.balance("loans") == "955.000"
    (item,) = await counter.suspense(only_open=False)
    assert (item["ended_on"], item["proposal_id"], item["age"]) == (
        "2026-03-04",
        proposal_id,
        None,
    )
    received = await counter.scene.scalar(
        "select received_on::text from repayment where repayment_id = :id",
        id=item["repayment_id"],
    )
    assert received == "2026-03-01"
    assert await counter.outcomes("line") == ["theirs_only settled"]
    assert await counter.run() == {"said": {}, "held": 0}
    assert await counter.broken() == {}


async def test_it_goes_into_another_fund_of_the_same_account_and_no_other(
    counter: Counter,
) -> None:
    other = await counter.scene.fund()
    contract = await counter.contract(other)
    line_id = await held(counter)
    members = {"line_id": line_id, "contract_id": str(contract.contract_id)}
    path, headers = f"{PATH}/suspense/moves", {"Idempotency_Key": str(ids.new())}
    refused = await counter.maker.post(path, counter.proposed(**members), **headers)
    assert problem(refused) == (422, "suspense-stands-elsewhere")
    placed = await counter.maker.post(
        f"/loans/v1/accounting/money-accounts/{counter.account_id}/funds",
        {"fund_id": str(other)},
    )
    assert placed.status_code in {200, 201}, placed.text
    await counter.approve(await counter.propose("suspense/moves", **members))
    assert await counter.balance("wallet") == "0.000"
    assert await counter.balance("wallet", other) == "45.000"
    assert await counter.balance("loans", other) == "955.000"
    assert await counter.run() == {"said": {}, "held": 0}
    assert await counter.broken() == {}


async def test_it_goes_back_to_its_sender_and_the_line_of_that_is_awaited(
    counter: Counter,
) -> None:
    line_id = await held(counter)
    counter.later(4)
    proposal_id = await counter.propose("suspense/moves", line_id=line_id)
    await counter.approve(proposal_id)
    assert (await counter.balance("suspense"), await counter.balance("wallet")) == (
        "0.000",
        "0.000",
    )
    counter.later(1)
    await counter.bring(statement("45", "0", 6, entry("45", 6, proposal_id, side="out", bank="B2")))
    await counter.run()
    assert sorted(await counter.outcomes("line")) == ["matched settled", "theirs_only settled"]
    assert await counter.outcomes("movement") == ["matched settled"]
    assert await counter.broken() == {}


async def test_it_turns_out_to_be_what_was_booked_by_hand(counter: Counter) -> None:
    contract = await counter.contract()
    line_id = await held(counter)
    counter.later(8)
    await counter.pay(contract, "45.000", on="2026-03-09")
    await counter.bring(statement("45", "45", 9))
    counter.later(3)
    await counter.bring(statement("45", "45", 12))
    await counter.run()
    movement = await counter.only("movement")
    await counter.approve(await counter.propose("matches", lines=[line_id], ours=[movement]))
    assert await counter.balance("suspense") == "0.000"
    assert await counter.balance("wallet") == "45.000"
    assert await counter.outcomes("movement") == ["matched settled"]
    assert await counter.broken() == {}


async def test_nobody_approves_a_proposal_of_their_own_and_a_rejected_one_is_over(
    counter: Counter,
) -> None:
    line_id = await held(counter)
    proposal_id = await counter.propose("suspense/moves", line_id=line_id)
    own = await counter.decide(proposal_id, by=counter.maker)
    assert problem(own) == (403, "proposal-maker-decides")
    for by in (counter.officer, counter.auditor):
        assert (await counter.decide(proposal_id, by=by)).status_code == 403
    assert (await counter.decide(proposal_id, outcome="reject")).status_code == 201
    again = await counter.decide(proposal_id)
    assert problem(again) == (409, "matter-decided")
    assert await counter.balance("suspense") == "-45.000"
    listed = await counter.auditor.get(f"{PATH}/proposals", money_account_id=counter.account_id)
    assert [one["state"] for one in listed.json()["items"]] == ["rejected"]


async def test_the_database_knows_two_persons_too(
    counter: Counter, loans_db: Database, institution_id: InstitutionId
) -> None:
    proposal_id = await counter.propose("suspense/moves", line_id=await held(counter))
    for decider in ("actor_id", "cast(:other as uuid)"):
        with pytest.raises(DBAPIError):
            async with loans_db.begin(institution_id) as session:
                await session.execute(
                    text(
                        "insert into reconciliation_decision (institution_id, proposal_id,"
                        f" outcome, proposer_id, actor_id) select institution_id, proposal_id,"
                        f" 'approve', {decider}, actor_id from reconciliation_proposal"
                        " where proposal_id = cast(:id as uuid)"
                        " and cast(:other as text) is not null"
                    ),
                    {"id": proposal_id, "other": str(ids.new())},
                )


async def test_of_many_who_move_the_same_money_at_once_one_does(counter: Counter) -> None:
    contracts = [await counter.contract() for _ in range(3)]
    line_id = await held(counter)
    wanted = [
        await counter.propose(
            "suspense/moves", line_id=line_id, contract_id=str(contract.contract_id)
        )
        for contract in contracts
    ]
    wanted.append(await counter.propose("suspense/moves", line_id=line_id))
    people = [counter.office.caller(Role.APPROVER) for _ in wanted]
    answers = await asyncio.gather(
        *(
            counter.decide(proposal_id, by=by)
            for proposal_id, by in zip(wanted * 2, people + people[::-1], strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    moved = await counter.scene.scalar("select count(*) from suspense_end")
    repaid = await counter.scene.scalar("select count(*) from repayment")
    assert moved == 1
    assert repaid in {0, 1}
    assert await counter.balance("suspense") == "0.000"
    assert await counter.broken() == {}


async def test_a_move_that_broke_off_after_the_repayment_is_finished_and_nothing_else_done(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = await counter.contract()
    line_id = await held(counter)
    proposal_id = await counter.propose(
        "suspense/moves", line_id=line_id, contract_id=str(contract.contract_id)
    )
    other = await counter.propose("suspense/moves", line_id=line_id)

    async def breaks_off(*_args: object, **_more: object) -> None:
        raise ConnectionError("the process ended here")

    with monkeypatch.context() as patch:
        patch.setattr(deciding, "_release", breaks_off)
        assert (await counter.decide(proposal_id)).status_code == 503
    assert await counter.balance("loans") == "955.000"
    assert await counter.balance("suspense") == "-45.000"
    for refused in (other, proposal_id):
        answer = await counter.decide(refused, outcome="approve" if refused == other else "reject")
        assert problem(answer) == (409, "suspense-move-unfinished")
        assert answer.json()["proposal_id"] == proposal_id
    counter.later(5)
    await counter.bring(statement("45", "45", 5))
    await counter.run()
    assert await counter.outcomes("movement") == ["ours_only open"]
    await counter.approve(proposal_id)
    assert await counter.outcomes("movement") == ["ours_only settled"]
    assert await counter.scene.scalar("select count(*) from repayment") == 1
    assert await counter.balance("suspense") == "0.000"
    assert await counter.balance("loans") == "955.000"
    assert await counter.broken() == {}


async def test_what_a_contract_refuses_stays_in_suspense(counter: Counter) -> None:
    contract = await counter.contract()
    line_id = await held(counter)
    proposal_id = await counter.propose(
        "suspense/moves", line_id=line_id, contract_id=str(contract.contract_id)
    )
    async with counter.office.database.begin(counter.office.institution_id) as session:
        await session.execute(
            text("update contract set status = 'written_off' where contract_id = :id"),
            {"id": contract.contract_id},
        )
    assert problem(await counter.decide(proposal_id)) == (409, "contract-written-off")
    assert await counter.balance("suspense") == "-45.000"
    assert (await counter.decide(proposal_id, outcome="reject")).status_code == 201


async def test_money_that_does_not_stand_in_suspense_is_not_moved(counter: Counter) -> None:
    contract = await counter.contract()
    payment_id = await counter.collect(contract, "30.000")
    await counter.bring(statement("0", "30", 1, entry("30", 1, payment_id.hex)))
    await counter.run()
    line_id = await counter.only("line", "settled")
    for wanted in (line_id, str(payment_id), str(ids.new())):
        answer = await counter.maker.post(
            f"{PATH}/suspense/moves",
            counter.proposed(line_id=wanted),
            Idempotency_Key=str(ids.new()),
        )
        assert problem(answer) == (409, "subject-not-open")


async def test_nothing_is_put_aside_on_a_closed_day(counter: Counter) -> None:
    counter.later(9)
    async with counter.office.database.begin(counter.office.institution_id) as session:
        await session.execute(
            text(
                "insert into closing (institution_id, closing_id, closed_through, actor_id)"
                " values (:i, gen_random_uuid(), '2026-03-05', gen_random_uuid())"
            ),
            {"i": counter.office.institution_id},
        )
    await counter.bring(statement("0", "45", 2, entry("45", 2, bank="B1")))
    await counter.run()
    booked = await counter.scene.scalar(
        "select occurred_on::text from journal_entry where kind = 'suspense'"
    )
    assert booked == "2026-03-06"
    (item,) = await counter.suspense()
    assert item["arrived_on"] == "2026-03-02"
