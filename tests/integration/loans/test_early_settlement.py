"""A contract is settled early by money that had come by the day named, and on no day before."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from services.loans.domain.early import EarlySettlement, RebateRule
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import dealing
from tests.integration.loans.dealing import Table
from tests.integration.loans.ordering import keyed

SOLD: tuple[tuple[str, dict[str, Any]], ...] = (
    ("promise", {}),
    ("purchase", {"amounts": {"invoice": "1000.000"}}),
    ("possess", {}),
    ("sell", {"amounts": {"cost": "1000.000", "mark_up": "120.000"}}),
    ("deliver", {}),
)
IN_FEBRUARY, IN_MARCH = date(2026, 2, 28), date(2026, 3, 31)


@pytest.fixture
async def table(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Table]:
    async with dealing.opened(loans_db, institution_id) as opened:
        yield opened


async def test_no_day_before_the_money_came_settles_the_contract(table: Table) -> None:
    contract_id = await table.deal("murabaha")
    await table.take(contract_id, *SOLD)
    path = f"/loans/v1/contracts/{contract_id}/early-settlement"
    quoted = (await table.manager.get(path)).json()
    assert quoted["to_pay"]["amount"] == "1086.559"
    await table.paid(contract_id, "600.000", on=IN_FEBRUARY)
    await table.paid(contract_id, "486.559", on=IN_MARCH)
    before = await table.balances(contract_id)
    for on, still in (
        ("2025-01-01", "1086.559"),
        ("2026-02-27", "1086.559"),
        ("2026-02-28", "486.559"),
        ("2026-03-30", "486.559"),
    ):
        refused = await keyed(table.manager, path, {"on": on})
        assert refused.json()["type"] == "/problems/loans/not-yet-settled", refused.text
        assert refused.json()["still"]["amount"] == still
    assert await table.balances(contract_id) == before
    settled = await keyed(table.manager, path, {"on": IN_MARCH.isoformat()})
    assert settled.status_code == 201, settled.text
    assert await table.dues(contract_id) == [("1000.000", "86.559")]
    assert (await table.balances(contract_id))["profit_income"] == -86_559
    assert await table.faults() == {}


async def test_a_payment_taken_back_after_the_day_settles_nothing(table: Table) -> None:
    contract_id = await table.deal("murabaha")
    await table.take(contract_id, *SOLD)
    path = f"/loans/v1/contracts/{contract_id}/early-settlement"
    await table.paid(contract_id, "600.000", on=IN_FEBRUARY)
    last = await keyed(
        table.maker,
        f"/loans/v1/contracts/{contract_id}/repayments",
        {
            "amount": {"amount": "486.559", "currency": "JOD"},
            "received_on": IN_MARCH.isoformat(),
        },
    )
    back = f"/loans/v1/repayments/{last.json()['repayment_id']}/reversal"
    undone = await keyed(table.manager, back, {"reason": "wrong_amount"})
    assert undone.status_code == 201, undone.text
    for on in (IN_MARCH, date(2026, 4, 1)):
        refused = await keyed(table.manager, path, {"on": on.isoformat()})
        assert refused.json()["type"] == "/problems/loans/not-yet-settled", refused.text
        assert refused.json()["still"]["amount"] == "486.559"


async def test_a_rebate_of_good_will_is_given_by_two(
    loans_db: Database, institution_id: InstitutionId
) -> None:
    """Where no law says what falls away, the creditor may give it up, never one person alone."""
    async with dealing.opened(loans_db, institution_id, country="EG") as table:
        voluntary = EarlySettlement(rule=RebateRule.VOLUNTARY)
        contract_id = await table.deal("murabaha", early_settlement=voluntary)
        await table.take(contract_id, *SOLD)
        await table.paid(contract_id, "1080.000", on=IN_MARCH)
        path = f"/loans/v1/contracts/{contract_id}/early-settlement"
        granted = {"amount": "40.000", "currency": "JOD"}
        quoted = (await table.manager.get(path, granted="40.000")).json()
        assert (quoted["rule"], quoted["to_pay"]["amount"]) == ("voluntary", "0.000")
        before = await table.balances(contract_id)
        refused = await keyed(table.manager, path, {"granted": granted})
        assert refused.json()["type"] == "/problems/loans/rebate-by-one", refused.text
        payoff = f"/loans/v1/contracts/{contract_id}/payoff"
        told = (await table.manager.get(payoff, granted="40.000")).json()
        assert (told["total"]["amount"], told["profit_given_up"]["amount"]) == ("0.000", "40.000")
        given = await table.give(contract_id, "payoff", granted=granted)
        assert (given.status_code, given.json()["state"]) == (201, "proposed"), given.text
        own = await table.approve(given.json(), by=table.maker)
        assert own.status_code == 403, own.text
        assert await table.balances(contract_id) == before, "nothing is given up by one"
        approved = await table.approve(given.json())
        assert approved.json()["state"] == "in_force", approved.text
        assert approved.json()["members"]["granted_minor"] == 40_000
        state = (await table.manager.get(f"/loans/v1/contracts/{contract_id}")).json()["state"]
        assert state["is_closed"] is True
        after = await table.balances(contract_id)
        assert after["profit_income"] == -80_000, "of 120 agreed 40 were given up"
        assert {"profit_receivable", "deferred_profit", "loans", "surplus"}.isdisjoint(after)
        assert await table.faults() == {}


async def test_no_more_and_no_other_money_is_granted_than_the_rule_leaves(table: Table) -> None:
    """Jordan says itself what falls away, and a grant is in the contract's money."""
    contract_id = await table.deal("murabaha")
    await table.take(contract_id, *SOLD)
    for granted, problem in (
        ({"amount": "1.000", "currency": "JOD"}, "/problems/loans/nothing-to-grant"),
        ({"amount": "1.00", "currency": "SAR"}, "/problems/shared/currency-mismatch"),
    ):
        before = await table.counts()
        refused = await table.give(contract_id, "payoff", granted=granted)
        assert refused.json()["type"] == problem, refused.text
        assert await table.counts() == before
