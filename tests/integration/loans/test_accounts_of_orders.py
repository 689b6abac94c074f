"""What an order undoes is no new lending and no recovery in the account of a fund."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.loans.domain.chart import FundAccounts, FundKind
from services.loans.domain.journal import EntryKind, JournalEntry, Line
from services.loans.fund_accounts import router as fund_accounts
from services.loans.funds import queries as funds
from services.loans.ledger import operations as ledger
from services.loans.ledger.queries import Cut
from services.loans.papers.printing import Printer
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests.chained import chain
from tests.integration.loans import ordering
from tests.integration.loans.ordering import Desk, cash
from tests.integration.loans.scene import ACTOR, TODAY, jod
from tests.integration.loans.test_fund_account import figures, gaps
from tests.integration.loans.test_order_money import paid_out

NAMES = ("disbursed", "returned", "fees", "lost", "recovered")


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as opened:
        opened.office.app.state.payments = None
        opened.office.app.state.printer = Printer()
        opened.office.app.include_router(fund_accounts.router)
        yield opened


async def told(desk: Desk, fund_id: FundId) -> Any:
    await chain(desk.scene.database, desk.scene.institution_id)
    answer = await desk.office.caller(Role.AUDITOR).get(f"/loans/v1/funds/{fund_id}/account")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert await gaps(desk.scene) == [(0, 0, 0)]
    return found


async def lent(desk: Desk, fund_id: FundId) -> tuple[int, int, int]:
    async with desk.scene.database.read(desk.scene.institution_id) as session:
        row = await funds.figures(session, fund_id, cut=Cut())
    assert row.received_minor + row.returned_minor == row.disbursed_minor + row.cash_minor
    return row.lent_minor, row.disbursed_minor, row.returned_minor


async def test_a_payment_charged_back_was_never_lent_anew(desk: Desk) -> None:
    fund_id = await desk.scene.fund(receives="1500.000")
    row = await paid_out(desk, fund_id)
    contract_id = str(row.contract_id)
    paid = (await desk.repay(contract_id, "200.000")).json()
    order = await desk.done(
        contract_id, "charge_back", repayment_id=paid["repayment_id"], amount=cash("80.000")
    )

    found = await told(desk, fund_id)
    assert figures(found, *NAMES)[:2] == ["1000.000", "120.000"]
    assert found["measures"]["multiplier"] == "0.666667"
    await desk.undone(order)
    assert figures(await told(desk, fund_id), *NAMES)[:2] == ["1000.000", "200.000"]


async def test_a_payout_taken_back_was_never_lent(desk: Desk) -> None:
    fund_id = await desk.scene.fund(receives="1500.000")
    row = await paid_out(desk, fund_id)
    await desk.done(str(row.contract_id), "disbursement_reversal")

    found = await told(desk, fund_id)
    assert figures(found, *NAMES) == ["0.000"] * 5
    assert found["measures"]["multiplier"] == "0.000000"
    assert await lent(desk, fund_id) == (0, 0, 0)


async def test_a_write_off_taken_back_recovered_nothing(desk: Desk) -> None:
    fund_id = await desk.scene.fund(receives="1500.000")
    row = await paid_out(desk, fund_id)
    contract_id = str(row.contract_id)
    gone = await desk.done(contract_id, "write_off")
    assert figures(await told(desk, fund_id), *NAMES)[3:] == ["1000.000", "0.000"]
    back = await desk.done(contract_id, "recovery", amount=cash("50.000"))
    assert figures(await told(desk, fund_id), *NAMES)[3:] == ["1000.000", "50.000"]

    await desk.undone(back)
    await desk.undone(gone)
    found = await told(desk, fund_id)
    assert figures(found, *NAMES) == ["1000.000", "0.000", "0.000", "0.000", "0.000"]

    assert await lent(desk, fund_id) == (1_000_000, 1_000_000, 0)


async def test_money_taken_over_with_old_books_is_received(desk: Desk) -> None:
    fund_id = await desk.scene.fund(FundKind.DONATION, receives="100.000")
    fund = FundAccounts(fund_id=fund_id, kind=FundKind.DONATION, currency="JOD")
    entry = JournalEntry(
        kind=EntryKind.OPENING,
        occurred_on=TODAY,
        lines=tuple(
            Line(account_code=code, fund_id=fund.fund_id, amount=jod(text))
            for code, text in (("cash", "600.000"), ("fund_balance", "-600.000"))
        ),
    )
    async with desk.scene.database.begin(desk.scene.institution_id) as session:
        await ledger.post(session, entry, actor_id=ACTOR, source_id=ids.new())
    assert figures(await told(desk, fund_id), "received") == ["700.000"]
