"""A guarantor of a loan of several funds, its fee, and what is undone of a claim."""

from typing import Any

import pytest
from sqlalchemy import text

from services.loans.cofinancing import router as cofinancing
from services.loans.domain.chart import FundKind
from shared.auth import Role
from shared.ids import FundId
from tests.builders import make_loan, money
from tests.integration.loans.cofinanced import shared_contract
from tests.integration.loans.ordering import Desk, cash, keyed
from tests.integration.loans.test_guarantees import (
    booked,
    covered,
    desk,
    facility,
    filed,
    paid,
    problem,
    recovered,
    step,
)

__all__ = ["desk"]
pytestmark = pytest.mark.requirement("O5.3")


async def lent_by_two(desk: Desk) -> tuple[FundId, FundId, str]:
    """1,000 JOD of qard, 600 of the first rank and 400 of the second, late since 1 April."""
    desk.office.app.include_router(cofinancing.router)
    desk.office.app.state.payments = None
    first = await desk.scene.fund(FundKind.COMMERCIAL, receives="700.000")
    second = await desk.scene.fund(FundKind.STATE, receives="500.000")
    row = await shared_contract(desk.scene, [(first, 1, 600), (second, 2, 400)])
    path = f"/loans/v1/contracts/{row.contract_id}/disbursements"
    answer = await keyed(desk.manager, path, {"disbursed_on": "2026-03-01"})
    assert answer.status_code == 201, answer.text
    return first, second, str(row.contract_id)


async def late(desk: Desk, contract_id: str) -> None:
    """Its first instalment was due in February, in the position that claims are read from."""
    async with desk.scene.database.begin(desk.scene.institution_id) as session:
        await session.execute(
            text("update position set oldest_open_due_on = '2026-02-15' where contract_id = :c"),
            {"c": contract_id},
        )


async def held(desk: Desk, *funds: FundId) -> list[str]:
    return [(await booked(desk, one)).get("guarantee_received", "0.000") for one in funds]


async def test_a_guarantor_of_two_funds_pays_each_by_what_it_is_owed_and_gets_it_back(
    desk: Desk,
) -> None:
    first, second, contract_id = await lent_by_two(desk)
    backing = await desk.scene.fund(FundKind.GUARANTEE, receives="2000.000")
    await desk.repay(contract_id, "100.000", received_on="2026-03-01")
    await late(desk, contract_id)
    claim = await filed(desk, await facility(desk, fund_id=str(backing)), contract_id)
    for event in ("submit", "accept", "pay"):
        answer = await step(desk, claim, event)
        assert answer.status_code == 201, answer.text
    assert await held(desk, first, second) == ["-350.000", "-280.000"]  # 70 % of 900, 5 to 4
    assert (await booked(desk, backing))["guarantee_claims"] == "630.000"
    await desk.repay(contract_id, "500.000")
    assert (await recovered(desk, claim)).status_code == 201
    assert (await booked(desk, backing))["guarantee_claims"] == "280.000"
    assert await held(desk, first, second) == ["-155.556", "-124.444"]
    await desk.repay(contract_id, "400.000")
    assert (await recovered(desk, claim)).status_code == 201
    assert await held(desk, first, second) == ["0.000", "0.000"]
    assert "guarantee_claims" not in await booked(desk, backing)


async def test_a_payment_that_bounced_and_a_sharing_by_mistake_are_taken_back(desk: Desk) -> None:
    backing = await desk.scene.fund(FundKind.GUARANTEE, receives="2000.000")
    lending = await desk.scene.fund(FundKind.STATE)
    contract_id = await desk.lent_from(lending, kind=FundKind.STATE)
    before = [await booked(desk, one) for one in (backing, lending)]
    claim = await filed(desk, await facility(desk, fund_id=str(backing)), contract_id)
    for event in ("submit", "accept"):
        await step(desk, claim, event, **({"amount": cash("800.000")} if event == "accept" else {}))
    early = await step(desk, claim, "undo")
    assert (early.status_code, problem(early)) == (409, "claim-step-refused")
    await step(desk, claim, "pay")
    own = await step(desk, claim, "undo")
    assert (own.status_code, problem(own)) == (403, "taker-undoes")
    other = desk.office.caller(Role.FUNDS_MANAGER)
    undone = await keyed(other, f"{claim}/steps", {"event": "undo"})
    assert undone.status_code == 201, undone.text
    assert undone.json()["status"] == "accepted"
    assert [await booked(desk, one) for one in (backing, lending)] == before
    assert await desk.faults() == {}
    again = await step(desk, claim, "pay")
    assert again.json()["steps"][-1]["amount"]["amount"] == "800.000"
    paid_state = [await booked(desk, one) for one in (backing, lending)]
    repaid = (await desk.repay(contract_id, "100.000")).json()
    await recovered(desk, claim)
    back = f"/loans/v1/repayments/{repaid['repayment_id']}/reversal"
    assert (await keyed(desk.manager, back, {"reason": "not_received"})).status_code == 201
    undone = await step(desk, claim, "undo")
    assert undone.status_code == 201, undone.text
    assert undone.json()["status"] == "paid"
    assert [await booked(desk, one) for one in (backing, lending)] == paid_state
    assert await desk.faults() == {}


