"""Loans whose payments count the profit anew, paid out in tranches and with a down payment."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from services.loans.contracts.tables import ContractRow
from services.loans.domain.drawing import Drawing
from shared.db import Database
from shared.ids import InstitutionId
from tests.integration.loans import ordering
from tests.integration.loans.course_loans import ANEW, paid
from tests.integration.loans.ordering import Desk, cash, keyed
from tests.integration.loans.tranches import SECOND, SIGNED, drawing, in_two

TENTH = Drawing(down_payment_percent=Decimal(10))


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        opened.office.app.state.payments = None
        yield opened


async def signed(desk: Desk, **changes: Any) -> ContractRow:
    """1,000 JOD at 12 % in twelve months from 15 January, counted anew at each payment."""
    return await drawing(desk.scene, charging=ANEW, **changes)


async def pay_out(desk: Desk, row: ContractRow, on: object) -> Any:
    path = f"/loans/v1/contracts/{row.contract_id}/disbursements"
    return await keyed(desk.manager, path, {"disbursed_on": str(on)})


async def contribute(desk: Desk, row: ContractRow, amount: str) -> None:
    path = f"/loans/v1/contracts/{row.contract_id}/holdings"
    body = {"purpose": "contribution", "amount": cash(amount), "moved_on": SIGNED.isoformat()}
    answer = await keyed(desk.maker, path, body)
    assert answer.status_code == 201, answer.text


async def dues(desk: Desk, row: ContractRow) -> list[tuple[str, str, str]]:
    answer = await desk.manager.get(f"/loans/v1/contracts/{row.contract_id}/schedule")
    return [
        (due["due_on"], due["principal"]["amount"], due["profit"]["amount"])
        for due in answer.json()["instalments"]
    ]


async def test_a_tranche_bears_profit_from_its_day_and_an_early_payment_to_its_own(
    desk: Desk,
) -> None:
    """600 in twelve months at 1 %: 53.309, 6.000 of it profit; 400 more on 20 February."""
    row = await signed(desk)
    contract_id = str(row.contract_id)
    assert (await pay_out(desk, row, SIGNED)).status_code == 201
    assert (await dues(desk, row))[0] == ("2026-02-15", "47.309", "6.000")

    one = await paid(desk, contract_id, "53.309", "2026-02-15")
    assert (one["principal"]["amount"], one["profit"]["amount"]) == ("47.309", "6.000")
    assert (await pay_out(desk, row, SECOND)).status_code == 201
    # 552.691 bear 5.527 in the month, 400.000 more 3.286 in 23 of its 28 days.
    assert (await dues(desk, row))[1][2] == "8.813"

    # On 1 March 14 of 28 days: 2.763, and 9 of them for the tranche: 1.286.
    early = await paid(desk, contract_id, "90.000", "2026-03-01")

    assert early["profit"]["amount"] == "4.049"
    assert sum(Decimal(principal) for _, principal, _ in await dues(desk, row)) == 1000
    assert await desk.faults() == {}


async def test_a_payment_dated_back_before_a_tranche_counts_it_anew(desk: Desk) -> None:
    row = await signed(desk)
    contract_id = str(row.contract_id)
    await pay_out(desk, row, SIGNED)
    await pay_out(desk, row, SECOND)
    before = await dues(desk, row)

    given = await paid(desk, contract_id, "100.000", "2026-02-01")
    assert await desk.faults() == {}
    assert given["profit"]["amount"] == "3.290"  # 17 of 31 days
    path = f"/loans/v1/repayments/{given['repayment_id']}/reversal"
    back = await keyed(desk.manager, path, {"reason": "wrong_contract"})

    assert back.status_code == 201, back.text
    assert await dues(desk, row) == before
    assert await desk.faults() == {}


async def test_a_tranche_taken_back_leaves_the_course_without_it(desk: Desk) -> None:
    row = await signed(desk)
    contract_id = str(row.contract_id)
    await pay_out(desk, row, SIGNED)
    await paid(desk, contract_id, "53.309", "2026-02-15")
    before = await dues(desk, row)
    await pay_out(desk, row, SECOND)

    await desk.done(contract_id, "disbursement_reversal", effective_on="2026-03-01")

    assert await dues(desk, row) == before
    assert await desk.faults() == {}


async def test_after_an_order_that_found_other_instalments_nothing_more_is_drawn(
    desk: Desk,
) -> None:
    row = await signed(desk, drawing=in_two(late_days=30))
    contract_id = str(row.contract_id)
    await pay_out(desk, row, SIGNED)
    order = await desk.done(
        contract_id, "rate_change", effective_on="2026-02-16", annual_rate="0.06"
    )

    refused = await pay_out(desk, row, SECOND)
    assert refused.status_code == 409, refused.text
    assert refused.json()["type"] == "/problems/loans/drawn-amid-orders"

    await desk.undone(order)
    assert (await pay_out(desk, row, SECOND)).status_code == 201
    assert await desk.faults() == {}


async def test_a_contribution_pays_the_down_payment_and_the_rest_bears_profit(desk: Desk) -> None:
    """A tenth of 1,000 at once; 900 at 1 % a month: 79.964, 9.000 of it profit."""
    row = await signed(desk, drawing=TENTH)
    contract_id = str(row.contract_id)
    await contribute(desk, row, "100.000")

    assert (await pay_out(desk, row, SIGNED)).status_code == 201
    assert (await dues(desk, row))[:2] == [
        ("2026-01-15", "100.000", "0.000"),
        ("2026-02-15", "70.964", "9.000"),
    ]
    told = (await desk.manager.get(f"/loans/v1/contracts/{contract_id}")).json()["state"]
    assert told["outstanding_principal"]["amount"] == "900.000"

    # On 30 January, 15 of 31 days: 4.355.
    early = await paid(desk, contract_id, "79.964", "2026-01-30")

    assert early["profit"]["amount"] == "4.355"
    assert await desk.faults() == {}


async def test_a_payout_with_a_contribution_taken_back_holds_it_again(desk: Desk) -> None:
    row = await signed(desk, drawing=TENTH)
    contract_id = str(row.contract_id)
    await contribute(desk, row, "100.000")
    await pay_out(desk, row, SIGNED)

    await desk.done(contract_id, "disbursement_reversal", effective_on="2026-01-20")

    held = (await desk.manager.get(f"/loans/v1/contracts/{contract_id}/holdings")).json()
    assert held["contribution"]["amount"] == "100.000"
    assert await desk.faults() == {}
    again = await pay_out(desk, row, "2026-01-21")
    assert again.status_code == 201, again.text
    assert await desk.faults() == {}


async def test_a_down_payment_that_did_not_come_is_late_and_bears_nothing(desk: Desk) -> None:
    row = await signed(desk, drawing=TENTH)
    contract_id = str(row.contract_id)
    await pay_out(desk, row, SIGNED)

    late = await paid(desk, contract_id, "100.000", "2026-01-25")

    assert (late["principal"]["amount"], late["profit"]["amount"]) == ("100.000", "0.000")
    assert (await dues(desk, row))[1] == ("2026-02-15", "70.964", "9.000")
    assert await desk.faults() == {}
