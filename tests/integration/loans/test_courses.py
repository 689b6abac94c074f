"""Contracts whose profit every payment counts anew: money, its taking back, and the books."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared import ids
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import ordering
from tests.integration.loans.course_loans import lent, paid
from tests.integration.loans.ordering import Desk, cash


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        yield opened


async def test_paid_on_its_due_date_an_instalment_is_what_was_agreed(desk: Desk) -> None:
    contract_id = await lent(desk)

    one = await paid(desk, contract_id, "106.619", "2026-02-15")

    assert (one["profit"]["amount"], one["principal"]["amount"]) == ("12.000", "94.619")
    assert await desk.faults() == {}


async def test_paid_early_principal_bears_no_profit_from_that_day(desk: Desk) -> None:
    contract_id = await lent(desk)

    one = await paid(desk, contract_id, "106.619", "2026-02-01")

    assert one["profit"]["amount"] == "6.581"
    assert await desk.faults() == {}


async def test_a_payment_dated_back_makes_principal_of_profit_booked_since(desk: Desk) -> None:
    contract_id = await lent(desk)
    await paid(desk, contract_id, "106.619", "2026-02-15")
    await paid(desk, contract_id, "106.619", "2026-03-15")
    before = await desk.balances(contract_id)

    late = await paid(desk, contract_id, "500.000", "2026-01-30")

    after = await desk.balances(contract_id)
    # 15 of 31 days on 1,200.000: 5.806; 16 on 705.806: 3.643; a month on 602.830: 6.028
    profit = {"before": -before["profit_income"], "after": -after["profit_income"]}
    assert profit == {"before": 23_054, "after": 15_477}
    assert late["profit"]["amount"] == "-7.577"
    assert late["principal"]["amount"] == "507.577"
    assert after["cash"] - before["cash"] == 500_000
    assert await desk.faults() == {}


async def test_taken_back_a_payment_leaves_everything_as_if_it_had_never_come(desk: Desk) -> None:
    contract_id = await lent(desk)
    await paid(desk, contract_id, "50.000", "2026-02-20")
    before = await desk.position(contract_id), await desk.balances(contract_id)
    one = await paid(desk, contract_id, "300.000", "2026-02-01")
    assert await desk.faults() == {}

    path = f"/loans/v1/repayments/{one['repayment_id']}/reversal"
    back = await ordering.keyed(desk.manager, path, {"reason": "wrong_contract"})

    assert back.status_code == 201, back.text
    assert back.json()["amount"]["amount"] == "-300.000"
    assert (await desk.position(contract_id), await desk.balances(contract_id)) == before
    assert await desk.faults() == {}
    again = await ordering.keyed(desk.manager, path, {"reason": "wrong_contract"})
    assert again.status_code == 409
    assert again.json()["type"].endswith("/already-reversed")


async def test_the_same_request_twice_is_one_payment_with_one_answer(desk: Desk) -> None:
    contract_id, key = await lent(desk), str(ids.new())
    path = f"/loans/v1/contracts/{contract_id}/repayments"
    body = {"amount": cash("75.000"), "received_on": "2026-02-03"}

    one, two = await asyncio.gather(
        *(desk.maker.post(path, body, Idempotency_Key=key) for _ in range(2))
    )
    other = await desk.maker.post(path, {"amount": cash("76.000")}, Idempotency_Key=key)

    assert one.json() == two.json()
    assert (await desk.counts())["repayment"] == 1
    assert other.status_code == 422
    assert other.json()["type"].endswith("/idempotency-key-reused")


async def test_two_payments_at_once_follow_each_other(desk: Desk) -> None:
    contract_id = await lent(desk)
    before = (await desk.balances(contract_id))["cash"]

    await asyncio.gather(
        *(paid(desk, contract_id, "100.000", f"2026-02-{day:02}") for day in (2, 9, 5, 7))
    )

    assert (await desk.balances(contract_id))["cash"] == before + 400_000
    assert await desk.faults() == {}


async def test_more_than_is_owed_is_kept_for_the_borrower_and_closes(desk: Desk) -> None:
    contract_id = await lent(desk)

    one = await paid(desk, contract_id, "1300.000", "2026-01-20")

    assert one["contract_closed"]
    assert (one["profit"]["amount"], one["surplus"]["amount"]) == ("1.935", "98.065")
    assert await desk.faults() == {}


async def test_a_payment_counts_profit_on_principal_past_due(desk: Desk) -> None:
    contract_id = await lent(desk)

    one = await paid(desk, contract_id, "1300.000", "2026-04-01")

    # 1,200 at 1 % for two months, and 17 of the 31 days of the third
    assert one["profit"]["amount"] == "30.581"
    assert await desk.faults() == {}


@pytest.mark.parametrize(
    ("amount", "members", "problem"),
    [
        ("0.000", {}, "amount-not-positive"),
        ("10.000", {"received_on": "2026-01-01"}, "day-not-possible"),
        ("10.000", {"received_on": "2027-01-01"}, "day-not-possible"),
    ],
)
async def test_what_cannot_have_come_is_refused_and_changes_nothing(
    desk: Desk, amount: str, members: dict[str, Any], problem: str
) -> None:
    contract_id = await lent(desk)
    before = await desk.counts()

    refused = await desk.repay(contract_id, amount, **members)

    assert refused.status_code == 422
    assert refused.json()["type"].endswith(f"/{problem}")
    assert await desk.counts() == before
