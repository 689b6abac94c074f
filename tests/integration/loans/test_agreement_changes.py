"""What is open of an instalment comes no more, or on another day, by two persons and its paper."""

from collections.abc import AsyncIterator

import pytest

from shared.db import Database
from shared.ids import InstitutionId
from tests import agreements
from tests.agreements import PAPER, Givers, condition, due

PARTS = ("planned", "received", "open", "cancelled")


@pytest.fixture
async def givers(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Givers]:
    async with agreements.givers(loans_db, institution_id) as opened:
        yield opened


async def told(givers: Givers, agreement_id: str) -> list[list[str]]:
    shown = (await givers.read(f"/agreements/{agreement_id}"))["instalments"]
    return [[one[name]["amount"] for name in PARTS] for one in shown]


async def test_one_person_alone_cancels_nothing(givers: Givers) -> None:
    agreement_id = await givers.signed(
        givers.agreement(due("2026-05-01", "100.000"), total="100.000")
    )
    path = f"/agreements/{agreement_id}/instalments/1/cancellation"
    body = {"amount": givers.money("60.000"), "evidence": PAPER}
    first, second = [await givers.made(path, body) for _ in range(2)]
    assert await told(givers, agreement_id) == [["100.000", "0.000", "100.000", "0.000"]]
    approval = f"/instalment-changes/{first['change_id']}/approval"
    own = await givers.refused(approval, {"outcome": "approve"})
    assert own["slug"] == "proposer-decides"
    await givers.made(approval, {"outcome": "approve"}, by=givers.checker)
    again = await givers.refused(approval, {"outcome": "approve"}, by=givers.checker)
    assert again["slug"] == "proposal-decided"
    late = f"/instalment-changes/{second['change_id']}/approval"
    refused = await givers.refused(late, {"outcome": "approve"}, by=givers.checker)
    assert refused["slug"] == "instalment-over-matched"
    await givers.made(late, {"outcome": "reject"}, by=givers.checker)
    assert await told(givers, agreement_id) == [["100.000", "0.000", "40.000", "60.000"]]


async def test_what_is_put_off_is_due_on_the_other_day_and_the_sum_stays(givers: Givers) -> None:
    agreement_id = await givers.signed(
        givers.agreement(due("2026-03-01", "100.000"), total="100.000")
    )
    path = f"/agreements/{agreement_id}/instalments/1"
    await givers.made(f"{path}/receipts", {"amount": givers.money("30.000")})
    body = {"amount": givers.money("70.000"), "evidence": PAPER, "due_on": "2026-12-01"}
    early = await givers.refused(f"{path}/postponement", {**body, "due_on": "2026-01-09"})
    assert early["slug"] == "commitment-out-of-order"
    await givers.changed(f"{path}/postponement", body)
    assert await told(givers, agreement_id) == [
        ["100.000", "30.000", "0.000", "70.000"],
        ["70.000", "0.000", "70.000", "0.000"],
    ]
    assert await givers.read("/overdue-instalments") == []
    second = f"/agreements/{agreement_id}/instalments/2/receipts"
    await givers.made(second, {"amount": givers.money("70.000")})
    assert (await told(givers, agreement_id))[1] == ["70.000", "70.000", "0.000", "0.000"]


async def test_no_condition_is_lost_on_the_way_to_another_day(givers: Givers) -> None:
    waits = condition("borrowers", "at_least", "10")
    agreement_id = await givers.signed(
        givers.agreement(due("2026-05-01", "100.000", "JOD", waits), total="100.000")
    )
    path = f"/agreements/{agreement_id}/instalments"
    body = {"amount": givers.money("100.000"), "evidence": PAPER, "due_on": "2026-06-01"}
    await givers.changed(f"{path}/1/postponement", body)
    refused = await givers.refused(f"{path}/2/receipts", {"amount": givers.money("1.000")})
    assert (refused["slug"], refused["conditions"]) == ("instalment-not-due", 1)