async def test_what_was_charged_back_is_not_shared_with_the_guarantor(desk: Desk) -> None:
    contract_id, claim = await paid(desk, await desk.scene.fund(FundKind.WAQF))
    repaid = (await desk.repay(contract_id, "100.000")).json()
    await desk.done(
        contract_id, "charge_back", repayment_id=repaid["repayment_id"], amount=cash("60.000")
    )
    shared = await recovered(desk, claim)
    assert shared.json()["steps"][-1]["amount"]["amount"] == "28.000"  # 70 % of 40
    assert await desk.faults() == {}


async def test_what_settles_the_loan_is_shared_with_the_guarantor(desk: Desk) -> None:
    contract_id, claim = await paid(desk, await desk.scene.fund(FundKind.WAQF))
    await desk.done(contract_id, "payoff", channel="cash")
    shared = await recovered(desk, claim)
    assert shared.status_code == 201, shared.text
    assert shared.json()["steps"][-1]["amount"]["amount"] == "840.000"
    assert await desk.faults() == {}


async def test_a_refused_claim_is_submitted_again_and_holds_no_cap_for_ever(desk: Desk) -> None:
    facility_id, contract_id = await facility(desk), await desk.lent()
    claim = await filed(desk, facility_id, contract_id)
    for event in ("submit", "refuse", "submit", "refuse"):
        answer = await step(desk, claim, event)
        assert answer.status_code == 201, answer.text
    release = f"/loans/v1/guarantee-covers/{answer.json()['cover_id']}/release"
    await desk.repay(contract_id, "1200.000")
    await desk.done(contract_id, "close")
    assert (await desk.manager.post(release, {})).status_code == 201


async def test_a_guarantor_that_has_not_all_back_keeps_its_cap_used(desk: Desk) -> None:
    contract_id, claim = await paid(desk, await desk.scene.fund(FundKind.WAQF))
    told = (await desk.maker.get(claim)).json()
    release = f"/loans/v1/guarantee-covers/{told['cover_id']}/release"
    await desk.repay(contract_id, "1200.000")
    await desk.done(contract_id, "close")
    early = await desk.manager.post(release, {})
    assert (early.status_code, problem(early)) == (409, "cover-stands")
    assert (await recovered(desk, claim)).status_code == 201
    assert (await desk.manager.post(release, {})).status_code == 201


async def with_fee(desk: Desk, lending: FundId, **changes: Any) -> str:
    """The way of the fee of a cover of 840 of a loan of 1,200 at interest: 2 % of it."""
    terms = make_loan(principal=money("1200.000"))
    contract_id = await desk.lent_from(lending, terms, kind=FundKind.COMMERCIAL)
    answer = await covered(desk, await facility(desk, fee="0.02", **changes), contract_id)
    assert answer.status_code == 201, answer.text
    assert answer.json()["fee"]["amount"] == "16.800"
    return f"/loans/v1/guarantee-covers/{answer.json()['cover_id']}/fee"


async def test_a_fee_is_paid_once_by_another_and_earned_by_our_own_guarantee_fund(
    desk: Desk,
) -> None:
    backing = await desk.scene.fund(FundKind.GUARANTEE, receives="2000.000")
    lending = await desk.scene.fund(FundKind.COMMERCIAL)
    path = await with_fee(desk, lending, fund_id=str(backing))
    own = await keyed(desk.manager, path, {})
    assert (own.status_code, problem(own)) == (403, "coverer-pays")
    other = desk.office.caller(Role.FUNDS_MANAGER)
    answer = await keyed(other, path, {})
    assert answer.status_code == 201, answer.text
    assert answer.json()["fee_paid_on"] is not None
    assert (await booked(desk, lending))["guarantee_cost"] == "16.800"
    assert (await booked(desk, backing))["guarantee_fees"] == "-16.800"
    again = await keyed(other, path, {})
    assert (again.status_code, problem(again)) == (409, "fee-not-due")
    assert await desk.faults() == {}


async def test_a_fee_is_paid_with_free_money_of_its_account_and_only_where_there_is_one(
    desk: Desk,
) -> None:
    lending = await desk.scene.fund(FundKind.COMMERCIAL, receives="1210.000")
    path = await with_fee(desk, lending)
    other = desk.office.caller(Role.FUNDS_MANAGER)
    for channel in ("cash", "bank"):
        refused = await keyed(other, path, {"channel": channel})
        assert (refused.status_code, problem(refused)) == (422, "fund-exhausted")
    free = (await covered(desk, await facility(desk), await desk.lent())).json()
    nothing = await keyed(other, f"/loans/v1/guarantee-covers/{free['cover_id']}/fee", {})
    assert (nothing.status_code, problem(nothing)) == (409, "fee-not-due")
    assert "guarantee_cost" not in await booked(desk, lending)
