"""One contract of several funds is paid out, paid back and given up by each fund's part."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from services.loans.cofinancing import queries
from services.loans.cofinancing.router import router
from services.loans.domain import waqf_entries
from services.loans.domain.chart import FundKind
from services.loans.domain.funding import FundExhausted
from services.loans.funds import queries as funds
from services.loans.funds.operations import accounts_of
from services.loans.ledger.operations import post
from services.loans.ledger.queries import balances
from shared.auth import Role
from shared.db import Database
from shared.ids import ContractId, FundId, InstitutionId
from tests.integration.loans import ordering
from tests.integration.loans.cofinanced import approved, shared_contract
from tests.integration.loans.ordering import Desk, cash, keyed
from tests.integration.loans.scene import ACTOR, TODAY, Scene, jod
from tests.integration.loans.signing import COST, loan, offer, qard


@pytest.fixture
async def desk(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Desk]:
    async with ordering.opened(loans_db, institution_id) as at:
        at.office.app.include_router(router)
        at.office.app.state.payments = None
        yield at


async def booked(scene: Scene, fund_id: FundId) -> dict[str, str]:
    async with scene.database.read(scene.institution_id) as session:
        found = await balances(session, fund_id)
    return {code: str(money) for code, money in found.items() if money.minor}


async def two_funds(desk: Desk) -> tuple[FundId, FundId]:
    return (
        await desk.scene.fund(FundKind.COMMERCIAL, receives="700.000"),
        await desk.scene.fund(FundKind.DONATION, receives="500.000"),
    )


async def paid_out(desk: Desk, contract_id: object) -> dict[str, Any]:
    path, body = f"/loans/v1/contracts/{contract_id}/disbursements", {"disbursed_on": str(TODAY)}
    answer = await keyed(desk.manager, path, body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def lent(desk: Desk, first: FundId, second: FundId, **changes: Any) -> str:
    """1,000 JOD of qard, 600 of the first rank and 400 of the second, paid out."""
    row = await shared_contract(desk.scene, [(first, 1, 600), (second, 2, 400)], **changes)
    await paid_out(desk, row.contract_id)
    return str(row.contract_id)


async def told(desk: Desk, contract_id: str) -> dict[str, list[str]]:
    answer = await desk.maker.get(f"/loans/v1/contracts/{contract_id}/sources")
    assert answer.status_code == 200, answer.text
    names = ("drawn", "returned", "written_off", "recovered", "owed", "income")
    sources = answer.json()["sources"]
    return {name: [one[name]["amount"] for one in sources] for name in names}


async def test_a_contract_of_two_funds_is_paid_out_and_back_by_their_parts(desk: Desk) -> None:
    first, second = await two_funds(desk)
    contract_id = await lent(desk, first, second)
    assert (await booked(desk.scene, first))["loans"] == "600.000"
    assert (await booked(desk.scene, second))["cash"] == "100.000"
    paid = await desk.repay(contract_id, "700.000")
    assert paid.status_code == 201, paid.text
    assert "loans" not in await booked(desk.scene, first)
    assert (await booked(desk.scene, second))["loans"] == "300.000"
    standing = await told(desk, contract_id)
    assert standing["owed"] == ["0.000", "300.000"]
    assert standing["returned"] == ["600.000", "100.000"]
    assert await desk.faults() == {}


async def test_what_is_claimed_of_each_fund_follows_the_contract(desk: Desk) -> None:
    first, second = await two_funds(desk)
    row = await shared_contract(desk.scene, [(first, 1, 600), (second, 2, 400)])

    async def held(name: str) -> list[str]:
        async with desk.scene.database.read(desk.scene.institution_id) as session:
            found = await funds.standings(session, [first, second])
        return [str(getattr(found[one], name)) for one in (first, second)]

    assert await held("committed") == ["600.000", "400.000"]
    assert await held("reserved") == ["0.000", "0.000"]
    await paid_out(desk, row.contract_id)
    assert await held("committed") == ["0.000", "0.000"]
    assert await held("available") == ["100.000", "100.000"]
    await desk.done(str(row.contract_id), "disbursement_reversal")
    assert await held("committed") == ["600.000", "400.000"]
    assert await held("available") == ["100.000", "100.000"]
    path = f"/loans/v1/contracts/{row.contract_id}/cancellation"
    answer = await keyed(desk.manager, path, {"reason": "not_collected"})
    assert answer.status_code == 201, answer.text
    assert await held("available") == ["700.000", "500.000"]
    assert await desk.faults() == {}


async def test_profit_and_fees_are_shared_and_taken_back_to_the_last_unit(desk: Desk) -> None:
    first, _ = await two_funds(desk)
    second = await desk.scene.fund(FundKind.COMMERCIAL, receives="500.000")
    contract_id = await lent(
        desk,
        first,
        second,
        product=loan(fees=(COST,)),
        annual_rate=loan().annual_rate.usual,
    )
    before = [await booked(desk.scene, one) for one in (first, second)]
    assert [one["fee_income"] for one in before] == ["-6.000", "-4.000"]
    paid = (await desk.repay(contract_id, "333.333")).json()
    assert (await told(desk, contract_id))["income"] != ["6.000", "4.000"]
    assert await desk.faults() == {}
    path = f"/loans/v1/repayments/{paid['repayment_id']}/reversal"
    back = await keyed(desk.manager, path, {"reason": "wrong_amount"})
    assert back.status_code == 201, back.text
    assert [await booked(desk.scene, one) for one in (first, second)] == before
    assert await desk.faults() == {}


async def test_the_last_rank_loses_first_and_what_is_recovered_makes_the_first_good(
    desk: Desk,
) -> None:
    first, second = await two_funds(desk)
    contract_id = await lent(desk, first, second)
    await desk.repay(contract_id, "100.000")
    order = await desk.done(contract_id, "write_off", reason="uncollectable")
    standing = await told(desk, contract_id)
    assert standing["written_off"] == ["500.000", "400.000"]
    assert standing["returned"] == ["100.000", "0.000"]
    recovered = await desk.done(contract_id, "recovery", amount=cash("550.000"), channel="cash")
    assert (await told(desk, contract_id))["recovered"] == ["500.000", "50.000"]
    assert await desk.faults() == {}
    await desk.undone(recovered)
    await desk.undone(order)
    assert (await told(desk, contract_id))["owed"] == ["500.000", "400.000"]
    assert await desk.faults() == {}


async def test_an_order_that_cannot_tell_whose_money_it_moves_is_refused(desk: Desk) -> None:
    first, second = await two_funds(desk)
    contract_id = await lent(desk, first, second)
    other = await shared_contract(desk.scene, [(first, 1, 60), (second, 2, 40)], amount="100.000")
    answer = await desk.give(contract_id, "top_up", new_contract_id=str(other.contract_id))
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"] == "/problems/loans/order-not-for-several-funds"
    assert await desk.faults() == {}


async def test_what_is_paid_too_much_stands_with_the_lead_and_goes_back(desk: Desk) -> None:
    first, second = await two_funds(desk)
    contract_id = await lent(desk, first, second)
    await desk.repay(contract_id, "1050.000")
    assert (await booked(desk.scene, first))["surplus"] == "-50.000"
    assert await booked(desk.scene, second) == {"cash": "500.000", "fund_balance": "-500.000"}
    await desk.done(contract_id, "refund", amount=cash("50.000"), channel="cash")
    assert "surplus" not in await booked(desk.scene, first)
    assert await desk.faults() == {}


async def test_where_one_fund_is_short_nothing_is_reserved_of_any(desk: Desk) -> None:
    rich = await desk.scene.fund(FundKind.COMMERCIAL, receives="5000.000")
    poor = await desk.scene.fund(FundKind.DONATION, receives="399.999")
    offered = await offer(desk.scene, qard())
    _, refusal = await approved(
        desk.scene, [(rich, 1, 600), (poor, 1, 400)], product=offered, amount="1000.000"
    )
    assert isinstance(refusal, FundExhausted)
    async with desk.scene.database.read(desk.scene.institution_id) as session:
        held = await funds.standings(session, [rich, poor])
    assert [one.reserved for one in held.values()] == [jod("0.000"), jod("0.000")]


async def test_a_loss_that_the_reserve_bore_is_no_part_of_what_funds_share(desk: Desk) -> None:
    first, second = await two_funds(desk)
    contract_id = UUID(await lent(desk, first, second))
    async with desk.scene.database.begin(desk.scene.institution_id) as session:
        before = await queries.booked_of(session, [contract_id])
        covered = waqf_entries.cover_entry(
            tabarru=jod("10.000"),
            reserve=jod("5.000"),
            fund=accounts_of(await funds.fund_by_id(session, second)),
            on=TODAY,
            contract_id=ContractId(contract_id),
        )
        await post(session, covered, actor_id=ACTOR, source_id=contract_id)
        assert await queries.booked_of(session, [contract_id]) == before


async def test_a_contract_of_one_fund_has_no_sources(desk: Desk) -> None:
    contract_id = await desk.lent()
    answer = await desk.maker.get(f"/loans/v1/contracts/{contract_id}/sources")
    assert answer.status_code == 404
    donor = desk.office.caller(Role.DONOR)
    assert (await donor.get(f"/loans/v1/contracts/{contract_id}/sources")).status_code == 403
