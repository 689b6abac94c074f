"""Money that goes back: payouts and receipts taken back, refinancing, charge-backs, transfers."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, text

from services.loans.borrowers.tables import BorrowerMemberRow
from services.loans.contracts import queries as contract_queries
from services.loans.contracts.tables import ContractRow
from services.loans.funds import queries as funds
from services.loans.ledger import operations as ledger
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests.integration.loans import ordering, signing
from tests.integration.loans.ordering import Desk, cash, keyed
from tests.integration.loans.scene import jod

PAID_OUT = {"disbursed_on": "2026-03-10"}


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        opened.office.app.state.payments = None
        yield opened


async def paid_out(desk: Desk, fund_id: FundId, **changes: Any) -> ContractRow:
    """A contract of 1,000 JOD that was signed and paid out in cash over HTTP."""
    row = await signing.signed(desk.scene, fund_id, **changes)
    answer = await pay_out(desk, row)
    assert answer.status_code == 201, answer.text
    return row


async def pay_out(desk: Desk, row: ContractRow, **body: str) -> Any:
    path = f"/loans/v1/contracts/{row.contract_id}/disbursements"
    return await keyed(desk.manager, path, PAID_OUT | body)


async def free(desk: Desk, fund_id: FundId) -> Any:
    async with desk.scene.database.read(desk.scene.institution_id) as session:
        standing = (await funds.standings(session, [fund_id]))[fund_id]
    return standing.available, standing.committed


async def test_a_payout_taken_back_can_be_paid_out_again(desk: Desk) -> None:
    fund_id = await desk.scene.fund(receives="1500.000")
    row = await paid_out(desk, fund_id)
    contract_id = str(row.contract_id)
    held = await desk.balances(contract_id)
    assert held["loans"] == 1_000_000

    order = await desk.done(
        contract_id, "disbursement_reversal", reason="error", effective_on="2026-03-12"
    )

    assert order["state"] == "in_force"
    assert "loans" not in await desk.balances(contract_id)
    assert await free(desk, fund_id) == (jod("500.000"), jod("1000.000"))
    state = (await desk.maker.get(f"/loans/v1/contracts/{contract_id}")).json()
    assert state["contract"]["status"] == "signed"
    assert (await desk.last_event(contract_id))["type"] == "loans.disbursement-reversed.v1"
    assert await desk.faults() == {}

    early = await pay_out(desk, row, disbursed_on="2026-03-11")
    assert early.status_code == 422
    assert early.json()["taken_back_on"] == "2026-03-12"
    again = await pay_out(desk, row, disbursed_on="2026-03-15")
    assert again.status_code == 201, again.text
    assert await desk.balances(contract_id) == held
    assert await free(desk, fund_id) == (jod("500.000"), jod("0.000"))
    listed = await desk.maker.get(f"/loans/v1/contracts/{contract_id}/disbursements")
    amounts = [one["amount"]["amount"] for one in listed.json()["items"]]
    assert amounts == ["1000.000", "-1000.000", "1000.000"]
    assert await desk.faults() == {}


async def test_a_payout_is_taken_back_only_while_nothing_was_paid(desk: Desk) -> None:
    fund_id = await desk.scene.fund()
    row = await paid_out(desk, fund_id)
    contract_id = str(row.contract_id)
    await desk.repay(contract_id, "10.000")
    counted = await desk.counts()

    refused = await desk.give(contract_id, "disbursement_reversal")

    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/loans/has-moved"
    assert refused.json()["paid"] == cash("10.000")
    assert await desk.counts() == counted


async def test_a_payout_taken_back_is_not_reversed(desk: Desk) -> None:
    row = await paid_out(desk, await desk.scene.fund())
    order = await desk.done(str(row.contract_id), "disbursement_reversal")
    path = f"/loans/v1/orders/{order['order_id']}/reversal"
    refused = await keyed(desk.maker, path, {"reason": "error"})
    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/loans/reversal-of-reversal"


async def test_a_closed_period_takes_no_payout_back_and_says_so(desk: Desk) -> None:
    row = await paid_out(desk, await desk.scene.fund())
    body = {"effective_on": "2026-03-20"}
    given = (await desk.give(str(row.contract_id), "disbursement_reversal", **body)).json()
    async with desk.scene.database.begin(desk.scene.institution_id) as session:
        await ledger.close_books(
            session, through=date(2026, 3, 25), today=ordering.TODAY, actor_id=ids.new()
        )
    counted = await desk.counts()

    refused = await desk.approve(given)

    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/loans/period-closed"
    assert await desk.counts() == counted


async def test_a_new_contract_settles_the_old_one(desk: Desk) -> None:
    fund_id = await desk.scene.fund()
    old = await paid_out(desk, fund_id)
    await desk.repay(str(old.contract_id), "300.000")
    new = await signing.signed(desk.scene, fund_id, amount=jod("1500.000"))
    await same_borrower(desk, old, new)
    cash_before = (await desk.balances(str(old.contract_id)))["cash"]

    order = await desk.done(
        str(old.contract_id),
        "refinance",
        new_contract_id=str(new.contract_id),
        effective_on="2026-03-20",
    )

    assert order["weight"] == cash("700.000")
    balances = await desk.balances(str(old.contract_id))
    assert balances["loans"] == 1_500_000
    # 1,500 went out and 700 came in: the borrower has the difference in hand.
    assert balances["cash"] == cash_before - 1_500_000 + 700_000
    assert (await desk.position(str(old.contract_id)))["outstanding_principal_minor"] == 0
    assert await desk.faults() == {}


async def test_a_new_contract_of_another_borrower_settles_nothing(desk: Desk) -> None:
    fund_id = await desk.scene.fund()
    old = await paid_out(desk, fund_id)
    new = await signing.signed(desk.scene, fund_id)
    refused = await desk.give(
        str(old.contract_id), "refinance", new_contract_id=str(new.contract_id)
    )
    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/loans/cannot-refinance"


async def test_a_new_contract_too_small_settles_nothing(desk: Desk) -> None:
    fund_id = await desk.scene.fund()
    old = await paid_out(desk, fund_id)
    new = await signing.signed(desk.scene, fund_id, amount=jod("500.000"))
    await same_borrower(desk, old, new)
    refused = await desk.give(
        str(old.contract_id), "refinance", new_contract_id=str(new.contract_id)
    )
    assert refused.status_code == 422
    assert refused.json()["available"] == cash("500.000")
    assert refused.json()["asked"] == cash("1000.000")


async def same_borrower(desk: Desk, old: ContractRow, new: ContractRow) -> None:
    """Let the new contract be the old one's borrower's."""
    async with desk.scene.database.begin(desk.scene.institution_id) as session:
        await session.execute(
            text("update contract set borrower_id = :b where contract_id = :c"),
            {"b": old.borrower_id, "c": new.contract_id},
        )


async def test_a_repayment_is_charged_back_up_to_what_it_brought(desk: Desk) -> None:
    contract_id = await desk.lent()
    paid = (await desk.repay(contract_id, "150.000", received_on="2026-03-05")).json()
    named = {"repayment_id": paid["repayment_id"]}

    order = await desk.done(contract_id, "charge_back", amount=cash("60.000"), **named)
    assert (await desk.position(contract_id))["paid_principal_minor"] == 90_000
    refused = await desk.give(contract_id, "charge_back", amount=cash("90.001"), **named)
    assert refused.status_code == 422
    assert refused.json()["available"] == cash("90.000")

    await desk.undone(order)
    assert (await desk.position(contract_id))["paid_principal_minor"] == 150_000
    assert await desk.faults() == {}


async def test_a_charge_back_comes_after_its_repayment(desk: Desk) -> None:
    contract_id = await desk.lent()
    paid = (await desk.repay(contract_id, "150.000", received_on="2026-03-05")).json()
    refused = await desk.give(
        contract_id,
        "charge_back",
        amount=cash("60.000"),
        repayment_id=paid["repayment_id"],
        effective_on="2026-03-04",
    )
    assert refused.status_code == 422
    assert refused.json()["earliest"] == "2026-03-05"


async def test_another_of_the_group_takes_a_contract_over_and_gives_it_back(desk: Desk) -> None:
    fund_id = await desk.scene.fund()
    row = await paid_out(desk, fund_id)
    other = await paid_out(desk, fund_id)
    contract_id = str(row.contract_id)
    named = {"borrower_id": str(other.borrower_id)}
    refused = await desk.give(contract_id, "transfer", **named)
    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/loans/not-of-the-group"

    async with desk.scene.database.begin(desk.scene.institution_id) as session:
        await session.execute(
            insert(BorrowerMemberRow).values(
                institution_id=desk.scene.institution_id,
                borrower_id=row.borrower_id,
                member_borrower_id=other.borrower_id,
                leads=False,
            )
        )
    order = await desk.done(contract_id, "transfer", **named)
    path = f"/loans/v1/contracts/{contract_id}"
    assert (await desk.maker.get(path)).json()["contract"]["borrower_id"] == named["borrower_id"]
    await desk.undone(order)
    assert (await desk.maker.get(path)).json()["contract"]["borrower_id"] == str(row.borrower_id)


async def fund_order(desk: Desk, fund_id: FundId, **body: Any) -> Any:
    path = f"/loans/v1/funds/{fund_id}/orders"
    return await keyed(desk.manager, path, {"reason": "error", **body})


async def fund_approval(desk: Desk, order: Any, by: Any = None) -> Any:
    path = f"/loans/v1/fund-orders/{order.json()['order_id']}/approval"
    return await keyed(by or desk.checker, path, {"outcome": "approve"})


async def held(desk: Desk, fund_id: FundId) -> dict[str, Any]:
    answer = await desk.manager.get(f"/loans/v1/funds/{fund_id}")
    return dict(answer.json()["balances"])


async def test_a_receipt_is_taken_back_once_and_by_two(desk: Desk) -> None:
    fund_id = await desk.scene.fund(receives="1000.000")
    receipt_id = await desk.scene.receive(fund_id, "300.000")
    named = {"kind": "receipt_reversal", "receipt_id": str(receipt_id)}
    order = await fund_order(desk, fund_id, **named)
    assert order.status_code == 201, order.text
    assert order.json()["state"] == "proposed"

    alone = await fund_approval(desk, order, by=desk.manager)
    assert alone.status_code == 403
    approved = await fund_approval(desk, order)
    assert approved.json()["state"] == "in_force"
    assert (await held(desk, fund_id))["received"]["amount"] == "1000.000"

    again = await fund_order(desk, fund_id, **named)
    assert again.status_code == 409
    assert again.json()["type"] == "/problems/loans/receipt-reversed"
    assert await desk.faults() == {}


async def test_what_is_lent_out_is_not_taken_back_from_a_fund(desk: Desk) -> None:
    fund_id = await desk.scene.fund(receives="0.000")
    receipt_id = await desk.scene.receive(fund_id, "1200.000")
    await paid_out(desk, fund_id)
    counted = await desk.counts()
    refused = await fund_order(desk, fund_id, kind="receipt_reversal", receipt_id=str(receipt_id))
    assert refused.status_code == 422
    assert refused.json()["available"] == cash("200.000")
    assert await desk.counts() == counted


async def test_a_fund_moves_its_money_between_cash_and_wallet(desk: Desk) -> None:
    fund_id = await desk.scene.fund(receives="1000.000")
    before = await held(desk, fund_id)
    body = {"kind": "channel_transfer", "source": "cash", "reason": "policy"}
    order = await fund_order(desk, fund_id, amount=cash("400.000"), **body)
    assert (await fund_approval(desk, order)).json()["state"] == "in_force"

    async with desk.scene.database.read(desk.scene.institution_id) as session:
        statement = text("""
            select a.code, sum(l.amount_minor) as minor from account a
            join journal_line l on l.account_id = a.account_id
            where a.fund_id = :fund_id and a.code in ('cash', 'wallet') group by a.code
        """)
        rows = await session.execute(statement, {"fund_id": fund_id})
        assert {row.code: row.minor for row in rows} == {"cash": 600_000, "wallet": 400_000}
    assert await held(desk, fund_id) == before

    refused = await fund_order(desk, fund_id, amount=cash("600.001"), **body)
    assert refused.status_code == 422
    assert refused.json()["available"] == cash("600.000")
    listed = (await desk.manager.get(f"/loans/v1/funds/{fund_id}/orders")).json()["items"]
    assert [one["state"] for one in listed] == ["in_force"]
    assert await desk.faults() == {}


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "channel_transfer", "source": "cash"},
        {"kind": "receipt_reversal"},
        {"kind": "receipt_reversal", "receipt_id": str(ids.new()), "source": "cash"},
    ],
)
async def test_an_order_on_a_fund_takes_the_members_of_its_kind(
    desk: Desk, body: dict[str, str]
) -> None:
    fund_id = await desk.scene.fund()
    assert (await fund_order(desk, fund_id, **body)).status_code == 422


async def test_an_officer_moves_no_money_of_a_fund(desk: Desk) -> None:
    fund_id = await desk.scene.fund()
    body = {"kind": "channel_transfer", "source": "cash", "reason": "policy"}
    officer = desk.office.caller(Role.OFFICER)
    path = f"/loans/v1/funds/{fund_id}/orders"
    refused = await keyed(officer, path, {**body, "amount": cash("1.000")})
    assert refused.status_code == 403


async def test_what_orders_moved_stands_among_a_contract_s_movements(desk: Desk) -> None:
    contract_id = await desk.lent()
    await desk.repay(contract_id, "1250.000")
    await desk.done(contract_id, "refund", amount=cash("50.000"))
    await desk.done(contract_id, "close")

    async with desk.scene.database.read(desk.scene.institution_id) as session:
        moved = await contract_queries.movements(session, UUID(contract_id), currency="JOD")
    assert sorted((one.kind.value, str(one.amount)) for one in moved) == [
        ("disbursement", "1200.000"),
        ("order", "-50.000"),
        ("repayment", "1250.000"),
    ]
