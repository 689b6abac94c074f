"""One fund pays a part of another fund's price: two entries, one repayment, nothing twice."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.loans.domain.chart import FundKind
from services.loans.domain.journal import Channel
from services.loans.funds import returning
from services.loans.ledger.queries import balances
from services.loans.subsidies.router import router
from shared import ids
from shared.auth import Role
from shared.db import Database
from shared.ids import FundId, InstitutionId
from tests.builders import make_loan, money
from tests.integration.loans import ordering
from tests.integration.loans.ordering import TODAY, Desk, cash, keyed

pytestmark = pytest.mark.requirement("C7.2")


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as at:
        at.office.app.include_router(router)
        yield at


async def lent(desk: Desk) -> tuple[FundId, str]:
    """A loan at interest of commercial money, of which two instalments have fallen due."""
    fund_id = await desk.scene.fund(FundKind.COMMERCIAL)
    terms = make_loan(principal=money("1200.000"))
    return fund_id, await desk.lent_from(fund_id, terms, kind=FundKind.COMMERCIAL)


async def proposed(desk: Desk, contract_id: str, fund_id: FundId, **changes: Any) -> httpx.Response:
    body = {
        "fund_id": str(fund_id),
        "measure": "profit_share",
        "part": "0.5",
        "starts_on": "2026-01-01",
    } | changes
    return await keyed(desk.maker, f"/loans/v1/contracts/{contract_id}/subsidies", body)


async def agreed(desk: Desk, contract_id: str, fund_id: FundId, **changes: Any) -> str:
    answer = await proposed(desk, contract_id, fund_id, **changes)
    assert answer.status_code == 201, answer.text
    path = f"/loans/v1/subsidies/{answer.json()['subsidy_id']}"
    approved = await keyed(desk.checker, f"{path}/approval", {})
    assert approved.status_code == 201, approved.text
    return path


async def change(desk: Desk, statement: str, fund_id: FundId) -> None:
    async with desk.scene.database.begin(desk.scene.institution_id) as session:
        await session.execute(text(statement), {"fund_id": fund_id})


async def booked(desk: Desk, fund_id: FundId) -> dict[str, int]:
    async with desk.scene.database.read(desk.scene.institution_id) as session:
        found = await balances(session, fund_id)
    return {code: amount.minor for code, amount in found.items() if amount.minor}


def problem(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).removeprefix("/problems/loans/")


async def test_a_subsidy_is_spent_here_and_repaid_there_and_never_twice(desk: Desk) -> None:
    lending, contract_id = await lent(desk)
    state = await desk.scene.fund(FundKind.STATE, receives="500.000")
    path = await agreed(desk, contract_id, state)
    before = await booked(desk, lending)
    paid = await keyed(desk.manager, f"{path}/payments", {})
    assert paid.status_code == 201, paid.text
    told = paid.json()
    spent = (await booked(desk, state))["subsidy_expense"]
    after = await booked(desk, lending)
    assert spent == after["cash"] - before["cash"] > 0
    assert len(told["payments"]) == 2
    owed = (await desk.position(contract_id))["paid_profit_minor"]
    assert owed == spent == -after["profit_income"]
    sources = await desk.scene.scalar(
        "select count(*) from journal_entry s join journal_entry r on r.source_id = s.source_id"
        " and r.entry_id <> s.entry_id where s.kind = 'subsidy' and r.kind = 'repayment'"
    )
    assert sources == 2
    again = await keyed(desk.manager, f"{path}/payments", {})
    assert (again.status_code, problem(again)) == (409, "nothing-due-to-subsidise")
    assert await desk.faults() == {}


async def test_what_was_paid_is_not_paid_again_when_the_plan_is_made_anew(desk: Desk) -> None:
    _, contract_id = await lent(desk)
    state = await desk.scene.fund(FundKind.STATE)
    path = await agreed(desk, contract_id, state)
    assert (await keyed(desk.manager, f"{path}/payments", {})).status_code == 201
    before = await booked(desk, state)
    await desk.done(contract_id, "reschedule", instalments=18, first_due_on="2026-05-01")
    again = await keyed(desk.manager, f"{path}/payments", {})
    assert (again.status_code, problem(again)) == (409, "nothing-due-to-subsidise")
    assert await booked(desk, state) == before


async def test_a_subsidy_pays_once_another_approved_it(desk: Desk) -> None:
    _, contract_id = await lent(desk)
    state = await desk.scene.fund(FundKind.STATE)
    answer = await proposed(desk, contract_id, state)
    path = f"/loans/v1/subsidies/{answer.json()['subsidy_id']}"
    early = await keyed(desk.manager, f"{path}/payments", {})
    assert (early.status_code, problem(early)) == (409, "subsidy-not-in-state")
    own = desk.office.caller(Role.APPROVER, actor_id=desk.maker.actor.id)
    refused = await keyed(own, f"{path}/approval", {})
    assert (refused.status_code, problem(refused)) == (403, "subsidy-maker-decides")
    assert (await keyed(desk.checker, f"{path}/approval", {})).status_code == 201
    again = await keyed(desk.checker, f"{path}/approval", {})
    assert (again.status_code, problem(again)) == (409, "subsidy-not-in-state")


async def test_a_lost_condition_ends_it_from_that_day_and_raises_a_review(desk: Desk) -> None:
    _, contract_id = await lent(desk)
    state = await desk.scene.fund(FundKind.STATE)
    path = await agreed(desk, contract_id, state, conditions=["keeps_activity"])
    other = await keyed(desk.maker, f"{path}/condition-loss", {"condition": "no_arrears"})
    assert (other.status_code, problem(other)) == (422, "condition-not-agreed")
    body = {"condition": "keeps_activity", "on": "2026-03-01"}
    assert (await keyed(desk.maker, f"{path}/condition-loss", body)).status_code == 201
    review = (await desk.checker.get("/loans/v1/subsidies", state="under_review")).json()["items"]
    assert [one["lost_condition"] for one in review] == ["keeps_activity"]
    paid = await keyed(desk.manager, f"{path}/payments", {})
    assert [one["due_on"] for one in paid.json()["payments"]] == ["2026-02-15"]
    assert (await keyed(desk.checker, f"{path}/restoration", {})).status_code == 201
    more = await keyed(desk.manager, f"{path}/payments", {})
    assert [one["due_on"] for one in more.json()["payments"]] == ["2026-02-15", "2026-03-15"]
    assert await desk.faults() == {}


async def test_one_who_is_late_is_not_subsidised_where_that_was_agreed(desk: Desk) -> None:
    _, contract_id = await lent(desk)
    state = await desk.scene.fund(FundKind.STATE)
    path = await agreed(desk, contract_id, state, conditions=["no_arrears"])
    refused = await keyed(desk.manager, f"{path}/payments", {})
    assert (refused.status_code, problem(refused)) == (422, "arrears-stop-subsidy")
    assert "subsidy_expense" not in await booked(desk, state)
    on_its_day = await keyed(desk.manager, f"{path}/payments", {"on": "2026-02-15"})
    assert on_its_day.status_code == 201, on_its_day.text


async def test_what_is_reserved_for_loans_pays_no_subsidy(desk: Desk) -> None:
    _, contract_id = await lent(desk)
    poor = await desk.scene.fund(FundKind.STATE, receives="0.001")
    path = await agreed(desk, contract_id, poor)
    refused = await keyed(desk.manager, f"{path}/payments", {})
    assert (refused.status_code, problem(refused)) == (422, "fund-exhausted")
    assert (await desk.maker.get(path)).json()["payments"] == []


async def test_neither_a_closed_fund_nor_the_loans_own_nor_an_empty_drawer_pays(desk: Desk) -> None:
    _, contract_id = await lent(desk)
    own = await desk.scene.fund(FundKind.STATE)
    path = await agreed(desk, contract_id, own)
    waiting = await proposed(desk, contract_id, own)
    await change(desk, "update fund set status = 'closed' where fund_id = :fund_id", own)
    approval = f"/loans/v1/subsidies/{waiting.json()['subsidy_id']}/approval"
    for caller, closed in ((desk.checker, approval), (desk.manager, f"{path}/payments")):
        refused = await keyed(caller, closed, {})
        assert (refused.status_code, problem(refused)) == (422, "fund-closed")
    await change(desk, "update fund set status = 'open' where fund_id = :fund_id", own)
    bank = await desk.scene.fund(FundKind.STATE, receives="500.000")
    async with desk.scene.database.begin(desk.scene.institution_id) as session:
        await returning.move_money(
            session,
            fund_id=bank,
            order_id=ids.new(),
            amount=money("500.000"),
            source=Channel.CASH,
            target=Channel.BANK,
            on=TODAY,
            actor_id=desk.manager.actor.id,
        )
    path = await agreed(desk, contract_id, bank)
    refused = await keyed(desk.manager, f"{path}/payments", {})
    assert (refused.status_code, problem(refused)) == (422, "fund-exhausted")
    assert await booked(desk, bank) == {"bank": 500_000, "fund_balance": -500_000}
    state, other = await desk.scene.fund(FundKind.STATE), make_loan(principal=money("1200.000"))
    lent_by_state = await desk.lent_from(state, other, kind=FundKind.STATE)
    answer = await proposed(desk, lent_by_state, state)
    path = f"/loans/v1/subsidies/{answer.json()['subsidy_id']}"
    refused = await keyed(desk.checker, f"{path}/approval", {})
    assert (refused.status_code, problem(refused)) == (422, "subsidy-of-own-fund")


async def test_neither_zakat_nor_a_loan_without_a_price_is_for_this(desk: Desk) -> None:
    _, contract_id = await lent(desk)
    zakat = await desk.scene.fund(FundKind.ZAKAT)
    refused = await proposed(desk, contract_id, zakat)
    assert (refused.status_code, problem(refused)) == (422, "account-not-in-chart")
    free = await desk.lent()
    state = await desk.scene.fund(FundKind.STATE)
    refused = await proposed(desk, free, state)
    assert (refused.status_code, problem(refused)) == (422, "nothing-to-subsidise")
    foreign = await proposed(desk, contract_id, state, cap=cash("10.00", "EGP"))
    assert foreign.status_code == 422
    assert await desk.scene.scalar("select count(*) from subsidy") == 0


async def test_what_a_subsidy_paid_is_not_given_back_to_the_borrower(desk: Desk) -> None:
    _, contract_id = await lent(desk)
    state = await desk.scene.fund(FundKind.STATE)
    path = await agreed(desk, contract_id, state)
    paid = (await keyed(desk.manager, f"{path}/payments", {})).json()["payments"][0]
    repayment = f"/loans/v1/repayments/{paid['repayment_id']}/reversal"
    refused = await keyed(desk.manager, repayment, {"reason": "wrong_amount"})
    assert (refused.status_code, problem(refused)) == (409, "paid-by-subsidy")
    back = await desk.give(
        contract_id, "charge_back", repayment_id=paid["repayment_id"], amount=cash("0.001")
    )
    assert back.status_code == 404
    assert await desk.faults() == {}


@pytest.mark.parametrize("changes", [{"cap": cash("0.000")}, {"ends_on": "2026-01-01"}])
async def test_a_subsidy_of_nothing_is_none(desk: Desk, changes: dict[str, Any]) -> None:
    _, contract_id = await lent(desk)
    state = await desk.scene.fund(FundKind.STATE)
    assert (await proposed(desk, contract_id, state, **changes)).status_code == 422
