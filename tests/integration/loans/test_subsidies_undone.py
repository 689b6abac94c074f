"""No fund of a loan pays its subsidy, none above the price, and a wrong one is taken back."""

from collections.abc import AsyncIterator

import pytest

from services.loans.cofinancing import router as cofinancing
from services.loans.domain.chart import FundKind
from services.loans.domain.journal import Channel
from services.loans.funds import returning
from services.loans.subsidies.router import router
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import InstitutionId
from tests.builders import money
from tests.integration.loans import ordering
from tests.integration.loans.cofinanced import shared_contract
from tests.integration.loans.ordering import TODAY, Desk, keyed
from tests.integration.loans.signing import loan
from tests.integration.loans.test_subsidies import agreed, booked, lent, problem, proposed

pytestmark = pytest.mark.requirement("C7.2")
WRONG = {"reason": "wrong_amount"}


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as at:
        at.office.app.include_router(router)
        at.office.app.include_router(cofinancing.router)
        yield at


async def test_no_fund_of_the_loan_subsidises_it_whatever_its_rank(desk: Desk) -> None:
    first = await desk.scene.fund(FundKind.COMMERCIAL, receives="700.000")
    second = await desk.scene.fund(FundKind.STATE, receives="700.000", lending_ruling="by statute")
    row = await shared_contract(
        desk.scene,
        [(first, 1, 600), (second, 2, 400)],
        product=loan(fund_kinds=frozenset(FundKind)),
        annual_rate=loan().annual_rate.usual,
    )
    answer = await proposed(desk, str(row.contract_id), second)
    assert answer.status_code == 201, answer.text
    path = f"/loans/v1/subsidies/{answer.json()['subsidy_id']}"
    refused = await keyed(desk.checker, f"{path}/approval", {})
    assert (refused.status_code, problem(refused)) == (422, "subsidy-of-own-fund")


async def test_subsidies_together_pay_no_more_than_the_price(desk: Desk) -> None:
    """12 % a year: 0.6 of the profit and 5 points more are 0.6 + 0.4167 of it."""
    _, contract_id = await lent(desk)
    state, giver = [await desk.scene.fund(kind) for kind in (FundKind.STATE, FundKind.DONATION)]
    await agreed(desk, contract_id, state, part="0.6")
    answer = await proposed(desk, contract_id, giver, part="0.4")
    path = f"/loans/v1/subsidies/{answer.json()['subsidy_id']}"
    assert (await keyed(desk.checker, f"{path}/approval", {})).status_code == 201
    for changes in ({"part": "0.000001"}, {"measure": "rate_points", "part": "0.000001"}):
        refused = await proposed(desk, contract_id, state, **changes)
        assert (refused.status_code, problem(refused)) == (422, "subsidies-beyond-price")
    before = await proposed(desk, contract_id, state, starts_on="2025-01-01", ends_on="2026-01-01")
    assert before.status_code == 201, before.text


async def test_two_that_wait_are_not_both_approved_beyond_the_price(desk: Desk) -> None:
    _, contract_id = await lent(desk)
    state = await desk.scene.fund(FundKind.STATE)
    waiting = [await proposed(desk, contract_id, state, part="0.6") for _ in range(2)]
    paths = [f"/loans/v1/subsidies/{one.json()['subsidy_id']}/approval" for one in waiting]
    assert (await keyed(desk.checker, paths[0], {})).status_code == 201
    refused = await keyed(desk.checker, paths[1], {})
    assert (refused.status_code, problem(refused)) == (422, "subsidies-beyond-price")


async def test_whoever_stopped_a_subsidy_does_not_let_it_hold_again(desk: Desk) -> None:
    _, contract_id = await lent(desk)
    state = await desk.scene.fund(FundKind.STATE)
    path = await agreed(desk, contract_id, state, conditions=["keeps_activity"])
    stopper = desk.office.caller(Role.OFFICER, Role.APPROVER)
    lost = await keyed(stopper, f"{path}/condition-loss", {"condition": "keeps_activity"})
    assert lost.status_code == 201, lost.text
    refused = await keyed(stopper, f"{path}/restoration", {})
    assert (refused.status_code, problem(refused)) == (403, "subsidy-maker-decides")
    assert (await keyed(desk.checker, f"{path}/restoration", {})).status_code == 201


async def test_a_wrong_payment_is_taken_back_by_another_and_all_is_as_before(desk: Desk) -> None:
    lending, contract_id = await lent(desk)
    state = await desk.scene.fund(FundKind.STATE, receives="500.000")
    path = await agreed(desk, contract_id, state)
    before = [await booked(desk, one) for one in (lending, state)]
    position = await desk.position(contract_id)
    paid = await keyed(desk.manager, f"{path}/payments", {})
    wrong = [f"{path}/payments/{one['number']}/reversal" for one in paid.json()["payments"]]
    same = await keyed(desk.manager, wrong[0], WRONG)
    assert (same.status_code, problem(same)) == (403, "subsidy-maker-decides")
    other = desk.office.caller(Role.FUNDS_MANAGER)
    for one in wrong:
        answer = await keyed(other, one, WRONG)
        assert answer.status_code == 201, answer.text
    assert answer.json()["paid"]["amount"] == "0.000"
    assert [await booked(desk, one) for one in (lending, state)] == before
    assert await desk.position(contract_id) == position
    again = await keyed(other, wrong[0], WRONG)
    assert (again.status_code, problem(again)) == (409, "subsidy-payment-not-standing")
    back = answer.json()["payments"][-1]["number"]
    for number in (back, 99):
        refused = await keyed(other, f"{path}/payments/{number}/reversal", WRONG)
        assert (refused.status_code, problem(refused)) == (409, "subsidy-payment-not-standing")
    assert await desk.faults() == {}
    anew = await keyed(desk.manager, f"{path}/payments", {})
    assert anew.status_code == 201, anew.text
    assert len(anew.json()["payments"]) == 6
    assert await desk.faults() == {}


async def test_what_the_lending_fund_no_longer_holds_is_not_given_back(desk: Desk) -> None:
    lending, contract_id = await lent(desk)
    state = await desk.scene.fund(FundKind.STATE)
    path = await agreed(desk, contract_id, state)
    await keyed(desk.manager, f"{path}/payments", {})
    held = (await booked(desk, lending))["cash"]
    async with desk.scene.database.begin(desk.scene.institution_id) as session:
        await returning.move_money(
            session,
            fund_id=lending,
            order_id=ids.new(),
            amount=money(f"{held / 1000:.3f}"),
            source=Channel.CASH,
            target=Channel.BANK,
            on=TODAY,
            actor_id=desk.manager.actor.id,
        )
    other = desk.office.caller(Role.FUNDS_MANAGER)
    refused = await keyed(other, f"{path}/payments/1/reversal", WRONG)
    assert (refused.status_code, problem(refused)) == (422, "fund-exhausted")
    assert "cash" not in await booked(desk, lending)


async def test_nothing_more_is_paid_for_a_loan_that_was_given_up(desk: Desk) -> None:
    _, contract_id = await lent(desk)
    state = await desk.scene.fund(FundKind.STATE)
    path = await agreed(desk, contract_id, state)
    await desk.done(contract_id, "write_off", reason="uncollectable")
    refused = await keyed(desk.manager, f"{path}/payments", {})
    assert refused.status_code == 409, refused.text
    assert "subsidy_expense" not in await booked(desk, state)
    assert await desk.faults() == {}
